//! What is kept of sessions, in other forms: the log, one file with everything, subtitles, tables, a page to print.

use crate::{
    auth::Identity,
    domain::{
        auth::{Action, Principal, SessionStep, may},
        id::SessionId,
        log::{Entry, Evidence, Report, genesis},
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Caller, session_id},
        openapi::Problem,
        paging::{self, PageQuery},
        routes::{
            catalogue_body::InterviewView,
            now,
            scorecards::{self, IncludeQuery},
            sessions::{allowed, authorised},
        },
    },
    results::{
        RecordingView, Results, UsageView,
        evaluation::Scores,
        export::{self, Rows, Speakers},
        printable,
        retention::KeepError,
    },
    store::{ExportFilter, InterviewRecord, ListPosition, SessionRecord},
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(log))
        .routes(routes!(everything))
        .routes(routes!(vtt))
        .routes(routes!(srt))
        .routes(routes!(txt))
        .routes(routes!(csv))
        .routes(routes!(print))
}

/// What is asked of a log.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// `json`, or `jsonl` for one entry a line.
    #[param(example = "json")]
    format: Option<String>,
}

/// A log, and whether everything is still as it says.
#[derive(Serialize, ToSchema)]
pub struct LogBody {
    pub report: Report,
    /// What stands before the first entry, hexadecimal.
    pub genesis: String,
    pub entries: Vec<LogEntry>,
}

/// One entry. Its hash is SHA-256 over the bytes of `prev` and the text `[seq,at_ms,"kind",data]`, with `data` in the
/// form of RFC 8785.
#[derive(Serialize, ToSchema)]
pub struct LogEntry {
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub kind: String,
    /// Digests and states, never anybody's words.
    #[schema(value_type = Object)]
    pub data: Value,
    /// Hash of the entry before, hexadecimal.
    pub prev: String,
    pub hash: String,
}

fn entries(evidence: &Evidence) -> Vec<LogEntry> {
    let mut prev = genesis(&evidence.session_id);
    let one = |entry: &Entry| {
        let before = std::mem::replace(&mut prev, entry.hash);
        LogEntry {
            seq: entry.seq,
            at_ms: entry.at_ms,
            kind: entry.kind.clone(),
            data: serde_json::from_str(&entry.data).unwrap_or(Value::Null),
            prev: before.to_string(),
            hash: entry.hash.to_string(),
        }
    };
    evidence.entries.iter().map(one).collect()
}

impl From<KeepError> for ApiError {
    fn from(error: KeepError) -> Self {
        tracing::error!(%error, "cannot keep or delete");
        Self::retry(ErrorCode::StoreUnavailable, "Not everything can be read or deleted at the moment; try again", 5)
    }
}

/// The log of a session, held against everything that is kept of it. It stays when the session is erased.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/log", tag = "exports",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000"), LogQuery),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, content(
        (LogBody = "application/json"), (String = "application/jsonl", example = "{\"seq\":1}\n")
    )))
)]
pub async fn log(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(query): Query<LogQuery>,
    caller: Caller,
) -> ApiResult<Response> {
    let session_id = may_keep(&state, caller.principal_or_nobody(&state).await?, &id).await?;
    let (evidence, report) = state.keeper.verify(&session_id).await?.ok_or_else(ApiError::not_found)?;
    let entries = entries(&evidence);
    match query.format.as_deref() {
        None | Some("json") => {
            let genesis = genesis(&evidence.session_id).to_string();
            Ok(Json(LogBody { report, genesis, entries }).into_response())
        }
        Some("jsonl") => {
            let lines = entries.iter().filter_map(|entry| serde_json::to_string(entry).ok());
            let text: String = lines.map(|line| line + "\n").collect();
            Ok(file(text, "application/jsonl", &format!("{session_id}.log.jsonl")))
        }
        Some(_) => Err(ApiError::field("/format", "must be json or jsonl")),
    }
}

