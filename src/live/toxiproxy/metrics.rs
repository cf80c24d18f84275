//! `/metrics` in OpenMetrics: Toxiproxy's byte counters by their names, and what it does not count: connections, what each toxic touched,
//! and how late bytes were made. Counters of proxies and toxics that are gone are kept, so that no sum ever falls; of a thousand and more
//! of them, those that went first are one.

use super::registry::Registry;
use crate::live::proxy::{Delays, FaultProxy, Key, NAMES_MAX, OTHERS, Tally, Traffic};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text as open_metrics};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry as Page;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;

/// What all proxies and toxics did that were there.
#[derive(Clone, Debug, Default)]
pub struct Past {
    proxies: BTreeMap<Route, Traffic>,
    toxics: BTreeMap<Toxic, Deeds>,
    /// What has gone by itself, in the order in which it went.
    routes_gone: VecDeque<Route>,
    toxics_gone: VecDeque<Toxic>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Route {
    proxy: String,
    listener: String,
    upstream: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Toxic {
    proxy: String,
    toxic: String,
}

#[derive(Clone, Debug, Default)]
struct Deeds {
    touched: u64,
    /// As in [`Delays`].
    bins: Vec<u64>,
    seconds: f64,
}

impl Past {
    /// Takes over the counters of a proxy that is about to go.
    pub fn retire(&mut self, name: &str, upstream: &str, proxy: &FaultProxy) {
        let (route, traffic) = traffic_of(name, upstream, proxy);
        let gone = Traffic { connections_open: 0, ..traffic };
        let others = Route { proxy: OTHERS.into(), listener: String::new(), upstream: String::new() };
        add_bounded(&mut self.proxies, &mut self.routes_gone, (route, &gone), others, Traffic::add);
        for (toxic, deeds) in deeds_of(name, proxy) {
            let others = Toxic { proxy: OTHERS.into(), toxic: OTHERS.into() };
            add_bounded(&mut self.toxics, &mut self.toxics_gone, (toxic, &deeds), others, Deeds::add);
        }
    }

    /// One that is there is shown by itself, however many there are.
    fn add(&mut self, name: &str, upstream: &str, proxy: &FaultProxy) {
        let (route, traffic) = traffic_of(name, upstream, proxy);
        self.proxies.entry(route).or_default().add(&traffic);
        for (toxic, deeds) in deeds_of(name, proxy) {
            self.toxics.entry(toxic).or_default().add(&deeds);
        }
    }
}

/// Adds to the sum of this key; where there are too many, the one that went first is added to the others.
fn add_bounded<K: Clone + Ord, V: Default>(
    sums: &mut BTreeMap<K, V>,
    gone: &mut VecDeque<K>,
    (key, value): (K, &V),
    others: K,
    add: fn(&mut V, &V),
) {
    if key != others && !sums.contains_key(&key) {
        gone.push_back(key.clone());
    }
    add(sums.entry(key).or_default(), value);
    if gone.len() > NAMES_MAX
        && let Some(first) = gone.pop_front().and_then(|key| sums.remove(&key))
    {
        add(sums.entry(others).or_default(), &first);
    }
}

fn traffic_of(name: &str, upstream: &str, proxy: &FaultProxy) -> (Route, Traffic) {
    let listener = proxy.address().to_string();
    (Route { proxy: name.to_owned(), listener, upstream: upstream.to_owned() }, proxy.traffic())
}

fn deeds_of(name: &str, proxy: &FaultProxy) -> Vec<(Toxic, Deeds)> {
    let named = proxy.tallies().into_iter().filter_map(|(key, tally)| match key {
        Key::Named(toxic) => Some((Toxic { proxy: name.to_owned(), toxic: toxic.to_string() }, tally)),
        Key::Fault(_) => None,
    });
    let deeds = |tally: &Tally| Deeds {
        touched: tally.evidence().touched,
        bins: tally.delays.bins(),
        seconds: tally.delays.seconds(),
    };
    named.map(|(toxic, tally)| (toxic, deeds(&tally))).collect()
}

impl Deeds {
    fn add(&mut self, other: &Deeds) {
        self.touched += other.touched;
        self.seconds += other.seconds;
        self.bins.resize(other.bins.len(), 0);
        self.bins.iter_mut().zip(&other.bins).for_each(|(sum, count)| *sum += count);
    }
}

/// The page as it stands now.
pub fn text(registry: &Registry) -> String {
    let state = registry.state();
    let mut sums = state.past.clone();
    for (name, entry) in &state.proxies {
        if let Some(proxy) = &entry.running {
            sums.add(name, &entry.upstream, proxy);
        }
    }
    drop(state);
    let mut page = Page::default();
    page.register_collector(Box::new(sums));
    let mut text = String::new();
    // Writing into memory does not fail.
    let _ = open_metrics::encode(&mut text, &page);
    text
}

type Count = fn(&Traffic) -> u64;
type ByDirection = fn(&Traffic) -> [u64; 2];

impl Collector for Past {
    fn encode(&self, mut to: DescriptorEncoder) -> fmt::Result {
        let bytes: [(&str, &str, ByDirection); 2] = [
            ("toxiproxy_proxy_received_bytes", "Bytes that came from the sender", |traffic| traffic.bytes_received),
            ("toxiproxy_proxy_sent_bytes", "Bytes that were passed on", |traffic| {
                [traffic.bytes_upstream, traffic.bytes_downstream]
            }),
        ];
        for (name, help, of) in bytes {
            self.bytes(&mut to, name, help, of)?;
        }
        self.connections(&mut to)?;
        self.touches(&mut to)?;
        self.delays(&mut to)
    }
}

impl Past {
    fn bytes(&self, to: &mut DescriptorEncoder, name: &str, help: &str, of: ByDirection) -> fmt::Result {
        let mut family = to.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (route, traffic) in &self.proxies {
            for (direction, bytes) in ["upstream", "downstream"].into_iter().zip(of(traffic)) {
                let labels = [
                    ("direction", direction),
                    ("listener", &route.listener),
                    ("proxy", &route.proxy),
                    ("upstream", &route.upstream),
                ];
                family.encode_family(&labels)?.encode_counter::<NoLabels, _, u64>(&bytes, None)?;
            }
        }
        Ok(())
    }

    fn connections(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let labels = |route: &'_ Route| {
            [("listener", route.listener.clone()), ("proxy", route.proxy.clone()), ("upstream", route.upstream.clone())]
        };
        let (accepted, failed) = ("firedrill_proxy_connections_accepted", "firedrill_proxy_dial_failures");
        let counters: [(&str, &str, Count); 2] = [
            (accepted, "Connections that clients opened", |traffic| traffic.connections_accepted),
            (failed, "Connections whose server could not be reached", |traffic| traffic.dial_failures),
        ];
        for (name, help, of) in counters {
            let mut family = to.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (route, traffic) in &self.proxies {
                family.encode_family(&labels(route))?.encode_counter::<NoLabels, _, u64>(&of(traffic), None)?;
            }
        }
        let (name, help) = ("firedrill_proxy_connections_open", "Connections that are open now");
        let mut family = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (route, traffic) in &self.proxies {
            family.encode_family(&labels(route))?.encode_gauge(&(traffic.connections_open as i64))?;
        }
        Ok(())
    }

    fn touches(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let help = "Chunks and connections that went differently because of a toxic";
        let mut family = to.encode_descriptor("firedrill_proxy_toxic_touches", help, None, MetricType::Counter)?;
        for (toxic, deeds) in &self.toxics {
            family.encode_family(&toxic.labels())?.encode_counter::<NoLabels, _, u64>(&deeds.touched, None)?;
        }
        Ok(())
    }

    fn delays(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let (name, help) = ("firedrill_proxy_added_delay_seconds", "How late a toxic made each chunk");
        let mut family = to.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (toxic, deeds) in &self.toxics {
            let bounds = Delays::BOUNDS_MS.iter().map(|ms| *ms as f64 / 1e3).chain([f64::MAX]);
            let buckets: Vec<(f64, u64)> = bounds.zip(deeds.bins.iter().copied()).collect();
            let count = deeds.bins.iter().sum();
            let labels = toxic.labels();
            family.encode_family(&labels)?.encode_histogram::<NoLabels>(deeds.seconds, count, &buckets, None)?;
        }
        Ok(())
    }
}

/// For exemplars, of which there are none.
type NoLabels = [(&'static str, &'static str); 0];

impl Toxic {
    fn labels(&self) -> [(&'static str, &str); 2] {
        [("proxy", &self.proxy), ("toxic", &self.toxic)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_gone_is_bounded_and_no_sum_falls() {
        let (mut sums, mut gone) = (BTreeMap::new(), VecDeque::new());
        let traffic = Traffic { connections_accepted: 1, ..Traffic::default() };
        for number in 0..3 * NAMES_MAX {
            let key = format!("proxy {}", number % (2 * NAMES_MAX));
            add_bounded(&mut sums, &mut gone, (key, &traffic), OTHERS.to_owned(), Traffic::add);
            assert!(sums.len() <= NAMES_MAX + 1 && gone.len() <= NAMES_MAX);
        }
        assert_eq!(sums.values().map(|sum| sum.connections_accepted).sum::<u64>(), 3 * NAMES_MAX as u64);
        assert!(sums[OTHERS].connections_accepted == 2 * NAMES_MAX as u64);
    }
}
