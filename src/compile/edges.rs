//! Calls to edges: every call of a client or a service becomes a row of the Plan's table, with a name of its own.

use super::links;
use super::root::service_named;
use crate::base::{ClientId, Dist, EdgeId, ServiceId, Span};
use crate::model::load::client::ClientDraft;
use crate::model::policies::call::{CallDraft, StepDraft};
use crate::model::policies::class::Classes;
use crate::model::policies::fallback::FallbackDraft;
use crate::model::policies::lock::LockDraft;
use crate::model::policies::work::WorkDraft;
use crate::model::services::{ServiceDraft, cache};
use crate::plan::topology::{MissPath, WorkBy};
use crate::plan::{Fallback, Op, Party, Plan, Role, Stale};
use crate::scenario::{Diagnostics, Place, quote};

/// A scenario has at most this many calls.
const EDGES_MAX: usize = 5000;

/// Fills the Plan's edges, the clients' calls and the services' programs. The answer says, for each edge, where its call names the service.
pub fn connect(
    plan: &mut Plan,
    clients: &[ClientDraft],
    services: &[ServiceDraft],
    classes: &Classes,
    diags: &Diagnostics,
) -> Vec<Place> {
    let mut maker = Maker { plan, diags, classes, places: Vec::new(), is_full: false };
    for (index, draft) in clients.iter().enumerate() {
        if let Some(edge) = maker.edge(Party::Client(ClientId::from(index)), &draft.call) {
            maker.plan.clients[index].edge = edge;
        }
        maker.plan.clients[index].class = maker.class(&draft.class).unwrap_or(0);
    }
    for (index, draft) in services.iter().enumerate() {
        let from = Party::Service(ServiceId::from(index));
        let program = maker.program(from, &draft.steps, &mut Vec::new());
        maker.plan.services[index].program = program;
    }
    maker.consumers(services);
    maker.places
}

pub(super) struct Maker<'a> {
    pub(super) plan: &'a mut Plan,
    pub(super) diags: &'a Diagnostics,
    pub(super) classes: &'a Classes,
    places: Vec<Place>,
    /// Calls were left out because there were too many; told once.
    is_full: bool,
}

