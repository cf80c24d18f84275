//! Recipes as text: settings go where the server reads them, and nothing is left to chance.

use super::*;
use crate::base::ServiceId;
use crate::plan::fixture;

fn started(engine: Engine, settings: &[(&str, &str)]) -> (String, Vec<String>, First) {
    let mut plan = fixture::chain(1.0, &[1.0, 1.0]);
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let origin = Origin::Engine { engine, settings };
    plan.real.services.push(RealService { origin, protocol: engine.protocol(), ..fixture::redis(0) });
    match resolved(&plan, &plan.real.services[0]).origin {
        Origin::Start { program, args, first, .. } => (program, args, first),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_engine_is_installed_takes_a_port_of_ours_and_runs_as_nobody_special() {
    for engine in Engine::ALL {
        let (program, args, first) = started(engine, &[]);
        assert!(program.starts_with('/'), "{engine:?}: `{program}` is not installed");
        let texts = args.iter().chain(first.files.iter().map(|(_, text)| text));
        assert!(texts.into_iter().any(|text| text.contains("{port}")) || engine == Engine::Rabbitmq, "{engine:?}");
        assert!(first.unprivileged, "{engine:?}");
        assert!(recipe(engine).programs.iter().all(|program| package_of(program).is_some()));
    }
}

#[test]
fn settings_go_where_the_server_reads_them() {
    let (_, args, _) = started(Engine::Redis, &[("appendonly", "yes"), ("appendfsync", "always")]);
    let text = args.join(" ");
    assert!(text.contains("--appendonly yes") && text.contains("--appendfsync always"), "{text}");
    assert_eq!(text.matches("--appendonly").count(), 1);
    let (_, args, first) = started(Engine::Postgres, &[("fsync", "off"), ("shared_buffers", "8MB")]);
    let text = args.join(" ");
    assert!(
        text.contains("-c fsync=off") && text.contains("-c shared_buffers=8MB") && !text.contains("32MB"),
        "{text}"
    );
    assert!(first.run[0][0].ends_with("/initdb"));
    let (_, _, first) = started(Engine::Nats, &[("sync_interval", "always"), ("max_payload", "2MB")]);
    let (outer, inner) = first.files[0].1.split_once("jetstream {").expect("both parts");
    assert!(outer.contains("max_payload: 2MB") && inner.contains("sync_interval: always"));
}

#[test]
fn proxies_show_a_certificate_and_check_that_of_whom_they_call() {
    for (engine, own, other) in [
        (Engine::Nginx, "ssl_certificate {cert};", "proxy_ssl_verify on;"),
        (Engine::Haproxy, "ssl crt {cert} alpn http/1.1", "ssl verify required ca-file {ca}"),
    ] {
        let mut plan = fixture::chain(1.0, &[1.0, 1.0]);
        for service in 0..2 {
            let origin = Origin::Engine { engine, settings: vec![] };
            let protocol = Protocol::Http;
            plan.real.services.push(RealService { origin, protocol, tls: true, ..fixture::redis(service) });
        }
        let config = |at: usize| match resolved(&plan, &plan.real.services[at]).origin {
            Origin::Start { first, .. } => first.files[0].1.clone(),
            other => panic!("{other:?}"),
        };
        assert!(config(0).contains(own) && config(0).contains(other), "{}", config(0));
        assert!(config(1).contains(own) && !config(1).contains(other), "{}", config(1));
        let plain = started(engine, &[]).2.files.remove(0).1;
        assert!(!plain.contains("ssl"), "{plain}");
    }
}

#[test]
fn proxies_pass_on_to_what_they_call() {
    for engine in [Engine::Nginx, Engine::Haproxy] {
        let config = started(engine, &[]).2.files.remove(0).1;
        assert!(config.contains("{to:s1}") && config.to_lowercase().contains("x-firedrill-call"), "{config}");
        assert_eq!(config.matches('{').count(), config.matches('}').count(), "{config}");
    }
    let mut plan = fixture::chain(1.0, &[1.0]);
    let origin = Origin::Engine { engine: Engine::Nginx, settings: vec![] };
    plan.real.services.push(RealService {
        service: ServiceId(0),
        origin,
        protocol: Protocol::Http2,
        ..fixture::redis(0)
    });
    let Origin::Start { first, .. } = resolved(&plan, &plan.real.services[0]).origin else { panic!("it is started") };
    assert!(first.files[0].1.contains("return 200") && first.files[0].1.contains("http2"), "{}", first.files[0].1);
}

#[test]
fn a_version_is_found_in_what_a_server_says_of_itself() {
    for (said, version) in [
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0", "7.0.15"),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
        ("nginx version: nginx/1.22.1\n", "1.22.1"),
        ("HAProxy version 2.6.12-1+deb12u4 2026/10/17", "2.6.12"),
        ("nats-server: v2.9.10", "2.9.10"),
        ("3.7.11\n", "3.7.11"),
    ] {
        assert_eq!(version_in(said).as_deref(), Some(version));
    }
    assert_eq!(version_in("no such option... v2"), None);
    assert!(recipe(Engine::Redis).version().is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit())));
}
