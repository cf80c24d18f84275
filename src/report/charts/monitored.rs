//! For tests: a run with meters of every form and an alert that fires.

use crate::base::Span;
use crate::plan::Alert;
use crate::plan::expectation::{Compare, Metric, Subject};
use crate::plan::meters::{FOREVER_S, Form, Meter, Unit};
use crate::record::{MeterCell, Recording, Series};
use crate::report::fixture;

/// `opens(web->db)` twice in four seconds, `open(web->db)` a quarter of the time, `runway(db)` without an end for 60 s and then falling,
/// and `ejections(web->db)`, of which there are none.
pub fn monitored() -> Recording {
    let mut recording = fixture::incident();
    let meter = |name: &str, of, form, unit| Meter { name: name.to_owned(), of, form, unit };
    let (call, db) = (Subject::Edge(2), Subject::Service(2));
    recording.plan.meters = vec![
        meter("opens", call, Form::Count, Unit::Number),
        meter("open", call, Form::Gauge, Unit::Ratio),
        meter("runway", db, Form::Gauge, Unit::Seconds),
        meter("ejections", call, Form::Count, Unit::Number),
    ];
    let level = |level: f64, seconds: f64| MeterCell {
        sum: level * seconds,
        whole: seconds,
        min: level,
        max: level,
        last: level,
    };
    let series = |read: &dyn Fn(f64, f64) -> MeterCell| {
        let cells = recording.grid.cells.iter();
        let cells = cells.map(|cell| read(cell.from.as_secs_f64(), cell.to.since(cell.from).as_secs_f64())).collect();
        Series { name: String::new(), cells }
    };
    recording.meters = vec![
        series(&|_, seconds| MeterCell { sum: 0.5 * seconds, ..MeterCell::default() }),
        series(&|_, seconds| MeterCell { min: 0.0, max: 1.0, ..level(0.25, seconds) }),
        series(&|from, seconds| level(if from < 60.0 { FOREVER_S } else { 1000.0 - 5.0 * from }, seconds)),
        series(&|_, _| MeterCell::default()),
    ];
    recording.plan = fixture::expecting(recording.plan.clone(), &["open(web->db) <= 50%", "min(runway(db)) >= 1s"]);
    recording.plan.alerts = vec![Alert {
        name: "user-errors".to_owned(),
        text: "errors(users) > 5%".to_owned(),
        metric: Metric::Errors { of: Subject::Client(0), kind: None },
        compare: Compare::Greater,
        bound: 0.05,
        hold: Span::from_secs(5),
        missing_fires: false,
    }];
    recording
}
