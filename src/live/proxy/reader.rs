//! The seam for protocols: a reader sees the bytes of one connection in both directions before they are held, and says what is passed
//! on instead. It is pure (bytes and time in, pieces out) and never touches a socket; what it says goes through the same lanes, and so
//! through the same faults, as any other bytes.

use super::lane::End;
use super::rules::{Direction, Rules};
use super::stages::Delays;
use crate::base::Time;
use std::fmt;

/// Knows a protocol; gives each connection a reader of its own.
pub trait Protocol: fmt::Debug + Send + Sync {
    fn reader(&self, connection: u64) -> Box<dyn Reader>;
}

/// Follows one connection from its first byte on. It must pass on every byte that it does not mean to change, also while no fault is in
/// force, and must keep no more than it needs to find where the next message begins.
pub trait Reader: fmt::Debug + Send {
    /// Bytes came from the sender of this direction. Pieces for the other direction are answers on behalf of the receiver.
    fn read(&mut self, direction: Direction, bytes: &[u8], now: Time, rules: &Rules, pieces: &mut Vec<Piece>);

    /// Bytes of answers of its own that wait for their turn.
    fn holds(&self) -> usize {
        0
    }

    /// The sender of this direction has ended; what was kept back goes first, then the end.
    fn ended(&mut self, direction: Direction, _now: Time, _rules: &Rules, pieces: &mut Vec<Piece>) {
        pieces.push(Piece { direction, what: What::End(End::Shut), late: Delays::new() });
    }
}

/// Something to pass on.
#[derive(Debug)]
pub struct Piece {
    pub direction: Direction,
    pub what: What,
    /// By the stamp of the rule that makes it late, beside what toxics do: healing the rule takes it off.
    pub late: Delays,
}

#[derive(Debug)]
pub enum What {
    Bytes(Vec<u8>),
    End(End),
}
