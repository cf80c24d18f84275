//! Random scenarios as text, made of throws of named dice: all that the file format can say, in small. Each must compile.

mod newer;

use firedrill::base::Dice;
use std::fmt::Write as _;

/// Keys are asked for and held in this number at most.
const KEYS: u32 = 40;

struct Writer {
    dice: Dice,
    text: String,
    services: u32,
    /// Replicas of each service.
    copies: Vec<u32>,
    caches: Vec<u32>,
    stores: Vec<u32>,
    databases: Vec<u32>,
    brokers: Vec<u32>,
    /// Services that split their calls, and those whose replicas an autoscaler may move.
    splits: Vec<u32>,
    scalable: Vec<u32>,
    /// Names.
    controls: Vec<String>,
    has_link: bool,
    /// Edges by name; only those whose name is sure to be unique.
    edges: Vec<String>,
}

/// The scenario of this number.
pub fn scenario(number: u64) -> String {
    let mut writer = Writer {
        dice: Dice::named(number, "scenario text"),
        text: String::new(),
        services: 0,
        copies: Vec::new(),
        caches: Vec::new(),
        stores: Vec::new(),
        databases: Vec::new(),
        brokers: Vec::new(),
        splits: Vec::new(),
        scalable: Vec::new(),
        controls: Vec::new(),
        has_link: false,
        edges: Vec::new(),
    };
    writer.write(number);
    writer.text
}

impl Writer {
    fn below(&mut self, bound: u32) -> u32 {
        self.dice.below(u64::from(bound)) as u32
    }

    fn pick(&mut self, from: &[&str]) -> String {
        from[self.below(from.len() as u32) as usize].to_owned()
    }

    fn maybe(&mut self, chance: f64, make: impl FnOnce(&mut Writer) -> String) -> String {
        if self.dice.chance(chance) { make(self) } else { String::new() }
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("to a String");
    }

    fn ms(&mut self, most: u32) -> String {
        format!("{}ms", 1 + self.below(most))
    }

    fn dist(&mut self) -> String {
        let mean = self.pick(&["1ms", "5ms", "20ms"]);
        let forms = [
            mean.clone(),
            format!("exp({mean})"),
            format!("uniform(0s, {mean})"),
            format!("lognormal(mean={mean}, cv=1.5)"),
            format!("lognormal(p50={mean}, p99=200ms)"),
            format!("pareto(scale={mean}, shape=2.5)"),
            format!("mixture(90%: exp({mean}), 10%: constant(50ms))"),
        ];
        format!("\"{}\"", forms[self.below(forms.len() as u32) as usize])
    }

    fn write(&mut self, number: u64) {
        let length = 2 + self.below(4);
        self.services = 1 + self.below(6);
        let seed = self.dice.bits() >> 12;
        self.line(&format!("name: random-{number}\nseed: {seed}\nlength: {length}s"));
        let window = self.maybe(0.5, |w| format!("warmup: 500ms\nwindow: {}", w.pick(&["100ms", "170ms", "1s"])));
        self.line(&window);
        self.has_link = self.dice.chance(0.3);
        let kinds: Vec<String> = (0..self.services).map(|index| self.kind(index)).collect();
        self.line("services:");
        for (index, kind) in kinds.iter().enumerate() {
            self.service(index as u32, kind);
        }
        self.clients();
        self.links();
        self.controls();
        self.faults(length);
        self.alerts();
        self.line("expect: [success(c0) >= 0%]");
    }

    fn kind(&mut self, index: u32) -> String {
        match self.below(7) {
            0 if index > 0 && index + 1 < self.services => {
                self.caches.push(index);
                let ttl = self.maybe(0.5, |w| format!(", ttl: {}", w.ms(500)));
                let warm = self.maybe(0.5, |_| ", warm: false".to_owned());
                format!(", kind: cache, keys: {KEYS}, entries: {}{ttl}{warm}", 5 + self.below(KEYS - 5))
            }
            1 => {
                self.stores.push(index);
                let placement = self.maybe(0.3, |_| ", placement: index".to_owned());
                let reclaim = self.maybe(0.3, |_| ", orphans: 10%, reclaim: true".to_owned());
                let probes = 1 + self.below(5);
                format!(
                    ", kind: store, servers: 10, server_size: 64KiB, used: 60%, append: 1KiB, probes: {probes}{placement}{reclaim}"
                )
            }
            2 if index > 0 => {
                self.databases.push(index);
                self.database()
            }
            3 if self.brokers.is_empty() => {
                self.brokers.push(index);
                self.broker()
            }
            _ => String::new(),
        }
    }

