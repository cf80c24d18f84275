//! One proxy on a Toxiproxy server that somebody else runs. A thread of its own carries out what it is told, in order, and looks
//! afterwards whether the server says so too. The proxy is in the undo ledger before it is made, and is deleted by it.

use super::client::Api;
use super::shapes::{Attributes, Number};
use super::wishes::{self, Wish};
use crate::base::FaultId;
use crate::live::undo::entries::ToxiproxyProxy;
use crate::live::{Ledger, Trouble};
use crate::plan::{Effect, Toxic};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[derive(Debug)]
pub struct RemoteProxy {
    pub address: SocketAddr,
    orders: Option<Sender<Order>>,
    hand: Option<JoinHandle<()>>,
    confirmed: Arc<Mutex<BTreeMap<FaultId, u64>>>,
}

enum Order {
    Apply(FaultId, Effect),
    Heal(FaultId),
}

/// Told when the server does not do what it should.
pub type Complain = Box<dyn Fn(String) + Send>;

impl RemoteProxy {
    /// Makes a proxy in front of `upstream`, named after the run and the edge.
    pub fn create(
        api: Api,
        (edge, upstream): (&str, SocketAddr),
        ledger: &Ledger,
        complain: Complain,
    ) -> Result<RemoteProxy, Trouble> {
        let name = ToxiproxyProxy::name_for(ledger.run_id(), edge);
        let entry = ledger.record(ToxiproxyProxy { api: api.0, name: name.clone() })?;
        let listen = SocketAddr::new(api.0.ip(), 0);
        let body = format!(r#"{{"name":"{name}","listen":"{listen}","upstream":"{upstream}","enabled":true}}"#);
        let made = api.demand("POST", "/proxies", &body, 201).and_then(|answer| listens(&answer));
        let address = made.map_err(|why| {
            // It may have been made all the same. If it cannot be asked now, it stays in the ledger.
            ledger.undo(entry, Duration::ZERO);
            Trouble::Toxiproxy(why)
        })?;
        let (orders, inbox) = mpsc::channel();
        let confirmed = Arc::<Mutex<_>>::default();
        let worker = Worker { api, path: format!("/proxies/{name}"), active: Vec::new(), confirmed: confirmed.clone() };
        let hand = thread::Builder::new().name("toxiproxy".into()).spawn(move || worker.work(&inbox, &complain));
        let hand = hand.map_err(|source| Trouble::Machine { what: "start a thread", source })?;
        Ok(RemoteProxy { address, orders: Some(orders), hand: Some(hand), confirmed })
    }

    pub fn apply(&self, fault: FaultId, effect: &Effect) {
        self.order(Order::Apply(fault, effect.clone()));
    }

    pub fn heal(&self, fault: FaultId) {
        self.order(Order::Heal(fault));
    }

    /// The worker lives as long as this does.
    fn order(&self, order: Order) {
        let _ = self.orders.as_ref().map(|orders| orders.send(order));
    }

    /// How many toxics of this fault the server showed when it was asked for them.
    pub fn confirmed(&self, fault: FaultId) -> u64 {
        self.confirmed.lock().unwrap_or_else(PoisonError::into_inner).get(&fault).copied().unwrap_or(0)
    }
}

impl Drop for RemoteProxy {
    /// What was ordered is done first; the proxy itself goes with the ledger.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(hand) = self.hand.take() {
            let _ = hand.join();
        }
    }
}

struct Worker {
    api: Api,
    path: String,
    /// What each fault has put there: the names of its toxics, or none for a disabled proxy.
    active: Vec<(FaultId, Option<String>)>,
    confirmed: Arc<Mutex<BTreeMap<FaultId, u64>>>,
}

impl Worker {
    fn work(mut self, orders: &Receiver<Order>, complain: &Complain) {
        while let Ok(order) = orders.recv() {
            let done = match order {
                Order::Apply(fault, effect) => wishes::of(&effect).and_then(|wish| self.apply(fault, wish)),
                Order::Heal(fault) => self.heal(fault),
            };
            if let Err(why) = done {
                complain(why);
            }
        }
    }

