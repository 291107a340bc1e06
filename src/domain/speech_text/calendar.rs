//! Dates and clock times.

use super::{
    number::{cardinal, ordinal, small},
    word::Word,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Reads a date or a time at the front of `words`: what to say, and how many words it took.
pub(super) fn read(words: &[Word<'_>], previous: &str) -> Option<(String, usize)> {
    clock(words).or_else(|| numeric_date(words)).or_else(|| day_month(words, previous)).or_else(|| month_day(words))
}

/// `9:30`, `9:30 a.m.`, `17:05:30`, `5 pm`, `5pm`.
fn clock(words: &[Word<'_>]) -> Option<(String, usize)> {
    let word = words.first()?;
    let (time, own_half) = split_half(word.core);
    let next = words.get(1).filter(|_| own_half.is_none() && word.after.is_empty());
    let next_half = next.and_then(|next| half(next.core));
    let spoken = time_words(time, own_half.is_some() || next_half.is_some())?;
    let (half, last, used) = match (own_half, next_half, next) {
        (Some(half), ..) => (half, word, 1),
        (None, Some(half), Some(next)) => (half, next, 2),
        _ => return Some((word.with(&spoken), 1)),
    };
    // The full stop is part of `a.m.`; it need not be said that a sentence ends there.
    let after = last.after.strip_prefix('.').unwrap_or(last.after);
    Some((format!("{}{spoken} {half}.M.{after}", word.before), used))
}

/// `A` or `P`, if `text` says which half of the day.
fn half(text: &str) -> Option<char> {
    match text.to_ascii_lowercase().as_str() {
        "am" | "a.m" => Some('A'),
        "pm" | "p.m" => Some('P'),
        _ => None,
    }
}

/// `9:30am` → (`9:30`, `A`).
fn split_half(core: &str) -> (&str, Option<char>) {
    let end = core.rfind(|c: char| c.is_ascii_digit()).map_or(0, |at| at + 1);
    match half(&core[end..]) {
        Some(half) => (&core[..end], Some(half)),
        None => (core, None),
    }
}

fn time_words(time: &str, has_half: bool) -> Option<String> {
    let mut parts = time.split(':');
    let hour = small(parts.next()?, 2).filter(|hour| *hour <= 24)?;
    let Some(minute) = parts.next() else {
        return (has_half && (1..=12).contains(&hour)).then(|| cardinal(hour));
    };
    let minute = small(minute, 2).filter(|value| minute.len() == 2 && *value < 60)?;
    let seconds = parts.next().map(|text| small(text, 2).filter(|value| *value < 60));
    let mut words = cardinal(hour);
    match minute {
        0 if has_half || seconds.is_some() => {}
        0 => words.push_str(" o'clock"),
        1..10 => words.push_str(&format!(" oh {}", cardinal(minute))),
        _ => words.push_str(&format!(" {}", cardinal(minute))),
    }
    match seconds {
        None => {}
        Some(Some(1)) => words.push_str(" and one second"),
        Some(Some(seconds)) => words.push_str(&format!(" and {} seconds", cardinal(seconds))),
        Some(None) => return None,
    }
    parts.next().is_none().then_some(words)
}

/// `2026-11-21`, `21/11/2026`, `11/21/2026`.
fn numeric_date(words: &[Word<'_>]) -> Option<(String, usize)> {
    let word = words.first()?;
    let three = |separator: char| {
        let parts: Vec<&str> = word.core.split(separator).collect();
        <[&str; 3]>::try_from(parts).ok()
    };
    let (year, month, day) = if let Some([year, month, day]) = three('-') {
        (year, small(month, 2)?, small(day, 2)?)
    } else {
        let [first, second, year] = three('/')?;
        let (first, second) = (small(first, 2)?, small(second, 2)?);
        let (month, day) = if first > 12 { (second, first) } else { (first, second) };
        (year, month, day)
    };
    small(year, 4).filter(|_| year.len() == 4)?;
    let month = month_name(month)?;
    let day = day_words(day)?;
    Some((word.with(&format!("{month} {day}, {year}")), 1))
}

/// `3 March`, `3rd of March`; the year that may follow is read as it is.
fn day_month(words: &[Word<'_>], previous: &str) -> Option<(String, usize)> {
    let day = words.first().filter(|word| word.after.is_empty())?;
    let number = day_words(day_number(day.core)?)?;
    let of = usize::from(words.get(1)?.core == "of");
    let last = words.get(1 + of)?;
    let month = month_named(last.core)?;
    let the = if previous.eq_ignore_ascii_case("the") { "" } else { "the " };
    Some((format!("{}{the}{number} of {month}{}", day.before, last.after), 2 + of))
}

/// `March 3`, `March 3rd, 2027`.
fn month_day(words: &[Word<'_>]) -> Option<(String, usize)> {
    let month = words.first().filter(|word| word.after.is_empty() || word.after == ".")?;
    let name = month_named(month.core)?;
    let day = words.get(1)?;
    let number = day_words(day_number(day.core)?)?;
    Some((format!("{}{name} {number}{}", month.before, day.after), 2))
}

/// `3`, `3rd`, `21st` → the number.
fn day_number(core: &str) -> Option<u32> {
    let digits = core.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &core[digits.len()..];
    matches!(suffix, "" | "st" | "nd" | "rd" | "th").then(|| small(digits, 2)).flatten()
}

fn day_words(day: u32) -> Option<String> {
    (1..=31).contains(&day).then(|| ordinal(day))
}

fn month_name(month: u32) -> Option<&'static str> {
    MONTHS.get((month as usize).checked_sub(1)?).copied()
}

/// A month by its name or the first three letters of it, in upper case as names are.
fn month_named(text: &str) -> Option<&'static str> {
    let short = |month: &&&str| text == **month || (text.len() == 3 && month.starts_with(text)) || text == "Sept";
    let found = MONTHS.iter().find(|month| short(month))?;
    Some(if text == "Sept" { "September" } else { found })
}
