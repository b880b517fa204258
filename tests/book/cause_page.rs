//! The page of classes and causes, made from the tables that `wattlint diagnose` judges by.

use std::fmt::Write as _;

use wattlint::catalog::{Cause, HANDSHAKE_CAUSES, HANDSHAKE_CLASSES};
use wattlint::report::rules::escaped;

/// The first lines of the page.
const HEAD: &str = "<!-- Generated from catalog/handshake-*.tsv by tests/book.rs. -->

# Causes of failed handshakes

What [`wattlint diagnose`](diagnose.md) can say. Class and cause are names for scripts too and stay what they are. *Sure*
says how far the log proves the cause: `certain`, `likely`, or `possible` where others remain. *Who* has to act: this
server (`us`), the `partner`, or `both` where the log can't tell. A cause is there more than once where what is to be done
depends on the library or on the end this server is.
";

/// The page.
pub fn page() -> String {
    let mut out = HEAD.to_owned();
    for class in HANDSHAKE_CLASSES {
        write!(out, "\n## {}\n\n", class.name).expect("a String takes all");
        if let Some(issue) = class.issue {
            write!(out, "Issue {issue} of the article: ").expect("a String takes all");
        }
        writeln!(out, "{}.", escaped(class.what)).expect("a String takes all");
        let causes: Vec<String> = rows(HANDSHAKE_CAUSES.iter().filter(|cause| cause.class == class.name));
        if !causes.is_empty() {
            out.push_str(
                "\n| cause | sure | who | what happened, and what to do | setting |\n|---|---|---|---|---|\n",
            );
            out.push_str(&causes.concat());
        }
    }
    out
}

/// A line for each cause, those that say the same only once.
fn rows<'c>(causes: impl Iterator<Item = &'c Cause>) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for cause in causes {
        let setting = cause.setting.map_or(String::new(), |setting| format!("`{setting}`"));
        let mut what = escaped(cause.what);
        if let Some(first) = what.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let row = format!(
            "| `{}` | {} | {} | {what}. {} | {setting} |\n",
            cause.name,
            cause.sure,
            cause.who,
            escaped(cause.remedy)
        );
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows
}
