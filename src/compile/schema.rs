//! The JSON Schema of the scenario file, from the same tables by which it is read.

use super::root;
use crate::faults;
use crate::model::{controls, services};
use crate::scenario::schema::Definitions;
use serde_json::{Value as Json, json};

/// JSON Schema 2020-12 of a scenario file.
pub fn json_schema() -> Json {
    let mut defs = Definitions::default();
    let mut schema = defs.object(&[&root::TABLE]);
    schema["properties"]["services"] = services_schema(&mut defs);
    schema["properties"]["faults"] = faults_schema(&mut defs);
    schema["properties"]["controls"] = controls_schema(&mut defs);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("firedrill scenario");
    schema["description"] = json!("A topology of services, its load, its faults, and what is expected of it.");
    schema["$defs"] = defs.into_json();
    schema
}

/// Each service is checked by the tables of its own kind; without `kind` it is a plain service.
fn services_schema(defs: &mut Definitions) -> Json {
    let mut options = Vec::new();
    for kind in services::KINDS {
        let mut object = defs.object(&kind.tables());
        object["properties"]["kind"] = json!({"const": kind.name});
        if kind.name != "service" {
            require(&mut object, "kind");
        }
        options.push(object);
    }
    json!({"type": "object", "additionalProperties": {"anyOf": options}, "description": "who answers"})
}

fn faults_schema(defs: &mut Definitions) -> Json {
    let mut options = Vec::new();
    for kind in faults::KINDS {
        let mut object = defs.object(&kind.tables());
        object["properties"]["kind"] = json!({"const": kind.name});
        options.push(object);
    }
    json!({"type": "object", "additionalProperties": {"anyOf": options}, "description": "what goes wrong, and when"})
}

fn controls_schema(defs: &mut Definitions) -> Json {
    let mut options = Vec::new();
    for kind in controls::KINDS {
        let mut object = defs.object(&kind.tables());
        object["properties"]["kind"] = json!({"const": kind.name});
        options.push(object);
    }
    json!({"type": "object", "additionalProperties": {"anyOf": options}, "description": "what watches and moves settings by itself"})
}

fn require(object: &mut Json, key: &str) {
    match object["required"].as_array_mut() {
        Some(required) => required.push(json!(key)),
        None => object["required"] = json!([key]),
    }
}
