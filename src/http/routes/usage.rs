//! What was used and what it cost, over many sessions.

use crate::{
    domain::auth::{Action, Principal, may},
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::Caller,
        paging,
        routes::{now, sessions::allowed},
    },
    results::UsageView,
    store::usage::{UsageGroup, UsageQuery, day_of},
};
use axum::{
    Json,
    extract::{Query, State},
    http::HeaderMap,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(usage))
}

/// Days when nobody says.
const DAYS_DEFAULT: i64 = 30;
/// Days in one answer.
const DAYS_MAX: i64 = 366;
/// Groups in one answer.
const GROUPS_MAX: u32 = 200;
/// Longest cursor that is looked at.
const CURSOR_BYTES_MAX: usize = 1_024;

/// Which usage is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsageAsked {
    /// First day (UTC); 30 days when it is left out.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-01")]
    from: Option<String>,
    /// Last day (UTC); today when it is left out.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-21")]
    to: Option<String>,
    /// `day` (the default), `interview` or `model`.
    #[param(example = "day")]
    group: Option<String>,
    /// Groups in the answer, 1 to 200.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, example = 100)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Usage by day, interview or model.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageReport {
    /// First and last day (UTC).
    #[schema(format = Date, example = "2026-11-01")]
    pub from: String,
    #[schema(format = Date, example = "2026-11-21")]
    pub to: String,
    /// `day`, `interview` or `model`.
    pub group: &'static str,
    pub groups: Vec<UsageGroupView>,
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// One day, interview or model.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageGroupView {
    /// The day, the interview's id, or the model.
    pub key: String,
    /// Sessions that used something.
    pub sessions: u64,
    pub usage: UsageView,
}

/// What one's sessions used and cost, by day, interview or model; a platform sees all. Sessions that were erased are in
/// the sums: what was spent is spent.
#[utoipa::path(
    get, path = "/api/interview/usage", tag = "sessions", params(UsageAsked),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, description = "`Link` leads to the next page", body = UsageReport))
)]
pub async fn usage(
    State(state): State<AppState>,
    caller: Caller,
    Query(asked): Query<UsageAsked>,
) -> ApiResult<(HeaderMap, Json<UsageReport>)> {
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    let owner = match &principal {
        Principal::User { .. } => principal.owner(),
        _ => None,
    };
    let days = asked.days()?;
    let (group, name) = asked.group()?;
    let limit = asked.limit()?;
    let query = UsageQuery { owner, days, group, after: asked.after()?, limit: limit + 1 };
    let mut found = state.database.usage(&query).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_cursor = found.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(&last.key));
    let prices = state.spending.prices();
    let groups = found.into_iter().map(|of| UsageGroupView {
        key: if group == UsageGroup::Day { of.key.parse().map(date).unwrap_or(of.key) } else { of.key },
        sessions: of.sessions,
        usage: UsageView::new(of.totals, prices),
    });
    let groups = groups.collect();
    let path = format!("/api/interview/usage?from={}&to={}&group={name}", date(days.0), date(days.1));
    let headers = paging::link_within(&path, limit, next_cursor.as_deref());
    Ok((headers, Json(UsageReport { from: date(days.0), to: date(days.1), group: name, groups, next_cursor })))
}

impl UsageAsked {
    fn days(&self) -> ApiResult<(i64, i64)> {
        let to = day("/to", self.to.as_deref())?.unwrap_or_else(|| day_of(now()));
        let from = day("/from", self.from.as_deref())?.unwrap_or(to - DAYS_DEFAULT + 1);
        if from > to || to - from >= DAYS_MAX {
            return Err(ApiError::field("/from", format!("must be at most {DAYS_MAX} days before to")));
        }
        Ok((from, to))
    }

    fn group(&self) -> ApiResult<(UsageGroup, &'static str)> {
        match self.group.as_deref() {
            None | Some("day") => Ok((UsageGroup::Day, "day")),
            Some("interview") => Ok((UsageGroup::Interview, "interview")),
            Some("model") => Ok((UsageGroup::Model, "model")),
            Some(_) => Err(ApiError::field("/group", "must be day, interview or model")),
        }
    }

    fn limit(&self) -> ApiResult<u32> {
        let Some(text) = &self.limit else { return Ok(100) };
        let limit = text.parse().ok().filter(|limit| (1..=GROUPS_MAX).contains(limit));
        limit.ok_or_else(|| ApiError::field("/limit", format!("must be a whole number from 1 to {GROUPS_MAX}")))
    }

    fn after(&self) -> ApiResult<Option<String>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = (cursor.len() <= CURSOR_BYTES_MAX).then(|| URL_SAFE_NO_PAD.decode(cursor).ok()).flatten();
        // No key holds a control character, and a database may refuse one.
        let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|key| !key.contains(char::is_control));
        key.map(Some).ok_or_else(|| ApiError::field("/cursor", "must be next_cursor of the page before"))
    }
}

/// A day as days since 1970.
fn day(pointer: &str, text: Option<&str>) -> ApiResult<Option<i64>> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || ApiError::field(pointer, "must be a day between 2000 and 2200, such as 2026-11-21");
    let date: Date = text.parse().map_err(|_| wrong())?;
    let midnight = date.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp();
    if !(2_000..=2_200).contains(&date.year()) {
        return Err(wrong());
    }
    Ok(Some(day_of(midnight)))
}

fn date(day: i64) -> String {
    let midnight = Timestamp::from_second(day * 86_400).unwrap_or_default();
    midnight.to_zoned(TimeZone::UTC).date().to_string()
}
