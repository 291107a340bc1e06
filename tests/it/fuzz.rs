//! The corpora of `tests/fuzz`, and mutations of each seed, through the functions that `cargo fuzz` calls.
//! `VIVA_TEST_LONG=1` mutates a hundred times as often; `scripts/test --long` runs the fuzzer itself.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::{fs, path::Path};

/// Mutations of one seed.
const MUTATIONS: u64 = 300;
const LONG: u64 = 100;

#[test]
fn no_seed_and_no_mutation_of_one_breaks_a_target() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let rounds = if std::env::var("VIVA_TEST_LONG").is_ok() { MUTATIONS * LONG } else { MUTATIONS };
    for (name, target) in targets::TARGETS {
        let mut seeds: Vec<_> = fs::read_dir(corpora.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        seeds.sort();
        assert!(seeds.len() >= 5, "{name} has {} seeds", seeds.len());
        for seed in seeds {
            let bytes = fs::read(&seed).unwrap();
            for round in 0..rounds {
                let bytes = mutated(&bytes, round);
                let result = std::panic::catch_unwind(|| target(&bytes));
                assert!(result.is_ok(), "{name}: {}, mutation {round}: {bytes:?}", seed.display());
            }
        }
    }
}

/// Every target is a program of the fuzzer, and every program a target.
#[test]
fn the_fuzzer_has_the_same_targets() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/fuzz_targets");
    let mut programs: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut named: Vec<String> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    programs.sort();
    named.sort();
    assert_eq!(programs, named);
}

/// The seed itself first; then some bytes changed, cut, doubled or put in, as the number decides.
fn mutated(seed: &[u8], number: u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    if number == 0 {
        return bytes;
    }
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = |below: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    };
    for _ in 0..=draw(4) {
        let at = draw(bytes.len() + 1);
        match draw(5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << draw(8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][draw(5)],
            2 => bytes.truncate(at),
            3 => {
                let doubled: Vec<u8> = bytes.iter().skip(at).take(draw(40)).copied().collect();
                bytes.splice(at..at, doubled);
            }
            _ => bytes.insert(at, draw(256) as u8),
        }
    }
    bytes
}
