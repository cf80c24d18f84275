//! `firedrill plan`: the compiled Plan, for reading or as JSON. It plays nothing.

use super::compiled::{self, Source};
use super::console::Console;
use super::ending::{Ending, Failure};
use super::select;
use super::shape::Shape;
use crate::base::dist::Z99;
use crate::base::{Dist, units};
use crate::plan::guards::{Algorithm, Budget};
use crate::plan::{
    Arrivals, Client, Edge, Expectation, Fleet, Guard, Need, Op, Order, Plan, Queue, Role, Service, Sharing, Working,
    digest,
};
use crate::report::figures::duration;
use clap::Args;

/// Print the compiled plan of a scenario: what would be played, with every default filled in
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill plan shop.yaml
  firedrill plan shop.yaml --variant fixed --set services.db.workers=12
  firedrill plan slow-cache --json | jq .schedule")]
pub struct PlanArgs {
    /// A scenario file or the name of a built-in scenario
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    #[command(flatten)]
    shape: Shape,
    /// The whole plan as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &PlanArgs, console: &mut Console) -> Result<Ending, Failure> {
    let mut sources: Vec<Source> =
        select::choose(std::slice::from_ref(&args.scenario))?.into_iter().map(Source::open).collect();
    let plans: Vec<Plan> = sources
        .iter_mut()
        .filter_map(|source| source.plan(&args.shape, args.shape.variant.as_deref(), args.shape.seed))
        .collect();
    compiled::accept(&sources, console)?;
    for plan in plans {
        let text = match args.json {
            true => {
                serde_json::to_string_pretty(&plan).map_err(|error| Failure::internal(error.to_string(), ""))? + "\n"
            }
            false => summary(&plan, console),
        };
        console.out(&text);
    }
    Ok(Ending::quiet())
}

/// The plan on one page.
pub fn summary(plan: &Plan, console: &Console) -> String {
    let variant = plan.variant.as_ref().map_or(String::new(), |variant| format!(" / {variant}"));
    let mut page = vec![console.bold(&format!("{}{variant}", plan.scenario))];
    page.extend(Some(plan.title.clone()).filter(|title| !title.is_empty()));
    page.push(format!(
        "{}, seed {}, {} of which {} warm-up, windows of {}, {}",
        plan.world.word(),
        plan.seed,
        plan.length,
        plan.warmup,
        plan.window,
        digest::of(plan)
    ));
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            page.push(String::new());
            page.push(console.bold(title));
            page.extend(lines.into_iter().map(|line| format!("  {line}")));
        }
    };
    section("Clients", plan.clients.iter().map(|one| client(plan, one)).collect());
    section("Services", plan.services.iter().map(|one| service(plan, one)).collect());
    section("Calls", plan.edges.iter().map(edge).collect());
    section("Faults", plan.faults.iter().map(fault).collect());
    section("Phases", plan.phases.iter().map(|one| format!("{}  {} to {}", one.name, one.from, one.to)).collect());
    let symptoms = if plan.variant.is_none() { "Symptoms (each must be seen)" } else { "Symptoms (for information)" };
    section(symptoms, lines(&plan.symptoms));
    let expect = match (plan.still_broken, plan.variant.is_none() && !plan.symptoms.is_empty()) {
        (true, _) => "Expectations (a wrong fix: at least one must break)",
        (false, true) => "Expectations (for information)",
        (false, false) => "Expectations (each must hold)",
    };
    section(expect, lines(&plan.expectations));
    page.push(String::new());
    page.join("\n")
}

fn client(plan: &Plan, one: &Client) -> String {
    let how = match &one.arrivals {
        Arrivals::Open { points, poisson } => {
            let rates: Vec<String> =
                points.iter().map(|point| format!("{} at {}", units::show_rate(point.rate), point.at)).collect();
            let shown = match points.as_slice() {
                [only] => units::show_rate(only.rate),
                _ => rates.join(", "),
            };
            format!("open loop, {}, {shown}", if *poisson { "Poisson" } else { "constant" })
        }
        Arrivals::Trace(moments) => format!("open loop, trace of {} moments", moments.len()),
        Arrivals::Closed { users, think, start } => {
            let start = start.map_or(String::new(), |start| format!(", begin within {start}"));
            format!("closed loop, {users} users who think {think:?}{start}")
        }
        Arrivals::Herd(herd) => {
            format!("herd of {}, call within {} after a loss, then {:?}", herd.clients, herd.spread, herd.retry)
        }
        Arrivals::Fleet(fleet) => {
            let Fleet { agents, interval, start, splay, .. } = fleet;
            format!("fleet of {agents}, every {interval:?}, start within {start}, splay {splay}")
        }
    };
    let pages = one.pages.as_ref().map_or(String::new(), |pages| format!(", pages open for {:?}", pages.age));
    let reload = if one.reload.is_some() { ", reloads after a failure" } else { "" };
    format!("{}  {how}, by {}{reload}{pages}", one.name, plan.edge(one.edge).name)
}

