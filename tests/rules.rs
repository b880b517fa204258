//! Every rule's examples, executed: the rule alone, its findings to the line, its fixes to the byte.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use similar::TextDiff;
use wattlint::config::{Config, FILE_NAME};
use wattlint::discover::Discovery;
use wattlint::finding::Finding;
use wattlint::fix::apply::{Outcome, Permit, converge};
use wattlint::instance::release::{Jdk, Release, VersionRange};
use wattlint::instance::{Given, Instance};
use wattlint::rules::schema::{Basis, CheckKind, Example, Rule, Safety, Severity};
use wattlint::rules::settle::settle;
use wattlint::rules::{self, Selection, checks};

/// A `wattlint.toml` among the files is the configuration of the run.
fn config(example: &Example) -> Arc<Config> {
    let text = example.files.iter().find(|(path, _)| path == FILE_NAME);
    let config = text.map(|(_, text)| Config::from_text(text, Path::new("")).expect("a configuration"));
    Arc::new(config.unwrap_or_default())
}

fn discovery(example: &Example) -> Discovery {
    let files = example.files.iter().filter(|(path, _)| path != FILE_NAME);
    let files = files.map(|(path, text)| (path.as_ref(), text.as_bytes().to_vec()));
    let mut discovery = Discovery::from_memory(files);
    discovery.paths.push(PathBuf::new());
    config(example).inform(&mut discovery);
    discovery
}

fn selection(rule: &'static Rule, example: &Example) -> Selection {
    Selection { only: vec![rule], config: config(example) }
}

fn given(example: &Example) -> Given {
    let release = example.release.as_ref().map(|text| text.parse::<Release>().expect("a release"));
    let jdk = example.jdk.as_ref().map(|text| text.parse::<Jdk>().expect("a Java version"));
    Given { release, jdk }
}

fn check(selection: &Selection, discovery: &Discovery, given: Given) -> Vec<Finding> {
    let found: Vec<Finding> =
        Instance::all(discovery, given).flat_map(|instance| rules::check(&instance, selection)).collect();
    settle(discovery, selection, found).findings
}

fn places(discovery: &Discovery, findings: &[Finding]) -> Vec<(String, usize)> {
    findings
        .iter()
        .map(|finding| {
            let document = discovery.document(finding.primary.place.file);
            (document.display.clone(), document.line_of(finding.primary.place.span.start))
        })
        .collect()
}

fn fixed(rule: &'static Rule, example: &Example) -> Result<(Discovery, Outcome), String> {
    let mut discovery = discovery(example);
    let permit = Permit { tier: Safety::Unsafe, secrets: true };
    let outcome = converge(&mut discovery, given(example), &selection(rule, example), permit)
        .map_err(|e| e.to_string())?;
    Ok((discovery, outcome))
}

