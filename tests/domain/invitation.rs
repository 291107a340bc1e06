//! The mail that invites a candidate.

use jiff::Timestamp;
use viva::domain::{
    interview::{Interview, Question},
    invitation::Invitation,
};

const LINK: &str = "https://viva.example/i/0123";

fn interview() -> Interview {
    Interview {
        title: "Backend, first round".to_owned(),
        description: "About what you built last.\n\nNo trick questions.".to_owned(),
        host: "Ada of Example Ltd".to_owned(),
        contact: "help@example.com".to_owned(),
        recording: true,
        questions: vec![Question::default(), Question::default()],
        ..Interview::default()
    }
}

fn of(interview: &Interview) -> Invitation<'_> {
    let closes_at: Timestamp = "2026-11-28T14:05:00Z".parse().expect("a time");
    Invitation { interview, name: "Grace", link: LINK, minutes: 4, opens_at: None, closes_at, attempts: 1 }
}

#[test]
fn it_says_what_a_candidate_must_know() {
    let interview = interview();
    let invitation = of(&interview);
    assert_eq!(invitation.subject(), "Your interview with Ada of Example Ltd: Backend, first round");
    let body = invitation.body();
    for part in [
        "Hello Grace,\n\n",
        "Ada of Example Ltd invites you to an interview: Backend, first round.",
        "No trick questions.",
        "The interviewer is an AI, not a person.",
        "It asks 2 questions aloud",
        "about 4 minutes",
        "the sound is recorded.",
        "\n\nhttps://viva.example/i/0123\n\n",
        "until 28 November 2026, 14:05 UTC, for one interview.",
        "help@example.com",
    ] {
        assert!(body.contains(part), "{part:?} is missing in:\n{body}");
    }
    assert!(body.lines().all(|line| line.chars().count() < 400) && body.ends_with(".\n"), "{body}");
}

#[test]
fn what_is_not_known_is_not_mentioned() {
    let bare = Interview { questions: vec![Question::default()], title: "Tryout".to_owned(), ..Interview::default() };
    let opens_at = "2026-11-21T08:00:00Z".parse().ok();
    let invitation = Invitation { name: " ", attempts: 3, minutes: 1, opens_at, ..of(&bare) };
    assert_eq!(invitation.subject(), "Your interview: Tryout");
    let body = invitation.body();
    assert!(
        body.starts_with("Hello,\n\nYou are invited to an interview: Tryout.\n\nThe interviewer is an AI"),
        "{body}"
    );
    assert!(body.contains("It asks one question aloud") && body.contains("about one minute."), "{body}");
    assert!(body.contains("The sound is not recorded."), "{body}");
    assert!(body.contains("from 21 November 2026, 08:00 UTC until 28 November 2026, 14:05 UTC, for 3 interviews."));
    assert!(!body.contains("Questions, or something"), "{body}");
}

/// What an author or a platform writes cannot make headers, or lines that look like ours.
#[test]
fn written_names_stay_on_their_line() {
    let interview = Interview {
        title: "Round\r\nBcc: everybody@example.com".to_owned(),
        host: "Ada\nof\tExample".to_owned(),
        ..interview()
    };
    let invitation = Invitation { name: "Grace\r\n\r\nhttps://evil.example/", ..of(&interview) };
    let subject = invitation.subject();
    assert_eq!(subject, "Your interview with Ada of Example: Round Bcc: everybody@example.com");
    let body = invitation.body();
    let links: Vec<&str> = body.lines().filter(|line| line.starts_with("http")).collect();
    assert_eq!(links, [LINK], "{body}");
    let long = Interview { title: "é".repeat(500), ..interview };
    let subject = of(&long).subject();
    assert!(subject.chars().count() <= 150 && subject.ends_with('…'), "{subject}");
}
