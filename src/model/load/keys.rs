//! Which keys users ask for: `count` different ones, the r-th most popular with weight 1 / r^skew.
//!
//! `skew: 0` (the default) makes all equally likely; `skew: 1` is Zipf's law, close to what web caches see. One key is drawn for each
//! request and goes with it to every cache on its way.
//!
//! ```yaml
//! name: keys-example
//! length: 30s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 200/s, keys: {count: 100000, skew: 0.8}}
//! services:
//!   web: {calls: [{to: cache, miss: db}]}
//!   cache: {kind: cache, entries: 10000, work: 300us}
//!   db: {work: exp(10ms)}
//! expect:
//!   - hits(cache) >= 40%
//! ```

use crate::model::Page;
use crate::plan::Keys;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape};

pub const PAGE: Page = Page { name: "keys", page: include_str!("keys.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 2] = [
    FieldDoc::required("count", Shape::Count, "how many different keys"),
    FieldDoc::optional("skew", Shape::Number, "0", "exponent of the popularity; 0 is uniform, 1 is Zipf's law"),
];

const KEYS_MAX: u64 = 50_000_000;

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Keys> {
    let fields = Fields::open(node, "`keys`", &TABLE, diags);
    let skew = fields.number("skew").unwrap_or(0.0);
    let count = fields.count("count")?;
    if count == 0 || count > KEYS_MAX {
        fields.error("count", format!("must be 1 to {KEYS_MAX}")).code("wrong-value");
        return None;
    }
    if skew > 10.0 {
        fields.error("skew", "an exponent over 10 leaves a single key").code("wrong-value");
        return None;
    }
    Some(Keys { count: count as u32, skew, hot: None })
}
