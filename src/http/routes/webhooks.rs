//! Who is told of sessions: endpoints, what was delivered to them, and delivering it again.

use crate::{
    domain::{
        auth::{Action, Principal, may},
        id::encode_128_bits,
        webhook::{ROTATION, secret_text},
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        openapi::Problem,
        paging::{self, PageQuery},
        routes::{
            now,
            sessions::allowed,
            webhook_body::{
                DeliveryList, DeliveryView, ReplayBody, ReplayView, WebhookBody, WebhookList, WebhookView,
                WebhookWithSecret,
            },
        },
    },
    random,
    store::{
        ListPosition,
        webhooks::{CONFIGURED_WEBHOOK, Delivery, DeliveryStatus, WebhookChange, WebhookEndpoint},
    },
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Endpoints of one owner.
const WEBHOOKS_MAX: u32 = 20;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, update, delete))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(deliveries))
        .routes(routes!(replay_delivery))
}

/// Which deliveries are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveryFilter {
    /// `pending`, `delivered`, `failed` or `cancelled`.
    #[param(example = "failed")]
    status: Option<String>,
}

/// Makes an endpoint. A user's hears of the user's sessions, a platform's of all.
#[utoipa::path(
    post, path = "/api/v1/webhooks", tag = "webhooks", request_body = WebhookBody,
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 201, description = "It is kept; the secret is shown this once", body = WebhookWithSecret),
        (status = 409, description = "`conflict`: the owner has as many as there may be",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Body(body): Body<WebhookBody>,
) -> ApiResult<(StatusCode, HeaderMap, Json<WebhookWithSecret>)> {
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    let owner = principal.owner().ok_or_else(ApiError::not_found)?;
    let (description, events) = (body.description()?.unwrap_or_default(), body.events()?.flatten());
    let url = body.url.ok_or_else(|| ApiError::field("/url", "is missing"))?;
    let url = state.webhooks.check_address(&url, &owner).await.map_err(bad_url)?;
    let (secret, at) = (new_secret(), now());
    let endpoint = WebhookEndpoint {
        webhook_id: format!("whk_{}", encode_128_bits(random::bytes())),
        owner,
        url,
        description,
        events,
        enabled: body.enabled.unwrap_or(true),
        disabled_reason: None,
        secret: Some(SecretString::from(secret.clone())),
        old_secret: None,
        failing_since: None,
        last_success_at: None,
        created_at: at,
        updated_at: at,
    };
    if !state.database.create_webhook(endpoint.clone(), WEBHOOKS_MAX).await? {
        let detail = format!("There are {WEBHOOKS_MAX} already: delete one that is not needed");
        return Err(ApiError::new(ErrorCode::Conflict, detail));
    }
    let mut headers = secret_headers();
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/webhooks/{}", endpoint.webhook_id)) {
        headers.insert(header::LOCATION, location);
    }
    let webhook = WebhookView::of(endpoint, at);
    Ok((StatusCode::CREATED, headers, Json(WebhookWithSecret { webhook, secret })))
}

/// One's own endpoints, newest first; a platform sees all, the configured one among them.
#[utoipa::path(
    get, path = "/api/v1/webhooks", tag = "webhooks", params(PageQuery),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, description = "`Link` leads to the next page", body = WebhookList))
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> ApiResult<(HeaderMap, Json<WebhookList>)> {
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    let owner = match &principal {
        Principal::User { .. } => principal.owner(),
        _ => None,
    };
    let (limit, after) = (page.limit()?, page.after()?);
    let mut found = state.database.list_webhooks(owner.as_ref(), after.as_ref(), limit + 1).await?;
    let position =
        |endpoint: &WebhookEndpoint| ListPosition { created_at: endpoint.created_at, id: endpoint.webhook_id.clone() };
    let next_cursor = paging::cut(&mut found, limit, position);
    let headers = paging::link("/api/v1/webhooks", limit, next_cursor.as_deref());
    let at = now();
    let webhooks = found.into_iter().map(|endpoint| WebhookView::of(endpoint, at)).collect();
    Ok((headers, Json(WebhookList { webhooks, next_cursor })))
}

