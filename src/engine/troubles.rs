//! What lasts at a service and hits requests one by one: work that takes longer, errors at the door, requests that kill whoever takes
//! them; for all requests or for some, for as long as a fault lasts or until a replica is started anew. It never touches what crashes
//! or freezes a replica as a whole.

use super::frame::Origin;
use super::nodes::Node;
use super::traits::Traits;
use super::wire::Wire;
use super::{Engine, Event, Outcome, ServiceId};
use crate::base::{ErrorKind, FaultId, Span};
use crate::plan::{Effect, Only, Replicas};

/// What one fault does to requests at these replicas.
#[derive(Clone, Copy, Debug)]
pub struct Trouble<T> {
    pub fault: FaultId,
    pub replicas: Replicas,
    pub only: Only,
    pub how: T,
}

/// What becomes of a request that has been let in.
#[derive(Clone, Copy, Debug)]
pub enum AtDoor {
    /// With this chance it is answered with an error.
    Fail(f64),
    /// The replica dies of it, and is back after this time.
    Kill(Span),
}

impl<T> Trouble<T> {
    /// Was it begun by this fault for just these replicas?
    pub fn is_of(&self, fault: FaultId, replicas: Replicas) -> bool {
        self.fault == fault && self.replicas == replicas
    }

    fn hits(&self, replica: u32, traits: &Traits) -> bool {
        self.replicas.contains(replica) && self.only.fits(traits.class, traits.key)
    }
}

impl Node {
    /// How many times longer all work takes at this replica now.
    pub fn slowness(&self, replica: u32) -> f64 {
        let all = self.slow.iter().filter(|it| it.only == Only::ALL && it.replicas.contains(replica));
        all.map(|it| it.how).product()
    }

    /// How many times longer still the work for such a request takes.
    pub fn slowness_for(&self, replica: u32, traits: &Traits) -> f64 {
        let some = self.slow.iter().filter(|it| it.only != Only::ALL && it.hits(replica, traits));
        some.map(|it| it.how).product()
    }

    /// The faults that slow this request's work.
    pub fn slowed_by(&self, replica: u32, traits: &Traits) -> impl Iterator<Item = FaultId> {
        self.slow.iter().filter(move |it| it.hits(replica, traits)).map(|it| it.fault)
    }
}

impl<W: Wire> Engine<W> {
    /// A request that was let in fails at the door, or the replica dies of it. A frozen process answers nothing, errors neither.
    pub(super) fn fails_at_door(&mut self, index: usize, replica: u32, traits: &Traits) -> Option<ErrorKind> {
        let node = &mut self.nodes[index];
        if !node.replicas[replica as usize].frozen.is_empty() {
            return None;
        }
        let (mut kind, mut killer) = (None, None);
        for it in node.fail.iter().filter(|it| it.hits(replica, traits)) {
            match it.how {
                AtDoor::Fail(chance) if kind.is_none() && self.fault_dice[it.fault.index()].chance(chance) => {
                    node.cell.failed += 1;
                    self.recorder.touched(it.fault, "requests failed", 1);
                    kind = Some(ErrorKind::Error);
                }
                AtDoor::Fail(_) => {}
                AtDoor::Kill(restart) => killer = Some((it.fault, restart)),
            }
        }
        let Some((fault, restart)) = killer.filter(|_| kind.is_none()) else { return kind };
        node.cell.lost += 1;
        self.recorder.touched(fault, "requests lost", 1);
        self.go_down(ServiceId::from(index), one(replica), fault);
        self.queue.push(self.now + restart, Event::Revive(index as u32, replica, fault));
        Some(ErrorKind::Crashed)
    }

    /// Answers a request that failed at the door; whoever let it in hears that it is over.
    pub(super) fn answer_at_door(&mut self, index: usize, replica: u32, origin: Origin, kind: ErrorKind) {
        let outcome = Outcome::Failed(kind);
        if !self.nodes[index].doors.is_empty() {
            self.tell_guards_at_door(index, replica, origin.traits.key, outcome);
        }
        self.note_outcome(index, replica, true);
        self.answer_origin(origin, outcome);
    }

    /// An effect begins that acts on some requests only, or stays until each replica is started anew.
    pub(super) fn begin_bound(
        &mut self,
        id: ServiceId,
        replicas: Replicas,
        fault: FaultId,
        bound: (Only, bool, &Effect),
    ) {
        let (only, until_start, does) = bound;
        let node = &mut self.nodes[id.index()];
        let pieces: Vec<Replicas> = match until_start {
            true => replicas.of(node.active).map(one).collect(),
            false => vec![replicas],
        };
        if until_start {
            node.until_start.push((fault, does.clone()));
        }
        for replicas in pieces {
            match does {
                Effect::Slow { factor } => self.slow_down(id.index(), fault, (replicas, only), *factor),
                Effect::Fail { chance } => self.trouble_at_door(id, fault, (replicas, only), AtDoor::Fail(*chance)),
                Effect::Kill { restart } => self.trouble_at_door(id, fault, (replicas, only), AtDoor::Kill(*restart)),
                does => self.begin_on_service(id, replicas, fault, does),
            }
        }
    }

    /// It is healed, wherever it still lasts.
    pub(super) fn end_bound(
        &mut self,
        id: ServiceId,
        replicas: Replicas,
        fault: FaultId,
        until_start: bool,
        does: &Effect,
    ) {
        if !until_start {
            return self.end_on_service(id, replicas, fault, does);
        }
        self.nodes[id.index()].until_start.retain(|(of, _)| *of != fault);
        for replica in replicas.of(self.nodes[id.index()].replicas.len() as u32) {
            self.end_on_service(id, one(replica), fault, does);
        }
    }

    /// A replica was started anew: what lasts until then is over there.
    pub(super) fn end_until_start(&mut self, id: ServiceId, replica: u32) {
        if self.nodes[id.index()].until_start.is_empty() {
            return;
        }
        for (fault, does) in self.nodes[id.index()].until_start.clone() {
            self.end_on_service(id, one(replica), fault, &does);
        }
    }

    pub(super) fn trouble_at_door(&mut self, id: ServiceId, fault: FaultId, of: (Replicas, Only), how: AtDoor) {
        let (replicas, only) = of;
        self.nodes[id.index()].fail.push(Trouble { fault, replicas, only, how });
    }
}

/// This replica alone.
pub fn one(replica: u32) -> Replicas {
    Replicas { from: replica, to: replica + 1, step: 1 }
}
