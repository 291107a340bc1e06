//! The description of the API is complete and true as far as a reader of it can tell; what it promises is tried by
//! `authorisation` and, with random requests, by schemathesis in `tests/e2e`.

mod postman;

use crate::support::server::TestServer;
use reqwest::{Method, header};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Served and not described, each with its reason.
const NOT_DESCRIBED: &[(&str, &str)] = &[
    ("/", "a page for people"),
    ("/i/{code}", "a page for people"),
    ("/interview/{session_id}", "a page for people"),
    ("/results/{session_id}", "a page for people"),
    ("/sign-in", "a page for people"),
    ("/interviews", "a page for people"),
    ("/interviews/{interview_id}", "a page for people"),
    ("/sessions", "a page for people"),
    ("/sessions/{session_id}", "a page for people"),
    ("/status", "a page for people"),
    ("/rooms", "a page for people"),
    ("/rooms/{code}", "a page for people"),
    ("/embed/i/{code}", "a page for people"),
    ("/assets/{*path}", "files of the pages"),
    ("/client/{*path}", "the client library"),
    ("/openapi.json", "the description itself"),
    ("/api/docs", "shows the description"),
    ("/api/docs/", "shows the description"),
    ("/api/docs/{file}", "shows the description"),
    ("/api/redoc", "shows the description"),
    ("/api/redoc/{file}", "shows the description"),
    ("/docs", "leads to what shows the description"),
    ("/docs/{file}", "pages of the documentation"),
    ("/docs/examples/{file}", "what these pages name"),
    ("/llms.txt", "the documentation's contents, for programs"),
    ("/docs/viva.postman_collection.json", "made from the description"),
];

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// The description as a running server gives it.
pub async fn description(server: &TestServer) -> Value {
    let (status, description) = server.get("/openapi.json").await;
    assert_eq!(status, 200);
    description
}

/// Every operation: method, path, and what is said of it.
pub fn operations(description: &Value) -> Vec<(Method, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
                found.push((method, path.clone(), operation.clone()));
            }
        }
    }
    found
}

#[tokio::test]
async fn every_operation_says_what_it_is_and_what_comes_back() {
    let server = TestServer::start(&[]).await;
    let description = description(&server).await;
    assert!(description["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let mut ids = BTreeSet::new();
    let mut wrong = Vec::new();
    for (method, path, operation) in operations(&description) {
        let mut must = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{method} {path}: {what}"));
            }
        };
        must(ids.insert(operation["operationId"].to_string()), "its operationId is not its own");
        must(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "it has no summary");
        must(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "it has no tag, or several");
        let responses = operation["responses"].as_object().expect("responses");
        let good: Vec<&String> = responses.keys().filter(|status| status.starts_with(['1', '2', '3'])).collect();
        must(!good.is_empty(), "nothing good is described");
        for status in good {
            let empty = ["101", "204", "304"].contains(&status.as_str());
            let content = responses[status]["content"].as_object();
            must(empty || content.is_some_and(|types| !types.is_empty()), "a good answer has no body");
        }
        for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
            let problem = response["content"].get("application/problem+json").is_some();
            must(problem || path == "/readyz", &format!("{status} is not a problem"));
        }
        let declared: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let in_path: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        must(declared == in_path, "its path parameters are not those of its path");
        if let Some(body) = operation.get("requestBody") {
            must(body["content"].as_object().is_some_and(|types| !types.is_empty()), "its body has no type");
        }
    }
    for reference in references(&description) {
        let found = description.pointer(reference.trim_start_matches('#')).is_some();
        if !found {
            wrong.push(format!("{reference} leads nowhere"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.stop().await;
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(target)) => vec![target.clone()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The sources are asked, because axum does not list its routes: what is not registered with its description shows
/// itself by a `.route("…")`.
#[tokio::test]
async fn no_served_path_is_missing_in_the_description() {
    let server = TestServer::start(&[]).await;
    let description = description(&server).await;
    let described: BTreeSet<&String> = description["paths"].as_object().expect("paths").keys().collect();
    let excused: BTreeMap<&str, &str> = NOT_DESCRIBED.iter().copied().collect();
    let mut registered = BTreeSet::new();
    for file in sources() {
        let text = fs::read_to_string(&file).expect("a source file");
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for rest in [".route(", ".route_service(", ".nest(", ".nest_service("]
            .iter()
            .flat_map(|call| shipped.split(call).skip(1))
        {
            let path = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            let path = path.unwrap_or_else(|| panic!("{}: a route whose path is not written out", file.display()));
            registered.insert(path.to_owned());
        }
    }
    for path in &registered {
        assert!(described.contains(path) || excused.contains_key(path.as_str()), "{path} is served and not described");
    }
    for path in excused.keys() {
        assert!(registered.contains(*path), "{path} is excused and not served");
        assert!(!described.iter().any(|described| described == path), "{path} is excused and described");
    }
    server.stop().await;
}

fn sources() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files
}

/// Everything that the viewers load is here, and their policy keeps them from loading anything else.
#[tokio::test]
async fn the_viewers_come_from_this_server_alone() {
    let server = TestServer::start(&[]).await;
    for (page, first) in [("/api/docs/", "swagger-ui-bundle.js"), ("/api/redoc", "/api/redoc/redoc.standalone.js")] {
        let (headers, html) = fetch(&server, page).await;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("a policy");
        assert!(policy.contains("connect-src 'self'") && !policy.contains("http"), "{page}: {policy}");
        assert!(!policy.contains("unsafe-eval") && policy.contains("script-src 'self';"), "{page}: {policy}");
        let linked: Vec<&str> = ["src=\"", "href=\"", "spec-url=\""]
            .iter()
            .flat_map(|mark| html.split(mark).skip(1).filter_map(|rest| rest.split('"').next()))
            .collect();
        assert!(linked.iter().any(|file| file.ends_with(first)), "{page}: {linked:?}");
        for file in linked {
            assert!(!file.contains("://"), "{page} loads {file}");
            let path = if file.starts_with('/') {
                file.to_owned()
            } else {
                format!("{page}{}", file.trim_start_matches("./"))
            };
            fetch(&server, &path).await;
        }
    }
    let (_, started) = fetch(&server, "/api/docs/swagger-initializer.js").await;
    assert!(started.contains("\"/openapi.json\"") && started.contains("\"none\""), "{started}");
    assert_eq!(server.get("/api/docs/no-such-file.js").await.0, 404);
    assert_eq!(server.get("/api/redoc/no-such-file.js").await.0, 404);
    let (_, troubleshooting) = fetch(&server, "/docs/troubleshooting.md").await;
    assert!(troubleshooting.starts_with("# "));
    server.stop().await;
}

async fn fetch(server: &TestServer, path: &str) -> (header::HeaderMap, String) {
    let response = server.request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(response.status(), 200, "{path}");
    (response.headers().clone(), response.text().await.expect("a body"))
}

/// The contents for programs lead to what is there; `/client` is of the built bundle, and the browser tests' affair.
#[tokio::test]
async fn the_contents_for_programs_lead_to_what_is_there() {
    let server = TestServer::start(&[]).await;
    let (headers, text) = fetch(&server, "/llms.txt").await;
    assert_eq!(headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links: Vec<&str> = links.filter(|link| !link.starts_with("/client/")).collect();
    assert!(links.len() > 12, "{links:?}");
    for link in links {
        fetch(&server, link).await;
    }
    server.stop().await;
}
