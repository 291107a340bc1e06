use super::*;
use std::collections::HashMap;

fn load(pairs: &[(&str, &str)]) -> Result<Config, Vec<ConfigError>> {
    let map: HashMap<String, String> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Config::load(
        |name| map.get(name).cloned(),
        |path| {
            if path == "secret.txt" {
                Ok("0123456789abcdef0123456789abcdef\n".to_owned())
            } else {
                Err(std::io::ErrorKind::NotFound.into())
            }
        },
    )
}

fn names(result: Result<Config, Vec<ConfigError>>) -> Vec<String> {
    result.expect_err("a mistake").into_iter().map(|error| error.name).collect()
}

#[test]
fn an_empty_environment_is_open_mode_on_loopback() {
    let config = load(&[]).expect("valid");
    assert!(config.access.open_mode());
    assert_eq!(config.http.host, IpAddr::V4(Ipv4Addr::LOCALHOST));
    assert_eq!((config.http.port, config.media.udp_port), (8000, 8000));
    assert_eq!(config.engine.choice, EngineChoice::Builtin);
    assert_eq!(config.limits.drain, Duration::from_secs(110));
}

#[test]
fn an_api_key_opens_the_network() {
    let config = load(&[("API_KEY", "first-key-1234, second-key-5678"), ("PORT", "9001")]).expect("valid");
    assert_eq!(config.access.api_keys.len(), 2);
    assert_eq!(config.http.host, IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    assert_eq!(config.media.udp_port, 9001);
}

#[test]
fn open_mode_elsewhere_stops_the_start() {
    assert_eq!(names(load(&[("VIVA_HOST", "0.0.0.0")])), ["VIVA_HOST"]);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let result = load(&[
        ("PORT", "99999"),
        ("SECRET_KEY", "short"),
        ("VIVA_ENGINE", "magic"),
        ("VIVA_DRAIN_SECONDS", "-1"),
        ("VIVA_PUBLIC_URL", "ftp://x"),
        ("VIVA_TLS_CERT", "a.pem"),
        ("OPENAI_REALTIME_API_URL", "http://x"),
    ]);
    let mut found = names(result);
    found.sort();
    assert_eq!(
        found,
        [
            "OPENAI_REALTIME_API_URL",
            "PORT",
            "SECRET_KEY",
            "VIVA_DRAIN_SECONDS",
            "VIVA_ENGINE",
            "VIVA_PUBLIC_URL",
            "VIVA_TLS_KEY"
        ]
    );
}

#[test]
fn direct_voice_connections_need_a_provider_key() {
    assert_eq!(names(load(&[("VOICE_CONNECT_MODE", "direct")])), ["VOICE_CONNECT_MODE"]);
    let config = load(&[("VOICE_CONNECT_MODE", "direct"), ("OPENAI_API_KEYS", "sk-one, sk-two")]).expect("valid");
    assert_eq!((config.voice.connect, config.openai.keys.len()), (VoiceConnectMode::Direct, 2));
}

#[test]
fn sites_that_frame_an_interview_are_origins_and_nothing_more() {
    let config = load(&[("VIVA_EMBED_ORIGINS", "https://jobs.example, http://localhost:3000/")]).expect("valid");
    assert_eq!(config.http.embed_origins, ["https://jobs.example", "http://localhost:3000"]);
    for bad in ["*", "jobs.example", "https://", "https://a.example/path", "https://a.example; script-src *"] {
        assert_eq!(names(load(&[("VIVA_EMBED_ORIGINS", bad)])), ["VIVA_EMBED_ORIGINS"], "{bad}");
    }
}

#[test]
fn example_secrets_are_refused() {
    assert_eq!(names(load(&[("API_KEY", "your-secure-api-key-here")])), ["API_KEY", "API_KEY"]);
    assert!(names(load(&[("SECRET_KEY", "your-secret-key-here")])).contains(&"SECRET_KEY".to_owned()));
}

#[test]
fn a_secret_may_live_in_a_file_and_is_never_printed() {
    let config = load(&[("SECRET_KEY_FILE", "secret.txt")]).expect("valid");
    assert!(!config.access.open_mode());
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
    assert_eq!(names(load(&[("SECRET_KEY_FILE", "nowhere")])), ["SECRET_KEY_FILE"]);
    let lines = redacted(|name| (name == "API_KEY").then(|| "visible-secret".to_owned()));
    assert!(lines.contains(&"API_KEY=***".to_owned()));
    assert!(!lines.join("\n").contains("visible-secret"));
}

#[test]
fn a_url_without_a_key_chooses_that_server() {
    let config = load(&[("OPENAI_REALTIME_API_URL", "ws://127.0.0.1:9/v1/realtime")]).expect("valid");
    assert_eq!(config.engine.choice, EngineChoice::Realtime);
    let config = load(&[("OPENAI_API_KEY", "sk-test-123456"), ("VIVA_ENGINE", "builtin")]).expect("valid");
    assert_eq!(config.engine.choice, EngineChoice::Builtin);
}
