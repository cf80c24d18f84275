//! A run whose load several machines make: this one plays its share of it, from a moment on that all of them were told by the time of day. What it may
//! say about that clock is what the kernel says of it. It reaches the others by nothing else: their recordings are joined afterwards.

use super::target;
use crate::engine::Share;
use crate::live::{Shutdown, Trouble};
use crate::plan::{Effect, Plan, Target};
use crate::record::{ClockState, Part};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often a waiting run looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(20);

/// What was agreed with the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Together {
    pub share: Share,
    pub start: SystemTime,
    /// Somebody else plays the faults; what they do to users is the load's own all the same.
    pub faults_elsewhere: bool,
}

impl Together {
    /// The plan as this machine plays it.
    pub fn plan(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        if self.faults_elsewhere {
            plan.schedule.retain(|step| matches!(step.target, Target::Client(_)));
        }
        plan
    }

    /// What of it cannot be played in shares on several machines, in plain words.
    pub fn problems(&self, plan: &Plan) -> Vec<String> {
        let mut problems = Vec::new();
        for (index, service) in plan.services.iter().enumerate() {
            let real = target::real(plan, crate::base::ServiceId::from(index));
            if real.is_none_or(target::is_started) {
                let name = &service.name;
                problems.push(format!("`{name}` would be there once for each share; say where it is (`live: {{{name}: {{address: host:port}}}}`)"));
            }
        }
        let on_services = |step: &crate::plan::Step| {
            matches!(step.target, Target::Service { .. }) && !matches!(step.effect, Effect::Set(_))
        };
        if plan.schedule.iter().any(on_services) {
            problems.push(
                "its faults would act on services once for each share; play them elsewhere (--faults-elsewhere)"
                    .to_owned(),
            );
        }
        problems
    }

    /// Waits for the begin, and gives it. Whoever comes late plays another run than the others.
    pub fn wait(&self, shutdown: Option<&Shutdown>) -> Result<Instant, Trouble> {
        let late = |by: Duration| Trouble::Unplayable {
            problems: vec![format!(
                "the run was to begin {:.1} s ago; its other shares are under way",
                by.as_secs_f64()
            )],
        };
        let ahead = self.start.duration_since(SystemTime::now()).map_err(|error| late(error.duration()))?;
        let epoch = Instant::now() + ahead;
        while let Some(left) = epoch.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            if let Some(stop) = shutdown.and_then(Shutdown::reason) {
                return Err(Trouble::StoppedBeforeStart(stop));
            }
            thread::sleep(left.min(LOOK));
        }
        Ok(epoch)
    }

    /// Which part of the run this is, for its recording.
    pub fn part(&self) -> Part {
        let start = self.start.duration_since(UNIX_EPOCH).unwrap_or_default();
        Part { number: self.share.turn + 1, of: self.share.of, start_unix_s: start.as_secs_f64(), clock: clock() }
    }
}

/// What the kernel says of its time of day: whether somebody keeps it right (NTP, PTP), and how far off it may be (adjtimex(2)).
pub fn clock() -> ClockState {
    const MICROSECONDS: f64 = 1e-6;
    // SAFETY: all zeros is a valid `timex`, and with no mode set it is only read out.
    let (state, told) = unsafe {
        let mut told: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&raw mut told), told)
    };
    let is_kept = state >= 0 && state != libc::TIME_ERROR && told.status & libc::STA_UNSYNC == 0;
    let seconds = |us: i64| is_kept.then_some(us as f64 * MICROSECONDS);
    ClockState { is_kept, estimated_s: seconds(told.esterror), most_s: seconds(told.maxerror) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    fn together(start: SystemTime) -> Together {
        Together { share: Share { turn: 1, of: 3 }, start, faults_elsewhere: true }
    }

    #[test]
    fn it_begins_at_the_moment_and_never_late() {
        let start = SystemTime::now() + Duration::from_millis(80);
        let epoch = together(start).wait(None).expect("it is in time");
        assert!(SystemTime::now() >= start && epoch <= Instant::now());
        let late = together(SystemTime::now() - Duration::from_secs(7)).wait(None).expect_err("refused").to_string();
        assert!(late.contains("was to begin 7.0 s ago"), "{late}");
    }

    #[test]
    fn stand_ins_are_nothing_to_share_and_faults_of_services_are_left_to_others() {
        let mut plan = fixture::chain(10.0, &[1.0]);
        fixture::fault(
            &mut plan,
            Target::Service { id: crate::base::ServiceId(0), replicas: crate::plan::Replicas::ALL },
            Effect::Down,
            0.2,
            0.4,
        );
        let elsewhere = together(SystemTime::now());
        assert_eq!(elsewhere.problems(&plan).len(), 2);
        let words = elsewhere.problems(&elsewhere.plan(&plan)).join("\n");
        assert!(words.contains("once for each share") && !words.contains("faults"), "{words}");
    }

    #[test]
    fn the_kernel_says_of_its_clock_what_it_knows() {
        let state = clock();
        assert_eq!(state.is_kept, state.most_s.is_some());
        assert!(state.most_s.is_none_or(|most| most >= 0.0), "{state:?}");
    }
}
