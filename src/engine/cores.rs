//! The cores of one replica: pieces of work share them, all at once or first come, first served, at a speed that may change at any time.
//!
//! Progress is kept on a virtual clock that runs as fast as each piece under way is done, so a change of speed or of company touches
//! one number and no piece of work (the virtual time of processor sharing: Parekh and Gallager, IEEE/ACM ToN 1(3), 1993). It is told
//! when time has passed; it puts no events anywhere, and it never asks what the work is for.

use super::slab::Handle;
use crate::base::{Span, Time};
use crate::plan::Sharing;
use std::collections::VecDeque;

/// Where a piece of work stands. Kept with the request, so that one that leaves is known to have had a core or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it is here.
    Away,
    /// First come, first served: it waits for a core.
    InLine,
    /// It has a core, or its share of one.
    Running,
}

/// A piece of work under way, in order of the virtual moment at which it is done; ties by order of arrival.
#[derive(Clone, Copy, Debug)]
struct Running {
    done_at: f64,
    order: u64,
    frame: Handle,
}

impl Running {
    fn before(&self, other: &Running) -> bool {
        (self.done_at, self.order) < (other.done_at, other.order)
    }
}

#[derive(Clone, Debug)]
pub struct Cores {
    /// `None`: a core for each piece of work; only the speed matters then.
    count: Option<u32>,
    sharing: Sharing,
    /// Nanoseconds of work that a core does in one; 0 while frozen.
    speed: f64,
    /// A binary heap. Work of requests that have left stays in it until its time comes.
    heap: Vec<Running>,
    line: VecDeque<(Handle, f64)>,
    /// How many of `heap` are still wanted.
    running: u32,
    /// The virtual clock, in nanoseconds of work.
    clock: f64,
    updated: Time,
    order: u64,
    /// When the one event that is under way for these cores is due. It comes too early once things slow down, and is then put off.
    pub armed: Option<Time>,
    /// Says which event that is: an older one is nothing.
    pub generation: u32,
}

/// Work that is this close to its end is done: half a nanosecond.
const ROUNDING: f64 = 0.5;
/// No speed is beyond this, so that work slowed by a factor of 0 still has an end that can be computed.
const SPEED_MAX: f64 = 1e9;

impl Cores {
    pub fn new(count: Option<u32>, sharing: Sharing) -> Cores {
        Cores {
            count,
            sharing,
            speed: 1.0,
            heap: Vec::new(),
            line: VecDeque::new(),
            running: 0,
            clock: 0.0,
            updated: Time::ZERO,
            order: 0,
            armed: None,
            generation: 0,
        }
    }

    /// Begins a piece of work, or puts it in line for a core.
    pub fn add(&mut self, now: Time, frame: Handle, demand: Span) -> Standing {
        self.pass_time(now);
        self.put(frame, demand.0 as f64)
    }

    fn put(&mut self, frame: Handle, demand: f64) -> Standing {
        if self.sharing == Sharing::Fifo && self.count.is_some_and(|count| self.running >= count) {
            self.line.push_back((frame, demand));
            return Standing::InLine;
        }
        if self.running == 0 {
            // Nobody is measured by the old clock any more: begin again, where floats are finest.
            (self.clock, self.order) = (0.0, 0);
            self.heap.clear();
        }
        self.order += 1;
        self.running += 1;
        self.heap.push(Running { done_at: self.clock + demand, order: self.order, frame });
        self.sift_up(self.heap.len() - 1);
        Standing::Running
    }

    /// A request left before its work was done.
    pub fn gave_up(&mut self, now: Time, stood: Standing) {
        if stood == Standing::Running {
            self.pass_time(now);
            self.running -= 1;
        }
    }

    /// From now on a core does this much work in the time of one unit; 0 stops everything where it is.
    pub fn set_speed(&mut self, now: Time, speed: f64) {
        self.pass_time(now);
        // What has stopped stays stopped, however little each piece of work is: 0 / 0 is no speed.
        self.speed = if speed > 0.0 { speed.min(SPEED_MAX) } else { 0.0 };
    }

