//! Users: when they ask, for what, and what they do with the answer. It never knows what they ask: that is the called service's.
//!
//! A user who pauses (thinks, waits for a turn, is about to reload) is a call that nobody has tried yet. Each request gets a handle of
//! its own, so that late answers and timers of the one before are not taken for this one's.

use super::call::{Call, Owner};
use super::deadline;
use super::keys::KeySampler;
use super::pacer::Pacer;
use super::pages::OpenPages;
use super::queue::{EventQueue, Lane};
use super::share::Share;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{ClientId, Engine, Event, Outcome};
use crate::base::{Dice, FaultId, Lot, MeterId, Span, Time};
use crate::plan::expectation::Subject;
use crate::plan::{Arrivals, Client, Effect, Plan};

/// Users draw what they ask for when they ask.
pub(super) const NOTHING_YET: Traits = Traits::of_key(0);

pub struct Population {
    pub pacer: Option<Pacer>,
    pub pages: Option<OpenPages>,
    /// Sessions that a herd holds now.
    pub connected: u32,
    /// Where its next arrival waits.
    lane: Lane,
    class: u8,
    writes: f64,
    write_dice: Dice,
    /// Users of a closed loop who go home when they come back next time: the population has shrunk.
    pub leaving: u32,
    /// For pauses: thoughts, turns, retries of a herd.
    pub pause_dice: Dice,
    /// What the lots of requests follow from, and how many there have been.
    lot: Lot,
    asked: u64,
    /// The part of it that is played here.
    share: Share,
    keys: Option<KeySampler>,
    reload_dice: Dice,
    /// Sessions or open pages; the share of clients that are connected; the share of pages that are old.
    meters: [MeterId; 3],
}

impl Population {
    pub fn new((client, id): (&Client, ClientId), share: Share, plan: &Plan, queue: &mut EventQueue) -> Population {
        let name = |purpose: &str| format!("{purpose}/{}", client.name);
        // All parts of an open loop read one script; members of closed loops draw for themselves.
        let is_script = matches!(client.arrivals, Arrivals::Open { .. } | Arrivals::Trace(_));
        let common = |purpose: &str| if is_script { name(purpose) } else { share.own(name(purpose)) };
        let dice = |purpose: &str| Dice::named(plan.seed, &common(purpose));
        let own_dice = |purpose: &str| Dice::named(plan.seed, &share.own(name(purpose)));
        let pacer = Pacer::new(&client.arrivals, dice("arrivals"));
        Population {
            lane: if pacer.is_some() { queue.sequence() } else { Lane::Heap(Span::ZERO) },
            pacer,
            pages: client.pages.as_ref().map(|pages| OpenPages::new(pages, dice("pages"))),
            connected: 0,
            leaving: 0,
            pause_dice: own_dice("think"),
            lot: Lot::named(plan.seed, &common("requests")),
            share,
            asked: 0,
            keys: client.keys.map(|keys| KeySampler::new(keys, dice("keys"))),
            class: client.class,
            writes: client.writes,
            write_dice: dice("writes"),
            reload_dice: own_dice("reload"),
            meters: ["sessions", "connected", "old"].map(|name| plan.meter(Subject::Client(id.0), name)),
        }
    }

    /// From now on the population is as this entry says.
    pub fn reconfigure(&mut self, client: &Client, now: Time) {
        if let Some(pacer) = &mut self.pacer {
            pacer.reconfigure(&client.arrivals, now);
        }
        (self.class, self.writes) = (client.class, client.writes);
        if let (Some(sampler), Some(keys)) = (&mut self.keys, client.keys) {
            sampler.reconfigure(keys);
        }
        if let (Some(open), Some(pages)) = (&mut self.pages, &client.pages) {
            open.reconfigure(pages);
        }
    }

    /// What the next request is.
    fn draw_traits(&mut self) -> Traits {
        let key = self.keys.as_mut().map_or(0, KeySampler::draw);
        let write = self.writes > 0.0 && self.write_dice.chance(self.writes);
        self.asked += 1;
        Traits { class: self.class, write, lot: self.lot.follow(Lot::NONE, self.asked), ..Traits::of_key(key) }
    }

    /// A page is of the version of whoever gives it; what is no page is of none.
    fn version(&self) -> u16 {
        if self.pages.is_some() { Traits::UNDECIDED } else { Traits::ANY }
    }

