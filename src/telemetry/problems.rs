//! The last warnings and errors of this process, for operators who look at a page instead of the log.
//!
//! What was said to candidates, who they are and ids that open something stay in the log alone: of an event are kept
//! its fixed words and those fields of [`SHOWN`] whose values are names or small numbers. Equal ones are counted.

use jiff::Timestamp;
use std::{
    fmt::{self, Write},
    sync::{
        Mutex, PoisonError, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{Layer, filter::filter_fn, layer::Context, registry::LookupSpan};

/// Different problems that are kept; of more, those go that happened longest ago.
pub const PROBLEMS_MAX: usize = 100;
/// Characters of a message.
const MESSAGE_CHARS_MAX: usize = 200;
/// Characters of the value of a field; whatever is longer is no name.
const VALUE_CHARS_MAX: usize = 48;
/// Fields that are part of what is the matter. Their values are ours or a provider's code: never anybody's words.
const SHOWN: &[&str] = &["code", "engine", "key", "kind", "outcome", "param", "status"];
/// Our own targets begin with it.
const CRATE: &str = "viva";

/// Something that went wrong, once or more often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The last time.
    pub at: Timestamp,
    pub first_at: Timestamp,
    /// `warn` or `error`.
    pub level: &'static str,
    /// The part of Viva that says so, such as `store`.
    pub area: String,
    pub message: String,
    pub count: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Problems {
    /// In no order. Never longer than [`PROBLEMS_MAX`], so that going through it takes no time worth mentioning.
    kept: Mutex<Vec<Problem>>,
    dropped: AtomicU64,
}

/// Of this process.
static PROBLEMS: Problems = Problems::new();

/// The problems of this process.
pub fn problems() -> &'static Problems {
    &PROBLEMS
}

impl Problems {
    /// None yet.
    pub const fn new() -> Self {
        Self { kept: Mutex::new(Vec::new()), dropped: AtomicU64::new(0) }
    }

    /// The last ones, newest first, and how many events nobody had time for.
    pub fn newest_first(&self) -> (Vec<Problem>, u64) {
        // An entry is never left half changed, so a poisoned lock is still good.
        let mut problems = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        problems.sort_by_key(|problem| std::cmp::Reverse((problem.at, problem.count)));
        (problems, self.dropped.load(Ordering::Relaxed))
    }

    /// Counts one. Nobody ever waits here: what comes while somebody reads is dropped, and that is counted.
    pub fn note(&self, at: Timestamp, level: &'static str, area: &str, message: String) {
        let mut kept = match self.kept.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        let same = |known: &&mut Problem| known.level == level && known.area == area && known.message == message;
        if let Some(known) = kept.iter_mut().find(same) {
            known.at = known.at.max(at);
            known.count = known.count.saturating_add(1);
            return;
        }
        if kept.len() >= PROBLEMS_MAX
            && let Some(oldest) = (0..kept.len()).min_by_key(|&index| kept[index].at)
        {
            kept.swap_remove(oldest);
        }
        kept.push(Problem { at, first_at: at, level, area: area.to_owned(), message, count: 1 });
    }
}

/// Notes the warnings and errors of our own code.
pub struct ProblemLayer(&'static Problems);

impl<S: Subscriber> Layer<S> for ProblemLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let level = if *metadata.level() == Level::ERROR { "error" } else { "warn" };
        let mut words = Words::default();
        event.record(&mut words);
        self.0.note(Timestamp::now(), level, area(metadata.target()), words.into_message());
    }
}

/// A layer that notes what goes wrong, whatever the log shows. Code that reports nothing of that kind never meets it.
pub fn layer<S>(problems: &'static Problems) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let ours = |metadata: &Metadata<'_>| {
        let (root, _) = metadata.target().split_once("::").unwrap_or((metadata.target(), ""));
        *metadata.level() <= Level::WARN && metadata.is_event() && root == CRATE
    };
    ProblemLayer(problems).with_filter(filter_fn(ours).with_max_level_hint(LevelFilter::WARN))
}

