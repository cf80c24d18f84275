//! A new version is out: pages that are loaded from now on are of it, and those that are open stay what they were.
//!
//! It acts on a client with `pages`. The release is a moment; what lasts is the tail of old pages behind it.
//!
//! - **Simulated world**: the client's version goes up by one; every open page is old from then on.
//! - **Live world**: the same; versions are the population's own and are not sent on the wire.
//! - **Undo**: nothing; a roll-back is another release.
//! - **Evidence**: open pages that became old.
//!
//! ```yaml
//! name: release-example
//! length: 60s
//! warmup: 20s
//! clients:
//!   tabs: {calls: app, rate: 10/s, pages: {age: exp(10s), every: 5s}}
//! services:
//!   app: {workers: 8, work: exp(20ms)}
//! faults:
//!   deploy: {kind: release, on: tabs, at: 40s}
//! expect:
//!   - old(tabs) >= 80% between 40s and 42s
//!   - old(tabs) <= 30% between 58s and 60s
//! ```

use super::{ActsOn, FaultKind, Lasts, Lowered, Site, Worlds};
use crate::plan::Effect;
use crate::scenario::Fields;

pub const KIND: FaultKind = FaultKind {
    name: "release",
    page: include_str!("release.rs"),
    acts_on: ActsOn::Client,
    lasts: Lasts::Instantly,
    worlds: Worlds::Both,
    fields: &[],
    lower,
};

fn lower(fields: &Fields, site: &Site) -> Option<Lowered> {
    let (target, client) = site.client();
    if client.pages.is_none() {
        let note = fields.error("on", format!("client `{}` keeps no pages that could grow old", client.name));
        note.help("give it `pages`").code("wrong-kind");
        return None;
    }
    Lowered::one("a new version".to_owned(), target, Effect::Release)
}