    /// A moment drawn evenly from a stretch of time; no draw if there is no stretch.
    pub fn within(&mut self, stretch: Span) -> Span {
        if stretch == Span::ZERO { Span::ZERO } else { stretch.mul_f64(self.pause_dice.unit()) }
    }
}

impl<W: Wire> Engine<W> {
    pub(super) fn begin_populations(&mut self) {
        let plan = self.plan.clone();
        for (index, client) in plan.clients.iter().enumerate() {
            match &client.arrivals {
                Arrivals::Open { .. } | Arrivals::Trace(_) => self.schedule_arrival(index),
                Arrivals::Closed { users, start, .. } => {
                    (0..self.share.part(*users)).for_each(|_| self.join(index, *start));
                }
                Arrivals::Herd(herd) => (0..herd.clients).for_each(|_| self.connect(index)),
                Arrivals::Fleet(fleet) => self.begin_fleet(index, fleet),
            }
        }
    }

    /// One more user of a closed loop, who thinks first, or begins within this time.
    pub(super) fn join(&mut self, client: usize, within: Option<Span>) {
        let Arrivals::Closed { think, .. } = &self.plan.clients[client].arrivals else { return };
        let population = &mut self.populations[client];
        let wait = match within {
            Some(within) => population.within(within),
            None => think.draw_span(&mut population.pause_dice),
        };
        self.comes_later(client, Owner::user(client), NOTHING_YET, wait);
    }

    /// A user who will ask after a pause.
    pub(super) fn comes_later(&mut self, client: usize, owner: Owner, traits: Traits, pause: Span) {
        let call = self.calls.insert(Call::new(self.plan.clients[client].edge, owner, traits, Handle::NONE));
        self.queue.push(self.now + pause, Event::Return(call));
    }

    /// Puts the next open-loop request of a client into the event queue.
    pub(super) fn schedule_arrival(&mut self, client: usize) {
        let due = self.populations[client].pacer.as_ref().and_then(Pacer::due);
        if let Some(due) = due.filter(|due| *due < self.plan.length) {
            self.queue.push_next(self.populations[client].lane, due, Event::Arrival(client as u32));
        }
    }

    pub(super) fn open_arrival(&mut self, client: usize) {
        let population = &mut self.populations[client];
        let Some(pacer) = &mut population.pacer else { return };
        // A surge may have moved the next request: then this event is an old one.
        let Some(due) = pacer.due().filter(|due| *due <= self.now) else { return };
        pacer.sent(due);
        if !population.share.has(population.asked) {
            // Somebody else sends it; what it is was drawn from the same script.
            population.draw_traits();
            return self.schedule_arrival(client);
        }
        for fault in pacer.surging() {
            self.recorder.touched(fault, "requests sent in the surge", 1);
        }
        let mut owner = Owner::user(client);
        if let Owner::User { opens, .. } = &mut owner {
            *opens = population.pages.is_some();
        }
        let version = population.version();
        self.ask_anew(client, owner, version, due);
        self.schedule_arrival(client);
    }

    /// A request of a user who was not waiting to make it, as this version of a page.
    pub(super) fn ask_anew(&mut self, client: usize, owner: Owner, version: u16, intended: Time) {
        let traits = Traits { version, ..self.populations[client].draw_traits() };
        let call = self.new_call(self.plan.clients[client].edge, owner, traits, Handle::NONE, 0);
        self.ask(call, client, intended, true);
    }

    /// A pause is over: the user asks. Somebody who tries again wants what was wanted before.
    pub(super) fn user_returns(&mut self, handle: Handle) {
        let Some(call) = self.calls.get_mut(handle) else { return };
        match call.owner {
            Owner::User { client, tried, opens, .. } => {
                let (client, edge) = (client as usize, call.edge);
                let population = &mut self.populations[client];
                if population.leaving > 0 {
                    population.leaving -= 1;
                    self.calls.remove(handle);
                    return;
                }
                if tried == 0 {
                    call.traits = population.draw_traits();
                    let link = &self.links[edge.index()];
                    call.traits.class = link.class.unwrap_or(call.traits.class);
                    call.traits.write |= link.write;
                }
                if tried > 0 {
                    call.traits.lot = call.traits.lot.follow(Lot::NONE, u64::from(tried));
                }
                if opens {
                    call.traits.version = population.version();
                }
                self.count_call(edge);
                self.ask(handle, client, self.now, tried == 0);
            }
            Owner::Session { .. } => self.session_lost(handle),
            Owner::Frame(_) | Owner::Flight { .. } | Owner::Twin(_) | Owner::Nobody | Owner::Message { .. } => {}
        }
    }

