//! Which services are real in the live world (`--world live`), how each is started or reached, and when it is ready.
//!
//! `engine` starts a stock server: `redis`, `postgres`, `memcached`, `nginx`, `haproxy`, `rabbitmq`, `nats` (with JetStream), `smtp` (Postfix's
//! smtp-sink) or `dns` (dnsmasq). firedrill finds the program, gives it a free port and a private folder, writes its configuration,
//! takes its first steps (such as `initdb`), waits until it answers in its own protocol, and ends it with the run, whatever happens.
//! `settings` are the server's own, by their names. A root user's engines run as `nobody`. nginx and haproxy pass requests on to the
//! services that theirs calls, and answer themselves if it calls nobody.
//!
//! `start` runs any other program, as a list of words without a shell: `{port}` stands for the free port, `{port:NAME}` for further ones,
//! `{host}` for the address to listen on (127.0.0.1, unless it has a network of its own), `{dir}` for the private folder, and `{to:NAME}` for
//! the address of a service that it calls; behind that address stands the fault proxy of the edge, if a fault touches it. One with an `address` runs already; firedrill only talks to it, and only if it answers before the run
//! begins. All other services are stand-ins on loopback that play the model in real time.
//!
//! What a request is depends on the protocol. `http`, `http2`: what the client's `send` says. `redis`, `memcached`: GET and SET of the
//! request's key, a key that is not there being a miss of a cache (`cache` services are filled beforehand; a `redis` of a plain kind
//! is asked PING). `postgres`: SELECT and INSERT … ON CONFLICT by key on a table of its own. `amqp`, `nats`, `smtp`: each request is a
//! message or a mail, published with a confirm, to a durable queue, to a stream, to the sink. `dns`: the address of the name that stands
//! in `send: {path: /NAME}` (`key-{key}.test`). `tcp`: so many bytes there and back. Requests are writes by the client's `writes` or the
//! call's `write`.
//!
//! Every write carries a number, and acknowledged ones are asked for again at the end, when all faults are healed: `lost(NAME)` counts
//! those that are gone (overwritten ones are not), for `redis`, `memcached`, `postgres`, `amqp`, `nats` and a `smtp` engine. A server that was
//! killed starts again on its own data, so its settings decide what survives; with `cold: true` its data is taken from it first.
//! A `volume` is a size-limited tmpfs under `{dir}`, for the fault `fill`; that needs root.
//!
//! `generators: 3` at the top of the scenario lets three processes make the load together (`run --generators` goes before it): each sends
//! every third request of one script of arrivals, and their histograms and acknowledged writes are put together. What all users of a call
//! have in common (a pool, a breaker, a retry budget) cannot be divided, and is refused with several.
//!
//! Faults may be put on the process behind an `address` on this machine as well, if the service names it (`pid`, or `pid_file`) and `allow`
//! repeats it (`allow: [pid:1234]`): `pause`, `cpu`, `memory`, `processes`, `open-files`. It is given back as it was. What ends it (`down`,
//! `restart`) or may end it (`memory`) also needs `may_end: true`, because firedrill cannot start it again.
//!
//! With `tls: true` a `http` or `http2` service is called over TLS, and its readiness is looked for over TLS. For one that is started,
//! firedrill makes an authority for the run and a certificate for `localhost` and its address: `{cert}`, `{key}` and `{ca}` are their
//! paths (PEM), in the arguments, the environment and the files of an engine; nginx and haproxy are set up by themselves. A process that
//! calls such a service finds the authority at `{ca}`. Callers trust that authority alone, and the authorities in the file `ca` if it is
//! given; those of a service at an `address` without `ca` trust whom the system trusts. No session is resumed. A call with `tls` keeps
//! so many sessions for as long as the model says (HTTP/2 always keeps 2), made when they are first needed; without `tls` connections
//! are kept as over HTTP, but while a `certificate` fault lasts each request makes one, as in the model. Stand-ins speak no TLS.
//!
//! Targets outside this machine are refused unless `allow` in the scenario lists their host and the command says `--allow-remote`.
//! `firedrill run FILE --world live --dry-run` shows what would be started and touched. docs/live.md goes through a game day.
//!
//! ```yaml
//! name: live-example
//! length: 20s
//! warmup: 2s
//! clients:
//!   users: {calls: {to: web, timeout: 1s}, rate: 50/s, keys: {count: 1000}}
//! services:
//!   web: {work: exp(2ms), calls: [{to: cache, timeout: 300ms, miss: {to: db, timeout: 500ms}}]}
//!   cache: {kind: cache, entries: 900, work: 200us}
//!   db: {workers: 8, work: exp(5ms)}
//! faults:
//!   late: {kind: latency, on: web->cache, by: 50ms, at: 8s, for: 5s}
//! expect:
//!   - p50(users) >= 40ms during late
//!   - success(users) >= 99%
//! live:
//!   cache: {engine: redis, settings: {maxmemory: 64mb, maxmemory-policy: allkeys-lru}}
//! ```

