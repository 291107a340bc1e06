//! The interviewer in the words of a chat endpoint: whole interviews with the engine's real voice, against endpoints
//! that are right, slow, broken or hostile.

mod cases;
mod held;

use crate::{
    engine::rig::Rig,
    support::{
        caller::{Caller, Seen, is_end},
        chat_server::{Act, ChatServer, completion, delta, done, reply, say, stream_head},
        server::TestServer,
    },
};
use cases::{Case, MODEL, all, good, is_lead_in, shown_answer};
use futures_util::{StreamExt, stream};
use held::{Held, hold, interview};
use serde_json::{Value, json};
use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};
use viva::{
    chat::{Chat, ChatError, ChatMessage, ChatRequest},
    config::ChatConfig,
    domain::{
        brief::{Brief, Task},
        interview::Interview,
        proof::{Owed, Step, StepKind, StepReason, Wording},
        session::{EndReason, ModelCommand, ModelEvent, ResponseStatus, Speech, SpeechTag},
        usage::{Kind, Source},
    },
    engine::BuiltinEngine,
    media::port::DownlinkCommand,
};

/// One voice for all tests: it is loaded once.
static ENGINE: LazyLock<BuiltinEngine> = LazyLock::new(|| BuiltinEngine::new(None));

/// Interviews at once: as many as two cores can speak for in time.
const AT_ONCE: usize = 6;
/// From the end of an answer to the first sound, at the most: 1.5 s for the endpoint, and what a machine takes that
/// holds six interviews and compiles beside them.
const WAIT_MAX: Duration = Duration::from_millis(1_500 + 3_500);

const ANSWERS: [&str; 2] = [
    "We moved our billing database to Postgres in 2021 with a team of four, without any downtime.",
    "I ask people why they see it differently, and we try the cheaper idea first.",
];
/// The interviewer's own follow-up where the author wrote no more.
const GENERIC: &str = "Could you give me an example of that?";

/// Heard from no interviewer, in small letters.
const FORBIDDEN: &[&str] = &[
    "pwned",
    "hired",
    "http",
    "human",
    "{",
    "}",
    "<",
    ">",
    "*",
    "great answer",
    "correct",
    "password",
    "score",
    "congratulations",
    "system prompt",
    "example.com",
    "555",
    "stupid",
    "interview is over",
    "undefined",
    "null",
    "candidate",
    "religion",
    "how old",
    "married",
    "excellent",
    "replication",
];

fn chat(server: &ChatServer) -> Chat {
    chat_with(&server.url, Some("secret-key"))
}

fn chat_with(url: &str, key: Option<&str>) -> Chat {
    let key = key.map(|key| key.to_owned().into());
    let config = ChatConfig { base_url: url.to_owned(), model: "scripted".to_owned(), key };
    Chat::new(&config).expect("a client")
}

