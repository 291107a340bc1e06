//! Money, percentages, ranges, fractions and units.

use super::{
    number::{cardinal, is_number, leading_number, small},
    word::Word,
};

const MAGNITUDES: [&str; 5] = ["hundred", "thousand", "million", "billion", "trillion"];
/// Letters behind a number.
const SHORT_MAGNITUDES: [(&str, &str); 5] =
    [("k", "thousand"), ("m", "million"), ("b", "billion"), ("bn", "billion"), ("mn", "million")];
/// Signs and codes: one of it, more of it.
const CURRENCIES: [(&str, &str, &str); 9] = [
    ("$", "dollar", "dollars"),
    ("\u{20ac}", "euro", "euros"),
    ("\u{a3}", "pound", "pounds"),
    ("\u{a5}", "yen", "yen"),
    ("\u{20b9}", "rupee", "rupees"),
    ("USD", "US dollar", "US dollars"),
    ("EUR", "euro", "euros"),
    ("GBP", "pound", "pounds"),
    ("CHF", "Swiss franc", "Swiss francs"),
];
const UNITS: [(&str, &str, &str); 24] = [
    ("ms", "millisecond", "milliseconds"),
    ("s", "second", "seconds"),
    ("min", "minute", "minutes"),
    ("h", "hour", "hours"),
    ("hrs", "hour", "hours"),
    ("km", "kilometer", "kilometers"),
    ("cm", "centimeter", "centimeters"),
    ("mm", "millimeter", "millimeters"),
    ("kg", "kilogram", "kilograms"),
    ("kB", "kilobyte", "kilobytes"),
    ("KB", "kilobyte", "kilobytes"),
    ("MB", "megabyte", "megabytes"),
    ("GB", "gigabyte", "gigabytes"),
    ("TB", "terabyte", "terabytes"),
    ("Hz", "hertz", "hertz"),
    ("kHz", "kilohertz", "kilohertz"),
    ("MHz", "megahertz", "megahertz"),
    ("GHz", "gigahertz", "gigahertz"),
    ("Mbps", "megabit per second", "megabits per second"),
    ("Gbps", "gigabit per second", "gigabits per second"),
    ("mph", "mile per hour", "miles per hour"),
    ("\u{b0}C", "degree Celsius", "degrees Celsius"),
    ("\u{b0}F", "degree Fahrenheit", "degrees Fahrenheit"),
    ("\u{b0}", "degree", "degrees"),
];
const FRACTIONS: [&str; 9] = ["half", "third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/// Reads an amount at the front of `words`: what to say, and how many words it took.
pub(super) fn read(words: &[Word<'_>], _previous: &str) -> Option<(String, usize)> {
    money(words).or_else(|| rate(words)).or_else(|| alone(words.first()?)).or_else(|| unit(words))
}

/// `$4.5 million`, `$10k`, `EUR 500`. A sign with a plain number is left to the phonemizer, except for the rarer ones.
fn money(words: &[Word<'_>]) -> Option<(String, usize)> {
    let word = words.first()?;
    let (sign, one, more) = CURRENCIES.iter().find(|(sign, ..)| word.core.starts_with(sign))?;
    let behind = &word.core[sign.len()..];
    // A code stands before its number; a sign is on it.
    let (amount, amount_word, mut used) = if behind.is_empty() && word.after.is_empty() {
        (words.get(1)?.core, words.get(1)?, 2)
    } else {
        (behind, word, 1)
    };
    let (number, rest) = leading_number(amount)?;
    let mut last = amount_word;
    let mut magnitude = SHORT_MAGNITUDES.iter().find(|(short, _)| rest.eq_ignore_ascii_case(short)).map(|(_, m)| *m);
    if magnitude.is_none() && !rest.is_empty() {
        return None;
    }
    let next = words.get(used).filter(|_| magnitude.is_none() && last.after.is_empty());
    if let Some(next) = next.filter(|next| MAGNITUDES.contains(&next.core)) {
        magnitude = Some(next.core);
        last = next;
        used += 1;
    }
    let spoken = match magnitude {
        Some(magnitude) => format!("{number} {magnitude} {more}"),
        None if matches!(*sign, "$" | "\u{20ac}" | "\u{a3}") => return None,
        None => format!("{number} {}", if number == "1" { one } else { more }),
    };
    Some((format!("{}{spoken}{}", word.before, last.after), used))
}

/// `$5/month`, `$10k/year`, `100/s`: per.
fn rate(words: &[Word<'_>]) -> Option<(String, usize)> {
    let word = words.first()?;
    let (amount, per) = word.core.split_once('/')?;
    let by_itself = [Word { before: "", core: amount, after: "" }];
    let priced = CURRENCIES.iter().find_map(|(sign, ..)| amount.strip_prefix(sign)).unwrap_or(amount);
    let amount = match money(&by_itself).or_else(|| unit(&by_itself)) {
        Some((spoken, _)) => spoken,
        None => is_number(priced).then(|| amount.to_owned())?,
    };
    let per = UNITS.iter().find(|(short, ..)| *short == per).map_or(per, |(_, one, _)| *one);
    let wordy = !per.is_empty() && per.chars().all(|c| c.is_alphabetic() || c == ' ');
    wordy.then(|| (word.with(&format!("{amount} per {per}")), 1))
}

/// What one word says by itself: `20%`, `10-15%`, `10–15`, `1/2`.
fn alone(word: &Word<'_>) -> Option<(String, usize)> {
    let (amount, percent) = word.core.strip_suffix('%').map_or((word.core, ""), |amount| (amount, " percent"));
    let range = amount.split_once(['-', '\u{2013}']).filter(|(from, _)| !from.is_empty());
    let spoken = if let Some((from, to)) = range {
        let short = |text: &str| is_number(text) && text.len() <= 5;
        (short(from) && short(to)).then(|| format!("{from} to {to}{percent}"))?
    } else if percent.is_empty() {
        fraction(amount)?
    } else {
        let (sign, amount) = signed(amount);
        is_number(amount).then(|| format!("{sign}{amount}{percent}"))?
    };
    Some((word.with(&spoken), 1))
}

fn signed(amount: &str) -> (&'static str, &str) {
    match amount.strip_prefix(['-', '\u{2212}']) {
        Some(amount) => ("minus ", amount),
        None => ("", amount.strip_prefix('+').unwrap_or(amount)),
    }
}

/// `1/2` → one half; `24/7` and other pairs are said one after the other.
fn fraction(core: &str) -> Option<String> {
    let (above, below) = core.split_once('/')?;
    let (above, below) = (small(above, 2)?, small(below, 2)?);
    if above == 0 || above >= below || below > 10 {
        return Some(format!("{above} {below}"));
    }
    let part = FRACTIONS[below as usize - 2];
    Some(match (above, part) {
        (1, _) => format!("one {part}"),
        (_, "half") => format!("{} halves", cardinal(above)),
        _ => format!("{} {part}s", cardinal(above)),
    })
}

/// `200ms`, `200 ms`, `10x`, `10k`.
fn unit(words: &[Word<'_>]) -> Option<(String, usize)> {
    let word = words.first()?;
    let (sign, core) = signed(word.core);
    let (number, rest) = leading_number(core)?;
    let one = number == "1";
    if rest.is_empty() {
        let next = words.get(1).filter(|_| word.after.is_empty())?;
        // Single letters and short words may be anything when they stand alone.
        let (_, single, several) =
            UNITS.iter().find(|(short, ..)| *short == next.core && !matches!(*short, "s" | "h"))?;
        let name = if one { single } else { several };
        return Some((format!("{}{sign}{number} {name}{}", word.before, next.after), 2));
    }
    let spoken = if let Some((_, single, several)) = UNITS.iter().find(|(short, ..)| *short == rest) {
        // `1990s` is a decade.
        if rest == "s" && number.len() >= 2 && number.ends_with('0') {
            return None;
        }
        if one { (*single).to_owned() } else { (*several).to_owned() }
    } else if rest == "x" {
        "times".to_owned()
    } else {
        SHORT_MAGNITUDES.iter().find(|(short, _)| rest.eq_ignore_ascii_case(short))?.1.to_owned()
    };
    Some((word.with(&format!("{sign}{number} {spoken}")), 1))
}
