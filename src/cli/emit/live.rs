//! `firedrill emit kubernetes … -- run SCENARIO`: a live run whose load pods make together, with its faults as resources of Chaos Mesh.

use super::kubernetes::KubernetesArgs;
use super::{Order, moved};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted, unread};
use crate::cli::explore::Parsed;
use crate::cli::select;
use crate::cli::shape::{Shape, WorldWord};
use crate::compile::{self, Request};
use crate::emit::chaos::{self, Places};
use crate::emit::kubernetes::{self, Cluster, Live};
use crate::judge::ExitCode;
use crate::plan::real::Origin;
use crate::plan::{Plan, World, digest};
use crate::scenario::{Diagnostics, did_you_mean, render};
use clap::{Args, Parser, Subcommand};
use std::collections::BTreeMap;
use std::path::Path;

/// Where the services of a live run are in the cluster, and how it is played.
#[derive(Debug, Args)]
#[command(next_help_heading = "Of a live run (-- run SCENARIO)")]
pub struct LiveArgs {
    /// The pods of a service that a fault acts on, such as web=app=shop-web; several for one service must all hold (repeatable)
    #[arg(long = "selector", value_name = "SERVICE=LABEL=VALUE", value_parser = selector)]
    selectors: Vec<(String, String, String)>,
    /// Where the volume of a service is mounted, for faults of its disk (repeatable)
    #[arg(long = "volume", value_name = "SERVICE=PATH", value_parser = volume)]
    volumes: Vec<(String, String)>,
    /// The namespace of the services; default: that of the Job
    #[arg(long, value_name = "NAME", value_parser = super::kubernetes::label)]
    target_namespace: Option<String>,
    /// Seconds from the submission to the begin of the run: images are pulled and pods are placed by then
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(10..=86_400))]
    start_in: u32,
    /// An image with a POSIX shell, awk and kubectl, for the pod that plays the faults
    #[arg(long, value_name = "IMAGE", value_parser = super::kubernetes::image)]
    kubectl_image: Option<String>,
}

/// The words behind `--`.
#[derive(Debug, Parser)]
struct Alone {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Run(RunWords),
}

/// What pods can play of `firedrill run`.
#[derive(Debug, Args)]
struct RunWords {
    scenario: String,
    #[command(flatten)]
    shape: Shape,
}

pub fn run(args: &KubernetesArgs, cluster: Cluster, console: &mut Console) -> Result<Ending, Failure> {
    let (asked, plan) = parsed(&args.job.words)?;
    let mut order = Order::of(&args.job, "kubernetes", asked)?;
    order.job.words = super::alone(moved(&order.asked, &order.companions, &args.job.words));
    order
        .job
        .words
        .extend(["--world".to_owned(), "live".to_owned()].into_iter().filter(|_| !has_world(&args.job.words)));
    let places = args.live.places(&plan, &cluster, &order)?;
    let resources = chaos::resources(&plan, &places).map_err(|problems| {
        Failure::usage(
            format!("Chaos Mesh cannot play every fault of this scenario:\n  {}", problems.join("\n  ")),
            "take such a fault away with --set faults.NAME=, or play it in another way",
        )
    })?;
    let kubectl = match (&args.live.kubectl_image, resources.is_empty()) {
        (Some(image), _) => image.clone(),
        (None, true) => String::new(),
        (None, false) => {
            return Err(Failure::usage(
                format!(
                    "{} to be made, waited for and taken back by a pod with kubectl",
                    counted(resources.len(), "resource")
                ),
                "name an image with a shell and kubectl: --kubectl-image IMAGE",
            ));
        }
    };
    let count = resources.len();
    let live = Live { lead_s: args.live.start_in, kubectl, resources };
    let files = kubernetes::live(&order.job, &cluster, &live, &order.companions);
    order.write(&files.map_err(|words| Failure::usage(words, ""))?, &order.folder()?)?;
    console.out(&format!(
        "{} make the load, Chaos Mesh plays {}: {}\n  {}   submits it\n",
        counted(order.job.shards, "pod"),
        counted(count, "resource"),
        order.to.display(),
        crate::cli::panics::quoted(&order.to.join("submit.sh").display().to_string())
    ));
    Ok(Ending::told(ExitCode::Held, "written; nothing was submitted"))
}

/// Whether these are the words of a live run, whatever else stands there; those of simulated ones are handed over as shards of a set.
pub fn is_live(words: &[String]) -> bool {
    let named = std::iter::once("firedrill").chain(words.iter().map(String::as_str));
    let Ok(matches) = crate::cli::command_line().try_get_matches_from(named) else { return false };
    let Some(("run", run)) = matches.subcommand() else { return false };
    let its_own = || {
        let scenario = run.get_many::<String>("scenarios")?.next()?;
        let chosen = select::choose(std::slice::from_ref(scenario)).ok()?.pop()?;
        let world = chosen.load(&Diagnostics::new()).root.get("world")?.scalar().map(str::to_owned);
        Some(world.is_some_and(|world| world == World::Live.word()))
    };
    let asked = run.get_one::<WorldWord>("world");
    asked.map_or_else(|| its_own().unwrap_or(false), |world| *world == WorldWord::Live)
}

