//! `/metrics` in OpenMetrics: Toxiproxy's byte counters by their names, and what it does not count: connections, what each toxic touched,
//! and how late bytes were made. Counters of proxies and toxics that are gone are kept, so that no sum ever falls.

use super::registry::Registry;
use crate::live::proxy::{Delays, FaultProxy, Key, Traffic};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text as open_metrics};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry as Page;
use std::collections::BTreeMap;
use std::fmt;

/// What all proxies and toxics did that were there.
#[derive(Clone, Debug, Default)]
pub struct Past {
    proxies: BTreeMap<Route, Traffic>,
    toxics: BTreeMap<Toxic, Deeds>,
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
        let gone = Traffic { connections_open: 0, ..proxy.traffic() };
        self.add(name, upstream, proxy, gone);
    }

    fn add(&mut self, name: &str, upstream: &str, proxy: &FaultProxy, traffic: Traffic) {
        let (name, listener) = (name.to_owned(), proxy.address().to_string());
        let route = Route { proxy: name.clone(), listener, upstream: upstream.to_owned() };
        self.proxies.entry(route).or_default().add(&traffic);
        for (key, tally) in proxy.tallies() {
            let Key::Named(toxic) = key else { continue };
            let deeds = self.toxics.entry(Toxic { proxy: name.clone(), toxic: toxic.to_string() }).or_default();
            deeds.touched += tally.evidence().touched;
            deeds.seconds += tally.delays.seconds();
            let bins = tally.delays.bins();
            deeds.bins.resize(bins.len(), 0);
            deeds.bins.iter_mut().zip(bins).for_each(|(sum, count)| *sum += count);
        }
    }
}

/// The page as it stands now.
pub fn text(registry: &Registry) -> String {
    let state = registry.state();
    let mut sums = state.past.clone();
    for (name, entry) in &state.proxies {
        if let Some(proxy) = &entry.running {
            sums.add(name, &entry.upstream, proxy, proxy.traffic());
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
