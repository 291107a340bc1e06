//! Server-sent events (WHATWG HTML, section 9.2), as far as chat endpoints use them: the `data` of each event.

use std::collections::VecDeque;

/// Bytes of one line.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of one event's data.
pub const EVENT_BYTES_MAX: usize = 128 * 1024;

/// Why bytes are no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    #[error("a line of the stream is too long")]
    LineTooLong,
    #[error("an event of the stream is too long")]
    EventTooLong,
    #[error("the stream is not UTF-8")]
    NotUtf8,
}

/// Takes bytes however they were split, and gives events.
#[derive(Debug, Default)]
pub struct SseReader {
    line: Vec<u8>,
    /// The last line ended with CR: an LF that follows belongs to it.
    after_cr: bool,
    data: Option<String>,
    events: VecDeque<String>,
    at_start: Start,
}

/// A byte order mark counts only here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Start {
    #[default]
    Yes,
    No,
}

impl SseReader {
    /// More bytes. Events that were whole before an error stay readable.
    ///
    /// # Errors
    /// [`SseError`]; the stream is of no use from here on.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        for &byte in bytes {
            match byte {
                b'\n' if std::mem::take(&mut self.after_cr) => {}
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    self.line_ended()?;
                }
                _ => {
                    self.after_cr = false;
                    if self.line.len() >= LINE_BYTES_MAX {
                        return Err(SseError::LineTooLong);
                    }
                    self.line.push(byte);
                }
            }
        }
        Ok(())
    }

    /// The data of the next event.
    pub fn next_event(&mut self) -> Option<String> {
        self.events.pop_front()
    }

    fn line_ended(&mut self) -> Result<(), SseError> {
        let bytes = std::mem::take(&mut self.line);
        let mut line = std::str::from_utf8(&bytes).map_err(|_| SseError::NotUtf8)?;
        if std::mem::replace(&mut self.at_start, Start::No) == Start::Yes {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            self.events.extend(self.data.take());
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field != "data" {
            return Ok(());
        }
        let value = value.strip_prefix(' ').unwrap_or(value);
        match &mut self.data {
            None => self.data = Some(value.to_owned()),
            Some(data) => {
                if data.len() + value.len() >= EVENT_BYTES_MAX {
                    return Err(SseError::EventTooLong);
                }
                data.push('\n');
                data.push_str(value);
            }
        }
        Ok(())
    }
}
