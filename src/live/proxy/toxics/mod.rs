//! What can be done to the bytes of one direction of one connection: one file a toxic, its fields are its attributes. Each is pure: it is
//! told what arrives and what was sent, and says how late, how much, how fast, and when the connection ends. It never touches a socket,
//! a clock or other connections (a rate limit that connections share is one bucket behind a lock).
//!
//! Adding one: a file here, a line in [`of`], a row in `plan::toxic`.

mod bandwidth;
mod cut_after;
mod latency;
mod limit_data;
mod noop;
mod packet_loss;
mod reset_peer;
mod slicer;
mod slow_close;
mod throttle;
mod timeout;

pub use latency::{Latency, count as count_delay};
pub use throttle::Throttle;

use super::evidence::Tally;
use super::hub::Close;
use crate::base::{Dice, Span, Time};
use crate::plan::Toxic as Given;
use crate::plan::toxic::ToxicKind;
use std::fmt;

/// A rule keeps one as it was given; each lane works with a fresh copy.
pub trait Toxic: fmt::Debug + Send + Sync {
    /// A copy for one direction of one connection.
    fn fresh(&self) -> Box<dyn Toxic>;

    /// It begins on a lane, whose connection was opened at `opened`. `carried`: what its predecessor of the same name had counted.
    fn begin(&mut self, _desk: &mut Desk, _opened: Time, _carried: u64) {}

    /// Bytes have arrived.
    fn arrive(&mut self, _desk: &mut Desk, _bytes: usize) -> Fate {
        Fate::Pass
    }

    /// The sender has ended; how late that is passed on.
    fn end(&mut self, _desk: &mut Desk) -> Span {
        Span::ZERO
    }

    /// Does it decide how much goes at a time, and when? Only then are `most`, `turn` and `sent` asked.
    fn shapes(&self) -> bool {
        false
    }

    /// The most of these ready bytes that may go in one write; 0 holds them.
    fn most(&mut self, _desk: &mut Desk, ready: usize) -> usize {
        ready
    }

    /// When these bytes, ready since `since`, may go.
    fn turn(&mut self, _desk: &mut Desk, since: Time, _bytes: usize) -> Time {
        since
    }

    fn sent(&mut self, _desk: &mut Desk, _bytes: usize) {}

    /// When it ends the connection, as things stand, and how.
    fn ends(&self) -> Option<(Time, Close)> {
        None
    }

    /// How its removal ends the connection, if it does.
    fn removed(&self) -> Option<Close> {
        None
    }

    /// What its successor of the same name needs to know.
    fn carry(&self) -> u64 {
        0
    }

    /// Does it let nothing at all through, so that what is held already is gone too?
    fn swallows(&self) -> bool {
        false
    }

    /// How many bytes it may hold before the sender is not read from any more.
    fn holds_max(&self) -> usize {
        0
    }
}

/// What becomes of bytes that have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Pass,
    Late(Span),
    Drop,
}

/// What a toxic has at hand: the time, dice of its own, and where it counts what it did.
pub struct Desk<'a> {
    pub now: Time,
    pub dice: &'a mut Dice,
    pub tally: &'a Tally,
}

/// Held bytes per direction of a connection beyond which a link stops reading, by what holds them.
const DELAY_HOLDS_MAX: usize = 4 << 20;
const RATE_HOLDS_MAX: usize = 1 << 20;
const SLICES_HOLD_MAX: usize = 256 << 10;

/// The toxic as it was given; `None` for what does not act on the bytes of a connection.
pub fn of(given: &Given) -> Option<Box<dyn Toxic>> {
    let value = |name| given.value(name);
    let ms = |name| Span::from_secs_f64(value(name) / 1e3);
    Some(match given.kind {
        ToxicKind::Latency => Box::new(Latency { by: given.late("latency") }),
        ToxicKind::Bandwidth => Box::new(bandwidth::Bandwidth::new(value("rate") * 1e3)),
        ToxicKind::SlowClose => Box::new(slow_close::SlowClose { delay: ms("delay") }),
        ToxicKind::Timeout => Box::new(timeout::Timeout::new(ms("timeout"))),
        ToxicKind::ResetPeer => Box::new(reset_peer::ResetPeer::new(ms("timeout"))),
        ToxicKind::Slicer => {
            let delay = Span::from_secs_f64(value("delay") / 1e6);
            Box::new(slicer::Slicer::new(value("average_size") as u64, value("size_variation") as u64, delay))
        }
        ToxicKind::LimitData => Box::new(limit_data::LimitData::new(value("bytes") as u64)),
        ToxicKind::PacketLoss => Box::new(packet_loss::PacketLoss::new(value("loss_rate"), value("correlation"))),
        ToxicKind::CutAfter => Box::new(cut_after::CutAfter::new(given.late("after"))),
        ToxicKind::Noop => Box::new(noop::Noop),
        ToxicKind::Connect => return None,
    })
}

#[cfg(test)]
mod tests;
