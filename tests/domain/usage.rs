//! What was used and what it costs: exact, in any order, and unknown where nobody knows.

use proptest::prelude::*;
use viva::{
    domain::usage::{Cost, Kind, Ledger, NanoUsd, PriceBook, PriceFile, Source, Usage, UsageTotal},
    wire::realtime::{TranscriptionUsage, Usage as Reported},
};

/// Two models, one of them without a price for audio out.
fn prices() -> PriceBook {
    let file: PriceFile = serde_json::from_value(serde_json::json!({
        "date": "2026-11-21",
        "prices": [
            {"models": ["alpha"], "source": "a page", "date": "2026-11-20",
             "usd_per_million_tokens": {"input_text": 4, "cached_text": 0.4, "input_audio": 32, "output_audio": 64},
             "usd_per_minute": {"heard": 0.0045}},
            {"models": ["beta"], "source": "a page", "date": "2026-11-20",
             "usd_per_million_tokens": {"input_text": 0.000001}},
        ],
    }))
    .unwrap();
    PriceBook::new(file).unwrap()
}

fn bill(usages: &[Usage]) -> Cost {
    let mut ledger = Ledger::default();
    for usage in usages {
        ledger.add(usage);
    }
    Cost::of(ledger.totals(), &prices())
}

#[test]
fn amounts_are_read_and_written_exactly() {
    for (text, nano) in
        [("0", 0), ("12", 12_000_000_000), ("0.4", 400_000_000), ("0.000000001", 1), ("3.05", 3_050_000_000)]
    {
        assert_eq!(NanoUsd::parse(text), Some(NanoUsd(nano)), "{text}");
    }
    for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000000001", "1,5", "99999999999999999999", "NaN"] {
        assert_eq!(NanoUsd::parse(text), None, "{text}");
    }
    assert_eq!(NanoUsd(3_050_000_000).to_string(), "3.05");
    assert_eq!(NanoUsd(1).to_string(), "0.000000001");
    assert_eq!(NanoUsd(12_000_000_000).to_string(), "12.00");
    assert_eq!((NanoUsd::from_usd(2.5), NanoUsd::from_usd(-1.0)), (NanoUsd(2_500_000_000), NanoUsd::ZERO));
}

#[test]
fn a_bill_is_exact() {
    let usage = Usage::new(Source::Realtime, "alpha").and(Kind::InputText, 1_250).and(Kind::CachedText, 3);
    let heard = Usage::new(Source::Transcription, "alpha").and(Kind::Heard, 20_000);
    let cost = bill(&[usage, heard]);
    // 1250 × 4 and 3 × 0.4 millionths; a third of a minute at 0.0045.
    assert_eq!(cost.known, NanoUsd(5_000_000 + 1_200 + 1_500_000));
    assert_eq!(cost.total(), Some(cost.known));
}

#[test]
fn an_unknown_price_is_null_and_never_zero() {
    let known = Usage::new(Source::Realtime, "alpha").and(Kind::InputText, 10);
    for unknown in [
        Usage::new(Source::Chat, "somebody-else").and(Kind::InputText, 1),
        Usage::new(Source::Realtime, "alpha").and(Kind::OutputText, 1),
        Usage::new(Source::Realtime, "alpha").and(Kind::Input, 1),
    ] {
        let cost = bill(&[known.clone(), unknown]);
        assert_eq!((cost.total(), cost.known), (None, NanoUsd(40_000)));
        assert_eq!(cost.lines.iter().filter(|line| line.cost.is_none()).count(), 1);
    }
    assert_eq!(bill(&[]).total(), Some(NanoUsd::ZERO), "nothing used costs nothing");
}

#[test]
fn a_snapshot_costs_what_its_model_costs() {
    let prices = prices();
    let cost = |model| prices.cost(model, Kind::InputText, 1_000_000);
    assert_eq!(cost("alpha-2026-08-07"), Some(NanoUsd(4_000_000_000)));
    for other in ["alpha-2026-13-07", "alpha-mini", "alpha-", "2026-08-07", "al", "älpha-2026-08-07"] {
        assert_eq!(cost(other), None, "{other}");
    }
}

#[test]
fn nonsense_in_a_price_file_names_its_place() {
    let wrong = |json: serde_json::Value| {
        let entry = serde_json::json!({"models": ["m"], "source": "a page", "date": "2026-11-20"});
        let mut file = serde_json::json!({"date": "2026-11-21", "prices": [entry.clone(), entry]});
        file["prices"][1]["models"] = serde_json::json!(["n"]);
        for (field, value) in json.as_object().unwrap() {
            file["prices"][1][field] = value.clone();
        }
        match serde_json::from_value::<PriceFile>(file) {
            Ok(file) => PriceBook::new(file).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        }
    };
    let found = wrong(serde_json::json!({"models": ["m"]}));
    assert_eq!(found, "prices[1].models[0] has its prices already");
    let found = wrong(serde_json::json!({"usd_per_minute": {"input_text": 1}}));
    assert_eq!(found, "prices[1].usd_per_minute.input_text is of the other unit");
    assert_eq!(wrong(serde_json::json!({"source": " "})), "prices[1].source must say where the prices are from");
    for amount in [serde_json::json!(-1), serde_json::json!(1e9), serde_json::json!(0.000_000_000_1)] {
        let found = wrong(serde_json::json!({"usd_per_minute": {"heard": amount}}));
        assert!(found.contains("at most nine decimals"), "{found}");
    }
    assert!(wrong(serde_json::json!({"usd_per_hour": {}})).contains("unknown field"));
    assert!(wrong(serde_json::json!({"usd_per_minute": {"listened": 1}})).contains("unknown variant"));
}

