//! Everything that can be known beforehand: whether this machine and this world can play the plan, and whether they may. Starts nothing,
//! opens nothing but a look-up of names; names all problems at once.

use super::stage::FLIGHTS_MAX;
use super::target;
use crate::base::ServiceId;
use crate::live::{RealProcess, Trouble, Volume};
use crate::plan::expectation::{Expectation, Gauge, Metric, Subject};
use crate::plan::real::{Origin, Protocol};
use crate::plan::{Arrivals, Client, Edge, Effect, Lever, Party, Plan, RealService, Role, Step, Target};
use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};

/// What was found out.
#[derive(Debug, Default)]
pub struct Checked {
    /// Where the services are that already run somewhere.
    pub addresses: BTreeMap<ServiceId, SocketAddr>,
    /// What a reader must know before trusting the figures.
    pub warnings: Vec<String>,
}

/// Longest request or answer that is carried.
const MESSAGE_BYTES_MAX: u64 = 64 << 20;

pub fn check(plan: &Plan, allow_remote: bool) -> Result<Checked, Trouble> {
    let mut desk = Desk { plan, checked: Checked::default(), problems: Vec::new() };
    for real in &plan.real.services {
        desk.service(real, allow_remote);
    }
    desk.edges();
    desk.clients();
    desk.controls();
    plan.schedule.iter().filter(|step| step.on).for_each(|step| desk.step(step));
    plan.expectations.iter().chain(&plan.symptoms).for_each(|line| desk.expectation(line));
    if plan.real.services.iter().any(|real| real.volume_bytes.is_some())
        && let Err(trouble) = Volume::probe()
    {
        desk.problems.push(trouble.to_string());
    }
    desk.problems.dedup();
    match desk.problems.is_empty() {
        true => Ok(desk.checked),
        false => Err(Trouble::Unplayable { problems: desk.problems }),
    }
}

struct Desk<'a> {
    plan: &'a Plan,
    checked: Checked,
    problems: Vec<String>,
}

