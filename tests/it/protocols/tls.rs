//! Calls over TLS to real servers, and wrong certificates on their edges: the same verdicts in both worlds.

use super::worlds::{both_hold, holds_in_both};
use firedrill::live::certificates::Authority;

/// The users of one service that is `live`, called with `tls` sessions or without; the certificate is wrong from 4s to 8s.
fn worlds(name: &str, sessions: &str, is: &str, live: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("  - {line}\n")).collect();
    format!(
        "
name: worlds-tls-{name}
length: 11s
warmup: 1s
clients:
  users: {{calls: {{to: web, timeout: 5s{sessions}}}, rate: 30/s}}
services:
  web: {{workers: 8, work: 1ms}}
faults:
  wrong: {{kind: certificate, on: users->web, is: {is}, at: 4s, for: 4s}}
expect:
  - success(users) >= 99% between 1s and 4s
{lines}  - success(users) >= 99% between 8500ms and 11s
live:
  web: {live}
"
    )
}

#[test]
fn https_to_nginx_fails_while_its_certificate_is_expired() {
    let all = ["errors(users, kind=untrusted) >= 95% during wrong"];
    let (_, real) = holds_in_both(&worlds("nginx", "", "expired", "{engine: nginx, tls: true}", &all));
    let said = real.head.methods.join("\n");
    assert!(said.contains("over TLS, trusting an authority made for this run only"), "{said}");
    assert!(said.contains("users->web: while a certificate is wrong, its proxy ends new TLS sessions"), "{said}");
}

#[test]
fn open_sessions_live_on_as_in_the_model() {
    let sessions = ", tls: {connections: 30, life: exp(4s)}";
    let lines = [
        "errors(users, kind=untrusted) <= 35% between 4s and 5s",
        "errors(users, kind=untrusted) >= 35% between 6s and 8s",
        "errors(users, kind=untrusted) <= 80% between 6s and 8s",
    ];
    holds_in_both(&worlds("sessions", sessions, "unknown-ca", "{engine: nginx, tls: true}", &lines));
}

#[test]
fn http2_over_tls_to_haproxy_meets_a_certificate_for_another_name() {
    let all = ["errors(users, kind=untrusted) >= 95% during wrong"];
    let live = "{engine: haproxy, protocol: http2, tls: true}";
    holds_in_both(&worlds("haproxy", "", "wrong-name", live, &all));
}

const SERVER: &str = "
import http.server, ssl, sys
class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        self.send_response(200); self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')
    def log_message(self, *words): pass
class Server(http.server.ThreadingHTTPServer):
    def finish_request(self, request, address):
        super().finish_request(context.wrap_socket(request, server_side=True), address)
    def handle_error(self, request, address): pass
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
Server(('127.0.0.1', int(sys.argv[1])), Answers).serve_forever()
";

#[test]
fn any_program_is_told_its_certificate_and_asked_over_tls_whether_it_is_ready() {
    let folder = super::folder();
    let script = folder.path().join("server.py");
    std::fs::write(&script, SERVER).expect("the folder can be written");
    let start = format!("[python3, {:?}, \"{{port}}\", \"{{cert}}\", \"{{key}}\"]", script.display().to_string());
    let all = ["errors(users, kind=untrusted) >= 95% during wrong"];
    let live = format!("{{start: {start}, tls: true, ready: {{http: /}}}}");
    holds_in_both(&worlds("started", "", "not-yet-valid", &live, &all));
}

/// Our authority is not that of such a server, so that whatever the proxy shows is of an unknown one.
#[test]
fn one_that_runs_already_is_trusted_by_a_file() {
    let authority = Authority::new().expect("an authority");
    let server = super::certificates::nginx(&authority);
    let file = server.folder.path().join("authority.pem");
    std::fs::write(&file, authority.pem()).expect("the folder can be written");
    let all = ["errors(users, kind=untrusted) >= 95% during wrong"];
    let live = format!("{{address: \"{}\", tls: true, ca: {:?}}}", server.address, file.display().to_string());
    holds_in_both(&worlds("address", "", "expired", &live, &all));
}

/// What is between two real processes checks the certificate by itself, in sessions that it makes anew when the old ones are reset.
#[test]
fn an_nginx_does_not_pass_on_to_whom_it_cannot_trust() {
    both_hold(
        "
name: worlds-tls-behind
length: 8s
warmup: 1s
clients:
  users: {calls: {to: front, timeout: 5s}, rate: 30/s}
services:
  front: {workers: 8, work: 1ms, calls: [{to: web, timeout: 4s}]}
  web: {workers: 8, work: 1ms}
faults:
  closed: {kind: reset, on: front->web, at: 2700ms, for: 500ms}
  wrong: {kind: certificate, on: front->web, is: expired, at: 3s, for: 2s}
expect:
  - success(users) >= 99% between 1s and 2700ms
  - errors(users) >= 95% between 3500ms and 5s
  - success(users) >= 99% between 6s and 8s
live:
  front: {engine: nginx, tls: true}
  web: {engine: nginx, tls: true}
",
    );
}
