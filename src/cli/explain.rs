//! `wattlint explain`

use std::io::{self, Write};

use clap::Args;

use super::{Console, FAILED};
use crate::catalog::{self, JdkDefaults, Protocol, Rank};
use crate::rules::schema::{Example, Rule, Safety};
use crate::secrets::{MASK, is_secret_name};
use crate::tls::jsse::Jsse;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A rule, a watt setting, a JVM system property, a protocol or a cipher suite
    #[arg(value_name = "NAME", allow_hyphen_values = true)]
    name: String,
}

pub fn run(args: &ExplainArgs, console: &mut Console) -> u8 {
    let name = args.name.as_str();
    let setting = catalog::setting_rows(name);
    let readers = readers(name);
    if let Some(rule) = crate::rules::find(name) {
        console.put(|out| explain_rule(rule, out));
    } else if !setting.is_empty() {
        console.put(|out| explain_setting(name, setting, out));
    } else if let Some(suite) = catalog::suite(&name.to_ascii_uppercase().replace("_ANON_", "_anon_"), true) {
        console.put(|out| explain_suite(suite, out));
    } else if let Some(protocol) = catalog::Protocol::named(name) {
        console.put(|out| explain_protocol(protocol, out));
    } else if !readers.is_empty() {
        console.put(|out| {
            writeln!(out, "{name}: read by these rules\n")?;
            readers.iter().try_for_each(|rule| writeln!(out, "  {}\n      {}", rule.name, rule.summary))
        });
    } else {
        let rules = crate::rules::builtin();
        let names = rules.iter().map(|rule| rule.name.as_ref());
        let properties =
            rules.iter().flat_map(|rule| rule.reads.iter()).map(|read| read.trim_start_matches("-D"));
        let settings = catalog::SETTINGS.iter().map(|row| row.name);
        let suites = catalog::SUITES.iter().map(|suite| suite.name);
        let hint = match super::nearest(name, names.chain(properties).chain(settings).chain(suites)) {
            Some(known) => format!("did you mean {known}?"),
            None => "`wattlint rules` lists the rules and what they read".to_owned(),
        };
        let shown = crate::syntax::printable(name).into_owned();
        console.say(format!("error: '{shown}' is no rule, setting, system property, protocol or cipher suite that wattlint knows; {hint}"));
        return FAILED;
    }
    0
}

/// The rules that read a setting, a system property (with or without its `-D`) or a file.
fn readers(name: &str) -> Vec<&'static Rule> {
    let plain = name.trim_start_matches("-D");
    let reads = |rule: &&Rule| rule.reads.iter().any(|read| read.trim_start_matches("-D") == plain);
    crate::rules::builtin().iter().filter(reads).collect()
}

fn explain_rule(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}\n", rule.name, rule.summary)?;
    writeln!(out, "severity   {}", rule.severity.name())?;
    writeln!(out, "basis      {}", rule.basis.name())?;
    if let Some(releases) = &rule.releases {
        writeln!(out, "releases   {releases}")?;
    }
    if let Some(jdks) = &rule.jdks {
        writeln!(out, "Java       {jdks}")?;
    }
    if let Some(fix) = &rule.fix {
        let how = match fix.safety {
            Safety::Safe => "safe: wattlint fix",
            Safety::Unsafe => "unsafe: wattlint fix --unsafe",
            Safety::Manual => "by hand",
        };
        writeln!(out, "fix        {} ({how})", fix.title)?;
    }
    writeln!(out, "reads      {}", rule.reads.join("\n           "))?;
    writeln!(out, "\n{}", rule.why.trim_end())?;
    if !rule.references.is_empty() {
        writeln!(out, "\nSee also")?;
        for reference in rule.references.iter() {
            writeln!(out, "  {reference}")?;
        }
    }
    for example in rule.examples.iter() {
        explain_example(example, out)?;
    }
    Ok(())
}

fn explain_example(example: &Example, out: &mut dyn Write) -> io::Result<()> {
    let mut known = Vec::new();
    known.extend(example.release.as_ref().map(|release| format!("release {release}")));
    known.extend(example.jdk.as_ref().map(|jdk| format!("Java {jdk}")));
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    writeln!(out, "\nExample: {}{known}", example.name)?;
    for (path, text) in example.files.iter() {
        writeln!(out, "\n  {path}")?;
        for (index, line) in text.lines().enumerate() {
            let found = example.finds.iter().any(|place| place.file == *path && place.line == index + 1);
            let mark = if found { ">" } else { " " };
            let fixed = crate::syntax::printable(line);
            writeln!(out, "  {mark} {:>3} | {fixed}", index + 1)?;
        }
    }
    match example.finds.len() {
        0 => writeln!(out, "\n  No finding.")?,
        _ if example.fixed.is_empty() => {}
        _ => {
            for (path, text) in example.fixed.iter() {
                writeln!(out, "\n  {path}, fixed")?;
                for (index, line) in text.lines().enumerate() {
                    writeln!(out, "    {:>3} | {}", index + 1, crate::syntax::printable(line))?;
                }
            }
        }
    }
    Ok(())
}

