//! Retries in several layers of one path, which multiply.
//!
//! What it sees: a path on which at least two callers try again without a budget, and on which one request can become more than three.
//!
//! The arithmetic: the product of the tries of all layers. Three layers with three tries each are 27 requests at the bottom for one at the
//! top, just when the bottom fails; with a budget of 10% in each they are 1.1 x 1.1 x 1.1 = 1.33. Retries after failures that never
//! reached the service (refused, unresolved) are not counted.
//!
//! The fix: retry in one layer only, next to what fails, or give each layer a `budget`. It would have caught `origin-retry-amplifier`
//! (3 x 4 tries) and `retries-multiply`. Source: Beyer et al., Site Reliability Engineering, 2016, chapters 21 and 22 (4 x 4 x 4 = 64).
//!
//! ```yaml
//! name: retry-amplification-hazard
//! length: 60s
//! clients:
//!   users: {calls: {to: web, timeout: 10s, retries: {max: 2, backoff: {base: 50ms, jitter: full}}}, rate: 5/s}
//! services:
//!   web: {calls: [{to: db, timeout: 1s, retries: {max: 2, backoff: {base: 50ms, jitter: full}}}]}
//!   db: {workers: 10, work: exp(10ms)}
//! expect:
//!   - success(users) >= 99%
//! variants:
//!   fixed: {title: Only the caller next to the database tries again, set: {clients.users.calls.retries: 0}}
//! ```

use crate::base::EdgeId;
use crate::hazards::{Finding, Review, Rule, chains, structure, words};
use crate::plan::{Part, Plan};

pub static RULE: Rule = Rule { code: "hazard/retry-amplification", page: include_str!("retry_amplification.rs"), find };

/// One request may become this many.
const MOST: f64 = 3.0;

/// The tries of each layer, from the users' call down to this one.
type Path = Vec<(EdgeId, f64)>;

fn find(review: &Review) -> Vec<Finding> {
    let plan = review.plan;
    let mut paths: Vec<Option<Path>> = vec![None; plan.services.len()];
    // The worst path to each service; callers come before those they call.
    for (id, edge) in structure::edges(plan).filter(|(_, edge)| structure::caller(edge).is_none()) {
        take(plan, &mut paths[edge.to.index()], id, &Path::new());
    }
    for service in review.wires.callers_first.iter().copied() {
        let Some(path) = paths[service.index()].clone() else { continue };
        for (id, edge) in structure::edges(plan).filter(|(_, edge)| structure::caller(edge) == Some(service)) {
            if !plan.is_delivery(edge) {
                take(plan, &mut paths[edge.to.index()], id, &path);
            }
        }
    }
    let ends = paths.into_iter().flatten().filter(|path| path.len() >= 2 && product(path) > MOST);
    // The last layer is told once, for the path that is worst.
    let mut worst: Vec<Path> = Vec::new();
    for path in ends {
        let last = path.last().map(|(id, _)| *id);
        match worst.iter_mut().find(|known| known.last().map(|(id, _)| *id) == last) {
            Some(known) if product(known) < product(&path) => *known = path,
            Some(_) => {}
            None => worst.push(path),
        }
    }
    let longest = worst.clone();
    worst.retain(|path| !longest.iter().any(|other| other.len() > path.len() && other.starts_with(path)));
    worst.iter().map(|path| told(plan, path)).collect()
}

/// Keeps the worse of the known path and this one with another call; calls that are made once are no layer.
fn take(plan: &Plan, known: &mut Option<Path>, id: EdgeId, path: &Path) {
    let edge = plan.edge(id);
    let mut longer = path.clone();
    let tries = chains::attempts(edge, chains::reached_it);
    if tries > 1.0 {
        longer.push((id, tries));
    }
    if known.as_ref().is_none_or(|known| product(known) < product(&longer)) {
        *known = Some(longer);
    }
}

fn product(path: &Path) -> f64 {
    path.iter().map(|(_, tries)| tries).product()
}

fn told(plan: &Plan, path: &Path) -> Finding {
    let (last, _) = *path.last().expect("a path of two or more");
    let layers: Vec<String> =
        path.iter().map(|(id, tries)| format!("{} ({})", words::number(*tries), plan.edge(*id).name)).collect();
    let message = format!(
        "one request can become {} at {}: tries multiply, {}",
        words::number(product(path)),
        plan.service(plan.edge(last).to).name,
        layers.join(" x ")
    );
    Finding::at(Part::Edge(last), message, "try again in one layer only, or give each layer `budget: 10%`")
}
