//! A quote stands word for word in one answer of its question, or it is none.

use super::{evidence_of, said};
use proptest::prelude::*;
use viva::domain::{
    scorecard::{
        evidence::Answer,
        quote::{ClaimedQuote, QUOTE_CHARS_MAX, QuoteError, verify},
        words::normalised,
    },
    transcript::Role,
};

/// The answers that the table below quotes from.
fn answers() -> Vec<Answer> {
    let mut of_another_question = said(6, Role::User, "I was never in that other team");
    of_another_question.question = Some(2);
    evidence_of(&[
        said(0, Role::Assistant, "What was your own part in the billing project?"),
        said(
            1,
            Role::User,
            "I wasn't able to lead it, but I can't say  I\tdidn't help.\nWe moved the billing to Rust.",
        ),
        said(2, Role::User, "Zoë naïvely re-wrote the café’s till — 3,5 % faster 🚀 in the end"),
        said(3, Role::User, "Yes."),
        said(4, Role::User, "私は請求システムを書き直しました"),
        said(5, Role::User, "xab ab ab cafe\u{301} au lait"),
        of_another_question,
    ])
    .answers
}

fn check(item_id: &str, text: &str) -> Result<String, QuoteError> {
    let claimed = ClaimedQuote { item_id: item_id.to_owned(), text: text.to_owned() };
    verify(&claimed, &answers()).map(|quote| quote.text)
}

#[test]
fn only_what_was_said_is_a_quote() {
    use QuoteError::{CutsWord, NoSuchAnswer, NotVerbatim, TooLong, TooShort};
    let long = "billing ".repeat(1_250);
    let cases: &[(&str, &str, Result<&str, QuoteError>)] = &[
        ("item_1", "We moved the billing to Rust.", Ok("We moved the billing to Rust.")),
        ("item_1", "We moved the billing to Rust", Ok("We moved the billing to Rust")),
        // Whitespace is the one thing that may differ, and comes back normalised.
        ("item_1", "I can't say I didn't help.", Ok("I can't say I didn't help.")),
        ("item_1", "  say \u{A0} I \n didn't\thelp. ", Ok("say I didn't help.")),
        ("item_1", "help. We moved the", Ok("help. We moved the")),
        // Another case, punctuation, spelling, composition, apostrophe.
        ("item_1", "we moved the billing to Rust.", Err(NotVerbatim)),
        ("item_1", "WE MOVED THE BILLING", Err(NotVerbatim)),
        ("item_1", "We moved the billing to Rust!", Err(NotVerbatim)),
        ("item_1", "I can\u{2019}t say I", Err(NotVerbatim)),
        ("item_1", "We moved the billing, to Rust.", Err(NotVerbatim)),
        ("item_2", "Zoe\u{308} naïvely re-wrote the", Err(NotVerbatim)),
        // Stitched, shortened, put in order, corrected, translated, explained.
        ("item_1", "I wasn't able to lead it … We moved the billing to Rust.", Err(NotVerbatim)),
        ("item_1", "I wasn't able to lead it... the billing to Rust.", Err(NotVerbatim)),
        ("item_1", "I wasn't able to lead it We moved the billing", Err(NotVerbatim)),
        ("item_1", "We moved [the billing] to Rust.", Err(NotVerbatim)),
        ("item_1", "I was able to lead it", Err(NotVerbatim)),
        ("item_1", "\"We moved the billing to Rust.\"", Err(NotVerbatim)),
        ("item_1", "The candidate moved the billing to Rust", Err(NotVerbatim)),
        ("item_1", "We moved the billing\u{200B} to Rust", Err(NotVerbatim)),
        // A part of a word means something else.
        ("item_1", "I can", Err(TooShort)),
        ("item_1", "but I can", Err(CutsWord)),
        ("item_1", "able to lead it, but I c", Err(CutsWord)),
        ("item_1", "t able to lead it", Err(CutsWord)),
        ("item_1", "able to lead it", Ok("able to lead it")),
        ("item_1", "ved the billing to", Err(CutsWord)),
        ("item_2", "wrote the café’s till", Err(CutsWord)),
        ("item_2", "re-wrote the café", Err(CutsWord)),
        ("item_2", "re-wrote the café’s till", Ok("re-wrote the café’s till")),
        ("item_2", "3,5 % faster 🚀 in the end", Ok("3,5 % faster 🚀 in the end")),
        ("item_5", "b ab ab", Err(CutsWord)),
        ("item_5", "ab ab cafe", Err(CutsWord)),
        ("item_5", "ab ab cafe\u{301} au", Ok("ab ab cafe\u{301} au")),
        // Somebody else's words, another question's, another item's, nobody's.
        ("item_0", "What was your own part", Err(NoSuchAnswer)),
        ("item_1", "What was your own part", Err(NotVerbatim)),
        ("item_6", "I was never in that other team", Err(NoSuchAnswer)),
        ("item_2", "We moved the billing to Rust.", Err(NotVerbatim)),
        ("item_99", "We moved the billing to Rust.", Err(NoSuchAnswer)),
        ("", "We moved the billing to Rust.", Err(NoSuchAnswer)),
        ("ITEM_1", "We moved the billing to Rust.", Err(NoSuchAnswer)),
        // Too little and too much.
        ("item_1", "", Err(TooShort)),
        ("item_1", " \n\t ", Err(TooShort)),
        ("item_1", "…", Err(TooShort)),
        ("item_1", "the billing", Err(TooShort)),
        ("item_3", "Yes.", Ok("Yes.")),
        ("item_3", "Yes", Err(TooShort)),
        ("item_1", &long, Err(TooLong)),
        // Scripts without spaces have no word boundaries to cut.
        ("item_4", "請求システムを", Ok("請求システムを")),
        ("item_4", "請求", Err(TooShort)),
        ("item_4", "請求システムが", Err(NotVerbatim)),
    ];
    for (item_id, text, expected) in cases {
        assert_eq!(check(item_id, text).as_deref(), expected.as_ref().map(|text| *text), "{text:?}");
    }
}

#[test]
fn a_quote_of_the_bound_is_taken_and_one_of_more_is_not() {
    let content = "word ".repeat(QUOTE_CHARS_MAX);
    let answers = evidence_of(&[said(1, Role::User, &content)]).answers;
    let claim = |chars: usize| ClaimedQuote { item_id: "item_1".to_owned(), text: content[..chars].to_owned() };
    assert_eq!(verify(&claim(QUOTE_CHARS_MAX - 1), &answers).map(|quote| quote.text.len()), Ok(QUOTE_CHARS_MAX - 1));
    assert_eq!(verify(&claim(QUOTE_CHARS_MAX + 4), &answers), Err(QuoteError::TooLong));
}

proptest! {
    /// Whatever is claimed of whatever was said: what comes back stands in the answer.
    #[test]
    fn what_comes_back_was_said(content in ".{0,200}", claim in ".{0,60}", from in 0_usize..200, chars in 0_usize..80) {
        let answers = evidence_of(&[said(1, Role::User, &content)]).answers;
        let part: String = content.chars().skip(from).take(chars).collect();
        for text in [claim, part] {
            let claimed = ClaimedQuote { item_id: "item_1".to_owned(), text: text.clone() };
            if let Ok(quote) = verify(&claimed, &answers) {
                prop_assert!(normalised(&content).contains(&quote.text));
                prop_assert_eq!(quote.text, normalised(&text));
            }
        }
    }
}
