//! Controls in motion: each looks at its tick, decides by a pure machine of its own, and what it moves is changed in the Plan that is
//! played. A frozen control neither looks nor delivers. Requests never meet a control; they meet what it has moved.

mod autoscaler;
mod controller;
mod rolling;
mod rollout;
mod signals;

pub use signals::Reading;

use super::pacer::Pacer;
use super::wire::Wire;
use super::{Engine, Event};
use crate::base::{ControlId, EdgeId, FaultId, MeterId, ServiceId, Span, Time};
use crate::plan::expectation::Subject;
use crate::plan::{Does, Edge, Lever, Plan, Scaling, Service, Signal, Steering};
use autoscaler::Autoscaler;
use controller::Controller;
use rollout::Rollout;
use std::sync::Arc;

pub struct Control {
    every: Span,
    machine: Machine,
    /// What it moves.
    lever: Lever,
    /// Faults that hold it still.
    frozen: Vec<FaultId>,
    /// The next look; ticks at other moments deliver what was ordered.
    next: Time,
    looked: Time,
    /// The sums at the last look, of each service that it reads.
    before: Vec<Reading>,
    setting: MeterId,
    changes: MeterId,
}

enum Machine {
    Steer(Steering, Controller),
    Scale(Scaling, Autoscaler),
    Roll(crate::plan::Rollout, Rollout),
}

impl Control {
    pub fn new(index: usize, plan: &Plan) -> Control {
        let spec = &plan.controls[index];
        let of = Subject::Control(index as u32);
        let machine = match &spec.does {
            Does::Steer(steering) => Machine::Steer(steering.clone(), Controller::default()),
            Does::Scale(scaling) => Machine::Scale(scaling.clone(), Autoscaler::default()),
            Does::Roll(rollout) => Machine::Roll(rollout.clone(), Rollout::default()),
        };
        Control {
            every: spec.every,
            before: vec![Reading::default(); machine.reads().0.len()],
            lever: spec.does.lever(),
            machine,
            frozen: Vec::new(),
            next: spec.does.begins(spec.every),
            looked: Time::ZERO,
            setting: plan.meter(of, "setting"),
            changes: plan.meter(of, "changes"),
        }
    }
}

impl Machine {
    fn reads(&self) -> (&[ServiceId], Signal) {
        match self {
            Machine::Steer(spec, _) => (&spec.of, spec.reads),
            Machine::Scale(spec, _) => (std::slice::from_ref(&spec.service), spec.sees),
            Machine::Roll(spec, _) => match &spec.watch {
                Some(watch) => (std::slice::from_ref(&watch.of), watch.sees),
                None => (&[], Signal::Errors),
            },
        }
    }
}

impl<W: Wire> Engine<W> {
    pub(super) fn begin_controls(&mut self) {
        for index in 0..self.controls.len() {
            self.queue.push(self.controls[index].next, Event::Tick(index as u32));
            self.read_setting(index);
        }
    }

    pub(super) fn tick(&mut self, index: usize) {
        let is_look = self.controls[index].next <= self.now;
        if is_look {
            let every = self.controls[index].every;
            self.controls[index].next = self.now + every;
            self.queue.push(self.now + every, Event::Tick(index as u32));
        }
        if let Some(fault) = self.controls[index].frozen.first().copied() {
            self.recorder.touched(fault, "decisions left out", 1);
            // Replicas that are being replaced are not left half-way.
            return self.roll(index, None);
        }
        let readings = if is_look { self.look(index) } else { Vec::new() };
        if matches!(self.controls[index].machine, Machine::Roll(..)) {
            return self.roll(index, is_look.then(|| readings.first().copied()));
        }
        let values = self.values(&self.controls[index].lever);
        let now = self.now;
        let moved = match &mut self.controls[index].machine {
            Machine::Steer(spec, controller) if is_look => controller.tick(spec, readings, &values),
            Machine::Steer(..) | Machine::Roll(..) => None,
            Machine::Scale(spec, scaler) => {
                let delivered = scaler.delivered(now);
                let serving = delivered.unwrap_or(values[0] as u32);
                let ordered = scaler.delivery();
                let looked = if is_look { scaler.look(spec, now, readings[0], serving) } else { None };
                if let Some(at) = scaler.delivery().filter(|at| Some(*at) != ordered) {
                    self.queue.push(at, Event::Tick(index as u32));
                }
                looked.or(delivered).map(|count| vec![f64::from(count)])
            }
        };
        if let Some(moved) = moved {
            self.move_to(index, &moved);
        }
    }

    /// The signals since the last look.
    fn look(&mut self, index: usize) -> Vec<f64> {
        let control = &mut self.controls[index];
        let seconds = self.now.since(control.looked).as_secs_f64();
        control.looked = self.now;
        let (of, signal) = control.machine.reads();
        let mut readings = Vec::with_capacity(of.len());
        for (id, before) in of.iter().zip(&mut control.before) {
            let node = &mut self.nodes[id.index()];
            let sums = node.reading(self.now);
            readings.push(sums.minus(*before).signal(signal, seconds, node.active));
            *before = sums;
        }
        readings
    }

