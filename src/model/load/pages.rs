//! Pages that stay open: each visit of an open loop loads a page, keeps it for its `age`, and asks again and again meanwhile.
//!
//! `rate` (or `trace`) says how often a page is loaded. A load that succeeds opens a page, which asks once `every` so often until it is
//! closed, whatever becomes of those requests. A page stays the version that was out when it was loaded: after a `release` fault the
//! old ones live on, and their share falls as ages run out (with `exp(tau)` as e^(-t / tau): half of the open pages are old after
//! 0.69 tau). No page is open when the run begins; some mean ages later there are
//! rate x age of them. `sessions(tabs)` is how many pages are open, `old(tabs)` the share of them that are old.
//!
//! ```yaml
//! name: pages-example
//! length: 120s
//! warmup: 40s
//! clients:
//!   tabs: {calls: app, rate: 5/s, pages: {age: exp(20s), every: exp(10s)}}
//! services:
//!   app: {workers: 8, work: exp(20ms)}
//! faults:
//!   deploy: {kind: release, on: tabs, at: 80s}
//! expect:
//!   - offered(tabs) >= 12/s
//!   - sessions(tabs) >= 70
//!   - old(tabs) <= 0% before deploy
//!   - old(tabs) >= 70% between 80s and 85s
//!   - old(tabs) <= 25% between 115s and 120s
//! ```

use crate::base::Dist;
use crate::model::Page;
use crate::plan::Pages;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "pages", page: include_str!("pages.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 2] = [
    FieldDoc::required("age", Shape::Dist, "how long a page is kept open"),
    FieldDoc::required("every", Shape::Dist, "from one request of a page to its next"),
];

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Pages> {
    let fields = Fields::open(node, "`pages`", &TABLE, diags);
    let (age, every) = (fields.dist("age"), fields.dist("every"));
    let (age, every): (Dist, Dist) = (age?, every?);
    if every.mean() <= 0.0 {
        let note = fields.error("every", "pages that do not pause would ask without end at one moment");
        note.help("give a small pause, such as `1s`").code("no-think");
        return None;
    }
    Some(Pages { age, every })
}
