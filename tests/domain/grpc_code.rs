//! `src/grpc/generated` is what `proto/` says. With `VIVA_WRITE_GENERATED=1` this test writes it.

use std::{collections::BTreeMap, fs, path::Path};

/// Messages that are read from a REST body, or written to one.
const BODIES: [&str; 17] = [
    "StartRequest",
    "StartResponse",
    "IceServer",
    "Consent",
    "GetResponse",
    "QuestionNumber",
    "Quality",
    "EndResponse",
    "ResultsResponse",
    "ResultItem",
    "ClientTranscriptMessage",
    "ResultQuestion",
    "ResultMetrics",
    "TalkTime",
    "Delay",
    "AudioQuality",
    "AudioFrames",
];

/// The code and the descriptors, by file name.
fn generate() -> BTreeMap<String, Vec<u8>> {
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    let mut compiler = protox::Compiler::new([include]).expect("the folder is there");
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_file("viva/v1/interviews.proto")
        .expect("it compiles");
    let described = compiler.file_descriptor_set();
    let out = tempfile::tempdir().expect("a directory");
    let mut builder = tonic_prost_build::configure().out_dir(out.path()).build_transport(false);
    for name in BODIES {
        let derive = "#[derive(serde::Serialize, serde::Deserialize)] #[serde(default)]";
        builder = builder.message_attribute(format!("viva.v1.{name}"), derive);
    }
    builder.compile_fds(described).expect("code");
    compiler.include_source_info(false);
    let mut files = BTreeMap::from([("viva.v1.bin".to_owned(), compiler.encode_file_descriptor_set())]);
    for entry in fs::read_dir(out.path()).expect("a listing") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        files.insert(name, fs::read(path).expect("a file"));
    }
    files
}

#[test]
fn the_generated_code_is_what_the_files_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/grpc/generated");
    let wanted = generate();
    assert!(wanted.contains_key("viva.v1.rs"), "{:?}", wanted.keys());
    if std::env::var_os("VIVA_WRITE_GENERATED").is_some() {
        fs::create_dir_all(&folder).expect("a folder");
        for (name, bytes) in &wanted {
            fs::write(folder.join(name), bytes).expect("written");
        }
    }
    let there = fs::read_dir(&folder).expect("a listing").map(|entry| {
        let path = entry.expect("an entry").path();
        (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(&path).expect("a file"))
    });
    let there: BTreeMap<String, Vec<u8>> = there.collect();
    let stale: Vec<&String> = wanted.keys().filter(|name| there.get(*name) != wanted.get(*name)).collect();
    assert!(stale.is_empty(), "run this test with VIVA_WRITE_GENERATED=1; stale: {stale:?}");
    assert_eq!(there.len(), wanted.len(), "a file that nothing generates: {:?}", there.keys());
}
