//! `metrics.prom`: the final figures of a run as OpenMetrics text, for node_exporter's textfile collector, a push gateway, or a scrape of a file. It ends
//! with `# EOF`.
//!
//! Every sample carries `scenario`, `variant`, `world` and `seed`. Gauges: `firedrill_run_exit_code`, `firedrill_expectation_held` (1 or 0; absent where it
//! cannot be told), `firedrill_expectation_measured` and `firedrill_expectation_bound` in the base unit that their label `unit` names, and
//! `firedrill_client_latency_seconds` by `quantile` (absent below 10/(1-q) samples). Counters, of the whole run: `firedrill_client_requests_total` by `outcome` (`ok`,
//! or the kind of error), `firedrill_client_retries_total`, `firedrill_service_completed_total`, `firedrill_service_wasted_total`, `firedrill_fault_touched_total` by `fault`.
//!
//! These are figures of one finished run: a rate over them says nothing.

use super::{Account, Document, Format};
use crate::base::{ErrorKind, Time};
use crate::judge::{Verdict, samples_needed};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text as open_metrics};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry as Page;
use std::fmt;

pub static FORMAT: Format = Format {
    word: "openmetrics",
    file: "metrics.prom",
    purpose: "final gauges and counters, for Prometheus",
    is_joint: true,
    is_printed: true,
    source: include_str!("openmetrics.rs"),
    begin: || Box::new(Families::default()),
};

