//! Field tables to JSON Schema (2020-12), from which editors complete and check. It knows shapes, not fields.

use super::fields::{FieldDoc, Shape};
use super::node::{Node, Quoting, Value};
use crate::base::units;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

const NAME: &str = "^[0-9]*[A-Za-z][A-Za-z0-9_-]*$";
const SPAN: &str = "([0-9]+(\\.[0-9]+)? ?(ns|us|µs|μs|ms|s|m|h|d))+";
const RATE: &str = "^[0-9]+(\\.[0-9]+)? ?/(s|m|h)$";
const BYTES: &str = "^[0-9]+(\\.[0-9]+)? ?(B|[KMGT]i?B)$";
const BYTE_RATE: &str = "^[0-9]+(\\.[0-9]+)? ?(B|[KMGT]i?B)/s$";
const PERCENT: &str = "^[0-9]+(\\.[0-9]+)? ?%$";
const FACTOR: &str = "^[0-9]+(\\.[0-9]+)? ?x$";
const CALL: &str = "(constant|uniform|exp|exponential|lognormal|normal|pareto|percentiles|empirical|mixture) ?\\(.*\\)";

/// The definitions that shared shapes refer to, gathered while a schema is built.
#[derive(Debug, Default)]
pub struct Definitions {
    known: BTreeMap<&'static str, Json>,
}

impl Definitions {
    /// The content of `$defs`.
    pub fn into_json(self) -> Json {
        json!(self.known)
    }

    /// What a value of this shape must look like.
    pub fn shape(&mut self, shape: &Shape) -> Json {
        match shape {
            Shape::Text => json!({"type": "string"}),
            Shape::Name => pattern(NAME),
            Shape::Span => pattern(&format!("^{SPAN}$")),
            Shape::Rate => pattern(RATE),
            Shape::ByteRate => pattern(BYTE_RATE),
            Shape::Ratio => json!({"anyOf": [pattern(PERCENT), {"type": "number", "minimum": 0, "maximum": 1}]}),
            Shape::Bytes => pattern(BYTES),
            Shape::Count => json!({"type": "integer", "minimum": 0}),
            Shape::Number => json!({"type": "number", "minimum": 0}),
            Shape::Factor => json!({"anyOf": [pattern(FACTOR), {"type": "number", "minimum": 0}]}),
            Shape::Flag => json!({"type": "boolean"}),
            Shape::Dist => pattern(&format!("^({SPAN}|{CALL})$")),
            Shape::Choice(words) => json!({"enum": words}),
            Shape::List(item) => json!({"type": "array", "items": self.shape(item)}),
            Shape::Object(table) => self.object(&[table]),
            Shape::Shared(name, table) => self.shared(name, table),
            Shape::MapOf(value) => json!({"type": "object", "additionalProperties": self.shape(value)}),
            Shape::OneOf(shapes) => {
                let options: Vec<Json> = shapes.iter().map(|shape| self.shape(shape)).collect();
                json!({"anyOf": options})
            }
            Shape::Any => json!({}),
        }
    }

    /// A map with the keys of these tables and no others.
    pub fn object(&mut self, tables: &[&'static [FieldDoc]]) -> Json {
        let docs = || tables.iter().flat_map(|table| table.iter());
        let properties: Map<String, Json> = docs().map(|doc| (doc.name.to_owned(), self.property(doc))).collect();
        let required: Vec<&str> = docs().filter(|doc| doc.required).map(|doc| doc.name).collect();
        let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
        if !required.is_empty() {
            object["required"] = json!(required);
        }
        object
    }

    fn shared(&mut self, name: &'static str, table: &'static [FieldDoc]) -> Json {
        if !self.known.contains_key(name) {
            // Entered before it is built, so that a table that holds itself ends in a reference.
            self.known.insert(name, Json::Null);
            let object = self.object(&[table]);
            self.known.insert(name, object);
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }

    fn property(&mut self, doc: &FieldDoc) -> Json {
        let mut schema = self.shape(&doc.shape);
        let default = default_value(&doc.shape, doc.default);
        let description = match (&default, doc.default) {
            (None, words) if !words.is_empty() => format!("{} Default: {words}.", doc.doc),
            _ => doc.doc.to_owned(),
        };
        schema["description"] = json!(description);
        if let Some(default) = default {
            schema["default"] = default;
        }
        schema
    }
}

/// A tree of values as JSON, with the types YAML gives plain scalars: what an editor would check against the schema.
pub fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar(text, Quoting::Plain) => typed(text),
        Value::Scalar(text, _) => json!(text),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => {
            let pairs = entries.iter().map(|entry| (entry.key.clone(), to_json(&entry.value)));
            Json::Object(pairs.collect())
        }
    }
}

