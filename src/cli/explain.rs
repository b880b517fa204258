//! `wattlint explain`

use std::io::{self, Write};

use clap::Args;

use super::{Console, FAILED, Settings};
use crate::catalog::{self, Fate, JdkDefaults, JvmOption, Known, Protocol, Rank, ValueKind, Watt};
use crate::instance::release::Release;
use crate::rules::schema::{Example, Rule, Safety};
use crate::secrets::{MASK, is_secret_name};
use crate::tls::jsse::Jsse;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A rule, a watt setting, a JVM property or option, a wrapper key, a protocol or a cipher suite
    #[arg(value_name = "NAME", allow_hyphen_values = true)]
    name: String,
    #[command(flatten)]
    settings: Settings,
}

pub fn run(args: &ExplainArgs, console: &mut Console) -> u8 {
    // What people paste: a whole line, a template's key, a -D.
    let name = args.name.trim();
    let name = name.strip_prefix("settings.").filter(|rest| rest.starts_with("watt.")).unwrap_or(name);
    let property = name.strip_prefix("-D").unwrap_or(name);
    let plain = property.split_once('=').map_or(property, |(before, _)| before);
    let readers = readers(plain);
    let suite = catalog::suite(&name.to_ascii_uppercase().replace("_ANON_", "_anon_"), true);
    let jvm_property = catalog::JVM_PROPERTIES.iter().find(|known| known.name == plain);
    if let Some(rule) = crate::rules::find(name) {
        console.put(|out| explain_rule(rule, out));
        return 0;
    }
    let Some(config) = args.settings.load(&[std::path::PathBuf::from(".")], console) else { return FAILED };
    if let Some(rule) = config.own_rule(name) {
        console.put(|out| explain_rule(rule, out));
    } else if let Some(watt) = catalog::watt(plain) {
        console.put(|out| explain_setting(watt, out));
    } else if let Some(suite) = suite {
        console.put(|out| explain_suite(suite, out));
    } else if let Some(protocol) = catalog::Protocol::named(name) {
        console.put(|out| explain_protocol(protocol, out));
    } else if let Some(known) = jvm_property {
        console.put(|out| explain_known(known.name, known, out));
    } else if let Some(known) = wrapper_key(plain) {
        console.put(|out| explain_known(&known.name.replacen('@', "#", 1), known, out));
    } else if let Some(option) = catalog::jvm_option(name).filter(|_| name.starts_with('-')) {
        console.put(|out| explain_option(option, out));
    } else if !readers.is_empty() {
        console.put(|out| {
            writeln!(out, "{plain}: read by these rules\n")?;
            readers.iter().try_for_each(|rule| writeln!(out, "  {}\n      {}", rule.name, rule.summary))
        });
    } else {
        let hint = match suggestion(plain) {
            Some(known) => format!("did you mean {known}?"),
            None => "`wattlint rules` lists the rules and what they read".to_owned(),
        };
        let shown = crate::syntax::printable(name).into_owned();
        console.say(format!("error: '{shown}' is no rule, setting, JVM property or option, wrapper key, protocol or cipher suite that wattlint knows; {hint}"));
        return FAILED;
    }
    0
}

/// What a misspelt name may stand for.
fn suggestion(name: &str) -> Option<String> {
    if name.starts_with("watt.") {
        let found =
            catalog::watt_of_any_case(name).or_else(|| catalog::watt_like(name).map(|(watt, _)| watt));
        return found.map(|watt| watt.name.to_owned());
    }
    let rules = crate::rules::builtin();
    let names = rules.iter().map(|rule| rule.name.as_ref());
    let read = rules.iter().flat_map(|rule| rule.reads.iter()).map(|read| read.trim_start_matches("-D"));
    let suites = catalog::SUITES.iter().map(|suite| suite.name);
    let protocols = Protocol::ALL.into_iter().map(Protocol::name);
    let known = catalog::JVM_PROPERTIES.iter().chain(catalog::WRAPPER_KEYS).map(|known| known.name);
    let options = catalog::JVM_OPTIONS.iter().map(|option| option.name);
    let all = names.chain(read).chain(suites).chain(protocols).chain(known).chain(options);
    // With the word of its family left out or misspelt, a setting still is one.
    let setting = || catalog::watt_like(name).map(|(watt, _)| watt.name.to_owned());
    crate::suggest::nearest(name, all).map(|known| known.replacen('@', "#", 1)).or_else(setting)
}

