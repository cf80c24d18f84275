//! Zones, versions and deploys for random Plans. They have dice of their own: the rest of a plan is what it would be without them.

use super::conservation::{LENGTH_S, Maker};
use crate::base::{ControlId, Dice, Dist, ServiceId, Span, Time};
use crate::plan::balance::Policy;
use crate::plan::fixture::fault;
use crate::plan::versions::{Flaw, Rollout, Skew, Then, Watch};
use crate::plan::zones::ZonePath;
use crate::plan::*;

impl Maker {
    pub(super) fn places(plan: &mut Plan) {
        let mut maker = Maker { dice: Dice::named(plan.seed, "places") };
        if maker.dice.chance(0.3) {
            maker.zones(plan);
        }
        for service in &mut plan.services {
            service.versions = maker.maybe(0.3, |m| Skew {
                keep: m.below(2) as u16,
                older: m.dice.chance(0.7),
                newer: m.dice.chance(0.7),
                fails: m.pick(&[0.5, 1.0]),
            });
        }
        for service in &mut plan.services {
            if maker.dice.chance(0.15) {
                service.balance.policy =
                    Policy::Ring { points: 1 + maker.below(20), bound: maker.pick(&[None, Some(1.25)]) };
            }
        }
        for edge in &mut plan.edges {
            edge.loads = maker.dice.chance(0.2);
            if let Some(dns) = &mut edge.dns {
                dns.lists = maker.dice.chance(0.5) && edge.tls.is_none();
                dns.linger = maker.maybe(0.3, |m| (0.5, m.ms(1000)));
            }
        }
        for _ in 0..maker.below(3) {
            maker.deploy(plan);
        }
    }

    fn zones(&mut self, plan: &mut Plan) {
        let names: Vec<String> = (0..3).map(|zone| format!("z{zone}")).collect();
        for service in &mut plan.services {
            let count = self.below(4).min(service.replicas) as usize;
            service.zones = names[..count].to_vec();
            service.balance.prefer_zone = self.dice.chance(0.5);
        }
        for client in &mut plan.clients {
            client.zone = self.maybe(0.7, |m| m.pick(&names));
        }
        let one = |m: &mut Maker| ZoneSet::of(m.below(3) as usize);
        let latency = |m: &mut Maker| m.pick(&[Dist::Constant(0.002), Dist::Exponential { mean: 0.005 }]);
        let paths = (0..self.below(4)).map(|_| ZonePath { from: one(self), to: one(self), latency: latency(self) });
        plan.zones = Zones { paths: paths.collect(), names, regions: Vec::new() };
        if self.dice.chance(0.6) {
            let from = one(self);
            let target = Target::Zones { from, to: plan.zones.others(from) };
            let cut = Effect::Cut { lose: self.dice.chance(0.5), ways: self.pick(&[Ways::Both, Ways::Requests]) };
            let cut = self.pick(&[cut.clone(), cut, Effect::Delay { by: Dist::Constant(0.02), upstream: true }]);
            let to = self.pick(&[0.9, 1.4, LENGTH_S]);
            fault(plan, target, cut, 0.3, to);
        }
    }

    fn deploy(&mut self, plan: &mut Plan) {
        let service = ServiceId(self.below(plan.services.len() as u32));
        let then = self.pick(&[Then::Pause, Then::Stop, Then::RollBack]);
        let watch = self.maybe(0.5, |_| Watch { of: service, sees: Signal::Errors, above: 0.2, then, first: false });
        let rollout = Rollout {
            service,
            to: self.below(3) as u16,
            at: Time::ZERO + self.ms(800),
            batch: 1 + self.below(2),
            drain: self.pick(&[Span::ZERO, Span::from_millis(30)]),
            down: self.pick(&[Span::ZERO, Span::from_millis(50)]),
            flaw: Flaw { errors: self.pick(&[0.0, 0.5]), slower: self.pick(&[1.0, 3.0]) },
            watch,
        };
        let name = format!("deploy{}", ControlId::from(plan.controls.len()).0);
        let (kind, every) = ("deploy".to_owned(), self.ms(200));
        plan.controls.push(Control { name, kind, every, does: Does::Roll(rollout) });
    }
}
