//! The model files: where they come from, whether they are the right ones, and the networks made of them.
//!
//! A release build carries the files inside the binary; a debug build reads them from the source tree. A directory
//! given to [`Models::new`] replaces both. Each network is loaded on first use and shared by all sessions.

use super::{error::EngineError, stt::Ears, tts::Voice, turn::TurnModel};
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// One file of a model, by its path below the model directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
    Hibari,
    Vocabulary,
    Oov,
    OovTable,
    Encoder,
    Decoder,
    Tokenizer,
    SmartTurn,
}

impl File {
    const ALL: [Self; 8] = [
        Self::Hibari,
        Self::Vocabulary,
        Self::Oov,
        Self::OovTable,
        Self::Encoder,
        Self::Decoder,
        Self::Tokenizer,
        Self::SmartTurn,
    ];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Hibari => "hibari/hibari.onnx",
            Self::Vocabulary => "hibari/vocab.json",
            Self::Oov => "hibari/oov.onnx",
            Self::OovTable => "hibari/oov.json",
            Self::Encoder => "moonshine-base-en/encoder.onnx",
            Self::Decoder => "moonshine-base-en/decoder.onnx",
            Self::Tokenizer => "moonshine-base-en/tokenizer.bin",
            Self::SmartTurn => "smart-turn/smart-turn-v3.2-cpu.onnx",
        }
    }

    /// Which of the three parts of the engine the file belongs to.
    const fn part(self) -> Part {
        match self {
            Self::Hibari | Self::Vocabulary | Self::Oov | Self::OovTable => Part::Voice,
            Self::Encoder | Self::Decoder | Self::Tokenizer => Part::Ears,
            Self::SmartTurn => Part::Turn,
        }
    }
}

/// A part of the engine that is loaded as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text to speech.
    Voice,
    /// Speech to text.
    Ears,
    /// End of turn.
    Turn,
}

/// State of one model file, for the health report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFileStatus {
    /// Path below the model directory.
    pub file: &'static str,
    pub part: Part,
    /// SHA-256 that the file must have, in hexadecimal; empty when nothing names it.
    pub sha256: String,
    /// Whether the network made of it is in memory.
    pub loaded: bool,
    /// Why it could not be loaded, if that was tried.
    pub error: Option<EngineError>,
}

/// Bytes of a file: part of the binary, or read from disk.
pub(super) type Bytes = Cow<'static, [u8]>;

type Slot<T> = OnceLock<Result<Arc<T>, EngineError>>;

/// All models of the engine, loaded on first use.
pub struct Models {
    directory: Option<PathBuf>,
    voice: Slot<Voice>,
    ears: Slot<Ears>,
    turn: Slot<TurnModel>,
}

impl Models {
    /// `directory`: where to read the files, instead of the binary (release) or the source tree (debug).
    pub fn new(directory: Option<PathBuf>) -> Self {
        let directory = directory.or_else(embedded::source_directory);
        Self { directory, voice: OnceLock::new(), ears: OnceLock::new(), turn: OnceLock::new() }
    }

    /// Text to speech. The first call loads it: about half a second of CPU, so not on an async thread.
    pub(super) fn voice(&self) -> Result<Arc<Voice>, EngineError> {
        self.voice.get_or_init(|| Voice::load(self).map(Arc::new)).clone()
    }

    /// Whether text to speech is in memory already.
    pub(super) fn has_voice(&self) -> bool {
        matches!(self.voice.get(), Some(Ok(_)))
    }

    /// Speech to text. The first call loads it.
    pub(super) fn ears(&self) -> Result<Arc<Ears>, EngineError> {
        self.ears.get_or_init(|| Ears::load(self).map(Arc::new)).clone()
    }

    /// End of turn. The first call loads it.
    pub(super) fn turn(&self) -> Result<Arc<TurnModel>, EngineError> {
        self.turn.get_or_init(|| TurnModel::load(self).map(Arc::new)).clone()
    }

    /// Every file with its checksum and state; loads nothing.
    pub fn report(&self) -> Vec<ModelFileStatus> {
        let sums = self.checksums();
        let status = |file: File| {
            let (loaded, error) = match file.part() {
                Part::Voice => state(&self.voice),
                Part::Ears => state(&self.ears),
                Part::Turn => state(&self.turn),
            };
            let sha256 = expected(&sums, file).unwrap_or_default().to_owned();
            ModelFileStatus { file: file.path(), part: file.part(), sha256, loaded, error }
        };
        File::ALL.map(status).to_vec()
    }

