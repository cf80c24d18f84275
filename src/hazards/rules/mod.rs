//! Every rule of the review, one file each. A rule finds; it decides nothing about what follows from that.

mod background_crowds_out;
mod breaker_trips_on_one;
mod broken_fact;
mod certificate_expiry;
mod circular_dependency;
mod cold_cache;
mod coordinated_omission;
mod deploy_at_once;
mod deploy_unwatched;
mod dns_without_stale;
mod effect_before_record;
mod efficiency_collapse;
mod ejection_cascade;
mod failover_outlasts_patience;
mod failover_overload;
mod feedback_gain;
mod idle_timer;
mod link_headroom;
mod lock_across_call;
mod long_wait;
mod missing_timeout;
mod modulo_placement;
mod never_judged;
mod overload;
mod oversized_pool;
mod poison_redelivery;
mod quota_headroom;
mod replica_lag;
mod retried_write;
mod retries_in_step;
mod retry_amplification;
mod retry_overload;
mod shared_fate;
mod shared_watermark;
mod silent_alert;
mod single_point;
mod split_brain;
mod stale_rejoin;
mod stampede;
mod storage_runway;
mod synchronised_expiry;
mod thundering_herd;
mod timeout_inversion;
mod unbounded_queue;
mod version_skew;
mod worker_exhaustion;
mod zone_headroom;

use super::Rule;

/// Every rule, in the order of the manual.
pub static RULES: &[&Rule] = &[
    &timeout_inversion::RULE,
    &missing_timeout::RULE,
    &worker_exhaustion::RULE,
    &background_crowds_out::RULE,
    &oversized_pool::RULE,
    &idle_timer::RULE,
    &lock_across_call::RULE,
    &retry_amplification::RULE,
    &retry_overload::RULE,
    &retries_in_step::RULE,
    &retried_write::RULE,
    &effect_before_record::RULE,
    &overload::RULE,
    &long_wait::RULE,
    &unbounded_queue::RULE,
    &efficiency_collapse::RULE,
    &link_headroom::RULE,
    &quota_headroom::RULE,
    &thundering_herd::RULE,
    &cold_cache::RULE,
    &stampede::RULE,
    &synchronised_expiry::RULE,
    &modulo_placement::RULE,
    &stale_rejoin::RULE,
    &single_point::RULE,
    &shared_fate::RULE,
    &circular_dependency::RULE,
    &zone_headroom::RULE,
    &failover_overload::RULE,
    &ejection_cascade::RULE,
    &breaker_trips_on_one::RULE,
    &split_brain::RULE,
    &failover_outlasts_patience::RULE,
    &replica_lag::RULE,
    &shared_watermark::RULE,
    &poison_redelivery::RULE,
    &storage_runway::RULE,
    &feedback_gain::RULE,
    &deploy_unwatched::RULE,
    &deploy_at_once::RULE,
    &version_skew::RULE,
    &certificate_expiry::RULE,
    &dns_without_stale::RULE,
    &silent_alert::RULE,
    &broken_fact::RULE,
    &never_judged::RULE,
    &coordinated_omission::RULE,
];
