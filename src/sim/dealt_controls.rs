//! Controls for random Plans, and faults on what is not a service, an edge or a client. They have dice of their own: the rest of a plan
//! is what it would be without them.

use super::conservation::{LENGTH_S, Maker};
use crate::base::{ClientId, ControlId, Dice, EdgeId, SegmentId, ServiceId, Span};
use crate::plan::fixture::fault;
use crate::plan::*;

const SIGNALS: [Signal; 6] =
    [Signal::Utilisation, Signal::Cpu, Signal::Queue, Signal::Inflight, Signal::Rate, Signal::Errors];

impl Maker {
    pub(super) fn controls(plan: &mut Plan) {
        let mut maker = Maker { dice: Dice::named(plan.seed, "controls") };
        for _ in 0..maker.below(3) {
            let does = maker.control(plan);
            let name = format!("control{}", plan.controls.len());
            plan.controls.extend(does.map(|does| Control { name, kind: "test".into(), every: maker.ms(300), does }));
        }
    }

    /// Once the meters are declared, which faults need not be.
    pub(super) fn other_faults(plan: &mut Plan) {
        let mut maker = Maker { dice: Dice::named(plan.seed, "other faults") };
        if !plan.controls.is_empty() && maker.dice.chance(0.4) {
            let control = Target::Control(ControlId(maker.below(plan.controls.len() as u32)));
            fault(plan, control, Effect::Freeze, 0.4, maker.pick(&[0.9, LENGTH_S]));
        }
        if !plan.segments.is_empty() && maker.dice.chance(0.5) {
            let link = Target::Segment(SegmentId(maker.below(plan.segments.len() as u32)));
            fault(plan, link, Effect::Throttle { bytes_per_sec: 5e3 }, 0.6, maker.pick(&[0.9, LENGTH_S]));
        }
        Maker::troubles(plan);
    }

    fn control(&mut self, plan: &Plan) -> Option<Does> {
        let id = ServiceId(self.below(plan.services.len() as u32));
        let service = plan.service(id);
        // The number of replicas of what holds data stays as it is.
        let is_plain = matches!(service.role, Role::Plain);
        let scaling = Scaling {
            service: id,
            sees: self.pick(&SIGNALS),
            target: self.pick(&[0.3, 0.6, 5.0]),
            tolerance: self.pick(&[0.0, 0.1]),
            lag: self.pick(&[Span::ZERO, Span::from_millis(100)]),
            cooldown: self.pick(&[Span::ZERO, Span::from_millis(300)]),
            min: 1,
            max: 5,
            fewer: self.below(3),
        };
        let edge = EdgeId(self.below(plan.edges.len() as u32));
        let by_service = matches!(plan.edge(edge).from, Party::Service(_));
        let split = service.program.iter().find_map(|op| match op {
            Op::Split(edges) => Some(edges.clone()),
            _ => None,
        });
        let to = |edges: &[EdgeId]| edges.iter().map(|edge| plan.edge(*edge).to).collect();
        match self.below(5) {
            0 if is_plain => Some(Does::Scale(scaling)),
            1 if is_plain => Some(self.steering(Lever::Replicas(id), vec![id], 5.0)),
            2 if service.workers.is_some() => Some(self.steering(Lever::Workers(id), vec![id], 6.0)),
            3 if self.dice.chance(0.3) => {
                let client = ClientId(self.below(plan.clients.len() as u32));
                let open = matches!(plan.client(client).arrivals, Arrivals::Open { .. });
                open.then(|| self.steering(Lever::Rate(client), vec![plan.edge(plan.client(client).edge).to], 1.0))
            }
            3 if by_service => Some(self.steering(Lever::Chance(edge), vec![plan.edge(edge).to], 1.0)),
            _ => split.map(|edges| self.steering(Lever::Weights(edges.clone()), to(&edges), 1.0)),
        }
    }

    fn steering(&mut self, moves: Lever, of: Vec<ServiceId>, max: f64) -> Does {
        let of_mean = matches!(moves, Lever::Weights(_));
        Does::Steer(Steering {
            moves,
            reads: self.pick(&SIGNALS),
            of,
            target: (!of_mean).then(|| self.pick(&[0.2, 1.0])),
            gain: self.pick(&[0.3, 3.0]),
            aimd: self.maybe(0.3, |_| Aimd { increase: 0.1 * max, decrease: 0.5 }),
            delay: self.below(3),
            clamp: self.pick(&[0.2, f64::INFINITY]),
            hysteresis: self.pick(&[0.0, 0.05]),
            min: if max > 1.0 { 1.0 } else { 0.0 },
            max,
        })
    }
}