/// One endpoint. Its secret is not shown again.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks", params(("webhook_id" = String, Path)),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = WebhookView))
)]
pub async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<WebhookView>> {
    let principal = caller.principal(&state).await?;
    let endpoint = own(&state, &principal, &id).await?;
    Ok(Json(WebhookView::of(endpoint, now())))
}

/// Changes what the body names; what it leaves out stays.
#[utoipa::path(
    patch, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks", request_body = WebhookBody,
    params(("webhook_id" = String, Path)),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = WebhookView),
        (status = 409, description = "`conflict`: it is the configured one",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn update(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<WebhookBody>,
) -> ApiResult<Json<WebhookView>> {
    let principal = caller.principal(&state).await?;
    let endpoint = own(&state, &principal, &id).await?;
    changeable(&endpoint)?;
    let (description, events) = (body.description()?, body.events()?);
    let url = match body.url {
        Some(url) => Some(state.webhooks.check_address(&url, &endpoint.owner).await.map_err(bad_url)?),
        None => None,
    };
    let change = WebhookChange { url, description, events, enabled: body.enabled };
    let at = now();
    let changed = state.database.change_webhook(&id, change, at).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(WebhookView::of(changed, at)))
}

/// Deletes an endpoint, what waits for it, and the log of what was delivered to it.
#[utoipa::path(
    delete, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks", params(("webhook_id" = String, Path)),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`conflict`: it is the configured one",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn delete(State(state): State<AppState>, Path(id): Path<String>, caller: Caller) -> ApiResult<StatusCode> {
    let principal = caller.principal(&state).await?;
    changeable(&own(&state, &principal, &id).await?)?;
    match state.database.delete_webhook(&id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::not_found()),
    }
}

/// Gives it a new secret. For 24 hours both sign, each delivery with two signatures; a rotation meanwhile ends the
/// oldest one at once.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook_id}/rotate", tag = "webhooks", params(("webhook_id" = String, Path)),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The new secret is shown this once", body = WebhookWithSecret),
        (status = 409, description = "`conflict`: it is the configured one",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn rotate(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<(HeaderMap, Json<WebhookWithSecret>)> {
    let principal = caller.principal(&state).await?;
    changeable(&own(&state, &principal, &id).await?)?;
    let (secret, at) = (new_secret(), now());
    let until = at.checked_add(ROTATION).unwrap_or(at);
    let rotated = state.database.rotate_webhook(&id, SecretString::from(secret.clone()), until, at).await?;
    let webhook = WebhookView::of(rotated.ok_or_else(ApiError::not_found)?, at);
    Ok((secret_headers(), Json(WebhookWithSecret { webhook, secret })))
}

/// Delivers a `webhook.test` event, once, whether the endpoint is on or off. The log shows what came of it.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook_id}/test", tag = "webhooks", params(("webhook_id" = String, Path)),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 202, description = "It is on its way", body = DeliveryView))
)]
pub async fn test(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<(StatusCode, Json<DeliveryView>)> {
    let principal = caller.principal(&state).await?;
    own(&state, &principal, &id).await?;
    let delivery = state.database.deliver_test(&id, now()).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}

/// Delivers what it did not get since then: what failed or was cancelled, and what happened while it was off or not
/// there. At most 500 deliveries a call.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook_id}/replay", tag = "webhooks", request_body = ReplayBody,
    params(("webhook_id" = String, Path)),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 202, description = "They are on their way", body = ReplayView),
        (status = 409, description = "`conflict`: it is switched off",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn replay(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<ReplayBody>,
) -> ApiResult<(StatusCode, Json<ReplayView>)> {
    let principal = caller.principal(&state).await?;
    switched_on(&own(&state, &principal, &id).await?)?;
    let since = in_range(body.since)?;
    let replayed = state.database.replay_webhook(&id, since, now()).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::ACCEPTED, Json(ReplayView { queued: replayed.queued, more: replayed.more })))
}

