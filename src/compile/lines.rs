//! The lines of `expect:` and `symptoms:`.

use super::expect::{self, Names};
use crate::plan::{Expectation, Plan};
use crate::scenario::{Fields, Node, Sources, values};

pub fn read(fields: &Fields, plan: &mut Plan, sources: &Sources) {
    let names = names(plan);
    let read = |key: &str| -> Vec<Expectation> {
        fields.list(key).iter().filter_map(|node| line(node, &names, fields, sources)).collect()
    };
    (plan.expectations, plan.symptoms) = (read("expect"), read("symptoms"));
    if !fields.has("expect") && !fields.has("symptoms") {
        let note = fields.diags().warning(fields.place(), "nothing is expected: this run cannot break");
        note.help("add `expect:` with lines such as `success(users) >= 99%`").code("no-expectation");
    }
}

fn names(plan: &Plan) -> Names {
    Names {
        clients: plan.clients.iter().map(|client| client.name.clone()).collect(),
        services: plan.services.iter().map(|service| (service.name.clone(), service.kind.clone())).collect(),
        edges: plan.edges.iter().map(|edge| edge.name.clone()).collect(),
        faults: plan.faults.iter().map(|fault| (fault.name.clone(), fault.from, fault.to)).collect(),
        volumes: volumes(plan),
        warmup: plan.warmup,
        length: plan.length,
    }
}

fn volumes(plan: &Plan) -> Vec<String> {
    let with_volume = plan.real.services.iter().filter(|real| real.volume_bytes.is_some());
    with_volume.map(|real| plan.service(real.service).name.clone()).collect()
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