type Labels = Vec<(&'static str, String)>;
/// For exemplars, of which there are none.
type NoLabels = [(&'static str, &'static str); 0];

const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// The samples of each family, in the order of `NAMES`.
#[derive(Clone, Debug, Default)]
struct Families([Vec<(Labels, f64)>; NAMES.len()]);

const NAMES: [(&str, &str, bool); 10] = [
    ("firedrill_run_exit_code", "The exit code of the run: 0 held, 10 broken, 12 inconclusive, 13 guardrail", false),
    ("firedrill_expectation_held", "1 if the expectation held, 0 if it broke", false),
    ("firedrill_expectation_measured", "What was measured for the expectation", false),
    ("firedrill_expectation_bound", "The bound of the expectation", false),
    ("firedrill_client_latency_seconds", "Latency of successful requests after the warm-up", false),
    ("firedrill_client_requests", "Requests that ended, by outcome", true),
    ("firedrill_client_retries", "Attempts beyond the first", true),
    ("firedrill_service_completed", "Requests that the service answered", true),
    ("firedrill_service_wasted", "Completed work whose caller had gone", true),
    ("firedrill_fault_touched", "What the fault touched; 0: it did not happen", true),
];

impl Document for Families {
    fn add(&mut self, account: &Account) -> Result<(), String> {
        let plan = &account.recording.plan;
        let run: Labels = vec![
            ("scenario", plan.scenario.clone()),
            ("variant", plan.variant.clone().unwrap_or_default()),
            ("world", plan.world.word().to_owned()),
            ("seed", plan.seed.to_string()),
        ];
        self.put("firedrill_run_exit_code", &run, &[], f64::from(account.judgement.exit.number()));
        self.expectations(account, &run);
        self.clients(account, &run);
        self.services(account, &run);
        for (fault, evidence) in plan.faults.iter().zip(&account.recording.evidence) {
            self.put("firedrill_fault_touched", &run, &[("fault", &fault.name)], evidence.touched as f64);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        let mut page = Page::default();
        page.register_collector(self);
        let mut text = String::new();
        open_metrics::encode(&mut text, &page).map_err(|error| error.to_string())?;
        Ok(text.into_bytes())
    }
}

impl Families {
    fn put(&mut self, family: &str, run: &Labels, more: &[(&'static str, &str)], value: f64) {
        let Some(index) = NAMES.iter().position(|(name, _, _)| *name == family) else { return };
        let labels = run.iter().cloned().chain(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.0[index].push((labels.collect(), value));
    }

    fn expectations(&mut self, account: &Account, run: &Labels) {
        for line in account.judgement.deciding() {
            let unit = serde_json::to_value(line.unit).ok().and_then(|unit| Some(unit.as_str()?.to_owned()));
            let (text, unit) = (("expectation", line.text.as_str()), unit.unwrap_or_default());
            let held = match line.verdict {
                Verdict::Holds => Some(1.0),
                Verdict::Broken => Some(0.0),
                Verdict::CannotTell => None,
            };
            held.into_iter().for_each(|held| self.put("firedrill_expectation_held", run, &[text], held));
            for (family, value) in
                [("firedrill_expectation_measured", line.measured), ("firedrill_expectation_bound", line.bound)]
            {
                value.into_iter().for_each(|value| self.put(family, run, &[text, ("unit", &unit)], value));
            }
        }
    }

    fn clients(&mut self, account: &Account, run: &Labels) {
        let (recording, plan) = (account.recording, &account.recording.plan);
        for (index, series) in recording.clients.iter().enumerate() {
            let client = ("client", series.name.as_str());
            let cell = recording.client_over(index, Time::ZERO, plan.length);
            let outcomes = ErrorKind::ALL.iter().map(|kind| kind.word()).zip(cell.errors);
            for (outcome, count) in std::iter::once(("ok", cell.ok)).chain(outcomes.filter(|(_, count)| *count > 0)) {
                self.put("firedrill_client_requests", run, &[client, ("outcome", outcome)], count as f64);
            }
            self.put("firedrill_client_retries", run, &[client], cell.retries as f64);
            let latency = recording.client_over(index, plan.warmup, plan.length).latency;
            for q in QUANTILES.into_iter().filter(|q| latency.count() >= samples_needed(*q)) {
                let value = latency.quantile(q).unwrap_or_default();
                self.put("firedrill_client_latency_seconds", run, &[client, ("quantile", &q.to_string())], value);
            }
        }
    }

    fn services(&mut self, account: &Account, run: &Labels) {
        for (index, series) in account.recording.services.iter().enumerate() {
            let service = ("service", series.name.as_str());
            let cell = account.recording.service_over(index, Time::ZERO, account.recording.plan.length);
            self.put("firedrill_service_completed", run, &[service], cell.completed as f64);
            self.put("firedrill_service_wasted", run, &[service], cell.wasted as f64);
        }
    }
}

impl Collector for Families {
    fn encode(&self, mut to: DescriptorEncoder) -> fmt::Result {
        for ((name, help, is_counter), samples) in NAMES.iter().zip(&self.0).filter(|(_, samples)| !samples.is_empty())
        {
            let kind = if *is_counter { MetricType::Counter } else { MetricType::Gauge };
            let mut family = to.encode_descriptor(name, help, None, kind)?;
            for (labels, value) in samples {
                let mut one = family.encode_family(labels)?;
                match is_counter {
                    true => one.encode_counter::<NoLabels, _, u64>(&(*value as u64), None)?,
                    false => one.encode_gauge(value)?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{account, written};
    use super::*;
    use crate::judge::judge;
    use crate::report::fixture;

    #[test]
    fn it_holds_the_figures_and_ends_as_it_must() {
        let mut recording = fixture::incident();
        recording.plan.variant = Some("a \"b\" \\".to_owned());
        let text = written(&FORMAT, &[account(&recording, &judge(&recording))]);
        assert!(text.ends_with("# EOF\n"), "{text}");
        let ok: u64 = recording.clients[0].cells.iter().map(|cell| cell.ok).sum();
        let labels = "{scenario=\"slow-cache\",variant=\"a \\\"b\\\" \\\\\",world=\"sim\",seed=\"7\"";
        let line = format!("firedrill_client_requests_total{labels},client=\"users\",outcome=\"ok\"}} {ok}\n");
        assert!(text.contains(&line), "{line} is not in\n{text}");
        assert!(text.contains("firedrill_run_exit_code") && text.contains("firedrill_expectation_held"), "{text}");
        let page = FORMAT.page();
        assert!(NAMES.iter().all(|(name, _, _)| page.contains(name)));
    }
}
