//! Text as it is spoken: what signs and digits are called, and where sentences end.

use proptest::prelude::*;
use viva::domain::speech_text::{sentences, spoken_form, written_form};

#[track_caller]
fn reads(cases: &[(&str, &str)]) {
    for (text, wanted) in cases {
        assert_eq!(spoken_form(text), *wanted, "{text}");
    }
}

#[test]
fn clock_times() {
    reads(&[
        ("at 9:30 a.m.", "at nine thirty A.M."),
        ("at 9:30 a.m. on Monday", "at nine thirty A.M. on Monday"),
        ("at 9:05pm, please", "at nine oh five P.M., please"),
        ("From 5 pm to 17:00.", "From five P.M. to seventeen o'clock."),
        ("(12:15)", "(twelve fifteen)"),
        ("at 01:02:03", "at one oh two and three seconds"),
        ("a ratio of 16:9", "a ratio of 16:9"),
        ("at 25:30", "at 25:30"),
        ("I am 5 am I not", "I am five A.M. I not"),
    ]);
}

#[test]
fn dates() {
    reads(&[
        ("on 3 March 2027 at noon", "on the third of March 2027 at noon"),
        ("the 21st of November", "the twenty-first of November"),
        ("by March 3rd, 2027.", "by March third, 2027."),
        ("on Dec. 31", "on December thirty-first"),
        ("2026-11-21", "November twenty-first, 2026"),
        ("on 21/11/2026.", "on November twenty-first, 2026."),
        ("on 11/21/2026.", "on November twenty-first, 2026."),
        ("on 32/11/2026", "on 32 11 2026"),
        ("We may 5 times", "We may 5 times"),
    ]);
}

#[test]
fn money_and_percentages() {
    reads(&[
        ("from $4.5 million to $6.2 million", "from 4.5 million dollars to 6.2 million dollars"),
        ("\u{20ac}10k, or \u{a3}3bn.", "10 thousand euros, or 3 billion pounds."),
        ("it costs $5.20", "it costs $5.20"),
        ("\u{a5}1,000", "1,000 yen"),
        ("EUR 500 and USD 2 million", "500 euros and 2 million US dollars"),
        ("$5/month", "$5 per month"),
        ("$10k/year, 5GB/s", "10 thousand dollars per year, 5 gigabytes per second"),
        ("20% of 3.5%", "20 percent of 3.5 percent"),
        ("-3%, +4%", "minus 3 percent, 4 percent"),
        ("10-15% growth", "10 to 15 percent growth"),
    ]);
}

#[test]
fn quantities() {
    reads(&[
        ("10\u{2013}15 people", "10 to 15 people"),
        ("1/2 of it, 3/4, 24/7", "one half of it, three quarters, 24 7"),
        ("200ms or 1 ms", "200 milliseconds or 1 millisecond"),
        ("16 GB of memory, 3.5 GHz", "16 gigabytes of memory, 3.5 gigahertz"),
        ("10x faster, 10k users, 3M rows", "10 times faster, 10 thousand users, 3 million rows"),
        ("in the 1990s", "in the 1990s"),
        ("100 m", "100 m"),
        ("20\u{b0}C", "20 degrees Celsius"),
        ("1,250 candidates in 2025", "1,250 candidates in 2025"),
        ("99.99999999999", "99.99999999999"),
    ]);
}

#[test]
fn names_and_signs() {
    reads(&[
        ("in Q3.", "in Q 3."),
        ("EC2 and S3, 5G, 3rd", "EC 2 and S 3, 5 G, 3rd"),
        ("B2B", "B2B"),
        ("CI/CD, and/or", "CI CD, and or"),
        ("Node.js?", "Node dot js?"),
        ("R & D, A + B", "R and D, A plus B"),
        ("#1, ~50, 5+", "number 1, about 50, 5 plus"),
        ("Rust vs. Go etc.", "Rust versus Go et cetera"),
        ("C++ or C#", "C++ or C#"),
        ("the candidate\u{2019}s", "the candidate's"),
        ("e.g. this, in the U.S. market", "e.g. this, in the U.S. market"),
    ]);
}

#[test]
fn hints_on_pronunciation_are_spoken_and_not_shown() {
    let text = "Hello [Oluwaseun](/ˌOluwəsˈeun/), you have 20% [left].";
    assert_eq!(spoken_form(text), "Hello [Oluwaseun](/ˌOluwəsˈeun/), you have 20 percent [left].");
    assert_eq!(written_form(text), "Hello Oluwaseun, you have 20% [left].");
    assert_eq!(written_form("a [b](c) [d](/e"), "a [b](c) [d](/e");
}

#[test]
fn sentences_end_where_a_speaker_would_pause() {
    let split = |text: &str| sentences(text);
    assert_eq!(split("Thanks. Let's move on!  What next?"), ["Thanks.", "Let's move on!", "What next?"]);
    assert_eq!(
        split("Dr. Nguyen and J. Smith, e.g. Ann, met at 9 a.m. in Rome."),
        ["Dr. Nguyen and J. Smith, e.g. Ann, met at 9 a.m. in Rome."]
    );
    assert_eq!(split("He said \u{201c}Go.\u{201d} Then he went."), ["He said \u{201c}Go.\u{201d}", "Then he went."]);
    assert_eq!(split("It grew by 3.5 percent. 20 people came."), ["It grew by 3.5 percent.", "20 people came."]);
    assert!(split("  \n ").is_empty());
    let long = "and so it goes on, ".repeat(60);
    let parts = split(&long);
    assert!(parts.len() > 3 && parts.iter().all(|part| part.chars().count() < 300), "{parts:?}");
    assert_eq!(parts.join(" "), long.trim());
    assert!(split(&"word ".repeat(500)).iter().all(|part| part.chars().count() <= 450));
}

proptest! {
    #[test]
    fn nothing_is_too_strange_to_be_read(text in "\\PC{0,60}") {
        spoken_form(&text);
        written_form(&text);
        let joined = sentences(&text).join(" ");
        prop_assert_eq!(joined, text.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn signs_and_digits_in_any_order(text in "[0-9:/.,$%#~+\u{20ac}apmkxQ (\\[\\]-]{0,24}") {
        spoken_form(&text);
        sentences(&text);
    }
}
