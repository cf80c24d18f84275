//! What the runner and its generators say to each other, one line of JSON at a time. No I/O.

use super::super::radius::Counts;
use crate::base::ServiceId;
use crate::engine::Share;
use crate::live::drivers::{Books, Peer};
use crate::plan::real::Protocol;
use crate::plan::{Party, Plan};
use crate::record::Recording;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How an edge is called.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Called {
    pub protocol: Protocol,
    pub peer: Peer,
}

/// What a generator is to play.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    pub plan: Plan,
    pub share: Share,
    /// By edge; `None` where it is not ours to call.
    pub calls: Vec<Option<Called>>,
    /// The marks of this run's writes at each server that keeps what it acknowledges.
    pub runs: BTreeMap<ServiceId, u32>,
}

/// From the runner, after the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    /// The run begins when the machine's monotonic clock shows this.
    Begin(Duration),
    /// It ends now.
    Stop,
}

/// What a generator wrote to each server that keeps what it acknowledges.
pub type Written = Vec<(ServiceId, Books)>;

/// From a generator.
#[derive(Debug, Serialize, Deserialize)]
pub enum Said {
    Ready,
    /// It cannot play; in plain words.
    Unable(String),
    /// About twice a second, where a limit asks for it.
    Seen(Counts),
    Played(Box<Recording>, Written),
}

impl Order {
    pub fn new(plan: &Plan, share: Share, calls: &[Option<Called>], runs: &BTreeMap<ServiceId, u32>) -> Order {
        let by_users = |edge: usize| matches!(plan.edges[edge].from, Party::Client(_));
        let calls = calls.iter().enumerate().map(|(edge, called)| called.clone().filter(|_| by_users(edge)));
        let calls = calls.map(|called| {
            called.map(|Called { protocol, peer }| Called {
                protocol,
                peer: Peer { is_of_another_process: true, ..peer },
            })
        });
        // The runner alone watches over the run.
        let plan = Plan { stop_if: Vec::new(), ..plan.clone() };
        Order { plan, share, calls: calls.collect(), runs: runs.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::EdgeId;
    use crate::live::drivers::Setup;
    use crate::plan::fixture;

    #[test]
    fn an_order_travels_as_one_line_and_names_only_the_users_calls() {
        let plan = fixture::chain(1.0, &[1.0, 1.0]);
        let setup = Setup {
            address: "127.0.0.1:1".parse().expect("an address"),
            name: "web".into(),
            account: Default::default(),
            keys: None,
            folder: None,
            tls: None,
            guest: None,
        };
        let peer = Peer {
            setup,
            edge: EdgeId(0),
            host: "web".into(),
            method: hyper::Method::POST,
            path: "/".into(),
            request_bytes: 1,
            response_bytes: 2,
            cache: None,
            keyed: false,
            acked: Default::default(),
            sessions: None,
            is_of_another_process: false,
        };
        let called = Called { protocol: Protocol::Http, peer };
        let order = Order::new(
            &plan,
            Share { turn: 1, of: 2 },
            &[Some(called.clone()), Some(called)],
            &[(ServiceId(1), 7)].into(),
        );
        let line = serde_json::to_string(&order).expect("plain data");
        assert!(!line.contains('\n'));
        let back: Order = serde_json::from_str(&line).expect("the same");
        assert_eq!((back.plan, back.share), (plan, order.share));
        let first = back.calls[0].as_ref().expect("the users' call");
        assert!(first.peer.is_of_another_process && first.peer.method == hyper::Method::POST);
        assert!(back.calls[1].is_none());
        assert_eq!(back.runs, order.runs);
    }
}
