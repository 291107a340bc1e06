//! What the credential routes share: who interviews, how short-lived keys are minted, and where voice clients connect.

use crate::{
    config::{Config, VoiceConnectMode},
    domain::persona::Personas,
    http::rate::PerClient,
    realtime::{ProviderKeys, RealtimeConfig, SecretMinter},
};
use std::sync::Arc;

/// Settings and clients of the routes in `webrtc` and `voice`.
pub struct Credentials {
    pub personas: Arc<Personas>,
    /// `None` without a provider key: then Viva mints for itself.
    pub minter: Option<SecretMinter>,
    pub model: String,
    /// What the operator wants to hear, whatever a persona prefers.
    pub voice: Option<String>,
    pub transcribe_model: String,
    pub connect: VoiceConnectMode,
    /// The provider's WebSocket address with the model in it.
    pub provider_url: String,
    /// `model=…`, for our own address.
    pub model_query: String,
    /// Voice connections, by user.
    pub voice_connects: PerClient<String>,
}

/// What keeps Viva from starting.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("personas.yaml: {0}")]
    Personas(String),
    #[error(transparent)]
    Client(#[from] reqwest::Error),
    #[error("cannot use the Realtime server: {0}")]
    Realtime(#[from] crate::realtime::ConfigError),
}

impl Credentials {
    /// # Errors
    /// [`CredentialsError`]
    pub fn new(config: &Config, keys: &ProviderKeys, personas: Arc<Personas>) -> Result<Self, CredentialsError> {
        let minter = match keys.is_empty() {
            true => None,
            false => Some(SecretMinter::new(&config.openai.base_url, keys.clone())?),
        };
        let engine = &config.engine;
        let (url, model) = (engine.realtime_url.clone(), engine.realtime_model.clone());
        Ok(Self {
            personas,
            minter,
            voice: engine.realtime_voice.clone(),
            transcribe_model: engine.transcribe_model.clone(),
            connect: config.voice.connect,
            provider_url: address(url, &model)?,
            model_query: address("ws://viva/".to_owned(), &model)?
                .split_once('?')
                .map_or("model=", |(_, query)| query)
                .to_owned(),
            model,
            voice_connects: PerClient::per_minute(config.api.voice_connects_per_minute),
        })
    }
}

/// A Realtime address with the model in it.
fn address(url: String, model: &str) -> Result<String, crate::realtime::ConfigError> {
    Ok(RealtimeConfig { url, model: model.to_owned(), ..RealtimeConfig::default() }.uri()?.to_string())
}

/// The interviewers that come with Viva. A mistake in the file is ours, and a test finds it; it still stops the start.
///
/// # Errors
/// [`CredentialsError::Personas`]
pub fn personas() -> Result<Personas, CredentialsError> {
    let text = include_str!("../../assets/personas.yaml");
    let wrong = |error: &dyn std::fmt::Display| CredentialsError::Personas(error.to_string());
    let personas: Personas = serde_saphyr::from_str(text).map_err(|error| wrong(&error))?;
    personas.validate().map_err(|error| wrong(&error))?;
    Ok(personas)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::interview::Interview;

    #[test]
    fn every_built_in_interview_has_a_persona_of_its_own_name() {
        let personas = personas().expect("the file that is shipped");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/interviews");
        for file in std::fs::read_dir(folder).expect("the folder") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("its text");
            let mut interview: Interview = serde_saphyr::from_str(&text).expect("an interview");
            let named = personas.of(&interview);
            interview.persona.clear();
            assert_eq!(named, personas.of(&interview), "{}: its kind leads to the persona that it names", interview.id);
        }
    }
}
