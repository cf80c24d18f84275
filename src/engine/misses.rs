//! Cache-aside: what a caller does after a miss, and who writes the rebuilt value back.

use super::call::Owner;
use super::contents::{Contents, Read};
use super::fallback::Answer;
use super::frame::Frame;
use super::placement::Out;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome, Soon};
use crate::base::{ErrorKind, Time};
use crate::plan::{Fill, MissPath};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Rebuilds under way, one a key, and the frames that wait for each.
pub type Flights = BTreeMap<(EdgeId, u32), Vec<Handle>>;

impl<W: Wire> Engine<W> {
    /// One of a frame's calls is over.
    pub(super) fn call_of_frame_ended(
        &mut self,
        frame: Handle,
        edge: EdgeId,
        key: u32,
        outcome: Outcome,
        answer: Answer,
    ) {
        if !self.frames.contains(frame) {
            return;
        }
        let is_kept = self.is_kept_failure(edge, key, outcome);
        if !is_kept && let Some(miss) = self.miss_after(edge, outcome) {
            if outcome == Outcome::Miss && miss.stale.while_revalidate && self.has_expired(edge, key) {
                self.count_degraded(edge);
                self.revalidate(frame, edge, key, &miss);
                return self.one_less_pending(frame, None);
            }
            return self.rebuild(frame, edge, key, &miss);
        }
        if let (Answer::Own, Some(cache)) = (answer, self.links[edge.index()].fills) {
            let awaited_only = self.fill_of(cache) == Some(Fill::IfAwaited);
            if !awaited_only || self.awaited(frame) {
                self.write_back(cache, key, outcome);
            }
        }
        let failed = match outcome {
            Outcome::Failed(kind) if !self.plan.edge(edge).optional => Some(kind),
            _ => None,
        };
        let cache = if is_kept { Some(edge) } else { self.links[edge.index()].fills };
        let cache = cache.filter(|_| outcome.is_failure());
        let failed = if cache.is_some_and(|cache| self.serves_expired(cache, key)) { None } else { failed };
        self.one_less_pending(frame, failed);
    }

    /// A rebuild failed: is there an old value that is good enough? It is counted.
    fn serves_expired(&mut self, cache: EdgeId, key: u32) -> bool {
        let may = self.plan.edge(cache).miss.as_ref().is_some_and(|miss| miss.stale.if_error);
        let serves = may && self.has_expired(cache, key);
        if serves {
            self.count_degraded(cache);
        }
        serves
    }

    /// Does the cache behind an edge keep a value that has expired, and can it be asked?
    fn has_expired(&self, cache: EdgeId, key: u32) -> bool {
        let to = self.plan.edge(cache).to;
        let contents = self.nodes[to.index()].contents.as_ref();
        !self.wire.is_real(to)
            && !self.links[cache.index()].is_cut()
            && contents.is_some_and(|contents| contents.peek_stale(key, self.now))
    }

    /// Rebuilds a value for nobody but the cache, unless that is being done already.
    fn revalidate(&mut self, frame: Handle, cache: EdgeId, key: u32, miss: &MissPath) {
        if let Entry::Vacant(free) = self.flights.entry((cache, key)) {
            free.insert(Vec::new());
            self.take_off(frame, cache, key, miss);
        }
    }

    fn take_off(&mut self, frame: Handle, cache: EdgeId, key: u32, miss: &MissPath) {
        let (traits, turn) = self.after_call(frame, key);
        // It goes on when those who wait have gone.
        let traits = Traits { deadline: Time::MAX, ..traits };
        let call = self.new_call(miss.edge, Owner::Flight { edge: cache, key }, traits, Handle::NONE, turn);
        self.attempt(call);
    }

    fn miss_after(&self, edge: EdgeId, outcome: Outcome) -> Option<MissPath> {
        let miss = self.plan.edge(edge).miss.as_ref()?;
        let follow = match outcome {
            Outcome::Ok => false,
            Outcome::Miss => true,
            Outcome::Failed(_) => miss.on_error,
        };
        follow.then(|| miss.clone())
    }

    fn fill_of(&self, cache: EdgeId) -> Option<Fill> {
        self.plan.edge(cache).miss.as_ref().map(|miss| miss.fill)
    }

    /// What is passed on to a call that follows on another one of this frame, and which turn it is.
    fn after_call(&self, frame: Handle, key: u32) -> (Traits, u64) {
        let after = |frame: &Frame| (frame.traits, frame.turn(frame.left.wrapping_add(frame.pending << 16)));
        self.frames.get(frame).map_or((Traits::of_key(key), 0), after)
    }

    fn rebuild(&mut self, frame: Handle, cache: EdgeId, key: u32, miss: &MissPath) {
        let (traits, turn) = self.after_call(frame, key);
        if miss.fill != Fill::SingleFlight {
            let sibling = self.frames.get(frame).map_or(Handle::NONE, |frame| frame.calls);
            let call = self.new_call(miss.edge, Owner::Frame(frame), traits, sibling, turn);
            if let Some(this) = self.frames.get_mut(frame) {
                this.calls = call;
            }
            return self.attempt(call);
        }
        if let Some(waiters) = self.flights.get_mut(&(cache, key)) {
            waiters.push(frame);
        } else {
            self.flights.insert((cache, key), vec![frame]);
            self.take_off(frame, cache, key, miss);
        }
    }

