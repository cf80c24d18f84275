//! After the last fault is healed, and before anything is undone: what the real servers acknowledged is asked for again. What is not
//! there any more is `lost`. A server that cannot be asked leaves the figure unknown; it is never taken for zero.

use super::generators::Part;
use super::wire::LiveWire;
use crate::base::ServiceId;
use crate::engine::Engine;
use crate::live::Stop;
use crate::live::drivers::{self, Acked, Setup, Tally};
use crate::plan::expectation::Subject;
use crate::plan::real::Protocol;
use std::sync::Arc;
use std::time::Duration;

/// One server gets this long to give everything back.
const READ_WITHIN: Duration = Duration::from_secs(60);

/// What one server acknowledged, and how it is asked.
pub struct Book {
    pub service: ServiceId,
    pub protocol: Protocol,
    pub setup: Setup,
    pub acked: Arc<Acked>,
}

/// What the other processes of the run have written.
pub fn take_in(books: &[Book], parts: &[Part]) {
    for part in parts {
        for (service, handed_in) in &part.books {
            let of = books.iter().filter(|book| book.service == *service);
            of.for_each(|book| book.acked.take_in(part.turn, handed_in.clone()));
        }
    }
}

/// Asks them all, unless a stop comes meanwhile.
pub async fn read_back(
    engine: &mut Engine<LiveWire>,
    books: &[Book],
    stop: impl Future<Output = Stop>,
) -> Option<Stop> {
    tokio::select! {
        tallies = read(books) => {
            record(engine, tallies);
            None
        }
        stop = stop => {
            let why = "the run was stopped before its servers were read back";
            books.iter().for_each(|book| unknown(engine, book.service, why));
            Some(stop)
        }
    }
}

/// The tally of each server that acknowledged anything, or why there is none.
async fn read(books: &[Book]) -> Vec<(ServiceId, Result<Tally, String>)> {
    let mut tallies = Vec::new();
    for book in books.iter().filter(|book| !book.acked.is_empty()) {
        let Some(read_back) = drivers::kind(book.protocol).read_back else { continue };
        let read = tokio::time::timeout(READ_WITHIN, read_back(book.setup.clone(), book.acked.clone())).await;
        let slow = || Err(format!("it did not give its data back within {} s", READ_WITHIN.as_secs()));
        tallies.push((book.service, read.unwrap_or_else(|_| slow())));
    }
    tallies
}

fn record(engine: &mut Engine<LiveWire>, tallies: Vec<(ServiceId, Result<Tally, String>)>) {
    let now = engine.now();
    for (service, tally) in tallies {
        let name = engine.given().service(service).name.clone();
        match tally {
            Ok(Tally { acknowledged, lost }) => {
                engine.read_lost(service, lost);
                let meter = engine.given().meter(Subject::Service(service.0), "lost");
                engine.recorder.asked.push((meter.0, acknowledged));
                engine
                    .recorder
                    .event(now, format!("`{name}` acknowledged {acknowledged} writes; {lost} of them are lost"));
            }
            Err(why) => unknown(engine, service, &format!("`{name}` could not be read back: {why}")),
        }
    }
}

/// Nothing can be said about what was lost there.
fn unknown(engine: &mut Engine<LiveWire>, service: ServiceId, why: &str) {
    let meter = engine.given().meter(Subject::Service(service.0), "lost");
    engine.recorder.unread.push((meter.0, why.to_owned()));
    engine.recorder.warn(why.to_owned());
}
