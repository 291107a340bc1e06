//! The mail that invites a candidate: what a person must know to say yes, in plain text.

use crate::domain::interview::Interview;
use jiff::Timestamp;

/// Longest subject. Mail programs show less.
const SUBJECT_CHARS_MAX: usize = 150;

/// What the mail tells.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    pub interview: &'a Interview,
    /// Whom it greets; empty: nobody by name.
    pub name: &'a str,
    pub link: &'a str,
    /// How long it takes, about.
    pub minutes: u64,
    /// `None`: it is open already.
    pub opens_at: Option<Timestamp>,
    pub closes_at: Timestamp,
    /// How often it may be used.
    pub attempts: u32,
}

impl Invitation<'_> {
    /// One line, whatever stands in the interview.
    pub fn subject(&self) -> String {
        let title = one_line(&self.interview.title);
        let subject = match one_line(&self.interview.host) {
            host if host.is_empty() => format!("Your interview: {title}"),
            host => format!("Your interview with {host}: {title}"),
        };
        if subject.chars().count() <= SUBJECT_CHARS_MAX {
            return subject;
        }
        let kept: String = subject.chars().take(SUBJECT_CHARS_MAX - 1).collect();
        format!("{}…", kept.trim_end())
    }

    /// The text. Only its own line has the link, so that every mail program makes one of it.
    pub fn body(&self) -> String {
        let interview = self.interview;
        let (title, host, name) = (one_line(&interview.title), one_line(&interview.host), one_line(self.name));
        let mut parts = vec![match name.as_str() {
            "" => "Hello,".to_owned(),
            name => format!("Hello {name},"),
        }];
        parts.push(match host.as_str() {
            "" => format!("You are invited to an interview: {title}."),
            host => format!("{host} invites you to an interview: {title}."),
        });
        let about = interview.description.trim();
        if !about.is_empty() {
            parts.push(about.to_owned());
        }
        parts.push(self.what_it_is());
        let (link, window) = (self.link, self.window());
        parts.push(format!("Open this link when you are ready:\n\n{link}\n\n{window}"));
        let contact = interview.contact.trim();
        if !contact.is_empty() {
            parts.push(format!("Questions, or something does not work? {contact}"));
        }
        parts.push("If you did not expect this mail, you need not do anything.".to_owned());
        parts.join("\n\n") + "\n"
    }

    fn what_it_is(&self) -> String {
        let count = self.interview.questions.len();
        let (questions, minutes) = (plural(count as u64, "question"), plural(self.minutes, "minute"));
        let kept = match self.interview.recording {
            true => "What you say is written down, and the sound is recorded.",
            false => "What you say is written down. The sound is not recorded.",
        };
        format!(
            "The interviewer is an AI, not a person. It asks {questions} aloud and listens to your answers. That takes \
             about {minutes}. {kept} You read the details and agree before it begins.\n\nYou need a quiet place, a \
             microphone and a current browser, on a computer or a phone."
        )
    }

    fn window(&self) -> String {
        let closes = moment(self.closes_at);
        let open = match self.opens_at {
            Some(opens_at) => format!("The link works from {} until {closes}", moment(opens_at)),
            None => format!("The link works until {closes}"),
        };
        match self.attempts {
            1 => format!("{open}, for one interview."),
            more => format!("{open}, for {more} interviews."),
        }
    }
}

/// As it is read everywhere: the candidate's own clock is not known here.
fn moment(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn plural(count: u64, one: &str) -> String {
    if count == 1 { format!("one {one}") } else { format!("{count} {one}s") }
}

/// Without line ends and other control characters: what is written by people never begins a line of its own.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
