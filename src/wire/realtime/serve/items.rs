//! The items of a conversation, and what clients do with them.

use super::invalid;
use crate::wire::realtime::{ErrorBody, Item, ItemEvent, ItemRef, ItemTruncated, ServerEvent};

/// Items that are remembered. A client that adds more is refused; what is said beyond it replaces the oldest.
const ITEMS_MAX: usize = 2_000;

/// An item of the conversation.
#[derive(Clone, Debug)]
pub struct Known {
    pub item: Item,
    /// Milliseconds of audio, for the assistant's.
    pub audio_ms: u64,
}

/// All items, in order.
#[derive(Clone, Debug, Default)]
pub struct Items(Vec<Known>);

impl Items {
    /// An item by its id.
    pub fn find(&mut self, item_id: &str) -> Option<&mut Known> {
        self.0.iter_mut().find(|known| known.item.id.as_deref() == Some(item_id))
    }

    /// Id of the last item.
    pub fn last_id(&self) -> Option<String> {
        self.0.last().and_then(|known| known.item.id.clone())
    }

    /// Id of the item before this one.
    pub fn before(&self, item_id: &str) -> Option<String> {
        let index = self.position(item_id)?;
        self.0[index.checked_sub(1)?].item.id.clone()
    }

    fn position(&self, item_id: &str) -> Option<usize> {
        self.0.iter().position(|known| known.item.id.as_deref() == Some(item_id))
    }

    /// Adds an item of the server's own at the end; returns the id of the one before it.
    pub fn push(&mut self, item: Item, audio_ms: u64) -> Option<String> {
        if self.0.len() >= ITEMS_MAX {
            self.0.remove(0);
        }
        let previous = self.last_id();
        self.0.push(Known { item, audio_ms });
        previous
    }

    /// Adds a complete item of the server's own, and what to say of it.
    pub fn add(&mut self, item: Item) -> [ServerEvent; 2] {
        let previous_item_id = self.push(item.clone(), 0);
        let event = ItemEvent { previous_item_id, item };
        [ServerEvent::ItemAdded(event.clone()), ServerEvent::ItemDone(event)]
    }

    /// `conversation.item.create`. `item_id`: for an item without one.
    ///
    /// # Errors
    /// The body of the `error` event.
    pub fn create(
        &mut self,
        previous: Option<&str>,
        item: Item,
        item_id: String,
    ) -> Result<[ServerEvent; 2], ErrorBody> {
        let item_id = item.id.clone().unwrap_or(item_id);
        if self.position(&item_id).is_some() {
            let message = "An item with this id exists.";
            return Err(invalid("item_create_duplicate_item_id", message, Some("item.id")));
        }
        let at = match previous {
            None => self.0.len(),
            Some("root") => 0,
            Some(previous) => match self.position(previous) {
                Some(index) => index + 1,
                None => {
                    let message = "The previous item does not exist.";
                    return Err(invalid("item_not_found", message, Some("previous_item_id")));
                }
            },
        };
        if self.0.len() >= ITEMS_MAX {
            return Err(invalid("conversation_too_long", "The conversation has too many items.", Some("item")));
        }
        let item =
            Item { id: Some(item_id), object: Some("realtime.item".into()), status: Some("completed".into()), ..item };
        let previous_item_id = at.checked_sub(1).and_then(|index| self.0[index].item.id.clone());
        self.0.insert(at, Known { item: item.clone(), audio_ms: 0 });
        let event = ItemEvent { previous_item_id, item };
        Ok([ServerEvent::ItemAdded(event.clone()), ServerEvent::ItemDone(event)])
    }

    /// `conversation.item.retrieve`; the audio of items is not kept.
    ///
    /// # Errors
    /// The body of the `error` event.
    pub fn retrieve(&mut self, item_id: &str) -> Result<ServerEvent, ErrorBody> {
        let previous_item_id = self.before(item_id);
        let known = self.find(item_id).ok_or_else(|| no_such_item("item_retrieve_invalid_item_id"))?;
        Ok(ServerEvent::ItemRetrieved(ItemEvent { previous_item_id, item: known.item.clone() }))
    }

    /// `conversation.item.delete`
    ///
    /// # Errors
    /// The body of the `error` event.
    pub fn delete(&mut self, item_id: &str) -> Result<ServerEvent, ErrorBody> {
        let index = self.position(item_id).ok_or_else(|| no_such_item("item_delete_invalid_item_id"))?;
        self.0.remove(index);
        Ok(ServerEvent::ItemDeleted(ItemRef { item_id: item_id.to_owned() }))
    }

    /// `conversation.item.truncate`: only the assistant's voice can be cut, and only to less than there is.
    ///
    /// # Errors
    /// The body of the `error` event.
    pub fn truncate(&mut self, item_id: &str, content_index: u32, audio_end_ms: u64) -> Result<ServerEvent, ErrorBody> {
        let known = self.find(item_id).ok_or_else(|| no_such_item("item_truncate_invalid_item_id"))?;
        let audio_ms = known.audio_ms;
        if audio_ms == 0 || audio_end_ms == 0 {
            let message = "Only model output audio messages can be truncated";
            return Err(invalid("unsupported_content_type", message, None));
        }
        if audio_end_ms > audio_ms {
            let message = format!("Audio content of {audio_ms}ms is already shorter than {audio_end_ms}ms");
            return Err(invalid("invalid_value", message, None));
        }
        known.audio_ms = audio_end_ms;
        // Nobody knows which of its words were heard.
        for part in known.item.content.iter_mut().flatten() {
            part.transcript = None;
        }
        Ok(ServerEvent::ItemTruncated(ItemTruncated { item_id: item_id.to_owned(), content_index, audio_end_ms }))
    }
}

fn no_such_item(code: &str) -> ErrorBody {
    invalid(code, "The item does not exist.", Some("item_id"))
}
