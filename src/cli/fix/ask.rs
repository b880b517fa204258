//! Asking at a terminal which fixes to make.

use std::collections::HashSet;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use super::Console;
use crate::discover::Discovery;
use crate::finding::Finding;
use crate::finding::identity::{Identities, Identity};
use crate::report::{Format, Look, Report, write};

/// What is asked once: findings that differ in their lines only are one question. It holds after other fixes, too.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question(Identity, String);

impl Question {
    /// The question a finding's fix is.
    pub fn of(discovery: &Discovery, root: &Path, finding: &Finding) -> Self {
        Question(Identities::new(discovery, root).of(finding), finding.message.clone())
    }
}

const HELP: &str = "y  make this fix\n\
                    n  leave it\n\
                    a  make it, and all further fixes of this rule\n\
                    d  leave it, and all further fixes of this rule\n\
                    q  leave this one and all that follow; what was said yes to is done\n";

/// The questions answered with yes; `None` if nobody is there to ask, and said so. Findings and questions go to stderr, so
/// that a patch on stdout stays one.
pub fn ask(
    discovery: &Discovery,
    root: &Path,
    findings: &[Finding],
    console: &mut Console,
) -> Option<HashSet<Question>> {
    let stdin = io::stdin();
    if !(stdin.is_terminal() && io::stderr().is_terminal()) {
        console.say(
            "error: --interactive asks at a terminal, and there is none; without it, all fixes are made",
        );
        return None;
    }
    let (mut yes, mut no) = (HashSet::new(), HashSet::new());
    let (mut all_of, mut none_of) = (HashSet::new(), HashSet::new());
    let mut answers = stdin.lock().lines();
    for (index, finding) in findings.iter().enumerate() {
        let question = Question::of(discovery, root, finding);
        let rule = finding.rule.name.as_ref();
        if yes.contains(&question) || no.contains(&question) || none_of.contains(rule) {
            continue;
        }
        if all_of.contains(rule) {
            yes.insert(question);
            continue;
        }
        show(discovery, root, finding, console);
        let tier = finding.fix.as_ref().map_or("", |fix| fix.safety.name());
        let answer = loop {
            let mut stderr = io::stderr();
            write!(stderr, "({}/{}) make this {tier} fix? [y,n,a,d,q,?] ", index + 1, findings.len()).ok();
            stderr.flush().ok();
            // A terminal that is closed is one that says no.
            let line = answers.next().and_then(Result::ok).unwrap_or_else(|| "q".to_owned());
            match line.trim() {
                known @ ("y" | "n" | "a" | "d" | "q") => break known.to_owned(),
                _ => write!(stderr, "{HELP}").ok(),
            };
        };
        match answer.as_str() {
            "y" => drop(yes.insert(question)),
            "a" => {
                all_of.insert(rule);
                yes.insert(question);
            }
            "d" => drop(none_of.insert(rule)),
            "n" => drop(no.insert(question)),
            _ => break,
        }
    }
    Some(yes)
}

/// Shows a finding as `check` does.
fn show(discovery: &Discovery, root: &Path, finding: &Finding, console: &Console) {
    let findings = [finding.clone()];
    let report = Report {
        discovery,
        findings: &findings,
        suppressed: &[],
        rules: &[],
        root,
        servers: &[],
        fails: &|_| false,
        exit_code: 0,
    };
    let look = Look { color: console.color, ..Look::default() };
    // A closed stderr leaves nobody to tell.
    write(Format::Human, &report, look, &mut io::stderr()).ok();
}
