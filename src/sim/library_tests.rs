//! The laws of conservation and Little's law in every scenario of the library and every variant, and proof that each law can be seen broken.

use super::books;
use crate::base::Span;
use crate::compile::{self, Request};
use crate::library;
use crate::plan::{Plan, World};
use crate::record::Recording;
use crate::scenario::{Diagnostics, load_text};
use std::path::Path;

fn plan(entry: &library::Entry, variant: Option<String>) -> Plan {
    let diags = Diagnostics::new();
    let mut loaded = load_text(entry.name, entry.text, Path::new("."), &diags);
    let request = Request { variant, world: Some(World::Sim), ..Request::default() };
    compile::compile(&mut loaded, &request, &diags).expect("a scenario of the library has a plan")
}

fn variants(entry: &library::Entry) -> Vec<Option<String>> {
    let loaded = load_text(entry.name, entry.text, Path::new("."), &Diagnostics::new());
    let named = compile::variants(&loaded.root).into_iter().map(|variant| Some(variant.name));
    std::iter::once(None).chain(named).collect()
}

#[test]
fn every_scenario_of_the_library_keeps_its_books() {
    let mut played = 0;
    for entry in library::SCENARIOS {
        for variant in variants(entry) {
            let plan = plan(entry, variant);
            let recording = books::held(&plan);
            assert_eq!(recording.digest(), books::played_the_long_way(&plan).digest(), "{}", plan.scenario);
            played += 1;
        }
    }
    assert!(played >= 20, "only {played} variants were found");
}

/// What would be said if the recording, or what was left inside, were this much different.
fn breach(change: impl FnOnce(&mut Recording, &mut crate::engine::Audit)) -> Vec<String> {
    let entry = library::named("slow-cache").expect("it is in the library");
    let (mut recording, mut left) = books::played(&plan(entry, None));
    assert_eq!(books::breaches(&recording, &left), Vec::<String>::new());
    change(&mut recording, &mut left);
    books::breaches(&recording, &left)
}

#[test]
fn a_broken_law_is_seen() {
    let seen = |change: fn(&mut Recording, &mut crate::engine::Audit), words: &str| {
        let found = breach(change);
        assert!(found.iter().any(|breach| breach.contains(words)), "{words}: {found:?}");
    };
    seen(|recording, _| recording.clients[0].cells[50].ok -= 1, "sent = ended + in flight");
    seen(|recording, _| recording.clients[0].cells[50].offered += 1, "offered = sent");
    seen(|recording, _| recording.clients[0].cells[50].goodput += 1, "good answers");
    seen(|recording, _| recording.clients[0].cells[50].retries += 1, "attempts = sent + retries");
    seen(|recording, _| recording.edges[1].cells[50].attempts += 1, "attempts = ended + under way");
    seen(|recording, _| recording.services[0].cells[50].completed -= 1, "arrived = ended + inside");
    seen(|_, left| left.inside[0] += 1, "arrived = ended + inside");
    seen(|_, left| left.asking[0] += 1, "sent = ended + in flight");
    seen(|recording, _| recording.services[0].cells[50].inflight_s *= 1.1, "L = λW");
    seen(|_, left| left.stays[0] = left.stays[0] + Span::from_millis(1), "L = λW");
    seen(|recording, _| recording.services[0].cells[50].busy_s = 1e9, "web at");
    seen(|recording, _| recording.services[0].cells[50].queue_s = -1.0, "web at");
}
