//! `engine: haproxy`: an HAProxy that passes requests on to the services it calls, each a server of one backend, or answers them itself if
//! it calls nobody.
//!
//! Requests go round the services that it calls in turn. Settings are directives of the `defaults` section (`{"timeout.server": 1s}`,
//! where a dot stands for a blank), but for `nbthread` and `maxconn`, which are global. Under `protocol: http2` it takes HTTP/2 with prior
//! knowledge. With `tls` it shows the certificate of the run, and it checks that of a service behind it that has one.

use super::{Called, Order, Recipe, SERVER_NAME, Start, words};
use crate::plan::real::{Engine, Protocol};

pub const RECIPE: Recipe = Recipe {
    page: include_str!("haproxy.rs"),
    engine: Engine::Haproxy,
    programs: &["haproxy"],
    version: &["haproxy", "-v"],
    package: "haproxy",
    start,
};

const GLOBAL: [&str; 2] = ["nbthread", "maxconn"];
const TIMEOUTS: [(&str, &str); 3] = [("timeout.connect", "5s"), ("timeout.client", "60s"), ("timeout.server", "60s")];

fn start(order: &Order) -> Start {
    let args = words(["-db", "-f", "{dir}/haproxy.cfg"]);
    Start { program: "haproxy", args, files: vec![("haproxy.cfg".to_owned(), config(order))], ..Start::default() }
}

fn config(order: &Order) -> String {
    let given = |name: &str| order.settings.iter().any(|(key, _)| key == name);
    let usual =
        TIMEOUTS.iter().filter(|(name, _)| !given(name)).map(|(name, value)| (name.to_string(), value.to_string()));
    let defaults: String = usual
        .chain(order.others(&GLOBAL).cloned())
        .map(|(name, value)| format!("    {} {value}\n", name.replace('.', " ")))
        .collect();
    let speech = match (order.tls, order.protocol) {
        (true, Protocol::Http2) => " ssl crt {cert} alpn h2",
        (true, _) => " ssl crt {cert} alpn http/1.1",
        (false, Protocol::Http2) => " proto h2",
        (false, _) => "",
    };
    let inside = match order.calls.is_empty() {
        true => "    http-request return status 200 content-type text/plain string ok\n".to_owned(),
        false => "    http-request del-header x-firedrill-call\n    default_backend called\n".to_owned(),
    };
    let servers: String = order.calls.iter().map(server).collect();
    let behind =
        if servers.is_empty() { String::new() } else { format!("backend called\n    balance roundrobin\n{servers}") };
    let (threads, most) = (order.setting(GLOBAL[0], "1"), order.setting(GLOBAL[1], "4096"));
    format!(
        "global\n    nbthread {threads}\n    maxconn {most}\ndefaults\n    mode http\n    option http-keep-alive\n{defaults}\
         frontend callers\n    bind {{host}}:{{port}}{speech}\n{inside}{behind}"
    )
}

fn server(called: &Called) -> String {
    let name = called.name;
    let trust = match called.tls {
        true => {
            format!(" ssl verify required ca-file {{ca}} sni str({SERVER_NAME}) verifyhost {SERVER_NAME} no-ssl-reuse")
        }
        false => String::new(),
    };
    format!("    server {name} {{to:{name}}}{trust}\n")
}