    fn apply(&mut self, fault: FaultId, wish: Wish) -> Result<(), String> {
        match wish {
            Wish::Disable => {
                self.active.push((fault, None));
                self.enable(false)?;
                self.confirm(fault);
            }
            Wish::Toxics(toxics) => {
                for toxic in &toxics {
                    self.add(fault, toxic)?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, fault: FaultId, toxic: &Toxic) -> Result<(), String> {
        let stream = if toxic.upstream { "upstream" } else { "downstream" };
        let name = format!("fault{}-{}-{stream}", fault.0, toxic.kind.word());
        let body = serde_json::to_string(&body(&name, stream, toxic)).map_err(|error| error.to_string())?;
        let path = format!("{}/toxics", self.path);
        self.api.demand("POST", &path, &body, 200)?;
        self.active.push((fault, Some(name.clone())));
        let shown = self.api.demand("GET", &format!("{path}/{name}"), "", 200)?;
        let shown: Value = serde_json::from_str(&shown).map_err(|error| format!("{path}/{name}: {error}"))?;
        if shown["type"] != toxic.kind.word() || shown["stream"] != stream {
            return Err(format!("the Toxiproxy at {} shows another toxic than was added: {shown}", self.api.0));
        }
        self.confirm(fault);
        Ok(())
    }

    /// Takes away all that this fault put there; one that fails does not keep the others.
    fn heal(&mut self, fault: FaultId) -> Result<(), String> {
        let (gone, left): (Vec<_>, Vec<_>) = self.active.drain(..).partition(|(of, _)| *of == fault);
        self.active = left;
        let mut outcome = Ok(());
        for name in gone.iter().filter_map(|(_, name)| name.as_ref()) {
            let deleted = self.api.demand("DELETE", &format!("{}/toxics/{name}", self.path), "", 204);
            outcome = outcome.and(deleted.map(drop));
        }
        let refused = |all: &[(FaultId, Option<String>)]| all.iter().any(|(_, name)| name.is_none());
        if refused(&gone) && !refused(&self.active) {
            outcome = outcome.and(self.enable(true));
        }
        outcome
    }

    fn enable(&self, on: bool) -> Result<(), String> {
        // POST is what every version understands.
        let answer = self.api.demand("POST", &self.path, &format!(r#"{{"enabled":{on}}}"#), 200)?;
        let shown: Value = serde_json::from_str(&answer).map_err(|error| format!("{}: {error}", self.path))?;
        match shown["enabled"] == on {
            true => Ok(()),
            false => Err(format!("the Toxiproxy at {} did not change `enabled`: {shown}", self.api.0)),
        }
    }

    fn confirm(&self, fault: FaultId) {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner).entry(fault).or_default() += 1;
    }
}

#[derive(Serialize)]
struct Body<'a> {
    name: &'a str,
    r#type: &'static str,
    stream: &'a str,
    toxicity: Number,
    attributes: Attributes,
}

fn body<'a>(name: &'a str, stream: &'a str, toxic: &Toxic) -> Body<'a> {
    let names = toxic.kind.attributes().iter().map(|attribute| attribute.name);
    let attributes = Attributes(names.zip(toxic.values.iter().map(|value| Number(*value))).collect());
    Body { name, r#type: toxic.kind.word(), stream, toxicity: Number(toxic.which.share), attributes }
}

fn listens(answer: &str) -> Result<SocketAddr, String> {
    let shown: Value = serde_json::from_str(answer).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let listen = shown["listen"].as_str().unwrap_or_default();
    listen.parse().map_err(|_| format!("the Toxiproxy does not say where the new proxy listens: {answer}"))
}

#[cfg(test)]
#[path = "remote_tests.rs"]
mod tests;
