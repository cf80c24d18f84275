//! `firedrill gameday run`: holds the day, one fault at a time, and leaves its log and recordings for `report`.

use super::desk::Lines;
use super::screen::Screen;
use super::script;
use crate::cli::console::Console;
use crate::cli::ending::{Ending, Failure};
use crate::cli::panics::quoted;
use crate::cli::run::shutdown;
use crate::cli::shape::WorldWord;
use crate::cli::world;
use crate::gameday::{self, Halt, Log, Pace, Script, Stage};
use crate::judge::ExitCode;
use crate::live::undo::entries::Terminal as Keys;
use crate::plan::World;
use clap::Args;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Hold a game day: before each fault the steady state, then go or no-go
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  firedrill gameday run day.yaml                   simulated, ten times as fast as the clock
  firedrill gameday run day.yaml --speed max       simulated, as fast as the machine can
  firedrill gameday run day.yaml --player          nobody at the terminal is told which fault it is
  firedrill gameday run day.yaml --world live      real servers

At a terminal: `g` go, `n` no-go, `m` write a note, `a` abort and undo everything. From a pipe, or with --lines, one order a line: `go`, `no-go`,
`m TEXT`, `a`; `@14s m TEXT` and `@14s a` are done when the run is at 14s.

Exit codes: 0 every hypothesis held, 10 one broke or the steady state did not hold, 12 it cannot be told, 13 no-go, aborted or stopped by
a stop line, 2 the plan has blanks or mistakes.")]
pub struct RunArgs {
    /// The plan
    #[arg(value_name = "FILE")]
    file: String,
    /// Where it is held; default: where the plan says, else sim
    #[arg(long, value_enum, value_name = "WORLD")]
    world: Option<WorldWord>,
    /// How many times as fast as the clock the simulated world runs, or `max`
    #[arg(long, value_name = "N", default_value = "10x", value_parser = pace)]
    speed: Pace,
    /// Tell it line by line at a terminal as well, instead of the view with single keys
    #[arg(long)]
    lines: bool,
    /// For players: no fault is named, no hypothesis shown
    #[arg(long)]
    player: bool,
    /// Let a live day reach the hosts outside this machine that the scenario lists under `allow:`
    #[arg(long)]
    allow_remote: bool,
    /// Stop a live day when this file is there
    #[arg(long, value_name = "FILE")]
    stop_file: Option<PathBuf>,
    /// Folder for the log and the recordings: below it NAME.gameday/WORLD
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
}

pub fn run(args: &RunArgs, console: &mut Console) -> Result<Ending, Failure> {
    let script = script::open(&args.file, args.world.map(WorldWord::world), console)?;
    script::rehearse(&script, args.player, console)?;
    if script.world == World::Live {
        for experiment in &script.experiments {
            world::check(&experiment.plan, args.allow_remote, None)?;
        }
    }
    let day = args.out.join(format!("{}.gameday", script.paper.name));
    let folder = day.join(script.world.word());
    std::fs::create_dir_all(&folder).map_err(|error| {
        Failure::usage(
            format!("{} cannot be made: {error}", folder.display()),
            "give a folder that you can write to with --out DIR",
        )
    })?;
    let keys = if args.lines { None } else { keys(console) };
    let stage = Stage {
        terminal: keys.clone(),
        pace: args.speed,
        allow_remote: args.allow_remote,
        shutdown: shutdown()?,
        stop_file: args.stop_file.clone(),
    };
    let log = hold(&script, &folder, &stage, keys, args.player, console).map_err(|halt| match halt {
        Halt::World(trouble) => world::failure(&trouble),
        Halt::Disk(error) => Failure::internal(
            format!("the recordings cannot be written: {error}"),
            "free some space, or give another folder with --out DIR",
        ),
    })?;
    console.out(&format!("\nkept in {}\n", quoted(&folder.display().to_string())));
    let code = ExitCode::from_number(log.exit).unwrap_or(ExitCode::Internal);
    Ok(Ending::told(code, &if args.player { masked(&script, &log.reason) } else { log.reason }))
}

/// The terminal that shows the view and hands over keys; `None` where one is missing, where it can draw nothing, and in the background.
fn keys(console: &Console) -> Option<Keys> {
    let stdin = io::stdin();
    let is_ours = nix::unistd::tcgetpgrp(&stdin).is_ok_and(|group| group == nix::unistd::getpgrp());
    (stdin.is_terminal() && console.draws() && is_ours).then(|| Keys::of_keys(0).ok()).flatten()
}

fn hold(
    script: &Script,
    folder: &Path,
    stage: &Stage,
    keys: Option<Keys>,
    is_masked: bool,
    console: &mut Console,
) -> Result<Log, Halt> {
    console.flush();
    let screen = keys.and_then(|keys| Screen::open(keys, &script.paper, is_masked, &stage.shutdown).ok());
    // A terminal that cannot be drawn on can still be told line by line.
    let Some(mut screen) = screen else {
        return gameday::hold(script, folder, stage, &mut Lines::new(console, is_masked, &stage.shutdown));
    };
    let log = gameday::hold(script, folder, stage, &mut screen);
    screen.close().iter().for_each(|line| console.out(&format!("{line}\n")));
    log
}

/// The reason without the names of faults.
fn masked(script: &gameday::Script, reason: &str) -> String {
    let all = script.experiments.iter().enumerate();
    all.fold(reason.to_owned(), |text, (index, one)| text.replace(&one.fault.name, &format!("fault {}", index + 1)))
}

/// `10x`, `2.5`, `max`.
fn pace(text: &str) -> Result<Pace, String> {
    if text == "max" {
        return Ok(Pace::Max);
    }
    let times = text.strip_suffix('x').unwrap_or(text).parse::<f64>().ok();
    let times = times.filter(|times| (0.01..=10_000.0).contains(times));
    times.map(Pace::Times).ok_or_else(|| "a speed is a number from 0.01 to 10000, such as `10x`, or `max`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_times_the_clock() {
        assert_eq!(
            (pace("10x"), pace("2.5"), pace("max")),
            (Ok(Pace::Times(10.0)), Ok(Pace::Times(2.5)), Ok(Pace::Max))
        );
        for wrong in ["0", "-1x", "x", "fast", "NaN", "inf"] {
            assert!(pace(wrong).is_err(), "{wrong}");
        }
    }
}
