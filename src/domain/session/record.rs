//! What was said, and what of it is durable. A settled item is announced only after the store has it.

use crate::domain::{
    event::ItemData,
    id::ItemId,
    proof::PlanProof,
    session::{Change, EndReason, Output, Status, phrases::count_words},
    transcript::{Item, ItemState, Role},
    usage::{Kind, Source, UsageTotal},
};
use std::collections::{BTreeMap, BTreeSet};

/// Items of one session; what comes after is not kept.
const ITEMS_MAX: usize = 4_000;
/// Characters of one item.
const ITEM_CHARS_MAX: usize = 20_000;
/// Words per second, where only the length of what was said is known.
const WORDS_PER_MINUTE_ASSUMED: u64 = 150;

/// Transcript, and the changes that are on their way to the store.
#[derive(Debug, Default)]
pub(super) struct Record {
    items: Vec<Item>,
    announced: BTreeMap<ItemId, ItemData>,
    /// Changes that no `Persist` has carried.
    unsent: Unsent,
    in_flight: Option<InFlight>,
    sequence: u64,
    health: Health,
}

#[derive(Debug, Default)]
struct Unsent {
    items: BTreeSet<ItemId>,
    other: BTreeMap<Slot, Change>,
}

/// One place per kind of change, so that a slow store is given the newest only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Started,
    Question(u32),
    Proof(u32),
    Plan,
    Interruptions,
    Usage(Source, String, Kind),
    Status,
}

#[derive(Debug)]
struct InFlight {
    sequence: u64,
    settled: Vec<ItemData>,
}

/// What the store last said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Health {
    #[default]
    Well,
    Failing,
}

impl Record {
    /// The item, made now if it is new. `None` when the session has too many.
    fn entry(&mut self, item_id: &ItemId, role: Role, start_ms: u64, question: Option<u32>) -> Option<&mut Item> {
        if let Some(at) = self.items.iter().position(|item| item.item_id == *item_id) {
            return self.items.get_mut(at).filter(|item| item.role == role);
        }
        if self.items.len() >= ITEMS_MAX {
            return None;
        }
        let position = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.items.push(Item {
            item_id: item_id.clone(),
            role,
            content: String::new(),
            generated_content: String::new(),
            start_ms,
            end_ms: None,
            state: ItemState::Interim,
            question,
            revision: 0,
            position,
        });
        self.items.last_mut()
    }

