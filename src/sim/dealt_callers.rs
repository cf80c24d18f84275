//! What the dice deal to callers: pools, bulkheads, hedges, deadlines, quorums.

use super::conservation::Maker;
use crate::base::{EdgeId, Span};
use crate::plan::expectation::Subject;
use crate::plan::{After, Bulkhead, Connect, Deadline, Edge, Hedge, Need, Op, Pick, Pool, TokenBucket};
use crate::record::Recording;

impl Maker {
    pub(super) fn parallel(&mut self, calls: Vec<EdgeId>) -> Op {
        let need = self.maybe(0.5, |m| 1 + m.below(3)).map_or(Need::Every, Need::Count);
        Op::Parallel { calls, need }
    }

    pub(super) fn caller(&mut self, edge: Edge) -> Edge {
        Edge {
            pool: self.maybe(0.2, |m| Pool {
                size: 1 + m.below(3),
                open_ahead: m.dice.chance(0.5),
                pick: m.pick(&[Pick::Newest, Pick::Oldest, Pick::Random]),
                max_wait: m.maybe(0.5, |m| m.ms(30)),
                idle: m.maybe(0.5, |m| m.ms(20)),
                peer_idle: m.maybe(0.8, |m| m.ms(20)),
                race: Span::from_millis(10),
            }),
            connect: self.maybe(0.2, |m| Connect {
                time: m.pick(&[Span::ZERO, Span::from_millis(3)]),
                timeout: m.maybe(0.5, |m| m.ms(20)),
            }),
            bulkhead: self.maybe(0.2, |m| Bulkhead {
                max: 1 + m.below(4),
                waiting: m.below(4),
                max_wait: m.maybe(0.5, |m| m.ms(30)),
            }),
            hedge: self.maybe(0.3, |m| Hedge {
                after: m.pick(&[After::Delay(Span::from_millis(5)), After::Quantile(0.5)]),
                max: 1 + m.below(3),
                cancel: m.dice.chance(0.5),
                tied: m.dice.chance(0.5),
                budget: m.maybe(0.3, |_| TokenBucket { ratio: 0.3, burst: 2.0 }),
            }),
            deadline: self.maybe(0.4, |m| m.maybe(0.5, |m| m.ms(80)).map_or(Deadline::Propagate, Deadline::Total)),
            ..edge
        }
    }
}

/// Requests of a client's edge that were hedges.
pub(super) fn hedges(recording: &Recording, edge: usize) -> u64 {
    let plan = &recording.plan;
    let meter = plan.meter(Subject::Edge(edge as u32), "hedges");
    let all = recording.meters.get(meter.index()).map_or(&[][..], |series| &series.cells);
    all.iter().map(|cell| cell.sum as u64).sum()
}
