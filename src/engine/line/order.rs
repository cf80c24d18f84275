//! The line of a replica in whichever order its queue has: one closed list of disciplines, each in a file of its own. Handles of
//! requests that have left stay in a line until they are met; whoever takes from it looks whether they are still there.

use super::super::slab::Handle;
use super::adaptive::Adaptive;
use super::fifo::Fifo;
use super::lanes::Lanes;
use super::lifo::Lifo;
use super::priority::Priority;
use crate::base::Span;
use crate::plan::Order;
use std::collections::VecDeque;

#[derive(Clone, Debug)]
pub enum Line {
    Fifo(Fifo),
    Lifo(Lifo),
    /// With how long it must not have been empty to count as standing.
    Adaptive(Adaptive, Span),
    Priority(Box<Priority>),
    Lanes(Box<Lanes>),
}

impl Line {
    pub fn new(order: &Order) -> Line {
        match order {
            Order::Fifo => Line::Fifo(Fifo::default()),
            Order::Lifo => Line::Lifo(Lifo::default()),
            Order::AdaptiveLifo { standing, above } => Line::Adaptive(Adaptive::new(*above), *standing),
            Order::Priority => Line::Priority(Box::default()),
            Order::Lanes(specs) => Line::Lanes(Box::new(Lanes::new(specs))),
        }
    }

    #[inline]
    pub fn push(&mut self, frame: Handle, class: u8) {
        match self {
            Line::Fifo(fifo) => fifo.push(frame),
            Line::Lifo(lifo) => lifo.push(frame),
            Line::Adaptive(adaptive, _) => adaptive.push(frame),
            Line::Priority(priority) => priority.push(frame, class),
            Line::Lanes(lanes) => lanes.push(frame, class),
        }
    }

    /// Takes the next to be served. `waiting` is how many are really in line, `stands` whether it has not been empty for that long.
    #[inline]
    pub fn next(&mut self, waiting: u32, stands: impl Fn(Span) -> bool) -> Option<Handle> {
        match self {
            Line::Fifo(fifo) => fifo.next(),
            Line::Lifo(lifo) => lifo.next(),
            Line::Adaptive(adaptive, standing) => adaptive.next(stands(*standing), waiting),
            Line::Priority(priority) => priority.next(),
            Line::Lanes(lanes) => lanes.next(),
        }
    }

    /// Takes the newest, whatever the order says; of the most important class where classes count.
    pub fn newest(&mut self) -> Option<Handle> {
        match self {
            Line::Lanes(lanes) => lanes.next(),
            _ => self.lines().find_map(VecDeque::pop_back),
        }
    }

    /// Takes the one that has to give way to a newcomer of this class when there is no room; `None`: the newcomer has to.
    pub fn give_way(&mut self, class: u8) -> Option<Handle> {
        match self {
            Line::Priority(priority) => priority.least(class),
            Line::Lanes(lanes) => lanes.oldest(),
            _ => self.lines().find_map(|line| line.pop_front()),
        }
    }

    /// Takes one that is in front of those who came after it, if it is to go.
    pub fn take_front_if(&mut self, mut goes: impl FnMut(Handle) -> bool) -> Option<Handle> {
        if let Line::Lanes(lanes) = self {
            let lane = lanes.lanes.iter_mut().find(|lane| lane.line.front().is_some_and(|(_, front)| goes(*front)))?;
            return lane.line.pop_front().map(|(_, frame)| frame);
        }
        let line = self.lines().find(|line| line.front().is_some_and(|front| goes(*front)))?;
        line.pop_front()
    }

    /// Those in front of everybody who came after them in the same line.
    pub fn fronts(&self) -> impl Iterator<Item = Handle> + '_ {
        let (lines, lanes) = match self {
            Line::Fifo(fifo) => (std::slice::from_ref(&fifo.line), &[][..]),
            Line::Lifo(lifo) => (std::slice::from_ref(&lifo.line), &[][..]),
            Line::Adaptive(adaptive, _) => (std::slice::from_ref(&adaptive.line), &[][..]),
            Line::Priority(priority) => (&priority.lines[..], &[][..]),
            Line::Lanes(lanes) => (&[][..], &lanes.lanes[..]),
        };
        let of_lanes = lanes.iter().filter_map(|lane| lane.line.front().map(|(_, frame)| *frame));
        lines.iter().filter_map(|line| line.front().copied()).chain(of_lanes)
    }

    /// May a newcomer of this class be served at once, as far as the others in line go?
    #[inline]
    pub fn lets_pass(&mut self, class: u8, waiting: u32) -> bool {
        match self {
            Line::Lanes(lanes) => {
                let lane = lanes.of(class);
                lane.waiting == 0 && lane.has_share()
            }
            _ => waiting == 0,
        }
    }

    /// Has the class's own part of the line no room left?
    pub fn is_full(&mut self, class: u8) -> bool {
        match self {
            Line::Lanes(lanes) => lanes.is_full(class),
            _ => false,
        }
    }

    /// A request of this class joined the line, or left it.
    #[inline]
    pub fn waiting_changed(&mut self, class: u8, by: i32) {
        if let Line::Lanes(lanes) = self {
            let lane = lanes.of(class);
            lane.waiting = lane.waiting.checked_add_signed(by).expect("no more leave a lane than wait in it");
        }
    }

    /// A worker took a request of this class, or is free of it.
    #[inline]
    pub fn busy_changed(&mut self, class: u8, by: i32) {
        if let Line::Lanes(lanes) = self {
            let lane = lanes.of(class);
            lane.busy = lane.busy.checked_add_signed(by).expect("no more of a lane are done than were begun");
        }
    }

    /// Entries, those who have left included.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            Line::Fifo(fifo) => fifo.line.len(),
            Line::Lifo(lifo) => lifo.line.len(),
            Line::Adaptive(adaptive, _) => adaptive.line.len(),
            Line::Priority(priority) => priority.lines.iter().map(VecDeque::len).sum(),
            Line::Lanes(lanes) => lanes.lanes.iter().map(|lane| lane.line.len()).sum(),
        }
    }

    pub fn retain(&mut self, mut stays: impl FnMut(Handle) -> bool) {
        if let Line::Lanes(lanes) = self {
            lanes.lanes.iter_mut().for_each(|lane| lane.line.retain(|(_, frame)| stays(*frame)));
            return;
        }
        self.lines().for_each(|line| line.retain(|frame| stays(*frame)));
    }

    /// Everybody in it; within a class in order of arrival.
    pub fn drain(&mut self) -> Vec<Handle> {
        if let Line::Lanes(lanes) = self {
            let mut all: Vec<_> = lanes.lanes.iter_mut().flat_map(|lane| lane.line.drain(..)).collect();
            all.sort_unstable_by_key(|(order, _)| *order);
            return all.into_iter().map(|(_, frame)| frame).collect();
        }
        self.lines().flat_map(|line| line.drain(..)).collect()
    }

    /// The plain lines; none of a discipline whose lines hold more than handles.
    fn lines(&mut self) -> std::slice::IterMut<'_, VecDeque<Handle>> {
        match self {
            Line::Fifo(fifo) => std::slice::from_mut(&mut fifo.line).iter_mut(),
            Line::Lifo(lifo) => std::slice::from_mut(&mut lifo.line).iter_mut(),
            Line::Adaptive(adaptive, _) => std::slice::from_mut(&mut adaptive.line).iter_mut(),
            Line::Priority(priority) => priority.lines.iter_mut(),
            Line::Lanes(_) => [].iter_mut(),
        }
    }
}
