//! What several seeds say together, in words for people ([`lines`], [`against_base`]) and as data for scripts ([`result`]).

pub mod result;

use super::figures::{digits, figure};
use crate::judge::seeds::{Change, LineOverSeeds, OverSeeds, Paired, SeedRun, Share};
use crate::judge::statistics::Interval;
use crate::judge::{Unit, Verdict};

/// More seeds than this are not listed by number.
const LISTED_MAX: usize = 12;

/// `20 seeds (1 to 20)`.
pub fn title(over: &OverSeeds) -> String {
    let ends = over.runs.first().zip(over.runs.last());
    let range = ends.map_or(String::new(), |(first, last)| match first.seed == last.seed {
        true => format!(" of seed {}", first.seed),
        false => format!(" ({} to {})", first.seed, last.seed),
    });
    format!("{} {}{range}", over.runs.len(), over.what())
}

/// `14 of 20 hold (70%, 95% CI 48.1% to 85.5%)`.
pub fn held(over: &OverSeeds) -> String {
    let Share { hits, n, .. } = over.held;
    format!("{hits} of {n} hold{}", in_brackets(&over.held))
}

/// Held, mean, extremes, pooled and bound of a line, in one line.
pub fn detail(line: &LineOverSeeds, over: &OverSeeds) -> String {
    let mut parts = vec![match line.held.n {
        0 => format!("cannot be told under any of {} {} alone", line.each.len(), over.what()),
        n => format!("held under {} of {n} {}{}", line.held.hits, over.what(), in_brackets(&line.held)),
    }];
    parts.extend(mean(line));
    parts.extend(spread(line, over));
    parts.extend(pooled(line));
    parts.extend(line.bound.map(|bound| format!("bound {}", figure(bound, line.unit))));
    parts.join(", ")
}

fn in_brackets(share: &Share) -> String {
    let (Some(value), Some(interval)) = (share.share(), share.interval) else { return String::new() };
    format!(" ({}, 95% CI {})", percent(value), shares(interval))
}

/// `48.1% to 85.5%`.
pub fn shares((low, high): Interval) -> String {
    format!("{} to {}", percent(low), percent(high))
}

fn percent(share: f64) -> String {
    format!("{}%", digits(share * 100.0, 3))
}

pub fn interval((low, high): Interval, unit: Unit) -> String {
    format!("{} to {}", signed(low, unit), signed(high, unit))
}

fn mean(line: &LineOverSeeds) -> Option<String> {
    let mean = line.mean?;
    let of = if mean.n < line.each.len() { format!(" over the {} with a figure", mean.n) } else { String::new() };
    let known = mean.interval.map(|known| format!(", 95% CI {}", interval(known, line.unit))).unwrap_or_default();
    Some(format!("mean {}{of}{known}", figure(mean.mean, line.unit)))
}

fn spread(line: &LineOverSeeds, over: &OverSeeds) -> Option<String> {
    let (least, most) = line.extremes().filter(|(least, most)| least.0 < most.0)?;
    let told = |(value, run): (f64, usize)| format!("{} ({})", figure(value, line.unit), over.label(run));
    Some(format!("from {} to {}", told(least), told(most)))
}

fn pooled(line: &LineOverSeeds) -> Option<String> {
    let pooled = line.pooled?;
    let known = pooled.interval.map(|known| format!(", 95% CI {}", interval(known, line.unit))).unwrap_or_default();
    Some(format!("pooled {}{known}, n {}", figure(pooled.value, line.unit), pooled.samples))
}

/// `seed 2, 5, 7`, or the first few and how many more.
pub fn not_holding(over: &OverSeeds) -> Option<String> {
    let not = over.runs.iter().enumerate().filter(|(_, run)| run.verdict != Verdict::Holds);
    let seeds: Vec<String> = not.map(|(run, _)| over.number(run).to_string()).collect();
    let more = seeds.len().saturating_sub(LISTED_MAX);
    let listed = seeds.iter().take(LISTED_MAX).cloned().collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!seeds.is_empty()).then(|| format!("{} {listed}{more}", over.one()))
}

/// Which seed the figures below belong to, and why that one.
pub fn which(over: &OverSeeds) -> String {
    let SeedRun { verdict, .. } = &over.runs[over.shown];
    let why = if *verdict == Verdict::Holds { "first" } else { "first that does not hold" };
    format!("{}, the {why}", over.label(over.shown))
}

/// `better: 12%, 95% CI 10% to 14%, 98% instead of 86% (20 pairs)`.
pub fn against_base(pair: &Paired) -> String {
    let word = match pair.change {
        Change::Better => "better",
        Change::Worse => "worse",
        Change::NotShown => "no difference shown",
    };
    let change = format!("{word}: {}", signed(pair.difference.mean, pair.unit));
    let known = pair.difference.interval.map(|known| format!(", 95% CI {}", interval(known, pair.unit)));
    let means = format!("{} instead of {}", figure(pair.variant, pair.unit), figure(pair.base, pair.unit));
    format!("{change}{}, {means} ({} pairs)", known.unwrap_or_default(), pair.difference.n)
}