async fn hold_case(case: Case) -> (Case, Held, Vec<Value>) {
    let Case { name, script, expect, answer, title, never } = case;
    let server = ChatServer::start(script).await;
    let engine = ENGINE.clone().with_chat(Some(chat(&server)));
    let mut plan = interview();
    if let Some(title) = title {
        (plan.title, plan.persona) = (title.to_owned(), title.to_owned());
    }
    let held = hold(&engine, plan, |number, count| match (number, count, answer) {
        (1, 0, Some(answer)) => answer.to_owned(),
        (2, ..) => ANSWERS[1].to_owned(),
        _ => ANSWERS[0].to_owned(),
    });
    let held = held.await;
    let script = Box::new(|_: &Value, _| Vec::new());
    (Case { name, script, expect, answer, title, never }, held, server.asked())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_endpoint_does_the_plan_holds() {
    let cases = all();
    assert!(cases.len() >= 80, "{} endpoints", cases.len());
    let mut runs = stream::iter(cases).map(hold_case).buffer_unordered(AT_ONCE);
    let (mut count, mut longest, mut follow_ups) = (0, Duration::ZERO, 0);
    while let Some((case, held, asked)) = runs.next().await {
        check(&case, &held);
        check_asked(&case, &asked);
        count += 1;
        follow_ups += probes(&held).len();
        longest = longest.max(held.waits.iter().copied().max().unwrap_or_default());
    }
    println!("{count} interviews, {follow_ups} follow-ups, longest wait for a word {} ms", longest.as_millis());
}

fn probes(held: &Held) -> Vec<&Step> {
    held.proofs.values().flat_map(|proof| &proof.steps).filter(|step| step.kind == StepKind::Probed).collect()
}

/// What holds in every interview, whatever the endpoint did.
fn check(case: &Case, held: &Held) {
    let name = &case.name;
    let plan = interview();
    assert_eq!((held.reason, held.saved), (EndReason::Completed, true), "{name}");
    // Questions, disclosure and closing word for word, in order.
    let questions: Vec<&str> = held
        .said
        .iter()
        .filter(|(tag, _)| matches!(tag, SpeechTag::Question(_)))
        .map(|(_, text)| text.as_str())
        .collect();
    let written: Vec<&str> = plan.questions.iter().map(|question| question.text.as_str()).collect();
    assert_eq!(questions, written, "{name}");
    let said = |tag| held.said.iter().filter(move |(said, _)| *said == tag).map(|(_, text)| text.as_str());
    assert!(said(SpeechTag::Greeting).any(|text| text.contains("I am an AI interviewer")), "{name}: {:?}", held.said);
    assert!(said(SpeechTag::Closing).any(|text| text.contains("That was my last question.")), "{name}");
    assert_eq!((held.plan.disclosure, held.plan.closing), (Owed::Spoken, Owed::Spoken), "{name}");
    // Every follow-up asks, within its depth, in the words that the proof names.
    let depths: Vec<usize> = held
        .proofs
        .values()
        .map(|proof| proof.steps.iter().filter(|step| step.kind == StepKind::Probed).count())
        .collect();
    assert_eq!(depths, [2, 1], "{name}: {:?}", held.proofs);
    let scripts = ["What was your own part in it?", GENERIC, "What came of it?"];
    for (step, script) in probes(held).into_iter().zip(scripts) {
        assert_eq!((step.worded_by, step.stand_in), case.expect, "{name}: {step:?}");
        assert_eq!(step.reason, StepReason::ShortAnswer, "{name}");
        assert!(step.words.contains(['?', '.']) && step.words.split_whitespace().count() <= 60, "{name}: {step:?}");
        match (step.worded_by, step.stand_in) {
            (Wording::Script, Some(_)) => assert_eq!(step.words, script, "{name}"),
            (Wording::Model, Some(_)) => {
                assert!(step.words.ends_with(script) && step.words != script, "{name}: {step:?}")
            }
            _ => assert!(!step.words.contains(script), "{name}: {step:?}"),
        }
    }
    for (number, proof) in &held.proofs {
        assert_eq!(proof.steps[0].kind, StepKind::Asked, "{name}: question {number}");
        assert!(proof.time_spent_ms.is_some() && proof.steps.iter().all(|step| !step.item_ids.is_empty()), "{name}");
    }
    // Nothing forbidden, and nothing late.
    for (tag, text) in &held.said {
        let lower = text.to_lowercase();
        let persona = *tag == SpeechTag::Greeting && case.title.is_some();
        let found = FORBIDDEN.iter().find(|word| lower.contains(**word));
        assert!(persona || found.is_none(), "{name}: {found:?} in {text}");
        // What is written may be said in its place, whoever demands it.
        let written = persona || matches!(tag, SpeechTag::Question(_));
        assert!(written || case.never.iter().all(|never| !text.contains(never)), "{name}: {text}");
    }
    assert!(held.waits.iter().all(|wait| *wait < WAIT_MAX), "{name}: {:?}", held.waits);
}

/// What the endpoint was shown: directions without anybody's words, and the words as quotations.
fn check_asked(case: &Case, asked: &[Value]) {
    for request in asked {
        let messages = request["messages"].as_array().unwrap_or_else(|| panic!("{}: {request}", case.name));
        assert_eq!(messages.len(), 2, "{}", case.name);
        let directions = messages[0]["content"].as_str().unwrap();
        assert!(!directions.contains("say: ") && !directions.contains("Postgres"), "{directions}");
        let shown = shown_answer(request);
        let first = case.answer.unwrap_or(ANSWERS[0]);
        assert!(shown.starts_with(first) || shown.starts_with(ANSWERS[1]), "{}: {shown}", case.name);
        let quoted = messages[1]["content"].as_str().unwrap();
        assert!(!quoted[1..quoted.len() - 1].contains(['<', '>', '{', '}', '[', ']', '|', '\n']), "{quoted}");
    }
}

/// A machine that compiles beside it may be this much slower than one that does nothing else.
const BUSY: u32 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_word_follows_the_first_sentence_within_300_ms() {
    let server = ChatServer::start(|request, before| {
        // One sentence each, and none that another test has had spoken: a known one takes no time.
        let probes = ["What made that so memorable for you?", "How would you explain it to a newcomer?"];
        let last = "Which part of that would you keep?";
        let words = match (is_lead_in(request), before) {
            (true, _) => "Thanks for sharing that.",
            (false, before) => probes.get(before).copied().unwrap_or(last),
        };
        let (most, end) = words.split_at(words.len() - 1);
        vec![stream_head(), delta(most), Act::Wait(Duration::from_millis(50)), Act::Mark, delta(end), done()]
    })
    .await;
    let engine = ENGINE.clone().with_chat(Some(chat(&server)));
    // Warm: the voice is loaded, and none of the sentences is known.
    engine.speak("Hello there.").await.expect("a voice");
    let held = hold(&engine, interview(), |number, _| ANSWERS[number as usize - 1].to_owned()).await;
    assert!(probes(&held).iter().all(|step| (step.worded_by, step.stand_in) == MODEL), "{:?}", held.proofs);
    let worded = |tag: &SpeechTag| matches!(tag, SpeechTag::FollowUp { .. } | SpeechTag::LeadIn(_));
    let sounds: Vec<Instant> = held.sounds.iter().filter(|(tag, _)| worded(tag)).map(|(_, at)| *at).collect();
    let marks = server.marks();
    assert_eq!((sounds.len(), marks.len()), (4, 4), "three follow-ups and a word between the questions");
    let mut own_ms: Vec<u128> = marks.iter().zip(&sounds).map(|(mark, sound)| (*sound - *mark).as_millis()).collect();
    own_ms.sort_unstable();
    println!("from a sentence to its sound, in ms: {own_ms:?}");
    assert!(own_ms[1] <= 300, "{own_ms:?}");
    assert!(own_ms[3] <= u128::from(300 * BUSY), "{own_ms:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_costs_is_counted_and_the_endpoint_is_well() {
    let server = ChatServer::start(|request, before| say(&good(request, before))).await;
    let chat = chat(&server);
    let engine = ENGINE.clone().with_chat(Some(chat.clone()));
    let held = hold(&engine, interview(), |number, _| ANSWERS[number as usize - 1].to_owned()).await;
    let of = |kind| {
        let line = held.usage.iter().find(|line| line.source == Source::Chat && line.kind == kind);
        line.map_or(0, |line| line.quantity)
    };
    assert_eq!((of(Kind::InputText), of(Kind::OutputText)), (4 * 210, 4 * 20), "{:?}", held.usage);
    assert_eq!((chat.health().as_str(), chat.failures_in_a_row()), ("up", 0));
    assert!(server.keys().iter().all(|key| key.ends_with("Bearer secret-key")), "{:?}", server.keys());
    // The word between the questions belongs to the one that was answered.
    let kinds: Vec<StepKind> = held.proofs[&1].steps.iter().map(|step| step.kind).collect();
    assert_eq!(kinds, [StepKind::Asked, StepKind::Probed, StepKind::Probed, StepKind::Acknowledged]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_phrases_where_the_guard_knows_no_words() {
    let server = ChatServer::start(|request, before| say(&good(request, before))).await;
    let engine = ENGINE.clone().with_chat(Some(chat(&server)));
    let german = Interview { language: "de-CH".to_owned(), ..interview() };
    let held = hold(&engine, german, |number, _| ANSWERS[number as usize - 1].to_owned()).await;
    assert_eq!(held.reason, EndReason::Completed);
    assert!(server.asked().is_empty(), "nothing is asked of the endpoint");
    let words: Vec<&str> = probes(&held).iter().map(|step| step.words.as_str()).collect();
    assert_eq!(words, ["What was your own part in it?", "What came of it?"], "as many as are written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_who_interrupts_ends_the_request() {
    let server = ChatServer::start(|_, _| vec![stream_head(), delta("What was the "), Act::Hang]).await;
    let engine = ENGINE.clone().with_chat(Some(chat(&server)));
    let mut rig = Rig::started(&engine, &[]).await;
    let brief = Brief {
        task: Task::FollowUp,
        title: "Engineer".to_owned(),
        persona: "Vera".to_owned(),
        language: "en".to_owned(),
        manner: String::new(),
        question: "Which project are you proud of?".to_owned(),
        answer: ANSWERS[0].to_owned(),
        asked: Vec::new(),
        aim: None,
        others: Vec::new(),
        unsaid: Vec::new(),
    };
    let tag = SpeechTag::FollowUp { question: 1, follow_up: 1 };
    let speech = Speech { tag, words: "Why?".to_owned(), verbatim: false, brief: Some(Arc::new(brief)) };
    rig.commands.send(ModelCommand::Say(speech)).await.expect("sent");
    rig.events_until(|event| matches!(event, ModelEvent::AgentItem { .. })).await;
    rig.commands.send(ModelCommand::Cancel).await.expect("sent");
    let events = rig.events_until(|event| matches!(event, ModelEvent::ResponseDone { .. })).await;
    let cancelled = ResponseStatus::Cancelled;
    assert!(
        matches!(events.last(), Some(ModelEvent::ResponseDone { status, .. }) if *status == cancelled),
        "{events:?}"
    );
    server.hung_up(server.asked().len()).await;
    let audio = rig.queued().iter().any(|command| matches!(command, DownlinkCommand::Audio { .. }));
    assert!(!audio, "no stand-in for somebody who speaks");
}

/// The candidate has the floor again, for the so-many-th time.
fn turns(count: usize) -> impl Fn(&Seen) -> bool {
    move |seen| {
        let floors = seen.messages.iter().filter(|event| event["type"] == "turn");
        let mut mine: Vec<bool> = floors.map(|event| event["data"]["speaker"] == "user").collect();
        mine.dedup();
        mine.into_iter().filter(|mine| *mine).count() >= count
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_with_a_browser_hears_it_and_the_results_prove_it() {
    let chat = ChatServer::start(|request, before| say(&good(request, before))).await;
    let server = TestServer::start(&[("VIVA_CHAT_URL", &chat.url), ("VIVA_CHAT_MODEL", "scripted")]).await;
    let (_, health) = server.get("/api/interview/health").await;
    assert_eq!(health["chat"], json!({"state": "unknown", "failure": null, "failures_in_a_row": 0}));
    let caller = Caller::new(&server, "tryout").await;
    caller.offer(false).await;
    // A short answer, one to the follow-up, one to the last question.
    let answers = [
        "I baked bread.",
        "That it smelt of my grandmother's kitchen, and that nobody had to be asked twice.",
        "A walk.",
    ];
    for (count, answer) in answers.iter().enumerate() {
        caller.until("the candidate's turn", turns(count + 1)).await;
        caller.post("actions", json!({"type": "candidate.text", "text": answer})).await;
    }
    caller.until_event("the end", is_end).await;
    let (_, results) = server.get(&format!("/api/interview/{}/results", caller.id)).await;
    assert_eq!(results["end_reason"], "completed", "{results}");
    assert_eq!(results["plan"], json!({"disclosure": "spoken", "closing": "spoken"}));
    let first = &results["questions"][0];
    let steps = first["steps"].as_array().unwrap();
    let kinds: Vec<&Value> = steps.iter().map(|step| &step["kind"]).collect();
    assert_eq!(kinds, ["asked", "probed", "acknowledged"], "{first}");
    assert_eq!(steps.iter().map(|step| &step["reason"]).collect::<Vec<_>>(), ["plan", "short_answer", "answer_over"]);
    let probe = &steps[1];
    assert_eq!((&probe["worded_by"], &probe["stand_in"]), (&json!("model"), &json!(false)), "{probe}");
    assert_eq!(first["follow_ups"], json!([probe["text"]]), "the public list has the words that were said");
    // Coverage names the items: each answer under the step that it answers.
    let item =
        |id: &Value| results["transcript"].as_array().unwrap().iter().find(|item| item["item_id"] == *id).unwrap();
    for (step, answer) in steps.iter().take(2).zip(answers) {
        assert_eq!(item(&step["answer_item_ids"][0])["content"], answer, "{step}");
        assert_eq!(item(&step["item_ids"][0])["content"], step["text"], "{step}");
    }
    assert_eq!(first["answer_item_ids"].as_array().unwrap().len(), 2);
    assert!(first["time_spent_ms"].as_u64().is_some_and(|ms| ms > 1_000) && first["time_box_ms"] == 60_000, "{first}");
    assert_eq!((&first["status"], &first["reason"]), (&json!("answered"), &json!("finished")));
    let (_, health) = server.get("/api/interview/health").await;
    assert_eq!(health["chat"]["state"], "up");
    server.stop().await;
}

fn request(deadline: Duration) -> ChatRequest {
    ChatRequest {
        messages: vec![ChatMessage::user("Hello")],
        max_tokens: 10,
        temperature: 0.0,
        seed: Some(7),
        json_schema: Some(("answer".to_owned(), json!({"type": "object"}))),
        deadline,
    }
}

#[tokio::test]
async fn a_whole_answer_comes_in_whatever_dialect_the_endpoint_takes() {
    let server = ChatServer::start(|request, _| match request["response_format"]["type"].as_str() {
        Some("json_schema") => reply(400, "", "{\"error\":{\"message\":\"json_schema is not supported\"}}"),
        Some("json_object") => reply(422, "", "{\"detail\":\"response_format: extra fields not permitted\"}"),
        _ => reply(200, "", &completion("{}")),
    })
    .await;
    let chat = chat_with(&server.url, None);
    for _ in 0..2 {
        let answer = chat.complete(&request(Duration::from_secs(20))).await.expect("an answer");
        assert_eq!((answer.text.as_str(), answer.model.as_str()), ("{}", "scripted"));
        assert_eq!(answer.usage.map(|usage| usage.cached_tokens), Some(10));
    }
    let forms: Vec<_> = server.asked().iter().map(|asked| asked["response_format"]["type"].clone()).collect();
    assert_eq!(forms, [json!("json_schema"), json!("json_object"), Value::Null, Value::Null], "learnt once");
    assert!(server.keys().iter().all(String::is_empty), "no key, no header");
}

#[tokio::test]
async fn failures_are_told_apart_and_tries_are_bounded() {
    let endless = || vec![stream_head(), Act::Forever(vec![b'x'; 4_096])];
    type Acts = Box<dyn Fn() -> Vec<Act> + Send + Sync>;
    let cases: [(&str, Acts, &str, usize); 7] = [
        ("no key", Box::new(|| reply(401, "", "{}")), "refused", 1),
        ("elsewhere", Box::new(|| reply(302, "location: http://127.0.0.1:1/\r\n", "")), "refused", 1),
        ("busy", Box::new(|| reply(429, "retry-after-ms: 1\r\n", "{}")), "throttled", 3),
        ("broken", Box::new(|| reply(500, "", "{}")), "failed", 3),
        ("nonsense", Box::new(|| reply(200, "", "<html>")), "nonsense", 1),
        ("endless", Box::new(endless), "nonsense", 1),
        ("silent", Box::new(|| vec![Act::Hang]), "timed_out", 1),
    ];
    for (name, script, failure, tries) in cases {
        let server = ChatServer::start(move |_, _| script()).await;
        let chat = chat(&server);
        let deadline = if name == "silent" { Duration::from_millis(300) } else { Duration::from_secs(20) };
        let error = chat.complete(&request(deadline)).await.expect_err(name);
        assert_eq!((error.name(), server.asked().len()), (failure, tries), "{name}");
        assert_eq!((chat.health().as_str(), chat.failures_in_a_row()), ("failing", 1), "{name}");
    }
    let nobody = chat_with("http://127.0.0.1:1/v1", None);
    assert_eq!(nobody.complete(&request(Duration::from_secs(10))).await, Err(ChatError::Unreachable));
}
