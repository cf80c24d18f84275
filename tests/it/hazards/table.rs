//! Of every scenario of the library the rule that should tell of its cause, and those of its variants that keep the cause and hold all the
//! same, because they play the same system under less, or count its harm. It knows nothing of what the rules find.

pub struct Cause {
    pub scenario: &'static str,
    /// `None`: no rule knows this cause.
    pub rule: Option<&'static str>,
    /// Variants that are no wrong fixes, and no fixes either, with why.
    pub same: &'static [(&'static str, &'static str)],
    /// Why no rule knows it.
    pub note: &'static str,
}

const fn seen(scenario: &'static str, rule: &'static str, same: &'static [(&'static str, &'static str)]) -> Cause {
    Cause { scenario, rule: Some(rule), same, note: "" }
}

const fn unseen(scenario: &'static str, note: &'static str) -> Cause {
    Cause { scenario, rule: None, same: &[], note }
}

const COUNTED: &str = "counts the harm";
const LESS: &str = "the same system under less";
const LAW: &str = "shows the law at another point";
const LEVER: &str = "the same system, ended by hand";

pub static CAUSES: &[Cause] = &[
    seen(
        "ketama-flap-stale",
        "stale-rejoin",
        &[
            ("modulo", "the same with short flaps, to count misses"),
            ("one-more-node", "the same system, which grows by a node"),
        ],
    ),
    seen("memcached-cannot-be-restarted", "cold-cache", &[("two-hours", COUNTED)]),
    seen("old-tab-new-server", "version-skew", &[]),
    seen(
        "origin-retry-amplifier",
        "retry-amplification",
        &[("at-120", LESS), ("one-fetch-for-all", "asks for a fifth, and each of these still up to twelve times")],
    ),
    seen("reshard-miss-storm", "modulo-placement", &[]),
    seen("steering-oscillation", "feedback-gain", &[("more-gain-counted", COUNTED)]),
    unseen("swap-origin-mid-body", "what a proxy does with half of a body is not in the Plan"),
    seen("tier-loop-and-lost-parent", "circular-dependency", &[]),
    seen("everyone-withdraws", "single-point", &[]),
    seen("half-power-one-fibre", "broken-fact", &[]),
    seen(
        "health-check-cascade",
        "ejection-cascade",
        &[("two-of-20", LESS), ("more-load-one-of-20", LAW), ("more-load-two-of-20", LAW), ("in-steps", LAW)],
    ),
    seen(
        "lose-a-region",
        "zone-headroom",
        &[("the-rush", COUNTED), ("old-picture", "bears the loss; there is room for no more than before")],
    ),
    seen(
        "mvip-neighbour-cascade",
        "failover-overload",
        &[
            ("spread", "mends the one address that falls in the run; the other seven still stand on a neighbour"),
            ("spread-at-80", "the same, and the others"),
            ("shed", "bounds one neighbour; the other six do not"),
        ],
    ),
    seen("two-hundred-thousand-reconnect", "thundering-herd", &[]),
    seen("boot-storm", "thundering-herd", &[]),
    seen(
        "conflicting-config-wave",
        "deploy-unwatched",
        &[("fix-the-same-way-counted", COUNTED), ("freeze-agents", LEVER)],
    ),
    seen("first-bell", "thundering-herd", &[]),
    seen(
        "helpful-restarter",
        "background-crowds-out",
        &[("second-opinion", "takes the false alarms away, not the power of the robot")],
    ),
    seen("puppet-herd-55k", "thundering-herd", &[]),
    seen(
        "certificate-expiry",
        "certificate-expiry",
        &[("restart-counted", COUNTED), ("thirty-seven-one", "mends nothing: alarms that ring")],
    ),
    seen("dns-full-push", "broken-fact", &[]),
    seen("one-user-erased", "broken-fact", &[]),
    seen("load-bearing-mac-mini", "single-point", &[("probe-at-the-desk", "mends nothing: an alarm that rings")]),
    seen("silent-monitoring-migration", "broken-fact", &[]),
    seen("status-page-down-too", "shared-fate", &[]),
    seen("tag-explosion", "broken-fact", &[]),
    seen("who-are-you", "shared-fate", &[("one-round", LAW)]),
    seen("broker-green-publishers-blocked", "shared-watermark", &[("without-a-timeout", COUNTED)]),
    seen(
        "poison-message",
        "poison-redelivery",
        &[("lane-for-each-tenant", "confines the message to a quarter; there it still comes for ever")],
    ),
    seen("session-expiry-isr", "failover-outlasts-patience", &[("unclean-counted", COUNTED), ("slow-copy", LAW)]),
    seen("slow-mail-sink", "worker-exhaustion", &[]),
    seen(
        "charge-twice",
        "effect-before-record",
        &[
            ("breaker", "ends it after five; what was charged is not written down"),
            ("one-copy-at-a-time", "keeps the master up; the order of charge and record stays"),
        ],
    ),
    seen(
        "drbd-split-brain-and-replay",
        "split-brain",
        &[("write-while-restoring", "the same pair without the cut, to time the replay")],
    ),
    seen(
        "gc-spiral",
        "efficiency-collapse",
        &[("shed-below-the-collapse", LEVER), ("restart", LEVER), ("lesser-rush", LESS), ("six-nodes", LESS)],
    ),
    seen("one-write-per-second", "quota-headroom", &[]),
    seen(
        "storage-exhaustion",
        "storage-runway",
        &[
            ("one-server-in-ten", LAW),
            ("one-server-in-twenty", LAW),
            ("one-server-in-fifty", LAW),
            ("alarm-on-room", "mends nothing: an alarm that rings"),
        ],
    ),
    seen("write-runway", "replica-lag", &[]),
    seen(
        "elb-pre-open",
        "idle-timer",
        &[
            ("busy-hour", LAW),
            ("dead-hour", LAW),
            ("no-pre-open", "keeps idle connections as before, and rarely any that is old"),
            ("ask-again", "bears the loss; the timers stay as they are"),
        ],
    ),
    seen("ldap-124-seconds", "timeout-inversion", &[]),
    seen(
        "lock-held-across-slow-query",
        "lock-across-call",
        &[
            ("index", "bounds the wait and mends the query after 20 s; the lock is held as before"),
            ("opposite-order", "the same lock and a second one, to show a deadlock"),
            ("same-order", "the same locks without a slow query"),
            ("sixty-a-second", LAW),
        ],
    ),
    seen("one-segment-two-elephants", "link-headroom", &[]),
    seen("one-time-password-used-twice", "retried-write", &[]),
    seen(
        "retry-storm",
        "retry-overload",
        &[("restart-that-refuses", LEVER), ("short-trigger", LESS), ("restart-refilled", COUNTED)],
    ),
    seen("timeout-inversion", "timeout-inversion", &[("no-reload", LESS), ("shed-for-a-while", LEVER)]),
    unseen("averages-lie", "no hazard: what a mean hides"),
    seen("breakers-help-and-harm", "breaker-trips-on-one", &[]),
    seen("capstone", "missing-timeout", &[("remember-flags", "asks for a twentieth, still without a timeout")]),
    seen("coordinated-omission", "coordinated-omission", &[]),
    seen("one-queue", "long-wait", &[]),
    seen("retries-multiply", "retry-amplification", &[]),
    seen("shed-or-fall", "unbounded-queue", &[]),
    seen("stampede", "stampede", &[]),
    seen("the-cause-is-gone", "retry-overload", &[]),
    seen("timeouts-too-long", "worker-exhaustion", &[]),
    seen("slow-cache", "worker-exhaustion", &[]),
];
