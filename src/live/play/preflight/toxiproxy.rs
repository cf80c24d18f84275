//! Before a run: whether the Toxiproxy that the scenario names may be used and can do what the faults of edges ask for. Asks it only
//! whether it is there.

use super::Desk;
use super::services::reach;
use crate::base::EdgeId;
use crate::live::play::{needs, target};
use crate::live::toxiproxy::{Api, wishes};
use crate::plan::real::Origin;
use crate::plan::{Effect, Step, Target};
use std::net::SocketAddr;

impl Desk<'_> {
    pub(super) fn toxiproxy(&mut self, allow_remote: bool) {
        let Some(named) = self.plan.real.toxiproxy.clone() else { return };
        match reach(&named, &self.plan.real.allow, allow_remote) {
            Err(why) => self.problems.push(format!("`proxy`: {why}")),
            Ok(api) => {
                if let Err(why) = Api(api).demand("GET", "/version", "", 200) {
                    self.problems
                        .push(format!("`proxy`: {why}; start it, or leave `proxy` out to use firedrill's own"));
                }
                self.within_its_reach(api);
            }
        }
        self.latencies();
        self.effects();
        self.limits();
    }

    /// A limit that nobody could keep is not promised.
    fn limits(&mut self) {
        if self.plan.limits.connections.is_some() {
            let why = "a Toxiproxy does not count connections, so nobody would see what share of them a fault touches";
            self.problems.push(format!("`limits`: {why}; leave `connections` out there, or leave `proxy` out"));
        }
        if self.plan.limits.requests.is_some() {
            let why = "a Toxiproxy does not say which requests its toxics touch";
            let what = "faults were held against `requests` under `limits` by what they say of themselves only";
            self.checked.warnings.push(format!("{what}: {why}"));
        }
    }

    /// A server elsewhere sees nothing that listens on this machine's loopback.
    fn within_its_reach(&mut self, api: SocketAddr) {
        let proxied = (0..self.plan.edges.len()).map(EdgeId::from).filter(|edge| target::needs_proxy(self.plan, *edge));
        for edge in proxied {
            let of = self.plan.edge(edge);
            if target::leaves_a_room(self.plan, edge) {
                let why = "out of a network of its own the caller cannot reach a Toxiproxy";
                self.problems.push(format!("`{}`: {why}; leave `proxy` out to use firedrill's own", of.name));
            }
            let real = target::real(self.plan, of.to).map(|real| &real.origin);
            if !api.ip().is_loopback() && !matches!(real, Some(Origin::Address(_))) {
                let why = "the Toxiproxy is on another machine and cannot reach what listens on this one's loopback";
                self.problems.push(format!("`{}`: {why}; use one on this machine", of.name));
            }
        }
    }

    fn latencies(&mut self) {
        for index in 0..self.plan.edges.len() {
            let edge = self.plan.edge(EdgeId::from(index));
            let own = Effect::Delay { by: edge.latency.clone(), upstream: true };
            if target::has_latency(self.plan, EdgeId::from(index))
                && let Err(why) = wishes::of(&own)
            {
                self.problems.push(format!("the latency of `{}`: {why}; leave `proxy` out", edge.name));
            }
        }
    }

    fn effects(&mut self) {
        let on_edges = self.plan.schedule.iter().filter(|step| step.on && matches!(step.target, Target::Edge(_)));
        let by_proxy =
            |step: &&Step| !matches!(step.effect, Effect::Set(_)) && !needs::is_handled_inside(self.plan, step);
        for step in on_edges.filter(by_proxy) {
            let fault = &self.plan.faults[step.fault.index()].name;
            match (wishes::of(&step.effect), &step.effect) {
                (Err(why), _) => self.problems.push(format!("fault `{fault}`: {why}; leave `proxy` out to play it")),
                (Ok(_), Effect::Throttle { .. }) => self.checked.warnings.push(format!(
                    "fault `{fault}`: a Toxiproxy limits each connection on its own, not all of them together"
                )),
                (Ok(_), Effect::Reset { .. }) => self.checked.warnings.push(format!(
                    "fault `{fault}`: some versions of Toxiproxy close connections that were open before instead of resetting them"
                )),
                _ => {}
            }
        }
    }
}
