//! Where calls come from and go to: the zones of callers and of replicas, what messages take between them, and which of them cannot
//! reach each other. Which replica is asked is the balancer's choice.

use super::call::Owner;
use super::eject::ANY;
use super::frame::Origin;
use super::links::Held;
use super::slab::Handle;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome, Soon};
use crate::base::{Dist, ErrorKind, FaultId, ServiceId, Span};
use crate::plan::zones::ZoneSet;
use crate::plan::{Edge, Effect, Party, Plan, Target, Ways};

/// The zones of a Plan by number.
pub struct Zones {
    services: Vec<Vec<u8>>,
    clients: Vec<Option<u8>>,
    count: usize,
    /// What a message takes, by where it comes from and where it goes.
    latency: Vec<Option<Dist>>,
    cuts: Vec<Cut>,
    /// What faults add: from where, to where, and how much.
    detours: Vec<(FaultId, ZoneSet, ZoneSet, Dist)>,
}

#[derive(Clone, Copy, Debug)]
struct Cut {
    fault: FaultId,
    from: ZoneSet,
    to: ZoneSet,
    both: bool,
    lose: bool,
}

impl Held {
    fn call(&self) -> Handle {
        match self {
            Held::Request(transit) => transit.call,
            Held::Response(call, ..) => *call,
        }
    }
}

/// Does it matter to an edge in which zones its two ends are?
pub fn is_zoned(plan: &Plan, edge: &Edge) -> bool {
    let known = match edge.from {
        Party::Client(id) => plan.client(id).zone.is_some(),
        Party::Service(id) => !plan.service(id).zones.is_empty(),
    };
    let is_parted = || plan.schedule.iter().any(|step| matches!(step.target, Target::Zones { .. }));
    known && !plan.service(edge.to).zones.is_empty() && (!plan.zones.paths.is_empty() || is_parted())
}

impl Zones {
    pub fn new(plan: &Plan) -> Zones {
        let count = plan.zones.names.len();
        let number = |name: &String| plan.zones.names.iter().position(|zone| zone == name).map(|zone| zone as u8);
        let mut latency = vec![None; count * count];
        for path in &plan.zones.paths {
            for (at, slot) in latency.iter_mut().enumerate() {
                if path.from.contains((at / count) as u8) && path.to.contains((at % count) as u8) {
                    *slot = Some(path.latency.clone());
                }
            }
        }
        Zones {
            services: plan.services.iter().map(|of| of.zones.iter().filter_map(number).collect()).collect(),
            clients: plan.clients.iter().map(|client| client.zone.as_ref().and_then(number)).collect(),
            count,
            latency,
            cuts: Vec::new(),
            detours: Vec::new(),
        }
    }

    /// Zones are dealt to replicas in turn.
    fn of_replica(&self, service: ServiceId, replica: u32) -> Option<u8> {
        let zones = &self.services[service.index()];
        zones.get(replica as usize % zones.len().max(1)).copied()
    }

    fn cut(&self, from: u8, to: u8) -> Option<FaultId> {
        self.cuts.iter().find(|cut| cut.parts(from, to)).map(|cut| cut.fault)
    }

    /// What the path of a message takes.
    fn path(&self, from: u8, to: u8) -> Option<&Dist> {
        self.latency[usize::from(from) * self.count + usize::from(to)].as_ref()
    }
}

impl Cut {
    fn parts(&self, from: u8, to: u8) -> bool {
        let forth = self.from.contains(from) && self.to.contains(to);
        forth || self.both && self.from.contains(to) && self.to.contains(from)
    }
}

impl<W: Wire> Engine<W> {
    /// Chooses the replica that an attempt goes to, where that is done by the caller or must be known before it is sent.
    pub(super) fn take_aim(&mut self, handle: Handle) {
        let Some(call) = self.calls.get(handle) else { return };
        let (edge, attempt, traits) = (call.edge, call.attempt, call.traits);
        if call.owner.message().is_some() {
            return;
        }
        self.calls.beside_mut(handle).aimed = ANY;
        let aimed = match self.links[edge.index()].ejector {
            Some(_) => self.aim(edge, traits.key),
            None if W::CARRIES => ANY,
            None => {
                let origin = Origin { parent: handle, attempt, traits, token: None };
                self.choose_replica(self.plan.edge(edge).to.index(), &origin).unwrap_or(ANY)
            }
        };
        if aimed != ANY {
            self.calls.beside_mut(handle).aimed = aimed;
        }
    }

