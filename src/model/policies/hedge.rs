//! A second request for the same answer, sent when the first has not answered after a while; whichever answers first is taken.
//!
//! `after` is a delay, or a quantile such as `p95`: the running one of this edge's own answers, so that 5% of attempts are hedged
//! whatever they take. (For the first 64 answers there are no hedges.) `max` allows more than one, each after the same delay again.
//! With `cancel` the work of those that lost is stopped, otherwise it goes on for nobody. `budget` bounds the hedges per call: where
//! slowness comes from load, hedges are more of it. With `tied`, the request that a worker takes first takes the others out of the
//! line. A failed attempt waits for its hedges before it counts as failed; the attempt's `timeout` bounds all of them together.
//! (Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013.)
//!
//! ```yaml
//! name: hedge-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: web, rate: 100/s}
//! services:
//!   web: {calls: [{to: shard, hedge: {after: p95, budget: 10%}}]}
//!   shard: {replicas: 2, work: "mixture(97%: constant(5ms), 3%: constant(500ms))"}
//! expect:
//!   - p99(users) <= 30ms
//!   - amplification(shard) <= 1.1
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::{After, Hedge, TokenBucket};
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, quote, values};

pub const PAGE: Page = Page { name: "hedge", page: include_str!("hedge.rs"), fields: &[&TABLE, &BUCKET] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Span, Shape::Choice(QUANTILES), Shape::Shared("hedge", &TABLE)]);

const AFTER: Shape = Shape::OneOf(&[Shape::Span, Shape::Choice(QUANTILES)]);
const QUANTILES: &[&str] = &["p50", "p75", "p90", "p95", "p98", "p99", "p99.9"];

static TABLE: [FieldDoc; 5] = [
    FieldDoc::required("after", AFTER, "delay without an answer before the next request"),
    FieldDoc::optional("max", Shape::Count, "1", "requests beside the first"),
    FieldDoc::optional("cancel", Shape::Flag, "true", "when one has answered, stop the work of the others"),
    FieldDoc::optional("tied", Shape::Flag, "false", "when one is begun, take the others out of the line"),
    FieldDoc::optional("budget", BUDGET, "none", "hedges per call that all callers together may send"),
];

const BUDGET: Shape = Shape::OneOf(&[Shape::Ratio, Shape::Object(&BUCKET)]);

static BUCKET: [FieldDoc; 2] = [
    FieldDoc::required("ratio", Shape::Ratio, "hedges per call"),
    FieldDoc::optional("burst", Shape::Number, "10", "hedges that may be saved up"),
];

const MAX: u64 = 100;

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Hedge> {
    if let Value::Scalar(..) = node.value {
        let after = read_after(node, diags)?;
        return Some(Hedge { after, max: 1, cancel: true, tied: false, budget: None });
    }
    let fields = Fields::open(node, "`hedge`", &TABLE, diags);
    let max = fields.count("max").unwrap_or(1);
    if max == 0 || max > MAX {
        fields.error("max", format!("1 to {MAX} hedges")).code("wrong-value");
    }
    let cancel = fields.flag("cancel").unwrap_or(true);
    let tied = fields.flag("tied").unwrap_or(false);
    let budget = fields.node("budget").and_then(|node| read_budget(node, diags));
    let after = read_after(fields.node("after")?, diags)?;
    Some(Hedge { after, max: max.clamp(1, MAX) as u32, cancel, tied, budget })
}

fn read_budget(node: &Node, diags: &Diagnostics) -> Option<TokenBucket> {
    if let Value::Scalar(..) = node.value {
        return values::read_ratio(node, diags).map(|ratio| TokenBucket { ratio, burst: 10.0 });
    }
    let fields = Fields::open(node, "`budget`", &BUCKET, diags);
    let burst = fields.number("burst").unwrap_or(10.0);
    if burst < 1.0 {
        fields.error("burst", "a burst below 1 would allow no hedge at all").code("wrong-value");
    }
    Some(TokenBucket { ratio: fields.ratio("ratio")?, burst })
}

fn read_after(node: &Node, diags: &Diagnostics) -> Option<After> {
    let text = node.scalar().unwrap_or_default();
    let Some(percent) = text.strip_prefix('p') else {
        let delay = values::read_span(node, diags)?;
        if delay == Span::ZERO {
            let note = diags.error(node.place, "a hedge after no time at all is a second call");
            note.help("use `parallel` with `need: any`, or a small delay").code("wrong-value");
            return None;
        }
        return Some(After::Delay(delay));
    };
    let share = percent.parse::<f64>().ok().map(|percent| percent / 100.0).filter(|share| *share > 0.0 && *share < 1.0);
    if share.is_none() {
        let note = diags.error(node.place, format!("{} is no quantile", quote(text)));
        note.help("a delay such as `10ms`, or a quantile such as `p95`").code("wrong-value");
    }
    share.map(After::Quantile)
}
