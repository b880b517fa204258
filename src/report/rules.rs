//! The list of rules, for people and machines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::json;
use crate::rules::schema::{Rule, Safety};
use crate::syntax::printable;

/// The version of the JSON document's shape.
const VERSION: u32 = 1;

/// The rules of each family, both by name.
fn families(rules: &[&'static Rule]) -> BTreeMap<&'static str, Vec<&'static Rule>> {
    let mut families: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        families.entry(rule.family.as_ref()).or_default().push(rule);
    }
    families.values_mut().for_each(|rules| rules.sort_by_key(|rule| rule.name.as_ref()));
    families
}

/// The tier of a rule's fix; empty if it has none that can be applied.
fn tier(rule: &Rule) -> &'static str {
    rule.fix.as_ref().map(|fix| fix.safety).filter(|tier| *tier > Safety::Manual).map_or("", Safety::name)
}

/// Writes them for people.
pub fn human(rules: &[&'static Rule], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{:<40} {:<8} {:<7} {:<11} releases", "", "severity", "fix", "basis")?;
    for (family, rules) in families(rules) {
        writeln!(out, "\n{family}")?;
        for rule in rules {
            let releases = rule.releases.as_deref().unwrap_or("all");
            let (severity, basis) = (rule.severity.name(), rule.basis.name());
            writeln!(out, "  {:<38} {severity:<8} {:<7} {basis:<11} {releases}", rule.name, tier(rule))?;
            writeln!(out, "      {}", printable(&rule.summary))?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Root<'r> {
    version: u32,
    rules: Vec<One<'r>>,
}

#[derive(Serialize)]
struct One<'r> {
    name: &'r str,
    family: &'r str,
    summary: &'r str,
    severity: &'static str,
    basis: &'static str,
    releases: Option<&'r str>,
    jdks: Option<&'r str>,
    reads: &'r [std::borrow::Cow<'static, str>],
    fix: Option<Fix<'r>>,
    why: &'r str,
    references: &'r [std::borrow::Cow<'static, str>],
}

#[derive(Serialize)]
struct Fix<'r> {
    title: &'r str,
    safety: &'static str,
}

/// Writes them as one JSON document.
pub fn json(rules: &[&'static Rule], out: &mut dyn Write) -> io::Result<()> {
    let one = |rule: &'static Rule| One {
        name: &rule.name,
        family: &rule.family,
        summary: &rule.summary,
        severity: rule.severity.name(),
        basis: rule.basis.name(),
        releases: rule.releases.as_deref(),
        jdks: rule.jdks.as_deref(),
        reads: &rule.reads,
        fix: rule.fix.as_ref().map(|fix| Fix { title: &fix.title, safety: fix.safety.name() }),
        why: rule.why.trim(),
        references: &rule.references,
    };
    let rules = families(rules).into_values().flatten().map(one).collect();
    json::document(&Root { version: VERSION, rules }, out)
}

/// A page in Markdown: a table for each family. `link` tells the address of a rule's page, if there is one.
pub fn markdown(rules: &[&'static Rule], link: impl Fn(&Rule) -> Option<String>) -> String {
    let families = families(rules);
    let mut out = format!(
        "# Rules\n\n{} rules in {} families. A fix that is *safe* is made by `wattlint fix`, one that is *unsafe* only \
         with `--unsafe`; without either, what to do is said and left to you. The basis is how the verdict is known: \
         *measured* on real programs, *documented* by the vendor or a standard, or *inferred* from other facts.\n",
        rules.len(),
        families.len()
    );
    for (family, rules) in families {
        out += &format!(
            "\n## {family}\n\n| rule | severity | fix | basis | releases |\n|---|---|---|---|---|\n"
        );
        for rule in rules {
            let name = match link(rule) {
                Some(address) => format!("[{}]({address})", rule.name),
                None => rule.name.to_string(),
            };
            let releases = rule.releases.as_deref().map_or("all".to_owned(), escaped);
            let (severity, basis, summary) =
                (rule.severity.name(), rule.basis.name(), escaped(&rule.summary));
            // A String takes all.
            writeln!(out, "| {name}<br>{summary} | {severity} | {} | {basis} | {releases} |", tier(rule))
                .ok();
        }
    }
    out
}

/// A text of a rule as Markdown: only its backticks mean something.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        if index % 2 == 1 {
            out.push_str(part);
            continue;
        }
        let mut before = ' ';
        for (at, sign) in part.char_indices() {
            let after = part[at + sign.len_utf8()..].chars().next().unwrap_or(' ');
            let inside = before.is_alphanumeric() && after.is_alphanumeric();
            if matches!(sign, '\\' | '*' | '<' | '[' | '|') || (sign == '_' && !inside) {
                out.push('\\');
            }
            out.push(sign);
            before = sign;
        }
    }
    out
}
