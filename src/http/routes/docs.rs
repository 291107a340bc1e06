//! The API's description and the pages that show it, all from inside the binary: nothing is loaded from elsewhere.

use crate::http::{AppState, error::ApiError, page::content_type};
use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, header},
    middleware::map_response,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use rust_embed::RustEmbed;
use std::sync::{Arc, LazyLock};
use tower_http::compression::CompressionLayer;
use utoipa_swagger_ui::Config;

/// Both viewers write style elements as they run, Redoc searches in a worker made from a blob, Swagger UI has its icons
/// as `data:`. What they may load or call is this server alone.
const VIEWER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

#[derive(RustEmbed)]
#[folder = "assets/docs/redoc/"]
struct Redoc;

#[derive(RustEmbed)]
#[folder = "docs/"]
struct Documents;

/// The Postman collection, made from the description.
const POSTMAN: &str = include_str!("../../../assets/docs/viva.postman_collection.json");

/// `/openapi.json` and what shows it. `description`: the OpenAPI document.
pub fn routes(description: String) -> Router<AppState> {
    let viewers = Router::new()
        .route("/api/docs", get(|| async { Redirect::to("/api/docs/") }))
        .route("/api/docs/", get(|| async { swagger("index.html") }))
        .route("/api/docs/{file}", get(|Path(file): Path<String>| async move { swagger(&file) }))
        .route("/api/redoc", get(|| async { redoc("index.html") }))
        .route("/api/redoc/{file}", get(|Path(file): Path<String>| async move { redoc(&file) }))
        .layer(map_response(with_viewer_policy));
    viewers
        .route("/openapi.json", get(async move || json(description)))
        .route("/docs", get(|| async { Redirect::to("/api/docs/") }))
        .route("/docs/viva.postman_collection.json", get(|| async { json(POSTMAN.to_owned()) }))
        .route("/docs/{file}", get(|Path(file): Path<String>| async move { document(&file) }))
        .route("/docs/examples/{file}", get(|Path(file): Path<String>| async move { example(&file) }))
        .route("/llms.txt", get(|| async { document("llms.txt") }))
        .layer(CompressionLayer::new())
}

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

/// Swagger UI asks nobody whether the description is valid.
static SWAGGER: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").validator_url("none")));

fn swagger(file: &str) -> Response {
    let Ok(Some(found)) = utoipa_swagger_ui::serve(file, SWAGGER.clone()) else {
        return ApiError::not_found().into_response();
    };
    let headers = [(header::CONTENT_TYPE, content_type(file)), (header::CACHE_CONTROL, "no-cache")];
    let mut response = (headers, found.bytes.into_owned()).into_response();
    if found.gzpipped {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn redoc(file: &str) -> Response {
    let Some(found) = Redoc::get(file) else { return ApiError::not_found().into_response() };
    let headers = [(header::CONTENT_TYPE, content_type(file)), (header::CACHE_CONTROL, "no-cache")];
    (headers, found.data.into_owned()).into_response()
}

/// A page of the documentation, as the Markdown that it is written in.
fn document(file: &str) -> Response {
    let Some(found) = Documents::get(file) else { return ApiError::not_found().into_response() };
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], found.data.into_owned()).into_response()
}

/// An example that the documentation names: to read, not to run here.
fn example(file: &str) -> Response {
    document(&format!("examples/{file}"))
}

async fn with_viewer_policy(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(VIEWER_POLICY));
    response
}