/// A figure that may be below zero: intervals and differences.
pub fn signed(value: f64, unit: Unit) -> String {
    format!("{}{}", if value < 0.0 { "-" } else { "" }, figure(value.abs(), unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::judge::seeds::{Gather, Trial, against};
    use crate::judge::{Judgement, judge};
    use crate::record::{Recording, fixture};
    use crate::report::formats::{
        fixture::{account, written},
        junit,
    };
    use crate::report::{html, result as json, text};

    /// The fixture under seeds 7 to 10; under the third one in ten requests fails, and each is slower than the one before.
    fn together(failing: u64) -> (Recording, Judgement) {
        let mut gather = Gather::default();
        let mut shown = None;
        for seed in 7..11 {
            let mut recording = fixture::recording(&crate::plan::Plan { seed, ..fixture::judged_plan() });
            for cell in &mut recording.clients[0].cells {
                cell.latency.record_n(Span::from_millis(seed), 1000 * (seed - 7));
                cell.errors[0] = if seed == 9 { failing } else { 0 };
            }
            let judgement = judge(&recording);
            gather.add(&recording.plan, Trial::of(&recording, &judgement));
            if seed == 9 {
                shown = Some((recording, judgement));
            }
        }
        let (recording, judgement) = shown.expect("seed 9 is among them");
        (recording, gather.finish(2, judgement))
    }

    #[test]
    fn the_terminal_tells_share_mean_and_extremes_of_every_line() {
        let (recording, judgement) = together(10);
        let shown = text::summary(&recording, &judgement, text::Style::PLAIN);
        let wanted = "\
Over 4 seeds (7 to 10): 0 of 4 hold (0%, 95% CI 0% to 49%)
  BROKEN success(users) >= 99% during slow
           held under 3 of 4 seeds (75%, 95% CI 30.1% to 95.4%), mean 97.73%, 95% CI 90.49% to 100%,
           from 90.91% (seed 9) to 100% (seed 7), bound 99%
";
        assert!(shown.contains(wanted), "{shown}");
        assert!(shown.contains("  - not holding: seed 7, 8, 9, 10\n"), "{shown}");
        assert!(shown.contains("\nExpectations, seed 9, the first that does not hold\n"), "{shown}");
        assert!(shown.contains("95% CI 10ms to 10ms, n 128000, bound 5ms\n"), "{shown}");
    }

    #[test]
    fn scripts_and_ci_get_the_joint_verdict() {
        let (recording, judgement) = together(10);
        let found = json::result(&recording, &judgement);
        let value = serde_json::to_value(&found).expect("plain data");
        jsonschema::validate(&json::result_schema(), &value).expect("valid against the schema");
        assert_eq!((&value["seeds"]["held"]["n"], &value["seeds"]["runs"][2]["seed"]), (&4.into(), &9.into()));
        assert_eq!(value["seeds"]["expectations"][0]["measured"][0], 1.0);
        assert_eq!((&value["verdict"], &value["exit_code"], &value["seed"]), (&"broken".into(), &10.into(), &9.into()));
        let back: json::RunResult = serde_json::from_value(value).expect("reads back");
        assert_eq!(back, found);
        let xml = written(&junit::FORMAT, &[account(&recording, &judgement)]);
        assert!(xml.contains("held under 3 of 4 seeds"), "{xml}");
        let (_, held) = together(0);
        assert_eq!(held.seeds.as_deref().map(|over| over.expectations[0].verdict), Some(Verdict::Holds));
    }

    #[test]
    fn the_page_draws_a_dot_for_each_seed_and_compares_with_the_base() {
        let (recording, mut judgement) = together(10);
        let (_, base) = together(30);
        let base = base.seeds.expect("several seeds");
        let over = judgement.seeds.as_deref_mut().expect("several seeds");
        over.against_base = against(&base, over);
        let page = html::render(&recording, &judgement, &html::Options::default());
        let section = page.split("<section id=\"seeds\">").nth(1).and_then(|rest| rest.split("</section>").next());
        let section = section.expect("the section is there");
        // Three lines, each with a wide and a narrow picture; the first seed has too few requests for the last line.
        assert_eq!(section.matches("<circle ").count(), 2 * (4 + 4 + 3), "{section}");
        assert!(section.contains("seed 9: 90.91%, broken"), "{section}");
        assert!(section.contains("Against the base") && section.contains("(4 pairs)"), "{section}");
        assert!(!section.contains("NaN"), "{section}");
        assert!(page.contains("The charts and tables show seed 9, the first that does not hold."));
    }

    #[test]
    fn figures_below_zero_keep_their_sign_and_unit() {
        assert_eq!(signed(-0.0123, Unit::Seconds), "-12.3ms");
        assert_eq!(interval((-0.5, 0.25), Unit::Ratio), "-50% to 25%");
        assert_eq!(shares((0.481_03, 0.854_52)), "48.1% to 85.5%");
    }
}