fn typed(text: &str) -> Json {
    match text {
        "true" | "True" | "TRUE" => return json!(true),
        "false" | "False" | "FALSE" => return json!(false),
        _ => {}
    }
    let looks_numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(whole), _) => json!(whole),
        (_, Ok(number)) if looks_numeric && number.is_finite() => json!(number),
        _ => json!(text),
    }
}

/// The default as a value of the shape; `None` where it is a phrase for people.
fn default_value(shape: &Shape, text: &str) -> Option<Json> {
    let fits = match shape {
        Shape::Span => units::span(text).is_ok(),
        Shape::Rate => units::rate(text).is_ok(),
        Shape::ByteRate => units::byte_rate(text).is_ok(),
        Shape::Bytes => units::bytes(text).is_ok(),
        Shape::Ratio => units::ratio(text).is_ok(),
        Shape::Factor => units::factor(text).is_ok(),
        Shape::Count => units::count(text).is_ok(),
        Shape::Number => units::number(text).is_ok(),
        Shape::Flag => matches!(text, "true" | "false"),
        Shape::Choice(words) => words.contains(&text),
        Shape::Dist => units::span(text).is_ok(),
        Shape::OneOf(shapes) => return shapes.iter().find_map(|shape| default_value(shape, text)),
        _ => false,
    };
    fits.then(|| if matches!(shape, Shape::Choice(_)) { json!(text) } else { typed(text) })
}

fn pattern(pattern: &str) -> Json {
    json!({"type": "string", "pattern": pattern})
}

#[cfg(test)]
mod tests {
    use super::*;

    static STEP: [FieldDoc; 8] = [
        FieldDoc::required("to", Shape::Name, "The service called."),
        FieldDoc::optional("timeout", Shape::Span, "none", "How long the caller waits."),
        FieldDoc::optional("chance", Shape::Ratio, "100%", "How often it happens."),
        FieldDoc::optional("then", Shape::Shared("step", &STEP), "", "What follows."),
        FieldDoc::optional("work", Shape::Dist, "", "How long it takes."),
        FieldDoc::optional("size", Shape::Bytes, "1KiB", "How large."),
        FieldDoc::optional("queue", Shape::OneOf(&[Shape::Count, Shape::Choice(&["unbounded"])]), "unbounded", "Room."),
        FieldDoc::optional("tags", Shape::List(&Shape::Text), "", "Words."),
    ];

    fn accepts(yaml: &str) -> bool {
        let mut definitions = Definitions::default();
        let mut schema = definitions.object(&[&STEP]);
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["$defs"] = definitions.into_json();
        let diags = super::super::Diagnostics::new();
        let loaded = super::super::load_text("t", yaml, std::path::Path::new(""), &diags);
        jsonschema::validator_for(&schema).expect("the schema is valid").is_valid(&to_json(&loaded.root))
    }

    #[test]
    fn the_schema_accepts_what_the_reader_accepts() {
        for good in [
            "to: db",
            "{to: db, timeout: 1m30s, chance: 30%, size: 2MB, queue: 12, tags: [a, b]}",
            "{to: db, chance: 0.3, queue: unbounded, work: 5ms, then: {to: x, then: {to: y}}}",
            "{to: db, work: mixture(90%: exp(5ms), 10%: constant(1s))}",
        ] {
            assert!(accepts(good), "{good}");
        }
        for bad in [
            "timeout: 1s",
            "{to: db, timeout: 250}",
            "{to: db, timeout: 250mss}",
            "{to: db, chance: 30}",
            "{to: db, queue: full}",
            "{to: db, work: gauss(5ms)}",
            "{to: db, then: {timeout: 1s}}",
            "{to: db, other: 1}",
            "{to: a b}",
        ] {
            assert!(!accepts(bad), "{bad}");
        }
    }

    #[test]
    fn defaults_that_are_values_are_given_as_values_others_in_words() {
        let schema = Definitions::default().object(&[&STEP]);
        assert_eq!(schema["properties"]["chance"]["default"], json!("100%"));
        assert_eq!(schema["properties"]["queue"]["default"], json!("unbounded"));
        assert_eq!(schema["properties"]["timeout"]["description"], json!("How long the caller waits. Default: none."));
        assert_eq!(schema["properties"]["timeout"].get("default"), None);
    }
}
