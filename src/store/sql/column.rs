//! Columns read into the domain's types; what cannot be understood is damage and names its column.

use crate::store::StoreError;
use jiff::Timestamp;
use sqlx::{Any, Decode, Row, Type, any::AnyRow};

/// A column of any of the portable types: `i64`, `String`, `Vec<u8>`, and options of them.
pub(in crate::store) fn column<'r, T>(row: &'r AnyRow, name: &'static str) -> Result<T, StoreError>
where
    T: Decode<'r, Any> + Type<Any>,
{
    row.try_get(name).map_err(|_| StoreError::Damaged(name))
}

/// A text.
pub(in crate::store) fn text(row: &AnyRow, name: &'static str) -> Result<String, StoreError> {
    column(row, name)
}

/// A whole number in the range of `T`.
pub(in crate::store) fn number<T: TryFrom<i64>>(row: &AnyRow, name: &'static str) -> Result<T, StoreError> {
    T::try_from(column::<i64>(row, name)?).map_err(|_| StoreError::Damaged(name))
}

/// A whole number in the range of `T`, or nothing.
pub(in crate::store) fn optional_number<T: TryFrom<i64>>(
    row: &AnyRow,
    name: &'static str,
) -> Result<Option<T>, StoreError> {
    let Some(value) = column::<Option<i64>>(row, name)? else { return Ok(None) };
    T::try_from(value).map(Some).map_err(|_| StoreError::Damaged(name))
}

/// A truth value: 0 or 1.
pub(in crate::store) fn flag(row: &AnyRow, name: &'static str) -> Result<bool, StoreError> {
    Ok(column::<i64>(row, name)? != 0)
}

/// A point in time, stored as milliseconds.
pub(in crate::store) fn time(row: &AnyRow, name: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(column(row, name)?).map_err(|_| StoreError::Damaged(name))
}

/// A point in time, or nothing.
pub(in crate::store) fn optional_time(row: &AnyRow, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
    let Some(ms) = column::<Option<i64>>(row, name)? else { return Ok(None) };
    Timestamp::from_millisecond(ms).map(Some).map_err(|_| StoreError::Damaged(name))
}

/// A value that is stored as JSON.
pub(in crate::store) fn from_json<T: serde::de::DeserializeOwned>(
    name: &'static str,
    json: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|_| StoreError::Damaged(name))
}

/// A value as JSON.
pub(in crate::store) fn to_json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Damaged("value cannot be written as json"))
}
