//! What was said, kept so that a new connection can be told.

use crate::{
    domain::id::ItemId,
    realtime::conversation::client_id,
    wire::realtime::{ClientEvent, Item},
};

/// Items kept; an interview of an hour has a few hundred.
const ITEMS_MAX: usize = 1_000;

#[derive(Debug)]
struct Said {
    item_id: ItemId,
    by_candidate: bool,
    text: Option<String>,
}

/// The conversation so far, as text.
#[derive(Debug, Default)]
pub struct History {
    items: Vec<Said>,
}

impl History {
    pub fn new(before: &[(ItemId, bool, String)]) -> Self {
        let items = before.iter().map(|(item_id, by_candidate, text)| Said {
            item_id: item_id.clone(),
            by_candidate: *by_candidate,
            text: Some(text.clone()),
        });
        Self { items: items.collect() }
    }

    /// An item begins; its place is now.
    pub fn add(&mut self, item_id: &ItemId, by_candidate: bool) {
        if self.find(item_id).is_some() {
            return;
        }
        if self.items.len() >= ITEMS_MAX {
            self.items.remove(0);
        }
        self.items.push(Said { item_id: item_id.clone(), by_candidate, text: None });
    }

    /// Sets an item's words; says whether that changed anything.
    pub fn set_text(&mut self, item_id: &ItemId, by_candidate: bool, text: &str) -> bool {
        self.add(item_id, by_candidate);
        match self.find(item_id) {
            Some(said) if said.text.as_deref() != Some(text) => {
                said.text = Some(text.to_owned());
                true
            }
            _ => false,
        }
    }

    /// Keeps the words that were heard: as much of the text as of the audio, to the end of a word.
    pub fn truncate(&mut self, item_id: &ItemId, heard_ms: u64, received_ms: u64) {
        let Some(text) = self.find(item_id).and_then(|said| said.text.as_mut()) else { return };
        if heard_ms >= received_ms {
            return;
        }
        let keep = (text.len() as u64 * heard_ms / received_ms) as usize;
        let words = text.match_indices(char::is_whitespace).map(|(at, _)| at);
        let end = words.take_while(|&at| at <= keep).last().unwrap_or(0);
        text.truncate(end);
    }

    /// Events that tell a new connection all of it.
    pub fn replay(&self) -> Vec<ClientEvent> {
        let mut previous = Some("root".to_owned());
        let said = self.items.iter().filter_map(|said| Some((said, said.text.as_ref()?)));
        said.filter(|(_, text)| !text.trim().is_empty())
            .map(|(said, text)| {
                let role = if said.by_candidate { "user" } else { "assistant" };
                let id = client_id(&said.item_id);
                // After an item whose id the server chose, the end of the conversation is the right place.
                let previous_item_id = std::mem::replace(&mut previous, id.clone());
                ClientEvent::ItemCreate { previous_item_id, item: Item::text_message(role, id, text.clone()) }
            })
            .collect()
    }

    fn find(&mut self, item_id: &ItemId) -> Option<&mut Said> {
        self.items.iter_mut().rev().find(|said| said.item_id == *item_id)
    }
}
