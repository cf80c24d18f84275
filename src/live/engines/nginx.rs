//! `engine: nginx`: an nginx that passes requests on to the services it calls, or answers them itself with a few bytes if it calls nobody.
//!
//! The first service that it calls gets all requests, and each further one those below `/NAME/`. Settings are directives of the `http`
//! block (`{proxy_read_timeout: 1s}`), but for `worker_processes` (1) and `worker_connections` (4096). It speaks HTTP/1.1, or HTTP/2 with
//! prior knowledge under `protocol: http2`; the services behind it are always asked over HTTP/1.1 on connections that are kept. With `tls`
//! it shows the certificate of the run, and it checks that of a service behind it that has one.

use super::{Called, Order, Recipe, SERVER_NAME, Start, words};
use crate::plan::real::{Engine, Protocol};

pub const RECIPE: Recipe = Recipe {
    page: include_str!("nginx.rs"),
    engine: Engine::Nginx,
    programs: &["nginx"],
    version: &["nginx", "-v"],
    package: "nginx-light",
    start,
};

const FILE: &str = "nginx.conf";
const PAPERS: &str = "        ssl_certificate {cert};\n        ssl_certificate_key {key};\n";
const ELSEWHERE: [&str; 2] = ["worker_processes", "worker_connections"];

fn start(order: &Order) -> Start {
    let args = words(["-e", "stderr", "-p", "{dir}", "-c", "{dir}/nginx.conf"]);
    Start { program: "nginx", args, files: vec![(FILE.to_owned(), config(order))], ..Start::default() }
}

fn config(order: &Order) -> String {
    let settings: String = order.others(&ELSEWHERE).map(|(name, value)| format!("    {name} {value};\n")).collect();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders: String = temporary.iter().map(|name| format!("    {name}_temp_path {{dir}}/{name};\n")).collect();
    let behind: String = order.calls.iter().enumerate().map(|(at, called)| upstream(at, called.name)).collect();
    let inside: String = match order.calls.is_empty() {
        true => "        location / { default_type text/plain; return 200 \"ok\\n\"; }\n".to_owned(),
        false => order.calls.iter().enumerate().map(|(at, called)| location(at, called)).collect(),
    };
    let (tls, papers) = if order.tls { (" ssl", PAPERS) } else { ("", "") };
    let http2 = if order.protocol == Protocol::Http2 { " http2" } else { "" };
    let (processes, connections) = (order.setting(ELSEWHERE[0], "1"), order.setting(ELSEWHERE[1], "4096"));
    format!(
        "daemon off;\nworker_processes {processes};\npid {{dir}}/nginx.pid;\nerror_log stderr warn;\n\
         events {{ worker_connections {connections}; }}\n\
         http {{\n    access_log off;\n    keepalive_requests 1000000;\n{folders}{settings}{behind}\
         \x20   server {{\n        listen {{host}}:{{port}}{tls}{http2} backlog=4096;\n{papers}{inside}    }}\n}}\n"
    )
}

fn upstream(at: usize, name: &str) -> String {
    format!("    upstream called{at} {{ server {{to:{name}}}; keepalive 256; }}\n")
}

/// The caller's marks are about its own call, not about the one that nginx makes for it.
fn location(at: usize, called: &Called) -> String {
    let path = if at == 0 { "/".to_owned() } else { format!("/{}/", called.name) };
    let (scheme, trust) = if called.tls { ("https", trust()) } else { ("http", String::new()) };
    format!(
        "        location {path} {{\n            proxy_pass {scheme}://called{at};\n            proxy_http_version 1.1;\n            \
         proxy_set_header Connection \"\";\n            proxy_set_header X-Firedrill-Call \"\";\n{trust}        }}\n"
    )
}

fn trust() -> String {
    let lines = [
        "proxy_ssl_verify on;",
        "proxy_ssl_trusted_certificate {ca};",
        &format!("proxy_ssl_name {SERVER_NAME};"),
        "proxy_ssl_server_name on;",
        "proxy_ssl_session_reuse off;",
    ];
    lines.iter().map(|line| format!("            {line}\n")).collect()
}