fn explain_setting(name: &str, rows: &[catalog::SettingFact], out: &mut dyn Write) -> io::Result<()> {
    let Some(last) = rows.last() else { return Ok(()) };
    writeln!(out, "{name}: {}\n", last.summary)?;
    writeln!(out, "kind       {}", last.kind)?;
    writeln!(out, "provider   {}", last.provider)?;
    writeln!(out, "direction  {}", last.direction)?;
    for row in rows {
        let bound = |release: Option<crate::instance::release::Release>| release.map(|r| r.to_string());
        let range = match (bound(row.since), bound(row.until)) {
            (None, None) => "all releases".to_owned(),
            (Some(since), None) => format!("from {since} on"),
            (None, Some(until)) => format!("up to {until}"),
            (Some(since), Some(until)) if since == until => since,
            (Some(since), Some(until)) => format!("{since} to {until}"),
        };
        let default = match row.default {
            None => "unknown".to_owned(),
            Some("") => "empty".to_owned(),
            Some(_) if is_secret_name(name) => MASK.to_owned(),
            Some(default) => default.to_owned(),
        };
        writeln!(out, "default    {default} ({range}; {})", row.basis.name())?;
    }
    let readers: Vec<&str> = readers(name).iter().map(|rule| rule.name.as_ref()).collect();
    if !readers.is_empty() {
        writeln!(out, "rules      {}", readers.join("\n           "))?;
    }
    Ok(())
}

fn explain_protocol(protocol: Protocol, out: &mut dyn Write) -> io::Result<()> {
    let verdict = match protocol {
        Protocol::Ssl2Hello => "an old form of the first message, no protocol",
        Protocol::Ssl3 => "must not be used (RFC 7568)",
        Protocol::Tls10 | Protocol::Tls11 => "retired (RFC 8996)",
        Protocol::Tls12 | Protocol::Tls13 => "in use",
    };
    writeln!(out, "{protocol}: {verdict}\n")?;
    by_build(out, |build, jsse| {
        let on = match (build.client.contains(&protocol), build.server.contains(&protocol)) {
            _ if !build.supported.contains(&protocol) => "unknown",
            _ if jsse.tls.disables_protocol(protocol) => "disabled by its java.security",
            (true, true) => "on by default",
            (true, false) => "on by default in clients",
            (false, true) => "on by default in servers",
            (false, false) => "supported, not on by default",
        };
        on.to_owned()
    })
}

/// A line for each stretch of builds that say the same.
fn by_build(out: &mut dyn Write, say: impl Fn(&JdkDefaults, &Jsse<'_>) -> String) -> io::Result<()> {
    let mut stretches: Vec<(String, &str, &str)> = Vec::new();
    for build in catalog::JDKS {
        let Ok(jsse) = Jsse::of_build(build) else { continue };
        let said = say(build, &jsse);
        let line = |name: &str| name.split(['u', '.']).next().map(str::to_owned);
        match stretches.last_mut() {
            Some((before, first, last)) if *before == said && line(first) == line(build.name) => {
                *last = build.name;
            }
            _ => stretches.push((said, build.name, build.name)),
        }
    }
    stretches.iter().try_for_each(|(said, first, last)| {
        let range = if first == last { (*first).to_owned() } else { format!("{first} to {last}") };
        writeln!(out, "Java {range:<23} {said}")
    })
}

fn explain_suite(suite: &catalog::Suite, out: &mut dyn Write) -> io::Result<()> {
    let tier = catalog::tier(suite.name);
    writeln!(out, "{}: {}\n", suite.name, tier.verdict())?;
    if let Some(source) = tier.source() {
        writeln!(out, "source          {source}")?;
    }
    writeln!(out, "key exchange    {}", suite.kex)?;
    writeln!(out, "authentication  {}", suite.auth)?;
    writeln!(out, "cipher          {}", suite.cipher)?;
    writeln!(out, "MAC or PRF      {}", suite.mac)?;
    let only = suite.min == suite.max;
    let protocols = if only { suite.min.to_string() } else { format!("{} to {}", suite.min, suite.max) };
    writeln!(out, "protocols       {protocols}")?;
    let policy = match suite.policy {
        Some(catalog::Policy::Modern) => "modern and intermediate",
        Some(catalog::Policy::Intermediate) => "intermediate",
        None => "neither modern nor intermediate",
    };
    writeln!(out, "Mozilla 5.8     {policy}")?;
    by_build(out, |_, jsse| {
        if suite.rank(jsse.generation) == Rank::Unknown {
            return "unknown".to_owned();
        }
        if !jsse.permits(suite) {
            return "disabled by its java.security".to_owned();
        }
        match jsse.default_suites(&Protocol::ALL).iter().position(|known| *known == suite) {
            Some(place) => format!("on by default, number {} in its order", place + 1),
            None => "supported, not on by default".to_owned(),
        }
    })
}
