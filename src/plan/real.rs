//! What the live world needs to know beside the model: what is started, reached, allowed.

use crate::base::{ServiceId, Span};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Real {
    pub services: Vec<RealService>,
    /// Hosts outside loopback that the scenario allows as targets (with `--allow-remote`), and processes (`pid:N`, `pid_file:PATH`).
    pub allow: Vec<String>,
    /// `host:port` of a Toxiproxy server that stands on the edges instead of our own fault proxy.
    pub toxiproxy: Option<String>,
    /// So many processes make the load, unless the command line says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generators: Option<u32>,
}

/// More processes than this make no more load on any machine.
pub const GENERATORS_MAX: u32 = 256;

/// A service that is a real process instead of a stand-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RealService {
    pub service: ServiceId,
    pub protocol: Protocol,
    pub origin: Origin,
    /// How long to wait until it is ready.
    pub ready_within: Span,
    pub ready: Ready,
    /// Needs a size-limited volume of this many bytes as its data directory.
    pub volume_bytes: Option<u64>,
    /// It runs in a network namespace of its own, whether or not a fault needs that.
    #[serde(default)]
    pub own_network: bool,
    /// Its data is emptied before it is started again.
    #[serde(default)]
    pub cold: bool,
    /// Whom we are to the server.
    #[serde(default)]
    pub account: Account,
    /// The process behind an address, which is somebody else's.
    #[serde(default)]
    pub foreign: Option<Foreign>,
    /// It speaks TLS: with a certificate that was made for the run, if we start it and `ca` does not say otherwise.
    #[serde(default)]
    pub tls: bool,
    /// The authorities that its callers trust, in PEM.
    #[serde(default)]
    pub ca: Option<String>,
}

/// A process that ran before the run and runs on after it. Nothing is done to it that cannot be undone, unless it may be ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    pub which: Which,
    /// It may be killed, or made to die of a limit, although nobody here can start it again.
    pub may_end: bool,
}

/// How its number is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    Pid(i32),
    /// The file into which it writes its number.
    File(String),
}