use super::real_checks::{check_tls, foreign};
use super::root::{is_empty_map, service_named};
use crate::base::Span;
use crate::plan::real::{Account, Engine, First, GENERATORS_MAX, Origin, Protocol, Ready};
use crate::plan::{Plan, Real, RealService};
use crate::scenario::{Entry, FieldDoc, Fields, Shape, Value, values};

/// Words of the language, in the order of the types.
const PROTOCOLS: [&str; Protocol::ALL.len()] = {
    let mut words = [""; Protocol::ALL.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = Protocol::ALL[at].word();
        at += 1;
    }
    words
};
const ENGINES: [&str; Engine::ALL.len()] = {
    let mut words = [""; Engine::ALL.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = Engine::ALL[at].word();
        at += 1;
    }
    words
};

pub static TABLE: [FieldDoc; 19] = [
    FieldDoc::optional(
        "engine",
        Shape::Choice(&ENGINES),
        "none",
        "the stock server that is started, instead of `start`: firedrill knows its arguments, files and first steps",
    ),
    FieldDoc::optional(
        "settings",
        Shape::MapOf(&Shape::Text),
        "none",
        "of the engine, by the server's own names: `{appendfsync: always}`",
    ),
    FieldDoc::optional(
        "start",
        Shape::OneOf(&[Shape::Text, Shape::List(&Shape::Text)]),
        "none",
        "program and arguments; `{port}`, `{host}`, `{dir}` and `{to:NAME}` are replaced by a free port, the address to listen on, a private folder and the host:port of a called service",
    ),
    FieldDoc::optional(
        "address",
        Shape::Text,
        "none",
        "`host:port` of a service that runs already, instead of `start`",
    ),
    FieldDoc::optional(
        "pid",
        Shape::Count,
        "none",
        "with `address`: the process that answers there, which faults may then pause and limit; `allow: [pid:N]` must say so, too",
    ),
    FieldDoc::optional(
        "pid_file",
        Shape::Text,
        "none",
        "the file that holds its number, instead of `pid`; allowed by `allow: [pid_file:PATH]`",
    ),
    FieldDoc::optional(
        "may_end",
        Shape::Flag,
        "false",
        "with `pid` or `pid_file`: faults may also end the process, although firedrill cannot start it again",
    ),
    FieldDoc::optional(
        "protocol",
        Shape::Choice(&PROTOCOLS),
        "that of the engine, else `http`",
        "how it is spoken to; `tcp` sends the request's bytes and reads the answer's, whatever they mean",
    ),
    FieldDoc::optional(
        "ready",
        Shape::OneOf(&[Shape::Choice(&["connect", "answers"]), Shape::Shared("ready", &READY)]),
        "by protocol",
        "how to know that it can be asked: `connect` (it accepts), `answers` (to a first question in its protocol), or `{http: /path}`",
    ),
    FieldDoc::optional("ready_within", Shape::Span, "10s, or by engine", "how long to wait for that"),
    FieldDoc::optional(
        "volume",
        Shape::Bytes,
        "none",
        "its data folder is a volume of this size, which `fill` can fill",
    ),
    FieldDoc::optional(
        "network",
        Shape::Choice(&["shared", "own"]),
        "`own` if `packets` act on it, else `shared`",
        "`own`: it runs in a network namespace of its own, at an address of its own (`{host}`), and calls others through firedrill's proxies",
    ),
    FieldDoc::optional(
        "cold",
        Shape::Flag,
        "false",
        "its data is emptied before it is started again; otherwise its own settings decide what survives",
    ),
    FieldDoc::optional("env", Shape::MapOf(&Shape::Text), "none", "environment variables, with `start`"),
    FieldDoc::optional("user", Shape::Text, "the server's default", "whom firedrill logs in as"),
    FieldDoc::optional(
        "password_from",
        Shape::Text,
        "none",
        "the environment variable that holds the password, which itself never stands in a scenario or a report",
    ),
    FieldDoc::optional("database", Shape::Text, "the server's default", "the database, or a broker's virtual host"),
    FieldDoc::optional(
        "tls",
        Shape::Flag,
        "false",
        "it is called over TLS (`http`, `http2`); where firedrill starts it, `{cert}`, `{key}` and `{ca}` are replaced by the paths of a certificate made for the run, its key, and the authority",
    ),
    FieldDoc::optional(
        "ca",
        Shape::Text,
        "the run's authority, or the system's",
        "with `tls`: a PEM file of the authorities that callers trust instead, for a server with a certificate of its own",
    ),
];

