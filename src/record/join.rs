//! Joins the recordings of the parts of one run, which machines played at the same time, and adds what somebody else saw of its faults. Together they are
//! the recording of the whole; what does not fit together is refused, and nothing is made up for a part that is missing.

use super::{ClockState, Event, Part, Recording, UndoNote};
use crate::base::Time;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Moments at which the parts began by their own clocks may differ by more than this without anybody seeing it.
const UNKNOWN: &str = "by how much the clocks of the machines differed is not known";

/// One line of what was seen of a fault that somebody else played.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Seen {
    /// Its name in the scenario.
    pub fault: String,
    /// What was made for it.
    pub resource: String,
    pub what: Happened,
    #[serde(default)]
    pub pods: u64,
    pub at_unix_s: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happened {
    Injected,
    NotInjected,
    Refused,
    Gone,
    LeftBehind,
}

/// The whole of the parts, in whatever order they come.
pub fn join(all: Vec<Recording>) -> Result<Recording, String> {
    let mut parts: BTreeMap<u32, (Part, Recording)> = BTreeMap::new();
    for one in all {
        let part =
            one.head.part.ok_or("one of these is the recording of a whole run, and not of a part (`run --share`)")?;
        // A part that came twice says the same twice.
        parts.entry(part.number).or_insert((part, one));
    }
    let (first, whole) = parts.pop_first().map(|(_, first)| first).ok_or("there is nothing to join")?;
    for (part, one) in parts.values() {
        fits((&first, &whole), (part, one))?;
    }
    let missing: Vec<String> = (1..=first.of)
        .filter(|number| *number != first.number && !parts.contains_key(number))
        .map(|number| format!("{number}/{}", first.of))
        .collect();
    if !missing.is_empty() {
        return Err(format!("{} of {} shares are missing: {}", missing.len(), first.of, missing.join(", ")));
    }
    Ok(added(first, whole, parts.into_values().collect()))
}

fn fits((first, whole): (&Part, &Recording), (part, one): (&Part, &Recording)) -> Result<(), String> {
    let differences = [
        ("runs that begin at different moments", part.start_unix_s != first.start_unix_s),
        ("runs with different numbers of shares", part.of != first.of),
        ("different plans", one.plan != whole.plan),
        ("different versions of the program", one.head.version != whole.head.version),
    ];
    match differences.iter().find(|(_, differs)| *differs) {
        None => Ok(()),
        Some((what, _)) => Err(format!("these are shares of {what}")),
    }
}

fn added(first: Part, mut whole: Recording, others: Vec<(Part, Recording)>) -> Recording {
    let real: Vec<usize> = whole.plan.real.services.iter().map(|real| real.service.index()).collect();
    let clocks: Vec<ClockState> = others.iter().map(|(part, _)| part.clock).chain([first.clock]).collect();
    whole.warnings.retain(|warning| *warning != first.warning());
    for (part, mut one) in others {
        one.warnings.retain(|warning| *warning != part.warning());
        whole.add_part(&one, |service| real.contains(&service));
        if let (Some(sum), Some(load)) = (&mut whole.head.load, one.head.load) {
            sum.add(load);
        }
        whole.head.wall_s = whole.head.wall_s.max(one.head.wall_s);
        whole.latency_unsound =
            whole.latency_unsound.or_else(|| one.latency_unsound.map(|why| format!("share {}: {why}", part.number)));
        whole.cut_short = whole.cut_short.or(one.cut_short);
        whole.undo.extend(one.undo);
    }
    let n = first.of;
    whole.head.methods.push(format!(
        "Load by {n} machines from one moment on: each sends every {n}-th request of one script of arrivals; their histograms are added bucket by bucket. {}",
        said(&clocks)
    ));
    whole.head.part = None;
    whole
}

/// What can be said of the moment at which they began.
fn said(clocks: &[ClockState]) -> String {
    let kept = clocks.iter().filter(|clock| clock.is_kept).count();
    if kept < clocks.len() {
        return format!("Of {} clocks nobody keeps right, so {UNKNOWN}.", clocks.len() - kept);
    }
    let most = clocks.iter().filter_map(|clock| clock.most_s).fold(0.0, f64::max);
    format!("By the account of their kernels no clock was off by more than {:.1} ms.", most * 1e3)
}

