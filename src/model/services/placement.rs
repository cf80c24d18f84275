//! The `placement` of a cache: which replica a key belongs to. Its page is that of the cache.

use crate::base::Span;
use crate::plan::{PlaceBy, Placement};
use crate::scenario::{FieldDoc, Fields, Shape, Value, values};

const WAYS: &[&str] = &["in-turn", "modulo", "ring"];

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Choice(WAYS), Shape::Shared("placement", &TABLE)]);

static TABLE: [FieldDoc; 7] = [
    FieldDoc::optional("by", Shape::Choice(WAYS), "in-turn", "how keys are dealt to replicas"),
    FieldDoc::optional("points", Shape::Count, "160", "points of a replica on the ring"),
    FieldDoc::optional(
        "named",
        Shape::Flag,
        "true",
        "a replica that comes back after a crash has its old points, and not those of a new address",
    ),
    FieldDoc::optional("hot_keys", Shape::Count, "0", "so many of the most popular keys are held by several replicas"),
    FieldDoc::optional("copies", Shape::Count, "2", "how many replicas hold a hot key"),
    FieldDoc::optional(
        "bound",
        Shape::Factor,
        "none",
        "a replica with more requests under way than so many times the mean is passed over",
    ),
    FieldDoc::optional("ramp", Shape::Span, "0s", "a replica that is added takes its share of the ring over this time"),
];

const POINTS_MAX: u64 = 10_000;
const COPIES_MAX: u64 = 16;

/// Reads `placement` of a cache.
pub fn read(cache: &Fields) -> Placement {
    let mut placement = Placement::default();
    let Some(node) = cache.node("placement") else { return placement };
    if let Value::Scalar(..) = node.value {
        let way = values::read_choice(node, WAYS, cache.diags());
        placement.by = by(way, 160, true);
        return placement;
    }
    let fields = Fields::open(node, "`placement`", &TABLE, cache.diags());
    let points = within(&fields, "points", 160, POINTS_MAX);
    placement.by = by(fields.choice("by"), points, fields.flag("named").unwrap_or(true));
    placement.hot_keys = fields.count("hot_keys").unwrap_or(0).min(u64::from(u32::MAX)) as u32;
    let copies = within(&fields, "copies", 2, COPIES_MAX);
    placement.copies = if placement.hot_keys > 0 { copies } else { 1 };
    placement.bound = fields.factor("bound");
    if placement.bound.is_some_and(|bound| bound <= 1.0) {
        let note = fields.error("bound", "a bound of the mean itself leaves no room");
        note.help("write more than 1, such as `1.25x`").code("wrong-value");
        placement.bound = None;
    }
    placement.ramp = fields.span("ramp").unwrap_or(Span::ZERO);
    for name in ["points", "named", "ramp"] {
        if fields.has(name) && !matches!(placement.by, PlaceBy::Ring { .. }) {
            let note = fields.error(name, format!("`{name}` has no meaning without a ring"));
            note.help("add `by: ring`").code("wrong-value");
        }
    }
    placement
}

fn by(way: Option<&str>, points: u32, named: bool) -> PlaceBy {
    match way {
        Some("ring") => PlaceBy::Ring { points, named },
        Some("modulo") => PlaceBy::Modulo,
        _ => PlaceBy::InTurn,
    }
}

fn within(fields: &Fields, name: &str, default: u32, max: u64) -> u32 {
    match fields.count(name) {
        Some(count) if count == 0 || count > max => {
            fields.error(name, format!("`{name}` must be 1 to {max}")).code("wrong-value");
            default
        }
        Some(count) => count as u32,
        None => default,
    }
}
