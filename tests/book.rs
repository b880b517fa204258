//! The book in `docs/`: its pages about rules say what the rules say, its picture is what the program prints, and no link
//! leads nowhere. `SNAPSHOTS=overwrite cargo test --test book` writes anew what is generated.

#[path = "book/cause_page.rs"]
mod cause_page;
#[path = "book/links.rs"]
mod links;
#[path = "book/rule_pages.rs"]
mod rule_pages;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use snapbox::{Assert, Data, IntoData};
use wattlint::rules::builtin;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a generated file with the one in the repository, or writes it.
fn generated(path: &str, text: impl IntoData) {
    let file = root().join(path);
    let assert = Assert::new().action_env("SNAPSHOTS");
    assert.eq(text.into_data(), Data::read_from(&file, None).raw());
}

#[test]
fn every_rule_has_its_page() {
    for rule in builtin() {
        generated(&format!("docs/rules/{}.md", rule.name), rule_pages::page(rule));
    }
    generated("docs/rules/README.md", rule_pages::index());
    let pages = fs::read_dir(root().join("docs/rules")).expect("a folder").map(|entry| {
        let path = entry.expect("an entry").path();
        path.file_stem().expect("a name").to_string_lossy().into_owned()
    });
    let rules = builtin().iter().map(|rule| rule.name.to_string()).chain(["README".to_owned()]);
    let (pages, rules): (BTreeSet<String>, BTreeSet<String>) = (pages.collect(), rules.collect());
    assert_eq!(pages, rules, "pages, and rules");
}

#[test]
fn the_causes_of_failed_handshakes_have_their_page() {
    generated("docs/causes.md", cause_page::page());
}

#[test]
fn the_summary_lists_the_rules() {
    let path = "docs/SUMMARY.md";
    let text = fs::read_to_string(root().join(path)).expect("readable");
    generated(path, rule_pages::summary(&text));
}

/// A short run in the colours of a terminal.
#[test]
fn the_picture_is_true() {
    let args = ["check", "--jdk", "8", "--only", "outbound-uses-iaik", "--only", "port-uses-iaik"];
    let output = Command::new(env!("CARGO_BIN_EXE_wattlint"))
        .current_dir(root().join("examples/is-9.12-iaik"))
        .args(args)
        .args(["--color", "always"])
        .output()
        .expect("the program starts");
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text"));
    let text = format!("$ wattlint {}\n{stdout}{stderr}", args.join(" ")).replace('\\', "/");
    generated("docs/run.svg", anstyle_svg::Term::new().min_width_px(720).render_svg(&text));
}

/// The Markdown files that people read, with their text.
fn documents() -> Vec<(PathBuf, String)> {
    let tops =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"].map(|name| root().join(name));
    let book = walkdir::WalkDir::new(root().join("docs"))
        .into_iter()
        .map(|entry| entry.expect("readable").into_path());
    tops.into_iter()
        .chain(book.filter(|path| path.extension().is_some_and(|extension| extension == "md")))
        .map(|path| (path.clone(), fs::read_to_string(path).expect("readable")))
        .collect()
}

#[test]
fn no_link_leads_nowhere() {
    let documents = documents();
    let dead: Vec<String> = documents.iter().flat_map(|(path, text)| links::dead(path, text)).collect();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn every_page_is_in_the_summary_once() {
    let docs = root().join("docs");
    let text = fs::read_to_string(docs.join("SUMMARY.md")).expect("readable");
    let listed = links::links(&text).into_iter().map(|link| docs.join(link));
    let pages = documents().into_iter().map(|(path, _)| path);
    let pages = pages.filter(|path| path.starts_with(&docs) && !path.ends_with("SUMMARY.md"));
    let (listed, pages): (Vec<PathBuf>, BTreeSet<PathBuf>) = (listed.collect(), pages.collect());
    let missing: Vec<&PathBuf> = pages.iter().filter(|page| !listed.contains(page)).collect();
    assert!(missing.is_empty(), "not in SUMMARY.md: {missing:?}");
    assert_eq!(listed.len(), pages.len(), "a page is listed twice");
}