    fn service(&mut self, index: u32, kind: &str) {
        let replicas = if self.databases.contains(&index) { 3 } else { 1 + self.below(3) };
        self.copies.push(replicas);
        let workers = self.maybe(0.7, |w| format!(", workers: {}", 1 + w.below(4)));
        let queue = self.maybe(0.5, |w| {
            let order = w.pick(&["fifo", "lifo"]);
            let drop = w.pick(&["true", "false"]);
            format!(", queue: {{capacity: {}, order: {order}, drop_expired: {drop}}}", w.below(6))
        });
        let overflow = self.maybe(0.4, |w| format!(", overflow: {}", w.pick(&["reject", "drop-oldest"])));
        // A bound on the queue needs workers to wait for.
        let line = if workers.is_empty() { String::new() } else { format!("{workers}{queue}{overflow}") };
        let work = self.dist();
        let (balance, calls) = match kind.is_empty() {
            true => (self.balance(), self.calls(index)),
            false => (String::new(), String::new()),
        };
        let more = match kind.is_empty() {
            true => {
                self.scalable.push(index);
                let (volume, consumes) = (self.volume(), self.consumes(index));
                format!("{volume}{consumes}")
            }
            false => String::new(),
        };
        self.line(&format!("  s{index}: {{replicas: {replicas}, work: {work}{line}{kind}{balance}{calls}{more}}}"));
    }

    fn balance(&mut self) -> String {
        let policies = ["round-robin", "random", "least-outstanding", "two-choices"];
        let policy = self.maybe(0.4, |w| format!(", balance: {}", w.pick(&policies)));
        let health = self.maybe(0.2, |w| {
            let check = w.pick(&["tcp", "request", "load"]);
            format!(", health: {{check: {check}, interval: {}ms, timeout: 50ms, fall: 1, rise: 1}}", 60 + w.below(200))
        });
        let outliers = self.maybe(0.2, |w| format!(", outliers: {{errors: {}, eject_for: 200ms}}", 1 + w.below(4)));
        let doors = [
            "limit: 8",
            "limit: gradient2",
            "shed: 30%",
            "shed: {queue: 3, classes: 2}",
            "rate_limit: {rate: 80/s, burst: 5}",
        ];
        let door = self.maybe(0.2, |w| format!(", {}", w.pick(&doors)));
        format!("{policy}{health}{outliers}{door}")
    }

    fn calls(&mut self, from: u32) -> String {
        if from + 1 >= self.services {
            return String::new();
        }
        let steps: Vec<String> = (0..self.below(4)).map(|_| self.step(from)).collect();
        if steps.is_empty() { String::new() } else { format!(", calls: [{}]", steps.join(", ")) }
    }

    fn step(&mut self, from: u32) -> String {
        match self.below(6) {
            0 => format!("{{work: {}}}", self.dist()),
            2 => self.split(from),
            1 => {
                let (a, b) = (self.call(from), self.call(from));
                format!("{{parallel: [{a}, {b}]}}")
            }
            _ => self.call(from),
        }
    }

    fn call(&mut self, from: u32) -> String {
        let to = from + 1 + self.below(self.services - from - 1);
        let miss = if self.caches.contains(&to) && to + 1 < self.services {
            let rebuilt = to + 1 + self.below(self.services - to - 1);
            let fill = self.pick(&["always", "if-awaited", "single-flight"]);
            let policy = self.policy();
            format!(", miss: {{to: s{rebuilt}, fill: {fill}{policy}}}")
        } else {
            String::new()
        };
        let chance = self.maybe(0.2, |w| format!(", chance: {}%", 10 + w.below(90)));
        let count = self.maybe(0.2, |w| format!(", count: {}", 1 + w.below(3)));
        let optional = self.maybe(0.2, |_| ", optional: true".to_owned());
        let policy = self.policy();
        let via = self.via(&policy);
        format!("{{to: s{to}{policy}{via}{chance}{count}{optional}{miss}}}")
    }

    /// What a caller may do about a call.
    fn policy(&mut self) -> String {
        let timeout = self.maybe(0.6, |w| format!(", timeout: {}", w.ms(200)));
        let cancel =
            if timeout.is_empty() { String::new() } else { self.maybe(0.3, |_| ", on_timeout: cancel".to_owned()) };
        let wait = self.maybe(0.2, |w| format!(", wait: {}", w.ms(50)));
        let latency = self.maybe(0.4, |w| format!(", latency: {}", w.dist()));
        let retries = self.maybe(0.4, |w| {
            let jitter = w.pick(&["none", "full", "equal", "decorrelated"]);
            let budget = w.maybe(0.4, |w| format!(", budget: {{ratio: {}%, burst: 3}}", 5 + w.below(30)));
            format!(
                ", retries: {{max: {}, backoff: {{base: 5ms, max: 50ms, jitter: {jitter}}}{budget}}}",
                1 + w.below(3)
            )
        });
        let guard = self.maybe(0.3, |w| {
            let of_edges = ["breaker: hystrix", "breaker: finagle", "breaker: envoy", "throttle: 1.1"];
            let both =
                ["limit: 5", "limit: aimd", "limit: vegas", "limit: gradient2", "rate_limit: {rate: 50/s, burst: 5}"];
            format!(", {}", w.pick(&[&of_edges[..], &both[..]].concat()))
        });
        let pool = self
            .maybe(0.15, |w| format!(", pool: {{size: {}, idle: 50ms, peer_idle: 20ms, race: 5ms}}", 1 + w.below(4)));
        let hedge = self.hedge();
        format!("{timeout}{cancel}{wait}{latency}{retries}{guard}{pool}{hedge}")
    }

