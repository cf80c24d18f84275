//! What happens to pods as a whole: PodChaos, StressChaos, TimeChaos.

use super::{Desk, Told, mode, with};
use crate::base::ServiceId;
use crate::plan::{Effect, Limit, Replicas, Role, Whose};
use serde_json::json;

impl Desk<'_> {
    pub(super) fn pods(&self, id: ServiceId, replicas: Replicas, effect: &Effect) -> Told {
        match effect {
            // A restart is over when the pod is back; what is down stays down for the whole duration.
            Effect::Down if self.fault.kind == "restart" => {
                let spec = with(mode(replicas)?, self.service(id)?, json!({"action": "pod-kill", "gracePeriod": 0}));
                Ok(vec![("PodChaos", spec)])
            }
            Effect::Down => {
                let spec = with(mode(replicas)?, self.service(id)?, json!({"action": "pod-failure"}));
                Ok(vec![("PodChaos", spec)])
            }
            // It is a competitor for the processor and no limit: what is left depends on the scheduler and on the pod's own limits.
            Effect::Limit(Limit::Cpu { share }) => {
                let load = libm::round((1.0 - share) * 100.0) as u64;
                let stressors = json!({"cpu": {"workers": 1, "load": load}});
                Ok(vec![("StressChaos", with(mode(replicas)?, self.service(id)?, json!({"stressors": stressors})))])
            }
            Effect::Skew { whose, ahead_ns } => {
                let service = self.plan.service(id);
                let copies = if *whose == Whose::Leader { "leader" } else { "followers" };
                // Which pod leads only its labels say.
                let pods = match &service.role {
                    Role::Database(_) => self.named(&format!("{}.{copies}", service.name))?,
                    _ => self.service(id)?,
                };
                let offset = match ahead_ns % 1_000_000 {
                    0 => format!("{}ms", ahead_ns / 1_000_000),
                    _ => format!("{ahead_ns}ns"),
                };
                let rest = json!({"timeOffset": offset, "clockIds": ["CLOCK_REALTIME"]});
                Ok(vec![("TimeChaos", with(mode(replicas)?, pods, rest))])
            }
            effect => Err(why_not(effect).to_owned()),
        }
    }
}

fn why_not(effect: &Effect) -> &'static str {
    match effect {
        Effect::Limit(Limit::Memory { .. }) => {
            "Chaos Mesh fills memory and sets no limit: how much is left it cannot say"
        }
        Effect::Limit(_) => "Chaos Mesh sets no limits on files and processes",
        Effect::Slow { .. } => {
            "Chaos Mesh has nothing that makes work take so many times longer; `cpu` takes processor time away"
        }
        Effect::Freeze => "Chaos Mesh stops no processes",
        Effect::Fail { .. } => {
            "Chaos Mesh does not answer for a share of the requests; `http` answers for all on a path"
        }
        Effect::PowerCut => "Chaos Mesh does not take unsynced writes away; `down` takes the pods",
        Effect::Drain | Effect::Blind => "that is the cluster's own doing, by its endpoints and its monitoring",
        Effect::Leak(_) => "Chaos Mesh has nothing that grows while it lasts",
        _ => "Chaos Mesh has nothing like it",
    }
}
