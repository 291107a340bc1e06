//! Number words.

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 6] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy"];

/// Numbers below 80, which is all that clocks and calendars need.
pub(super) fn cardinal(number: u32) -> String {
    match number {
        0..20 => ONES[number as usize].to_owned(),
        20..80 => {
            let tens = TENS[number as usize / 10 - 2];
            if number.is_multiple_of(10) { tens.to_owned() } else { format!("{tens}-{}", ONES[number as usize % 10]) }
        }
        _ => number.to_string(),
    }
}

/// Ordinals of the days of a month.
pub(super) fn ordinal(number: u32) -> String {
    let words = cardinal(number);
    let (head, last) = words.rsplit_once('-').map_or(("", words.as_str()), |(head, last)| (head, last));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        other => other.strip_suffix('y').map_or_else(|| format!("{other}th"), |stem| format!("{stem}ieth")),
    };
    if head.is_empty() { last } else { format!("{head}-{last}") }
}

/// Digits, perhaps with thousands separators and one decimal point.
pub(super) fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = whole.split(',').enumerate().all(|(at, group)| digits(group) && (at == 0 || group.len() == 3));
    grouped && digits(fraction)
}

/// A number at the front of `text`, and what follows it.
pub(super) fn leading_number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    is_number(number).then_some((number, rest))
}

/// `text` as a small whole number of at most `digits` digits.
pub(super) fn small(text: &str, digits: usize) -> Option<u32> {
    let fits = (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}
