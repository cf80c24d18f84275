//! The lines of `expect:` and `symptoms:`.

use super::expect::{self, Names};
use crate::plan::{Expectation, Plan};
use crate::scenario::{Diagnostics, Fields, Node, Sources, values};

pub fn read(fields: &Fields, plan: &mut Plan, sources: &Sources, is_variant: bool) {
    let names = Names::of(plan);
    let read = |key: &str, diags: &Diagnostics| -> Vec<Expectation> {
        fields.list(key).iter().filter_map(|node| line(node, &names, diags, sources)).collect()
    };
    plan.expectations = read("expect", fields.diags());
    // In a variant symptoms are for information: one that asks for what the variant has taken away (the fault itself, by a right fix) has
    // nothing to say there, and other mistakes in it are told for the base.
    plan.symptoms = match is_variant {
        true => read("symptoms", &Diagnostics::new()),
        false => read("symptoms", fields.diags()),
    };
    if !fields.has("expect") && !fields.has("symptoms") {
        let note = fields.diags().warning(fields.place(), "nothing is expected: this run cannot break");
        note.help("add `expect:` with lines such as `success(users) >= 99%`").code("no-expectation");
    }
}

fn line(node: &Node, names: &Names, diags: &Diagnostics, sources: &Sources) -> Option<Expectation> {
    let text = values::read_text(node, diags)?;
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
            diags.error(place, mistake.message).maybe_help(mistake.help).code("bad-expectation");
            None
        }
    }
}