impl Desk<'_> {
    fn name(&self, id: ServiceId) -> &str {
        &self.plan.service(id).name
    }

    fn service(&mut self, real: &RealService, allow_remote: bool) {
        let name = self.name(real.service).to_owned();
        match &real.origin {
            Origin::Start { .. } => {
                if let Err(trouble) = RealProcess::check(real, &name) {
                    self.problems.push(trouble.to_string());
                }
            }
            Origin::Address(address) => {
                match reach(address, &self.plan.real.allow, allow_remote) {
                    Ok(found) => drop(self.checked.addresses.insert(real.service, found)),
                    Err(why) => self.problems.push(format!("service `{name}`: {why}")),
                }
                if real.volume_bytes.is_some() {
                    self.problems.push(format!("service `{name}` has an address, so firedrill cannot give it a `volume`; start it, or drop the volume"));
                }
            }
        }
        let service = self.plan.service(real.service);
        if matches!(service.role, Role::Broker(_)) {
            self.problems.push(format!("service `{name}`: a real broker's messages cannot be followed to its consumers; let it run as a stand-in"));
        }
        if service.replicas > 1 {
            let (replicas, what) = (service.replicas, "one real process stands for all of them");
            self.checked.warnings.push(format!("`{name}` has {replicas} replicas in the model; {what}"));
        }
        if service.volume.is_some() {
            let what = "the real one has a disk of its own; under `live:` a `volume` limits it";
            self.checked.warnings.push(format!("the `volume` of `{name}` is not played: {what}"));
        }
        if let Role::Cache(spec) = &service.role
            && spec.entries < spec.keys
        {
            self.checked.warnings.push(format!(
                "`{name}` holds {} entries in the model; the real one holds what its own limits allow",
                spec.entries
            ));
        }
        if let Some(unknown) = target::unknown_placeholder(self.plan, real) {
            self.problems
                .push(format!("service `{name}`: `{unknown}` is no service that it calls; list it under its `calls:`"));
        }
        self.calls_of(real, &name);
    }

    /// What a real process calls is up to it; it can only be told where.
    fn calls_of(&mut self, real: &RealService, name: &str) {
        for edge in target::edges_from(self.plan, real.service) {
            let of = self.plan.edge(edge);
            let (edge_name, to) = (of.name.clone(), self.name(of.to).to_owned());
            if target::is_told(real, &to) {
                continue;
            }
            let how =
                format!("write {} in its `start` arguments or `env` to tell it the address", target::placeholder(&to));
            match target::needs_proxy(self.plan, edge) {
                true => self.problems.push(format!("`{edge_name}`: the real process `{name}` does not know where `{to}` is, so nothing can be done to this edge; {how}")),
                false => self.checked.warnings.push(format!("`{edge_name}` is not played: the real process `{name}` does not know where `{to}` is; {how}")),
            }
        }
    }

    fn edges(&mut self) {
        for edge in &self.plan.edges {
            let to = self.plan.service(edge.to).name.clone();
            let real = target::real(self.plan, edge.to);
            let by_us = match edge.from {
                Party::Client(_) => true,
                Party::Service(from) => target::real(self.plan, from).is_none(),
            };
            if by_us && real.is_some_and(|real| real.protocol == Protocol::Tcp) {
                self.problems.push(format!("`{}`: `{to}` speaks plain `tcp`, which firedrill can start and break but not call; give it `protocol: http` or `redis`", edge.name));
            }
            if edge.request_bytes.max(edge.response_bytes) > MESSAGE_BYTES_MAX {
                self.problems.push(format!(
                    "`{}`: messages of more than 64MiB are not carried; make `request` and `response` smaller",
                    edge.name
                ));
            }
            self.connections(edge);
            if real.is_some() && edge.miss.as_ref().is_some_and(|miss| miss.stale != Default::default()) {
                self.checked.warnings.push(format!(
                    "`{}`: values that have expired are not served, because the real `{to}` does not show them",
                    edge.name
                ));
            }
            if edge.deadline.is_some() && real.is_some() {
                self.checked.warnings.push(format!(
                    "`{}`: its `deadline` ends the call, and the real `{to}` is not told of it",
                    edge.name
                ));
            }
            if real.is_some() && !self.plan.service(edge.to).guards.is_empty() {
                self.checked.warnings.push(format!(
                    "`{to}`: its own limits and shedding are not played, because it is real; on the call `{}` they would be",
                    edge.name
                ));
            }
            if edge.wait.is_some() && real.is_some() {
                self.checked.warnings.push(format!(
                    "`{}`: its `wait` timeout is not played, because nobody sees the queue inside the real `{to}`",
                    edge.name
                ));
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
        for (_, what) in parts.iter().filter(|(is_so, _)| *is_so) {
            self.checked.warnings.push(format!("`{}`: {what}", edge.name));
        }
    }

    fn clients(&mut self) {
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

    /// Controls run on the engine's clock and move what the engine plays; a real process is moved by nobody.
    fn controls(&mut self) {
        for control in &self.plan.controls {
            let (name, moved, read) = (&control.name, control.does.lever(), control.does.reads());
            if let Lever::Replicas(id) | Lever::Workers(id) | Lever::Version(id, _) = moved
                && target::real(self.plan, id).is_some()
            {
                let service = self.name(id);
                self.problems
                    .push(format!("control `{name}`: the real process `{service}` cannot be scaled or replaced"));
            }
            for id in read.iter().filter(|id| target::real(self.plan, **id).is_some()) {
                let service = self.name(*id);
                let why = "nobody sees the inside of a real process";
                self.problems.push(format!("control `{name}` reads `{service}`: {why}; let it read a stand-in"));
            }
        }
        if !self.plan.segments.is_empty() {
            let why = "their messages pass without waiting, and none is lost";
            self.checked.warnings.push(format!("shared links (`links:`) are not played here: {why}"));
        }
        if !self.plan.zones.paths.is_empty() {
            let why = "messages between stand-ins take no longer for their zones";
            self.checked.warnings.push(format!("times between zones (`zones:`) are not played here: {why}"));
        }
    }

    fn step(&mut self, step: &Step) {
        if let (Target::Zones { .. }, true) = (step.target, step.on) {
            let fault = &self.plan.faults[step.fault.index()].name;
            let why = "no message between stand-ins knows of zones";
            return self.problems.push(format!("fault `{fault}`: {why}; name services and clients instead"));
        }
        let Target::Service { id, .. } = step.target else { return };
        let Some(real) = target::real(self.plan, id) else { return };
        let (fault, name) = (&self.plan.faults[step.fault.index()].name, self.name(id));
        let why = match (&real.origin, &step.effect) {
            (Origin::Address(_), _) => {
                "firedrill did not start it and must not break it; use a fault on an edge into it, or `start` it here"
            }
            (_, Effect::Set(_)) => "a real process keeps its own settings; push values of the calls to it instead",
            (_, Effect::Down | Effect::Freeze) => return,
            (_, Effect::Slow { .. }) => {
                "a real process cannot be slowed from outside; use `latency` on an edge into it"
            }
            (_, Effect::Leak(_)) => "a real process leaks what it leaks; nothing can be taken from it bit by bit",
            (_, Effect::SlowDisk(_)) => {
                "the disk of a real process cannot be slowed from outside; use `latency` on an edge into it"
            }
            (_, Effect::Fail { .. }) => {
                "a real process cannot be made to answer with errors; use `reset` or `refuse` on an edge into it"
            }
            (_, Effect::Fill { .. }) if real.volume_bytes.is_some() => return,
            (_, Effect::Fill { .. }) => "it has no `volume` that could be filled; give it one under `live:`",
            (_, Effect::Forget { share }) if real.protocol == Protocol::Redis && *share >= 1.0 => return,
            (_, Effect::Forget { .. }) => "only a Redis can be made to forget, and only everything (`share: 100%`)",
            _ => "this effect does not act on a service",
        };
        self.problems.push(format!("fault `{fault}` on the real service `{name}`: {why}"));
    }

    /// A figure that nobody can read off a real process must not be judged as if it were zero.
    fn expectation(&mut self, line: &Expectation) {
        let metric = match &line.metric {
            Metric::Reported { metric, .. } => metric,
            metric => metric,
        };
        let (of, what) = match metric {
            Metric::Received { of } => (of, None),
            Metric::Gauge { gauge, of, .. } => (of, Some(*gauge)),
            Metric::Waste { of } => (of, None),
            _ => return,
        };
        let Subject::Service(index) = of else { return };
        let Some(real) = target::real(self.plan, ServiceId(*index)) else { return };
        let seen = match what {
            Some(Gauge::Inflight) => true,
            Some(Gauge::Used | Gauge::UsedShare) => real.volume_bytes.is_some(),
            Some(Gauge::Utilisation | Gauge::Queue | Gauge::Cold) | None => false,
        };
        if !seen {
            self.problems.push(format!(
                "{}: `{}` cannot be read off a real process; drop the line, or let it run as a stand-in",
                line.place, line.text
            ));
        }
    }
}

/// Resolves `host:port`. Outside loopback both the scenario and the command line must allow it.
fn reach(address: &str, allow: &[String], allow_remote: bool) -> Result<SocketAddr, String> {
    let found: Vec<SocketAddr> = match address.to_socket_addrs() {
        Ok(found) => found.collect(),
        Err(error) => {
            return Err(format!("`{address}` is not an address that can be reached: {error}; write host:port"));
        }
    };
    let Some(first) = found.first().copied() else {
        return Err(format!("`{address}` has no address; write host:port"));
    };
    if found.iter().all(|one| one.ip().is_loopback()) {
        return Ok(first);
    }
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let listed = allow.iter().any(|allowed| allowed == address || allowed == host);
    let missing = match (listed, allow_remote) {
        (true, true) => return Ok(first),
        (true, false) => "run it with --allow-remote".to_owned(),
        (false, true) => format!("list `{host}` under `allow:` in the scenario"),
        (false, false) => format!("list `{host}` under `allow:` in the scenario and run it with --allow-remote"),
    };
    Err(format!("`{address}` is outside this machine; if you may put load and faults on it, {missing}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    #[test]
    fn a_remote_target_needs_the_scenario_and_the_command_line() {
        let allow = ["192.0.2.1".to_owned()];
        let refusal = reach("192.0.2.1:80", &[], false).expect_err("refused");
        assert!(refusal.contains("under `allow:`") && refusal.contains("--allow-remote"), "{refusal}");
        let refusal = reach("192.0.2.1:80", &allow, false).expect_err("refused");
        assert!(!refusal.contains("`allow:`") && refusal.contains("--allow-remote"), "{refusal}");
        let refusal = reach("192.0.2.1:80", &[], true).expect_err("refused");
        assert!(refusal.contains("`allow:`") && !refusal.contains("--allow-remote"), "{refusal}");
        assert!(reach("192.0.2.1:80", &allow, true).is_ok());
        assert!(reach("127.0.0.1:80", &[], false).is_ok() && reach("[::1]:80", &[], false).is_ok());
        assert!(reach("127.0.0.1", &[], false).is_err());
    }

    #[test]
    fn impossible_steps_are_all_named_before_anything_starts() {
        let mut plan = fixture::chain(1.0, &[]);
        plan.services[0].name = "cache".into();
        plan.real.services.push(fixture::redis(0));
        let target = Target::Service { id: ServiceId(0), replicas: crate::plan::Replicas::ALL };
        for effect in [
            Effect::Slow { factor: 2.0 },
            Effect::Fail { chance: 0.5 },
            Effect::Fill { share: 0.9, added: false },
            Effect::Forget { share: 0.5 },
            Effect::Down,
            Effect::Freeze,
            Effect::Forget { share: 1.0 },
        ] {
            fixture::fault(&mut plan, target, effect, 0.2, 0.4);
        }
        let Err(Trouble::Unplayable { problems }) = check(&plan, false) else { panic!("it was not refused") };
        assert_eq!(problems.len(), 4, "four of seven: {problems:#?}");
        plan.real.services[0].origin = Origin::Address("127.0.0.1:1".into());
        let Err(Trouble::Unplayable { problems }) = check(&plan, false) else { panic!("it was not refused") };
        assert!(problems.iter().all(|problem| problem.contains("did not start it")), "{problems:#?}");
    }

    #[test]
    fn a_program_that_is_not_there_is_found_out_beforehand() {
        let mut plan = fixture::chain(1.0, &[]);
        let mut real = fixture::redis(0);
        let Origin::Start { program, .. } = &mut real.origin else { panic!("it is started") };
        *program = "firedrill-no-such-server".into();
        plan.real.services.push(real);
        let words = check(&plan, false).expect_err("refused").to_string();
        assert!(words.contains("`firedrill-no-such-server` was not found"), "{words}");
    }
}