/// The session of the path, there or erased, if this principal may keep and delete it.
pub async fn may_keep(state: &AppState, principal: Principal, id: &str) -> ApiResult<SessionId> {
    let session_id = session_id(id)?;
    if let Some(record) = state.store.load_session(&session_id).await? {
        let step = SessionStep::Keep;
        allowed(may(&principal, &Action::Session { session_id: &session_id, owner: &record.owner, step }))?;
        return Ok(session_id);
    }
    let receipt = state.database.receipt(&session_id).await?.ok_or_else(ApiError::not_found)?;
    let platform = matches!(principal, Principal::Local | Principal::Platform);
    let is_owner = principal.owner().is_some_and(|owner| receipt.belongs_to(&owner));
    if platform || is_owner { Ok(session_id) } else { Err(ApiError::not_found()) }
}

/// Results with everything that belongs to them: recording, cost, scores, and how all of it is kept. Scores are not for
/// candidates, even where they may read what was said.
pub async fn completed(
    state: &AppState,
    record: SessionRecord,
    identity: &Identity,
    include: &IncludeQuery,
) -> ApiResult<Results> {
    let keeping = state.database.keeping(&record.session_id).await?;
    let kept = state.database.recording(&record.session_id).await?;
    let recording = RecordingView::of(&record, kept);
    let quality_samples = state.database.quality_samples(&record.session_id).await?;
    let usage = Some(UsageView::new(record.usage.clone(), state.spending.prices()));
    let evaluation = match identity {
        Identity::Candidate { .. } => None,
        reader => {
            let viewer = scorecards::viewer(reader, include)?;
            Scores::read(&state.database, &record, &viewer).await?.evaluation()
        }
    };
    let mut results = Results { recording, quality_samples, usage, evaluation, ..Results::from(record) };
    if let Some(keeping) = keeping {
        state.keeper.complete(&mut results, &keeping);
    }
    Ok(results)
}

/// Everything that is kept of a session.
#[derive(Serialize, ToSchema)]
pub struct Export {
    /// `viva-export/1`.
    pub format: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub exported_at: Timestamp,
    pub results: Results,
    /// The plan as it was when the session began.
    pub interview: InterviewView,
    pub engine: String,
    pub consent_required: bool,
    pub consents: Vec<ExportConsent>,
    pub log: LogBody,
}

/// That somebody agreed.
#[derive(Serialize, ToSchema)]
pub struct ExportConsent {
    pub version: String,
    /// `candidate`, or who vouches for it.
    pub given_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub given_at: Timestamp,
}

/// Everything that is kept of a session, in one file: results, plan, consents and log.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/export.json", tag = "exports",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = Export))
)]
pub async fn everything(State(state): State<AppState>, Path(id): Path<String>, caller: Caller) -> ApiResult<Response> {
    let identity = caller.0.clone();
    let record = authorised(&state, caller, &id, SessionStep::Keep).await?;
    let verified = state.keeper.verify(&record.session_id).await?;
    let (evidence, report) = verified.ok_or_else(ApiError::not_found)?;
    let consents = record.consents.iter().map(|consent| ExportConsent {
        version: consent.version.clone(),
        given_by: consent.given_by.clone(),
        given_at: consent.given_at,
    });
    let interview = InterviewRecord {
        owner: record.owner.clone(),
        interview: record.interview.clone(),
        version: 1,
        created_at: record.created_at,
        updated_at: record.created_at,
    };
    let name = format!("{}.json", record.session_id);
    let export = Export {
        format: "viva-export/1",
        exported_at: now(),
        interview: interview.into(),
        engine: record.engine.clone(),
        consent_required: record.consent_required,
        consents: consents.collect(),
        log: LogBody { report, genesis: genesis(&evidence.session_id).to_string(), entries: entries(&evidence) },
        results: completed(&state, record, &identity, &IncludeQuery::default()).await?,
    };
    let disposition = disposition(&name);
    Ok(([(header::CONTENT_DISPOSITION, disposition)], Json(export)).into_response())
}

