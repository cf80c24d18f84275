//! What the faults on an edge do to a message that passes it, and to the opening of a connection. It decides; who sends it acts.

use super::spoil::Spoiled;
use super::{Direction, Handshake, Passage};
use crate::base::{EdgeId, ErrorKind, Lot, Outcome, Span};
use crate::engine::Engine;
use crate::engine::slab::Handle;
use crate::engine::wire::Wire;
use crate::plan::Effect;

impl<W: Wire> Engine<W> {
    pub(super) fn pass_faults(
        &mut self,
        edge: EdgeId,
        call: Handle,
        (direction, lot, attempt): (Direction, Lot, u16),
        latency: Span,
    ) -> Passage {
        let key = self.calls.get(call).map_or(0, |call| call.traits.key);
        let link = &mut self.links[edge.index()];
        let mut delay = latency;
        // What a cut holds back has not come to the other faults of the edge yet: it meets them when it is let through.
        let held = link.holds(direction, lot, attempt);
        for on in link.faults.iter_mut().filter(|on| on.only.takes(lot, attempt)) {
            let dice = &mut self.fault_dice[on.fault.index()];
            match &on.effect {
                Effect::Delay { by, upstream } if !held && *upstream == (direction == Direction::Request) => {
                    let late = by.draw_span(dice);
                    delay = delay + late;
                    self.recorder.touched(on.fault, "messages delayed", u64::from(late > Span::ZERO));
                }
                Effect::Cut { ways, .. } if direction.is_among(*ways) => {
                    self.recorder.touched(on.fault, "messages held", 1);
                }
                Effect::Refuse if direction == Direction::Request => {
                    self.recorder.touched(on.fault, "requests refused", 1);
                    return Passage::Failed(ErrorKind::Refused);
                }
                Effect::Reset { chance } if !held && direction == Direction::Request && dice.chance(*chance) => {
                    self.recorder.touched(on.fault, "requests reset", 1);
                    return Passage::Failed(ErrorKind::Reset);
                }
                Effect::Throttle { bytes_per_sec } if !held => {
                    let lane = usize::from(direction == Direction::Response);
                    let transfer = Span::from_secs_f64(link.bytes[lane] as f64 / bytes_per_sec);
                    let free = on.free_at[lane].max(self.now) + transfer;
                    on.free_at[lane] = free;
                    delay = delay + free.since(self.now);
                    self.recorder.touched(on.fault, "messages throttled", 1);
                }
                Effect::Spoil(spoil) if !held => {
                    let Some(spoiling) = &mut on.spoiling else { continue };
                    let spoiled = spoiling.pass(spoil, direction, key, link.bytes[1], dice);
                    self.recorder.touched(on.fault, spoil.does.touch(), u64::from(!matches!(spoiled, Spoiled::No)));
                    match spoiled {
                        Spoiled::No => {}
                        Spoiled::Late(late) => delay = delay + late,
                        Spoiled::Answered(outcome, late) => return Passage::Answered(outcome, delay + late),
                        Spoiled::Lost => return Passage::Lost,
                    }
                }
                _ => {}
            }
        }
        if held { Passage::Held } else { Passage::After(delay) }
    }

    /// Opens a connection, or tries to: a round trip of packets that carry nothing.
    pub(in crate::engine) fn handshake(&mut self, edge: EdgeId, call: Handle) -> Handshake {
        let ways = [false, true].map(|back| {
            if self.links[edge.index()].zoned { self.cross_zones(edge, call, back) } else { Some(Span::ZERO) }
        });
        let [Some(forth), Some(back)] = ways else { return Handshake::Lost };
        let link = &mut self.links[edge.index()];
        let mut delay = link.latency.draw_span(&mut link.latency_dice) + link.latency.draw_span(&mut link.latency_dice);
        delay = delay + forth + back;
        let mut lost = false;
        let (lot, attempt) = self.calls.get(call).map_or((Lot::NONE, 0), |call| (call.traits.lot, call.attempt));
        for on in link.faults.iter_mut().filter(|on| on.only.takes(lot, attempt)) {
            let dice = &mut self.fault_dice[on.fault.index()];
            match &on.effect {
                Effect::Cut { .. } => {
                    self.recorder.touched(on.fault, "connections held off", 1);
                    lost = true;
                }
                Effect::Refuse => {
                    self.recorder.touched(on.fault, "connections refused", 1);
                    return Handshake::Failed(ErrorKind::Refused);
                }
                Effect::Reset { chance } if !lost && dice.chance(*chance) => {
                    self.recorder.touched(on.fault, "connections reset", 1);
                    return Handshake::Failed(ErrorKind::Reset);
                }
                Effect::Delay { by, .. } if !lost => {
                    delay = delay + by.draw_span(dice);
                    self.recorder.touched(on.fault, "connections delayed", 1);
                }
                Effect::Spoil(spoil) if !lost => {
                    let Some(spoiling) = &mut on.spoiling else { continue };
                    let spoiled = spoiling.connect(spoil, dice);
                    self.recorder.touched(on.fault, spoil.does.touch(), u64::from(!matches!(spoiled, Spoiled::No)));
                    match spoiled {
                        Spoiled::Answered(Outcome::Failed(kind), _) => return Handshake::Failed(kind),
                        Spoiled::Late(late) => delay = delay + late,
                        Spoiled::Lost => lost = true,
                        Spoiled::No | Spoiled::Answered(..) => {}
                    }
                }
                _ => {}
            }
        }
        if lost { Handshake::Lost } else { Handshake::Done(delay) }
    }
}