    /// The bytes of `file`, which are what `SHA256SUMS` says.
    pub(super) fn read(&self, file: File) -> Result<Bytes, EngineError> {
        let bytes = match &self.directory {
            Some(directory) => read_file(directory, file)?,
            None => embedded::bytes(file).ok_or(EngineError::Missing { file: file.path() })?,
        };
        let sums = self.checksums();
        let corrupt = EngineError::Corrupt { file: file.path() };
        let expected = expected(&sums, file).ok_or(corrupt.clone())?;
        if hex(&Sha256::digest(&bytes)) == expected { Ok(bytes) } else { Err(corrupt) }
    }

    fn checksums(&self) -> String {
        match &self.directory {
            Some(directory) => std::fs::read_to_string(directory.join("SHA256SUMS")).unwrap_or_default(),
            None => embedded::CHECKSUMS.to_owned(),
        }
    }
}

fn read_file(directory: &Path, file: File) -> Result<Bytes, EngineError> {
    std::fs::read(directory.join(file.path())).map(Cow::Owned).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => EngineError::Missing { file: file.path() },
        _ => EngineError::unreadable(file.path())(error),
    })
}

fn state<T>(slot: &Slot<T>) -> (bool, Option<EngineError>) {
    match slot.get() {
        Some(Ok(_)) => (true, None),
        Some(Err(error)) => (false, Some(error.clone())),
        None => (false, None),
    }
}

/// The checksum that a `sha256sum` listing gives for `file`.
fn expected(sums: &str, file: File) -> Option<&str> {
    sums.lines().find_map(|line| {
        let (sum, name) = line.split_once(char::is_whitespace)?;
        (name.trim_start_matches([' ', '*']) == file.path()).then_some(sum)
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Makes a network of `bytes`; those in the binary are not copied.
pub(super) fn network(file: File, bytes: Bytes) -> Result<rten::Model, EngineError> {
    let loaded = match bytes {
        Cow::Borrowed(bytes) => rten::Model::load_static_slice(bytes),
        Cow::Owned(bytes) => rten::Model::load(bytes),
    };
    loaded.map_err(EngineError::unreadable(file.path()))
}

/// Reads and makes the network of `file`.
pub(super) fn load_network(models: &Models, file: File) -> Result<rten::Model, EngineError> {
    network(file, models.read(file)?)
}

/// A node of a network by name.
pub(super) fn node(network: &rten::Model, file: File, name: &str) -> Result<rten::NodeId, EngineError> {
    network.node_id(name).map_err(EngineError::unreadable(file.path()))
}

#[cfg(not(debug_assertions))]
mod embedded {
    //! Release: the files are in the binary.
    use super::{Bytes, File};
    use std::{borrow::Cow, path::PathBuf};

    macro_rules! model_file {
        ($path:literal) => {
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/", $path)).as_slice()
        };
    }

    pub(super) const CHECKSUMS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/SHA256SUMS"));

    pub(super) fn source_directory() -> Option<PathBuf> {
        None
    }

    pub(super) fn bytes(file: File) -> Option<Bytes> {
        Some(Cow::Borrowed(match file {
            File::Hibari => model_file!("hibari/hibari.onnx"),
            File::Vocabulary => model_file!("hibari/vocab.json"),
            File::Oov => model_file!("hibari/oov.onnx"),
            File::OovTable => model_file!("hibari/oov.json"),
            File::Encoder => model_file!("moonshine-base-en/encoder.onnx"),
            File::Decoder => model_file!("moonshine-base-en/decoder.onnx"),
            File::Tokenizer => model_file!("moonshine-base-en/tokenizer.bin"),
            File::SmartTurn => model_file!("smart-turn/smart-turn-v3.2-cpu.onnx"),
        }))
    }
}

#[cfg(debug_assertions)]
mod embedded {
    //! Debug: the files are read from the source tree, so that a build stays quick.
    use super::{Bytes, File};
    use std::path::{Path, PathBuf};

    pub(super) const CHECKSUMS: &str = "";

    pub(super) fn source_directory() -> Option<PathBuf> {
        Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models"))
    }

    pub(super) fn bytes(_: File) -> Option<Bytes> {
        None
    }
}
