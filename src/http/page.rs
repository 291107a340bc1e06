//! The pages: one bundle for all of them, inside the binary (read from disk in debug builds).

use crate::http::error::ApiError;
use axum::{
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets/web/"]
struct Bundle;

/// `/`, `/i/{code}`, `/interview/{session_id}`, `/results/{session_id}`: the page finds out itself what to show.
pub async fn index() -> Response {
    file("index.html", "no-cache")
}

/// `/assets/{path}`: their names hold a hash of their content, so they may be kept for good.
pub async fn asset(Path(path): Path<String>) -> Response {
    file(&format!("assets/{path}"), "public, max-age=31536000, immutable")
}

fn file(path: &str, caching: &'static str) -> Response {
    let Some(file) = Bundle::get(path) else { return ApiError::not_found().into_response() };
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

/// By the ending of a file's name.
pub fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