    fn clients(&mut self) {
        self.line("clients:");
        for index in 0..1 + self.below(3) {
            let to = if index == 0 { 0 } else { self.below(self.services) };
            let policy = self.policy();
            let keys = self.maybe(0.7, |w| {
                let skew = w.pick(&["0", "0.8", "1"]);
                format!(", keys: {{count: {}, skew: {skew}}}", 1 + w.below(KEYS))
            });
            let load = self.load();
            self.edges.push(format!("c{index}->s{to}"));
            self.line(&format!("  c{index}: {{calls: {{to: s{to}{policy}}}, {load}{keys}}}"));
        }
    }

    fn load(&mut self) -> String {
        let rate = 5 + self.below(150);
        let reload = self.maybe(0.3, |w| format!(", reload: {{chance: 50%, after: {}, limit: 3}}", w.dist()));
        let spacing = self.maybe(0.3, |_| ", arrivals: constant".to_owned());
        match self.below(6) {
            0 => format!("users: {}, think: {}", 1 + self.below(20), self.dist()),
            1 => format!("rate: {{from: 1/s, to: {rate}/s, at: 500ms, over: 1s}}{spacing}{reload}"),
            2 => format!("rate: {{base: {rate}/s, spike: 300/s, at: 1s, for: 300ms}}{spacing}{reload}"),
            3 => format!("rate: {{steps: [{{at: 0s, rate: {rate}/s}}, {{at: 1s, rate: 20/s}}]}}{spacing}{reload}"),
            _ => format!("rate: {rate}/s{spacing}{reload}"),
        }
    }

    fn faults(&mut self, length: u32) {
        let count = self.below(6);
        if count > 0 {
            self.line("faults:");
        }
        for index in 0..count {
            let at = 100 + self.below(length * 1000 - 800);
            let lasts = 50 + self.below(600);
            let (what, heals) = self.fault();
            let lasting = if heals { format!(", for: {lasts}ms") } else { String::new() };
            self.line(&format!("  f{index}: {{{what}, at: {at}ms{lasting}}}"));
        }
    }

    /// A fault without its time, and whether it has an end.
    fn fault(&mut self) -> (String, bool) {
        if let Some(newer) = self.newer_fault() {
            return newer;
        }
        let edge = self.below(self.edges.len() as u32);
        let edge = self.edges[edge as usize].clone();
        let service = self.below(self.services);
        let share = 10 + self.below(91);
        if self.dice.chance(0.5) {
            let by = self.dist();
            let direction = self.pick(&["request", "response", "both"]);
            let forms = [
                format!("kind: latency, on: {edge}, by: {by}, direction: {direction}"),
                format!("kind: bandwidth, on: {edge}, rate: 64KiB/s"),
                format!("kind: cut, on: {edge}"),
                format!("kind: refuse, on: {edge}"),
                format!("kind: reset, on: {edge}, chance: {share}%"),
            ];
            return (forms[self.below(forms.len() as u32) as usize].clone(), true);
        }
        if let Some(cache) = self.caches.first().copied().filter(|_| self.dice.chance(0.3)) {
            return (format!("kind: forget, on: s{cache}, share: {share}%"), false);
        }
        if let Some(store) = self.stores.first().copied().filter(|_| self.dice.chance(0.3)) {
            return (format!("kind: fill, on: s{store}, to: {share}%"), true);
        }
        let forms = [
            format!("kind: slow, on: s{service}, factor: 4"),
            format!("kind: errors, on: s{service}, share: {share}%"),
            format!("kind: down, on: s{service}, replicas: 1"),
            format!("kind: restart, on: s{service}"),
            format!("kind: pause, on: s{service}"),
            // Whoever is alone has nobody to leave its requests to.
            format!("kind: {}, on: s{service}", if self.copies[service as usize] > 1 { "drain" } else { "pause" }),
            format!("kind: scale, on: s{service}, workers: 3"),
            format!("kind: disable, on: {edge}, share: {share}%"),
            format!("kind: config, set: {{services.s{service}.work: 3ms}}"),
        ];
        (forms[self.below(forms.len() as u32) as usize].clone(), true)
    }
}