static READY: [FieldDoc; 1] = [FieldDoc::required("http", Shape::Text, "`GET` of this path answers below 500")];

pub fn read(root: &Fields, plan: &Plan) -> Real {
    let diags = root.diags();
    let services = root.entries("live").iter().filter_map(|entry| service(entry, root, plan)).collect();
    let allow =
        root.list("allow").iter().filter_map(|node| values::read_text(node, diags)).map(str::to_owned).collect();
    Real { services, allow, toxiproxy: toxiproxy(root), generators: generators(root) }
}

fn generators(root: &Fields) -> Option<u32> {
    let count = root.count("generators")?;
    let fits = u32::try_from(count).ok().filter(|count| (1..=GENERATORS_MAX).contains(count));
    if fits.is_none() {
        let note =
            root.error("generators", format!("the load is made by 1 to {GENERATORS_MAX} processes, not by {count}"));
        note.help("one for each free core is enough").code("wrong-value");
    }
    fits
}

/// `http://host:port`, of which only the middle is needed.
fn toxiproxy(root: &Fields) -> Option<String> {
    let text = root.text("proxy")?;
    let bare = text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    let address = bare.filter(|bare| {
        bare.rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
    });
    if address.is_none() {
        let note = root.error("proxy", "this is not where a Toxiproxy can be").code("wrong-value");
        note.help("write its address as `http://127.0.0.1:8474`");
    }
    address.map(str::to_owned)
}

fn service(entry: &Entry, root: &Fields, plan: &Plan) -> Option<RealService> {
    let diags = root.diags();
    let id = service_named(&entry.key, entry.key_place, plan, diags);
    if is_empty_map(&entry.value) {
        diags
            .error(entry.value.place, format!("live service `{}` has no `engine`, `start` or `address`", entry.key))
            .code("missing-key");
        return None;
    }
    let fields = Fields::open(&entry.value, &format!("live service `{}`", entry.key), &TABLE, diags);
    let engine = Engine::ALL.into_iter().find(|engine| fields.choice("engine") == Some(engine.word()));
    let spoken = Protocol::ALL.into_iter().find(|protocol| fields.choice("protocol") == Some(protocol.word()));
    let protocol = spoken.or(engine.map(Engine::protocol)).unwrap_or(Protocol::Http);
    let origin = match engine {
        Some(engine) => engine_origin(engine, &fields),
        None => origin(&fields),
    };
    let real = RealService {
        service: id?,
        protocol,
        origin: origin?,
        ready_within: ready_within(&fields, engine),
        ready: ready(&fields, protocol),
        volume_bytes: volume(&fields),
        account: account(&fields),
        cold: fields.flag("cold").unwrap_or(false),
        foreign: foreign(&fields),
        own_network: fields.choice("network") == Some("own"),
        tls: fields.flag("tls").unwrap_or(false),
        ca: fields.node("ca").and_then(|node| values::read_text_file(node, diags)),
    };
    if real.own_network && matches!(real.origin, Origin::Address(_)) {
        fields.error("network", "a service that runs already has its network").help("use `start`").code("wrong-value");
    }
    check_tls(&real, &fields);
    if real.volume_bytes.is_some() && matches!(real.origin, Origin::Address(_)) {
        fields.error("volume", "a service that runs already has its own disk").help("use `start`").code("wrong-value");
    }
    Some(real)
}