/// The rules that read a setting, a system property (with or without its `-D`) or a file.
fn readers(name: &str) -> Vec<&'static Rule> {
    let plain = name.trim_start_matches("-D");
    let is = |read: &str| match read.strip_suffix('*') {
        Some(start) if start.starts_with("wrapper.") => plain.starts_with(start),
        _ => read == plain,
    };
    let reads = |rule: &&Rule| rule.reads.iter().any(|read| is(read.trim_start_matches("-D")));
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

/// A line with a heading, wrapped for a terminal 80 columns wide.
fn field(out: &mut dyn Write, heading: &str, text: &str) -> io::Result<()> {
    let mut heading = heading;
    for line in crate::report::human::wrap(text, 68) {
        writeln!(out, "{heading:<10} {line}")?;
        heading = "";
    }
    Ok(())
}

fn explain_setting(watt: &Watt, out: &mut dyn Write) -> io::Result<()> {
    let name = watt.name;
    for line in crate::report::human::wrap(&format!("{name}: {}", watt.summary), 79) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    field(out, "values", &watt.wanted())?;
    let shown = |value: &str| match value {
        "" => "empty".to_owned(),
        // A number or a word out of a few gives nothing away.
        _ if is_secret_name(name) && matches!(watt.kind, ValueKind::Text(_)) => MASK.to_owned(),
        value => value.to_owned(),
    };
    let rows = catalog::setting_rows(name);
    for row in rows {
        let default = row.default.map_or("unknown".to_owned(), shown);
        field(out, "default", &format!("{default} ({}; {})", range(row.since, row.until), row.basis.name()))?;
    }
    if rows.is_empty() {
        let basis = watt.basis.name();
        match (watt.default, watt.shipped) {
            (Some(default), None) => field(out, "default", &format!("{} ({basis})", shown(default)))?,
            (Some(default), Some(shipped)) => {
                let (default, shipped) = (shown(default), shown(shipped));
                field(
                    out,
                    "default",
                    &format!("disputed: {default} in the manual, {shipped} in a generated server.cnf"),
                )?;
            }
            (None, Some(shipped)) => {
                field(out, "default", &format!("unknown; {} in a generated server.cnf", shown(shipped)))?;
            }
            (None, None) => field(out, "default", "unknown")?,
        }
    }
    if let Some(row) = rows.last() {
        field(out, "provider", row.provider)?;
        field(out, "direction", row.direction)?;
    }
    let (since, until) = watt.bounds();
    let seen = match watt.seen {
        "-" => "in none of the manuals and generated files of 9.12, 10.11 and 10.15".to_owned(),
        seen => format!("seen in {}", seen.replace(' ', ", ")),
    };
    match (since, until) {
        (None, None) => field(out, "releases", &seen)?,
        bounds => field(out, "releases", &format!("{}; {seen}", range(bounds.0, bounds.1)))?,
    }
    field(
        out,
        "restart",
        match watt.restart {
            "yes" => "needed",
            "no" => "not needed",
            "-" => "no manual asks for one",
            "port" => "not needed: disable the port and enable it again",
            "package" => "not needed: reload the package",
            "channel" => "not needed: restart the channel",
            _ => "not known",
        },
    )?;
    let status = match watt.status {
        "deprecated" => "deprecated",
        "internal" => "internal: the manual says to leave it alone",
        "legacy" => "for old behaviour only",
        "removed" => "gone",
        "undocumented" => "in no manual: read off files that a server generated",
        "adapter" => "belongs to an adapter",
        "package" => "belongs to another package",
        "jvm" => "given to the JVM with -D, not in server.cnf",
        _ => "",
    };
    if !status.is_empty() {
        field(out, "status", status)?;
    }
    if let Some(twins) = catalog::twin(name) {
        let (other, whose) = if twins.documented == name {
            (twins.generated, "a generated server.cnf")
        } else {
            (twins.documented, "the manual")
        };
        field(out, "also", &format!("{other} in {whose}; which of the two the server reads is not known"))?;
    }
    let readers: Vec<&str> = readers(name).iter().map(|rule| rule.name.as_ref()).collect();
    if !readers.is_empty() {
        field(out, "rules", &readers.join(", "))?;
    }
    for id in watt.sources.split(' ') {
        let (what, address) = source(id);
        writeln!(
            out,
            "{:<10} {what}",
            if Some(id) == watt.sources.split(' ').next() { "sources" } else { "" }
        )?;
        if let Some(address) = address {
            writeln!(out, "             {address}")?;
        }
    }
    Ok(())
}