    /// What a lever stands at; weights as shares of their sum.
    fn values(&self, lever: &Lever) -> Vec<f64> {
        match lever {
            Lever::Weights(edges) => {
                let sum: f64 = edges.iter().map(|id| self.plan.edge(*id).weight).sum();
                edges.iter().map(|id| self.plan.edge(*id).weight / sum).collect()
            }
            Lever::Chance(id) => vec![self.plan.edge(*id).chance],
            Lever::Rate(id) => {
                vec![self.populations[id.index()].pacer.as_ref().map_or(1.0, Pacer::steered)]
            }
            Lever::Replicas(id) => vec![f64::from(self.plan.service(*id).replicas)],
            Lever::Workers(id) => vec![f64::from(self.plan.service(*id).workers.unwrap_or(u32::MAX))],
            Lever::Version(id, version) => {
                let node = &self.nodes[id.index()];
                let versions = node.versions.as_ref();
                let count = (0..node.active).filter(|at| versions.is_some_and(|of| of.at(*at) == *version)).count();
                vec![count as f64 / f64::from(node.active.max(1))]
            }
        }
    }

    fn move_to(&mut self, index: usize, values: &[f64]) {
        let lever = self.controls[index].lever.clone();
        match lever {
            Lever::Weights(edges) => {
                let sum: f64 = values.iter().sum();
                // With every weight at nothing there would be nobody to ask: then they stay.
                if sum > 0.0 {
                    let plan = Arc::make_mut(&mut self.plan);
                    edges.iter().zip(values).for_each(|(id, value)| plan.edges[id.index()].weight = value / sum);
                }
            }
            Lever::Chance(id) => Arc::make_mut(&mut self.plan).edges[id.index()].chance = values[0],
            Lever::Rate(id) => {
                if let Some(pacer) = &mut self.populations[id.index()].pacer {
                    pacer.steer(self.now, values[0]);
                }
                self.schedule_arrival(id.index());
            }
            Lever::Replicas(id) => {
                let replicas = whole(values[0]);
                self.set_service(id, &Service { replicas, ..self.plan.service(id).clone() });
            }
            Lever::Workers(id) => {
                let workers = Some(whole(values[0]));
                self.set_service(id, &Service { workers, ..self.plan.service(id).clone() });
            }
            Lever::Version(..) => {}
        }
        self.read_setting(index);
        self.meters.count(self.controls[index].changes, 1);
    }

    /// Writes down what a control's lever stands at.
    fn read_setting(&mut self, index: usize) {
        let control = &self.controls[index];
        let now = self.values(&control.lever);
        self.meters.set(control.setting, self.now, now[0]);
    }

    pub(super) fn freeze_control(&mut self, id: ControlId, fault: FaultId, on: bool) {
        let now = self.now;
        let control = &mut self.controls[id.index()];
        match on {
            true => control.frozen.push(fault),
            false => control.frozen.retain(|f| *f != fault),
        }
        if !control.frozen.is_empty() {
            return;
        }
        // What happened while it was frozen it has not seen.
        self.look(id.index());
        let late = match &self.controls[id.index()].machine {
            Machine::Scale(_, scaler) => scaler.delivery().filter(|at| *at <= now),
            Machine::Steer(..) | Machine::Roll(..) => None,
        };
        if late.is_some() {
            self.queue.push(now, Event::Tick(id.0));
        }
    }

    /// A pushed entry for a service, in which what a control moves stays where the control has moved it.
    pub(super) fn with_controlled(&self, id: ServiceId, pushed: &Service) -> Service {
        let mut service = pushed.clone();
        let present = self.plan.service(id);
        for lever in self.levers() {
            match lever {
                Lever::Replicas(of) if *of == id => service.replicas = present.replicas,
                Lever::Workers(of) if *of == id => service.workers = present.workers,
                _ => {}
            }
        }
        service
    }

    /// The same for an edge.
    pub(super) fn with_controlled_edge(&self, id: EdgeId, pushed: &Edge) -> Edge {
        let mut edge = pushed.clone();
        let present = self.plan.edge(id);
        for lever in self.levers() {
            match lever {
                Lever::Weights(edges) if edges.contains(&id) => edge.weight = present.weight,
                Lever::Chance(of) if *of == id => edge.chance = present.chance,
                _ => {}
            }
        }
        edge
    }

    /// What the controls that are not frozen move.
    fn levers(&self) -> impl Iterator<Item = &Lever> {
        self.controls.iter().filter(|control| control.frozen.is_empty()).map(|control| &control.lever)
    }
}

/// At least one of whatever is counted.
fn whole(value: f64) -> u32 {
    libm::round(value).clamp(1.0, f64::from(u32::MAX)) as u32
}
