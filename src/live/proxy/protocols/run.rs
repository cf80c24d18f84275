//! A walk through the bytes of one direction: what passes is gathered and leaves in one piece, what does not is left out. It decides nothing.

use crate::live::proxy::reader::{Piece, What};
use crate::live::proxy::rules::Direction;
use crate::live::proxy::stages::Delays;
use std::borrow::Cow;

/// What was kept, and what has come.
pub fn joined<'a>(kept: &mut Vec<u8>, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    if kept.is_empty() {
        return Cow::Borrowed(bytes);
    }
    let mut work = std::mem::take(kept);
    work.extend_from_slice(bytes);
    Cow::Owned(work)
}

/// Goes through bytes: what passes is gathered and leaves in one piece.
pub struct Run<'a> {
    work: &'a [u8],
    direction: Direction,
    pub pieces: &'a mut Vec<Piece>,
    /// Up to here it was looked at, and from there it passes and has not left.
    at: usize,
    from: usize,
}

impl<'a> Run<'a> {
    pub fn new(work: &'a [u8], direction: Direction, pieces: &'a mut Vec<Piece>) -> Run<'a> {
        Run { work, direction, pieces, at: 0, from: 0 }
    }

    pub fn rest(&self) -> &'a [u8] {
        &self.work[self.at..]
    }

    pub fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub fn skip(&mut self, bytes: usize) {
        self.flush();
        self.at += bytes;
        self.from = self.at;
    }

    /// These bytes, or others in their place, so late.
    pub fn place(&mut self, bytes: usize, other: Option<Vec<u8>>, late: Delays) {
        if other.is_none() && late.is_empty() {
            return self.pass(bytes);
        }
        let what = other.unwrap_or_else(|| self.rest()[..bytes].to_vec());
        self.skip(bytes);
        self.pieces.push(Piece { direction: self.direction, what: What::Bytes(what), late });
    }

    pub fn flush(&mut self) {
        if self.from < self.at {
            let what = What::Bytes(self.work[self.from..self.at].to_vec());
            self.pieces.push(Piece { direction: self.direction, what, late: Delays::new() });
            self.from = self.at;
        }
    }

    /// What is left to be kept.
    pub fn end(mut self) -> Vec<u8> {
        self.flush();
        self.rest().to_vec()
    }
}