    /// When the first piece of work will be done if nothing changes; `None` if none ever will. `alive` says who is still there.
    pub fn due(&mut self, now: Time, alive: impl Fn(Handle) -> bool) -> Option<Time> {
        self.pass_time(now);
        let rate = self.rate();
        let first = self.first(&alive)?;
        if rate <= 0.0 {
            return None;
        }
        Some(now + Span(((first.done_at - self.clock).max(0.0) / rate).ceil() as u64))
    }

    /// Takes out a piece of work that is done by now.
    pub fn take_done(&mut self, now: Time, alive: impl Fn(Handle) -> bool) -> Option<Handle> {
        self.pass_time(now);
        let first = self.first(&alive).filter(|first| first.done_at <= self.clock + ROUNDING)?;
        self.remove_top();
        self.running -= 1;
        Some(first.frame)
    }

    /// Gives a free core to the first in line.
    pub fn take_next(&mut self, now: Time, alive: impl Fn(Handle) -> bool) -> Option<Handle> {
        self.pass_time(now);
        while self.count.is_none_or(|count| self.running < count) {
            let (frame, demand) = self.line.pop_front()?;
            if alive(frame) {
                self.put(frame, demand);
                return Some(frame);
            }
        }
        None
    }

    /// Changes the number of cores and how they are shared; says where everyone stands now.
    pub fn reshape(
        &mut self,
        now: Time,
        count: Option<u32>,
        sharing: Sharing,
        alive: impl Fn(Handle) -> bool,
    ) -> Vec<(Handle, Standing)> {
        self.pass_time(now);
        let mut running = std::mem::take(&mut self.heap);
        running.retain(|work| alive(work.frame));
        running.sort_unstable_by_key(|work| work.order);
        let clock = self.clock;
        let left = running.into_iter().map(|work| (work.frame, (work.done_at - clock).max(0.0)));
        let all: Vec<(Handle, f64)> = left.chain(std::mem::take(&mut self.line)).collect();
        (self.count, self.sharing, self.running) = (count, sharing, 0);
        let all = all.into_iter().filter(|(frame, _)| alive(*frame));
        all.map(|(frame, demand)| (frame, self.put(frame, demand))).collect()
    }

    /// Pieces of work that have a core or a share of one.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// Cores at work.
    pub fn busy(&self) -> u32 {
        self.count.map_or(self.running, |count| self.running.min(count))
    }

