//! Sets the stage: stand-ins listening, processes ready, proxies in front of the edges that need one, caches filled. What fails midway
//! takes everything with it that was set up so far.

use super::between::{self, Between};
use super::control::Controller;
use super::drive::Inbox;
use super::generators::Called;
use super::held::Body;
use super::needs;
use super::readback::Book;
use super::target;
use super::wire::{Line, LiveWire, Place};
use crate::base::{EdgeId, FaultId, ServiceId, Span};
use crate::engine::Share;
use crate::live::certificates::Authority;
use crate::live::drivers::{self, Acked, Cache, Guest, Peer, Preload, Sessions, Setup, Trust};
use crate::live::engines;
use crate::live::foreign::Foreign;
use crate::live::http1::{Servers, Watch};
use crate::live::net::Room;
use crate::live::process::{papers, ready};
use crate::live::proxy::{self, FaultProxy};
use crate::live::{Ledger, RealProcess, Trouble, undo};
use crate::plan::real::{self, Origin, Protocol};
use crate::plan::{Effect, Party, Plan, RealService, Role};
use hyper::Method;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

pub struct Stage {
    pub wire: LiveWire,
    pub controller: Controller,
    /// How each edge is called, for other processes that do so as well.
    pub calls: Vec<Option<Called>>,
    /// What listens on our behalf, to be looked for after the end.
    pub listeners: Vec<SocketAddr>,
    /// What the real servers are asked for after the last fault.
    pub books: Vec<Book>,
}

/// Stands for the edge's own latency among the faults of a proxy; no fault of a plan has this number.
const LATENCY: FaultId = FaultId(u32::MAX);
/// Descriptors kept free for logs, pipes and listeners.
const DESCRIPTORS_KEPT: u64 = 256;
pub(super) const FLIGHTS_MAX: u64 = 16_384;
/// Keys written into a Redis that is not ours vanish by themselves this long after the run.
const AFTERGLOW: Span = Span::from_secs(60);

struct Builder<'a> {
    /// Of the certificates of this run, if there are any.
    authority: Option<Arc<Authority>>,
    plan: &'a Arc<Plan>,
    addresses: BTreeMap<ServiceId, SocketAddr>,
    /// By edge.
    proxies: BTreeMap<usize, Between>,
    /// Where callers with a network of their own reach this machine.
    gateways: Vec<(Party, Ipv4Addr)>,
    ledger: Option<&'a Ledger>,
    inbox: &'a Inbox,
    acked: BTreeMap<ServiceId, Arc<Acked>>,
    calls: Vec<Option<Called>>,
}

pub async fn build(
    plan: &Arc<Plan>,
    share: Share,
    reached: &BTreeMap<ServiceId, SocketAddr>,
    ledger: Option<&Ledger>,
    inbox: &Inbox,
    watch: Watch,
) -> Result<Stage, Trouble> {
    let (addresses, acked) = (reached.clone(), books(plan, share));
    let (proxies, gateways, calls) = Default::default();
    let authority = authority(plan)?;
    let mut builder = Builder { authority, plan, addresses, proxies, gateways, ledger, inbox, acked, calls };
    builder.reach().await?;
    let mut servers = Servers::new(watch.clone(), plan.clone());
    let stand_ins = builder.listen(&mut servers)?;
    let mut processes = Vec::new();
    for service in target::in_order(plan) {
        let Some(ledger) = ledger else { continue };
        processes.push((service.service, builder.start(service, &ledger.with_own_times()).await?));
    }
    for edge in 0..plan.edges.len() {
        builder.proxy(EdgeId::from(edge)).await?;
    }
    builder.prepare().await?;
    let lines = (0..plan.edges.len()).map(|edge| builder.line(EdgeId::from(edge))).collect::<Result<Vec<_>, _>>()?;
    let proxies = lines.iter().filter_map(|line: &Line| Some(line.proxy.as_ref()?.address()));
    let listeners = stand_ins.into_iter().chain(proxies).collect();
    let books = builder.books(&processes);
    let started = processes.into_iter().map(|(id, process)| (id, Body::Started(Box::new(process))));
    let held = started.chain(builder.foreign()?).collect();
    let (controller, commands) =
        Controller::start(plan, held, inbox).map_err(|source| Trouble::Machine { what: "start a thread", source })?;
    let wire = LiveWire::new(
        plan.clone(),
        (lines, servers, watch),
        Place::Here(commands),
        inbox.clone(),
        flights_max(Callers::Beside),
    );
    Ok(Stage { wire, controller, calls: builder.calls, listeners, books })
}

