//! Faults on some requests only, faults that stay until a restart, deadly requests, work by class and deep checks for random Plans.
//! They have dice of their own: the rest of a plan is what it would be without them.

use super::conservation::Maker;
use crate::base::Dice;
use crate::plan::balance::Check;
use crate::plan::topology::WorkBy;
use crate::plan::*;

impl Maker {
    pub(super) fn troubles(plan: &mut Plan) {
        let mut maker = Maker { dice: Dice::named(plan.seed, "troubles") };
        for fault in 0..plan.faults.len() {
            maker.bind(plan, fault);
        }
        for service in plan.services.iter_mut().filter(|service| matches!(service.role, Role::Plain)) {
            let class = maker.below(3) as u8;
            if let Some(health) = service.balance.health.as_mut().filter(|_| maker.dice.chance(0.3)) {
                health.check = Check::Work { class };
            }
            for op in &mut service.program {
                if let Op::Work(any) = op
                    && maker.dice.chance(0.2)
                {
                    *op = Op::WorkBy(Box::new(WorkBy { any: any.clone(), classes: vec![(class, maker.dist())] }));
                }
            }
        }
    }

    /// What a fault does to a service is bound to some requests, or to a restart; what fails may kill instead.
    fn bind(&mut self, plan: &mut Plan, fault: usize) {
        let class = self.maybe(0.3, |m| m.below(3) as u8);
        let key = self.maybe(0.2, |m| m.below(4));
        let until_start = self.dice.chance(0.2);
        let kill = self.maybe(0.4, |m| m.ms(300));
        for step in plan.schedule.iter_mut().filter(|step| step.fault.index() == fault) {
            let does = match (step.effect.clone(), kill) {
                (Effect::Fail { .. } | Effect::Slow { .. }, Some(restart)) => Effect::Kill { restart },
                (effect @ (Effect::Fail { .. } | Effect::Slow { .. }), _) => effect,
                (Effect::Freeze, _) if until_start && matches!(step.target, Target::Service { .. }) => {
                    step.effect = Effect::Freeze.bound(Only::ALL, true);
                    continue;
                }
                _ => continue,
            };
            step.effect = does.bound(Only { class, key }, until_start);
        }
    }
}
