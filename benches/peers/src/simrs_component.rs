//! simrs: one component that gets its events from the type-erased scheduler.

use crate::kernel::{Agenda, Kernel, What};
use crate::models::{Model, Played};
use simrs::{Component, ComponentId, Executor, Key, Scheduler, Simulation, State};
use std::time::Duration;

struct All {
    kernel: Key<Kernel>,
}

struct List<'a> {
    scheduler: &'a mut Scheduler,
    component: ComponentId<What>,
}

pub fn play(model: &Model, seed: u64) -> Played {
    let mut simulation = Simulation::default();
    let kernel = simulation.state.insert(Kernel::new(model, seed));
    let component = simulation.add_component(All { kernel });
    let begun = simulation.state.get_mut(kernel).expect("just put there");
    begun.begin(&mut List { scheduler: &mut simulation.scheduler, component });
    simulation.execute(Executor::timed(Duration::from_secs_f64(model.length_s)));
    simulation.state.remove(kernel).expect("put there above").played
}

impl Component for All {
    type Event = What;

    fn process_event(&self, component: ComponentId<What>, event: &What, scheduler: &mut Scheduler, state: &mut State) {
        let now = scheduler.time().as_nanos() as u64;
        let kernel = state.get_mut(self.kernel).expect("lives as long as the run");
        kernel.handle(now, *event, &mut List { scheduler, component });
    }
}

impl Agenda for List<'_> {
    fn arrival(&mut self, delay: u64) {
        self.scheduler.schedule(Duration::from_nanos(delay), self.component, What::Arrival);
    }

    fn done(&mut self, delay: u64, tier: u32, visit: u32) {
        self.scheduler.schedule(Duration::from_nanos(delay), self.component, What::Done { tier, visit });
    }

    fn timeout(&mut self, delay: u64, request: u32, stamp: u32) {
        self.scheduler.schedule(Duration::from_nanos(delay), self.component, What::Timeout { request, stamp });
    }
}