impl Recording {
    /// Takes in what somebody else saw of the faults; the run began at this moment.
    pub fn take_in(&mut self, seen: &[Seen], start_unix_s: f64) -> Result<(), String> {
        for one in seen {
            let fault = self.plan.faults.iter().position(|fault| fault.name == one.fault);
            let fault = fault.ok_or_else(|| format!("the run has no fault `{}`", one.fault))?;
            let Seen { resource, pods, .. } = one;
            let at = Time::from_secs_f64((one.at_unix_s - start_unix_s).max(0.0));
            let words = match one.what {
                Happened::Injected => {
                    let evidence = &mut self.evidence[fault];
                    evidence.touched += pods;
                    *evidence
                        .details
                        .entry("pods in which Chaos Mesh says that it is injected".to_owned())
                        .or_default() += pods;
                    format!("{resource}: injected into {pods} pods")
                }
                Happened::NotInjected => format!("{resource}: not injected within 30 s"),
                Happened::Refused => format!("{resource}: the cluster did not take it"),
                Happened::Gone | Happened::LeftBehind => {
                    let done = one.what == Happened::Gone;
                    self.undo.push(undone(resource, done, at));
                    format!("{resource}: {}", if done { "gone" } else { "still there" })
                }
            };
            if matches!(one.what, Happened::NotInjected | Happened::Refused | Happened::LeftBehind) {
                self.warnings.push(words.clone());
            }
            self.events.push(Event { at, text: words });
        }
        self.events.sort_by_key(|event| event.at);
        Ok(())
    }
}

fn undone(resource: &str, done: bool, at: Time) -> UndoNote {
    UndoNote {
        what: format!("{resource} of Chaos Mesh"),
        done,
        detail: "deleted; its finalizer holds it until everything is taken back".to_owned(),
        looked_at: "kubectl delete, waiting".to_owned(),
        seen: if done { "it is gone" } else { "it is still there" }.to_owned(),
        at: Some(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    const CLOCK: ClockState = ClockState { is_kept: true, estimated_s: Some(0.0001), most_s: Some(0.004) };

    fn part(number: u32, of: u32) -> Recording {
        let mut recording = crate::sim::play(&fixture::chain(50.0, &[1.0]));
        recording.head.part = Some(Part { number, of, start_unix_s: 1000.0, clock: CLOCK });
        recording
    }

    #[test]
    fn parts_come_in_any_order_and_each_counts_once() {
        let one = part(1, 3);
        let offered = |recording: &Recording| recording.clients[0].cells.iter().map(|cell| cell.offered).sum::<u64>();
        let whole = join(vec![part(3, 3), part(1, 3), part(2, 3), part(3, 3)]).expect("all are there");
        assert_eq!(offered(&whole), 3 * offered(&one));
        assert_eq!(whole.head.part, None);
        let told = whole.head.methods.last().expect("it is told");
        assert!(told.contains("no clock was off by more than 4.0 ms"), "{told}");
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let refused = |all: Vec<Recording>| join(all).expect_err("refused");
        assert!(refused(vec![part(1, 3), part(3, 3)]).contains("1 of 3 shares are missing: 2/3"));
        let mut later = part(2, 2);
        later.head.part = Some(Part { number: 2, of: 2, start_unix_s: 2000.0, clock: CLOCK });
        assert!(refused(vec![part(1, 2), later]).contains("different moments"));
        let mut other = part(2, 2);
        other.plan.seed += 1;
        assert!(refused(vec![part(1, 2), other]).contains("different plans"));
        let mut whole = part(1, 1);
        whole.head.part = None;
        assert!(refused(vec![whole]).contains("a whole run"));
    }

    #[test]
    fn what_was_seen_elsewhere_is_evidence_and_proof_of_undo() {
        let mut plan = fixture::chain(50.0, &[1.0]);
        let web = crate::plan::Target::Service { id: crate::base::ServiceId(0), replicas: crate::plan::Replicas::ALL };
        fixture::fault(&mut plan, web, crate::plan::Effect::Slow { factor: 1.0 }, 0.2, 0.4);
        let name = plan.faults[0].name.clone();
        let mut recording = crate::sim::play(&plan);
        let before = recording.evidence[0].touched;
        let line = |what: &str, pods: u64| {
            let text = format!(
                r#"{{"fault":"{name}","resource":"podchaos/x-0","what":"{what}","pods":{pods},"at_unix_s":1000.3}}"#
            );
            serde_json::from_str::<Seen>(&text).expect("it can be read")
        };
        recording.take_in(&[line("injected", 3), line("gone", 0)], 1000.0).expect("it is of this run");
        assert_eq!(recording.evidence[0].touched, before + 3);
        assert!(recording.undo.last().is_some_and(|note| note.done));
        recording.take_in(&[line("left-behind", 0)], 1000.0).expect("it is of this run");
        assert!(!recording.undo.last().is_some_and(|note| note.done) && !recording.warnings.is_empty());
        let other = Seen { fault: "other".to_owned(), ..line("gone", 0) };
        assert!(recording.take_in(&[other], 1000.0).is_err());
    }
}
