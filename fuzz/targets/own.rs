//! The file of a rule of a site's own: refused with a reason, or a rule that can be run.

use wattlint::rules::own;

use super::rule;

/// Rules live as long as the program: larger ones would fill the memory of a long run.
const MOST_BYTES: usize = 1_024;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.len() > MOST_BYTES {
        return;
    }
    // The first line is the name.
    let (name, text) = text.split_once('\n').unwrap_or(("acme", text));
    match own::parse(name, text) {
        Ok(rule) => {
            assert!(rule.name == name && rule.family == own::FAMILY);
            assert!(wattlint::rules::find(name).is_none(), "{name} hides a built-in rule");
            rule::on_an_installation(rule);
        }
        Err((line, why)) => {
            assert!(!why.is_empty());
            assert!(line.is_none_or(|line| (1..=text.matches('\n').count() + 1).contains(&line)), "{line:?}");
        }
    }
}
