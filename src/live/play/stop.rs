//! What ends a live run before its length from outside: a signal, the stop key, a stop file. Stops nothing itself.

use super::LiveOptions;
use crate::live::{Stop, Trouble};
use crate::plan::Plan;
use std::path::PathBuf;
use std::time::Duration;

/// How often the stop files are looked for.
const LOOK: Duration = Duration::from_millis(50);

/// A run does not begin while a stop file is there.
pub fn refuse_to_begin(plan: &Plan, options: &LiveOptions) -> Result<(), Trouble> {
    match files(plan, options).into_iter().find(|path| path.exists()) {
        Some(path) => Err(Trouble::StopFile { path }),
        None => Ok(()),
    }
}

/// Returns when a stop is asked for, at once if it was already.
pub fn requested(plan: &Plan, options: &LiveOptions) -> impl Future<Output = Stop> + Send + 'static {
    let (shutdown, files) = (options.shutdown.clone(), files(plan, options));
    async move {
        tokio::select! {
            stop = async {
                match shutdown {
                    Some(mut shutdown) => shutdown.requested().await,
                    None => std::future::pending().await,
                }
            } => stop,
            () = any_is_there(&files) => Stop::File,
        }
    }
}

fn files(plan: &Plan, options: &LiveOptions) -> Vec<PathBuf> {
    plan.limits.stop_file.iter().map(PathBuf::from).chain(options.stop_file.clone()).collect()
}

async fn any_is_there(files: &[PathBuf]) {
    if files.is_empty() {
        std::future::pending::<()>().await;
    }
    while !files.iter().any(|path| path.exists()) {
        tokio::time::sleep(LOOK).await;
    }
}