    pub fn item(&self, item_id: &ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.item_id == *item_id)
    }

    fn user_mut(&mut self, item_id: &ItemId) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.item_id == *item_id && item.role == Role::User)
    }

    /// Notes that an item changed; returns its revision to announce at once if it is still unsettled.
    fn touch(&mut self, item_id: &ItemId, keep: Keep) -> Option<ItemData> {
        let item = self.items.iter_mut().find(|item| item.item_id == *item_id)?;
        item.revision += 1;
        let data = ItemData::from(&*item);
        let settled = item.state != ItemState::Interim;
        if settled || keep == Keep::Durable {
            self.unsent.items.insert(item_id.clone());
        }
        if settled {
            return None;
        }
        self.announced.insert(item_id.clone(), data.clone());
        Some(data)
    }

    /// The candidate began to speak.
    pub fn user_started(&mut self, item_id: &ItemId, start_ms: u64, question: Option<u32>) -> Option<ItemData> {
        self.entry(item_id, Role::User, start_ms, question)?;
        self.touch(item_id, Keep::Live)
    }

    /// The candidate fell silent.
    pub fn user_stopped(&mut self, item_id: &ItemId, end_ms: u64) -> Option<ItemData> {
        let item = self.user_mut(item_id)?;
        item.end_ms = Some(end_ms.max(item.start_ms));
        self.touch(item_id, Keep::Durable)
    }

    /// More of the candidate's words, before they are settled.
    pub fn user_delta(&mut self, item_id: &ItemId, delta: &str) -> Option<ItemData> {
        let item = self.user_mut(item_id).filter(|item| item.state == ItemState::Interim)?;
        push_bounded(&mut item.content, delta);
        item.generated_content.clone_from(&item.content);
        self.touch(item_id, Keep::Live)
    }

    /// The candidate's words, or that they could not be had.
    pub fn user_settled(&mut self, item_id: &ItemId, text: Option<&str>, now_ms: u64) {
        let Some(item) = self.user_mut(item_id) else { return };
        match text {
            Some(text) => {
                item.content.clear();
                push_bounded(&mut item.content, text.trim());
                item.state = ItemState::Final;
            }
            // Words that were settled stay so.
            None if item.state == ItemState::Final => return,
            None => item.state = ItemState::Missing,
        }
        item.generated_content.clone_from(&item.content);
        item.end_ms = item.end_ms.or(Some(now_ms.max(item.start_ms)));
        self.touch(item_id, Keep::Durable);
    }

    /// The interviewer's item, as it is now.
    pub fn agent(&mut self, item_id: &ItemId, view: AgentView<'_>) -> Option<ItemData> {
        let item = self.entry(item_id, Role::Assistant, view.start_ms, view.question)?;
        if item.content == view.content
            && item.generated_content == view.generated
            && item.end_ms == view.end_ms
            && item.state == view.state
            && item.revision > 0
        {
            return None;
        }
        item.content.clear();
        push_bounded(&mut item.content, view.content);
        item.generated_content.clear();
        push_bounded(&mut item.generated_content, view.generated);
        item.end_ms = view.end_ms;
        item.state = view.state;
        let keep = if item.revision == 0 { Keep::Durable } else { Keep::Live };
        self.touch(item_id, keep)
    }

    /// The words belong to another question than it seemed.
    pub fn reassign(&mut self, item_ids: &[ItemId], question: Option<u32>) -> Vec<ItemData> {
        let mut changed = Vec::new();
        for item_id in item_ids {
            let Some(item) = self.user_mut(item_id) else { continue };
            item.question = question;
            changed.extend(self.touch(item_id, Keep::Durable));
        }
        changed
    }

    /// Nothing more will come: what is unsettled of the candidate is missing.
    pub fn settle_users(&mut self, now_ms: u64) {
        for item_id in self.unsettled_users() {
            self.user_settled(&item_id, None, now_ms);
        }
    }

    /// The candidate's items whose words are still expected.
    pub fn unsettled_users(&self) -> Vec<ItemId> {
        let waiting = |item: &&Item| item.role == Role::User && item.state == ItemState::Interim;
        self.items.iter().filter(waiting).map(|item| item.item_id.clone()).collect()
    }

    /// Are the words of all these items known, or known to be missing?
    pub fn settled(&self, item_ids: &[ItemId]) -> bool {
        item_ids.iter().all(|item_id| self.item(item_id).is_none_or(|item| item.state != ItemState::Interim))
    }

    /// Words in these items; where none are known, as many as fit into the time.
    pub fn words(&self, item_ids: &[ItemId], now_ms: u64) -> u32 {
        item_ids.iter().filter_map(|item_id| self.item(item_id)).map(|item| words_in(item, now_ms)).sum()
    }

    /// Did the candidate say anything on this question?
    pub fn answered(&self, question: u32, now_ms: u64) -> bool {
        let of_it = |item: &&Item| item.role == Role::User && item.question == Some(question);
        self.items.iter().filter(of_it).any(|item| words_in(item, now_ms) > 0)
    }

    pub fn started(&mut self) {
        self.unsent.other.insert(Slot::Started, Change::Started);
    }

    pub fn status(&mut self, status: Status, end_reason: Option<EndReason>) {
        self.unsent.other.insert(Slot::Status, Change::Status { status, end_reason });
    }

    pub fn interruptions(&mut self, count: u32) {
        self.unsent.other.insert(Slot::Interruptions, Change::Interruptions(count));
    }

    pub fn usage(&mut self, total: UsageTotal) {
        self.unsent.other.insert(Slot::Usage(total.source, total.model.clone(), total.kind), Change::Usage(total));
    }

    pub fn question(&mut self, number: u32, change: Change) {
        self.unsent.other.insert(Slot::Question(number), change);
    }

    pub fn proof(&mut self, number: u32, change: Change) {
        self.unsent.other.insert(Slot::Proof(number), change);
    }

    pub fn plan(&mut self, plan: PlanProof) {
        self.unsent.other.insert(Slot::Plan, Change::Plan(plan));
    }

    /// What the candidate said to a question, in order, as far as the words are known.
    pub fn said(&self, question: u32) -> String {
        let of_it = |item: &&Item| item.role == Role::User && item.question == Some(question);
        let words = self.items.iter().filter(of_it).map(|item| item.content.trim()).filter(|words| !words.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }

    /// The next transaction, unless one is under way: all changes since the last.
    pub fn flush(&mut self) -> Option<Output> {
        if self.in_flight.is_some() || (self.unsent.items.is_empty() && self.unsent.other.is_empty()) {
            return None;
        }
        let unsent = std::mem::take(&mut self.unsent);
        let mut changes = Vec::with_capacity(unsent.items.len() + unsent.other.len());
        let mut settled = Vec::new();
        for item in self.items.iter().filter(|item| unsent.items.contains(&item.item_id)) {
            if item.state != ItemState::Interim {
                settled.push(ItemData::from(item));
            }
            changes.push(Change::Item(item.clone()));
        }
        changes.extend(unsent.other.into_values());
        self.sequence += 1;
        self.in_flight = Some(InFlight { sequence: self.sequence, settled });
        Some(Output::Persist { sequence: self.sequence, changes })
    }

    /// The store has everything up to this sequence number: the settled items that may be announced now.
    pub fn persisted(&mut self, sequence: u64) -> Vec<ItemData> {
        match self.in_flight.take() {
            Some(in_flight) if in_flight.sequence <= sequence => {
                self.health = Health::Well;
                for data in &in_flight.settled {
                    let item_id = ItemId::new(&data.item_id);
                    self.announced.insert(item_id, data.clone());
                }
                in_flight.settled
            }
            other => {
                self.in_flight = other;
                Vec::new()
            }
        }
    }

    /// The store failed; `true` if that is news.
    pub fn persist_failed(&mut self) -> bool {
        std::mem::replace(&mut self.health, Health::Failing) == Health::Well
    }

    /// Is everything durable?
    pub fn is_saved(&self) -> bool {
        self.in_flight.is_none() && self.unsent.items.is_empty() && self.unsent.other.is_empty()
    }

    /// Every item as it was last announced, in order.
    pub fn announced(&self) -> Vec<ItemData> {
        let mut items: Vec<&Item> = self.items.iter().collect();
        items.sort_by_key(|item| (item.start_ms, item.position));
        items.into_iter().filter_map(|item| self.announced.get(&item.item_id).cloned()).collect()
    }
}

/// Must an unsettled revision reach the store?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Live,
    Durable,
}

/// An interviewer's item, from the account of what was made and played.
pub(super) struct AgentView<'a> {
    pub start_ms: u64,
    pub end_ms: Option<u64>,
    pub content: &'a str,
    pub generated: &'a str,
    pub state: ItemState,
    pub question: Option<u32>,
}

fn words_in(item: &Item, now_ms: u64) -> u32 {
    match item.state {
        ItemState::Final => count_words(&item.content),
        ItemState::Interim | ItemState::Missing => {
            let spoken_ms = item.end_ms.unwrap_or(now_ms).saturating_sub(item.start_ms);
            let assumed = u32::try_from(spoken_ms * WORDS_PER_MINUTE_ASSUMED / 60_000).unwrap_or(u32::MAX);
            assumed.max(count_words(&item.content))
        }
    }
}

fn push_bounded(text: &mut String, more: &str) {
    let room = ITEM_CHARS_MAX.saturating_sub(text.chars().count());
    text.extend(more.chars().take(room));
}
