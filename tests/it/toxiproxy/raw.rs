//! Every request of the API, and the exact status, type and body of its answer.

use super::*;

/// Method, path, body; status, type, body. `PORT` stands for the port on which proxy `p` listens, `UP` for its server.
type Row = (&'static str, &'static str, &'static str, u16, &'static str, &'static str);

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

const TABLE: &[Row] = &[
    ("GET", "/version", "", 200, "application/json;charset=utf-8", "{\"version\": \"2.12.0\"}\n"),
    ("GET", "/proxies", "", 200, JSON, "{}"),
    ("GET", "/nothing", "", 404, TEXT, "404 page not found\n"),
    ("GET", "/proxies/", "", 404, TEXT, "404 page not found\n"),
    ("GET", "/metrics", "", 404, TEXT, "404 page not found\n"),
    ("PUT", "/proxies", "", 405, "", ""),
    ("GET", "/reset", "", 405, "", ""),
    ("HEAD", "/version", "", 405, "", ""),
    ("POST", "/populate", "[]", 201, JSON, r#"{"proxies":null}"#),
    ("GET", "/proxies/p", "", 404, TEXT, "{\"error\":\"proxy not found\",\"status\":404}\n"),
    ("GET", "/proxies/p/toxics", "", 404, TEXT, "{\"error\":\"proxy not found\",\"status\":404}\n"),
    ("POST", "/proxies/p/toxics", "rubbish", 404, TEXT, "{\"error\":\"proxy not found\",\"status\":404}\n"),
    ("POST", "/proxies", "", 400, TEXT, "{\"error\":\"bad request body: EOF\",\"status\":400}\n"),
    ("POST", "/proxies", "{}", 400, TEXT, "{\"error\":\"missing required field: name\",\"status\":400}\n"),
    (
        "POST",
        "/proxies",
        r#"{"name":"p"}"#,
        400,
        TEXT,
        "{\"error\":\"missing required field: upstream\",\"status\":400}\n",
    ),
    (
        "POST",
        "/proxies",
        r#"{"name":7}"#,
        400,
        TEXT,
        "{\"error\":\"bad request body: json: cannot unmarshal number 7 into Go struct field Proxy.name of type string\",\"status\":400}\n",
    ),
    (
        "POST",
        "/proxies",
        r#"{"NAME":"p","Listen":"127.0.0.1:PORT","upSTREAM":"UP","unknown":1,"toxics":[{"type":"noop"}]} trailing"#,
        201,
        JSON,
        r#"{"name":"p","listen":"127.0.0.1:PORT","upstream":"UP","enabled":true,"Logger":{},"toxics":[]}"#,
    ),
    (
        "POST",
        "/proxies",
        r#"{"name":"p","listen":"127.0.0.1:0","upstream":"UP"}"#,
        409,
        TEXT,
        "{\"error\":\"proxy already exists\",\"status\":409}\n",
    ),
    (
        "POST",
        "/proxies",
        r#"{"name":"q","listen":"127.0.0.1:PORT","upstream":"UP"}"#,
        500,
        TEXT,
        "{\"error\":\"listen tcp 127.0.0.1:PORT: bind: address already in use\",\"status\":500}\n",
    ),
    (
        "POST",
        "/proxies",
        r#"{"name":"off","listen":"localhost:20009","upstream":"a&b:1","enabled":false}"#,
        201,
        JSON,
        "{\"name\":\"off\",\"listen\":\"localhost:20009\",\"upstream\":\"a\\u0026b:1\",\"enabled\":false,\"Logger\":{},\"toxics\":[]}",
    ),
    ("DELETE", "/proxies/off", "", 204, "", ""),
    ("DELETE", "/proxies/off", "", 404, TEXT, "{\"error\":\"proxy not found\",\"status\":404}\n"),
    (
        "GET",
        "/proxies",
        "",
        200,
        JSON,
        r#"{"p":{"name":"p","listen":"127.0.0.1:PORT","upstream":"UP","enabled":true,"Logger":{},"toxics":[]}}"#,
    ),
    // Toxics.
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"latency","attributes":{"latency":100}}"#,
        200,
        JSON,
        r#"{"attributes":{"latency":100,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1}"#,
    ),
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"slicer","stream":"UPSTREAM","toxicity":0.3,"attributes":{"average_size":10}}"#,
        200,
        JSON,
        r#"{"attributes":{"average_size":10,"size_variation":0,"delay":0},"name":"slicer_UPSTREAM","type":"slicer","stream":"UPSTREAM","toxicity":0.3}"#,
    ),
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"noop","name":"alias","direction":"upstream","attributes":null}"#,
        200,
        JSON,
        r#"{"attributes":{},"name":"alias","type":"noop","stream":"upstream","toxicity":1}"#,
    ),
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"latency"}"#,
        409,
        TEXT,
        "{\"error\":\"toxic already exists\",\"status\":409}\n",
    ),
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"latency","stream":"sideways"}"#,
        400,
        TEXT,
        "{\"error\":\"stream was invalid, can be either upstream or downstream\",\"status\":400}\n",
    ),
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"odd"}"#,
        400,
        TEXT,
        "{\"error\":\"invalid toxic type\",\"status\":400}\n",
    ),
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"timeout","attributes":{"timeout":1.5}}"#,
        400,
        TEXT,
        "{\"error\":\"bad request body: json: cannot unmarshal number 1.5 into Go struct field Toxic.timeout of type int64\",\"status\":400}\n",
    ),
    // Where Toxiproxy crashes, or takes what means nothing.
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"slicer"}"#,
        400,
        TEXT,
        "{\"error\":\"bad request body: average_size must be at least 1\",\"status\":400}\n",
    ),
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"bandwidth","attributes":{"rate":-1}}"#,
        400,
        TEXT,
        "{\"error\":\"bad request body: rate must be at least 0\",\"status\":400}\n",
    ),
    (
        "POST",
        "/proxies/p/toxics",
        r#"{"type":"noop","name":"n","toxicity":7}"#,
        400,
        TEXT,
        "{\"error\":\"bad request body: toxicity must be between 0 and 1\",\"status\":400}\n",
    ),
    (
        "GET",
        "/proxies/p/toxics",
        "",
        200,
        JSON,
        r#"[{"attributes":{"average_size":10,"size_variation":0,"delay":0},"name":"slicer_UPSTREAM","type":"slicer","stream":"UPSTREAM","toxicity":0.3},{"attributes":{},"name":"alias","type":"noop","stream":"upstream","toxicity":1},{"attributes":{"latency":100,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1}]"#,
    ),
    (
        "PATCH",
        "/proxies/p/toxics/slicer_UPSTREAM",
        r#"{"name":"other","type":"noop","stream":"downstream","attributes":{"delay":5}}"#,
        200,
        JSON,
        r#"{"attributes":{"average_size":10,"size_variation":0,"delay":5},"name":"slicer_UPSTREAM","type":"slicer","stream":"UPSTREAM","toxicity":0.3}"#,
    ),
    (
        "POST",
        "/proxies/p/toxics/latency_downstream",
        r#"{"toxicity":0.5}"#,
        200,
        JSON,
        r#"{"attributes":{"latency":100,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":0.5}"#,
    ),
    ("PATCH", "/proxies/p/toxics/none", "{}", 404, TEXT, "{\"error\":\"toxic not found\",\"status\":404}\n"),
    ("GET", "/proxies/p/toxics/none", "", 404, TEXT, "{\"error\":\"toxic not found\",\"status\":404}\n"),
    (
        "GET",
        "/proxies/p/toxics/ali%61s",
        "",
        200,
        JSON,
        r#"{"attributes":{},"name":"alias","type":"noop","stream":"upstream","toxicity":1}"#,
    ),
    ("DELETE", "/proxies/p/toxics/alias", "", 204, "", ""),
    ("DELETE", "/proxies/p/toxics/alias", "", 404, TEXT, "{\"error\":\"toxic not found\",\"status\":404}\n"),
    // A proxy that is as it should be stays, toxics and all; one that differs is replaced without them.
    (
        "POST",
        "/populate",
        r#"[{"name":"p","listen":"localhost:PORT","upstream":"UP","enabled":false}]"#,
        201,
        JSON,
        r#"{"proxies":[{"name":"p","listen":"127.0.0.1:PORT","upstream":"UP","enabled":true,"Logger":{},"toxics":[{"attributes":{"average_size":10,"size_variation":0,"delay":5},"name":"slicer_UPSTREAM","type":"slicer","stream":"UPSTREAM","toxicity":0.3},{"attributes":{"latency":100,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":0.5}]}]}"#,
    ),
    (
        "POST",
        "/populate",
        r#"[{"name":"p","listen":"127.0.0.1:PORT","upstream":"127.0.0.1:1"},{"name":"late","listen":"127.0.0.1:PORT","upstream":"UP"}]"#,
        500,
        JSON,
        r#"{"error":"listen tcp 127.0.0.1:PORT: bind: address already in use","status":500,"proxies":[{"name":"p","listen":"127.0.0.1:PORT","upstream":"127.0.0.1:1","enabled":true,"Logger":{},"toxics":[]}]}"#,
    ),
    (
        "POST",
        "/populate",
        r#"[{"name":"a","upstream":"UP"},{"name":"b"}]"#,
        400,
        JSON,
        r#"{"error":"missing required field: upstream at proxy 2","status":400,"proxies":null}"#,
    ),
    (
        "PATCH",
        "/proxies/p",
        r#"{"name":"renamed","enabled":false}"#,
        200,
        JSON,
        r#"{"name":"p","listen":"127.0.0.1:PORT","upstream":"127.0.0.1:1","enabled":false,"Logger":{},"toxics":[]}"#,
    ),
    (
        "POST",
        "/proxies/p",
        r#"{"enabled":true,"upstream":"UP"}"#,
        200,
        JSON,
        r#"{"name":"p","listen":"127.0.0.1:PORT","upstream":"UP","enabled":true,"Logger":{},"toxics":[]}"#,
    ),
    ("POST", "/reset", "any body at all", 204, "", ""),
];

