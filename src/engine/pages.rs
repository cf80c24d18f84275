//! Open pages at run time: a visit that loaded a page keeps it for its age and asks again and again, always as the version that was
//! out when the page was loaded. A page never reloads itself.

use super::call::Owner;
use super::slab::{Handle, Slab};
use super::traits::Traits;
use super::wire::Wire;
use super::{Engine, Event};
use crate::base::{Dice, FaultId, Span, Time};
use crate::plan::Pages;

#[derive(Debug)]
pub struct OpenPages {
    policy: Pages,
    open: Slab<Page>,
    /// What is loaded now is of this version.
    version: u16,
    /// How many are open, and of those how many are of an earlier version.
    count: u32,
    old: u32,
    dice: Dice,
}

#[derive(Clone, Copy, Debug)]
struct Page {
    version: u16,
    closes: Time,
}

impl OpenPages {
    pub fn new(policy: &Pages, dice: Dice) -> OpenPages {
        OpenPages { policy: policy.clone(), open: Slab::default(), version: 0, count: 0, old: 0, dice }
    }

    /// Pages that are opened from now on follow this; open ones keep their age.
    pub fn reconfigure(&mut self, policy: &Pages) {
        self.policy = policy.clone();
    }

    /// Pages that are open, and those of them of an earlier version than the one that is out.
    pub fn counts(&self) -> (u32, u32) {
        (self.count, self.old)
    }

    /// A page is open, of the version that its request was answered with; if that was nobody's, of the one that is out. The answer is
    /// its handle and when it next does something.
    fn open(&mut self, now: Time, answered: u16) -> (Handle, Time) {
        let version = if answered >= Traits::UNDECIDED { self.version } else { answered };
        if version > self.version {
            // The first page of a version that is newer than all before.
            (self.version, self.old) = (version, self.count);
        }
        let page = Page { version, closes: now + self.policy.age.draw_span(&mut self.dice) };
        self.count += 1;
        self.old += u32::from(version != self.version);
        (self.open.insert(page), self.next(now, page))
    }

    fn next(&mut self, now: Time, page: Page) -> Time {
        // A page asks at most once at any moment.
        let pause = self.policy.every.draw_span(&mut self.dice).max(Span(1));
        (now + pause).min(page.closes)
    }

    /// The version of a page that asks, and when it is due again; `None` once it is closed.
    fn due(&mut self, now: Time, handle: Handle) -> Option<(u16, Time)> {
        let page = *self.open.get(handle)?;
        if page.closes > now {
            return Some((page.version, self.next(now, page)));
        }
        self.open.remove(handle);
        self.count -= 1;
        self.old -= u32::from(page.version != self.version);
        None
    }

    fn release(&mut self) -> u32 {
        // A run has fewer faults than there are versions.
        self.version = (self.version + 1).min(Traits::UNDECIDED - 1);
        self.old = self.count;
        self.old
    }
}

impl<W: Wire> Engine<W> {
    pub(super) fn open_page(&mut self, client: usize, version: u16) {
        let Some(pages) = &mut self.populations[client].pages else { return };
        let (page, at) = pages.open(self.now, version);
        self.queue.push(at, Event::Page(client as u32, page));
        self.tell_sessions(client);
    }

    pub(super) fn page_due(&mut self, client: usize, page: Handle) {
        let Some(pages) = &mut self.populations[client].pages else { return };
        let Some((version, next)) = pages.due(self.now, page) else { return self.tell_sessions(client) };
        self.queue.push(next, Event::Page(client as u32, page));
        self.ask_anew(client, Owner::user(client), version, self.now);
    }

    /// From now on a new version is loaded; the pages that are open stay what they are.
    pub(super) fn release(&mut self, client: usize, fault: FaultId) {
        let Some(pages) = &mut self.populations[client].pages else { return };
        let old = pages.release();
        self.recorder.touched(fault, "open pages that are old now", u64::from(old));
        self.tell_sessions(client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dist;

    #[test]
    fn pages_keep_their_version_until_they_are_closed() {
        let seconds = |s: u64| Time::ZERO + Span::from_secs(s);
        let policy = Pages { age: Dist::Constant(25.0), every: Dist::Constant(10.0) };
        let mut pages = OpenPages::new(&policy, Dice::named(1, "pages"));
        let (first, due) = pages.open(seconds(0), 0);
        assert_eq!((due, pages.counts()), (seconds(10), (1, 0)));
        assert_eq!(pages.due(seconds(10), first), Some((0, seconds(20))));
        assert_eq!(pages.release(), 1);
        let (second, _) = pages.open(seconds(12), 1);
        assert_eq!(pages.counts(), (2, 1));
        assert_eq!(pages.due(seconds(20), first), Some((0, seconds(25))));
        assert_eq!(pages.due(seconds(25), first), None);
        assert_eq!((pages.counts(), pages.due(seconds(25), first)), ((1, 0), None));
        assert_eq!(pages.due(seconds(22), second), Some((1, seconds(32))));
    }
}
