//! Rules of the monitoring, which see what is reported, and whether they would have told anybody.
//!
//! `when` is a line of the expectation language without a window: the condition that is bad. It fires when it held `for` so long, window
//! by window of the recording. `fires(ALERT)` counts how often it began to fire; `fires(ALERT) within 30s of FAULT` asks that it did.
//! On `reported.` figures it sees only what the component exports: under a `blind` fault nothing, which by default is taken for good
//! news (`missing: quiet`); with `missing: fires` silence is an alarm. A figure of a client is what users got, as a probe from outside
//! would see it.
//!
//! ```yaml
//! name: alerts-example
//! length: 60s
//! warmup: 5s
//! window: 1s
//! clients:
//!   users: {calls: {to: web, timeout: 200ms}, rate: 50/s}
//! services:
//!   web: {workers: 8, work: exp(5ms), calls: db}
//!   db: {work: exp(5ms)}
//! faults:
//!   slow-db: {kind: latency, on: web->db, by: 1s, at: 20s, for: 20s}
//! alerts:
//!   component: {when: "reported.errors(web) > 5%", for: 5s}
//!   users: {when: "errors(users) > 5%", for: 5s}
//! expect:
//!   - fires(component) == 0
//!   - fires(users) within 10s of slow-db
//! ```

use super::expect::{self, Names};
use crate::base::Span;
use crate::plan::expectation::{Bound, Metric};
use crate::plan::{Alert, Plan};
use crate::scenario::{Entry, FieldDoc, Fields, Shape, values};

pub static TABLE: [FieldDoc; 3] = [
    FieldDoc::required("when", Shape::Text, "the bad condition: a line of the expectation language without a window"),
    FieldDoc::optional("for", Shape::Span, "0s", "how long it must hold"),
    FieldDoc::optional("missing", Shape::Choice(&["quiet", "fires"]), "quiet", "what no readings are taken for"),
];

pub fn read(fields: &Fields, plan: &mut Plan) {
    let names = Names::of(plan);
    for entry in fields.entries("alerts") {
        values::check_name(&entry.key, entry.key_place, fields.diags());
        plan.alerts.extend(alert(entry, fields, &names));
    }
}

fn alert(entry: &Entry, root: &Fields, names: &Names) -> Option<Alert> {
    let fields = Fields::open(&entry.value, &format!("alert `{}`", entry.key), &TABLE, root.diags());
    let hold = fields.span("for").unwrap_or(Span::ZERO);
    let missing_fires = fields.choice("missing") == Some("fires");
    let text = fields.text("when")?;
    let parsed = match expect::parse(text, names) {
        Ok(parsed) => parsed,
        Err(mistake) => {
            let place = fields.node("when")?.part(mistake.start..mistake.end);
            root.diags().error(place, mistake.message).maybe_help(mistake.help).code("bad-expectation");
            return None;
        }
    };
    let whole = parsed.window.from == names.warmup && parsed.window.to == names.length;
    let Bound::Value(bound) = parsed.bound else {
        fields.error("when", "a rule is held against a number, not against another window").code("bad-expectation");
        return None;
    };
    if matches!(parsed.metric, Metric::Fact { .. }) {
        let message = "this is so before the run begins, and does not change in it: no rule can watch it";
        fields.error("when", message).code("bad-expectation");
        return None;
    }
    if matches!(parsed.metric, Metric::Correlation { .. }) {
        let note = fields.error("when", "this needs ten windows, and a rule looks at one at a time");
        note.help("watch one of the two figures").code("bad-expectation");
        return None;
    }
    if !whole || matches!(parsed.metric, Metric::Recovery { .. }) {
        let note = fields.error("when", "a rule looks at every window in turn, not at one");
        note.help("leave the window out, such as `errors(users) > 5%`").code("bad-expectation");
        return None;
    }
    let (name, text) = (entry.key.clone(), text.to_owned());
    Some(Alert { name, text, metric: parsed.metric, compare: parsed.compare, bound, hold, missing_fires })
}
