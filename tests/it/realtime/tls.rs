//! The same over TLS, trusting a certificate by `SSL_CERT_FILE`, which is read once in a process: hence one of its own.

use super::rig::{Rig, played};
use std::{env, path::Path, process::Command};
use viva::{
    domain::session::{ModelEvent, ResponseStatus, SpeechTag},
    mock_realtime::{MockConfig, tls_from_files},
};

const CHILD: &str = "VIVA_TEST_TLS_DIR";
const PROOF: &str = "a conversation was held over tls";

#[test]
fn the_certificate_file_of_the_system_is_trusted() {
    if let Ok(dir) = env::var(CHILD) {
        return converse(Path::new(&dir));
    }
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("cert.pem"), signed.cert.pem()).expect("written");
    std::fs::write(dir.path().join("key.pem"), signed.signing_key.serialize_pem()).expect("written");
    let run = |trusted: &Path| {
        Command::new(env::current_exe().expect("this test"))
            .args(["--exact", "realtime::tls::the_certificate_file_of_the_system_is_trusted", "--nocapture"])
            .env(CHILD, dir.path())
            .env("SSL_CERT_FILE", trusted)
            .env_remove("SSL_CERT_DIR")
            .output()
            .expect("the test runs itself")
    };
    let trusting = run(&dir.path().join("cert.pem"));
    let said = String::from_utf8_lossy(&trusting.stdout).into_owned();
    assert!(trusting.status.success() && said.contains(PROOF), "{said}\n{}", String::from_utf8_lossy(&trusting.stderr));

    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(dir.path().join("other.pem"), other.cert.pem()).expect("written");
    let strict = run(&dir.path().join("other.pem"));
    assert!(!strict.status.success(), "another certificate is not trusted");
}

#[allow(clippy::print_stdout)] // Read by the process above.
fn converse(dir: &Path) {
    let tls = tls_from_files(&dir.join("cert.pem"), &dir.join("key.pem")).expect("usable");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut rig = Rig::start(MockConfig { tls: Some(tls), ..MockConfig::default() }).await;
        rig.say(SpeechTag::Greeting, "Nobody else hears this").await;
        let item = rig.wait("item", |event| match event {
            ModelEvent::AgentItem { item_id, .. } => Some(item_id.clone()),
            ModelEvent::Trouble => panic!("not trusted"),
            _ => None,
        });
        let item = item.await;
        assert_eq!(rig.done().await.1, ResponseStatus::Completed);
        assert_eq!(played(&rig.pacer(), &item), (4 * 360 * 24, true));
        rig.finish().await;
    });
    println!("{PROOF}");
}