impl Maker<'_> {
    /// Steps as one flat list. `held` are the locks around them.
    fn program(&mut self, from: Party, steps: &[StepDraft], held: &mut Vec<u32>) -> Vec<Op> {
        let mut program = Vec::new();
        for step in steps {
            match step {
                StepDraft::Work(work) => program.push(self.work(work)),
                StepDraft::Call(call) => program.extend(self.edge(from, call).map(Op::Call)),
                StepDraft::Parallel(calls, need) => {
                    let calls = calls.iter().filter_map(|call| self.edge(from, call)).collect();
                    program.push(Op::Parallel { calls, need: *need });
                }
                StepDraft::Split(calls) => {
                    program.push(Op::Split(calls.iter().filter_map(|call| self.edge(from, call)).collect()));
                }
                StepDraft::Lock(draft) => self.locked(from, draft, held, &mut program),
            }
        }
        program
    }

    fn work(&mut self, draft: &WorkDraft) -> Op {
        let number = |name: &str, place| self.classes.number(name, place, self.diags);
        let classes: Vec<(u8, Dist)> = draft
            .classes
            .iter()
            .filter_map(|(name, place, work)| Some((number(name, *place)?, work.clone())))
            .collect();
        match classes.is_empty() {
            true => Op::Work(draft.any.clone()),
            false => Op::WorkBy(Box::new(WorkBy { any: draft.any.clone(), classes })),
        }
    }

    fn locked(&mut self, from: Party, draft: &LockDraft, held: &mut Vec<u32>, program: &mut Vec<Op>) {
        let known = self.plan.locks.iter().position(|name| *name == draft.name);
        let lock = known.unwrap_or_else(|| {
            self.plan.locks.push(draft.name.clone());
            self.plan.locks.len() - 1
        }) as u32;
        if held.contains(&lock) {
            let message = format!("the lock {} is already held here: this would wait for itself", quote(&draft.name));
            self.diags.error(draft.place, message).help("take it once, around all the steps").code("lock-twice");
        }
        held.push(lock);
        program.push(Op::Lock { lock, timeout: draft.timeout });
        program.extend(self.program(from, &draft.steps, held));
        program.push(Op::Unlock(lock));
        held.pop();
    }

    pub(super) fn edge(&mut self, from: Party, call: &CallDraft) -> Option<EdgeId> {
        let to = service_named(&call.to, call.to_place, self.plan, self.diags);
        if to.is_none() {
            // The path after a miss is still looked at: all mistakes at once.
            let _ = call.miss.as_ref().and_then(|miss| self.edge(from, &miss.call));
            let _ = self.fallback(from, call);
        }
        let to = to?;
        if self.plan.edges.len() >= EDGES_MAX {
            if !std::mem::replace(&mut self.is_full, true) {
                let message = format!("this is one call more than the {EDGES_MAX} that a scenario can make");
                self.diags.error(call.to_place, message).code("too-large");
            }
            return None;
        }
        let id = EdgeId::from(self.plan.edges.len());
        let mut edge = call.edge.clone();
        (edge.from, edge.to) = (from, to);
        edge.name = self.name(from, call);
        edge.via = links::resolve(call, self.plan, self.diags);
        edge.class = self.class(&call.class);
        self.plan.edges.push(edge);
        self.places.push(call.to_place);
        if call.edge.eject.is_some() && self.plan.service(to).kind != cache::KIND.name {
            let message = format!("{} is no cache: its callers keep no list of its replicas", quote(&call.to));
            let note = self.diags.error(call.eject_place, message).code("wrong-kind");
            note.help(format!("give service `{}` `kind: cache`, or leave `eject` out", call.to));
        }
        self.check_name(to, call);
        if let Some(miss) = &call.miss {
            // By its kind, not by its role: a cache with a wrong value in it is a cache.
            if self.plan.service(to).kind != cache::KIND.name {
                let message = format!("{} is no cache: a call to it cannot miss", quote(&call.to));
                let note = self.diags.error(call.miss_place, message).code("wrong-kind");
                note.help(format!("give service `{}` `kind: cache`, or list the second call after the first", call.to));
            }
            self.check_stale(to, call, miss.stale);
            let after = self.edge(from, &miss.call)?;
            let path = MissPath { edge: after, fill: miss.fill, on_error: miss.on_error, stale: miss.stale };
            self.plan.edges[id.index()].miss = Some(path);
        }
        self.plan.edges[id.index()].fallback = self.fallback(from, call);
        Some(id)
    }

    /// A list of replicas is for callers that take any of them, anew for each request.
    fn check_name(&self, to: ServiceId, call: &CallDraft) {
        if !call.edge.dns.as_ref().is_some_and(|dns| dns.lists) {
            return;
        }
        let why = match (&self.plan.service(to).role, &call.edge.tls) {
            (Role::Plain | Role::Store(_), None) => return,
            (_, Some(_)) => "a session stays with the replica that it was opened with".to_owned(),
            _ => format!("which replica of {} is asked depends on the request", quote(&call.to)),
        };
        let note = self.diags.error(call.to_place, format!("`leads_to: replicas` does not go with this call: {why}"));
        note.help("leave it out: then the name is the balancer's").code("wrong-value");
    }

    /// What has expired can be served only if it is kept.
    fn check_stale(&self, cache: ServiceId, call: &CallDraft, stale: Stale) {
        let keeps_none = matches!(&self.plan.service(cache).role, Role::Cache(spec) if spec.grace == Span::ZERO);
        if stale != Stale::default() && keeps_none {
            let message = format!("{} keeps nothing that has expired", quote(&call.to));
            let note = self.diags.error(call.miss_place, message).code("wrong-value");
            note.help(format!("give service `{}` a `ttl` and `stale_for: 1h`", call.to));
        }
    }

    /// A second call is as optional as the first.
    fn fallback(&mut self, from: Party, call: &CallDraft) -> Option<Fallback> {
        match call.fallback.as_deref()? {
            FallbackDraft::Answer => Some(Fallback::Answer),
            FallbackDraft::Call(second) => {
                let id = self.edge(from, second)?;
                self.plan.edges[id.index()].optional |= call.edge.optional;
                Some(Fallback::Call(id))
            }
        }
    }

    fn class(&self, written: &Option<(String, Place)>) -> Option<u8> {
        let (text, place) = written.as_ref()?;
        self.classes.number(text, *place, self.diags)
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
        if !taken(&plain) {
            return plain;
        }
        // Counted rather than tried from 2 on: a caller may call the same service very often.
        let same = self.plan.edges.iter().filter(|edge| edge.name.split('#').next() == Some(plain.as_str())).count();
        let numbered = (same + 1..).map(|number| format!("{plain}#{number}"));
        numbered.take(EDGES_MAX + 1).find(|name| !taken(name)).unwrap_or(plain)
    }
}
