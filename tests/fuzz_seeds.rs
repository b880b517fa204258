//! The seeds of the fuzz targets, and every input a mistake was found with, held against the promises of the targets.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../fuzz/targets/mod.rs"]
mod targets;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = entries.collect();
    paths.sort();
    paths
}

#[test]
fn every_seed_keeps_the_promises() {
    for (name, target) in targets::ALL {
        for seed in entries(&fuzz().join("seeds").join(name)) {
            let bytes = fs::read(&seed).expect("a seed");
            let done = std::panic::catch_unwind(|| target(&bytes));
            assert!(done.is_ok(), "{} breaks a promise, see above", seed.display());
        }
    }
}

#[test]
fn every_target_has_a_program_and_seeds() {
    let stems = |folder: &str| -> BTreeSet<String> {
        let stem = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
        entries(&fuzz().join(folder)).iter().map(stem).collect()
    };
    let names: BTreeSet<String> = targets::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(stems("fuzz_targets"), names);
    assert_eq!(stems("seeds"), names);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("a manifest");
    assert!(names.iter().all(|name| manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\""))));
}