    /// Everybody who is here, gone ones included.
    #[cfg(test)]
    pub fn everyone(&self) -> impl Iterator<Item = (Handle, Standing)> + '_ {
        let running = self.heap.iter().map(|work| (work.frame, Standing::Running));
        running.chain(self.line.iter().map(|(frame, _)| (*frame, Standing::InLine)))
    }

    fn rate(&self) -> f64 {
        match (self.count, self.sharing) {
            (Some(count), Sharing::Processor) if self.running > count => {
                self.speed * f64::from(count) / f64::from(self.running)
            }
            _ => self.speed,
        }
    }

    fn pass_time(&mut self, now: Time) {
        if now > self.updated {
            self.clock += self.rate() * now.since(self.updated).0 as f64;
            self.updated = now;
        }
    }

    fn first(&mut self, alive: impl Fn(Handle) -> bool) -> Option<Running> {
        while let Some(top) = self.heap.first() {
            if alive(top.frame) {
                return Some(*top);
            }
            self.remove_top();
        }
        None
    }

    fn sift_up(&mut self, mut child: usize) {
        while child > 0 {
            let parent = (child - 1) / 2;
            if !self.heap[child].before(&self.heap[parent]) {
                break;
            }
            self.heap.swap(child, parent);
            child = parent;
        }
    }

    fn remove_top(&mut self) {
        self.heap.swap_remove(0);
        let mut parent = 0;
        loop {
            let left = 2 * parent + 1;
            let Some(first) = self.heap.get(left) else { return };
            let right = self.heap.get(left + 1);
            let least = if right.is_some_and(|right| right.before(first)) { left + 1 } else { left };
            if !self.heap[least].before(&self.heap[parent]) {
                return;
            }
            self.heap.swap(parent, least);
            parent = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(slot: u32) -> Handle {
        Handle { slot, generation: 1 }
    }

    fn everyone(_: Handle) -> bool {
        true
    }

    fn ms(ms: u64) -> Span {
        Span::from_millis(ms)
    }

    fn at(at: u64) -> Time {
        Time(ms(at).0)
    }

    /// Plays to the end and gives (who, when in ms).
    fn play(cores: &mut Cores, mut now: Time) -> Vec<(u32, u64)> {
        let mut done = Vec::new();
        while let Some(due) = cores.due(now, everyone) {
            now = due;
            while let Some(frame) = cores.take_done(now, everyone) {
                done.push((frame.slot, now.0 / 1_000_000));
            }
            while cores.take_next(now, everyone).is_some() {}
        }
        done
    }

    #[test]
    fn processor_sharing_halves_the_speed_of_two() {
        let mut cores = Cores::new(Some(1), Sharing::Processor);
        cores.add(at(0), frame(1), ms(100));
        cores.add(at(50), frame(2), ms(20));
        // Both at half speed from 50: the second is done at 90 with 30 of the first left.
        assert_eq!(play(&mut cores, at(50)), [(2, 90), (1, 120)]);
    }

    #[test]
    fn a_core_each_as_long_as_there_are_enough() {
        let mut cores = Cores::new(Some(2), Sharing::Processor);
        for number in 1..=3 {
            cores.add(at(0), frame(number), ms(20));
        }
        assert_eq!(cores.busy(), 2);
        assert_eq!(play(&mut cores, at(0)), [(1, 30), (2, 30), (3, 30)]);
    }

    #[test]
    fn first_come_first_served_keeps_the_others_in_line() {
        let mut cores = Cores::new(Some(1), Sharing::Fifo);
        assert_eq!(cores.add(at(0), frame(1), ms(30)), Standing::Running);
        assert_eq!(cores.add(at(0), frame(2), ms(10)), Standing::InLine);
        assert_eq!(cores.add(at(0), frame(3), ms(10)), Standing::InLine);
        assert_eq!(play(&mut cores, at(0)), [(1, 30), (2, 40), (3, 50)]);
    }

    #[test]
    fn a_change_of_speed_holds_for_what_is_under_way() {
        let mut cores = Cores::new(None, Sharing::Processor);
        cores.add(at(0), frame(1), ms(100));
        cores.set_speed(at(40), 0.0);
        assert_eq!(cores.due(at(40), everyone), None);
        cores.set_speed(at(1000), 0.5);
        assert_eq!(play(&mut cores, at(1000)), [(1, 1120)]);
    }

    #[test]
    fn no_speed_at_all_for_work_of_no_length_is_a_stop() {
        let mut cores = Cores::new(None, Sharing::Processor);
        cores.add(at(0), frame(1), ms(10));
        cores.set_speed(at(0), f64::NAN);
        assert_eq!((cores.due(at(5), everyone), cores.take_done(at(5), everyone)), (None, None));
        cores.set_speed(at(5), f64::INFINITY);
        assert_eq!(play(&mut cores, at(5)), [(1, 5)]);
    }

    #[test]
    fn who_leaves_gives_its_share_to_the_others() {
        let mut cores = Cores::new(Some(1), Sharing::Processor);
        cores.add(at(0), frame(1), ms(10));
        cores.add(at(0), frame(2), ms(50));
        cores.gave_up(at(10), Standing::Running);
        let without = |who: Handle| who != frame(1);
        assert_eq!(cores.due(at(10), without), Some(at(55)));
        assert_eq!(cores.take_done(at(55), without), Some(frame(2)));
    }

    #[test]
    fn a_new_shape_keeps_what_is_left_of_the_work() {
        let mut cores = Cores::new(Some(2), Sharing::Processor);
        cores.add(at(0), frame(1), ms(30));
        cores.add(at(0), frame(2), ms(30));
        let stand = cores.reshape(at(10), Some(1), Sharing::Fifo, everyone);
        assert_eq!(stand, [(frame(1), Standing::Running), (frame(2), Standing::InLine)]);
        assert_eq!(play(&mut cores, at(10)), [(1, 30), (2, 50)]);
    }
}
