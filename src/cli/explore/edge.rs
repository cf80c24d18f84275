//! `firedrill edge`: where survival ends along one value, with its confidence; along a second value, the boundary as a curve.

use super::{Asked, bar, refused, written};
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure, counted};
use crate::cli::run::shutdown;
use crate::cli::world;
use crate::explore::edge::{self, Answer, Question};
use crate::explore::vary::Axis;
use crate::explore::{Study, curve, pages};
use crate::judge::ExitCode;
use clap::Args;
use std::path::Path;

/// Find the value at which a scenario ceases to survive
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill edge retry-storm --set faults.brownout.for=30s --vary clients.users.rate=5/s..60/s
  firedrill edge shop.yaml --vary faults.slow-db.for=0s..60s --seeds 20
  firedrill edge shop.yaml --vary services.db.workers=4..64 --vary clients.users.rate=50/s..400/s:50/s      the boundary as a curve

One --vary is a bare range FROM..TO, in which the boundary is searched; a second one, with steps, makes it a curve. Each seed is searched by itself,
so the boundary is a mean over the seeds with its 95% interval.

Exit codes: 0 there is a boundary, 12 it cannot be told or it is not in the range, 2 a value that the scenario does not take.")]
pub struct EdgeArgs {
    #[command(flatten)]
    asked: Asked,
    /// Seeds that are searched
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// How well each seed's place is to be known, as a share of the range
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = share)]
    within: f64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &EdgeArgs, console: &mut Console) -> Result<Ending, Failure> {
    let study = args.asked.common.study()?;
    let (question, other) = question(args, &study)?;
    let base = study.plan(&[format!("{}={}", question.path, question.range.written(question.range.from))], None);
    let base = base.map_err(|words| refused(&words))?;
    let question = Question { first_seed: base.seed, ..question };
    let folder = written::folder(&args.asked.common.out, &base.scenario, base.variant.as_deref(), "edge");
    let answers = find(args, &question, other)?;
    let lines: Vec<String> = base.expectations.iter().map(|line| line.text.clone()).collect();
    let page = folder.join("report.html");
    written::write(&page, &curve::page(&base, &lines, &question, other, &answers).html())?;
    let document = curve::json(&base, &lines, &question, other, &answers);
    written::write(&folder.join("edge.json"), &document)?;
    let (code, reason) = ending(&question, other, &answers);
    if args.json {
        console.out(&document);
        return Ok(Ending::told_aside(code, &reason));
    }
    console.out(&curve::text(&question, other, &answers));
    console.out(&format!("\n{}\n", page.display()));
    Ok(Ending::told(code, &reason))
}

/// Which value is searched, and which one gives the curve.
fn question<'a>(args: &'a EdgeArgs, study: &Study) -> Result<(Question, Option<&'a Axis>), Failure> {
    let (searched, others): (Vec<&Axis>, Vec<&Axis>) = args.asked.vary.iter().partition(|axis| axis.range().is_some());
    let usage = |words: &str| {
        Failure::usage(
            words,
            "such as --vary clients.users.rate=50/s..400/s, and a second --vary with steps for a curve",
        )
    };
    let [one] = searched.as_slice() else {
        return Err(usage("one --vary must be a bare range FROM..TO, in which the boundary is searched"));
    };
    if others.len() > 1 {
        return Err(usage("a boundary is a curve over one other value at most"));
    }
    let range = one.range().cloned().unwrap_or_else(|| unreachable!("it was chosen for its range"));
    let question = Question {
        study: study.clone(),
        path: one.path.clone(),
        range,
        first_seed: 0,
        seeds: args.seeds,
        within: args.within,
        fixed: Vec::new(),
    };
    Ok((question, others.first().copied()))
}

/// One answer, or one for each value of the other path.
fn find(args: &EdgeArgs, question: &Question, other: Option<&Axis>) -> Result<Vec<Answer>, Failure> {
    let shutdown = shutdown()?;
    let bar = bar(Path::new(&question.study.name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default());
    let values = other.and_then(Axis::list).map_or_else(|| vec![None], |values| values.iter().map(Some).collect());
    let mut answers = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let fixed = value.iter().zip(other).map(|(value, axis)| axis.setting(value)).collect();
        let one = Question { fixed, ..question.clone() };
        let found = edge::find(&one, args.asked.common.threads(), |done, of| {
            bar.set_length((of * values.len()) as u64);
            bar.set_position((index * of + done) as u64);
            shutdown.reason().is_none()
        });
        match (found, shutdown.reason()) {
            (_, Some(stop)) => {
                bar.finish_and_clear();
                return Err(Failure::told(world::code_of(stop), format!("stopped by {}", stop.word())));
            }
            (Ok(answer), None) => answers.push(answer),
            (Err(words), None) => return Err(refused(&words)),
        }
    }
    bar.finish_and_clear();
    Ok(answers)
}

fn ending(question: &Question, other: Option<&Axis>, answers: &[Answer]) -> (ExitCode, String) {
    let found = answers.iter().filter(|answer| matches!(answer, Answer::Found(_))).count();
    let code = if found == answers.len() { ExitCode::Held } else { ExitCode::Inconclusive };
    match (other, answers) {
        (None, [answer]) => (code, pages::sentence(question, answer)),
        _ => (code, format!("the boundary was found at {found} of {}", counted(answers.len(), "value"))),
    }
}

/// `1%`, `0.005`.
fn share(text: &str) -> Result<f64, String> {
    let share = crate::base::units::ratio(text).map_err(|error| error.to_string())?;
    if (1e-6..=0.5).contains(&share) { Ok(share) } else { Err("a share from 0.0001% to 50%, such as 1%".to_owned()) }
}
