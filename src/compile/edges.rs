//! Calls to edges: every call of a client or a service becomes a row of the Plan's table, with a name of its own.

use super::root::service_named;
use crate::base::{ClientId, EdgeId, ServiceId};
use crate::model::load::client::ClientDraft;
use crate::model::policies::call::{CallDraft, StepDraft};
use crate::model::services::ServiceDraft;
use crate::plan::topology::MissPath;
use crate::plan::{Op, Party, Plan, Role};
use crate::scenario::{Diagnostics, quote};

pub fn connect(plan: &mut Plan, clients: &[ClientDraft], services: &[ServiceDraft], diags: &Diagnostics) {
    let mut maker = Maker { plan, diags };
    for (index, draft) in clients.iter().enumerate() {
        if let Some(edge) = maker.edge(Party::Client(ClientId::from(index)), &draft.call) {
            maker.plan.clients[index].edge = edge;
        }
    }
    for (index, draft) in services.iter().enumerate() {
        let from = Party::Service(ServiceId::from(index));
        let program = draft.steps.iter().filter_map(|step| maker.op(from, step)).collect();
        maker.plan.services[index].program = program;
    }
}

struct Maker<'a> {
    plan: &'a mut Plan,
    diags: &'a Diagnostics,
}

impl Maker<'_> {
    fn op(&mut self, from: Party, step: &StepDraft) -> Option<Op> {
        match step {
            StepDraft::Work(dist) => Some(Op::Work(dist.clone())),
            StepDraft::Call(call) => self.edge(from, call).map(Op::Call),
            StepDraft::Parallel(calls) => {
                Some(Op::Parallel(calls.iter().filter_map(|call| self.edge(from, call)).collect()))
            }
        }
    }

    fn edge(&mut self, from: Party, call: &CallDraft) -> Option<EdgeId> {
        let to = service_named(&call.to, call.to_place, self.plan, self.diags);
        if to.is_none() {
            // The path after a miss is still looked at: all mistakes at once.
            let _ = call.miss.as_ref().and_then(|miss| self.edge(from, &miss.call));
        }
        let to = to?;
        let id = EdgeId::from(self.plan.edges.len());
        let mut edge = call.edge.clone();
        (edge.from, edge.to) = (from, to);
        edge.name = self.name(from, call);
        self.plan.edges.push(edge);
        if let Some(miss) = &call.miss {
            if !matches!(self.plan.service(to).role, Role::Cache(_)) {
                let message = format!("{} is no cache: a call to it cannot miss", quote(&call.to));
                let note = self.diags.error(call.miss_place, message).code("wrong-kind");
                note.help(format!("give service `{}` `kind: cache`, or list the second call after the first", call.to));
            }
            let after = self.edge(from, &miss.call)?;
            let path = MissPath { edge: after, fill: miss.fill, on_error: miss.on_error };
            self.plan.edges[id.index()].miss = Some(path);
        }
        Some(id)
    }

    fn name(&self, from: Party, call: &CallDraft) -> String {
        if let Some((own, place)) = &call.own_name {
            if self.plan.edges.iter().any(|edge| edge.name == *own) {
                let message = format!("there are two calls of the name {}", quote(own));
                self.diags.error(*place, message).code("duplicate-name");
            }
            return own.clone();
        }
        let from = match from {
            Party::Client(id) => &self.plan.client(id).name,
            Party::Service(id) => &self.plan.service(id).name,
        };
        let plain = format!("{from}->{}", call.to);
        let taken = |name: &str| self.plan.edges.iter().any(|edge| edge.name == name);
        let numbered = (2..).map(|number| format!("{plain}#{number}"));
        std::iter::once(plain.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(plain)
    }
}
