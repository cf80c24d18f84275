//! From method and path to what the registry does, and its answer. Routes are those of Toxiproxy; nothing else is served.

use super::answer::{Answer, Kind, Refusal};
use super::metrics;
use super::registry::Registry;
use super::shapes::{Populated, first_value};
use hyper::Method;

/// The Toxiproxy whose API this is.
const VERSION: &str = "{\"version\": \"2.12.0\"}\n";

/// One of the places that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    Version,
    Metrics,
    Proxies,
    Populate,
    Reset,
    Proxy(String),
    Toxics(String),
    Toxic(String, String),
}

impl Route {
    pub fn of(path: &str, has_metrics: bool) -> Option<Route> {
        let parts: Vec<String> = path.strip_prefix('/')?.split('/').map(decoded).collect::<Option<_>>()?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Some(match parts[..] {
            ["version"] => Route::Version,
            ["metrics"] if has_metrics => Route::Metrics,
            ["proxies"] => Route::Proxies,
            ["populate"] => Route::Populate,
            ["reset"] => Route::Reset,
            ["proxies", proxy] if !proxy.is_empty() => Route::Proxy(proxy.into()),
            ["proxies", proxy, "toxics"] if !proxy.is_empty() => Route::Toxics(proxy.into()),
            ["proxies", proxy, "toxics", toxic] if !proxy.is_empty() && !toxic.is_empty() => {
                Route::Toxic(proxy.into(), toxic.into())
            }
            _ => return None,
        })
    }

    pub fn allows(&self, method: &Method) -> bool {
        let methods: &[Method] = match self {
            Route::Metrics => return true,
            Route::Version => &[Method::GET],
            Route::Populate | Route::Reset => &[Method::POST],
            Route::Proxies | Route::Toxics(_) => &[Method::GET, Method::POST],
            Route::Proxy(_) | Route::Toxic(..) => &[Method::GET, Method::POST, Method::PATCH, Method::DELETE],
        };
        methods.contains(method)
    }
}

/// Percent-decoding of one part of a path.
fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || (rest.next()? as char).to_digit(16);
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(bytes).ok()
}

/// Does what the request asks for.
pub async fn answer(registry: &Registry, route: &Route, method: &Method, body: &[u8]) -> Answer {
    acted(registry, route, method, body).await.unwrap_or_else(Answer::from)
}

async fn acted(registry: &Registry, route: &Route, method: &Method, body: &[u8]) -> Result<Answer, Refusal> {
    let (reads, deletes) = (*method == Method::GET, *method == Method::DELETE);
    Ok(match route {
        Route::Version => Answer { status: 200, kind: Kind::Version, body: VERSION.to_owned() },
        Route::Metrics => Answer { status: 200, kind: Kind::Metrics, body: metrics::text(registry) },
        Route::Proxies if reads => Answer::json(200, &registry.index()),
        Route::Proxies => Answer::json(201, &registry.create(&first_value(body)?).await?),
        Route::Populate => populate(registry, body).await,
        Route::Reset => registry.reset().await.map(|()| Answer::empty(204))?,
        Route::Proxy(name) if reads => Answer::json(200, &registry.show(name)?),
        Route::Proxy(name) if deletes => registry.delete(name).map(|()| Answer::empty(204))?,
        Route::Proxy(name) => {
            registry.show(name)?;
            Answer::json(200, &registry.update(name, &first_value(body)?).await?)
        }
        Route::Toxics(proxy) if reads => Answer::json(200, &registry.toxics(proxy)?),
        Route::Toxics(proxy) => {
            registry.show(proxy)?;
            Answer::json(200, &registry.add_toxic(proxy, &first_value(body)?)?)
        }
        Route::Toxic(proxy, name) if reads => Answer::json(200, &registry.toxic(proxy, name)?),
        Route::Toxic(proxy, name) if deletes => registry.remove_toxic(proxy, name).map(|()| Answer::empty(204))?,
        Route::Toxic(proxy, name) => {
            registry.toxic(proxy, name)?;
            Answer::json(200, &registry.update_toxic(proxy, name, &first_value(body)?)?)
        }
    })
}

/// Unlike other errors these are sent as what they are.
async fn populate(registry: &Registry, body: &[u8]) -> Answer {
    let (done, refusal) = match first_value(body) {
        Ok(value) => registry.populate(&value).await,
        Err(refusal) => (Vec::new(), Some(refusal)),
    };
    let status = refusal.as_ref().map_or(201, |refusal| refusal.status);
    let proxies = (!done.is_empty()).then_some(done);
    let (error, code) = refusal.map(|refusal| (refusal.message, refusal.status)).unzip();
    Answer::json(status, &Populated { error, status: code, proxies })
}
