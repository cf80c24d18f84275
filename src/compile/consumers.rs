//! Who consumes from which broker: an edge from the broker to each of them, and the groups that they form.

use super::edges::Maker;
use crate::model::policies::consumes::ConsumeDraft;
use crate::model::services::{ServiceDraft, broker};
use crate::plan::broker::{Consumer, Group};
use crate::plan::{Party, Role};
use crate::scenario::quote;

impl Maker<'_> {
    /// After all calls, so that these have the numbers that they would have without consumers.
    pub(super) fn consumers(&mut self, services: &[ServiceDraft]) {
        services.iter().filter_map(|draft| draft.consumes.as_ref()).for_each(|draft| self.consumer(draft));
        self.check_memories(services);
    }

    fn consumer(&mut self, draft: &ConsumeDraft) {
        let Some(id) = super::root::service_named(&draft.from, draft.from_place, self.plan, self.diags) else { return };
        if self.plan.service(id).kind != broker::KIND.name {
            let message = format!("{} is no broker: it hands on no messages", quote(&draft.from));
            let note = self.diags.error(draft.from_place, message).code("wrong-kind");
            note.help(format!("give service `{}` `kind: broker`", draft.from));
            return;
        }
        let Some(edge) = self.edge(Party::Service(id), &draft.call) else { return };
        let consumer = Consumer { edge, prefetch: draft.prefetch };
        let Role::Broker(spec) = &mut self.plan.services[id.index()].role else { return };
        match spec.groups.iter_mut().find(|group| group.name == draft.group) {
            Some(group) => group.consumers.push(consumer),
            None => spec.groups.push(Group { name: draft.group.clone(), consumers: vec![consumer] }),
        }
    }

    /// Brokers that share a memory have one watermark.
    fn check_memories(&self, services: &[ServiceDraft]) {
        let brokers = || {
            self.plan.services.iter().zip(services).filter_map(|(service, draft)| match &service.role {
                Role::Broker(spec) => Some((service, spec, draft)),
                _ => None,
            })
        };
        for (index, (service, spec, draft)) in brokers().enumerate() {
            let before = brokers().take(index).find(|(_, other, _)| other.memory == spec.memory);
            if let Some((other, _, _)) = before.filter(|(_, other, _)| other.watermark != spec.watermark) {
                let (one, two) = (&other.name, &service.name);
                let message = format!("`{one}` and `{two}` share a memory, and not a watermark");
                let note = self.diags.error(draft.name_place, message).code("wrong-value");
                note.help("give both the same `watermark`");
            }
        }
    }
}