#[test]
fn every_request_has_its_exact_answer() {
    let server = Server::start(&[]);
    let upstream = echo().to_string();
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        free.local_addr().expect("bound").port().to_string()
    };
    let fill = |text: &str| text.replace("PORT", &port).replace("UP\"", &format!("{upstream}\""));
    for (method, path, body, status, kind, expected) in TABLE {
        let reply = server.ask(method, path, &fill(body));
        let asked = format!("{method} {path} {body}");
        assert_eq!((reply.status, &reply.body), (*status, &fill(expected)), "{asked}");
        let header = |name: &str| reply.headers.get(name).map(String::as_str);
        assert_eq!(header("content-type").unwrap_or_default(), *kind, "{asked}");
        assert_eq!(header("x-content-type-options"), (*kind == TEXT).then_some("nosniff"), "{asked}");
        let routed = !matches!(expected, &"404 page not found\n") && *status != 405;
        assert_eq!(header("x-toxiproxy-request-id").is_some_and(|id| id.len() == 20), routed, "{asked}");
    }
}

#[test]
fn browsers_are_turned_away_and_any_content_type_will_do() {
    let server = Server::start(&[]);
    let reply = server.ask_with("GET", "/proxies", &["User-Agent: Mozilla/5.0 (X11)"], "");
    assert_eq!((reply.status, reply.body.as_str()), (403, "User agent not allowed\n"));
    assert!(reply.headers.contains_key("x-toxiproxy-request-id"));
    let form = ["Content-Type: application/x-www-form-urlencoded", "User-Agent: curl/8"];
    let reply = server.ask_with("POST", "/proxies", &form, r#"{"name":"x","listen":"127.0.0.1:0","upstream":"y:1"}"#);
    assert_eq!(reply.status, 201);
    let bare = server.send(b"POST /reset HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(Reply::read(&bare).status, 204, "no length at all");
    let text = String::from_utf8_lossy(&bare).into_owned();
    assert!(text.contains("X-Toxiproxy-Request-Id: "), "header names are spelled as Go spells them: {text}");
}

#[test]
fn proxies_come_from_a_file_and_a_bad_one_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("proxies.json");
    let path = file.to_str().expect("a plain path");
    std::fs::write(&file, r#"[{"name":"from-file","listen":"127.0.0.1:0","upstream":"127.0.0.1:1"}]"#)
        .expect("written");
    let server = Server::start(&["--config", path]);
    let start = Instant::now();
    while server.ask("GET", "/proxies/from-file", "").status != 200 {
        assert!(start.elapsed() < LONG, "the proxy never came");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(server.first_line.contains("seed 7"), "{}", server.first_line);
    std::fs::write(&file, r#"[{"name":"no-upstream"}]"#).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    let out = command.args(["proxy", "-host", "127.0.0.1", "-port", "0", "-config", path]).output().expect("runs");
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(told.contains("missing required field: upstream at proxy 1"), "{told}");
    assert_eq!(out.status.code(), Some(2), "{told}");
}

#[test]
fn metrics_are_open_metrics_and_count_what_went_through() {
    let server = Server::start(&["--proxy-metrics"]);
    let listen = server.proxy("m", echo());
    server.toxic("m", r#"{"type":"latency","attributes":{"latency":30}}"#);
    let mut stream = connect(listen);
    round_trip(&mut stream).expect("echoed");
    let page = server.ask("GET", "/metrics", "");
    assert_eq!(page.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let value = |start: &str, labels: &[&str]| -> f64 {
        let fits = |line: &&str| line.starts_with(start) && labels.iter().all(|label| line.contains(label));
        let line = page.body.lines().find(fits).unwrap_or_else(|| panic!("{start} in\n{}", page.body));
        line.rsplit_once(' ').and_then(|(_, value)| value.parse().ok()).expect("a number")
    };
    for name in ["toxiproxy_proxy_received_bytes_total{", "toxiproxy_proxy_sent_bytes_total{"] {
        for direction in ["direction=\"upstream\"", "direction=\"downstream\""] {
            assert_eq!(value(name, &[direction, "proxy=\"m\"", &format!("listener=\"{listen}\"")]), 5.0);
        }
    }
    assert_eq!(value("firedrill_proxy_connections_accepted_total{", &[]), 1.0);
    assert_eq!(value("firedrill_proxy_connections_open{", &[]), 1.0);
    assert_eq!(value("firedrill_proxy_toxic_touches_total{", &["toxic=\"latency_downstream\""]), 1.0);
    assert_eq!(value("firedrill_proxy_added_delay_seconds_bucket{", &["le=\"0.02\""]), 0.0);
    assert_eq!(value("firedrill_proxy_added_delay_seconds_bucket{", &["le=\"0.05\""]), 1.0);
    assert_eq!(value("firedrill_proxy_added_delay_seconds_sum{", &[]), 0.03);
    assert!(page.body.ends_with("# EOF\n"));
    assert_eq!(server.ask("DELETE", "/proxies/m", "").status, 204);
    let after = server.ask("GET", "/metrics", "").body;
    assert!(after.contains("firedrill_proxy_connections_accepted_total{"), "no counter is forgotten: {after}");
}