/// Everything an example promises; the texts of what is broken.
fn problems(rule: &'static Rule, example: &Example) -> Vec<String> {
    let mut problems = Vec::new();
    let before = discovery(example);
    if before.documents.len() != example.files.len() || before.groups.len() > 1 {
        problems.push(format!("{} files in {} instances", before.documents.len(), before.groups.len()));
    }
    let findings = check(&selection(rule, example), &before, given(example));
    let expected: Vec<(String, usize)> =
        example.finds.iter().map(|place| (place.file.to_string(), place.line)).collect();
    let found = places(&before, &findings);
    if found != expected {
        problems.push(format!("found {found:?}, expected {expected:?}"));
    }
    for finding in &findings {
        if finding.basis == Basis::Inferred && finding.severity == Severity::Error {
            problems.push("an inferred verdict is no error".to_owned());
        }
        if finding.severity > rule.severity {
            problems.push(format!("{:?} is above the rule's severity", finding.severity));
        }
        if let Some(fix) = &finding.fix {
            let declared = rule.fix.as_ref().map(|fix| fix.safety);
            if declared.is_none_or(|declared| fix.safety > declared) {
                problems.push(format!("the fix is {:?}, the rule says {declared:?}", fix.safety));
            }
        }
    }
    match fixed(rule, example) {
        Err(error) => problems.push(error),
        Ok((after, outcome)) => {
            let changed: BTreeMap<&str, String> = outcome
                .changes
                .iter()
                .map(|change| {
                    (
                        after.document(change.file).display.as_str(),
                        String::from_utf8_lossy(&change.after).into_owned(),
                    )
                })
                .collect();
            let wanted: BTreeMap<&str, String> =
                example.fixed.iter().map(|(path, text)| (path.as_ref(), text.to_string())).collect();
            for path in changed.keys().chain(wanted.keys()).collect::<BTreeSet<_>>() {
                let (found, expected) = (changed.get(path), wanted.get(path));
                if found != expected {
                    let none = String::new();
                    let (found, expected) = (found.unwrap_or(&none), expected.unwrap_or(&none));
                    let difference = TextDiff::from_lines(expected, found).unified_diff().to_string();
                    problems.push(format!("{path} is fixed otherwise than the example says:\n{difference}"));
                }
            }
            let left = outcome
                .remaining
                .iter()
                .any(|f| f.fix.as_ref().is_some_and(|fix| fix.safety > Safety::Manual));
            if left {
                problems.push("a fixable finding remains after the fixes".to_owned());
            }
            // What is assumed without the flags may change with the files; with them it must not.
            let again = check(&selection(rule, example), &after, given(example));
            if again.len() > findings.len() {
                problems.push("the fixes make new findings".to_owned());
            }
        }
    }
    problems
}

#[test]
fn every_example_does_what_it_says() {
    let mut report = Vec::new();
    for rule in rules::builtin() {
        for example in rule.examples.iter() {
            for problem in problems(rule, example) {
                report.push(format!("{} / {}: {problem}", rule.name, example.name));
            }
        }
    }
    assert!(report.is_empty(), "{}", report.join("\n\n"));
}

#[test]
fn every_rule_is_whole() {
    let mut names = BTreeSet::new();
    for rule in rules::builtin() {
        let name = rule.name.as_ref();
        assert!(names.insert(name), "{name} twice");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{name}");
        assert!(rule.summary.chars().count() <= 78 && !rule.summary.ends_with('.'), "{name}: summary");
        assert!(rule.why.lines().all(|line| line.chars().count() <= 80), "{name}: why is too wide");
        assert_eq!(rule.check.is_some(), rule.when.is_none(), "{name}: check or when");
        assert_eq!(rule.check == Some(CheckKind::Native), checks::native(name).is_some(), "{name}: function");
        for range in [&rule.releases, &rule.jdks].into_iter().flatten() {
            assert!(range.parse::<VersionRange>().is_ok(), "{name}: {range}");
        }
        assert!(rule.basis != Basis::Inferred || rule.severity < Severity::Error, "{name}: inferred error");
        let finds = rule.examples.iter().filter(|example| !example.finds.is_empty()).count();
        assert!(finds > 0, "{name}: an example that finds");
        assert!(finds < rule.examples.len(), "{name}: an example that finds nothing");
        let fixes = rule.examples.iter().any(|example| !example.fixed.is_empty());
        let declares = rule.fix.as_ref().is_some_and(|fix| fix.safety > Safety::Manual);
        assert_eq!(declares, fixes, "{name}: a fix and an example of it");
    }
}

/// A rule's example must stay silent when its release range is left, so that no range is a dead letter.
#[test]
fn ranges_hold_rules_back() {
    for rule in rules::builtin().iter().filter(|rule| rule.releases.is_some()) {
        let range: VersionRange = rule.releases.as_ref().map(|r| r.parse().expect("a range")).expect("some");
        let outside =
            wattlint::instance::release::RELEASES.into_iter().find(|release| !range.has_release(*release));
        let example = rule.examples.iter().find(|example| !example.finds.is_empty()).expect("one that finds");
        let given = Given { release: Some(outside.expect("a release outside")), ..given(example) };
        let found = check(&selection(rule, example), &discovery(example), given);
        assert!(found.is_empty(), "{}", rule.name);
    }
}
