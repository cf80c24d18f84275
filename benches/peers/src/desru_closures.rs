//! desru: an event is a boxed closure over the shared model.

use crate::kernel::{Agenda, Kernel, What};
use crate::models::{Model, Played};
use desru::{Event, EventScheduler};
use std::cell::RefCell;
use std::rc::Rc;

struct List<'a> {
    scheduler: &'a mut EventScheduler,
    kernel: &'a Rc<RefCell<Kernel>>,
}

pub fn play(model: &Model, seed: u64) -> Played {
    let kernel = Rc::new(RefCell::new(Kernel::new(model, seed)));
    let mut scheduler = EventScheduler::new();
    kernel.borrow_mut().begin(&mut List { scheduler: &mut scheduler, kernel: &kernel });
    let end = model.length_s;
    scheduler.run(Box::new(move |scheduler| scheduler.current_time >= end), Some(Box::new(|_, _| false)));
    drop(scheduler);
    kernel.take_played()
}

trait TakePlayed {
    fn take_played(&self) -> Played;
}

impl TakePlayed for Rc<RefCell<Kernel>> {
    fn take_played(&self) -> Played {
        std::mem::take(&mut self.borrow_mut().played)
    }
}

impl List<'_> {
    fn push(&mut self, delay: u64, what: What) {
        let kernel = self.kernel.clone();
        let action = move |scheduler: &mut EventScheduler| {
            let now = (scheduler.current_time * 1e9) as u64;
            kernel.borrow_mut().handle(now, what, &mut List { scheduler, kernel: &kernel });
            None
        };
        self.scheduler.schedule(Event::new(
            self.scheduler.current_time + delay as f64 * 1e-9,
            Some(Box::new(action)),
            None,
        ));
    }
}

impl Agenda for List<'_> {
    fn arrival(&mut self, delay: u64) {
        self.push(delay, What::Arrival);
    }

    fn done(&mut self, delay: u64, tier: u32, visit: u32) {
        self.push(delay, What::Done { tier, visit });
    }

    fn timeout(&mut self, delay: u64, request: u32, stamp: u32) {
        self.push(delay, What::Timeout { request, stamp });
    }
}
