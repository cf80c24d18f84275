//! Runs with a real redis-server, and with servers that stop or never start.

use super::*;

/// users -> web -> cache (a real Redis), with s2 as the database behind it.
pub fn with_redis(rate: f64, length_s: f64) -> Plan {
    let mut cache = fixture::service("cache", None, vec![]);
    cache.role = Role::Cache(CacheSpec::plain(500, 500));
    let web = fixture::service("web", None, vec![Op::Work(Dist::Constant(0.001)), Op::Call(EdgeId(1))]);
    let db = fixture::service("db", None, vec![Op::Work(Dist::Constant(0.02))]);
    let from_web = Party::Service(ServiceId(0));
    let mut read = fixture::edge("web->cache", from_web, 1);
    read.timeout = Some(Span::from_millis(250));
    read.miss = Some(MissPath { edge: EdgeId(2), fill: Fill::Always, on_error: true, stale: Default::default() });
    let users = fixture::edge("users->web", Party::Client(ClientId(0)), 0);
    let edges = vec![users, read, fixture::edge("web->db", from_web, 2)];
    let mut plan = fixture::plan(rate, length_s, vec![web, cache, db], edges);
    plan.clients[0].keys = Some(Keys { count: 500, skew: 1.0, hot: None });
    plan.real.services.push(fixture::redis(1));
    plan
}

#[test]
fn a_real_redis_is_warm_and_slow_while_its_edge_is_delayed() {
    let mut plan = with_redis(100.0, 3.0);
    let by = Dist::Constant(0.1);
    fault(&mut plan, Target::Edge(EdgeId(1)), Effect::Delay { by, upstream: false }, 1.0, 2.0);
    let recording = run(&plan);
    let cache = recording.service_over(1, Time::ZERO, plan.length);
    assert!(cache.hits > 200 && cache.misses == 0, "{cache:?}");
    assert!(p50_ms(&recording, 0.1, 0.9) < 40.0);
    assert!((101.0..160.0).contains(&p50_ms(&recording, 1.0, 1.8)));
    assert!(p50_ms(&recording, 2.2, 2.8) < 40.0);
    assert!(recording.evidence[0].touched > 50);
}

#[test]
fn a_killed_redis_comes_back_cold_and_is_filled_again() {
    let mut plan = with_redis(100.0, 4.0);
    fault(&mut plan, all_of(1), Effect::Down, 1.0, 2.0);
    let recording = run(&plan);
    assert_eq!(recording.evidence[0].details.get("processes killed"), Some(&1), "{:?}", recording.evidence);
    let misses = |from, to| recording.service_over(1, Time::from_secs_f64(from), Time::from_secs_f64(to)).misses;
    assert_eq!(misses(0.0, 1.0), 0);
    assert!(misses(2.0, 4.0) > 20, "it was not cold");
    let hits = recording.service_over(1, Time::from_secs_f64(3.0), Time::from_secs_f64(4.0)).hits;
    assert!(hits > 20, "nothing was written back");
    let edge = recording.edge_over(1, Time::from_secs_f64(1.0), Time::from_secs_f64(2.0));
    assert!(edge.errors[ErrorKind::Refused as usize] + edge.errors[ErrorKind::Reset as usize] > 50, "{edge:?}");
    assert_eq!(between(&recording, 0.0, 4.0).failed(), 0, "the miss path takes over");
}

#[test]
fn a_paused_and_a_flushed_redis_are_seen() {
    let mut plan = with_redis(100.0, 3.0);
    fault(&mut plan, all_of(1), Effect::Freeze, 0.5, 1.2);
    fault(&mut plan, all_of(1), Effect::Forget { share: 1.0 }, 2.0, 2.1);
    plan.schedule.retain(|step| step.on || !matches!(step.effect, Effect::Forget { .. }));
    let recording = run(&plan);
    let edge = recording.edge_over(1, Time::from_secs_f64(0.5), Time::from_secs_f64(1.3));
    assert!(edge.errors[ErrorKind::Timeout as usize] > 20, "{edge:?}");
    assert_eq!(recording.evidence[0].touched, 1);
    assert_eq!(recording.evidence[1].details.get("entries forgotten"), Some(&500), "{:?}", recording.evidence);
    assert!(recording.service_over(1, Time::from_secs_f64(2.0), plan.length).misses > 10);
}

#[test]
fn a_server_that_stops_in_mid_run_cuts_it_short() {
    let mut plan = with_redis(50.0, 10.0);
    let crate::plan::real::Origin::Start { program, args, .. } = &mut plan.real.services[0].origin else {
        panic!("it is started")
    };
    let command = "redis-server --port $1 --dir $2 --save '' & sleep 1.5; echo the disk caught fire; kill $!; exit 3";
    (*program, *args) = ("sh".into(), ["-c", command, "sh", "{port}", "{dir}"].map(str::to_owned).to_vec());
    let bench = Bench::new();
    let recording = play(&plan, &options(&bench)).expect("it starts").recording;
    let cut = recording.cut_short.as_ref().expect("it was cut short");
    assert!(cut.why.contains("`cache`") && cut.why.contains("ended on its own"), "{cut:?}");
    assert!(cut.at < Time::from_secs_f64(5.0));
    assert!(
        recording.warnings.iter().any(|warning| warning.contains("the disk caught fire")),
        "{:?}",
        recording.warnings
    );
    assert_eq!(ledgers(&bench), 0);
}

#[test]
fn a_server_that_dies_at_start_is_named_and_leaves_nothing() {
    let mut plan = with_redis(50.0, 10.0);
    let mut second = fixture::redis(2);
    let crate::plan::real::Origin::Start { program, args, .. } = &mut second.origin else { panic!("it is started") };
    (*program, *args) = ("sh".into(), ["-c", "echo no licence >&2; exit 4 # {port}"].map(str::to_owned).to_vec());
    plan.real.services.push(second);
    let bench = Bench::new();
    let begun = Instant::now();
    let words = play(&plan, &options(&bench)).expect_err("it cannot start").to_string();
    assert!(words.contains("`db`") && words.contains("no licence"), "{words}");
    assert!(begun.elapsed() < Duration::from_secs(9), "the run was not begun");
    assert_eq!(ledgers(&bench), 0);
}
