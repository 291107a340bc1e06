//! The Postman collection and the file of the description itself are made from the served description:
//! `VIVA_UPDATE=1 cargo test --test it postman` writes both, and without that variable the test fails when they are
//! stale. The pages' types are made from the file.

use super::{description, operations};
use crate::support::server::TestServer;
use serde_json::{Map, Value, json};
use std::{fs, path::Path};

const FILE: &str = "assets/docs/viva.postman_collection.json";
const DESCRIPTION_FILE: &str = "assets/docs/openapi.json";
const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
/// What later calls need, kept from the answers of earlier ones.
const KEEP: &str = r#"let answer = {};
try { answer = pm.response.json(); } catch (none) {}
const kept = { ...answer, room: answer.room_code };
for (const variable of pm.collectionVariables.values.map(({ key }) => key)) {
    if (typeof kept[variable] === "string") pm.collectionVariables.set(variable, kept[variable]);
}
pm.test("no error on the server's side", () => pm.expect(pm.response.code).to.be.below(500));"#;

#[tokio::test]
async fn the_files_are_made_from_the_description() {
    let server = TestServer::start(&[]).await;
    let description = description(&server).await;
    server.stop().await;
    let stale = [(FILE, collection(&description)), (DESCRIPTION_FILE, description)].map(|(name, made)| {
        let made = serde_json::to_string_pretty(&made).expect("JSON") + "\n";
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if std::env::var_os("VIVA_UPDATE").is_some() {
            fs::write(&file, &made).expect("the file can be written");
        }
        (fs::read_to_string(&file).unwrap_or_default() != made).then_some(name)
    });
    assert_eq!(stale, [None, None], "stale: run VIVA_UPDATE=1 cargo test --test it postman");
}

fn collection(description: &Value) -> Value {
    let mut folders: Map<String, Value> = Map::new();
    let mut variables = vec![
        json!({"key": "base_url", "value": "http://127.0.0.1:8000"}),
        json!({"key": "api_key", "value": ""}),
        json!({"key": "access_token", "value": ""}),
    ];
    for (method, path, operation) in operations(description) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let known = variables.iter().any(|variable| variable["key"] == parameter["name"]);
            if parameter["in"] == "path" && !known {
                variables.push(json!({"key": parameter["name"], "value": example(description, parameter)}));
            }
        }
        let tag = operation["tags"][0].as_str().unwrap_or("other").to_owned();
        let folder = folders.entry(tag).or_insert_with(|| json!([]));
        folder.as_array_mut().expect("a list").push(item(description, method.as_str(), &path, &operation));
    }
    let folders: Vec<Value> = folders.into_iter().map(|(name, item)| json!({"name": name, "item": item})).collect();
    let lines: Vec<&str> = KEEP.lines().collect();
    json!({
        "info": {
            "name": description["info"]["title"],
            "description": description["info"]["description"],
            "schema": SCHEMA,
        },
        "variable": variables,
        "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": lines}}],
        "item": folders,
    })
}

fn item(description: &Value, method: &str, path: &str, operation: &Value) -> Value {
    let segments: Vec<String> = path
        .trim_start_matches('/')
        .split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => format!(":{name}"),
            None => segment.to_owned(),
        })
        .collect();
    let parameters = || operation["parameters"].as_array().into_iter().flatten();
    let of = |place: &'static str| parameters().filter(move |parameter| parameter["in"] == place);
    let variables: Vec<Value> = of("path")
        .map(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            json!({"key": name, "value": format!("{{{{{name}}}}}"), "description": parameter["description"]})
        })
        .collect();
    let query: Vec<Value> = of("query")
        .map(|parameter| {
            let value = example(description, parameter);
            json!({"key": parameter["name"], "value": text(&value), "disabled": parameter["required"] != true})
        })
        .collect();
    let mut request = json!({
        "method": method,
        "header": [],
        "auth": auth(operation),
        "description": operation["description"],
        "url": {
            "raw": format!("{{{{base_url}}}}/{}", segments.join("/")),
            "host": ["{{base_url}}"],
            "path": segments,
            "variable": variables,
            "query": query,
        },
    });
    if let Some(body) = operation["requestBody"]["content"].get("application/json") {
        let raw = serde_json::to_string_pretty(&example(description, body)).unwrap_or_default();
        request["body"] = json!({"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}});
        request["header"] = json!([{"key": "Content-Type", "value": "application/json"}]);
    }
    json!({"name": operation["summary"], "request": request, "response": []})
}

/// A key where a platform may call, else a user's token.
fn auth(operation: &Value) -> Value {
    let schemes: Vec<&String> = operation["security"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|scheme| scheme.as_object()?.keys().next())
        .collect();
    if schemes.iter().any(|scheme| *scheme == "api_key") {
        let entry = |key: &str, value: &str| json!({"key": key, "value": value, "type": "string"});
        return json!({
            "type": "apikey",
            "apikey": [entry("key", "X-API-Key"), entry("value", "{{api_key}}"), entry("in", "header")],
        });
    }
    match schemes.first() {
        Some(_) => {
            json!({"type": "bearer", "bearer": [{"key": "token", "value": "{{access_token}}", "type": "string"}]})
        }
        None => json!({"type": "noauth"}),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An example of a parameter, a body or a schema: its own, or one made from its type.
pub fn example(description: &Value, of: &Value) -> Value {
    if let Some(example) = of.get("example") {
        return example.clone();
    }
    match (of.get("schema"), of.get("$ref").and_then(Value::as_str)) {
        (Some(schema), _) => return example(description, schema),
        (None, Some(target)) => {
            return description
                .pointer(target.trim_start_matches('#'))
                .map_or(Value::Null, |schema| example(description, schema));
        }
        (None, None) => {}
    }
    if let Some(first) = of["enum"].get(0).or_else(|| of["examples"].get(0)).or_else(|| of.get("default")) {
        return first.clone();
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(first) = of[several].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
            return example(description, first);
        }
    }
    if let Some(parts) = of["allOf"].as_array() {
        let fields = parts.iter().filter_map(|part| example(description, part).as_object().cloned()).flatten();
        return Value::Object(fields.collect());
    }
    let kind = of["type"].as_str().or_else(|| of["type"].get(0).and_then(Value::as_str));
    match kind {
        Some("string") if of["format"] == "date-time" => json!("2026-11-21T12:00:00Z"),
        Some("string") => json!("string"),
        Some("integer" | "number") => of.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(false),
        Some("array") => json!([example(description, &of["items"])]),
        Some("object") => {
            let fields = of["properties"].as_object().into_iter().flatten();
            Value::Object(fields.map(|(name, schema)| (name.clone(), example(description, schema))).collect())
        }
        _ => Value::Null,
    }
}
