//! Runs too large for memory drop what files hold and read it again: reports have to be the same.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use wattlint::discover::{Discovery, Options};
use wattlint::document::FileId;
use wattlint::instance::{Given, Instance};
use wattlint::report::{self, Format, Look, Report, Server};
use wattlint::rules::settle::{Settled, settle};
use wattlint::rules::{self, Selection};

fn discover(folder: &Path, keep: Option<u64>) -> Discovery {
    Discovery::from_paths(&[folder.to_owned()], Options { keep, ..Options::default() })
}

/// Checks what was found, and drops what may be dropped.
fn check(discovery: &mut Discovery, selection: &Selection) -> (Settled, Vec<Server>) {
    let instances: Vec<Instance<'_>> = Instance::all(discovery, Given::default()).collect();
    let found: Vec<_> = instances.iter().flat_map(|instance| rules::check(instance, selection)).collect();
    let servers = instances.iter().map(Server::of).collect();
    drop(instances);
    let settled = settle(discovery, selection, found);
    let all: Vec<FileId> = (0..discovery.documents.len()).map(FileId).collect();
    discovery.set_aside(all);
    (settled, servers)
}

fn reports(
    discovery: &Discovery,
    selection: &Selection,
    (settled, servers): &(Settled, Vec<Server>),
) -> Vec<String> {
    let rules: Vec<_> = selection.rules().collect();
    let report = Report {
        discovery,
        findings: &settled.findings,
        suppressed: &settled.suppressed,
        rules: &rules,
        root: Path::new("/"),
        servers,
        fails: &|_| true,
        exit_code: 1,
    };
    let write = |format: &Format| {
        let mut out = Vec::new();
        report::write(*format, &report, Look::default(), &mut out).expect("written to memory");
        String::from_utf8(out).expect("text")
    };
    Format::value_variants().iter().map(write).collect()
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

#[test]
fn files_read_again_give_the_same_reports() {
    let selection = Selection::all();
    let mut kept = discover(&examples(), None);
    let mut dropped = discover(&examples(), Some(0));
    let of_kept = check(&mut kept, &selection);
    let of_dropped = check(&mut dropped, &selection);
    assert!(kept.documents.iter().all(|document| document.is_here()));
    // What another file names was read from elsewhere, and stays.
    let sealed = |discovery: &Discovery| {
        discovery
            .documents
            .iter()
            .filter(|document| document.is_sealed())
            .map(|document| document.is_here())
            .collect()
    };
    let in_memory: Vec<bool> = sealed(&dropped);
    assert!(in_memory.len() > 20 && !in_memory.contains(&true));
    assert_eq!(reports(&kept, &selection, &of_kept), reports(&dropped, &selection, &of_dropped));
    let in_memory: Vec<bool> = sealed(&dropped);
    assert!(!in_memory.contains(&true), "a report keeps no file");
    assert!(dropped.changed().is_empty());
}

#[test]
fn of_a_file_that_changed_meanwhile_nothing_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.cnf");
    fs::write(&file, "watt.net.ssl.client.useJSSE=maybe\n").expect("written");
    let selection = Selection::all();
    let mut discovery = discover(folder.path(), Some(0));
    let found = check(&mut discovery, &selection);
    assert!(!found.0.findings.is_empty());
    for text in ["watt.net.ssl.client.useJSSE=quagg\n", "watt.quagg=1\n"] {
        fs::write(&file, text).expect("written");
        let reports = reports(&discovery, &selection, &found);
        assert!(!reports.iter().any(|report| report.contains("quagg")));
    }
    fs::remove_file(&file).expect("removed");
    reports(&discovery, &selection, &found);
    assert_eq!(discovery.changed().len(), 1);
}
