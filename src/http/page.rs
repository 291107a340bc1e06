//! The pages: one bundle for all of them, inside the binary (read from disk in debug builds), or the files of a
//! directory that the operator names (`VIVA_WEB_DIR`).

use crate::http::{AppState, error::ApiError};
use axum::{
    extract::{Path, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;
use std::{
    borrow::Cow,
    path::{Component, Path as FilePath, PathBuf},
};

#[derive(RustEmbed)]
#[folder = "assets/web/"]
struct Bundle;

/// What every page may do: use its own files. The policy ends with who may frame it.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; \
    style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors ";
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// A call between people has pictures and shared screens; nothing else has.
const CALL_PERMISSIONS: HeaderValue =
    HeaderValue::from_static("microphone=(self), camera=(self), display-capture=(self), geolocation=()");

/// Where the pages come from, and who may frame the one that is made for it.
#[derive(Debug)]
pub struct Pages {
    directory: Option<PathBuf>,
    policy: HeaderValue,
    embedded_policy: HeaderValue,
}

impl Pages {
    /// `directory`: in place of the bundle. `embed_origins`: sites that may show the embedded interview; empty: none.
    ///
    /// # Errors
    /// An origin that cannot stand in a header.
    pub fn new(
        directory: Option<PathBuf>,
        embed_origins: &[String],
    ) -> Result<Self, axum::http::header::InvalidHeaderValue> {
        let framed_by = if embed_origins.is_empty() { "'none'".to_owned() } else { embed_origins.join(" ") };
        Ok(Self {
            directory,
            policy: HeaderValue::from_str(&format!("{POLICY}'none'"))?,
            embedded_policy: HeaderValue::from_str(&format!("{POLICY}{framed_by}"))?,
        })
    }

    /// Whether a site of somebody else may show the embedded interview.
    pub fn may_be_embedded(&self) -> bool {
        self.policy != self.embedded_policy
    }

    fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        match &self.directory {
            None => Bundle::get(path).map(|file| file.data),
            Some(directory) => {
                let inside = FilePath::new(path).components().all(|part| matches!(part, Component::Normal(_)));
                // A page is a few small files, kept by the system: the wait is that of a memory copy.
                inside.then(|| std::fs::read(directory.join(path)).ok()).flatten().map(Cow::Owned)
            }
        }
    }

    fn file(&self, path: &str, caching: &'static str) -> Response {
        let Some(data) = self.read(path) else { return ApiError::not_found().into_response() };
        let mut response = data.into_owned().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        response
    }
}

/// Every address of a page: the page finds out itself what to show.
pub async fn index(State(state): State<AppState>) -> Response {
    state.pages.file("index.html", "no-cache")
}

/// The candidate's pages: a bundle of their own, in one file.
pub async fn candidate(State(state): State<AppState>) -> Response {
    state.pages.file("candidate.html", "no-cache")
}

/// `/rooms/{code}`: a call between people.
pub async fn call(State(state): State<AppState>) -> Response {
    let mut response = state.pages.file("index.html", "no-cache");
    response.headers_mut().insert(PERMISSIONS_POLICY, CALL_PERMISSIONS);
    response
}

/// `/embed/i/{code}`: an interview inside a page of another site.
pub async fn embedded(State(state): State<AppState>) -> Response {
    let mut response = state.pages.file("candidate.html", "no-cache");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, state.pages.embedded_policy.clone());
    response
}

/// `/assets/{path}`: their names hold a hash of their content, so they may be kept for good.
pub async fn asset(State(state): State<AppState>, Path(path): Path<String>) -> Response {
    state.pages.file(&format!("assets/{path}"), "public, max-age=31536000, immutable")
}

/// `/client/{path}`: the client library, for pages of other sites.
pub async fn client(State(state): State<AppState>, Path(path): Path<String>) -> Response {
    state.pages.file(&format!("client/{path}"), "no-cache")
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
        Some("tgz") => "application/gzip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_in_place_of_the_bundle_gives_its_own_files_and_no_others() {
        let outside = tempfile::tempdir().expect("a directory");
        let inside = outside.path().join("web");
        std::fs::create_dir_all(inside.join("assets")).expect("a directory");
        std::fs::write(outside.path().join("secret.txt"), "secret").expect("a file");
        std::fs::write(inside.join("assets/own.js"), "own").expect("a file");
        let pages = Pages::new(Some(inside), &[]).expect("pages");
        assert_eq!(pages.read("assets/own.js").as_deref(), Some(b"own".as_slice()));
        for path in ["../secret.txt", "assets/../../secret.txt", "/etc/hostname", "assets/none.js"] {
            assert_eq!(pages.read(path), None, "{path}");
        }
    }

    #[test]
    fn only_the_named_sites_frame_an_interview() {
        let closed = Pages::new(None, &[]).expect("pages");
        let open = Pages::new(None, &["https://jobs.example".to_owned(), "https://b.example".to_owned()]);
        let open = open.expect("pages");
        let ends = |policy: &HeaderValue, with: &str| policy.to_str().is_ok_and(|policy| policy.ends_with(with));
        assert!(ends(&closed.policy, "frame-ancestors 'none'") && ends(&closed.embedded_policy, "ancestors 'none'"));
        assert!(ends(&open.policy, "ancestors 'none'"));
        assert!(open.may_be_embedded() && !closed.may_be_embedded());
        assert!(ends(&open.embedded_policy, "frame-ancestors https://jobs.example https://b.example"));
    }
}
