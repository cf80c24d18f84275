//! Before a run: whether each real service can be started or reached, and whether it may be.

use super::Desk;
use crate::live::play::target;
use crate::live::resolve;
use crate::live::{RealProcess, engines};
use crate::plan::real::Origin;
use crate::plan::{RealService, Role};
use std::net::{SocketAddr, ToSocketAddrs};

impl Desk<'_> {
    pub(super) fn service(&mut self, real: &RealService, allow_remote: bool) {
        let name = self.name(real.service).to_owned();
        match &real.origin {
            Origin::Start { .. } | Origin::Engine { .. } => {
                if let Err(trouble) = RealProcess::check(&engines::resolved(self.plan, real), &name) {
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
            self.problems.push(format!("service `{name}`: a real broker's messages cannot be followed to its consumers; let it run as a stand-in, or write it as a plain service, to which messages are only sent"));
        }
        if service.replicas > 1 {
            let (replicas, what) = (service.replicas, "one real process stands for all of them");
            self.checked.warnings.push(format!("`{name}` has {replicas} replicas in the model; {what}"));
        }
        if service.volume.is_some() {
            let what = match real.volume_bytes {
                Some(_) => "the real one is that under `live:`, a tmpfs limited in size",
                None => "the real one has a disk of its own; under `live:` a `volume` limits it",
            };
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
            if target::is_told(self.plan, real, &to) {
                continue;
            }
            let how =
                format!("write {} in its `start` arguments or `env` to tell it the address", target::placeholder(&to));
            match target::is_acted_on(self.plan, edge) {
                true => self.problems.push(format!("`{edge_name}`: the real process `{name}` does not know where `{to}` is, so nothing can be done to this edge; {how}")),
                false => self.checked.warnings.push(format!("`{edge_name}` is not played: the real process `{name}` does not know where `{to}` is; {how}")),
            }
        }
    }
}

/// Resolves `host:port`. Outside loopback both the scenario and the command line must allow it.
pub(super) fn reach(address: &str, allow: &[String], allow_remote: bool) -> Result<SocketAddr, String> {
    let found: Vec<SocketAddr> = match address.to_socket_addrs() {
        Ok(found) => found.collect(),
        Err(error) => {
            return Err(format!("`{address}` is not an address that can be reached: {error}; write host:port"));
        }
    };
    // Nothing is sent anywhere before it is allowed.
    let chosen = || resolve::answering(&found).ok_or_else(|| format!("`{address}` has no address; write host:port"));
    if found.iter().all(|one| one.ip().is_loopback()) {
        return chosen();
    }
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let listed = allow.iter().any(|allowed| allowed == address || allowed == host);
    let missing = match (listed, allow_remote) {
        (true, true) => return chosen(),
        (true, false) => "run it with --allow-remote".to_owned(),
        (false, true) => format!("list `{host}` under `allow:` in the scenario"),
        (false, false) => format!("list `{host}` under `allow:` in the scenario and run it with --allow-remote"),
    };
    Err(format!("`{address}` is outside this machine; if you may put load and faults on it, {missing}"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