/// What a short name of a source in catalog/watt.tsv stands for, and where it can be read.
fn source(id: &str) -> (&'static str, Option<&'static str>) {
    const DOCS: &str = "https://github.com/Danish2511/webMethodsDocs";
    match id {
        "D15" => ("web help of Microservices Runtime 10.15, pages watt_*", Some(DOCS)),
        "D11" => ("web help of Integration Server 10.11, pages watt_*", Some(DOCS)),
        "R" => (
            "readme of 10.15, changes of parameters",
            Some("https://documentation.softwareag.com/webmethods/integration_server/pie10-15/readme/"),
        ),
        "C912" => ("generated server.cnf of 9.12", Some("https://github.com/hukamsinghbairwa/CICDPOC")),
        "C1011" => {
            ("generated server.cnf of 10.11", Some("https://github.com/staillansag/msr-customer-management"))
        }
        "C1015" => ("generated server.cnf of 10.15", Some("https://github.com/TMilliard-sag/wm-packages")),
        "JDBC" => ("manual of the JDBC adapter", Some(DOCS)),
        "TN" => ("manual of Trading Networks", Some(DOCS)),
        "JMS" => ("manual of the JMS adapter", Some(DOCS)),
        _ => ("forum, fix or public repository", None),
    }
}

/// Releases in words.
fn range(since: Option<Release>, until: Option<Release>) -> String {
    match (since, until) {
        (None, None) => "all releases".to_owned(),
        (Some(since), None) => format!("from {since} on"),
        (None, Some(until)) => format!("up to {until}"),
        (Some(since), Some(until)) if since == until => since.to_string(),
        (Some(since), Some(until)) => format!("{since} to {until}"),
    }
}

fn explain_known(name: &str, known: &Known, out: &mut dyn Write) -> io::Result<()> {
    for line in crate::report::human::wrap(&format!("{name}: {}", known.summary), 79) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    field(out, "values", known.values)?;
    field(out, "default", known.default)?;
    field(out, "basis", &format!("{} ({})", known.basis.name(), known.source))?;
    let readers: Vec<&str> = readers(name).iter().map(|rule| rule.name.as_ref()).collect();
    if !readers.is_empty() {
        field(out, "rules", &readers.join(", "))?;
    }
    Ok(())
}

fn explain_option(option: &JvmOption, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: a JVM option that not every Java takes\n", option.name)?;
    for (feature, fate) in catalog::OPTION_FEATURES.iter().zip(option.fates) {
        field(
            out,
            &format!("Java {feature}"),
            match fate {
                Fate::Taken => "takes it",
                Fate::NeedsUnlock => {
                    "only with -XX:+UnlockExperimentalVMOptions or -XX:+UnlockDiagnosticVMOptions"
                }
                Fate::Deprecated => "takes it, and warns that it will go",
                Fate::Ignored => "starts, and ignores it with a warning",
                Fate::Refused => "does not start with it",
                Fate::ZuluOnly => "Azul Zulu 8u252 and later only; others do not start with it",
            },
        )?;
    }
    if !option.note.is_empty() {
        field(out, "note", option.note)?;
    }
    field(out, "basis", "measured on 8u252, 8u504, 11.0.13, 11.0.32.1, 17.0.15, 21.0.8 and 25.0.3")
}

/// The property or directive of the wrapper that a name is one of: `N` in the catalog stands for any number, `NAME` for
/// any name.
fn wrapper_key(name: &str) -> Option<&'static Known> {
    let name = name.replacen('#', "@", 1);
    let parts: Vec<&str> = name.split('.').collect();
    let is = |known: &&Known| {
        let pattern: Vec<&str> = known.name.split('.').collect();
        pattern.len() == parts.len()
            && pattern.iter().zip(&parts).all(|(pattern, part)| match *pattern {
                "N" => *part == "N" || part.bytes().all(|byte| byte.is_ascii_digit()),
                "NAME" => !part.is_empty(),
                pattern => pattern.eq_ignore_ascii_case(part),
            })
    };
    catalog::WRAPPER_KEYS.iter().find(is)
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