fn origin(fields: &Fields) -> Option<Origin> {
    let diags = fields.diags();
    if fields.node("settings").is_some() {
        let note = fields.error("settings", "settings belong to an `engine`");
        note.help("write them into the `start` arguments, or use `engine`").code("wrong-value");
    }
    match (fields.node("start"), fields.node("address")) {
        (Some(start), None) => {
            let words: Vec<String> = match &start.value {
                Value::List(items) => {
                    items.iter().filter_map(|item| values::read_text(item, diags)).map(str::to_owned).collect()
                }
                _ => values::read_text(start, diags)?.split_whitespace().map(str::to_owned).collect(),
            };
            let mut words = words.into_iter();
            let Some(program) = words.next().filter(|program| !program.is_empty()) else {
                fields.error("start", "no program is named").code("wrong-value");
                return None;
            };
            let text = |entry: &Entry| Some((entry.key.clone(), values::read_text(&entry.value, diags)?.to_owned()));
            let env = fields.entries("env").iter().filter_map(text).collect();
            Some(Origin::Start { program, args: words.collect(), env, first: First::default() })
        }
        (None, Some(_)) => address(fields),
        (start, _) => {
            let message = match start {
                Some(_) => "`start` and `address`: it can only be one of them",
                None if fields.node("tls").is_some() => {
                    "a stand-in speaks no TLS: the service has no `engine`, `start` or `address`"
                }
                None => "how is it reached? It has no `engine`, `start` or `address`",
            };
            diags.error(fields.place(), message).code("missing-key");
            None
        }
    }
}

/// A stock server. Its settings end up in files and arguments, one line or one word each.
fn engine_origin(engine: Engine, fields: &Fields) -> Option<Origin> {
    for other in ["start", "address", "env"] {
        if fields.node(other).is_some() {
            let message = format!("`engine` and `{other}`: an engine brings its own");
            fields
                .error(other, message)
                .help(format!("remove one of them; `settings` go to {}", engine.word()))
                .code("wrong-value");
        }
    }
    let mut settings = Vec::new();
    for entry in fields.entries("settings") {
        let Some(value) = values::read_text(&entry.value, fields.diags()) else { continue };
        let named = !entry.key.is_empty() && entry.key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !named || value.contains(['\n', '\r']) {
            let message = format!(
                "`{}` is no setting: a name of letters, digits, `-`, `_` and `.`, and one line of text",
                entry.key
            );
            fields.diags().error(entry.key_place, message).code("wrong-value");
            continue;
        }
        settings.push((entry.key.clone(), value.to_owned()));
    }
    Some(Origin::Engine { engine, settings })
}

fn account(fields: &Fields) -> Account {
    let text = |name: &str| fields.text(name).map(str::to_owned);
    Account { user: text("user"), password_from: text("password_from"), database: text("database") }
}

fn address(fields: &Fields) -> Option<Origin> {
    let text = fields.text("address")?;
    let port =
        text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse::<u16>().ok());
    if port.is_none_or(|port| port == 0) {
        fields.error("address", "an address is `host:port`").help("such as `127.0.0.1:6379`").code("wrong-value");
        return None;
    }
    Some(Origin::Address(text.to_owned()))
}

fn ready(fields: &Fields, protocol: Protocol) -> Ready {
    let by_protocol = match protocol {
        Protocol::Http | Protocol::Tcp => Ready::Connect,
        _ => Ready::Answers,
    };
    let Some(node) = fields.node("ready") else { return by_protocol };
    if let Value::Map(_) = node.value {
        let inner = Fields::open(node, "`ready`", &READY, fields.diags());
        if inner.text("http").is_some_and(|path| !path.starts_with('/')) {
            inner.error("http", "a path begins with `/`").help("such as `ready: {http: /health}`").code("wrong-value");
        }
        return inner.text("http").map_or(by_protocol, |path| Ready::HttpGet(path.to_owned()));
    }
    match values::read_choice(node, &["connect", "answers"], fields.diags()) {
        Some("answers") => Ready::Answers,
        Some(_) => Ready::Connect,
        None => by_protocol,
    }
}

fn ready_within(fields: &Fields, engine: Option<Engine>) -> Span {
    let usual = engine.map_or(Span::from_secs(10), Engine::ready_within);
    let within = fields.span("ready_within").unwrap_or(usual);
    if within == Span::ZERO {
        fields.error("ready_within", "nothing is ready at once").help("such as `10s`").code("wrong-value");
    }
    within
}

/// A file system needs some room for itself.
const VOLUME_LEAST_BYTES: u64 = 1 << 20;

fn volume(fields: &Fields) -> Option<u64> {
    let bytes = fields.bytes("volume")?;
    if bytes < VOLUME_LEAST_BYTES {
        fields.error("volume", "a volume has at least 1MiB").help("such as `64MiB`").code("wrong-value");
    }
    Some(bytes)
}
