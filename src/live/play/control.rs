//! The threads that hold the real processes, one each: they kill, restart, pause and fill as the schedule says, look after them in between,
//! and report what they did. Apart from the engine's thread and from one another, because a restart may take seconds.

use super::drive::{Ending, Inbox, Input};
use super::held::{Body, Done, Held};
use super::needs;
use crate::base::{FaultId, ServiceId, Time};
use crate::plan::{Effect, Plan, Step, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// How often the processes are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// A fault that is not healed so long after its end is undone by the guardian.
const HEALING: Duration = Duration::from_secs(1);

/// One step of the schedule that acts on a real process, by its index, and when it was given.
type Command = (usize, Instant);

/// The way to the threads; never waits, and has room for the whole schedule.
pub struct Commands {
    senders: BTreeMap<ServiceId, SyncSender<Command>>,
}

impl Commands {
    pub fn give(&self, service: ServiceId, index: usize) {
        if let Some(sender) = self.senders.get(&service) {
            // The thread only ends after this is dropped; a panic in it shows when it is joined.
            let _ = sender.try_send((index, Instant::now()));
        }
    }
}

pub struct Controller {
    threads: Vec<JoinHandle<Body>>,
    leave: Leaver,
}

/// Tells the threads when to end, from any thread.
pub type Leaver = Arc<watch::Sender<Leave>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    NotYet,
    /// When every fault is healed.
    Mended,
    AtOnce,
}

impl Controller {
    pub fn start(
        plan: &Arc<Plan>,
        processes: Vec<(ServiceId, Body)>,
        inbox: &Inbox,
    ) -> io::Result<(Controller, Commands)> {
        let (leave, left) = watch::channel(Leave::NotYet);
        let (mut threads, mut senders) = (Vec::new(), BTreeMap::new());
        for (id, process) in processes {
            let (sender, commands) = sync_channel(plan.schedule.len().max(1));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let cores = plan.service(id).working.cores.map_or(1, |cores| cores.count);
            let held = Held::new(process, cores, plan.seed);
            let mut room = Room {
                plan: plan.clone(),
                id,
                held,
                missed: BTreeSet::new(),
                inbox: inbox.clone(),
                runtime,
                left: left.clone(),
            };
            senders.insert(id, sender);
            threads.push(thread::Builder::new().name("process".into()).spawn(move || {
                room.work(&commands);
                if *room.left.borrow() == Leave::Mended {
                    room.mend(&commands);
                }
                room.held.process
            })?);
        }
        Ok((Controller { threads, leave: Arc::new(leave) }, Commands { senders }))
    }

    pub fn leaver(&self) -> Leaver {
        self.leave.clone()
    }

    /// Ends the threads and gives the processes back: healed of every fault, or as they are, in the middle of a restart if need be.
    pub fn stop(self, how: Leave) -> Vec<Body> {
        let _ = self.leave.send(how);
        let ends = self.threads.into_iter().map(JoinHandle::join);
        ends.map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    }
}

struct Room {
    plan: Arc<Plan>,
    id: ServiceId,
    held: Held,
    /// Faults that came too late, and so need no healing.
    missed: BTreeSet<FaultId>,
    inbox: Inbox,
    runtime: Runtime,
    left: watch::Receiver<Leave>,
}

