//! The recording of an interview: what there is of it, its files, the peaks and the export.

use crate::{
    domain::{auth::SessionStep, id::SessionId, recording::Side},
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::Caller,
        openapi::Problem,
        routes::sessions::authorised,
    },
    media::recorder::{directory, track_name},
    recording::{RecordingError, files},
    results::RecordingView,
    store::{RecordingRecord, SessionRecord},
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use std::path::{Path as FilePath, PathBuf};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(recording))
        .routes(routes!(user_track))
        .routes(routes!(assistant_track))
        .routes(routes!(stereo))
        .routes(routes!(peaks))
}

/// Exports that are made at the same time, in the whole process: each keeps one core busy.
static EXPORTS: Semaphore = Semaphore::const_new(1);

/// What there is of the recording. For whom results are.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/recording", tag = "recordings",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = RecordingView),
        (status = 409, description = "`conflict`: the interview is not recorded", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn recording(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<RecordingView>> {
    let record = authorised(&state, caller, &id, SessionStep::ReadResults { candidate_may_read: false }).await?;
    let kept = state.database.recording(&record.session_id).await?;
    RecordingView::of(&record, kept).map(Json).ok_or_else(not_recorded)
}

/// The candidate's side, as it arrived: Ogg Opus, mono. Takes ranges.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/recording/user.ogg", tag = "recordings",
    params(
        ("session_id" = String, Path, example = "ses_00000000000000000000000000"),
        ("Range" = Option<String>, Header, description = "One range of bytes; several are answered with everything",
            example = json!(null)),
    ),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The file", content_type = "audio/ogg", body = Vec<u8>),
        (status = 206, description = "The range", content_type = "audio/ogg", body = Vec<u8>),
        (status = 304, description = "As it was"),
        (status = 409, description = "`conflict`: not recorded, not finished, or deleted", body = Problem,
            content_type = "application/problem+json"),
        (status = 416, description = "`range_not_satisfiable`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn user_track(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
) -> ApiResult<Response> {
    let record = authorised(&state, caller, &id, SessionStep::ReadResults { candidate_may_read: false }).await?;
    track(&state, &record, Side::User, &headers).await
}

/// The interviewer's side, as it was sent, and so cut where it was interrupted: Ogg Opus, mono. Takes ranges.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/recording/assistant.ogg", tag = "recordings",
    params(
        ("session_id" = String, Path, example = "ses_00000000000000000000000000"),
        ("Range" = Option<String>, Header, description = "One range of bytes; several are answered with everything",
            example = json!(null)),
    ),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The file", content_type = "audio/ogg", body = Vec<u8>),
        (status = 206, description = "The range", content_type = "audio/ogg", body = Vec<u8>),
        (status = 304, description = "As it was"),
        (status = 409, description = "`conflict`: not recorded, not finished, or deleted", body = Problem,
            content_type = "application/problem+json"),
        (status = 416, description = "`range_not_satisfiable`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn assistant_track(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
) -> ApiResult<Response> {
    let record = authorised(&state, caller, &id, SessionStep::ReadResults { candidate_may_read: false }).await?;
    track(&state, &record, Side::Assistant, &headers).await
}

/// Both sides as one wave: the candidate left, the interviewer right, on one clock; 24 kHz, 16 bit. It is made when it
/// is asked for the first time, which takes a while. Takes ranges.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/recording/stereo.wav", tag = "recordings",
    params(
        ("session_id" = String, Path, example = "ses_00000000000000000000000000"),
        ("Range" = Option<String>, Header, description = "One range of bytes; several are answered with everything",
            example = json!(null)),
    ),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The file", content_type = "audio/wav", body = Vec<u8>),
        (status = 206, description = "The range", content_type = "audio/wav", body = Vec<u8>),
        (status = 304, description = "As it was"),
        (status = 409, description = "`conflict`: not recorded, not finished, or deleted", body = Problem,
            content_type = "application/problem+json"),
        (status = 416, description = "`range_not_satisfiable`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn stereo(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
) -> ApiResult<Response> {
    let record = authorised(&state, caller, &id, SessionStep::ReadResults { candidate_may_read: false }).await?;
    let kept = finished(&state, &record).await?;
    let place = place(&state, &record.session_id)?;
    // An error would mean that the semaphore is closed, which nobody does.
    let _one_at_a_time = EXPORTS.acquire().await;
    let made = tokio::task::spawn_blocking(move || files::make_stereo(&place)).await;
    let path = made.map_err(|_| ApiError::new(ErrorCode::Internal, "The export failed"))?.map_err(refused_export)?;
    let file =
        Served { path, content_type: "audio/wav", name: file_name(&record, "stereo.wav"), tag: tag(&kept, "wav") };
    file.respond(&headers).await
}

/// The peaks of both sides, to draw waves from: JSON as `audiowaveform` writes it (version 2, 8 bit, two channels).
/// `data` has for each 20 ms the lowest and the highest sample of the candidate, then those of the interviewer.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/recording/peaks.json", tag = "recordings",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Waves),
        (status = 304, description = "As it was"),
        (status = 409, description = "`conflict`: not recorded, not finished, or deleted", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn peaks(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
) -> ApiResult<Response> {
    let record = authorised(&state, caller, &id, SessionStep::ReadResults { candidate_may_read: false }).await?;
    let kept = finished(&state, &record).await?;
    let name = kept.peaks.as_deref().ok_or_else(not_there)?;
    let path = place(&state, &record.session_id)?.join(name);
    let (content_type, name, tag) = ("application/json", file_name(&record, "peaks.json"), tag(&kept, "peaks"));
    Served { path, content_type, name, tag }.respond(&headers).await
}

/// The peaks, as they are served.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "for the description only")]
struct Waves {
    /// 2
    version: u32,
    /// 2: the candidate, the interviewer.
    channels: u32,
    /// 24000
    sample_rate: u32,
    /// 480: 20 ms.
    samples_per_pixel: u32,
    /// 8: values from −128 to 127.
    bits: u32,
    /// Pairs of each channel.
    length: u64,
    data: Vec<i32>,
}

async fn track(state: &AppState, record: &SessionRecord, side: Side, headers: &HeaderMap) -> ApiResult<Response> {
    let kept = finished(state, record).await?;
    let track = kept.tracks.iter().find(|track| track.side == side).ok_or_else(not_there)?;
    let name = track_name(side);
    Served {
        path: place(state, &record.session_id)?.join(name),
        content_type: "audio/ogg",
        name: file_name(record, name),
        tag: format!("\"{}\"", track.sha256),
    }
    .respond(headers)
    .await
}

/// What is known of a recording that is finished.
async fn finished(state: &AppState, record: &SessionRecord) -> ApiResult<RecordingRecord> {
    match state.database.recording(&record.session_id).await? {
        Some(kept) if !kept.tracks.is_empty() => Ok(kept),
        Some(_) => Err(not_there()),
        None if record.interview.recording => Err(ApiError::new(
            ErrorCode::Conflict,
            "The recording is not finished: it can be read a moment after the interview has ended",
        )),
        None => Err(not_recorded()),
    }
}

fn place(state: &AppState, session_id: &SessionId) -> ApiResult<PathBuf> {
    directory(state.recorder.data_dir(), session_id).map_err(|_| ApiError::not_found())
}

fn not_recorded() -> ApiError {
    ApiError::new(ErrorCode::Conflict, "This interview is not recorded; its transcript is in the results")
}

fn not_there() -> ApiError {
    ApiError::new(ErrorCode::Conflict, "There is nothing of this recording: it failed, or it was deleted")
}

fn refused_export(error: RecordingError) -> ApiError {
    match error {
        RecordingError::Missing => not_there(),
        error => {
            tracing::error!(%error, "a recording cannot be exported");
            ApiError::retry(ErrorCode::StoreUnavailable, "The export cannot be made at the moment; try again", 30)
        }
    }
}

fn file_name(record: &SessionRecord, name: &str) -> String {
    format!("{}-{name}", record.session_id.as_str().replace(['"', '\\', ':'], "_"))
}

/// The tag of what is made of the tracks.
fn tag(kept: &RecordingRecord, what: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(what);
    kept.tracks.iter().for_each(|track| digest.update(&track.sha256));
    let tag: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{tag}\"")
}

/// A file on its way out.
struct Served {
    path: PathBuf,
    content_type: &'static str,
    name: String,
    /// Strong: the same bytes as long as it is the same.
    tag: String,
}

impl Served {
    /// The whole of it, a range of it, or that it is as it was (RFC 9110 sections 13 and 14).
    async fn respond(self, asked: &HeaderMap) -> ApiResult<Response> {
        let tag = HeaderValue::from_str(&self.tag).map_err(|_| ApiError::not_found())?;
        let private = HeaderValue::from_static("private, no-cache");
        if names(asked, &header::IF_NONE_MATCH, &self.tag) {
            let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, private)];
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let mut request = Request::new(Body::empty());
        // A range of what it was is of no use to anybody who has a part of something else.
        let is_same = !asked.contains_key(header::IF_RANGE) || names(asked, &header::IF_RANGE, &self.tag);
        if let Some(range) = asked.get(header::RANGE).filter(|_| is_same) {
            request.headers_mut().insert(header::RANGE, range.clone());
        }
        let Ok(served) = ServeFile::new(&self.path).ignore_multi_range_requests(true).oneshot(request).await;
        let mut response = served.map(Body::new).into_response();
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
            StatusCode::RANGE_NOT_SATISFIABLE => return Ok(self.out_of_range()),
            _ => return Err(missing(&self.path)),
        }
        let headers = response.headers_mut();
        headers.remove(header::LAST_MODIFIED);
        headers.insert(header::ETAG, tag);
        headers.insert(header::CACHE_CONTROL, private);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if let Ok(name) = HeaderValue::from_str(&format!("inline; filename=\"{}\"", self.name)) {
            headers.insert(header::CONTENT_DISPOSITION, name);
        }
        Ok(response)
    }

    fn out_of_range(&self) -> Response {
        let bytes = std::fs::metadata(&self.path).map_or(0, |file| file.len());
        let detail = format!("The file has {bytes} bytes");
        let mut response = ApiError::new(ErrorCode::RangeNotSatisfiable, detail).into_response();
        if let Ok(range) = HeaderValue::from_str(&format!("bytes */{bytes}")) {
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        response
    }
}

/// Whether a header names this tag, or any.
fn names(headers: &HeaderMap, name: &HeaderName, tag: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one == tag
    })
}

/// The row says that it is there, and the disk does not have it.
fn missing(path: &FilePath) -> ApiError {
    tracing::error!(file = ?path.file_name(), "a file of a recording is missing");
    not_there()
}
