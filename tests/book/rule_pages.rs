//! The pages about rules, made from the rules themselves.

use std::fmt::Write as _;

use similar::TextDiff;
use wattlint::report::{self, rules::escaped};
use wattlint::rules::builtin;
use wattlint::rules::schema::{Example, Rule, Safety};
use wattlint::syntax::printable;

/// The first line of each generated page.
const HEAD: &str = "<!-- Generated from rules/ by tests/book.rs. -->\n\n";

/// The page that lists all rules.
pub fn index() -> String {
    let rules: Vec<&Rule> = builtin().iter().collect();
    format!("{HEAD}{}", report::rules::markdown(&rules, |rule| Some(format!("{}.md", rule.name))))
}

/// The summary with the lines below "Rules" as they must be.
pub fn summary(text: &str) -> String {
    let mut out = String::new();
    for line in text
        .lines()
        .filter(|line| !line.trim_start().contains("](rules/") || line.ends_with("(rules/README.md)"))
    {
        writeln!(out, "{line}").expect("a String takes all");
        if line.ends_with("(rules/README.md)") {
            for rule in builtin() {
                writeln!(out, "  - [{name}](rules/{name}.md)", name = rule.name).expect("a String takes all");
            }
        }
    }
    out
}

/// The page of a rule.
pub fn page(rule: &Rule) -> String {
    let mut out = format!("{HEAD}# {}\n\n**{}.**\n\n| | |\n|---|---|\n", rule.name, escaped(&rule.summary));
    let mut row =
        |name: &str, value: &str| writeln!(out, "| {name} | {value} |").expect("a String takes all");
    row("family", &rule.family);
    row("severity", rule.severity.name());
    row("basis", rule.basis.name());
    row("releases", &rule.releases.as_deref().map_or("all".to_owned(), escaped));
    row("Java", &rule.jdks.as_deref().map_or("all".to_owned(), escaped));
    if let Some(fix) = &rule.fix {
        let how = match fix.safety {
            Safety::Safe => "safe: `wattlint fix`",
            Safety::Unsafe => "unsafe: `wattlint fix --unsafe`",
            Safety::Manual => "by hand",
        };
        row("fix", &format!("{} ({how})", escaped(&fix.title)));
    }
    row("reads", &rule.reads.iter().map(|read| format!("`{read}`")).collect::<Vec<_>>().join(", "));
    write!(out, "\n{}\n", escaped(rule.why.trim())).expect("a String takes all");
    if !rule.references.is_empty() {
        out.push_str("\n## See also\n\n");
        for reference in rule.references.iter() {
            writeln!(out, "- {}", linked(reference)).expect("a String takes all");
        }
    }
    out.push_str(
        "\n## Examples\n\nThe tests of wattlint run them: this rule alone, its findings and its fixes.\n",
    );
    for example in rule.examples.iter() {
        push_example(rule, example, &mut out);
    }
    out
}

fn push_example(rule: &Rule, example: &Example, out: &mut String) {
    let release = example.release.as_ref().map(|release| format!("release {release}"));
    let jdk = example.jdk.as_ref().map(|jdk| format!("Java {jdk}"));
    let known: Vec<String> = release.into_iter().chain(jdk).collect();
    write!(out, "\n### {}\n", escaped(&example.name)).expect("a String takes all");
    if !known.is_empty() {
        write!(out, "\nWith {}.\n", known.join(" and ")).expect("a String takes all");
    }
    for (path, text) in example.files.iter() {
        let lines: Vec<String> = example
            .finds
            .iter()
            .filter(|place| place.file == *path)
            .map(|place| place.line.to_string())
            .collect();
        let found = match lines.len() {
            0 => "no finding".to_owned(),
            1 => format!("a finding in line {}", lines[0]),
            _ => format!("findings in lines {}", lines.join(", ")),
        };
        write!(out, "\n`{path}`, {found}:\n").expect("a String takes all");
        fenced("text", text, out);
        if let Some((_, fixed)) = example.fixed.iter().find(|(fixed, _)| fixed == path) {
            let with = match rule.fix.as_ref().map(|fix| fix.safety) {
                Some(Safety::Safe) => "wattlint fix",
                _ => "wattlint fix --unsafe",
            };
            write!(out, "\n`{with}` makes of it:\n").expect("a String takes all");
            let difference = TextDiff::from_lines(text.as_ref(), fixed.as_ref()).unified_diff().to_string();
            fenced("diff", &difference, out);
        }
    }
}

/// A block of text, shown as it is but for control characters.
fn fenced(language: &str, text: &str, out: &mut String) {
    write!(out, "\n```{language}\n").expect("a String takes all");
    for line in text.trim_end_matches('\n').split('\n') {
        writeln!(out, "{}", printable(line)).expect("a String takes all");
    }
    out.push_str("```\n");
}

/// A reference as a link, where it is known where it leads.
fn linked(reference: &str) -> String {
    let numbered = |prefix: &str| {
        reference.strip_prefix(prefix).filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
    };
    if reference.contains("://") {
        format!("<{reference}>")
    } else if let Some(number) = numbered("RFC ") {
        format!("[{reference}](https://www.rfc-editor.org/rfc/rfc{number})")
    } else if let Some(number) = numbered("CWE-") {
        format!("[{reference}](https://cwe.mitre.org/data/definitions/{number}.html)")
    } else {
        escaped(reference)
    }
}