impl Room {
    fn work(&mut self, commands: &Receiver<Command>) {
        while *self.left.borrow() == Leave::NotYet {
            match commands.recv_timeout(LOOK) {
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.look_after();
        }
        self.look_for_evidence();
    }

    fn obey(&mut self, (index, given): Command) {
        let plan = self.plan.clone();
        let step = &plan.schedule[index];
        // Carried out now it would be healed in the same moment, and would count as if it had been there.
        if step.on && given.elapsed() >= lasts(&plan, step) {
            let (fault, service) = (&plan.faults[step.fault.index()].name, &plan.service(self.id).name);
            self.missed.insert(step.fault);
            let words = format!("fault {fault} was over before it could hit `{service}`, which was just being started");
            return self.inbox.tell(Input::Warn(words));
        }
        if self.missed.remove(&step.fault) && !step.on {
            return;
        }
        let held = &mut self.held;
        held.process.ledger().faults_end_within(until_healed(&plan, step.at, self.id));
        let done = match (&step.effect, step.on) {
            (Effect::Down, true) => held.go_down(step.fault),
            (Effect::PowerCut, true) => held.cut_power(step.fault),
            (Effect::Down | Effect::PowerCut, false) => {
                let cold = step.effect == Effect::Down && held.comes_back_cold();
                interruptible(&self.runtime, &self.left, held.come_back(step.fault, cold))
            }
            (Effect::Freeze, on) => held.freeze(step.fault, on),
            (Effect::Fill { share, added }, on) => held.fill(step.fault, (*share, *added), on),
            (Effect::Forget { .. }, _) => self.runtime.block_on(held.forget()),
            (effect, true) if needs::is_of_host(effect) => held.begin(step.fault, effect),
            (effect, false) if needs::is_of_host(effect) => {
                interruptible(&self.runtime, &self.left, held.end(step.fault, effect))
            }
            // Refused before the run.
            _ => Ok(Vec::new()),
        };
        self.report(step, done);
    }

    /// Heals what lasts until the end of the run, and starts again what died of it.
    fn mend(&mut self, commands: &Receiver<Command>) {
        while let Ok(command) = commands.try_recv() {
            self.obey(command);
        }
        let plan = self.plan.clone();
        for (index, step) in plan.schedule.iter().enumerate() {
            let id = match step.target {
                Target::Service { id, .. } => id,
                Target::Edge(edge) if needs::is_handled_inside(&plan, step) => plan.edge(edge).to,
                _ => continue,
            };
            if !step.on && step.at >= plan.length && id == self.id {
                self.obey((index, Instant::now()));
            }
        }
        let mut left = self.left.clone();
        let back = self.runtime.block_on(async {
            tokio::select! {
                back = self.held.mend() => back,
                _ = left.wait_for(|left| *left == Leave::AtOnce) => Ok(()),
            }
        });
        if let Err(trouble) = back {
            self.inbox.tell(Input::Warn(format!("it did not come back after the last fault: {trouble}")));
        }
    }

    fn report(&self, step: &Step, done: Done) {
        let fault = step.fault;
        match done {
            Ok(touched) => {
                touched.into_iter().for_each(|(what, count)| self.inbox.tell(Input::Touched { fault, what, count }));
            }
            Err(trouble) => {
                let name = &self.plan.faults[fault.index()].name;
                let text = format!("fault {name} could not be carried out: {trouble}");
                self.inbox.tell(Input::Warn(text.clone()));
                self.inbox.tell(Input::End(Ending::Trouble(text)));
            }
        }
    }

    fn look_for_evidence(&mut self) {
        for (fault, what, count) in self.held.look() {
            self.inbox.tell(Input::Touched { fault, what, count });
        }
    }

    fn look_after(&mut self) {
        self.look_for_evidence();
        let held = &mut self.held;
        if let Some(volume) = held.process.started().and_then(|process| process.volume())
            && let Ok((bytes, _)) = volume.used()
        {
            self.inbox.tell(Input::Used { service: self.id, bytes });
        }
        let Some(words) = held.process.exited().filter(|_| !held.mourned) else { return };
        held.mourned = true;
        self.inbox.tell(Input::Note(words.clone()));
        self.inbox.tell(Input::Warn(words.clone()));
        if !held.is_hit() {
            let first = words.lines().next().unwrap_or_default().to_owned();
            self.inbox.tell(Input::End(Ending::Trouble(first)));
        }
    }
}

/// How long the fault of this step lies there; one that is done once and never healed lasts for ever.
fn lasts(plan: &Plan, step: &Step) -> Duration {
    let is_healed = plan.schedule.iter().any(|other| other.fault == step.fault && !other.on);
    let end = plan.faults.get(step.fault.index()).map(|fault| fault.to).filter(|_| is_healed);
    end.map_or(Duration::MAX, |end| end.since(step.at).to_std())
}

/// From a moment until every fault is healed that lies on the service then, or comes before the last of them has gone; and a little more,
/// since the healing itself takes a moment.
fn until_healed(plan: &Plan, from: Time, service: ServiceId) -> Duration {
    let end = |step: &Step| plan.faults.get(step.fault.index()).map_or(plan.length, |fault| fault.to);
    let mut healed = from;
    // In the order of their begins, as the schedule has them.
    for other in needs::effects_on(plan, service).filter(|other| end(other) >= from) {
        if other.at <= healed {
            healed = healed.max(end(other));
        }
    }
    healed.since(from).to_std() + HEALING
}

/// What may take seconds, unless the run is to end meanwhile.
fn interruptible(runtime: &Runtime, left: &watch::Receiver<Leave>, act: impl Future<Output = Done>) -> Done {
    let mut left = left.clone();
    runtime.block_on(async {
        tokio::select! {
            done = act => done,
            _ = left.wait_for(|left| *left == Leave::AtOnce) => Ok(Vec::new()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::EdgeId;
    use crate::plan::{Limit, Packets, Replicas, fixture};

    #[test]
    fn a_change_lasts_until_the_last_of_the_faults_that_meet_has_healed() {
        let mut plan = fixture::chain(10.0, &[]);
        plan.real.services.push(fixture::redis(0));
        let on = Target::Service { id: ServiceId(0), replicas: Replicas::ALL };
        let limit = |count| Effect::Limit(Limit::OpenFiles { count });
        fixture::fault(&mut plan, on, limit(10), 1.0, 6.0);
        fixture::fault(&mut plan, on, limit(5), 2.0, 3.0);
        let late = Effect::Packets(Packets { loss: 0.5, ..Packets::default() });
        fixture::fault(&mut plan, Target::Edge(EdgeId(0)), late, 5.0, 8.0);
        fixture::fault(&mut plan, on, limit(5), 9.0, 9.5);
        let healed = |at: f64| {
            let at = Time::from_secs_f64(at);
            (until_healed(&plan, at, ServiceId(0)) - HEALING).as_secs_f64() + at.as_secs_f64()
        };
        // When the tighter one heals, the other is put in force again and goes on.
        for (at, until) in [(1.0, 8.0), (2.0, 8.0), (3.0, 8.0), (6.0, 8.0), (8.0, 8.0), (9.0, 9.5)] {
            assert!((healed(at) - until).abs() < 1e-6, "from {at} until {}", healed(at));
        }
    }
}
