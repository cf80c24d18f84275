//! Who asks, how often and for what: the readers of a client. One file a kind of population; a kind that is not in [`KINDS`] cannot
//! be written.

pub mod client;
pub mod closed;
pub mod fleet;
pub mod herd;
pub mod keys;
pub mod open;
pub mod pages;
pub mod rate;

use super::Page;
use crate::base::Time;
use crate::plan::Arrivals;
use crate::scenario::Fields;

/// A way in which requests come about.
pub struct PopulationKind {
    /// The client's key that chooses it.
    pub key: &'static str,
    /// Other keys of a client that mean something only with this one.
    pub with: &'static [&'static str],
    /// Reads the client's fields, for a run of this length. `None` when a value is wrong, which is then reported.
    pub read: fn(&Fields, Time) -> Option<Arrivals>,
}

/// Every kind of population; a client is exactly one of them.
pub static KINDS: &[PopulationKind] = &[open::RATE, closed::KIND, open::TRACE, herd::KIND, fleet::KIND];

/// Every part of a client that has a page, in the order of the manual.
pub static PAGES: &[Page] = &[client::PAGE, rate::PAGE, herd::PAGE, fleet::PAGE, pages::PAGE, keys::PAGE];

/// The most members that a population has.
const MEMBERS_MAX: u64 = 1_000_000;

/// How many members a population has: 1 to a million.
fn members(fields: &Fields, name: &str) -> Option<u32> {
    let count = fields.count(name)?;
    if count == 0 || count > MEMBERS_MAX {
        fields.error(name, format!("`{name}` must be 1 to {MEMBERS_MAX}")).code("wrong-value");
        return None;
    }
    Some(count as u32)
}