fn has_world(words: &[String]) -> bool {
    words.iter().any(|word| word == "--world" || word.starts_with("--world="))
}

fn parsed(words: &[String]) -> Result<(Parsed, Plan), Failure> {
    let words = std::iter::once("firedrill").chain(words.iter().map(String::as_str));
    let What::Run(asked) = Alone::try_parse_from(words)
        .map_err(|error| {
            Failure::usage(unread(&error), "of a run pods take the scenario, --variant, --set and --seed")
        })?
        .what;
    let mut chosen = select::choose(std::slice::from_ref(&asked.scenario))?;
    let (Some(one), true) = (chosen.pop(), chosen.is_empty()) else {
        return Err(Failure::usage(format!("{} holds several scenarios", asked.scenario), "give the file of one"));
    };
    let diags = Diagnostics::new();
    let mut loaded = one.load(&diags);
    let text = loaded.sources.get(loaded.root.place.source).map(|source| source.text.clone());
    let (folder, shape) = (loaded.folder.clone(), &asked.shape);
    let request =
        Request { variant: shape.variant.clone(), set: shape.set.clone(), seed: shape.seed, world: Some(World::Live) };
    let plan = compile::compile(&mut loaded, &request, &diags).filter(|_| !diags.has_errors());
    let plan =
        plan.ok_or_else(|| Failure::usage(render::render_lines(&diags, &loaded.sources).trim_end().to_owned(), ""))?;
    shareable(&plan)?;
    let parsed = Parsed {
        what: "live",
        name: plan.scenario.clone(),
        text: text.filter(|_| Path::new(&asked.scenario).is_file()),
        scenario: asked.scenario,
        files: diags.files(),
        folder,
        digest: digest::of(&plan),
        size: String::new(),
    };
    Ok((parsed, plan))
}

/// Pods can share the load only of what runs already: a stand-in, or a process that each would start, would be there once for each pod.
fn shareable(plan: &Plan) -> Result<(), Failure> {
    let is_there = |index: usize| {
        let real = plan.real.services.iter().find(|real| real.service.index() == index);
        real.is_some_and(|real| matches!(real.origin, Origin::Address(_)))
    };
    let elsewhere: Vec<&str> = (0..plan.services.len())
        .filter(|index| !is_there(*index))
        .map(|index| plan.services[index].name.as_str())
        .collect();
    if elsewhere.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(
        format!("not in the cluster: {}", elsewhere.join(", ")),
        "say where each service is (`live: {SERVICE: {address: host:port}}`): every pod would have a stand-in of its own",
    ))
}

impl LiveArgs {
    /// Something that only a live run has is asked for.
    pub fn is_given(&self) -> bool {
        let LiveArgs { selectors, volumes, target_namespace, kubectl_image, .. } = self;
        !selectors.is_empty() || !volumes.is_empty() || target_namespace.is_some() || kubectl_image.is_some()
    }

    fn places(&self, plan: &Plan, cluster: &Cluster, order: &Order) -> Result<Places, Failure> {
        let mut labels: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (service, label, value) in &self.selectors {
            known(plan, service, "--selector")?;
            labels.entry(service.clone()).or_default().insert(label.clone(), value.clone());
        }
        for (service, _) in &self.volumes {
            known(plan, service, "--volume")?;
        }
        Ok(Places {
            namespace: self.target_namespace.clone().unwrap_or_else(|| cluster.namespace.clone()),
            labels,
            volumes: self.volumes.iter().cloned().collect(),
            load: (cluster.namespace.clone(), kubernetes::load(&order.job)),
        })
    }
}

/// A name that the scenario has.
fn known(plan: &Plan, service: &str, option: &str) -> Result<(), Failure> {
    let bare = service.strip_suffix(".leader").or(service.strip_suffix(".followers")).unwrap_or(service);
    if plan.service_named(bare).is_some() {
        return Ok(());
    }
    let names = || plan.services.iter().map(|service| service.name.as_str());
    let next = match did_you_mean(bare, names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the scenario has {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::usage(format!("{option}: there is no service `{service}`"), next))
}

fn selector(text: &str) -> Result<(String, String, String), String> {
    let wrong = || "write SERVICE=LABEL=VALUE, such as web=app=shop-web".to_owned();
    let (service, label) = text.split_once('=').ok_or_else(wrong)?;
    let (label, value) = label.split_once('=').ok_or_else(wrong)?;
    match service.is_empty() || label.is_empty() || value.is_empty() {
        true => Err(wrong()),
        false => Ok((service.to_owned(), label.to_owned(), value.to_owned())),
    }
}

fn volume(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((service, path)) if path.starts_with('/') => Ok((service.to_owned(), path.to_owned())),
        _ => Err("write SERVICE=PATH, such as db=/var/lib/postgresql/data".to_owned()),
    }
}
