//! Before a run: whether the calls and the clients of a plan can be carried over real sockets, and what of them is not played.

use super::Desk;
use crate::base::EdgeId;
use crate::live::play::stage::FLIGHTS_MAX;
use crate::live::play::target;
use crate::plan::real::Protocol;
use crate::plan::{Arrivals, Client, Edge, Effect, Step, Target};

/// Longest request or answer that is carried.
const MESSAGE_BYTES_MAX: u64 = 64 << 20;

impl Desk<'_> {
    pub(super) fn edges(&mut self) {
        for (index, edge) in self.plan.edges.iter().enumerate() {
            let to = self.plan.service(edge.to).name.clone();
            let real = target::real(self.plan, edge.to);
            if edge.request_bytes.max(edge.response_bytes) > MESSAGE_BYTES_MAX {
                self.problems.push(format!(
                    "`{}`: messages of more than 64MiB are not carried; make `request` and `response` smaller",
                    edge.name
                ));
            }
            if real.is_some_and(|real| real.protocol == Protocol::Dns) {
                self.datagrams(EdgeId::from(index));
            }
            self.connections(edge);
            if real.is_some() {
                self.not_told(edge, &to);
            }
        }
    }

    /// What the model says of a call and the real service at its end does not do.
    fn not_told(&mut self, edge: &Edge, to: &str) {
        let (call, service) = (format!("`{}`", edge.name), format!("`{to}`"));
        let is_stale = edge.miss.as_ref().is_some_and(|miss| miss.stale != Default::default());
        let parts = [
            (
                is_stale,
                &call,
                format!("values that have expired are not served, because the real {service} does not show them"),
            ),
            (
                edge.deadline.is_some(),
                &call,
                format!("its `deadline` ends the call, and the real {service} is not told of it"),
            ),
            (
                !self.plan.service(edge.to).guards.is_empty(),
                &service,
                format!(
                    "its own limits and shedding are not played, because it is real; on the call {call} they would be"
                ),
            ),
            (
                edge.wait.is_some(),
                &call,
                format!("its `wait` timeout is not played, because nobody sees the queue inside the real {service}"),
            ),
        ];
        self.warn(parts.iter().map(|(is_so, of, what)| (*is_so, of.as_str(), what.as_str())));
    }

    fn warn<'a>(&mut self, parts: impl Iterator<Item = (bool, &'a str, &'a str)>) {
        let said = parts.filter(|(is_so, ..)| *is_so).map(|(_, of, what)| format!("{of}: {what}"));
        self.checked.warnings.extend(said);
    }

    /// Without connections there is nothing to refuse or to reset.
    fn datagrams(&mut self, edge: EdgeId) {
        let acts = |step: &&Step| step.on && step.target == Target::Edge(edge);
        for step in self.plan.schedule.iter().filter(acts) {
            if !matches!(step.effect, Effect::Delay { .. } | Effect::Cut { .. } | Effect::Spoil(_) | Effect::Set(_)) {
                let (fault, name) = (&self.plan.faults[step.fault.index()].name, &self.plan.edge(edge).name);
                let what = "questions are datagrams, which can be late, lost or answered, and no more";
                self.problems.push(format!("fault `{fault}` on `{name}`: {what}"));
            }
        }
    }

    /// Connections are real here: what the model says of them holds as far as the caller decides it.
    fn connections(&mut self, edge: &Edge) {
        let pool = edge.pool.as_ref();
        let timers = pool.is_some_and(|pool| pool.idle.is_some() || pool.peer_idle.is_some() || pool.open_ahead);
        let parts = [
            (timers, "the timers of its `pool` are not played, and its connections are opened on demand"),
            (edge.connect.is_some(), "its `connect` is not played: opening a connection takes what it takes"),
        ];
        let call = format!("`{}`", edge.name);
        self.warn(parts.into_iter().map(|(is_so, what)| (is_so, call.as_str(), what)));
    }

    pub(super) fn clients(&mut self) {
        for client in &self.plan.clients {
            self.population(client);
            let (method, path) = (&client.send.method, &client.send.path);
            if hyper::Method::from_bytes(method.as_bytes()).is_err() {
                self.problems.push(format!("client `{}`: `{method}` is no HTTP method", client.name));
            }
            if !path.starts_with('/') || path.replace("{key}", "0").parse::<hyper::Uri>().is_err() {
                self.problems.push(format!(
                    "client `{}`: `{path}` is no HTTP path; it begins with / and has no blanks",
                    client.name
                ));
            }
        }
    }

    /// A population that comes all at once needs room for all of it.
    fn population(&mut self, client: &Client) {
        let members = match &client.arrivals {
            Arrivals::Closed { users, .. } => u64::from(*users),
            Arrivals::Herd(herd) => u64::from(herd.clients),
            Arrivals::Fleet(fleet) => u64::from(fleet.agents),
            Arrivals::Open { .. } | Arrivals::Trace(_) => return,
        };
        if members > FLIGHTS_MAX {
            self.checked.warnings.push(format!(
                "client `{}` has {members} members; of requests that are under way at one moment at most {FLIGHTS_MAX} are sent here, and the rest count as refused",
                client.name
            ));
        }
    }
}
