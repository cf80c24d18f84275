//! simcore (of the dslab project), the shortest way: the whole model is one component, which sends its events to itself, the timeouts
//! through simcore's ordered list.

use crate::kernel::{Agenda, Kernel, What};
use crate::models::{Model, Played};
use serde::Serialize;
use simcore::{Event, EventHandler, Simulation, SimulationContext, cast};
use std::cell::RefCell;
use std::rc::Rc;

#[derive(Clone, Serialize)]
struct Arrival {}

#[derive(Clone, Serialize)]
struct Done {
    tier: u32,
    visit: u32,
}

#[derive(Clone, Serialize)]
struct Timeout {
    request: u32,
    stamp: u32,
}

struct All {
    kernel: Kernel,
    context: Context,
}

struct Context(SimulationContext);

pub fn play(model: &Model, seed: u64) -> Played {
    let mut simulation = Simulation::new(seed);
    let context = Context(simulation.create_context("all"));
    let all = Rc::new(RefCell::new(All { kernel: Kernel::new(model, seed), context }));
    simulation.add_handler("all", all.clone());
    {
        let All { kernel, context } = &mut *all.borrow_mut();
        kernel.begin(context);
    }
    simulation.step_until_time(model.length_s);
    all.borrow().kernel.played.clone()
}

impl EventHandler for All {
    fn on(&mut self, event: Event) {
        let now = (event.time * 1e9) as u64;
        let All { kernel, context } = self;
        cast!(match event.data {
            Done { tier, visit } => {
                kernel.handle(now, What::Done { tier, visit }, context)
            }
            Timeout { request, stamp } => {
                kernel.handle(now, What::Timeout { request, stamp }, context)
            }
            Arrival {} => {
                kernel.handle(now, What::Arrival, context)
            }
        })
    }
}

impl Agenda for Context {
    fn arrival(&mut self, delay: u64) {
        self.0.emit_self(Arrival {}, delay as f64 * 1e-9);
    }

    fn done(&mut self, delay: u64, tier: u32, visit: u32) {
        self.0.emit_self(Done { tier, visit }, delay as f64 * 1e-9);
    }

    fn timeout(&mut self, delay: u64, request: u32, stamp: u32) {
        self.0.emit_ordered_self(Timeout { request, stamp }, delay as f64 * 1e-9);
    }
}
