//! Reading what other servers write: null for absent, fractions for milliseconds, and the type before the rest.

use crate::wire::realtime::ParseError;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;
use std::borrow::Cow;

/// The two fields that every event has.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    event_id: Option<Cow<'a, str>>,
}

/// An event with the fields that are not its own.
pub(super) struct Parsed<T> {
    pub event_id: Option<String>,
    pub kind: String,
    pub event: T,
}

/// Reads an event. When a field is null where a value is expected, reads it once more with the nulls left out.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<Parsed<T>, ParseError> {
    let head: Head<'_> = serde_json::from_str(text)?;
    let kind = head.kind.ok_or(ParseError::NoType)?.into_owned();
    let event = match serde_json::from_str(text) {
        Ok(event) => event,
        Err(_) => serde_json::from_value(without_nulls(serde_json::from_str(text)?))?,
    };
    Ok(Parsed { event_id: head.event_id.map(Cow::into_owned), kind, event })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.into_iter().filter(|(_, field)| !field.is_null()).map(|(k, v)| (k, without_nulls(v))).collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// Whole numbers that some servers write with a fraction; negative ones become 0.
pub(super) fn whole<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    // `as` saturates, and turns NaN into 0.
    Ok(f64::deserialize(d)?.round() as u64)
}

/// Keeps "absent" (`None`) and "null" (`Some(None)`) apart.
pub(super) mod nullable {
    use super::*;

    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<Option<T>>, s: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(inner) => inner.serialize(s),
            None => s.serialize_none(),
        }
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
        Option::<T>::deserialize(d).map(Some)
    }
}
