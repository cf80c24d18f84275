//! `firedrill proxy`: a fault proxy with the HTTP API of Toxiproxy, until it is told to stop. Every client that knows Toxiproxy works
//! unchanged. It reads no scenario and judges nothing.

use super::console::Console;
use super::ending::{Ending, Failure};
use crate::judge::ExitCode;
use crate::live::Shutdown;
use crate::live::toxiproxy::{Options, Server};
use clap::Args;
use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

/// Run a fault proxy that speaks the HTTP API of Toxiproxy
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill proxy                                  listen where Toxiproxy does, on port 8474
  firedrill proxy --config proxies.json            with the proxies of this list from the beginning
  firedrill proxy --listen 127.0.0.1:0 --seed 7    on a free port, with draws that can be repeated

Toxiproxy's own flags work too: -host, -port, -config, -seed, -proxy-metrics, -runtime-metrics.")]
pub struct ProxyArgs {
    /// Address of the API; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["host", "port"])]
    listen: Option<String>,
    /// Host of the API [default: localhost]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Port of the API [default: 8474]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// A JSON list of proxies to start with, as for /populate
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Seed of everything that is drawn; without it one is taken and printed
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Serve /metrics in OpenMetrics
    #[arg(long)]
    proxy_metrics: bool,
    /// Taken for Toxiproxy's sake; serves /metrics too
    #[arg(long)]
    runtime_metrics: bool,
}

const PORT: u16 = 8474;
const HOST: &str = "localhost";

pub fn run(args: &ProxyArgs, console: &mut Console) -> Result<Ending, Failure> {
    let listen = args.address()?;
    let seed = args.seed.unwrap_or_else(any_seed);
    let metrics = args.proxy_metrics || args.runtime_metrics;
    let options = Options { metrics, ..Options::new(listen, seed) };
    let mut shutdown = Shutdown::install(|_| {}).map_err(|trouble| failed(trouble.to_string(), ""))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(format!("threads cannot be started: {error}"), ""))?;
    let stop = runtime.block_on(async {
        let help = "is another Toxiproxy running there? `--listen 127.0.0.1:0` takes a free port";
        let server = Server::start(&options).await;
        let server = server.map_err(|error| failed(format!("cannot listen on {listen}: {error}"), help))?;
        console.out(&format!("listening on http://{} (Toxiproxy API), seed {seed}\n", server.address));
        if let Some(file) = &args.config {
            let count = populate(&server, file).await?;
            console.out(&format!("{count} proxies from {}\n", file.display()));
        }
        console.flush();
        Ok(shutdown.requested().await)
    })?;
    Ok(Ending::told(ExitCode::Held, &format!("stopped by {}", stop.word())))
}

impl ProxyArgs {
    fn address(&self) -> Result<SocketAddr, Failure> {
        let (host, port) = (self.host.as_deref().unwrap_or(HOST), self.port.unwrap_or(PORT));
        let text = self.listen.clone().unwrap_or_else(|| format!("{host}:{port}"));
        let found: Vec<SocketAddr> = text.to_socket_addrs().map(Iterator::collect).unwrap_or_default();
        let first = found.iter().find(|address| address.is_ipv4()).or(found.first()).copied();
        first.ok_or_else(|| {
            wrong(format!("`{text}` is no address to listen on"), "write HOST:PORT, such as 127.0.0.1:8474")
        })
    }
}

async fn populate(server: &Server, file: &Path) -> Result<usize, Failure> {
    let shown = file.display();
    let text = std::fs::read(file)
        .map_err(|error| wrong(format!("{shown} cannot be read: {error}"), "give the path of a JSON file"))?;
    let help = "it is a list such as [{\"name\": \"redis\", \"listen\": \"127.0.0.1:26379\", \"upstream\": \"127.0.0.1:6379\"}]";
    server.populate(&text).await.map_err(|why| wrong(format!("{shown}: {why}"), help))
}

/// From the clock and the process: any will do, as long as it is told.
fn any_seed() -> u64 {
    let run = crate::live::undo::fresh_run_id().unwrap_or_default();
    run.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into())) % 1_000_000_000
}

/// Toxiproxy's flags have one dash and are words, as Go has it.
pub fn as_we_spell_them(args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_none_or(|word| word != "proxy") {
        return args;
    }
    let spelled = |arg: OsString| match arg.to_str() {
        Some(text) if text.starts_with('-') && !text.starts_with("--") && text.len() > 2 => format!("-{text}").into(),
        _ => arg,
    };
    args.into_iter().map(spelled).collect()
}

fn failed(message: String, next: &str) -> Failure {
    Failure::internal(message, next)
}

fn wrong(message: String, next: &str) -> Failure {
    Failure { code: ExitCode::Usage, message, next: next.into(), reason: "the proxy was not started".into() }
}
