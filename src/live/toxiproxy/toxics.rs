//! Toxics as the API names and shows them: reading one from a request, changing it, writing it. What a toxic does is not known here.

use super::answer::Refusal;
use super::shapes::{Attributes, Number, Object, ToxicShape};
use crate::base::Which;
use crate::live::proxy::{Direction, Key};
use crate::plan::toxic::ToxicKind;
use crate::plan::{Effect, Toxic};
use serde_json::Value;

/// A toxic of a proxy.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    /// In the words of whoever added it: `UPSTREAM` stays.
    stream: String,
    toxic: Toxic,
}

impl Named {
    /// Reads a new one; `taken` says whether a name is in use.
    pub fn read(value: &Value, taken: impl Fn(&str) -> bool) -> Result<Named, Refusal> {
        let body = Object::read(value, "toxics.ToxicWrapper")?;
        let (name, kind) = (body.text("name")?.unwrap_or_default(), body.text("type")?.unwrap_or_default());
        let toxicity = body.number("toxicity")?;
        let stream = match body.text("stream")? {
            Some(stream) => stream,
            None => body.text("direction")?.unwrap_or("downstream"),
        };
        let upstream = is_upstream(stream)?;
        let name = if name.is_empty() { format!("{kind}_{stream}") } else { name.to_owned() };
        let Some(kind) = ToxicKind::named(kind) else { return Err(Refusal::new(400, "invalid toxic type")) };
        if taken(&name) {
            return Err(Refusal::new(409, "toxic already exists"));
        }
        let toxic = Toxic { kind, values: kind.defaults(), upstream, which: Which::ALL };
        // Attributes that were not given are 0, as they are there; whether that means anything is seen once all are known.
        let blank =
            Named { name, stream: stream.to_owned(), toxic: Toxic { values: vec![0.0; toxic.values.len()], ..toxic } };
        blank.with(&body, toxicity)
    }

    /// The same with what the request gives anew: attributes and toxicity, and nothing else.
    pub fn updated(&self, value: &Value) -> Result<Named, Refusal> {
        let body = Object::read(value, "toxics.ToxicWrapper")?;
        let toxicity = body.number("toxicity")?;
        self.clone().with(&body, toxicity)
    }

    fn with(mut self, body: &Object, toxicity: Option<f64>) -> Result<Named, Refusal> {
        let given = body.object("attributes", "toxics.Toxic")?;
        for (attribute, value) in self.toxic.kind.attributes().iter().zip(&mut self.toxic.values) {
            let new = match attribute.is_share {
                true => given.number(attribute.name)?,
                false => given.whole(attribute.name)?.map(|whole| whole as f64),
            };
            *value = new.unwrap_or(*value);
            if let Some(complaint) = attribute.complaint(*value) {
                return Err(Refusal::bad_body(complaint));
            }
        }
        let share = toxicity.unwrap_or(self.toxic.which.share);
        if !(0.0..=1.0).contains(&share) {
            return Err(Refusal::bad_body("toxicity must be between 0 and 1"));
        }
        self.toxic.which.share = share;
        Ok(self)
    }

    pub fn direction(&self) -> Direction {
        if self.toxic.upstream { Direction::Up } else { Direction::Down }
    }

    pub fn key(&self) -> Key {
        Key::Named(self.name.as_str().into())
    }

    pub fn effect(&self) -> Effect {
        Effect::Toxic(self.toxic.clone())
    }

    pub fn shape(&self) -> ToxicShape {
        let names = self.toxic.kind.attributes().iter().map(|attribute| attribute.name);
        let values = self.toxic.values.iter().map(|value| Number(*value));
        ToxicShape {
            attributes: Attributes(names.zip(values).collect()),
            name: self.name.clone(),
            kind: self.toxic.kind.word(),
            stream: self.stream.clone(),
            toxicity: Number(self.toxic.which.share),
        }
    }
}

fn is_upstream(stream: &str) -> Result<bool, Refusal> {
    match stream.to_lowercase().as_str() {
        "upstream" => Ok(true),
        "downstream" => Ok(false),
        _ => Err(Refusal::new(400, "stream was invalid, can be either upstream or downstream")),
    }
}
