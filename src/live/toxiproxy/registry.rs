//! The proxies by name, and what each request does to them. Every change is made under one lock that is never held while a connection,
//! a dial or a name server is waited for. Knows nothing of HTTP but the statuses of refusals.

use super::answer::Refusal;
use super::listen;
use super::metrics::Past;
use super::shapes::{Empty, Object, ProxyShape, ToxicShape};
use super::toxics::Named;
use crate::live::proxy::{Direction, FaultProxy, Setup, Upstream};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub struct Registry {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub struct State {
    pub proxies: BTreeMap<String, Entry>,
    /// What proxies and toxics did that are gone.
    pub past: Past,
}

#[derive(Debug)]
pub struct Entry {
    pub listen: String,
    pub upstream: String,
    /// `None`: disabled.
    pub running: Option<FaultProxy>,
    /// In the order in which they were added.
    toxics: Vec<Named>,
}

/// A proxy as a request describes it.
struct Wanted {
    name: String,
    listen: String,
    upstream: String,
    enabled: bool,
    /// Where `listen` leads; not known for a proxy that is not to be started.
    address: Option<Result<SocketAddr, Refusal>>,
}

type Done<T> = Result<T, Refusal>;

impl Registry {
    pub fn new(seed: u64) -> Registry {
        Registry { seed, state: Mutex::default() }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn index(&self) -> BTreeMap<String, ProxyShape> {
        self.state().proxies.iter().map(|(name, entry)| (name.clone(), entry.shape(name))).collect()
    }

    pub fn show(&self, name: &str) -> Done<ProxyShape> {
        self.state().entry(name).map(|entry| entry.shape(name))
    }

    pub async fn create(&self, body: &Value) -> Done<ProxyShape> {
        let wanted = Wanted::read(body, "")?.resolved().await;
        let mut state = self.state();
        if state.proxies.contains_key(&wanted.name) {
            return Err(Refusal::new(409, "proxy already exists"));
        }
        self.install(&mut state, wanted)
    }

    /// Puts in the proxies of a list. Those that are as they should be stay untouched; the first that cannot be started ends it.
    pub async fn populate(&self, body: &Value) -> (Vec<ProxyShape>, Option<Refusal>) {
        let mut done = Vec::new();
        let wanted = match read_list(body) {
            Ok(wanted) => wanted,
            Err(refusal) => return (done, Some(refusal)),
        };
        for wanted in wanted {
            let wanted = wanted.resolved().await;
            let mut state = self.state();
            let same = state.proxies.get(&wanted.name).is_some_and(|entry| entry.is_like(&wanted));
            let shape = match same {
                true => state.entry(&wanted.name).map(|entry| entry.shape(&wanted.name)),
                false => {
                    state.remove(&wanted.name);
                    self.install(&mut state, wanted)
                }
            };
            match shape {
                Ok(shape) => done.push(shape),
                Err(refusal) => return (done, Some(refusal)),
            }
        }
        (done, None)
    }

    pub async fn update(&self, name: &str, body: &Value) -> Done<ProxyShape> {
        let now = self.show(name)?;
        let body = Object::read(body, "toxiproxy.Proxy")?;
        let listen = body.text("listen")?.unwrap_or(&now.listen).to_owned();
        let upstream = body.text("upstream")?.unwrap_or(&now.upstream).to_owned();
        let enabled = body.flag("enabled")?.unwrap_or(now.enabled);
        let wanted = Wanted { name: name.to_owned(), listen, upstream, enabled, address: None }.resolved().await;
        let mut state = self.state();
        let State { proxies, past } = &mut *state;
        let entry = proxies.get_mut(name).ok_or_else(no_proxy)?;
        if !entry.is_like(&wanted) {
            entry.stop(name, past);
            (entry.listen, entry.upstream) = (wanted.listen.clone(), wanted.upstream.clone());
        }
        match (wanted.enabled, entry.running.is_some()) {
            (true, false) => entry.start(name, self.seed, wanted.address)?,
            (false, true) => entry.stop(name, past),
            _ => {}
        }
        Ok(entry.shape(name))
    }

    pub fn delete(&self, name: &str) -> Done<()> {
        let mut state = self.state();
        state.entry(name)?;
        state.remove(name);
        Ok(())
    }

    /// Starts every proxy and takes away every toxic; the first that cannot be started ends it.
    pub async fn reset(&self) -> Done<()> {
        let names: Vec<String> = self.state().proxies.keys().cloned().collect();
        for name in names {
            let listen = self.state().proxies.get(&name).map(|entry| entry.listen.clone());
            let Some(listen) = listen else { continue };
            let address = listen::resolve(&listen).await;
            let mut state = self.state();
            let Some(entry) = state.proxies.get_mut(&name) else { continue };
            if entry.running.is_none() {
                entry.start(&name, self.seed, Some(address))?;
            }
            while let Some(toxic) = entry.toxics.pop() {
                entry.running.iter().for_each(|proxy| proxy.heal(toxic.key()));
            }
        }
        Ok(())
    }

    pub fn toxics(&self, proxy: &str) -> Done<Vec<ToxicShape>> {
        self.state().entry(proxy).map(Entry::toxics)
    }

    pub fn toxic(&self, proxy: &str, name: &str) -> Done<ToxicShape> {
        let mut state = self.state();
        let entry = state.entry(proxy)?;
        entry.position(name).map(|at| entry.toxics[at].shape())
    }

    pub fn add_toxic(&self, proxy: &str, body: &Value) -> Done<ToxicShape> {
        let mut state = self.state();
        let entry = state.entry(proxy)?;
        let toxic = Named::read(body, |name| entry.position(name).is_ok())?;
        let before = entry.toxics.iter().rev().find(|other| other.direction() == toxic.direction());
        if let Some(proxy) = &entry.running {
            proxy.apply(toxic.key(), &toxic.effect());
            // The end of the chain is started again when another is appended to it, and so it draws again.
            before.iter().for_each(|before| proxy.redraw(before.key()));
        }
        let shape = toxic.shape();
        entry.toxics.push(toxic);
        Ok(shape)
    }

    pub fn update_toxic(&self, proxy: &str, name: &str, body: &Value) -> Done<ToxicShape> {
        let mut state = self.state();
        let entry = state.entry(proxy)?;
        let at = entry.position(name)?;
        let toxic = entry.toxics[at].updated(body)?;
        entry.running.iter().for_each(|proxy| proxy.apply(toxic.key(), &toxic.effect()));
        let shape = toxic.shape();
        entry.toxics[at] = toxic;
        Ok(shape)
    }

    pub fn remove_toxic(&self, proxy: &str, name: &str) -> Done<()> {
        let mut state = self.state();
        let entry = state.entry(proxy)?;
        let at = entry.position(name)?;
        let toxic = entry.toxics.remove(at);
        entry.running.iter().for_each(|proxy| proxy.heal(toxic.key()));
        Ok(())
    }

    fn install(&self, state: &mut State, wanted: Wanted) -> Done<ProxyShape> {
        let mut entry = Entry { listen: wanted.listen, upstream: wanted.upstream, running: None, toxics: Vec::new() };
        if wanted.enabled {
            entry.start(&wanted.name, self.seed, wanted.address)?;
        }
        let shape = entry.shape(&wanted.name);
        state.proxies.insert(wanted.name, entry);
        Ok(shape)
    }
}

impl State {
    fn entry(&mut self, name: &str) -> Done<&mut Entry> {
        self.proxies.get_mut(name).ok_or_else(no_proxy)
    }

    fn remove(&mut self, name: &str) {
        if let Some(mut entry) = self.proxies.remove(name) {
            entry.stop(name, &mut self.past);
        }
    }
}

fn no_proxy() -> Refusal {
    Refusal::new(404, "proxy not found")
}

impl Entry {
    fn start(&mut self, name: &str, seed: u64, address: Option<Done<SocketAddr>>) -> Done<()> {
        let address = address.unwrap_or_else(|| Err(Refusal::new(500, "listen tcp: no address")))?;
        let effects = self.toxics.iter().map(|toxic| (toxic.key(), toxic.effect())).collect();
        let upstream = Upstream::from(self.upstream.as_str());
        let setup = Setup { effects, ..Setup::new(address, upstream, seed, name) };
        let proxy = FaultProxy::open(setup).map_err(|error| listen::refusal(address, &error))?;
        self.listen = proxy.address().to_string();
        self.running = Some(proxy);
        Ok(())
    }

    fn stop(&mut self, name: &str, past: &mut Past) {
        if let Some(proxy) = self.running.take() {
            past.retire(name, &self.upstream, &proxy);
        }
    }

    fn is_like(&self, wanted: &Wanted) -> bool {
        let same = wanted.listen == self.listen
            || matches!(&wanted.address, Some(Ok(address)) if address.to_string() == self.listen);
        same && wanted.upstream == self.upstream
    }

    fn position(&self, name: &str) -> Done<usize> {
        let at = self.toxics.iter().position(|toxic| toxic.name == name);
        at.ok_or_else(|| Refusal::new(404, "toxic not found"))
    }

    /// Those on the way to the server first.
    fn toxics(&mut self) -> Vec<ToxicShape> {
        self.shapes()
    }

    fn shapes(&self) -> Vec<ToxicShape> {
        let of = |direction| self.toxics.iter().filter(move |toxic| toxic.direction() == direction);
        of(Direction::Up).chain(of(Direction::Down)).map(Named::shape).collect()
    }

    fn shape(&self, name: &str) -> ProxyShape {
        ProxyShape {
            name: name.to_owned(),
            listen: self.listen.clone(),
            upstream: self.upstream.clone(),
            enabled: self.running.is_some(),
            logger: Empty {},
            toxics: self.shapes(),
        }
    }
}

fn read_list(body: &Value) -> Done<Vec<Wanted>> {
    match body {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => {
            let numbered = items.iter().enumerate();
            numbered.map(|(at, item)| Wanted::read(item, &format!(" at proxy {}", at + 1))).collect()
        }
        _ => Err(Refusal::bad_body("json: cannot unmarshal object into Go value of type []toxiproxy.Proxy")),
    }
}

impl Wanted {
    fn read(body: &Value, place: &str) -> Done<Wanted> {
        let body = Object::read(body, "toxiproxy.Proxy")?;
        let text = |key| Ok::<String, Refusal>(body.text(key)?.unwrap_or_default().to_owned());
        let (name, listen, upstream) = (text("name")?, text("listen")?, text("upstream")?);
        let enabled = body.flag("enabled")?.unwrap_or(true);
        for (key, value) in [("name", &name), ("upstream", &upstream)] {
            if value.is_empty() {
                return Err(Refusal::missing(&format!("{key}{place}")));
            }
        }
        Ok(Wanted { name, listen, upstream, enabled, address: None })
    }

    async fn resolved(self) -> Wanted {
        let address = Some(listen::resolve(&self.listen).await);
        Wanted { address, ..self }
    }
}
