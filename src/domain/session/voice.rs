//! The account of the interviewer's items: what was made, what was played, and so what was heard.

use crate::domain::{
    id::ItemId,
    proof::{StandIn, Wording},
    session::{phrases::count_words, record::AgentView},
    transcript::ItemState,
};

/// Items that are remembered; older ones are settled long since.
const ITEMS_MAX: usize = 64;
/// Milliseconds of one word, where the length of the whole item is not known.
const WORD_MS_ASSUMED: u64 = 400;
/// Characters of one item.
const TEXT_CHARS_MAX: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Voice {
    items: Vec<Spoken>,
}

/// One item of the interviewer.
#[derive(Debug)]
pub(super) struct Spoken {
    pub item_id: ItemId,
    pub question: Option<u32>,
    /// As the model wrote it, so far.
    text: String,
    /// What it was told to say; stands in until the model's own account comes.
    told: String,
    received_ms: Option<u64>,
    playout: Playout,
    shown: String,
    worded: (Wording, Option<StandIn>),
}

/// What the pacer did with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Playout {
    Waiting,
    Playing { start_ms: u64 },
    Finished { start_ms: u64, end_ms: u64 },
    Dropped,
    Cut { start_ms: u64, end_ms: u64, heard_ms: u64 },
}

impl Voice {
    /// A new item of a response, which was told to say these words.
    pub fn add(&mut self, item_id: &ItemId, told: &str, question: Option<u32>) {
        if self.find(item_id).is_some() {
            return;
        }
        if self.items.len() >= ITEMS_MAX {
            self.items.remove(0);
        }
        self.items.push(Spoken {
            item_id: item_id.clone(),
            question,
            text: String::new(),
            told: told.to_owned(),
            received_ms: None,
            playout: Playout::Waiting,
            shown: String::new(),
            worded: (Wording::Script, None),
        });
    }

    fn find(&self, item_id: &ItemId) -> Option<&Spoken> {
        self.items.iter().find(|spoken| spoken.item_id == *item_id)
    }

    pub fn knows(&self, item_id: &ItemId) -> bool {
        self.find(item_id).is_some()
    }

    fn update(&mut self, item_id: &ItemId, change: impl FnOnce(&mut Spoken)) {
        if let Some(spoken) = self.items.iter_mut().find(|spoken| spoken.item_id == *item_id) {
            change(spoken);
            spoken.shown = spoken.heard();
        }
    }

    pub fn add_text(&mut self, item_id: &ItemId, delta: &str) {
        self.update(item_id, |spoken| {
            let room = TEXT_CHARS_MAX.saturating_sub(spoken.text.chars().count());
            spoken.text.extend(delta.chars().take(room));
        });
    }

    pub fn set_text(&mut self, item_id: &ItemId, text: &str) {
        self.update(item_id, |spoken| spoken.text = text.chars().take(TEXT_CHARS_MAX).collect());
    }

    pub fn set_worded(&mut self, item_id: &ItemId, worded_by: Wording, stand_in: Option<StandIn>) {
        self.update(item_id, |spoken| spoken.worded = (worded_by, stand_in));
    }

    /// Who worded these; of several items the last that says so counts.
    pub fn worded(&self, item_ids: &[ItemId]) -> (Wording, Option<StandIn>) {
        let known = item_ids.iter().filter_map(|item_id| self.find(item_id)).map(|spoken| spoken.worded);
        known.fold((Wording::Script, None), |all, one| if one == (Wording::Script, None) { all } else { one })
    }

    /// All words of these, heard or not.
    pub fn made(&self, item_ids: &[ItemId]) -> String {
        let texts: Vec<&str> = item_ids.iter().filter_map(|id| self.find(id)).map(Spoken::generated).collect();
        texts.join(" ").trim().to_owned()
    }

    pub fn set_received(&mut self, item_id: &ItemId, received_ms: u64) {
        self.update(item_id, |spoken| spoken.received_ms = Some(received_ms));
    }

    pub fn start(&mut self, item_id: &ItemId, start_ms: u64) {
        self.update(item_id, |spoken| {
            if matches!(spoken.playout, Playout::Waiting | Playout::Dropped) {
                spoken.playout = Playout::Playing { start_ms };
            }
        });
    }

    pub fn finish(&mut self, item_id: &ItemId, at_ms: u64, played_ms: u64) {
        self.update(item_id, |spoken| {
            let start_ms = match spoken.playout {
                Playout::Playing { start_ms } => start_ms,
                _ => at_ms.saturating_sub(played_ms),
            };
            spoken.received_ms = spoken.received_ms.or(Some(played_ms));
            spoken.playout = Playout::Finished { start_ms, end_ms: at_ms.max(start_ms) };
        });
    }

