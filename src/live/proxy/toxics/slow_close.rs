//! The end of the stream is passed on late; bytes are left alone.

use super::super::evidence::Count;
use super::{Desk, Toxic};
use crate::base::Span;

#[derive(Clone, Debug)]
pub struct SlowClose {
    pub delay: Span,
}

impl Toxic for SlowClose {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(self.clone())
    }

    fn end(&mut self, desk: &mut Desk) -> Span {
        if self.delay > Span::ZERO {
            desk.tally.add(Count::EndsDelayed, 1);
        }
        self.delay
    }
}
