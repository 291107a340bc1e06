//! The caller's deadline: `grpc-timeout` of the gRPC protocol over HTTP/2.

use std::time::Duration;
use tonic::{Status, metadata::MetadataMap};

/// Digits that the value may have.
const DIGITS_MAX: usize = 8;

/// How long the caller waits from now on; `None`: it does not say.
///
/// # Errors
/// A status, for a value that is none.
pub fn time_left(metadata: &MetadataMap) -> Result<Option<Duration>, Status> {
    let Some(value) = metadata.get("grpc-timeout") else { return Ok(None) };
    let parsed = value.to_str().ok().and_then(parse);
    parsed.map(Some).ok_or_else(|| Status::invalid_argument("grpc-timeout cannot be read"))
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(value * 3_600),
        "M" => Duration::from_secs(value * 60),
        "S" => Duration::from_secs(value),
        "m" => Duration::from_millis(value),
        "u" => Duration::from_micros(value),
        "n" => Duration::from_nanos(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_in_every_unit_and_refused_when_wrong() {
        let good = [
            ("1H", 3_600_000),
            ("2M", 120_000),
            ("3S", 3_000),
            ("250m", 250),
            ("99999999m", 99_999_999),
            ("5000u", 5),
            ("9000000n", 9),
        ];
        for (text, ms) in good {
            assert_eq!(parse(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "S", "5", "5 S", "-5S", "+5S", "123456789S", "5s", "5é", "1.5S"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