    /// The number, among the zones of the called service, of the zone that a request comes from.
    pub(super) fn zone_of_caller(&self, index: usize, origin: &Origin) -> Option<u32> {
        let there = &self.zones.services[index];
        if there.is_empty() {
            return None;
        }
        let from = self.zone_of(self.calls.get(origin.parent)?.owner)?;
        there.iter().position(|zone| *zone == from).map(|zone| zone as u32)
    }

    fn zone_of(&self, owner: Owner) -> Option<u8> {
        match owner {
            Owner::User { client, .. } | Owner::Session { client } => self.zones.clients[client as usize],
            Owner::Frame(above) => {
                let above = self.frames.get(above)?;
                self.zones.of_replica(ServiceId(above.service), above.replica)
            }
            Owner::Twin(first) => match self.calls.get(first)?.owner {
                Owner::Twin(_) => None,
                owner => self.zone_of(owner),
            },
            Owner::Message { broker, .. } => {
                let exchange = self.nodes[broker as usize].exchange.as_ref()?;
                self.zones.of_replica(ServiceId(broker), exchange.broker.copies.leader()?)
            }
            // Nobody knows who began it.
            Owner::Flight { .. } | Owner::Nobody => None,
        }
    }

    /// The zones of the caller and of the replica that a call is aimed at.
    fn ends_of(&self, of: Handle) -> Option<(u8, u8)> {
        let call = self.calls.get(of)?;
        let to = self.plan.edge(call.edge).to;
        let aimed = self.calls.beside(of).aimed;
        let to = if aimed == ANY { None } else { self.zones.of_replica(to, aimed) };
        Some((self.zone_of(call.owner)?, to?))
    }

    /// What a message takes for where it goes; `None`: nothing passes there.
    pub(super) fn cross_zones(&mut self, edge: EdgeId, call: Handle, is_answer: bool) -> Option<Span> {
        let Some((from, to)) = self.ends_of(call) else { return Some(Span::ZERO) };
        let (from, to) = if is_answer { (to, from) } else { (from, to) };
        if let Some(fault) = self.zones.cut(from, to) {
            self.recorder.touched(fault, "messages held", 1);
            return None;
        }
        let dice = &mut self.links[edge.index()].latency_dice;
        let mut takes = self.zones.path(from, to).map_or(Span::ZERO, |path| path.draw_span(dice));
        for (fault, _, _, by) in self.zones.detours.iter().filter(|on| on.1.contains(from) && on.2.contains(to)) {
            takes = takes + by.draw_span(&mut self.fault_dice[fault.index()]);
            self.recorder.touched(*fault, "messages delayed", 1);
        }
        Some(takes)
    }

    /// Zones can or cannot reach each other from now on, or only by a longer way.
    pub(super) fn step_on_zones(&mut self, on: bool, (from, to): (ZoneSet, ZoneSet), fault: FaultId, effect: &Effect) {
        match effect {
            Effect::Cut { lose, ways } if on => {
                self.zones.cuts.push(Cut { fault, from, to, both: *ways == Ways::Both, lose: *lose });
            }
            Effect::Cut { .. } => self.rejoin_zones(fault),
            Effect::Delay { by, .. } if on => self.zones.detours.push((fault, from, to, by.clone())),
            _ => self.zones.detours.retain(|(of, ..)| *of != fault),
        }
    }

    fn rejoin_zones(&mut self, fault: FaultId) {
        let healed: Vec<Cut> = self.zones.cuts.iter().filter(|cut| cut.fault == fault).copied().collect();
        self.zones.cuts.retain(|cut| cut.fault != fault);
        for cut in healed.iter().filter(|cut| cut.lose) {
            self.break_across(*cut);
        }
        for index in 0..self.links.len() {
            if self.links[index].zoned {
                self.let_go(EdgeId::from(index));
            }
        }
    }

    /// The connections between parted zones are closed, and what was held on them is lost.
    fn break_across(&mut self, cut: Cut) {
        let crosses = |engine: &Self, call: Handle| {
            engine.ends_of(call).is_some_and(|(from, to)| cut.parts(from, to) || cut.parts(to, from))
        };
        let under_way = self.calls.iter().filter(|(_, call)| call.in_flight && call.stage.is_sent());
        let broken: Vec<_> = under_way.map(|(handle, call)| (handle, call.attempt, call.edge)).collect();
        for (call, attempt, edge) in broken {
            if self.links[edge.index()].zoned && crosses(self, call) {
                self.recorder.touched(cut.fault, "requests reset", 1);
                self.links[edge.index()].held.retain(|message| message.call() != call);
                self.soon.push_back(Soon::Reply(call, attempt, Outcome::Failed(ErrorKind::Reset)));
            }
        }
    }
}
