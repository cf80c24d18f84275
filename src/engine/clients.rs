//! Users: when they ask, for what, and what they do after a failure.

use super::calls::Owner;
use super::keys::KeySampler;
use super::pacer::Pacer;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{ClientId, Engine, Event, Outcome};
use crate::base::{Dice, Time};
use crate::plan::{Arrivals, Client};

pub struct Population {
    pub pacer: Option<Pacer>,
    keys: Option<KeySampler>,
    reload_dice: Dice,
    think_dice: Dice,
    /// Users of a closed loop who go home when they come back next time: the population has shrunk.
    pub leaving: u32,
}

impl Population {
    pub fn new(client: &Client, seed: u64) -> Population {
        let dice = |purpose: &str| Dice::named(seed, &format!("{purpose}/{}", client.name));
        Population {
            pacer: Pacer::new(&client.arrivals, dice("arrivals")),
            keys: client.keys.map(|keys| KeySampler::new(keys, dice("keys"))),
            reload_dice: dice("reload"),
            think_dice: dice("think"),
            leaving: 0,
        }
    }

    /// From now on the population is as this entry says.
    pub fn reconfigure(&mut self, client: &Client, now: Time) {
        if let Some(pacer) = &mut self.pacer {
            pacer.reconfigure(&client.arrivals, now);
        }
        if let (Some(sampler), Some(keys)) = (&mut self.keys, client.keys) {
            sampler.reconfigure(keys);
        }
    }

    fn draw_key(&mut self) -> u32 {
        self.keys.as_mut().map_or(0, KeySampler::draw)
    }
}

impl<W: Wire> Engine<W> {
    pub(super) fn begin_populations(&mut self) {
        let plan = self.plan.clone();
        for (index, client) in plan.clients.iter().enumerate() {
            match &client.arrivals {
                Arrivals::Closed { users, .. } => (0..*users).for_each(|_| self.join(index)),
                Arrivals::Open { .. } | Arrivals::Trace(_) => self.schedule_arrival(index),
            }
        }
    }

    /// One more user of a closed loop, who thinks first.
    pub(super) fn join(&mut self, client: usize) {
        let plan = self.plan.clone();
        let Arrivals::Closed { think, .. } = &plan.clients[client].arrivals else { return };
        let edge = plan.clients[client].edge;
        let call = self.new_call(edge, Owner::user(client, 0), Traits::of_key(0), Handle::NONE);
        // It has not asked for anything yet.
        self.links[edge.index()].cell.calls -= 1;
        let wait = think.draw_span(&mut self.populations[client].think_dice);
        self.queue.push(self.now + wait, Event::Return(call));
    }

    /// Puts the next open-loop request of a client into the event queue.
    pub(super) fn schedule_arrival(&mut self, client: usize) {
        let due = self.populations[client].pacer.as_ref().and_then(Pacer::due);
        if let Some(due) = due.filter(|due| *due < self.plan.length) {
            self.queue.push(due, Event::Arrival(client as u32));
        }
    }

    pub(super) fn open_arrival(&mut self, client: usize) {
        let population = &mut self.populations[client];
        let Some(pacer) = &mut population.pacer else { return };
        // A surge may have moved the next request: then this event is an old one.
        let Some(due) = pacer.due().filter(|due| *due <= self.now) else { return };
        pacer.sent(due);
        for fault in pacer.surging() {
            self.recorder.touched(fault, "requests sent in the surge", 1);
        }
        let traits = Traits::of_key(population.draw_key());
        let limit = self.plan.clients[client].reload.as_ref().map_or(0, |reload| reload.limit);
        let edge = self.plan.clients[client].edge;
        let call = self.new_call(edge, Owner::user(client, limit), traits, Handle::NONE);
        self.ask(call, client, due, true);
        self.schedule_arrival(client);
    }

    /// A user comes back: reloads after a failure, or has finished thinking.
    pub(super) fn user_returns(&mut self, handle: Handle) {
        let Some((Owner::User { client, reloads_left, .. }, traits)) =
            self.calls.get(handle).map(|call| (call.owner, call.traits))
        else {
            return;
        };
        // A handle of its own for each request: late answers and timers of the one before must not be taken for this one's.
        self.calls.remove(handle);
        let client = client as usize;
        let closed = self.populations[client].pacer.is_none();
        if closed && self.populations[client].leaving > 0 {
            self.populations[client].leaving -= 1;
            return;
        }
        let traits = if closed { Traits::of_key(self.populations[client].draw_key()) } else { traits };
        let edge = self.plan.clients[client].edge;
        let call = self.new_call(edge, Owner::user(client, reloads_left), traits, Handle::NONE);
        self.ask(call, client, self.now, closed);
    }

    fn ask(&mut self, handle: Handle, client: usize, intended: Time, fresh: bool) {
        let cell = if W::CARRIES { self.recorder.cell_at(intended) } else { self.cell };
        let Some(call) = self.calls.get_mut(handle) else { return };
        if let Owner::User { intended: at, cell: of, .. } = &mut call.owner {
            (*at, *of) = (intended, cell as u32);
        }
        self.recorder.offered(ClientId::from(client), cell, fresh);
        self.recorder.sent(ClientId::from(client), cell);
        self.attempt(handle);
    }

    pub(super) fn user_answered(
        &mut self,
        handle: Handle,
        client: usize,
        (intended, cell): (Time, u32),
        reloads_left: u32,
        outcome: Outcome,
    ) {
        let latency = self.now.since(intended);
        self.recorder.answered(ClientId::from(client), cell as usize, self.cell, outcome, latency);
        let plan = &self.plan.clients[client];
        let population = &mut self.populations[client];
        if let Arrivals::Closed { think, .. } = &plan.arrivals {
            let wait = think.draw_span(&mut population.think_dice);
            self.queue.push(self.now + wait, Event::Return(handle));
            return;
        }
        if let Some(reload) = &plan.reload
            && outcome.is_failure()
            && reloads_left > 0
            && population.reload_dice.chance(reload.chance)
        {
            let wait = reload.after.draw_span(&mut population.reload_dice);
            if let Some(Owner::User { reloads_left, .. }) = self.calls.get_mut(handle).map(|call| &mut call.owner) {
                *reloads_left -= 1;
            }
            self.queue.push(self.now + wait, Event::Return(handle));
            return;
        }
        self.calls.remove(handle);
    }
}

impl Owner {
    fn user(client: usize, reloads_left: u32) -> Owner {
        Owner::User { client: client as u32, intended: Time::ZERO, cell: 0, reloads_left }
    }
}
