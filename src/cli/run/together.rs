//! `run --share`: one of several machines that make the load of a live run together, from a moment on that all of them are told.

use super::RunArgs;
use crate::cli::ending::Failure;
use crate::engine::Share;
use crate::explore::shard::Shard;
use crate::live::Together;
use crate::plan::World;
use clap::Args;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[derive(Clone, Debug, Args)]
pub struct TogetherArgs {
    /// Send only every n-th request of a live run, beginning with the k-th, and leave the rest to other machines; `env`: as the variables of an array
    /// or an Indexed Job say. Together they send exactly what one would; `firedrill report` joins their recordings
    #[arg(long, value_name = "K/N|env", requires = "start_at", conflicts_with_all = ["generators", "shard", "retries", "repeat"])]
    share: Option<String>,
    /// When a shared run begins: Unix seconds, or RFC 3339 such as 2026-11-22T03:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "share")]
    start_at: Option<SystemTime>,
    /// The faults of a shared run are played by somebody else, such as Chaos Mesh; only what they do to users is played here
    #[arg(long, requires = "share")]
    faults_elsewhere: bool,
}

impl TogetherArgs {
    pub fn is_given(&self) -> bool {
        self.share.is_some()
    }

    /// What was agreed with the other machines.
    pub fn agreed(&self) -> Result<Option<Together>, Failure> {
        let (Some(share), Some(start)) = (&self.share, self.start_at) else { return Ok(None) };
        let usage =
            |words: String| Failure::usage(words, "give --share K/N, or `env` in a task of an array or an Indexed Job");
        let shard = match share.as_str() {
            "env" => Shard::of_environment(|name| std::env::var(name).ok()).and_then(|shard| {
                shard.ok_or_else(|| "nothing in the environment says which share this is".to_owned())
            }),
            text => Shard::read(text),
        };
        let shard = shard.map_err(usage)?;
        let (Ok(turn), Ok(of)) = (u32::try_from(shard.number - 1), u32::try_from(shard.of)) else {
            return Err(usage(format!("`{share}` is too many")));
        };
        Ok(Some(Together { share: Share { turn, of }, start, faults_elsewhere: self.faults_elsewhere }))
    }
}

/// A share is of one live run.
pub fn check(args: &RunArgs, worlds: &[World]) -> Result<(), Failure> {
    match worlds {
        _ if !args.together.is_given() => Ok(()),
        [World::Live] => Ok(()),
        [World::Sim] => Err(Failure::usage(
            "a simulated run is played by one machine",
            "play it --world live, or leave --share out",
        )),
        _ => Err(Failure::usage(
            "the machines share one run, and these are several",
            "name one scenario, and no --seeds",
        )),
    }
}

/// Unix seconds, or RFC 3339.
fn moment(text: &str) -> Result<SystemTime, String> {
    let seconds = text.parse::<f64>().ok().or_else(|| rfc_3339(text));
    let wrong = || "write Unix seconds, or a moment as RFC 3339 has it, such as 2026-11-22T03:00:00Z".to_owned();
    let seconds = seconds.filter(|seconds| (0.0..1e11).contains(seconds)).ok_or_else(wrong)?;
    Ok(UNIX_EPOCH + Duration::from_secs_f64(seconds))
}

/// `2026-11-22T03:00:00.5+01:00` (RFC 3339, section 5.6), in Unix seconds.
fn rfc_3339(text: &str) -> Option<f64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let numbers = |text: &str, by: char| text.split(by).map(str::parse::<i64>).collect::<Result<Vec<_>, _>>().ok();
    let [year, month, day] = numbers(date, '-')?.try_into().ok()?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at(zone);
    let (clock, fraction) = clock
        .split_once('.')
        .map_or((clock, 0.0), |(clock, digits)| (clock, format!("0.{digits}").parse().unwrap_or(f64::NAN)));
    let [hour, minute, second] = numbers(clock, ':')?.try_into().ok()?;
    let ahead = match zone {
        "Z" | "z" => 0,
        _ => {
            let [hours, minutes] = numbers(&zone[1..], ':')?.try_into().ok()?;
            (hours * 60 + minutes) * if zone.starts_with('-') { -60 } else { 60 }
        }
    };
    let is_possible = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    let whole = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - ahead;
    Some(whole as f64 + fraction).filter(|seconds| is_possible && seconds.is_finite())
}

/// From 1970-01-01 to this day of the Gregorian calendar: years begin in March, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_the_rfc_has_them() {
        // The examples of RFC 3339, section 5.8, and what date(1) says of them.
        assert_eq!(rfc_3339("1985-04-12T23:20:50.52Z"), Some(482_196_050.52));
        assert_eq!(rfc_3339("1996-12-19T16:39:57-08:00"), Some(851_042_397.0));
        assert_eq!(rfc_3339("1937-01-01T12:00:27.87+00:20"), Some(-1_041_337_172.13));
        assert_eq!(rfc_3339("2000-02-29T00:00:00Z"), Some(951_782_400.0));
        assert_eq!(moment("1700000000"), Ok(UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
        for wrong in ["", "soon", "2026-13-01T00:00:00Z", "2026-11-22", "2026-11-22T03:00Z", "-5", "1e300", "nan"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
