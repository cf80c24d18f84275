//! What is served when a call has failed for good: an answer at hand, or that of another call.
//!
//! `fallback: answer` goes on as if the call had succeeded, with a default or an empty list; `degraded(caller->called)` counts such
//! answers, so that a success that is none can be told from one. `fallback: {to: replica, …}` makes another call instead, with
//! policies of its own; what that one ends with is what the first ends with. A fallback is not written into a cache. For old values of
//! a cache see `stale_if_error` of `miss`.
//!
//! ```yaml
//! name: fallback-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: shop, rate: 50/s}
//! services:
//!   shop:
//!     calls:
//!       - {to: suggestions, timeout: 100ms, fallback: answer}
//!       - {to: prices, timeout: 100ms, fallback: {to: price-list, timeout: 100ms}}
//!   suggestions: {work: exp(5ms)}
//!   prices: {work: exp(5ms)}
//!   price-list: {work: 1ms}
//! faults:
//!   no-suggestions: {kind: errors, on: suggestions, share: 50%, at: 20s, for: 10s}
//!   no-prices: {kind: down, on: prices, at: 40s, for: 10s}
//! expect:
//!   - success(users) >= 99.9%
//! ```

use super::call::{self, CallDraft};
use crate::model::Page;
use crate::scenario::{Diagnostics, FieldDoc, Fields, Node, Shape, Value, values};

pub const PAGE: Page = Page { name: "fallback", page: include_str!("fallback.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Choice(&["answer"]), Shape::Name, Shape::Shared("fallback", &TABLE)]);

/// The second call is one without a fallback of its own.
pub static TABLE: [FieldDoc; call::COMMON.len()] = call::COMMON;

#[derive(Clone, Debug)]
pub enum FallbackDraft {
    Answer,
    Call(Box<CallDraft>),
}

pub fn read(node: &Node, diags: &Diagnostics) -> Option<FallbackDraft> {
    if node.scalar() == Some("answer") {
        return Some(FallbackDraft::Answer);
    }
    if node.scalar() == Some("stale") {
        let note = diags.error(node.place, "an old value is served by the path that rebuilds it");
        note.help("write `stale_if_error: true` into the `miss` of the call to the cache").code("wrong-value");
        return None;
    }
    if let Value::Scalar(..) = node.value {
        let to = values::read_name(node, diags)?;
        return Some(FallbackDraft::Call(Box::new(call::draft(to.to_owned(), node.place))));
    }
    let fields = Fields::open(node, "`fallback`", &TABLE, diags);
    call::forbid(&fields, &["chance", "count", "mirror"], "each failed call is followed by one");
    call::read_common(&fields).map(|call| FallbackDraft::Call(Box::new(call)))
}
