//! Dice for what came after services, caches and stores: databases, brokers and their consumers, hedges, splits, volumes, shared links,
//! controls and alerts.

use super::Writer;

impl Writer {
    /// Replicas of a database or a broker hold copies of the same data.
    pub(super) fn database(&mut self) -> String {
        let replication = self.pick(&["async", "semi-sync", "sync"]);
        let reads = self.pick(&["leader", "any", "followers", "2"]);
        let wait = self.maybe(0.3, |w| {
            format!(", ack_wait: {{longest: {}, then: {}}}", w.ms(50), w.pick(&["fail", "acknowledge"]))
        });
        let apply = self.maybe(0.3, |_| ", apply: 80/s".to_owned());
        let own = self.maybe(0.3, |w| format!(", own_reads: {}", w.ms(100)));
        let failover = self.maybe(0.6, |w| {
            let majority = w.pick(&["true", "false"]);
            format!(", failover: {{lease: {}, election: 50ms, majority: {majority}}}", w.ms(400))
        });
        let restore = self.maybe(0.3, |_| ", restore: {load: 100ms, behind: 10, replay: 200/s}".to_owned());
        format!(
            ", kind: database, replication: {replication}, reads: {reads}, lag: 5ms{wait}{apply}{own}{failover}{restore}"
        )
    }

    pub(super) fn broker(&mut self) -> String {
        let partitions = 1 + self.below(4);
        let ordered = self.pick(&["true", "false"]);
        let redelivery = self.maybe(0.7, |w| format!(", redelivery: {{max: {}, after: {}}}", 1 + w.below(4), w.ms(50)));
        let keep = self.maybe(0.3, |w| format!(", keep: {{messages: {}}}", 1 + w.below(50)));
        let memory = self.maybe(0.3, |_| ", watermark: 30KiB".to_owned());
        let session = self.maybe(0.5, |w| format!(", session: {}, election: 20ms, lag_max: 400ms", w.ms(300)));
        format!(", kind: broker, partitions: {partitions}, ordered: {ordered}{redelivery}{keep}{memory}{session}")
    }

    /// A service after a broker is given its messages now and then.
    pub(super) fn consumes(&mut self, index: u32) -> String {
        let Some(broker) = self.brokers.first().copied().filter(|broker| *broker < index) else { return String::new() };
        self.maybe(0.6, |w| {
            let prefetch = w.maybe(0.5, |w| format!(", prefetch: {}", 1 + w.below(4)));
            let timeout = w.maybe(0.5, |w| format!(", timeout: {}", w.ms(200)));
            w.edges.push(format!("s{broker}->s{index}"));
            format!(", consumes: {{from: s{broker}{prefetch}{timeout}}}")
        })
    }

    pub(super) fn volume(&mut self) -> String {
        self.maybe(0.2, |w| {
            let read_only = w.maybe(0.5, |_| ", read_only: {at: 90%, back: 80%}".to_owned());
            let reclaim = w.maybe(0.5, |w| format!(", reclaim: {{rate: 100KiB/s, after: {}}}", w.ms(500)));
            let commit = w.maybe(0.5, |w| format!(", commit: {}", w.dist()));
            format!(", volume: {{size: 1MiB, used: 70%, growth: 50KiB/s{read_only}{reclaim}{commit}}}")
        })
    }

    pub(super) fn hedge(&mut self) -> String {
        self.maybe(0.15, |w| {
            let after = w.pick(&["5ms", "20ms", "p50", "p95"]);
            let more = w.pick(&["", ", max: 2", ", cancel: true", ", tied: true", ", budget: 20%"]);
            format!(", hedge: {{after: {after}{more}}}")
        })
    }

    /// A call with a timeout may cross the one shared link there is.
    pub(super) fn via(&mut self, policy: &str) -> String {
        let may = self.has_link && policy.starts_with(", timeout");
        if may { self.maybe(0.4, |_| ", via: rack".to_owned()) } else { String::new() }
    }

    /// One of several calls, by weights.
    pub(super) fn split(&mut self, from: u32) -> String {
        let ways: Vec<String> = (0..2)
            .map(|_| {
                let to = from + 1 + self.below(self.services - from - 1);
                let policy = self.policy();
                format!("{{to: s{to}{policy}, weight: {}}}", 1 + self.below(3))
            })
            .collect();
        if !self.splits.contains(&from) {
            self.splits.push(from);
        }
        format!("{{split: [{}]}}", ways.join(", "))
    }

    pub(super) fn links(&mut self) {
        if self.has_link {
            let buffer = 1 + self.below(30);
            self.line(&format!("links: {{rack: {{bandwidth: 100KiB/s, buffer: {buffer}KiB}}}}"));
        }
    }

    pub(super) fn controls(&mut self) {
        let mut lines = Vec::new();
        if let Some(service) = self.scalable.first().copied().filter(|_| self.dice.chance(0.6)) {
            let sees = self.pick(&["inflight, target: 2", "rate, target: 20/s"]);
            let (lag, every) = (self.ms(200), self.ms(400));
            lines.push(format!("  scaler: {{kind: autoscaler, on: s{service}, sees: {sees}, every: {every}, lag: {lag}, cooldown: 300ms, max: 6}}"));
        }
        if let Some(service) = self.splits.first().copied().filter(|_| self.dice.chance(0.6)) {
            let (gain, every) = (self.pick(&["0.1", "1", "3"]), self.ms(400));
            lines.push(format!("  steer: {{kind: controller, moves: weights, on: s{service}, reads: inflight, every: {every}, delay: 1, gain: {gain}}}"));
        }
        if !lines.is_empty() {
            self.line(&format!("controls:\n{}", lines.join("\n")));
        }
        self.controls = lines.iter().map(|line| line.trim().split(':').next().unwrap_or_default().to_owned()).collect();
    }

    pub(super) fn alerts(&mut self) {
        if self.dice.chance(0.5) {
            self.line("alerts: {bad: {when: \"errors(c0) > 5%\", for: 300ms}, blind: {when: \"reported.errors(s0) > 5%\", for: 300ms}}");
        }
    }

    /// Faults on what `fault` does not know, each with whether it has an end.
    pub(super) fn newer_fault(&mut self) -> Option<(String, bool)> {
        let mut forms = vec![(format!("kind: blind, on: s{}", self.below(self.services)), true)];
        if let Some(copies) = self.databases.iter().chain(&self.brokers).next() {
            forms.push((format!("kind: isolate, on: s{copies}, replicas: 1"), true));
        }
        if let Some(control) = self.controls.first() {
            forms.push((format!("kind: freeze, on: {control}"), true));
        }
        if self.has_link {
            forms.push(("kind: bandwidth, on: rack, rate: 10KiB/s".to_owned(), true));
        }
        let chosen = self.below(forms.len() as u32) as usize;
        self.dice.chance(0.3).then(|| forms.swap_remove(chosen))
    }
}
