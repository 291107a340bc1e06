//! Pages of lists: a cursor that says where the next one begins, in the body and as a `Link` (RFC 8288).

use crate::{
    http::error::{ApiError, ApiResult},
    store::{LIST_PAGE_MAX, ListPosition},
};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

/// Entries of a page when nobody says.
const LIMIT_DEFAULT: u32 = 50;
/// Longest cursor that is looked at.
const CURSOR_BYTES_MAX: usize = 512;

/// The part of a list that is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Entries in the answer, 1 to 200.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, example = 50)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    /// Entries in the answer.
    ///
    /// # Errors
    /// A limit that is no number or out of range.
    pub fn limit(&self) -> ApiResult<u32> {
        let Some(text) = &self.limit else { return Ok(LIMIT_DEFAULT) };
        let limit = text.parse().ok().filter(|limit| (1..=LIST_PAGE_MAX).contains(limit));
        limit.ok_or_else(|| ApiError::field("/limit", format!("must be a whole number from 1 to {LIST_PAGE_MAX}")))
    }

    /// Where the page begins.
    ///
    /// # Errors
    /// A cursor that is none of ours.
    pub fn after(&self) -> ApiResult<Option<ListPosition>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let wrong = || ApiError::field("/cursor", "must be next_cursor of the page before");
        decode(cursor).map(Some).ok_or_else(wrong)
    }
}

/// The cursor of the page after the one that ends with `last`.
pub fn cursor(last: &ListPosition) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{}", last.created_at.as_millisecond(), last.id))
}

fn decode(cursor: &str) -> Option<ListPosition> {
    let bytes = (cursor.len() <= CURSOR_BYTES_MAX).then(|| URL_SAFE_NO_PAD.decode(cursor).ok()).flatten()?;
    let text = String::from_utf8(bytes).ok()?;
    let (ms, id) = text.split_once(':')?;
    Some(ListPosition { created_at: Timestamp::from_millisecond(ms.parse().ok()?).ok()?, id: id.to_owned() })
}

/// Cuts a list, of which one entry more than asked for was read, to its page; returns the cursor of the next one.
pub fn cut<T>(entries: &mut Vec<T>, limit: u32, position: impl Fn(&T) -> ListPosition) -> Option<String> {
    let limit = limit as usize;
    if entries.len() <= limit {
        return None;
    }
    entries.truncate(limit);
    entries.last().map(|last| cursor(&position(last)))
}

/// The `Link` to the next page.
pub fn link(path: &str, limit: u32, next: Option<&str>) -> HeaderMap {
    link_with(&format!("{path}?"), limit, next)
}

/// The same for a path that has parameters already.
pub fn link_within(path: &str, limit: u32, next: Option<&str>) -> HeaderMap {
    link_with(&format!("{path}&"), limit, next)
}

fn link_with(begin: &str, limit: u32, next: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = next.map(|next| format!("<{begin}limit={limit}&cursor={next}>; rel=\"next\""));
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
        headers.insert(header::LINK, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_position_and_nonsense_to_none() {
        let position = ListPosition { created_at: Timestamp::UNIX_EPOCH, id: "int_a:b".to_owned() };
        assert_eq!(decode(&cursor(&position)), Some(position));
        for nonsense in ["", "x", "!!!!", &URL_SAFE_NO_PAD.encode("no-colon"), &"A".repeat(600)] {
            assert_eq!(decode(nonsense), None, "{nonsense}");
        }
    }
}
