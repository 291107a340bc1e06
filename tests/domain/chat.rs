//! The wire of chat endpoints, against servers that are wrong in every way.

use serde_json::json;
use std::time::Duration;
use viva::wire::chat::{
    ChatMessage, ChatRequest, ChatUsage, ChatWireError, Delta, Dialect, EVENT_BYTES_MAX, JsonForm, LINE_BYTES_MAX,
    STREAM_BYTES_MAX, SseError, StreamReader, parse_answer, parse_refusal,
};

const STREAM: &str = concat!(
    "\u{feff}: a comment\r\n",
    "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n",
    "event: message\rdata: {\"choices\":[{\"delta\":{\"content\":\"Grüezi \"}}]}\r\r",
    "id: 7\ndata:{\"choices\":[{\"delta\":\ndata:{\"content\":\"Zürich.\"},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,",
    "\"prompt_tokens_details\":{\"cached_tokens\":2}}}\n\n",
    "data: [DONE]\n\n",
    "data: after the end\n\n",
);

fn read(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> (Vec<Delta>, Result<bool, ChatWireError>) {
    let mut reader = StreamReader::default();
    let mut outcome = Ok(());
    for piece in pieces {
        outcome = outcome.and_then(|()| reader.push(piece.as_ref()));
    }
    let deltas = std::iter::from_fn(|| reader.next_delta()).collect();
    (deltas, outcome.map(|()| reader.has_ended()))
}

fn text(deltas: &[Delta]) -> String {
    deltas.iter().map(|delta| delta.text.as_str()).collect()
}

#[test]
fn a_stream_reads_the_same_however_it_is_split() {
    let whole = read([STREAM]);
    assert_eq!((text(&whole.0).as_str(), &whole.1), ("Grüezi Zürich.", &Ok(true)));
    assert!(whole.0.iter().any(|delta| delta.finish_reason.as_deref() == Some("stop")));
    let usage = whole.0.iter().find_map(|delta| delta.usage);
    assert_eq!(usage, Some(ChatUsage { input_tokens: 9, cached_tokens: 2, output_tokens: 4 }));
    for size in 1..STREAM.len() {
        assert_eq!(read(STREAM.as_bytes().chunks(size)), whole, "pieces of {size} bytes");
    }
}

#[test]
fn a_stream_that_is_wrong_ends_in_an_error_and_keeps_what_was_whole() {
    let good = "data: {\"choices\":[{\"delta\":{\"content\":\"Good.\"}}]}\n\n";
    let long_line = format!("data: {}", "x".repeat(LINE_BYTES_MAX));
    let long_event = format!("data: {}\n", "x".repeat(LINE_BYTES_MAX / 2)).repeat(2 * EVENT_BYTES_MAX / LINE_BYTES_MAX);
    let cases: [(&[u8], ChatWireError); 6] = [
        (b"data: {\"choices\": [\n\n", ChatWireError::NotJson),
        (b"data: <html>\n\n", ChatWireError::NotJson),
        (b"data: {\"error\":{\"message\":\"overloaded\"}}\n\n", ChatWireError::Reported),
        (b"data: \xff\xfe\n\n", ChatWireError::Events(SseError::NotUtf8)),
        (long_line.as_bytes(), ChatWireError::Events(SseError::LineTooLong)),
        (long_event.as_bytes(), ChatWireError::Events(SseError::EventTooLong)),
    ];
    for (bad, error) in cases {
        let (deltas, outcome) = read([good.as_bytes(), bad]);
        assert_eq!((text(&deltas).as_str(), outcome), ("Good.", Err(error)));
        let together = [good.as_bytes(), bad].concat();
        assert_eq!(text(&read([together]).0), "Good.", "{error}");
    }
    assert_eq!(read([good]).1, Ok(false), "cut off");
    let endless = std::iter::repeat_n(": still there\n\n".repeat(1_000), STREAM_BYTES_MAX / 15_000 + 1);
    assert_eq!(read(endless).1, Err(ChatWireError::TooLarge));
}

#[test]
fn fields_of_wrong_types_read_as_absent() {
    for chunk in [
        json!({}),
        json!([]),
        json!(null),
        json!(7),
        json!({"choices": 3}),
        json!({"choices": [{"delta": "text"}]}),
        json!({"choices": [{"delta": {"content": {"a": 1}}, "finish_reason": 4}]}),
        json!({"choices": [{"delta": {"content": null, "reasoning_content": "hm"}}], "error": null}),
        json!({"usage": {"prompt_tokens": -4}}),
    ] {
        let (deltas, outcome) = read([format!("data: {chunk}\n\ndata: [DONE]\n\n")]);
        assert_eq!((deltas, outcome), (Vec::new(), Ok(true)), "{chunk}");
    }
    assert_eq!(parse_answer(b"{\"choices\":[]}"), Err(ChatWireError::NoChoice));
    assert_eq!(parse_answer(b"{\"choices\":[{\"message\":\"x\"}]}"), Err(ChatWireError::NoChoice));
    assert_eq!(parse_answer(b"\x00"), Err(ChatWireError::NotJson));
    assert_eq!(parse_answer(b"{\"error\":\"no\"}"), Err(ChatWireError::Reported));
    let answer = json!({"model": "m", "choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]});
    let answer = parse_answer(answer.to_string().as_bytes()).unwrap();
    assert_eq!((answer.text.as_str(), answer.model.as_str(), answer.usage), ("yes", "m", None));
}

#[test]
fn what_an_endpoint_refuses_is_left_out() {
    let request = ChatRequest {
        messages: vec![ChatMessage::system("Be brief."), ChatMessage::user("Hello")],
        max_tokens: 60,
        temperature: 0.2,
        seed: Some(u64::MAX),
        json_schema: Some(("score".to_owned(), json!({"type": "object"}))),
        deadline: Duration::from_secs(1),
    };
    let body = request.body("m", true, Dialect::default());
    assert_eq!(body["response_format"]["json_schema"]["schema"], json!({"type": "object"}));
    assert_eq!((&body["max_tokens"], &body["temperature"], &body["stream"]), (&json!(60), &json!(0.2), &json!(true)));
    assert_eq!(body["seed"], json!(i64::MAX));
    let openai = json!({"error": {"message": "Unsupported parameter: 'max_tokens' is not supported with this model. \
        Use 'max_completion_tokens' instead.", "param": "max_tokens", "code": "unsupported_parameter"}});
    let refusals = [
        parse_refusal(openai.to_string().as_bytes()),
        parse_refusal(br#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.2"}}"#),
        parse_refusal(br#"{"detail":"stream_options: extra fields not permitted"}"#),
        parse_refusal(br#"{"error":"unknown field seed"}"#),
        parse_refusal(b"json_schema is not supported"),
        parse_refusal(br#"{"object":"error","message":"response_format is not supported"}"#),
    ];
    let last = refusals.iter().fold(Dialect::default(), |dialect, refusal| dialect.after(refusal).unwrap());
    let body = request.body("m", true, last);
    let mut keys: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["max_completion_tokens", "messages", "model", "stream"]);
    assert_eq!(last.json_form, JsonForm::Words);
    assert!(body["messages"][2]["content"].as_str().unwrap().contains("JSON"), "the schema is told in words");
    for refusal in &refusals {
        assert_eq!(last.after(refusal), None, "nothing is left to leave out");
    }
    assert_eq!(Dialect::default().after("context length exceeded: max_tokens is too large"), None);
}
