//! HTTPChaos and DNSChaos: what is done to single messages.

use super::{Desk, Told, milliseconds};
use crate::base::{Dist, EdgeId, Which};
use crate::plan::real::Origin;
use crate::plan::spoil::{Answer, Does, Rcode, Spoil, Wanted};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

impl Desk<'_> {
    pub(super) fn messages(&self, edge: EdgeId, spoil: &Spoil) -> Told {
        if spoil.which != Which::ALL {
            return Err("Chaos Mesh does it to every message, and does not count or draw".to_owned());
        }
        match &spoil.of {
            Wanted::Http { method, path, header } => {
                let mut spec = self.http(edge)?;
                for (key, value) in [("method", method.clone()), ("path", path.as_ref().map(|path| path.0.clone()))] {
                    if let Some(value) = value {
                        spec[key] = value.into();
                    }
                }
                if let Some((name, value)) = header {
                    spec["request_headers"] = json!({name.as_str(): value.0});
                }
                does(&mut spec, spoil)?;
                Ok(vec![("HTTPChaos", spec)])
            }
            Wanted::Dns { name } => self.dns(edge, name.as_ref().map(|name| name.0.as_str()), spoil),
            _ => Err("Chaos Mesh reads HTTP and DNS, and no protocol of a database".to_owned()),
        }
    }

    pub(super) fn reset(&self, edge: EdgeId, chance: f64) -> Told {
        if chance < 1.0 {
            return Err("Chaos Mesh interrupts every connection or none".to_owned());
        }
        let mut spec = self.http(edge)?;
        spec["target"] = "Request".into();
        spec["abort"] = true.into();
        Ok(vec![("HTTPChaos", spec)])
    }

    /// At the called pods, by their port: whoever calls them is hit.
    fn http(&self, edge: EdgeId) -> Result<Value, String> {
        let to = self.plan.edge(edge).to;
        let real = self.plan.real.services.iter().find(|real| real.service == to);
        let port = real.and_then(|real| match &real.origin {
            Origin::Address(address) => address.rsplit_once(':')?.1.parse::<u16>().ok(),
            _ => None,
        });
        let port = port.ok_or_else(|| {
            format!("the port of `{}` is not known: say `address: host:port`", self.plan.service(to).name)
        })?;
        Ok(json!({"mode": "all", "selector": self.service(to)?, "port": port}))
    }

    fn dns(&self, edge: EdgeId, name: Option<&str>, spoil: &Spoil) -> Told {
        match &spoil.does {
            Does::Answer(Answer::Dns(Rcode::ServFail)) if spoil.late.is_none() => {
                let from = self.party(self.plan.edge(edge).from)?;
                let patterns: Vec<&str> = name.into_iter().collect();
                let spec = json!({"action": "error", "mode": "all", "selector": from, "patterns": patterns});
                Ok(vec![("DNSChaos", spec)])
            }
            _ => {
                Err("of names Chaos Mesh knows errors and random answers: only `answer: servfail` is an error"
                    .to_owned())
            }
        }
    }
}

fn does(spec: &mut Value, spoil: &Spoil) -> Result<(), String> {
    let late = match &spoil.late {
        None => None,
        Some(Dist::Constant(seconds)) => Some(milliseconds(*seconds)),
        Some(_) => return Err("Chaos Mesh holds messages for a constant time".to_owned()),
    };
    match (&spoil.does, late) {
        (Does::Hold, Some(late)) => {
            spec["target"] = "Request".into();
            spec["delay"] = late.into();
        }
        (Does::HoldAnswer, Some(late)) => {
            spec["target"] = "Response".into();
            spec["delay"] = late.into();
        }
        (Does::Reset, None) => {
            spec["target"] = "Request".into();
            spec["abort"] = true.into();
        }
        (Does::Replace { body }, None) => {
            spec["target"] = "Response".into();
            spec["replace"] = json!({"body": BASE64_STANDARD.encode(body)});
        }
        (Does::Answer(_), _) => {
            return Err("Chaos Mesh changes answers, and the server has seen the request by then".to_owned());
        }
        _ => return Err("Chaos Mesh delays, aborts or replaces, one of them".to_owned()),
    }
    Ok(())
}
