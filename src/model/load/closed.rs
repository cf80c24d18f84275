//! Closed loops: each user waits for the answer and thinks before asking again, so that a slow system is asked less.

use super::{PopulationKind, members};
use crate::base::{Dist, Time};
use crate::plan::Arrivals;
use crate::scenario::Fields;

pub const KIND: PopulationKind = PopulationKind { key: "users", with: &["think", "start"], read };

fn read(fields: &Fields, _: Time) -> Option<Arrivals> {
    let start = fields.span("start");
    let users = members(fields, "users")?;
    let think = fields.dist("think").unwrap_or(Dist::Constant(1.0));
    // An answer or a refusal that takes no time would be asked for again at the same moment, without end.
    if think.mean() <= 0.0 {
        let note = fields.error("think", "users who do not think at all would ask without end at one moment");
        note.help("give a small pause, such as `1ms`").code("no-think");
        return None;
    }
    Some(Arrivals::Closed { users, think, start })
}