    fn ask(&mut self, handle: Handle, client: usize, intended: Time, fresh: bool) {
        let cell = if W::CARRIES { self.recorder.cell_at(intended) } else { self.cell };
        let Some(call) = self.calls.get_mut(handle) else { return };
        if let Owner::User { intended: at, cell: of, .. } = &mut call.owner {
            (*at, *of) = (intended, cell as u32);
        }
        call.traits.deadline = deadline::of_call(self.links[call.edge.index()].deadline, self.now, Time::MAX);
        self.recorder.offered(ClientId::from(client), cell, fresh);
        self.recorder.sent(ClientId::from(client), cell);
        self.attempt(handle);
    }

    pub(super) fn user_answered(&mut self, handle: Handle, client: usize, outcome: Outcome) {
        let Some((owner, traits)) = self.calls.get(handle).map(|call| (call.owner, call.traits)) else { return };
        let Owner::User { intended, cell, tried, opens, .. } = owner else { return };
        let latency = self.now.since(intended);
        self.recorder.answered(ClientId::from(client), cell as usize, self.cell, outcome, latency);
        self.calls.remove(handle);
        match &self.plan.clients[client].arrivals {
            Arrivals::Closed { think, .. } => {
                let wait = think.draw_span(&mut self.populations[client].pause_dice);
                self.comes_later(client, Owner::user(client), NOTHING_YET, wait);
            }
            Arrivals::Herd(_) => self.herd_answered(client, (tried, traits), outcome),
            Arrivals::Fleet(_) => self.fleet_answered(client, (tried, traits, intended), outcome),
            Arrivals::Open { .. } | Arrivals::Trace(_) if outcome.is_failure() => {
                self.maybe_reload(client, owner, traits)
            }
            Arrivals::Open { .. } | Arrivals::Trace(_) if opens => self.open_page(client, traits.version),
            Arrivals::Open { .. } | Arrivals::Trace(_) => {}
        }
    }

    fn maybe_reload(&mut self, client: usize, mut owner: Owner, traits: Traits) {
        let (Owner::User { tried, .. }, Some(reload)) = (&mut owner, &self.plan.clients[client].reload) else { return };
        let dice = &mut self.populations[client].reload_dice;
        if *tried < reload.limit && dice.chance(reload.chance) {
            *tried += 1;
            let wait = reload.after.draw_span(dice);
            self.comes_later(client, owner, traits, wait);
        }
    }

    /// Writes down how many sessions or pages there are now.
    pub(super) fn tell_sessions(&mut self, client: usize) {
        let population = &self.populations[client];
        let [sessions, connected, old] = population.meters;
        let share = |part: u32, whole: u32| if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) };
        if let Arrivals::Herd(herd) = &self.plan.clients[client].arrivals {
            self.meters.set(sessions, self.now, f64::from(population.connected));
            self.meters.set(connected, self.now, share(population.connected, herd.clients));
        }
        if let Some((open, outdated)) = population.pages.as_ref().map(OpenPages::counts) {
            self.meters.set(sessions, self.now, f64::from(open));
            self.meters.set(old, self.now, share(outdated, open));
        }
    }

    /// The script of arrivals changes when the step was due, and not when it is played: in the live world that may be a little later, and each
    /// of several processes is late by its own measure.
    pub(super) fn step_on_client(&mut self, id: ClientId, (at, on): (Time, bool), fault: FaultId, effect: &Effect) {
        let client = id.index();
        match effect {
            Effect::Surge { rate, factor } => {
                let Some(pacer) = &mut self.populations[client].pacer else { return };
                match on {
                    true => pacer.begin_surge(at, fault, *rate, *factor),
                    false => pacer.end_surge(at, fault),
                }
                self.schedule_arrival(client);
            }
            Effect::Wake { share, within } => self.wake(client, fault, *share, *within),
            Effect::Release => self.release(client, fault),
            // `Disconnect` was carried out with everything else that breaks sessions.
            _ => {}
        }
    }
}

impl Owner {
    /// A user who has not asked yet.
    pub(super) fn user(client: usize) -> Owner {
        Owner::User { client: client as u32, intended: Time::ZERO, cell: 0, tried: 0, opens: false }
    }
}