    /// A shared rebuild is over: the value is kept, and all who wait go on.
    pub(super) fn flight_landed(&mut self, edge: EdgeId, cache: EdgeId, key: u32, outcome: Outcome, answer: Answer) {
        let waiters = self.flights.remove(&(cache, key)).unwrap_or_default();
        let failed = match outcome {
            Outcome::Failed(kind) => (!self.plan.edge(edge).optional).then_some(kind),
            Outcome::Ok | Outcome::Miss => None,
        };
        if answer == Answer::Own && self.links[edge.index()].fills == Some(cache) {
            self.write_back(cache, key, outcome);
        }
        for frame in waiters {
            let failed = if outcome.is_failure() && self.serves_expired(cache, key) { None } else { failed };
            self.one_less_pending(frame, failed);
        }
    }

    /// As `one_less_pending` after a success; gives out the frame if it goes on now, where it would be put in line for it.
    #[inline]
    pub(super) fn one_less_pending_now(&mut self, frame: Handle) -> Option<Handle> {
        if self.frames.beside(frame).quorum.is_some() {
            self.one_less_pending(frame, None);
            return None;
        }
        let this = self.frames.get_mut(frame)?;
        this.pending = this.pending.checked_sub(1)?;
        (this.pending == 0).then_some(frame)
    }

    pub(super) fn one_less_pending(&mut self, frame: Handle, failed: Option<ErrorKind>) {
        let Some(this) = self.frames.get_mut(frame) else { return };
        // A shared rebuild may answer several calls of one step, of which the first had decided it.
        let Some(pending) = this.pending.checked_sub(1) else { return };
        this.pending = pending;
        if self.frames.beside(frame).quorum.is_some()
            && let Some(quorum) = &mut self.frames.beside_mut(frame).quorum
        {
            let vote = quorum.ended(failed.is_some());
            return self.voted(frame, vote, failed);
        }
        let Some(this) = self.frames.get_mut(frame) else { return };
        this.failed = this.failed.or(failed);
        if this.pending == 0 {
            self.soon.push_back(Soon::Advance(frame));
        }
    }

    /// What a cache answers to a frame: a read is a hit or a miss, a write is done.
    pub(super) fn look_up(&mut self, frame: Handle) -> Outcome {
        let Some(this) = self.frames.get(frame) else { return Outcome::Miss };
        let (index, replica, traits) = (this.service as usize, this.replica, this.traits);
        // A write that nobody waits for was never acknowledged: it changes nothing.
        let is_write = traits.write && self.awaited(frame);
        let node = &mut self.nodes[index];
        let Some(contents) = &mut node.contents else { return Outcome::Ok };
        if traits.write {
            if is_write {
                contents.write(replica, traits.key, self.now);
            }
            return Outcome::Ok;
        }
        let read = contents.read(replica, traits.key, self.now);
        if read == Read::Miss {
            node.cell.misses += 1;
            return Outcome::Miss;
        }
        if let Read::Failure(kind) = read {
            node.cell.hits += 1;
            return Outcome::Failed(kind);
        }
        node.cell.hits += 1;
        let meter = node.stale_meter;
        // What a cut-off replica makes of requests that were given up long ago is seen by nobody.
        let is_stale = read == Read::Outdated && self.awaited(frame);
        self.meters.share(meter, is_stale);
        Outcome::Ok
    }

    /// A rebuild ended like this: what the cache behind an edge is to know of it.
    fn write_back(&mut self, cache: EdgeId, key: u32, outcome: Outcome) {
        match outcome {
            Outcome::Ok | Outcome::Miss => self.fill(cache, key),
            Outcome::Failed(kind) => self.keep_failure(cache, key, kind),
        }
    }

    /// Writes a value into the cache behind an edge, if the cache can be reached.
    fn fill(&mut self, cache: EdgeId, key: u32) {
        if !self.wire.fill(cache, key) {
            self.put_behind(cache, key, |contents, replica, now| contents.fill(replica, key, now));
        }
    }

    /// Writes down in the cache behind an edge that a rebuild failed, if it keeps such failures.
    fn keep_failure(&mut self, cache: EdgeId, key: u32, kind: ErrorKind) {
        let to = self.plan.edge(cache).to;
        let contents = self.nodes[to.index()].contents.as_ref();
        if contents.is_some_and(|contents| contents.keeps(kind)) && !self.wire.is_real(to) {
            self.put_behind(cache, key, |contents, replica, now| contents.keep_failure(replica, key, kind, now));
        }
    }

    /// Is this failure one that the cache behind the edge had kept, and not one of the cache itself?
    fn is_kept_failure(&self, cache: EdgeId, key: u32, outcome: Outcome) -> bool {
        let Outcome::Failed(kind) = outcome else { return false };
        let contents = self.nodes[self.plan.edge(cache).to.index()].contents.as_ref();
        contents.is_some_and(|contents| contents.peek_failure(key, kind, self.now))
    }

    /// Does something at each replica of the cache behind an edge that holds a key and can be reached.
    fn put_behind(&mut self, cache: EdgeId, key: u32, put: impl Fn(&mut Contents, u32, Time)) {
        if self.links[cache.index()].is_cut() {
            return;
        }
        let node = &mut self.nodes[self.plan.edge(cache).to.index()];
        let Some(contents) = &mut node.contents else { return };
        let out = self.links[cache.index()].ejector.as_ref().map_or(Out::NOBODY, |ejector| &ejector.out);
        let replicas = &node.replicas;
        let load = |replica: u32| replicas[replica as usize].inside();
        let (targets, count) = contents.targets(key, out, load, self.now);
        for replica in targets[..count].iter().filter(|replica| replicas[**replica as usize].down.is_empty()) {
            put(contents, *replica, self.now);
        }
    }
}