fn disposition(name: &str) -> HeaderValue {
    let wanted = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    wanted.unwrap_or(HeaderValue::from_static("attachment"))
}

fn file(text: String, kind: &'static str, name: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind))];
    (headers, [(header::CONTENT_DISPOSITION, disposition(name))], text).into_response()
}

/// A transcript in one of its forms, for whoever may read the results.
async fn transcript(
    state: &AppState,
    caller: Caller,
    id: &str,
    form: fn(&Results, &Speakers) -> String,
    (kind, ending): (&'static str, &str),
) -> ApiResult<Response> {
    let identity = caller.0.clone();
    let record = authorised(state, caller, id, SessionStep::ReadResults { candidate_may_read: false }).await?;
    let speakers = Speakers::new(&record.interview.persona);
    let name = format!("{}.{ending}", record.session_id);
    Ok(file(form(&completed(state, record, &identity, &IncludeQuery::default()).await?, &speakers), kind, &name))
}

/// The transcript as WebVTT, for players of the recording.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/transcript.vtt", tag = "exports",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = String, content_type = "text/vtt", example = "WEBVTT\n"))
)]
pub async fn vtt(State(state): State<AppState>, Path(id): Path<String>, caller: Caller) -> ApiResult<Response> {
    transcript(&state, caller, &id, export::vtt, ("text/vtt; charset=utf-8", "vtt")).await
}

/// The transcript as SubRip.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/transcript.srt", tag = "exports",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = String, content_type = "application/x-subrip", example = "1\n"))
)]
pub async fn srt(State(state): State<AppState>, Path(id): Path<String>, caller: Caller) -> ApiResult<Response> {
    transcript(&state, caller, &id, export::srt, ("application/x-subrip; charset=utf-8", "srt")).await
}

/// The transcript as plain text.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/transcript.txt", tag = "exports",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = String, content_type = "text/plain", example = "General\n"))
)]
pub async fn txt(State(state): State<AppState>, Path(id): Path<String>, caller: Caller) -> ApiResult<Response> {
    transcript(&state, caller, &id, export::txt, ("text/plain; charset=utf-8", "txt")).await
}

/// The results as a page to print.
#[utoipa::path(
    get, path = "/results/{session_id}/print", tag = "exports",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = String, content_type = "text/html", example = "<!doctype html>"))
)]
pub async fn print(State(state): State<AppState>, Path(id): Path<String>, caller: Caller) -> ApiResult<Response> {
    let identity = caller.0.clone();
    let step = SessionStep::ReadResults { candidate_may_read: false };
    let record = authorised(&state, caller, &id, step).await?;
    let (speakers, language) = (Speakers::new(&record.interview.persona), record.interview.language.clone());
    let page =
        printable::page(&completed(&state, record, &identity, &IncludeQuery::default()).await?, &speakers, &language);
    let policy = HeaderValue::from_str(&printable::policy()).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, html), (header::CONTENT_SECURITY_POLICY, policy)], page).into_response())
}

/// Which sessions, and what a row is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TableQuery {
    /// Only sessions of this interview.
    #[param(example = "general")]
    interview_id: Option<String>,
    /// Only sessions that were created then or later.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-11-01T00:00:00Z")]
    from: Option<String>,
    /// Only sessions that were created before.
    #[param(value_type = Option<String>, format = DateTime, example = "2027-01-01T00:00:00Z")]
    to: Option<String>,
    /// `sessions`: a row for each session; `answers`: a row for each question of each.
    #[param(example = "sessions")]
    rows: Option<String>,
}

