//! The lines of `expect:` and `symptoms:`.

use super::expect::{self, Names};
use crate::plan::{Expectation, Plan};
use crate::scenario::{Fields, Node, Sources, values};

pub fn read(fields: &Fields, plan: &mut Plan, sources: &Sources) {
    let names = Names::of(plan);
    let read = |key: &str| -> Vec<Expectation> {
        fields.list(key).iter().filter_map(|node| line(node, &names, fields, sources)).collect()
    };
    (plan.expectations, plan.symptoms) = (read("expect"), read("symptoms"));
    if !fields.has("expect") && !fields.has("symptoms") {
        let note = fields.diags().warning(fields.place(), "nothing is expected: this run cannot break");
        note.help("add `expect:` with lines such as `success(users) >= 99%`").code("no-expectation");
    }
}

fn line(node: &Node, names: &Names, fields: &Fields, sources: &Sources) -> Option<Expectation> {
    let text = values::read_text(node, fields.diags())?;
    match expect::parse(text, names) {
        Ok(parsed) => Some(Expectation {
            text: text.to_owned(),
            place: sources.location(node.place),
            metric: parsed.metric,
            compare: parsed.compare,
            bound: parsed.bound,
            window: parsed.window,
        }),
        Err(mistake) => {
            let place = node.part(mistake.start..mistake.end);
            fields.diags().error(place, mistake.message).maybe_help(mistake.help).code("bad-expectation");
            None
        }
    }
}