fn order(queue: &Queue) -> String {
    let order = match &queue.order {
        Order::Fifo => String::new(),
        Order::Lifo => ", newest first".to_owned(),
        Order::AdaptiveLifo { standing, .. } => format!(", newest first after {standing} without a break"),
        Order::Priority => ", by priority".to_owned(),
        Order::Lanes(lanes) => format!(", {} lanes of their own", lanes.len()),
    };
    let codel = queue.codel.map_or(String::new(), |codel| format!(", CoDel {} in {}", codel.target, codel.interval));
    order + &codel
}

fn working(working: &Working) -> String {
    let cores = working.cores.map(|cores| match cores.sharing {
        Sharing::Fifo => format!(" on {} cores", cores.count),
        Sharing::Processor => format!(" sharing {} cores", cores.count),
    });
    let batch = working.batch.map(|batch| format!(" in batches of {}", batch.size));
    let curve = working.efficiency.as_ref().map(|_| ", less efficient with more in flight".to_owned());
    let warm_up = working.warm_up.map(|warm_up| format!(", warm after {}", warm_up.lasts));
    let rejects = working.reject_cost.map(|cost| format!(", pays {cost} for each it turns away"));
    let ledger = working.ledger.then(|| ", keeps a ledger".to_owned());
    [cores, batch, curve, warm_up, rejects, ledger].into_iter().flatten().collect()
}

fn service(plan: &Plan, one: &Service) -> String {
    let copies = if one.replicas == 1 { String::new() } else { format!("{} x ", one.replicas) };
    let workers = one.workers.map_or("unbounded workers".to_owned(), |count| format!("{count} workers"));
    let working = working(&one.working);
    let queue = one.queue.capacity.map_or("unbounded queue".to_owned(), |count| format!("queue of {count}"));
    let order = order(&one.queue);
    let role = match &one.role {
        Role::Plain => String::new(),
        Role::Cache(cache) => format!(", {} of {} keys", cache.entries, cache.keys),
        Role::Database(database) if database.acks > 0 => format!(", acknowledged by {} others", database.acks),
        Role::Database(_) => ", acknowledged at once".to_owned(),
        Role::Broker(broker) => format!(", {} group(s) of consumers", broker.groups.len()),
        Role::Store(store) => format!(", {} servers of {}", store.servers, units::show_bytes(store.server_bytes)),
    };
    let size = one.volume.as_ref().filter(|_| !matches!(one.role, Role::Store(_))).and_then(|disk| disk.size_bytes);
    let volume = size.map_or(String::new(), |size| format!(", a volume of {}", units::show_bytes(size)));
    let guards: String = one.guards.iter().map(|one| format!(", {}", guard(one))).collect();
    let names = |edges: &[crate::base::EdgeId]| {
        edges.iter().map(|id| plan.edge(*id).name.as_str()).collect::<Vec<_>>().join(" and ")
    };
    let steps: Vec<String> = one
        .program
        .iter()
        .map(|op| match op {
            Op::Work(dist) => format!("work {}", drawn(dist)),
            Op::WorkBy(by) => format!("work {}, of {} classes otherwise", drawn(&by.any), by.classes.len()),
            Op::Call(id) => plan.edge(*id).name.clone(),
            Op::Parallel { calls, need: Need::Every } => format!("{} at once", names(calls)),
            Op::Parallel { calls, need: Need::Count(count) } => format!("{} at once, {count} needed", names(calls)),
            Op::Split(all) => format!("one of {}", names(all)),
            Op::Lock { lock, .. } => format!("lock {}", plan.locks[*lock as usize]),
            Op::Unlock(lock) => format!("unlock {}", plan.locks[*lock as usize]),
        })
        .collect();
    let steps = if steps.is_empty() { String::new() } else { format!("; {}", steps.join(", then ")) };
    format!("{}  {}, {copies}{workers}{working}, {queue}{order}{guards}{role}{volume}{steps}", one.name, one.kind)
}

