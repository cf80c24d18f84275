//! Lines that are written while runs go on (`--output ndjson`): a thread of its own writes them, so that no run waits for a slow reader. A reader
//! that has gone is no trouble; a full disk is, and is told at the end.

use super::Run;
use super::target::{self, Target};
use crate::base::Time;
use crate::cli::ending::Failure;
use crate::cli::world::Seen;
use crate::judge::Judgement;
use crate::record::{Recorder, Recording};
use crate::report::feed::Teller;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// The writing end of a feed.
pub struct Feed {
    to: Sender<String>,
    writer: JoinHandle<io::Result<()>>,
    place: String,
}

/// One run that is told. Cheap to clone: both ends of a run hold it.
#[derive(Clone)]
pub struct Following {
    teller: Arc<Mutex<Teller>>,
    to: Arc<Mutex<Says>>,
    /// Windows are told while the run goes on; otherwise at its end.
    looks: bool,
}

/// Where the lines of one run go.
enum Says {
    AtOnce(Sender<String>),
    /// Runs that are played beside each other are told one after the other.
    Later(String),
}

impl Feed {
    pub fn open(target: &Target) -> Result<Feed, Failure> {
        let (place, out): (String, Box<dyn Write + Send>) = match target {
            Target::File(path) => {
                let file = File::create(Path::new(path)).map_err(|error| unwritten(path, &error))?;
                (path.clone(), Box::new(file))
            }
            _ => ("standard output".to_owned(), Box::new(io::stdout())),
        };
        let (to, lines) = channel();
        let writer = thread::spawn(move || write(&lines, out));
        Ok(Feed { to, writer, place })
    }

    /// Begins to tell a run; `at_once` when no other run is played beside it.
    pub fn follow(to: &Sender<String>, run: &Run, at_once: bool) -> Following {
        let (teller, first) = Teller::begin(&run.plan, &run.name, &run.again);
        let mut says = if at_once { Says::AtOnce(to.clone()) } else { Says::Later(String::new()) };
        says.add(first);
        let looks = run.generators <= 1;
        Following { teller: Arc::new(Mutex::new(teller)), to: Arc::new(Mutex::new(says)), looks }
    }

    pub fn sender(&self) -> Sender<String> {
        self.to.clone()
    }

    /// Waits until all lines are written.
    pub fn close(self) -> Result<(), Failure> {
        drop(self.to);
        let written = self.writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.map_err(|error| unwritten(&self.place, &error))
    }
}

impl Following {
    /// Looks at what was recorded so far.
    pub fn seen(&self) -> Box<Seen> {
        let Following { teller, to, looks } = self.clone();
        Box::new(move |recorder: &Recorder, at: Time| {
            if looks {
                let news = lock(&teller).look(recorder, at);
                lock(&to).add(news);
            }
        })
    }

    /// Tells that the run gave nothing to judge. Of runs that are told later nobody is left to tell it.
    pub fn fail(&self, why: &str) {
        let last = lock(&self.teller).fail(why);
        lock(&self.to).add(last);
    }

    /// Tells the rest, and hands over what was not told at once.
    pub fn finish(&self, recording: &Recording, judgement: &Judgement) -> String {
        let last = lock(&self.teller).finish(recording, judgement);
        let mut says = lock(&self.to);
        says.add(last);
        match &mut *says {
            Says::AtOnce(_) => String::new(),
            Says::Later(text) => std::mem::take(text),
        }
    }
}

impl Says {
    fn add(&mut self, news: String) {
        match self {
            Says::Later(text) => text.push_str(&news),
            // A writer that has ended tells why when the feed is closed.
            Says::AtOnce(to) if !news.is_empty() => drop(to.send(news)),
            Says::AtOnce(_) => {}
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Line by line, each flushed.
fn write(lines: &Receiver<String>, mut out: impl Write) -> io::Result<()> {
    for news in lines {
        for line in news.split_inclusive('\n') {
            match out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                other => other?,
            }
        }
    }
    Ok(())
}

fn unwritten(place: &str, error: &io::Error) -> Failure {
    let next = "free some space, or write somewhere else: --output ndjson=PATH";
    Failure::internal(format!("{place} cannot be written: {}", target::in_words(error)), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_trouble_and_a_full_disk_is() {
        let wrote = |out: Box<dyn Write>| {
            let (to, lines) = channel();
            to.send("{}\n".to_owned()).expect("the other end is there");
            drop(to);
            write(&lines, out)
        };
        assert!(wrote(Box::new(Gone)).is_ok());
        assert_eq!(wrote(Box::new(Full)).map_err(|error| error.kind()), Err(io::ErrorKind::StorageFull));
    }
}
