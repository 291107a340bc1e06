//! Interviews that are over, and an evaluator that does what it is told to.

use crate::support::fake::{Asked, Fake, Reply};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use viva::{
    domain::{
        auth::{Owner, Token},
        id::{ItemId, SessionId},
        interview::{Criterion, Interview, Level, Question},
        session::{Change, EndReason, Status},
        transcript::{Item, ItemState, Role},
    },
    store::{Location, NewSession, SqlStore, Store, conformance},
};

/// What the candidate says to the first question, where nothing else is said.
pub const ANSWER: &str = "I moved the billing to Rust because the old one lost payments, and I measured it first.";

/// An interview of two questions that are judged and one that is not.
pub fn interview() -> Interview {
    let level = |(level, anchor): (u32, &str)| Level { level, anchor: anchor.to_owned() };
    let criterion = |id: &str| Criterion {
        id: id.to_owned(),
        name: format!("Criterion {id}"),
        description: "What was done.".to_owned(),
        levels: [(1, "Names nothing."), (2, "Names something."), (3, "Says what and why.")].map(level).to_vec(),
    };
    let question =
        |text: &str, rubric: Vec<Criterion>| Question { text: text.to_owned(), rubric, ..Question::default() };
    Interview {
        id: "scored".to_owned(),
        kind: "scored".to_owned(),
        title: "Scored".to_owned(),
        questions: vec![
            question("Tell me about a piece of work.", vec![criterion("part"), criterion("reason")]),
            question("What would you do otherwise today?", vec![criterion("learning")]),
            question("Anything else?", Vec::new()),
        ],
        candidate_may_read_results: true,
        ..Interview::default()
    }
}

fn item(position: u32, role: Role, question: u32, content: &str) -> Item {
    Item {
        item_id: ItemId::new(format!("item_{position}")),
        role,
        content: content.to_owned(),
        generated_content: content.to_owned(),
        start_ms: u64::from(position) * 10_000,
        end_ms: Some(u64::from(position) * 10_000 + 8_000),
        state: ItemState::Final,
        question: Some(question),
        revision: 1,
        position,
    }
}

/// Directories of databases in which interviews are over and nothing is done about them yet.
pub struct Ended {
    pub dir: TempDir,
    pub store: SqlStore,
}

impl Ended {
    pub async fn empty() -> Self {
        let dir = TempDir::new().expect("a directory");
        let location = Location::Sqlite(dir.path().join("viva.db"));
        let store = SqlStore::open(&location).await.expect("a database");
        Self { dir, store }
    }

    /// One interview of the local developer's, with the usual answers.
    pub async fn with_one() -> (Self, SessionId) {
        let ended = Self::empty().await;
        let session_id = ended.add(1, Owner::Local, ANSWER).await;
        (ended, session_id)
    }

    /// Adds interview number `n` with this answer to the first question; the second one has hardly any.
    pub async fn add(&self, n: u8, owner: Owner, answer: &str) -> SessionId {
        // Just now: what is long over is deleted.
        let now = Timestamp::now();
        let new = NewSession { owner, interview: interview(), created_at: now, ..conformance::new_session(n) };
        let session_id = new.session_id.clone();
        self.store.create_session(new).await.expect("kept");
        let said = vec![
            Change::Started,
            Change::Item(item(0, Role::Assistant, 1, "Tell me about a piece of work.")),
            Change::Item(item(1, Role::User, 1, answer)),
            Change::Item(item(2, Role::Assistant, 2, "What would you do otherwise today?")),
            Change::Item(item(3, Role::User, 2, "Nothing, really.")),
            Change::Item(item(4, Role::Assistant, 3, "Anything else?")),
            Change::Item(item(5, Role::User, 3, "No, that is all that I wanted to say today.")),
        ];
        self.store.apply(&session_id, 1, now, said).await.expect("kept");
        let over = Change::Status { status: Status::Ended, end_reason: Some(EndReason::Completed) };
        self.store.apply(&session_id, 2, now, vec![over]).await.expect("kept");
        session_id
    }

    /// The directory, with nobody in the database.
    pub async fn close(self) -> TempDir {
        self.store.close().await;
        self.dir
    }
}

/// The token of the candidate of interview number `n`.
pub fn candidate_token(n: u8) -> String {
    Token::from_random([n; 32]).expose().to_owned()
}

/// What an evaluator is shown: the JSON object of the last message.
pub fn shown(asked: &Asked) -> Value {
    let body: Value = serde_json::from_str(&asked.body).expect("a JSON body");
    let content = body["messages"][1]["content"].as_str().expect("a message");
    serde_json::from_str(content).expect("a JSON object")
}

/// A chat completion with this text.
pub fn says(text: impl Into<String>) -> Reply {
    let choice = json!({"index": 0, "message": {"role": "assistant", "content": text.into()}, "finish_reason": "stop"});
    let usage = json!({"prompt_tokens": 900, "completion_tokens": 80, "total_tokens": 980});
    Reply::Json(200, json!({"model": "judge", "choices": [choice], "usage": usage}).to_string())
}

/// One answer for all criteria of the question: `level` and these quotes.
pub fn judgement(shown: &Value, level: &Value, rationale: &str, quotes: &[(&str, &str)]) -> String {
    let quotes: Vec<Value> = quotes.iter().map(|(id, text)| json!({"item_id": id, "text": text})).collect();
    let one =
        |criterion: &Value| json!({"id": criterion["id"], "level": level, "rationale": rationale, "quotes": quotes});
    let criteria: Vec<Value> = shown["criteria"].as_array().expect("criteria").iter().map(one).collect();
    json!({"criteria": criteria}).to_string()
}

/// What a good evaluator says: the highest level, by the first words of the candidate's first answer.
pub fn good(asked: &Asked) -> Reply {
    let shown = shown(asked);
    let turns = shown["conversation"].as_array().expect("a conversation");
    let turn = turns.iter().find(|turn| turn["speaker"] == "candidate").expect("an answer");
    let words: Vec<&str> = turn["text"].as_str().expect("words").split(' ').take(6).collect();
    let quote = (turn["item_id"].as_str().expect("an id"), words.join(" "));
    let level = shown["criteria"][0]["levels"].as_array().and_then(|levels| levels.last()).expect("a level");
    says(judgement(&shown, &level["level"], "The candidate says what was done.", &[(quote.0, &quote.1)]))
}

/// The variables that make a server ask this evaluator.
pub fn asking(evaluator: &Fake) -> Vec<(&'static str, String)> {
    vec![("VIVA_CHAT_URL", format!("{}/v1", evaluator.url)), ("VIVA_CHAT_MODEL", "judge".to_owned())]
}
