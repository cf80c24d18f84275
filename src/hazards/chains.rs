//! Timeouts and attempts along a path: how long a caller waits, how long a call can take, how many requests one can become.

use super::structure::{self, Wires};
use crate::base::{EdgeId, ErrorKind, Span};
use crate::plan::{Budget, Client, Deadline, Edge, Jitter, Plan, Retry};

/// By edge.
pub struct Chains {
    patience: Vec<Option<f64>>,
    lasts: Vec<f64>,
}

impl Chains {
    pub fn of(plan: &Plan, wires: &Wires) -> Chains {
        let mut chains = Chains { patience: vec![None; plan.edges.len()], lasts: vec![0.0; plan.edges.len()] };
        for (id, edge) in structure::edges(plan) {
            chains.patience[id.index()] = edge.timeout.map(Span::as_secs_f64);
        }
        for &service in &wires.callers_first {
            let callers = wires.inbound(service).filter(|(_, above)| !plan.is_delivery(above));
            let above = callers.filter_map(|(id, _)| chains.patience[id.index()]).reduce(f64::min);
            for (id, _) in wires.calls(service) {
                let own = chains.patience[id.index()];
                chains.patience[id.index()] = own.into_iter().chain(above).reduce(f64::min);
            }
        }
        let mut below = vec![0.0; plan.services.len()];
        for &service in wires.callers_first.iter().rev() {
            for (id, _) in wires.calls(service) {
                chains.lasts[id.index()] = written(plan, id, &below);
            }
            let calls = structure::calls(plan, service).into_iter();
            below[service.index()] = calls.map(|(id, _)| chains.lasts[id.index()]).fold(0.0, f64::max);
        }
        chains
    }

    /// Seconds that whoever waits for this call waits at most: its own timeout, or that of a caller above; `None`: as long as it takes.
    /// Of several callers the least patient counts.
    pub fn patience(&self, id: EdgeId) -> Option<f64> {
        self.patience[id.index()]
    }

    /// Seconds that all attempts of a service's call and its second calls can take by what is written: timeouts, tries, pauses. 0 where
    /// nothing is.
    pub fn lasts(&self, id: EdgeId) -> f64 {
        self.lasts[id.index()]
    }
}

/// `below`: the same of the longest call of each service that is called.
fn written(plan: &Plan, id: EdgeId, below: &[f64]) -> f64 {
    let edge = plan.edge(id);
    if edge.mirror {
        return 0.0;
    }
    let each = edge.timeout.map_or(below[edge.to.index()], Span::as_secs_f64);
    let seconds: f64 = structure::seconds(edge).map(|second| written(plan, second, below)).sum();
    let retries = edge.retry.as_ref();
    let all = each * (1.0 + retries.map_or(0.0, |retry| f64::from(retry.max))) + retries.map_or(0.0, pauses) + seconds;
    match edge.deadline {
        Some(Deadline::Total(total)) => all.min(total.as_secs_f64()),
        _ => all,
    }
}

/// The longest pauses between all tries, in seconds.
fn pauses(retry: &Retry) -> f64 {
    let backoff = retry.backoff;
    let (base, max) = (backoff.base.as_secs_f64(), backoff.max.as_secs_f64());
    let pause = |n: u32| (base * libm::pow(backoff.factor, f64::from(n))).min(max);
    (0..retry.max).map(pause).sum()
}

/// Seconds that all attempts of a call take until its caller has nothing more to try; `None`: there is no end.
pub fn gives_up(plan: &Plan, id: EdgeId) -> Option<f64> {
    let edge = plan.edge(id);
    let each = edge.timeout?.as_secs_f64();
    let retries = edge.retry.as_ref();
    Some(each * (1.0 + retries.map_or(0.0, |retry| f64::from(retry.max))) + retries.map_or(0.0, pauses))
}

/// Requests that one call becomes when every attempt fails in a way for which `counts` holds.
pub fn attempts(edge: &Edge, counts: impl Fn(ErrorKind) -> bool) -> f64 {
    match &edge.retry {
        Some(retry) if retry.max > 0 && retry.on.iter().any(|kind| counts(*kind)) => 1.0 + extra(retry),
        _ => 1.0,
    }
}

/// Retries of a call that fails for good, in the mean of many.
fn extra(retry: &Retry) -> f64 {
    let most = f64::from(retry.max);
    match retry.budget {
        None => most,
        Some(Budget::Bucket { ratio, .. } | Budget::Window { ratio, .. } | Budget::Tokens { ratio, .. }) => {
            ratio.min(most)
        }
        Some(Budget::Active { share, .. }) => (share / (1.0 - share).max(0.01)).min(most),
        Some(Budget::Failures { share, .. }) => share.min(most),
        // What is spent comes back only with successes.
        Some(Budget::Costs { .. }) => 0.0,
    }
}

/// Kinds of failure after which the called service has had work, or was asked for it.
pub fn reached_it(kind: ErrorKind) -> bool {
    !matches!(kind, ErrorKind::Refused | ErrorKind::Unresolved | ErrorKind::Untrusted | ErrorKind::BreakerOpen)
}

/// Visits that one visit becomes when every one fails: users who reload.
pub fn reloads(client: &Client) -> f64 {
    let Some(reload) = &client.reload else { return 1.0 };
    (0..=reload.limit).map(|n| libm::pow(reload.chance, f64::from(n))).sum()
}

/// Do the pauses before retries part those that failed together?
pub fn are_spread(retry: &Retry) -> bool {
    retry.backoff.base > Span::ZERO && retry.backoff.jitter != Jitter::None
}