/// A distribution as it is written in a scenario, with three significant digits.
fn drawn(dist: &Dist) -> String {
    match dist {
        Dist::Constant(value) => duration(*value),
        Dist::Uniform { low, high } => format!("uniform({}, {})", duration(*low), duration(*high)),
        Dist::Exponential { mean } => format!("exp({})", duration(*mean)),
        Dist::Lognormal { mu, sigma } => {
            let at = |deviations: f64| duration(libm::exp(mu + sigma * deviations));
            format!("lognormal(p50={}, p99={})", at(0.0), at(Z99))
        }
        Dist::Retransmitted { loss, first, most } => {
            format!(
                "{} lost, sent again after {} and doubling, up to {most} times",
                units::show_ratio(*loss),
                duration(*first)
            )
        }
        Dist::Normal { mean, sd } => format!("normal(mean={}, sd={})", duration(*mean), duration(*sd)),
        Dist::Percentiles(points) => {
            let one = |(share, value): &(f64, f64)| format!("p{}={}", share * 100.0, duration(*value));
            format!("percentiles({})", points.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        Dist::Pareto { scale, shape } => format!("pareto(scale={}, shape={shape})", duration(*scale)),
        Dist::Empirical(values) => format!("empirical of {} values", values.len()),
        Dist::Mixture { parts, .. } => {
            format!("mixture of {}", parts.iter().map(drawn).collect::<Vec<_>>().join(" and "))
        }
    }
}

fn edge(one: &Edge) -> String {
    let mut parts = vec![one.timeout.map_or("no timeout".to_owned(), |timeout| format!("timeout {timeout}"))];
    parts.extend(one.wait.map(|wait| format!("waits {wait} for a worker")));
    parts.extend(one.cancel.then(|| "cancels on timeout".to_owned()));
    if let Some(retry) = &one.retry {
        let budget = retry.budget.map_or(String::new(), |budget| format!(", {}", shown_budget(&budget)));
        parts.push(format!("{} retries{budget}", retry.max));
    }
    parts.extend(one.guards.iter().map(guard));
    parts.extend((one.chance < 1.0).then(|| format!("in {} of requests", units::show_ratio(one.chance))));
    parts.extend((one.count > 1).then(|| format!("{} times", one.count)));
    if let Some(eject) = &one.eject {
        parts.push(format!("ejects after {} failures for {}", eject.after, eject.length));
    }
    parts.extend(one.write.then(|| "writes".to_owned()));
    parts.extend(one.optional.then(|| "optional".to_owned()));
    format!("{}  {}", one.name, parts.join(", "))
}

fn shown_budget(budget: &Budget) -> String {
    let share = units::show_ratio;
    match budget {
        Budget::Bucket { ratio, .. } => format!("budget {}", share(*ratio)),
        Budget::Window { ratio, per_second, .. } => format!("budget {} and {per_second}/s", share(*ratio)),
        Budget::Tokens { tokens, ratio } => format!("budget {tokens} tokens, {} a success", share(*ratio)),
        Budget::Costs { tokens, cost, .. } => format!("budget {tokens} tokens, {cost} a retry"),
        Budget::Active { share: part, .. } => format!("budget {} of those under way", share(*part)),
        Budget::Failures { share: part, .. } => format!("while at most {} fail", share(*part)),
    }
}

/// A guard in a few words.
fn guard(guard: &Guard) -> String {
    match guard {
        Guard::Breaker(_) => "breaker".to_owned(),
        Guard::Throttle(throttle) => format!("throttle {}x", throttle.k),
        Guard::Rate(limit) if limit.per_key => format!("at most {}/s a key", limit.rate),
        Guard::Rate(limit) => format!("at most {}/s", limit.rate),
        Guard::Shed(_) => "sheds load".to_owned(),
        Guard::Limit(limit) if limit.by == Algorithm::Fixed => format!("at most {} under way", limit.initial),
        Guard::Limit(limit) => format!("adaptive limit from {}", limit.initial),
    }
}

fn fault(one: &crate::plan::FaultInfo) -> String {
    let until = if one.from == one.to { String::new() } else { format!(" to {}", one.to) };
    format!("{}  {}, on {}, {}{until}", one.name, one.label, one.on, one.from)
}

fn lines(lines: &[Expectation]) -> Vec<String> {
    lines.iter().map(|line| format!("{}  [{} to {}]", line.text, line.window.from, line.window.to)).collect()
}
