//! What a request is, wherever it goes: it travels with the request from caller to callee, and from there with the calls made for it.

use crate::base::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// The key that the user asked for.
    pub key: u32,
    /// How important it is: 0 is the most.
    pub class: u8,
    /// It changes what it asks for, and does not only read it.
    pub write: bool,
    /// The version of whatever sent it: a page that was loaded before a deploy asks in the old way.
    pub version: u16,
    /// Nobody needs the answer after this moment, as far as those who asked said so; `Time::MAX` if they did not.
    pub deadline: Time,
}

impl Traits {
    /// A plain read of one key.
    pub const fn of_key(key: u32) -> Traits {
        Traits { key, class: 0, write: false, version: 0, deadline: Time::MAX }
    }
}
