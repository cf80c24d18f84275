//! New entries of the Plan in the middle of a run: a service, an edge or a client is from now on as a patch says. What is under way
//! keeps the length it was drawn with; everything that is decided later is decided by the new values.

use super::balance::Balancer;
use super::gate::Gate;
use super::reach::Reach;
use super::wire::Wire;
use super::{Engine, ServiceId, Soon, Target};
use crate::base::{ClientId, Dice, EdgeId, Time};
use crate::plan::{Arrivals, Client, Edge, Patch, Role, Service};
use std::sync::Arc;

impl<W: Wire> Engine<W> {
    /// `at`: when this was due, which a world whose clock does not wait may be past.
    pub(super) fn set(&mut self, at: Time, target: Target, patch: &Patch) {
        match (target, patch) {
            (Target::Service { id, .. }, Patch::Service(service)) => {
                let service = self.with_controlled(id, service);
                self.set_service(id, &service);
            }
            (Target::Edge(id), Patch::Edge(edge)) => {
                let edge = self.with_controlled_edge(id, edge);
                self.set_edge(id, &edge);
            }
            (Target::Client(id), Patch::Client(client)) => self.set_client(at, id, client),
            (target, patch) => {
                unreachable!("{patch:?} is no entry for {target:?}; the compiler never makes such a step")
            }
        }
    }

    pub(super) fn set_service(&mut self, id: ServiceId, service: &Service) {
        let before = std::mem::replace(&mut Arc::make_mut(&mut self.plan).services[id.index()], service.clone());
        let known = self.nodes[id.index()].replicas.len() as u32;
        self.nodes[id.index()].reconfigure(service, self.given.seed, self.now);
        self.reshape(id, &before.queue.order, service);
        (known..service.replicas).for_each(|replica| self.begin_checks_of(id.index(), replica, service.replicas));
        self.tell_replicas(id);
        self.retune_doors(id);
        self.look_at_service(id.index());
        if let Role::Broker(spec) = &service.role {
            self.reconfigure_broker(id.index(), spec);
        }
        if let Some(spec) = &service.volume {
            self.reconfigure_disk(id.index(), spec);
        }
        self.all_hand_out();
        for replica in 0..self.nodes[id.index()].replicas.len() as u32 {
            self.soon.push_back(Soon::TakeNext(id, replica));
        }
    }

    /// Writes down how many replicas of a service are in rotation.
    pub(super) fn tell_replicas(&mut self, id: ServiceId) {
        let node = &self.nodes[id.index()];
        let asked = node.balancer.as_ref().map_or(node.active, Balancer::in_rotation);
        self.meters.set(node.replicas_meter, self.now, f64::from(asked));
    }

    fn set_edge(&mut self, id: EdgeId, edge: &Edge) {
        Arc::make_mut(&mut self.plan).edges[id.index()] = edge.clone();
        let measured = self.links[id.index()].measures_attempts();
        self.links[id.index()].reconfigure(edge, &mut self.queue);
        let reach = self.links[id.index()].reach.take();
        self.links[id.index()].reach = Reach::after(reach, edge, self.given.seed, self.now);
        self.retune_door(id);
        let (seed, name) = (self.plan.seed, &edge.name);
        match &mut self.links[id.index()].gate {
            Some(gate) => gate.reconfigure(edge, || Dice::named(seed, &format!("pool/{name}")), &mut self.queue),
            none => *none = Gate::new(&self.plan, id.index(), &mut self.queue),
        }
        if !measured && self.links[id.index()].measures_attempts() {
            self.measure_from_now(id);
        }
        self.look_at_edge(id);
        self.serve_line(id);
    }

    /// Nobody wrote down when the attempts under way on an edge were begun: for those who want to know it now, it was now.
    fn measure_from_now(&mut self, id: EdgeId) {
        let under_way = self.calls.iter().filter(|(_, call)| call.edge == id && call.in_flight);
        for handle in under_way.map(|(handle, _)| handle).collect::<Vec<_>>() {
            self.calls.beside_mut(handle).begun = self.now;
        }
    }

    fn set_client(&mut self, at: Time, id: ClientId, client: &Client) {
        let before = std::mem::replace(&mut Arc::make_mut(&mut self.plan).clients[id.index()], client.clone());
        self.populations[id.index()].reconfigure(client, at);
        match (&before.arrivals, &client.arrivals) {
            (Arrivals::Closed { users: before, .. }, Arrivals::Closed { users, .. }) => {
                let (before, users) = (self.share.part(*before), self.share.part(*users));
                let more = users.saturating_sub(before);
                self.populations[id.index()].leaving += before.saturating_sub(users);
                (0..more).for_each(|_| self.join(id.index(), None));
            }
            _ => self.schedule_arrival(id.index()),
        }
    }
}
