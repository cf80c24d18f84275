//! Who asks, how often and for what: the readers of a client.

pub mod client;
pub mod keys;
pub mod rate;

use super::Page;

/// Every part of a client that has a page, in the order of the manual.
pub static PAGES: &[Page] = &[client::PAGE, rate::PAGE, keys::PAGE];
