//! A response from its creation to its end, in the order in which the service writes its events.

use super::message;
use crate::wire::realtime::{
    AudioDelta, ContentPart, Item, ItemEvent, OutputItemEvent, PartEvent, PartRef, Response, ResponseEvent,
    ServerEvent, StatusDetails, TextDelta, TextDone, TranscriptDone, Usage,
};

/// What a response is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Voice,
    Text,
}

/// A response under way: one message of the assistant.
#[derive(Debug)]
pub struct Ladder {
    /// As it was created.
    response: Response,
    item_id: String,
    manner: Manner,
    said: String,
}

impl Ladder {
    /// The first events of a response. `previous`: the item before its own; `None` also outside the conversation.
    pub fn open(
        response: Response,
        item_id: String,
        manner: Manner,
        previous: Option<String>,
    ) -> (Self, [ServerEvent; 4]) {
        let created = ResponseEvent { response: Box::new(response.clone()) };
        let ladder = Self { response, item_id, manner, said: String::new() };
        let item = ladder.item("in_progress");
        let response_id = ladder.response_id().to_owned();
        let events = [
            ServerEvent::ResponseCreated(created),
            ServerEvent::OutputItemAdded(OutputItemEvent { response_id, output_index: 0, item: item.clone() }),
            ServerEvent::ItemAdded(ItemEvent { previous_item_id: previous, item }),
            ServerEvent::ContentPartAdded(ladder.part()),
        ];
        (ladder, events)
    }

    pub fn response_id(&self) -> &str {
        &self.response.id
    }

    pub fn item_id(&self) -> &str {
        &self.item_id
    }

    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// Its words so far.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// More of its voice, in base 64.
    pub fn voice(&self, delta: String) -> ServerEvent {
        let (response_id, item_id) = self.ids();
        ServerEvent::OutputAudioDelta(AudioDelta { response_id, item_id, delta, ..AudioDelta::default() })
    }

    /// More of its words.
    pub fn words(&mut self, delta: String) -> ServerEvent {
        self.said.push_str(&delta);
        let (response_id, item_id) = self.ids();
        let delta = TextDelta { response_id, item_id, delta, ..TextDelta::default() };
        match self.manner {
            Manner::Text => ServerEvent::OutputTextDelta(delta),
            Manner::Voice => ServerEvent::OutputTranscriptDelta(delta),
        }
    }

    /// Its item as it is; complete unless it is `in_progress` without content.
    pub fn item(&self, status: &str) -> Item {
        let kind = match self.manner {
            Manner::Text => "output_text",
            Manner::Voice => "output_audio",
        };
        let content = if status == "in_progress" { Vec::new() } else { vec![self.worded(kind)] };
        message(&self.item_id, "assistant", status, content)
    }

    /// The last events. `status`: `completed`, `cancelled`, `failed`, `incomplete`; `previous` as for [`Self::open`].
    pub fn close(
        self,
        status: &str,
        details: Option<StatusDetails>,
        usage: Option<Usage>,
        previous: Option<String>,
    ) -> Vec<ServerEvent> {
        let (response_id, item_id) = self.ids();
        let mut events = match self.manner {
            Manner::Text => {
                let text = self.said.clone();
                vec![ServerEvent::OutputTextDone(TextDone { response_id, item_id, text, ..TextDone::default() })]
            }
            Manner::Voice => {
                let at = PartRef { response_id, item_id, ..PartRef::default() };
                let (response_id, item_id) = self.ids();
                let transcript = self.said.clone();
                let done = TranscriptDone { response_id, item_id, transcript, ..TranscriptDone::default() };
                vec![ServerEvent::OutputAudioDone(at), ServerEvent::OutputTranscriptDone(done)]
            }
        };
        events.push(ServerEvent::ContentPartDone(self.part()));
        let item = self.item(if status == "completed" { "completed" } else { "incomplete" });
        events.push(ServerEvent::ItemDone(ItemEvent { previous_item_id: previous, item: item.clone() }));
        let (response_id, _) = self.ids();
        let done = OutputItemEvent { response_id, output_index: 0, item: item.clone() };
        events.push(ServerEvent::OutputItemDone(done));
        let response =
            Response { status: status.to_owned(), status_details: details, output: vec![item], usage, ..self.response };
        events.push(ServerEvent::ResponseDone(ResponseEvent { response: Box::new(response) }));
        events
    }

    fn ids(&self) -> (String, String) {
        (self.response.id.clone(), self.item_id.clone())
    }

    /// The part as `response.content_part.*` name it.
    fn part(&self) -> PartEvent {
        let (response_id, item_id) = self.ids();
        let kind = match self.manner {
            Manner::Text => "text",
            Manner::Voice => "audio",
        };
        PartEvent { response_id, item_id, part: self.worded(kind), ..PartEvent::default() }
    }

    fn worded(&self, kind: &str) -> ContentPart {
        let said = Some(self.said.clone());
        let (text, transcript) = if self.manner == Manner::Text { (said, None) } else { (None, said) };
        ContentPart { kind: kind.into(), text, transcript, audio: None }
    }
}