impl Which {
    /// As it must stand under `allow:`.
    pub fn permission(&self) -> String {
        match self {
            Which::Pid(pid) => format!("pid:{pid}"),
            Which::File(path) => format!("pid_file:{path}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Http,
    Http2,
    Redis,
    Memcached,
    Postgres,
    Smtp,
    Amqp,
    Nats,
    Dns,
    Tcp,
}

/// Login and database; what is not said is what the server takes by default. Passwords never stand in a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub user: Option<String>,
    /// The environment variable that holds the password.
    pub password_from: Option<String>,
    /// The database, or the virtual host of a broker.
    pub database: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Started by us. `{port}` and `{dir}` are replaced by a free loopback port and a private folder; `{port:NAME}` by further ports.
    Start {
        program: String,
        args: Vec<String>,
        env: Vec<(String, String)>,
        #[serde(default)]
        first: First,
    },
    /// Started by us from a stock binary; the live world knows how.
    Engine { engine: Engine, settings: Vec<(String, String)> },
    /// Already running at `host:port`.
    Address(String),
}

/// What is done before a program is started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct First {
    /// Name in the private folder, and text; placeholders are replaced in it.
    pub files: Vec<(String, String)>,
    /// Commands that are run to their end while the folder is empty.
    pub run: Vec<Vec<String>>,
    /// It must not run as root: whoever is root starts it as another user.
    pub unprivileged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Redis,
    Postgres,
    Memcached,
    Nginx,
    Haproxy,
    Rabbitmq,
    Nats,
    Smtp,
    Dns,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ready {
    /// The port accepts a connection.
    Connect,
    /// A first question in its own protocol is answered, such as `PING` with `PONG`.
    Answers,
    /// `GET path` answers with a status below 500.
    HttpGet(String),
}

impl Origin {
    /// Does one of its texts have this placeholder?
    pub fn mentions(&self, placeholder: &str) -> bool {
        self.texts().iter().any(|text| text.contains(placeholder))
    }

    /// Every text in which a placeholder may stand.
    pub fn texts(&self) -> Vec<&String> {
        let Origin::Start { args, env, first, .. } = self else { return Vec::new() };
        let files = first.files.iter().map(|(_, text)| text);
        args.iter().chain(env.iter().map(|(_, text)| text)).chain(files).chain(first.run.iter().flatten()).collect()
    }

    pub fn replace(&mut self, placeholder: &str, with: &str) {
        let Origin::Start { args, env, first, .. } = self else { return };
        let files = first.files.iter_mut().map(|(_, text)| text);
        let texts = args.iter_mut().chain(env.iter_mut().map(|(_, text)| text)).chain(files);
        texts.chain(first.run.iter_mut().flatten()).for_each(|text| *text = text.replace(placeholder, with));
    }
}

impl Protocol {
    pub const ALL: [Protocol; 10] = [
        Protocol::Http,
        Protocol::Http2,
        Protocol::Redis,
        Protocol::Memcached,
        Protocol::Postgres,
        Protocol::Smtp,
        Protocol::Amqp,
        Protocol::Nats,
        Protocol::Dns,
        Protocol::Tcp,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Protocol::Http => "http",
            Protocol::Http2 => "http2",
            Protocol::Redis => "redis",
            Protocol::Memcached => "memcached",
            Protocol::Postgres => "postgres",
            Protocol::Smtp => "smtp",
            Protocol::Amqp => "amqp",
            Protocol::Nats => "nats",
            Protocol::Dns => "dns",
            Protocol::Tcp => "tcp",
        }
    }

    /// Can what such a server acknowledged be asked for again? Of mails only where the sink is ours.
    pub const fn keeps_writes(self) -> bool {
        matches!(
            self,
            Protocol::Redis
                | Protocol::Memcached
                | Protocol::Postgres
                | Protocol::Amqp
                | Protocol::Nats
                | Protocol::Smtp
        )
    }

    /// Do our callers speak it over TLS?
    pub const fn over_tls(self) -> bool {
        matches!(self, Protocol::Http | Protocol::Http2)
    }

    /// Is every request a message that is kept, whether the model calls it a write or not?
    pub const fn only_writes(self) -> bool {
        matches!(self, Protocol::Amqp | Protocol::Nats | Protocol::Smtp)
    }
}

impl Engine {
    pub const ALL: [Engine; 9] = [
        Engine::Redis,
        Engine::Postgres,
        Engine::Memcached,
        Engine::Nginx,
        Engine::Haproxy,
        Engine::Rabbitmq,
        Engine::Nats,
        Engine::Smtp,
        Engine::Dns,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Engine::Redis => "redis",
            Engine::Postgres => "postgres",
            Engine::Memcached => "memcached",
            Engine::Nginx => "nginx",
            Engine::Haproxy => "haproxy",
            Engine::Rabbitmq => "rabbitmq",
            Engine::Nats => "nats",
            Engine::Smtp => "smtp",
            Engine::Dns => "dns",
        }
    }

    /// What it speaks unless the scenario says otherwise.
    pub const fn protocol(self) -> Protocol {
        match self {
            Engine::Redis => Protocol::Redis,
            Engine::Postgres => Protocol::Postgres,
            Engine::Memcached => Protocol::Memcached,
            Engine::Nginx | Engine::Haproxy => Protocol::Http,
            Engine::Rabbitmq => Protocol::Amqp,
            Engine::Nats => Protocol::Nats,
            Engine::Smtp => Protocol::Smtp,
            Engine::Dns => Protocol::Dns,
        }
    }

    /// How long it may take to start, generously: a broker in a virtual machine first compiles and then starts.
    pub const fn ready_within(self) -> Span {
        Span::from_secs(match self {
            Engine::Rabbitmq => 90,
            Engine::Postgres => 30,
            _ => 15,
        })
    }
}
