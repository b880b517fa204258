//! `wattlint rules`

use clap::Args;

use super::Console;

#[derive(Debug, Args)]
pub struct RulesArgs {}

pub fn run(_args: &RulesArgs, console: &mut Console) -> u8 {
    let mut family = "";
    let mut rules: Vec<_> = crate::rules::builtin().iter().collect();
    rules.sort_by_key(|rule| (rule.family.as_ref(), rule.name.as_ref()));
    for rule in rules {
        let heading = rule.family.as_ref();
        console.put(|out| {
            if family != heading {
                let gap = if family.is_empty() { "" } else { "\n" };
                writeln!(out, "{gap}{heading}")?;
            }
            let fix = match &rule.fix {
                Some(fix) if fix.safety > crate::rules::schema::Safety::Manual => fix.safety.name(),
                _ => "",
            };
            writeln!(out, "  {:<38} {:<8} {fix}", rule.name, rule.severity.name())?;
            writeln!(out, "      {}", rule.summary)
        });
        family = heading;
    }
    0
}