/// What the Realtime API reports, one token each time counted once.
#[test]
fn reports_of_responses_become_kinds() {
    let read = |json: serde_json::Value| serde_json::from_value::<Reported>(json).unwrap().of_response("m");
    let usage = read(serde_json::json!({
        "total_tokens": 275, "input_tokens": 135, "output_tokens": 140,
        "input_token_details": {"text_tokens": 119, "audio_tokens": 16, "image_tokens": 0, "cached_tokens": 70,
            "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 6, "image_tokens": 0}},
        "output_token_details": {"text_tokens": 30, "audio_tokens": 110},
    }));
    let expected = Usage::new(Source::Realtime, "m")
        .and(Kind::InputText, 55)
        .and(Kind::InputAudio, 10)
        .and(Kind::CachedText, 64)
        .and(Kind::CachedAudio, 6)
        .and(Kind::OutputText, 30)
        .and(Kind::OutputAudio, 110);
    assert_eq!(usage, expected);
    let bare = read(serde_json::json!({"input_tokens": 9, "output_tokens": 4}));
    assert_eq!(bare, Usage::new(Source::Realtime, "m").and(Kind::Input, 9).and(Kind::Output, 4));
    let whole = read(serde_json::json!({
        "input_tokens": 100, "output_tokens": 0,
        "input_token_details": {"text_tokens": 40, "audio_tokens": 60, "cached_tokens": 70},
    }));
    let expected = Usage::new(Source::Realtime, "m")
        .and(Kind::InputAudio, 30)
        .and(Kind::CachedText, 40)
        .and(Kind::CachedAudio, 30);
    assert_eq!(whole, expected);
}

#[test]
fn both_shapes_of_transcriptions_are_read() {
    let read = |json| serde_json::from_value::<TranscriptionUsage>(json).unwrap().of_transcription("t");
    let seconds = read(serde_json::json!({"type": "duration", "seconds": 3.4567}));
    assert_eq!(seconds, Usage::new(Source::Transcription, "t").and(Kind::Heard, 3_457));
    let tokens = read(serde_json::json!({
        "type": "tokens", "total_tokens": 22, "input_tokens": 17, "output_tokens": 5,
        "input_token_details": {"text_tokens": 2, "audio_tokens": 15},
    }));
    let expected = Usage::new(Source::Transcription, "t").and(Kind::InputText, 2).and(Kind::InputAudio, 15);
    assert_eq!(tokens, expected.and(Kind::OutputText, 5));
    for nothing in [serde_json::json!({}), serde_json::json!({"type": "duration", "seconds": -1.0})] {
        assert!(read(nothing).is_empty());
    }
}

#[test]
fn a_ledger_does_not_grow_without_bound() {
    let mut ledger = Ledger::default();
    for n in 0..1_000 {
        ledger.add(&Usage::new(Source::Chat, &format!("model-{n}")).and(Kind::InputText, 1));
        ledger.add(&Usage::new(Source::Chat, "greedy").and(Kind::InputText, u64::MAX));
    }
    let totals: Vec<UsageTotal> = ledger.totals().collect();
    assert!(totals.len() <= 70, "{}", totals.len());
    let counted: u64 = totals.iter().filter(|total| total.model != "greedy").map(|total| total.quantity).sum();
    assert_eq!(counted, 1_000, "what has no line of its own is counted all the same");
}

fn usages() -> impl Strategy<Value = Vec<Usage>> {
    let one = (0..3_usize, 0..Kind::ALL.len(), 0..5_000_000_u64).prop_map(|(model, kind, quantity)| {
        Usage::new(Source::Realtime, ["alpha", "beta", "gamma"][model]).and(Kind::ALL[kind], quantity)
    });
    prop::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn sums_do_not_depend_on_their_order(usages in usages(), seed in any::<u64>()) {
        let mut shuffled = usages.clone();
        // Any order will do: by the hash of place and seed.
        let mut at = 0_u64;
        shuffled.sort_by_cached_key(|_| {
            at += 1;
            at.wrapping_mul(seed | 1).rotate_left(17)
        });
        prop_assert_eq!(bill(&usages), bill(&shuffled));
        let once: Vec<Usage> = usages.iter().flat_map(|usage| {
            usage.counts.iter().map(|(kind, quantity)| Usage::new(usage.source, &usage.model).and(*kind, *quantity))
        }).collect();
        prop_assert_eq!(bill(&usages), bill(&once));
    }
}
