//! What a request is, wherever it goes: it travels with the request from caller to callee, and from there with the calls made for it.

use crate::base::{Lot, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// The key that the user asked for.
    pub key: u32,
    /// How important it is: 0 is the most.
    pub class: u8,
    /// It changes what it asks for, and does not only read it.
    pub write: bool,
    /// The version of whatever sent it: a page that was loaded before a deploy asks in the old way. `ANY` of what has none.
    pub version: u16,
    /// Nobody needs the answer after this moment, as far as those who asked said so; `Time::MAX` if they did not.
    pub deadline: Time,
    /// What its draws follow from.
    pub lot: Lot,
}

impl Traits {
    /// The version of what goes with every version.
    pub const ANY: u16 = u16::MAX;
    /// Of a request for a page: it becomes that of whoever answers.
    pub const UNDECIDED: u16 = u16::MAX - 1;

    /// Does it go with every version, and for as long as it likes?
    #[inline]
    pub fn are_plain(&self) -> bool {
        self.deadline == Time::MAX && self.version == Traits::ANY
    }

    /// A plain read of one key.
    pub const fn of_key(key: u32) -> Traits {
        Traits { key, class: 0, write: false, version: Traits::ANY, deadline: Time::MAX, lot: Lot::NONE }
    }
}
