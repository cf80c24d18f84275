//! Client-side throttling on a call: a caller whose requests are turned away turns some away itself, before they cost anything.
//!
//! Over the `window` it counts its requests, those it turned away itself too, and those that were accepted (did not fail), and turns
//! away with the chance max(0, (requests - k * accepts) / (requests + 1)), with the error `throttled`. So it sends about `k` times what
//! is accepted: 2 is kind to a service that comes back, 1.1 spares a service for which saying no is dear. `throttle: 2x` is short for
//! `{k: 2x}`. Beyer et al., Site Reliability Engineering, O'Reilly 2016, chapter 21.
//!
//! ```yaml
//! name: throttle-example
//! length: 300s
//! warmup: 150s
//! clients:
//!   users: {calls: web, rate: 1000/s}
//! services:
//!   web: {calls: [{to: api, throttle: {k: 1.5, window: 60s}}]}
//!   api: {rate_limit: {rate: 100/s, burst: 10}}
//! expect:
//!   - throughput(api) >= 99/s
//!   - offered(api) <= 155/s
//! ```

use crate::base::Span;
use crate::model::Page;
use crate::plan::guards::Throttle;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "throttle", page: include_str!("throttle.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Factor, Shape::Shared("throttle", &TABLE)]);

static TABLE: [FieldDoc; 2] = [
    FieldDoc::optional("k", Shape::Factor, "2", "how many times what is accepted it sends"),
    FieldDoc::optional("window", Shape::Span, "2m", "how long a request counts"),
];

pub fn read(node: &Node, diags: &Diagnostics) -> Option<Throttle> {
    let default = Throttle { k: 2.0, window: Span::from_secs(120) };
    let throttle = match node.value {
        Value::Scalar(..) => Throttle { k: values::read_factor(node, diags)?, ..default },
        _ => {
            let fields = Fields::open(node, "`throttle`", &TABLE, diags);
            if fields.span("window") == Some(Span::ZERO) {
                fields.error("window", "a window of 0s holds no requests").code("wrong-value");
            }
            let window = fields.span("window").unwrap_or(default.window);
            Throttle { k: fields.factor("k").unwrap_or(default.k), window }
        }
    };
    if throttle.k < 1.0 {
        let note = diags.error(node.place, "below 1 a caller would throttle itself though all is well");
        note.help("2 is usual, 1.1 is strict").code("wrong-value");
    }
    Some(throttle)
}
