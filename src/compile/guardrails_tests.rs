//! Guardrails as people write them, right and wrong.

use crate::base::Span;
use crate::compile::{Request, compile};
use crate::plan::{Plan, World};
use crate::scenario::{Diagnostics, load_text, render_lines};
use std::path::Path;

const HEAD: &str = "name: x
length: 60s
clients: {users: {calls: {to: web, timeout: 1s}, rate: 10/s}}
services:
  web: {workers: 4, work: 1ms, replicas: 4}
faults:
  down: {kind: down, on: web, replicas: 1, at: 20s, for: 20s}
  late: {kind: latency, on: users->web, by: 20ms, at: 10s, for: 5s}
expect: [success(users) >= 0%]
";

fn compiled(end: &str, world: World) -> (Option<Plan>, String) {
    let diags = Diagnostics::new();
    let mut loaded = load_text("s.yaml", &format!("{HEAD}{end}"), Path::new(""), &diags);
    let request = Request { world: Some(world), ..Request::default() };
    let plan = compile(&mut loaded, &request, &diags);
    (plan, render_lines(&diags, &loaded.sources))
}

#[test]
fn one_line_or_several_and_every_limit() {
    let (plan, said) = compiled("stop_if: errors(users) > 30% for 5s\n", World::Sim);
    let plan = plan.expect(&said);
    assert_eq!((plan.stop_if.len(), plan.stop_if[0].hold, plan.stop_if[0].bound), (1, Span::from_secs(5), 0.3));
    assert_eq!(plan.stop_if[0].place, "s.yaml:10:10");
    let limits =
        "limits: {longest_fault: 30s, replicas: 25%, connections: 100%, requests: 100%, stop_file: /tmp/stop}\n";
    let (plan, said) = compiled(&format!("stop_if: [p99(users) > 1s, queue(web) > 50 for 2s]\n{limits}"), World::Sim);
    let plan = plan.expect(&said);
    assert_eq!((plan.stop_if.len(), plan.limits.replicas), (2, Some(0.25)));
    assert_eq!(plan.limits.stop_file.as_deref(), Some("/tmp/stop"));
    assert_eq!(plan.window, Span::from_millis(500), "looked at often enough");
}

#[test]
fn what_is_over_a_limit_is_told_where_it_stands() {
    for (end, wanted) in [
        ("limits: {longest_fault: 10s}\n", "7:3: error: fault `down` lasts 20s, and no fault may last longer than 10s"),
        (
            "limits: {replicas: 20%}\n",
            "7:3: error: with fault `down`, 1 of 4 replicas of `web` are hit at 20s: more than 20%",
        ),
        ("limits: {requests: 30%}\n", "8:3: error: fault `late` touches 100% of the requests, and the limit is 30%"),
        (
            "limits: {connections: 50%}\n",
            "8:3: error: fault `late` touches 100% of the connections, and the limit is 50%",
        ),
        ("limits: {longest: 10s}\n", "10:10: error: unknown key `longest`"),
        ("stop_if: [errors(nobody) > 30%]\n", "10:18: error: there is no client, service or edge `nobody`"),
        ("stop_if: [errors(users) > 30% for ever]\n", "10:35: error: `ever` is not a value"),
    ] {
        let (plan, said) = compiled(end, World::Sim);
        assert!(plan.is_none() && said.contains(wanted), "{end}: {said}");
    }
}

#[test]
fn the_longest_fault_is_bounded_in_the_live_world_without_asking() {
    let long = HEAD.replace("length: 60s", "length: 1h").replace("for: 20s", "for: 20m");
    for (world, refused) in [(World::Sim, false), (World::Live, true)] {
        let diags = Diagnostics::new();
        let mut loaded = load_text("s.yaml", &long, Path::new(""), &diags);
        compile(&mut loaded, &Request { world: Some(world), ..Request::default() }, &diags);
        let said = render_lines(&diags, &loaded.sources);
        assert_eq!(said.contains("no fault may last longer than 600s"), refused, "{said}");
    }
}