/// `viva::store::sql` is of `store`.
fn area(target: &str) -> &str {
    target.split("::").nth(1).unwrap_or("server")
}

/// The words of an event, without what may not be shown.
#[derive(Default)]
struct Words {
    message: String,
    fields: Vec<String>,
}

impl Words {
    fn into_message(self) -> String {
        let Self { mut message, fields } = self;
        if !fields.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(message, " ({})", fields.join(", "));
        }
        message
    }

    fn show(&mut self, field: &Field, value: &str) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.:/[]".contains(c);
        let is_short = (1..=VALUE_CHARS_MAX).contains(&value.len());
        if SHOWN.contains(&field.name()) && is_short && value.chars().all(is_name) {
            self.fields.push(format!("{}: {value}", field.name()));
        }
    }
}

impl Visit for Words {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.show(field, &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.show(field, &value.to_string());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.show(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            self.message = printable.take(MESSAGE_CHARS_MAX).collect();
        } else {
            self.show(field, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::{layer::SubscriberExt, registry};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn empty() -> &'static Problems {
        Box::leak(Box::default())
    }

    #[test]
    fn equal_problems_are_counted_and_the_oldest_make_room() {
        let problems = empty();
        for second in 1..=3 {
            problems.note(at(second), "warn", "store", "slow".to_owned());
        }
        problems.note(at(4), "error", "store", "slow".to_owned());
        let (kept, dropped) = problems.newest_first();
        let seen: Vec<_> = kept.iter().map(|one| (one.level, one.count, one.first_at, one.at)).collect();
        assert_eq!(seen, [("error", 1, at(4), at(4)), ("warn", 3, at(1), at(3))]);
        assert_eq!(dropped, 0);
        for n in 0..1_000 {
            problems.note(at(10 + n), "warn", "media", format!("problem {n}"));
        }
        let (kept, _) = problems.newest_first();
        assert_eq!((kept.len(), kept[0].message.as_str()), (PROBLEMS_MAX, "problem 999"));
        assert_eq!(kept[PROBLEMS_MAX - 1].message, "problem 900");
    }

    #[test]
    fn nobody_waits_for_a_reader() {
        let problems = empty();
        let reading = problems.kept.lock().expect("a lock");
        problems.note(at(1), "warn", "media", "while somebody reads".to_owned());
        drop(reading);
        assert_eq!(problems.newest_first(), (Vec::new(), 1));
    }

    #[test]
    fn only_our_own_warnings_are_kept_without_what_is_personal() {
        let problems = empty();
        tracing::subscriber::with_default(registry().with(layer(problems)), || {
            let (session, words) = ("ses_secret", "what was said");
            tracing::warn!(target: "viva::realtime::keys", key = 1, outcome = "refused", "a key cannot be used");
            tracing::error!(target: "viva::store", session, %words, error = "Key (email)=(ann@x.test)", "not saved");
            tracing::warn!(target: "viva", code = "not a code, but a sentence of somebody", "odd");
            tracing::info!(target: "viva::http", "nothing is wrong");
            tracing::error!(target: "vivace", "somebody else's");
            tracing::error!(target: "hyper::proto", "somebody else's");
            tracing::warn!(target: "viva::http", "{}", "long ".repeat(100));
        });
        let (mut kept, _) = problems.newest_first();
        kept.sort_by(|one, other| one.message.cmp(&other.message));
        let seen: Vec<_> = kept.iter().map(|one| (one.level, one.area.as_str(), one.message.trim_end())).collect();
        let long = "long ".repeat(40);
        assert_eq!(
            seen,
            [
                ("warn", "realtime", "a key cannot be used (key: 1, outcome: refused)"),
                ("warn", "http", long.trim_end()),
                ("error", "store", "not saved"),
                ("warn", "server", "odd"),
            ]
        );
    }
}