/// What was delivered to it, and what was tried, newest first. Kept for 30 days.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{webhook_id}/deliveries", tag = "webhooks",
    params(("webhook_id" = String, Path), DeliveryFilter, PageQuery),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, description = "`Link` leads to the next page", body = DeliveryList))
)]
pub async fn deliveries(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Query(filter): Query<DeliveryFilter>,
    Query(page): Query<PageQuery>,
) -> ApiResult<(HeaderMap, Json<DeliveryList>)> {
    let principal = caller.principal(&state).await?;
    own(&state, &principal, &id).await?;
    let status = match &filter.status {
        Some(name) => Some(
            DeliveryStatus::named(name)
                .ok_or_else(|| ApiError::field("/status", "must be one of pending, delivered, failed, cancelled"))?,
        ),
        None => None,
    };
    let (limit, after) = (page.limit()?, page.after()?);
    let mut found = state.database.deliveries(&id, status, after.as_ref(), limit + 1).await?;
    let position =
        |delivery: &Delivery| ListPosition { created_at: delivery.created_at, id: delivery.delivery_id.clone() };
    let next_cursor = paging::cut(&mut found, limit, position);
    let filtered = status.map_or_else(String::new, |status| format!("&status={}", status.as_str()));
    let next = next_cursor.as_ref().map(|cursor| format!("{cursor}{filtered}"));
    let headers = paging::link(&format!("/api/v1/webhooks/{id}/deliveries"), limit, next.as_deref());
    let deliveries = found.into_iter().map(DeliveryView::from).collect();
    Ok((headers, Json(DeliveryList { deliveries, next_cursor })))
}

/// Delivers it again, with the same `webhook-id`, whatever came of it before.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", tag = "webhooks",
    params(("webhook_id" = String, Path), ("delivery_id" = String, Path)),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 202, description = "It is on its way", body = DeliveryView),
        (status = 409, description = "`conflict`: the endpoint is switched off",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn replay_delivery(
    State(state): State<AppState>,
    Path((id, delivery_id)): Path<(String, String)>,
    caller: Caller,
) -> ApiResult<(StatusCode, Json<DeliveryView>)> {
    let principal = caller.principal(&state).await?;
    switched_on(&own(&state, &principal, &id).await?)?;
    let replayed = state.database.replay_delivery(&id, &delivery_id, now()).await?;
    let delivery = replayed.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}

/// The endpoint of the path, if it is the principal's. What is foreign and what is unknown look the same.
async fn own(state: &AppState, principal: &Principal, id: &str) -> ApiResult<WebhookEndpoint> {
    let endpoint = state.database.webhook(id).await?.ok_or_else(ApiError::not_found)?;
    allowed(may(principal, &Action::Interview { owner: &endpoint.owner }))?;
    Ok(endpoint)
}

fn changeable(endpoint: &WebhookEndpoint) -> ApiResult<()> {
    if endpoint.webhook_id == CONFIGURED_WEBHOOK {
        let detail = "It comes from VIVA_WEBHOOK_URL and VIVA_WEBHOOK_SECRET: change it there";
        return Err(ApiError::new(ErrorCode::Conflict, detail));
    }
    Ok(())
}

fn switched_on(endpoint: &WebhookEndpoint) -> ApiResult<()> {
    match endpoint.enabled {
        true => Ok(()),
        false => Err(ApiError::new(ErrorCode::Conflict, "It is switched off: switch it on, then replay")),
    }
}

/// A time that the store can hold.
fn in_range(since: Timestamp) -> ApiResult<Timestamp> {
    let since = Timestamp::from_millisecond(since.as_millisecond());
    since.map_err(|_| ApiError::field("/since", "is out of range"))
}

fn bad_url(error: crate::webhooks::AddressError) -> ApiError {
    ApiError::field("/url", error.to_string())
}

fn new_secret() -> String {
    secret_text(&random::bytes::<32>())
}

/// What is shown once is kept by nobody on the way.
fn secret_headers() -> HeaderMap {
    HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))])
}
