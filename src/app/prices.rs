//! The price file: the one that comes with Viva, or the one that replaces it.

use super::StartError;
use crate::domain::usage::{PriceBook, PriceFile};
use std::path::Path;

const EMBEDDED: &str = include_str!("../../assets/prices.yaml");
/// Longest price file, in bytes.
const BYTES_MAX: u64 = 1024 * 1024;

/// Reads it. Nonsense stops the start and names its line or field.
pub(super) fn price_book(path: Option<&Path>) -> Result<PriceBook, StartError> {
    let Some(path) = path else { return parse("assets/prices.yaml", EMBEDDED) };
    let name = path.display().to_string();
    let unreadable = |problem: String| StartError::Prices { name: name.clone(), problem };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if metadata.len() > BYTES_MAX {
        return Err(unreadable("is longer than 1 MiB".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    parse(&name, &text)
}

fn parse(name: &str, text: &str) -> Result<PriceBook, StartError> {
    let wrong = |problem: String| StartError::Prices { name: name.to_owned(), problem };
    let file: PriceFile = serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))?;
    PriceBook::new(file).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::usage::Kind;

    #[test]
    fn the_file_that_comes_with_viva_prices_the_default_models() {
        let book = price_book(None).expect("the embedded file is right");
        for kind in [Kind::InputText, Kind::InputAudio, Kind::CachedAudio, Kind::OutputText, Kind::OutputAudio] {
            assert!(book.cost("gpt-realtime-2.1", kind, 1).is_some(), "{kind:?}");
        }
        assert!(book.cost("gpt-transcribe", Kind::Heard, 1_000).is_some());
        assert!(book.cost("some-model-of-ones-own", Kind::InputText, 1).is_none());
    }

    #[test]
    fn nonsense_names_its_line_or_field() {
        let entry = "date: 2026-11-21\nprices:\n  - models: [a]\n    source: a page\n    date: 2026-11-21\n";
        let error = |rest: &str| parse("prices.yaml", &format!("{entry}{rest}")).expect_err("nonsense").to_string();
        let found = error("    usd_per_minute:\n      heard: -2\n");
        assert!(found.contains("prices.yaml") && found.contains('7') && found.contains("nine decimals"), "{found}");
        let found = error("    usd_per_hour: 3\n");
        assert!(found.contains("usd_per_hour") && found.contains('6'), "{found}");
        let found = error("  - models: [b, a]\n    source: a page\n    date: 2026-11-21\n");
        assert!(found.contains("prices[1].models[1] has its prices already"), "{found}");
    }
}
