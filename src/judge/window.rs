//! One window of a run that still goes on, as a Recording that can be measured. It copies what the recorder holds and decides nothing.

use crate::plan::Plan;
use crate::record::{Cell, Recorder, Recording};

/// A recording of one window, filled anew for each look.
#[derive(Debug)]
pub struct OneWindow(pub Recording);

impl OneWindow {
    pub fn new(plan: &Plan) -> OneWindow {
        let mut view = Recorder::new(plan).finish(plan, 0.0, 0, Vec::new());
        view.grid.cells.truncate(1);
        view.clients.iter_mut().for_each(|series| series.cells.truncate(1));
        view.services.iter_mut().for_each(|series| series.cells.truncate(1));
        view.edges.iter_mut().for_each(|series| series.cells.truncate(1));
        view.meters.iter_mut().for_each(|series| series.cells.truncate(1));
        OneWindow(view)
    }

    /// Takes over the window with this number; its books must be closed.
    pub fn fill(&mut self, recorder: &Recorder, index: usize) -> Cell {
        let OneWindow(view) = self;
        view.grid.cells[0] = recorder.grid.cells[index];
        for (series, cells) in view.clients.iter_mut().zip(&recorder.clients) {
            series.cells[0].clone_from(&cells[index]);
        }
        for (series, cells) in view.services.iter_mut().zip(&recorder.services) {
            series.cells[0].clone_from(&cells[index]);
        }
        for (series, cells) in view.edges.iter_mut().zip(&recorder.edges) {
            series.cells[0].clone_from(&cells[index]);
        }
        for (series, cells) in view.meters.iter_mut().zip(&recorder.meters) {
            series.cells[0] = cells[index];
        }
        view.grid.cells[0]
    }
}