impl Builder<'_> {
    /// What runs already must answer now: a run against nobody would only show that nobody was there.
    async fn reach(&self) -> Result<(), Trouble> {
        for real in &self.plan.real.services {
            let (Origin::Address(_), Some(address)) = (&real.origin, self.addresses.get(&real.service)) else {
                continue;
            };
            let asked = ready::try_once(real, self.setup(real, *address), real.ready_within.to_std()).await;
            asked.map_err(|why| self.unreachable(real.service, why))?;
        }
        Ok(())
    }

    fn listen(&mut self, servers: &mut Servers) -> Result<Vec<SocketAddr>, Trouble> {
        let mut stand_ins = Vec::new();
        for id in (0..self.plan.services.len()).map(ServiceId::from) {
            if target::real(self.plan, id).is_none() {
                let address = servers.listen(id).map_err(Trouble::NoFreePort)?;
                self.addresses.insert(id, address);
                stand_ins.push(address);
            }
        }
        Ok(stand_ins)
    }

    /// Starts a process, told where the services are that it calls.
    async fn start(&mut self, service: &RealService, ledger: &Ledger) -> Result<RealProcess, Trouble> {
        let mut service = engines::resolved(self.plan, service);
        let (name, needs) = (&self.plan.service(service.service).name, needs::of(self.plan, service.service));
        let room = needs.network.then(|| Room::create(name, ledger)).transpose()?;
        self.gateways.extend(room.as_ref().map(|room| (Party::Service(service.service), room.gateway())));
        let edges = target::edges_from(self.plan, service.service);
        for edge in edges {
            let to = self.plan.edge(edge).to;
            let Some(direct) = self.addresses.get(&to).copied() else { continue };
            let address = self.proxy(edge).await?.unwrap_or(direct);
            target::fill_in(&mut service, &self.plan.service(to).name, address);
        }
        let authority = self.authority.as_deref();
        let process = RealProcess::start_in(room, &service, name, &needs, authority, ledger).await?;
        self.addresses.insert(service.service, process.address());
        Ok(process)
    }

    /// What runs already and may be hit.
    fn foreign(&self) -> Result<Vec<(ServiceId, Body)>, Trouble> {
        let named = self.plan.real.services.iter().filter_map(|real| Some((real.service, real.foreign.as_ref()?)));
        let Some(ledger) = self.ledger else { return Ok(Vec::new()) };
        let take = |(id, foreign): (ServiceId, &real::Foreign)| {
            let (name, needs) = (&self.plan.service(id).name, needs::of(self.plan, id));
            Ok((id, Body::Foreign(Box::new(Foreign::take(name, &foreign.which, &needs, &ledger.with_own_times())?))))
        };
        named.map(take).collect()
    }

    /// Where the callers of an edge connect, if they do so through a proxy.
    async fn proxy(&mut self, edge: EdgeId) -> Result<Option<SocketAddr>, Trouble> {
        if let Some(proxy) = self.proxies.get(&edge.index()) {
            return Ok(Some(proxy.address()));
        }
        if !target::needs_proxy(self.plan, edge) {
            return Ok(None);
        }
        let of = self.plan.edge(edge);
        let upstream = self.addresses[&of.to];
        let proxy = match (between::api_of(self.plan), self.ledger) {
            (Some(api), Some(ledger)) => between::remote(api?, (&of.name, upstream), ledger, self.inbox)?,
            _ => {
                let gateway = self.gateways.iter().find(|(party, _)| *party == of.from).map(|(_, address)| *address);
                let any = (gateway.unwrap_or(Ipv4Addr::LOCALHOST), 0).into();
                let mut setup = proxy::Setup::new(any, upstream.into(), self.plan.seed, &of.name);
                setup.protocol = target::speech(self.plan, edge).and_then(proxy::protocol);
                setup.authority = self.authority.clone().filter(|_| target::has_made_certificate(self.plan, of.to));
                setup.datagrams = target::real(self.plan, of.to).is_some_and(|real| real.protocol == Protocol::Dns);
                Between::Own(FaultProxy::open(setup).map_err(Trouble::NoFreePort)?)
            }
        };
        if target::has_latency(self.plan, edge) {
            for upstream in [true, false] {
                proxy.apply(LATENCY, &Effect::Delay { by: of.latency.clone(), upstream });
            }
        }
        let address = proxy.address();
        self.proxies.insert(edge.index(), proxy);
        Ok(Some(address))
    }

    fn line(&mut self, edge: EdgeId) -> Result<Line, Trouble> {
        let proxy = self.proxies.remove(&edge.index());
        let of = self.plan.edge(edge);
        if let Party::Service(from) = of.from
            && target::real(self.plan, from).is_some()
        {
            self.calls.push(None);
            return Ok(Line::new(drivers::Edge::nobody(), proxy));
        }
        let address = proxy.as_ref().map_or(self.addresses[&of.to], Between::address);
        let real = target::real(self.plan, of.to);
        let protocol = real.map_or(Protocol::Http, |real| real.protocol);
        let peer = self.peer(edge, address, real);
        self.calls.push(Some(Called { protocol, peer: peer.clone() }));
        let driver = drivers::Edge::open(protocol, peer);
        Ok(Line::new(driver.map_err(|why| self.unreachable(of.to, why))?, proxy))
    }

    fn peer(&self, edge: EdgeId, address: SocketAddr, real: Option<&RealService>) -> Peer {
        let of = self.plan.edge(edge);
        let (method, path) = match of.from {
            Party::Client(client) => {
                let send = &self.plan.client(client).send;
                (Method::from_bytes(send.method.as_bytes()).unwrap_or(Method::GET), send.path.as_str())
            }
            Party::Service(_) => (Method::GET, "/"),
        };
        // A stand-in is sent the whole request body, whatever the method would be.
        let http = real.is_some_and(|real| matches!(real.protocol, Protocol::Http | Protocol::Http2));
        let bodiless = http && matches!(method, Method::GET | Method::HEAD | Method::DELETE);
        let host = match real.map(|real| &real.origin) {
            Some(Origin::Address(host)) => host.clone(),
            _ => address.to_string(),
        };
        let role = &self.plan.service(of.to).role;
        let cache = match role {
            Role::Cache(spec) => Some(Cache { ttl: spec.ttl }),
            _ => None,
        };
        let name = self.plan.service(of.to).name.clone();
        let setup = match real {
            Some(real) => self.setup(real, address),
            None => {
                Setup { address, name, account: Default::default(), keys: None, folder: None, tls: None, guest: None }
            }
        };
        let sessions = of.tls.as_ref().and_then(|tls| Sessions::of(tls, self.plan.seed, &of.name));
        let request_bytes = if bodiless { 0 } else { of.request_bytes };
        let (path, response_bytes) = (path.to_owned(), of.response_bytes);
        let acked = self.acked.get(&of.to).cloned().unwrap_or_default();
        let keyed = !matches!(role, Role::Plain);
        let is_of_another_process = false;
        Peer {
            setup,
            edge,
            host,
            method,
            path,
            request_bytes,
            response_bytes,
            cache,
            keyed,
            acked,
            sessions,
            is_of_another_process,
        }
    }

    fn setup(&self, real: &RealService, address: SocketAddr) -> Setup {
        let name = self.plan.service(real.service).name.clone();
        let (account, tls, guest) = (real.account.clone(), self.trust(real), self.guest(real));
        Setup { address, name, account, keys: None, folder: None, tls, guest }
    }

    fn guest(&self, real: &RealService) -> Option<Guest> {
        let ledger = self.ledger.filter(|_| !target::is_started(real))?;
        let stays = self.plan.length.since(crate::base::Time::ZERO) + AFTERGLOW;
        Some(Guest { run: ledger.run_id().to_owned(), stays })
    }

    fn trust(&self, real: &RealService) -> Option<Trust> {
        let made = || self.authority.as_ref().map(|authority| authority.pem());
        real.tls.then(|| match &real.origin {
            Origin::Address(address) => Trust { name: target::host(address).to_owned(), authorities: real.ca.clone() },
            _ => papers::trust(real.ca.clone().or_else(made).unwrap_or_default()),
        })
    }

    /// Makes what calls need there, and fills the real caches that are to be warm, before the clock starts.
    async fn prepare(&self) -> Result<(), Trouble> {
        for real in &self.plan.real.services {
            let Some(prepare) = drivers::kind(real.protocol).prepare else { continue };
            let setup = Setup { keys: self.keys(real), ..self.setup(real, self.addresses[&real.service]) };
            if let Some(ledger) = self.ledger.filter(|_| drivers::kind(real.protocol).clear.is_some())
                && setup.guest.is_some()
            {
                ledger.record(undo::entries::Guest { protocol: real.protocol, setup: setup.clone() })?;
            }
            prepare(setup).await.map_err(|why| self.unreachable(real.service, why))?;
        }
        Ok(())
    }

    /// What is there before the run: of a cache what the model says, of anything else every key that somebody may ask for.
    fn keys(&self, real: &RealService) -> Option<Preload> {
        let into = self.plan.edges.iter().filter(|edge| edge.to == real.service);
        let value_bytes = into.map(|edge| edge.response_bytes).max().unwrap_or(0);
        let (entries, ttl) = match &self.plan.service(real.service).role {
            Role::Cache(spec) if !spec.warm => return None,
            Role::Cache(spec) => (spec.entries.min(spec.keys), spec.ttl),
            Role::Plain => return None,
            _ => (self.plan.clients.iter().filter_map(|client| Some(client.keys.as_ref()?.count)).max()?, None),
        };
        Some(Preload { entries, ttl, value_bytes })
    }

    fn books(&self, processes: &[(ServiceId, RealProcess)]) -> Vec<Book> {
        let book = |real: &RealService| {
            let acked = self.acked.get(&real.service)?.clone();
            let ours = processes.iter().find(|(id, _)| *id == real.service);
            let reached = || self.setup(real, self.addresses[&real.service]);
            let setup = ours.map_or_else(reached, |(_, process)| process.setup());
            Some(Book { service: real.service, protocol: real.protocol, setup, acked })
        };
        self.plan.real.services.iter().filter_map(book).collect()
    }

    fn unreachable(&self, service: ServiceId, why: String) -> Trouble {
        Trouble::Unreachable {
            service: self.plan.service(service).name.clone(),
            address: self.addresses.get(&service).map(SocketAddr::to_string).unwrap_or_default(),
            why,
        }
    }
}

