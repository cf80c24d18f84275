//! What stands between the two ends of an edge: our own fault proxy, or a proxy on a Toxiproxy server that the scenario names. Both take
//! the same orders; what only one can do was refused before the run.

use super::drive::{Ending, Inbox, Input};
use crate::base::FaultId;
use crate::live::proxy::{Evidence, FaultProxy, Traffic};
use crate::live::toxiproxy::{Api, RemoteProxy};
use crate::live::{Ledger, Trouble, resolve};
use crate::plan::{Effect, Plan};
use std::net::{SocketAddr, ToSocketAddrs};

/// The Toxiproxy that the scenario names, if it names one.
pub fn api_of(plan: &Plan) -> Option<Result<Api, Trouble>> {
    let named = plan.real.toxiproxy.as_ref()?;
    let found: Vec<SocketAddr> = named.to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    let found = resolve::answering(&found);
    Some(found.map(Api).ok_or_else(|| Trouble::Toxiproxy(format!("`{named}` is not an address that can be reached"))))
}

/// A proxy on it in front of one end of an edge. A server that does not do what it is told ends the run.
pub fn remote(
    api: Api,
    (edge, upstream): (&str, SocketAddr),
    ledger: &Ledger,
    inbox: &Inbox,
) -> Result<Between, Trouble> {
    let inbox = inbox.clone();
    let complain = move |why: String| {
        inbox.tell(Input::Warn(why.clone()));
        inbox.tell(Input::End(Ending::Trouble(why)));
    };
    RemoteProxy::create(api, (edge, upstream), ledger, Box::new(complain)).map(Between::Toxiproxy)
}

pub enum Between {
    Own(FaultProxy),
    Toxiproxy(RemoteProxy),
}

impl Between {
    /// Where callers connect.
    pub fn address(&self) -> SocketAddr {
        match self {
            Between::Own(proxy) => proxy.address(),
            Between::Toxiproxy(proxy) => proxy.address,
        }
    }

    pub fn apply(&self, fault: FaultId, effect: &Effect) {
        match self {
            Between::Own(proxy) => proxy.apply(fault, effect),
            Between::Toxiproxy(proxy) => proxy.apply(fault, effect),
        }
    }

    pub fn heal(&self, fault: FaultId) {
        match self {
            Between::Own(proxy) => proxy.heal(fault),
            Between::Toxiproxy(proxy) => proxy.heal(fault),
        }
    }

    /// A Toxiproxy tells nobody what its toxics touched: what counts is that it showed them when it was asked.
    pub fn evidence(&self, fault: FaultId) -> Evidence {
        match self {
            Between::Own(proxy) => proxy.evidence(fault),
            Between::Toxiproxy(proxy) => {
                let touched = proxy.confirmed(fault);
                let details = (touched > 0).then_some(("toxics confirmed by the Toxiproxy", touched));
                Evidence { touched, details: details.into_iter().collect() }
            }
        }
    }

    /// A Toxiproxy does not count connections.
    pub fn traffic(&self) -> Traffic {
        match self {
            Between::Own(proxy) => proxy.traffic(),
            Between::Toxiproxy(_) => Traffic::default(),
        }
    }

    pub async fn stop(self) {
        match self {
            Between::Own(proxy) => proxy.stop().await,
            // Its last orders are carried out; the ledger deletes it.
            Between::Toxiproxy(proxy) => drop(tokio::task::spawn_blocking(move || drop(proxy)).await),
        }
    }
}
