//! Everything that can be known beforehand: whether this machine and this world can play the plan, and whether they may. Starts nothing,
//! opens nothing but a look-up of names; names all problems at once.

mod edges;
mod expectations;
mod foreign;
mod host;
mod services;
mod steps;
mod tls;
mod toxiproxy;

use super::{generators, target};
use crate::base::ServiceId;
use crate::live::{Trouble, Volume};
use crate::plan::{Lever, Plan};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What was found out.
#[derive(Debug, Default)]
pub struct Checked {
    /// Where the services are that already run somewhere.
    pub addresses: BTreeMap<ServiceId, SocketAddr>,
    /// What a reader must know before trusting the figures.
    pub warnings: Vec<String>,
}

/// `processes` make the load.
pub fn check(plan: &Plan, allow_remote: bool, processes: u32) -> Result<Checked, Trouble> {
    let problems = generators::problems(plan, processes);
    let mut desk = Desk { plan, checked: Checked::default(), problems };
    desk.checked.warnings.extend(generators::warning(plan, processes));
    for real in &plan.real.services {
        desk.service(real, allow_remote);
        desk.host(real);
        desk.foreign(real);
        desk.tls(real);
    }
    desk.edges();
    desk.toxiproxy(allow_remote);
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;
    use crate::plan::real::Origin;

    #[test]
    fn a_program_that_is_not_there_is_found_out_beforehand() {
        let mut plan = fixture::chain(1.0, &[]);
        let mut real = fixture::redis(0);
        let Origin::Start { program, .. } = &mut real.origin else { panic!("it is started") };
        *program = "firedrill-no-such-server".into();
        plan.real.services.push(real);
        let words = check(&plan, false, 1).expect_err("refused").to_string();
        assert!(words.contains("`firedrill-no-such-server` was not found"), "{words}");
    }
}