/// One set of books for each server that keeps what it acknowledges.
fn books(plan: &Plan, share: Share) -> BTreeMap<ServiceId, Arc<Acked>> {
    let keeps = plan.real.services.iter().filter(|real| real.protocol.keeps_writes());
    let run = Acked::default().run();
    keeps.map(|real| (real.service, Arc::new(Acked::of_run(run, share)))).collect()
}

/// One for the whole run, so that a process that calls several services needs to trust one only.
fn authority(plan: &Plan) -> Result<Option<Arc<Authority>>, Trouble> {
    let is_needed = plan.real.services.iter().any(|real| target::has_made_certificate(plan, real.service));
    let made = is_needed.then(Authority::new).transpose();
    Ok(made.map_err(|source| Trouble::Machine { what: "make certificates", source })?.map(Arc::new))
}

/// Who is in this process beside the callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Stand-ins and proxies: an attempt can take a descriptor at its caller, one at the stand-in, and two at a proxy.
    Beside,
    /// Nobody.
    Only,
}

/// How many attempts may be under way, by their descriptors.
pub fn flights_max(callers: Callers) -> usize {
    let each = match callers {
        Callers::Beside => 4,
        Callers::Only => 1,
    };
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1024, 1024));
    // Raising the soft limit to the hard one is always allowed; otherwise there is only less room.
    let limit = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    (limit.saturating_sub(DESCRIPTORS_KEPT) / each).clamp(64, FLIGHTS_MAX) as usize
}
