//! A herd at run time: clients that hold a session with the service they call, lose it, and call until they have one again. What a
//! session is good for is not modelled; it costs nothing while it lasts.

use super::call::{Call, Owner};
use super::clients::NOTHING_YET;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{Engine, Event, Outcome, Target, retry};
use crate::base::{EdgeId, FaultId, ServiceId, Span};
use crate::plan::{Arrivals, Effect, Pause, Replicas, Step};

impl<W: Wire> Engine<W> {
    /// A client has its session.
    pub(super) fn connect(&mut self, client: usize) {
        let Arrivals::Herd(herd) = &self.plan.clients[client].arrivals else { return };
        let owner = Owner::Session { client: client as u32 };
        let session = self.calls.insert(Call::new(self.plan.clients[client].edge, owner, NOTHING_YET, Handle::NONE));
        let population = &mut self.populations[client];
        population.connected += 1;
        if let Some(life) = &herd.life {
            let life = life.draw_span(&mut population.pause_dice);
            self.queue.push(self.now + life, Event::Return(session));
        }
        self.tell_sessions(client);
    }

    /// A session is over: its client calls for another one.
    pub(super) fn session_lost(&mut self, session: Handle) {
        let Some(Owner::Session { client }) = self.calls.get(session).map(|call| call.owner) else { return };
        let client = client as usize;
        let Arrivals::Herd(herd) = &self.plan.clients[client].arrivals else { return };
        self.calls.remove(session);
        let population = &mut self.populations[client];
        population.connected -= 1;
        let wait = population.within(herd.spread);
        self.comes_later(client, Owner::user(client), NOTHING_YET, wait);
        self.tell_sessions(client);
    }

    pub(super) fn herd_answered(&mut self, client: usize, (tried, traits): (u32, Traits), outcome: Outcome) {
        if !outcome.is_failure() {
            return self.connect(client);
        }
        let Arrivals::Herd(herd) = &self.plan.clients[client].arrivals else { return };
        let tries = tried.saturating_add(1);
        let dice = &mut self.populations[client].pause_dice;
        let wait = match &herd.retry {
            Pause::Drawn(dist) => dist.draw_span(dice),
            Pause::Growing(backoff) => retry::pause(backoff, tries, Span::ZERO, dice),
        };
        self.comes_later(client, Owner::again(client, tries), traits, wait);
    }

    /// What a step of the schedule does to sessions: a crash takes those with it that the replicas hold, a reset and a lossy cut
    /// break those on their edge, a disconnect breaks a share of them all. Sessions lie evenly on the replicas that are up.
    pub(super) fn break_sessions(&mut self, step: &Step) {
        let (effect, which) = step.effect.split();
        match (step.target, effect, step.on) {
            (Target::Client(client), Effect::Disconnect { share }, true) => {
                self.break_share(client.index(), step.fault, *share);
            }
            (Target::Service { id, replicas }, Effect::Down | Effect::PowerCut, true) => {
                let share = self.share_held_by(id, replicas);
                self.break_where(step.fault, share, |engine, edge| engine.plan.edge(edge).to == id);
            }
            (Target::Edge(edge), Effect::Reset { chance }, true) => {
                self.break_where(step.fault, chance * which.share, |_, of| of == edge);
            }
            (Target::Edge(edge), Effect::Cut { lose: true, .. }, false) => {
                self.break_where(step.fault, which.share, |_, of| of == edge);
            }
            _ => {}
        }
    }

    /// The share of the replicas that are up which are among these.
    fn share_held_by(&self, service: ServiceId, replicas: Replicas) -> f64 {
        let node = &self.nodes[service.index()];
        let up = || node.replicas.iter().zip(0..node.active).filter(|(replica, _)| replica.down.is_empty());
        match up().count() {
            0 => 0.0,
            alive => up().filter(|(_, number)| replicas.contains(*number)).count() as f64 / alive as f64,
        }
    }

    fn break_where(&mut self, fault: FaultId, share: f64, on_edge: impl Fn(&Self, EdgeId) -> bool) {
        for client in 0..self.populations.len() {
            if self.populations[client].connected > 0 && on_edge(self, self.plan.clients[client].edge) {
                self.break_share(client, fault, share);
            }
        }
    }

    /// This share of a herd's sessions is lost at this moment.
    fn break_share(&mut self, client: usize, fault: FaultId, share: f64) {
        let of_client = |call: &Call| matches!(call.owner, Owner::Session { client: of } if of as usize == client);
        let held = self.calls.iter().filter(|(_, call)| of_client(call)).map(|(session, _)| session);
        let dice = &mut self.fault_dice[fault.index()];
        let lost: Vec<Handle> = held.filter(|_| share >= 1.0 || dice.chance(share)).collect();
        self.recorder.touched(fault, "sessions lost", lost.len() as u64);
        for session in lost {
            self.session_lost(session);
        }
    }
}

impl Owner {
    /// A user who tries again after this many failures in a row.
    pub(super) fn again(client: usize, tries: u32) -> Owner {
        let mut owner = Owner::user(client);
        if let Owner::User { tried, .. } = &mut owner {
            *tried = tries;
        }
        owner
    }
}
