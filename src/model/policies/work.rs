//! Work: how long a worker is busy with a request, for all of them or by class.
//!
//! `work: exp(5ms)` is the same for all requests. `work: {any: exp(5ms), classes: {report: exp(2s)}}` gives some classes work of
//! their own: the report among the page views, the one tenant with the large table. The classes that are listed need no queue that
//! tells them apart; `class` of a client or a call says which requests are of them (see `explain class`). Without `any` all
//! others need no work. A step of `calls` can be written in the same way: `{work: {classes: {mail: 30ms}}}`.
//!
//! A few long requests among many short ones hold the workers that the short ones wait for: M/G/1 waits grow with the second moment
//! of the work (Pollaczek and Khinchine), so at the same utilisation the mix waits longer than either of its parts alone. `lanes`, a
//! queue by `priority`, or a service of their own keep them apart.
//!
//! ```yaml
//! name: work-example
//! length: 120s
//! warmup: 10s
//! clients:
//!   views: {calls: {to: web, timeout: 5s}, rate: 100/s}
//!   reports: {calls: {to: web, timeout: 60s}, rate: 1/s, class: report}
//! services:
//!   web: {workers: 8, work: {any: exp(20ms), classes: {report: 2s}}}
//! expect:
//!   - p50(reports) >= 2s
//!   - mean(views) <= 100ms
//!   - utilisation(web) >= 40%
//! ```

use crate::base::Dist;
use crate::model::Page;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Place, Shape, Value, values};

pub const PAGE: Page = Page { name: "work", page: include_str!("work.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Dist, Shape::Shared("work", &TABLE)]);

static TABLE: [FieldDoc; 2] = [
    FieldDoc::optional("any", Shape::Dist, "none", "of all requests whose class is not listed"),
    FieldDoc::optional("classes", Shape::MapOf(&Shape::Dist), "as `any`", "of the requests of these classes"),
];

/// Work as it was written: classes are still names.
#[derive(Clone, Debug)]
pub struct WorkDraft {
    pub any: Dist,
    pub classes: Vec<(String, Place, Dist)>,
}

pub fn read(node: &Node, diags: &Diagnostics) -> Option<WorkDraft> {
    if !matches!(node.value, Value::Map(_)) {
        return Some(WorkDraft { any: values::read_dist(node, diags)?, classes: Vec::new() });
    }
    let fields = Fields::open(node, "`work`", &TABLE, diags);
    let any = if fields.has("any") { fields.dist("any")? } else { Dist::Constant(0.0) };
    let entries = fields.entries("classes").iter();
    let classes = entries
        .filter_map(|entry| Some((entry.key.clone(), entry.key_place, values::read_dist(&entry.value, diags)?)))
        .collect();
    Some(WorkDraft { any, classes })
}
