//! Every rule's examples, executed: the rule alone, its findings to the line, its fixes to the byte.

use std::collections::BTreeSet;

use wattlint::instance::Given;
use wattlint::instance::release::VersionRange;
use wattlint::rules::examples::Trial;
use wattlint::rules::schema::{Basis, CheckKind, Safety, Severity};
use wattlint::rules::{self, checks};

#[test]
fn every_example_does_what_it_says() {
    let mut report = Vec::new();
    for rule in rules::builtin() {
        for example in rule.examples.iter() {
            let trial = Trial::new(rule, example).expect("versions and settings that exist");
            for problem in trial.problems() {
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
        let reveals = rule.fix.iter().flat_map(|fix| fix.reveals.iter());
        assert!(reveals.map(AsRef::as_ref).all(rules::may_be_revealed), "{name}: reveals what there is not");
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
        let mut trial = Trial::new(rule, example).expect("versions and settings that exist");
        trial.given = Given { release: Some(outside.expect("a release outside")), ..trial.given };
        let found = trial.findings(&trial.discovery());
        assert!(found.is_empty(), "{}", rule.name);
    }
}