    pub fn cut(&mut self, item_id: &ItemId, at_ms: u64, heard_ms: u64) {
        self.update(item_id, |spoken| {
            spoken.playout = match spoken.playout {
                Playout::Waiting | Playout::Dropped => Playout::Dropped,
                Playout::Playing { start_ms } | Playout::Cut { start_ms, .. } | Playout::Finished { start_ms, .. } => {
                    Playout::Cut { start_ms, end_ms: (start_ms + heard_ms).min(at_ms.max(start_ms)), heard_ms }
                }
            };
        });
    }

    /// Items that the pacer has and has not accounted for.
    pub fn open(&self) -> Vec<ItemId> {
        let open = |spoken: &&Spoken| matches!(spoken.playout, Playout::Playing { .. });
        self.items.iter().filter(open).map(|spoken| spoken.item_id.clone()).collect()
    }

    /// The pacer is gone without an account: what was playing was heard until now at most.
    pub fn cut_open(&mut self, at_ms: u64) -> Vec<ItemId> {
        let open = self.open();
        for item_id in &open {
            self.update(item_id, |spoken| {
                if let Playout::Playing { start_ms } = spoken.playout {
                    let elapsed_ms = at_ms.saturating_sub(start_ms);
                    let heard_ms = spoken.received_ms.map_or(elapsed_ms, |received_ms| elapsed_ms.min(received_ms));
                    spoken.playout = Playout::Cut { start_ms, end_ms: start_ms + heard_ms, heard_ms };
                }
            });
        }
        open
    }

    /// Was any of these heard, if only in part?
    pub fn is_heard(&self, item_ids: &[ItemId]) -> bool {
        item_ids.iter().filter_map(|item_id| self.find(item_id)).any(|spoken| {
            matches!(spoken.playout, Playout::Playing { .. } | Playout::Finished { .. } | Playout::Cut { .. })
        })
    }

    /// Has the pacer said of each of these that it is over, or has it nothing to play?
    pub fn is_over(&self, item_ids: &[ItemId]) -> bool {
        item_ids.iter().filter_map(|item_id| self.find(item_id)).all(|spoken| match spoken.playout {
            Playout::Waiting => spoken.received_ms == Some(0),
            Playout::Playing { .. } => false,
            Playout::Finished { .. } | Playout::Dropped | Playout::Cut { .. } => true,
        })
    }

    /// Did any of these bring audio?
    pub fn has_audio(&self, item_ids: &[ItemId]) -> bool {
        self.is_heard(item_ids)
            || item_ids.iter().filter_map(|item_id| self.find(item_id)).any(|spoken| spoken.received_ms != Some(0))
    }

    /// How long these take to play, in milliseconds.
    pub fn length_ms(&self, item_ids: &[ItemId]) -> u64 {
        let one = |spoken: &Spoken| {
            spoken.received_ms.unwrap_or_else(|| u64::from(count_words(spoken.generated())) * WORD_MS_ASSUMED)
        };
        item_ids.iter().filter_map(|item_id| self.find(item_id)).map(one).sum()
    }

    /// The words of these that were heard.
    pub fn heard(&self, item_ids: &[ItemId]) -> String {
        let heard: Vec<&str> =
            item_ids.iter().filter_map(|item_id| self.find(item_id)).map(|spoken| spoken.shown.as_str()).collect();
        heard.join(" ")
    }

    /// The item for the transcript; `None` as long as nothing of it was played.
    pub fn view(&self, item_id: &ItemId) -> Option<AgentView<'_>> {
        let spoken = self.find(item_id)?;
        let (start_ms, end_ms, state) = match spoken.playout {
            Playout::Waiting | Playout::Dropped => return None,
            Playout::Playing { start_ms } => (start_ms, None, ItemState::Interim),
            Playout::Finished { start_ms, end_ms } | Playout::Cut { start_ms, end_ms, .. } => {
                (start_ms, Some(end_ms), ItemState::Final)
            }
        };
        let generated = spoken.generated();
        Some(AgentView { start_ms, end_ms, content: &spoken.shown, generated, state, question: spoken.question })
    }
}

impl Spoken {
    fn generated(&self) -> &str {
        if self.text.trim().is_empty() { self.told.trim() } else { self.text.trim() }
    }

    /// The words heard: all, or as many as fit into the time that was played, never more than were made.
    fn heard(&self) -> String {
        let generated = self.generated();
        let Playout::Cut { heard_ms, .. } = self.playout else {
            return match self.playout {
                Playout::Waiting | Playout::Dropped => String::new(),
                _ => generated.to_owned(),
            };
        };
        let words: Vec<&str> = generated.split_whitespace().collect();
        let count = words.len() as u64;
        let heard = match self.received_ms {
            Some(received_ms) if received_ms > 0 => count * heard_ms.min(received_ms) / received_ms,
            _ => heard_ms / WORD_MS_ASSUMED,
        };
        let heard = usize::try_from(heard).unwrap_or(usize::MAX).min(words.len());
        words.get(..heard).unwrap_or_default().join(" ")
    }
}
