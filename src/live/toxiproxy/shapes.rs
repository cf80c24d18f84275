//! Bodies of requests as Go reads them: the first JSON value counts, unknown keys are ignored, keys are found in any case, `null` is as if
//! absent, and a value of the wrong type is told in Go's words. Also the shapes of answers, key by key in Go's order.

use super::answer::Refusal;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The first value of a body.
pub fn first_value(body: &[u8]) -> Result<Value, Refusal> {
    match serde_json::Deserializer::from_slice(body).into_iter::<Value>().next() {
        None => Err(Refusal::bad_body("EOF")),
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) if error.is_eof() => Err(Refusal::bad_body("unexpected EOF")),
        Some(Err(error)) => Err(Refusal::bad_body(error)),
    }
}

/// An object of a request, and what Go calls its type.
pub struct Object<'a> {
    of: &'static str,
    map: Option<&'a Map<String, Value>>,
}

impl<'a> Object<'a> {
    pub fn read(value: &'a Value, of: &'static str) -> Result<Object<'a>, Refusal> {
        match value {
            Value::Object(map) => Ok(Object { of, map: Some(map) }),
            Value::Null => Ok(Object { of, map: None }),
            other => {
                Err(Refusal::bad_body(format!("json: cannot unmarshal {} into Go value of type {of}", word(other))))
            }
        }
    }

    /// The value of this key: an exact one before one in another case; `None` if it is absent or `null`.
    fn get(&self, key: &str) -> Option<&'a Value> {
        let map = self.map?;
        let loose = || map.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value);
        map.get(key).or_else(loose).filter(|value| !value.is_null())
    }

    pub fn text(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        self.get(key).map(|value| value.as_str().ok_or_else(|| self.mistake(key, value, "string"))).transpose()
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>, Refusal> {
        self.get(key).map(|value| value.as_bool().ok_or_else(|| self.mistake(key, value, "bool"))).transpose()
    }

    pub fn number(&self, key: &str) -> Result<Option<f64>, Refusal> {
        self.get(key).map(|value| value.as_f64().ok_or_else(|| self.mistake(key, value, "float32"))).transpose()
    }

    pub fn whole(&self, key: &str) -> Result<Option<i64>, Refusal> {
        self.get(key).map(|value| value.as_i64().ok_or_else(|| self.mistake(key, value, "int64"))).transpose()
    }

    pub fn object(&self, key: &str, of: &'static str) -> Result<Object<'a>, Refusal> {
        match self.get(key) {
            Some(value) => Object::read(value, of),
            None => Ok(Object { of, map: None }),
        }
    }

    fn mistake(&self, key: &str, value: &Value, wanted: &str) -> Refusal {
        let shown = if value.is_number() { format!("number {value}") } else { word(value).to_owned() };
        let of = self.of.rsplit('.').next().unwrap_or(self.of);
        Refusal::bad_body(format!("json: cannot unmarshal {shown} into Go struct field {of}.{key} of type {wanted}"))
    }
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct ProxyShape {
    pub name: String,
    pub listen: String,
    pub upstream: String,
    pub enabled: bool,
    /// A leftover of the original that clients have learned to expect.
    #[serde(rename = "Logger")]
    pub logger: Empty,
    pub toxics: Vec<ToxicShape>,
}

/// `{}`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Empty {}

#[derive(Clone, Debug, Serialize)]
pub struct ToxicShape {
    pub attributes: Attributes,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub stream: String,
    pub toxicity: Number,
}

/// Numbers by name, in the order in which they stand here.
#[derive(Clone, Debug)]
pub struct Attributes(pub Vec<(&'static str, Number)>);

/// A number as Go prints it: without a fraction if it is whole, and otherwise with as many digits as a `float32` needs.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.fract() == 0.0 {
            true => serializer.serialize_i64(self.0 as i64),
            false => serializer.serialize_f32(self.0 as f32),
        }
    }
}

/// The answer to `/populate`: the proxies, or why not all of them.
#[derive(Debug, Serialize)]
pub struct Populated {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `null` when there are none.
    pub proxies: Option<Vec<ProxyShape>>,
}