impl TableQuery {
    fn filter(self, principal: &Principal) -> ApiResult<(ExportFilter, Rows)> {
        let time = |pointer: &str, text: Option<String>| {
            let Some(text) = text else { return Ok(None) };
            let wrong = |_| ApiError::field(pointer, "must be a time, such as 2026-11-21T00:00:00Z");
            text.parse::<Timestamp>().map(Some).map_err(wrong)
        };
        let rows = match self.rows.as_deref() {
            None | Some("sessions") => Rows::Sessions,
            Some("answers") => Rows::Answers,
            Some(_) => return Err(ApiError::field("/rows", "must be sessions or answers")),
        };
        // A platform exports all, a user what is theirs.
        let owner = principal.owner().filter(|_| matches!(principal, Principal::User { .. }));
        let (from, to) = (time("/from", self.from)?, time("/to", self.to)?);
        Ok((ExportFilter { owner, interview_id: self.interview_id, from, to }, rows))
    }
}

/// Many sessions as a table, newest first, a page of up to 200 sessions at a time; a platform's has all. Nothing in it
/// is a formula to a spreadsheet: what looks like one begins with an apostrophe.
#[utoipa::path(
    get, path = "/api/interview/export.csv", tag = "exports", params(TableQuery, PageQuery),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "`Link` leads to the next page", body = String, content_type = "text/csv",
            example = "session_id,interview_id\n"),
        (status = 404, description = "Candidates have no list", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn csv(
    State(state): State<AppState>,
    caller: Caller,
    Query(table): Query<TableQuery>,
    Query(page): Query<PageQuery>,
) -> ApiResult<Response> {
    let identity = caller.0.clone();
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    let link = TableLink::of(&table);
    let (filter, rows) = table.filter(&principal)?;
    let limit = page.limit()?;
    let mut found = state.database.sessions_to_export(&filter, page.after()?.as_ref(), limit + 1).await?;
    let next = paging::cut(&mut found, limit, Clone::clone);
    let mut headers = if link.0.contains('?') {
        paging::link_within(&link.0, limit, next.as_deref())
    } else {
        paging::link(&link.0, limit, next.as_deref())
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"sessions.csv\""));
    Ok((headers, Body::from_stream(lines(state, identity, found.into(), rows))).into_response())
}

/// The address of this table without its page.
struct TableLink(String);

impl TableLink {
    fn of(table: &TableQuery) -> Self {
        let fields =
            [("interview_id", &table.interview_id), ("from", &table.from), ("to", &table.to), ("rows", &table.rows)];
        let mut query = String::new();
        for (name, value) in fields {
            let Some(value) = value else { continue };
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(&format!("{name}="));
            for byte in value.bytes() {
                match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => query.push(byte as char),
                    other => query.push_str(&format!("%{other:02X}")),
                }
            }
        }
        Self(format!("/api/interview/export.csv{query}"))
    }
}

/// The table, session by session, so that a long one is never in memory.
fn lines(
    state: AppState,
    identity: Identity,
    sessions: VecDeque<ListPosition>,
    rows: Rows,
) -> impl futures_util::Stream<Item = Result<Vec<u8>, ApiFailure>> + Send {
    let head = Some(export::csv_head(rows));
    stream::try_unfold((state, identity, sessions, head), move |(state, identity, mut sessions, head)| async move {
        if let Some(head) = head {
            return Ok(Some((head, (state, identity, sessions, None))));
        }
        while let Some(next) = sessions.pop_front() {
            let record = state.store.load_session(&SessionId::new(next.id)).await.map_err(|_| ApiFailure)?;
            // Erased since the list was made.
            let Some(record) = record else { continue };
            let results =
                completed(&state, record, &identity, &IncludeQuery::default()).await.map_err(|_| ApiFailure)?;
            return Ok(Some((export::csv_rows(&results, rows), (state, identity, sessions, None))));
        }
        Ok(None)
    })
}

/// The store failed in the middle of a table: the connection is cut, so that nobody takes a part for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the table cannot be finished")]
struct ApiFailure;
