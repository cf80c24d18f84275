//! The dice deal everything: a law that holds in every random Plan says nothing about what is in none of them.

use super::conservation::Maker;
use crate::base::Dice;
use crate::plan::balance::Check;
use crate::plan::*;

#[test]
fn everything_is_dealt_now_and_then() {
    let plans: Vec<Plan> = (0..300).map(|seed| Maker { dice: Dice::named(seed, "plan") }.plan()).collect();
    let dealt = |what: &str, is_there: &dyn Fn(&Plan) -> bool| {
        let count = plans.iter().filter(|plan| is_there(plan)).count();
        assert!(count >= 10, "{what}: in {count} of 300 plans");
    };
    let role = |is: fn(&Role) -> bool| move |plan: &Plan| plan.services.iter().any(|service| is(&service.role));
    dealt("caches", &role(|role| matches!(role, Role::Cache(_))));
    dealt("databases", &role(|role| matches!(role, Role::Database(_))));
    dealt("brokers", &role(|role| matches!(role, Role::Broker(_))));
    let splits = |op: &Op| matches!(op, Op::Split(_));
    dealt("splits", &|plan| plan.services.iter().any(|service| service.program.iter().any(splits)));
    dealt("shared links", &|plan| plan.edges.iter().any(|edge| !edge.via.is_empty()));
    dealt("hedges", &|plan| plan.edges.iter().any(|edge| edge.hedge.is_some()));
    dealt("controllers", &|plan| plan.controls.iter().any(|control| matches!(control.does, Does::Steer(_))));
    dealt("autoscalers", &|plan| plan.controls.iter().any(|control| matches!(control.does, Does::Scale(_))));
    dealt("frozen controls", &|plan| plan.schedule.iter().any(|step| matches!(step.target, Target::Control(_))));
    let bound = |wanted: fn(&Effect) -> bool| move |plan: &Plan| plan.schedule.iter().any(|step| wanted(&step.effect));
    dealt(
        "deadly requests",
        &bound(|effect| {
            matches!(effect, Effect::Kill { .. })
                || matches!(effect, Effect::Bound { does, .. } if matches!(**does, Effect::Kill { .. }))
        }),
    );
    dealt("faults that stay", &bound(|effect| matches!(effect, Effect::Bound { until_start: true, .. })));
    dealt("work by class", &|plan| {
        plan.services.iter().any(|one| one.program.iter().any(|op| matches!(op, Op::WorkBy(_))))
    });
    let deep =
        |one: &Service| one.balance.health.as_ref().is_some_and(|health| matches!(health.check, Check::Work { .. }));
    dealt("deep checks", &|plan| plan.services.iter().any(deep));
    dealt("narrow links", &|plan| plan.schedule.iter().any(|step| matches!(step.target, Target::Segment(_))));
}
