//! For people: failures by peer and cause, then what to do.

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};

use super::json::reached;
use super::{Places, safe};
use crate::diagnosis::Joined;
use crate::handshake::carrier::shown;
use crate::handshake::record::{Fact, Handshake, Moment};
use crate::handshake::summary::{Group, Summary, issue};
use crate::handshake::verdict::Verdict;
use crate::report::human::wrap;
use crate::tls::Provider;
use crate::tls::jsse::Side;

/// The width output is made for.
const WIDTH: usize = 80;
/// The column where texts begin.
const TEXTS: usize = 14;
/// Groups shown without `--details`.
const MOST_GROUPS: usize = 20;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// With colour.
    pub color: bool,
    /// Everything that is known.
    pub details: bool,
}

struct Page<'p, 'w> {
    places: &'p Places,
    settings: Settings,
    out: &'w mut dyn Write,
}

/// Writes the summary. `joined` says for each group what the configuration has to do with it.
pub fn human(
    summary: &Summary,
    findings: &[(&'static str, String, Option<u64>)],
    joined: &[Option<Joined>],
    places: &Places,
    settings: Settings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { places, settings, out };
    let mut patches: Vec<&Vec<u8>> = Vec::new();
    page.head(summary)?;
    let most = if settings.details { summary.groups.len() } else { MOST_GROUPS };
    for (index, group) in summary.groups.iter().take(most).enumerate() {
        writeln!(page.out)?;
        page.group(group)?;
        if let Some(Some(joined)) = joined.get(index) {
            for (name, text) in &joined.lines {
                page.folded(name, text)?;
            }
            if let Some(patch) = joined.patch.as_ref().filter(|patch| !patch.is_empty()) {
                match patches.iter().position(|known| *known == patch) {
                    Some(number) => page.folded("patch", &format!("patch {} below", number + 1))?,
                    None => {
                        patches.push(patch);
                        page.folded("patch", &format!("patch {} below", patches.len()))?;
                    }
                }
            }
        }
    }
    if let Some(fragment) = summary.fragment.as_ref().filter(|_| summary.failed + summary.ok == 0) {
        let title = format!("a part of a handshake, {}; how it ends is not in the log", title(fragment));
        writeln!(page.out)?;
        for line in wrap(&safe(&title), WIDTH) {
            writeln!(page.out, "{}", page.styled(Style::new().bold(), &line))?;
        }
        page.known(fragment)?;
    }
    let hidden = summary.groups.len().saturating_sub(most);
    if hidden > 0 {
        writeln!(page.out, "\n{hidden} more kinds of failure (--details shows them)")?;
    }
    if summary.more > 0 {
        writeln!(page.out, "\n{} more failures, of further peers and causes", summary.more)?;
    }
    for (index, patch) in patches.iter().enumerate() {
        let title =
            format!("patch {} (for git apply or patch -p1; `wattlint tls --peer` tries others)", index + 1);
        writeln!(page.out, "\n{}", page.styled(Style::new().bold(), &title))?;
        page.out.write_all(patch)?;
    }
    for (_, message, _) in findings {
        writeln!(page.out)?;
        let style = AnsiColor::Yellow.on_default();
        for (index, line) in wrap(&safe(message), WIDTH - 6).iter().enumerate() {
            let mark = if index == 0 { page.styled(style, "note:") } else { "     ".to_owned() };
            writeln!(page.out, "{mark} {line}")?;
        }
    }
    Ok(())
}

/// Writes one handshake with all that is known of it.
pub fn details(
    handshake: &Handshake,
    verdict: &Verdict,
    places: &Places,
    settings: Settings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { places, settings, out };
    page.handshake(handshake, verdict)
}

/// Writes one failure with what to do about it.
pub fn failure(
    handshake: &Handshake,
    verdict: &Verdict,
    places: &Places,
    settings: Settings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let group = Group { count: 1, time: handshake.time, first: handshake.clone(), verdict: verdict.clone() };
    let mut page = Page { places, settings, out };
    writeln!(page.out)?;
    page.group(&group)
}

fn plural(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

impl Page<'_, '_> {
    fn styled(&self, style: Style, text: &str) -> String {
        if self.settings.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn head(&mut self, summary: &Summary) -> io::Result<()> {
        let notes = &summary.notes;
        let mut names: Vec<&str> = self.places.names().collect();
        let name = match names.len() {
            0 => "log".to_owned(),
            1 => names.remove(0).to_owned(),
            count => format!("{} to {}, {count} files", names[0], names[count - 1]),
        };
        let mut line = format!("{name}: {}", plural(notes.lines, "line"));
        if let Some((first, last)) = notes.time {
            line.push_str(&format!(", {}", span(first, last)));
        }
        if notes.jvms > 1 {
            line.push_str(&format!(", {} starts of the JVM", notes.jvms));
        }
        for line in wrap(&safe(&line), WIDTH) {
            writeln!(self.out, "{}", self.styled(Style::new().bold(), &line))?;
        }
        let all = summary.ok + summary.failed + summary.noise;
        let mut parts = Vec::new();
        if summary.failed > 0 {
            let text = format!("{} failed", summary.failed);
            parts.push(self.styled(AnsiColor::Red.on_default(), &text));
        }
        if summary.ok > 0 {
            let text = format!("{} worked", summary.ok);
            parts.push(self.styled(AnsiColor::Green.on_default(), &text));
        }
        if summary.unfinished > 0 {
            parts.push(format!("{} without an end in the log", summary.unfinished));
        }
        let probes = summary.noise - summary.unfinished;
        if probes > 0 {
            parts.push(plural(probes, "bare connection").to_string());
        }
        match all {
            0 => writeln!(self.out, "no handshake in it"),
            1 => writeln!(self.out, "1 handshake: {}", parts.join(", ")),
            _ => writeln!(self.out, "{all} handshakes: {}", parts.join(", ")),
        }
    }

    /// A name and a text behind it, folded.
    fn folded(&mut self, name: &str, text: &str) -> io::Result<()> {
        for (index, line) in wrap(&safe(text), WIDTH - TEXTS).iter().enumerate() {
            let label = if index == 0 { name } else { "" };
            // Numbers of lines may be long.
            writeln!(self.out, "  {label:<width$} {line}", width = TEXTS - 3)?;
        }
        Ok(())
    }

    fn group(&mut self, group: &Group) -> io::Result<()> {
        let Group { count, time, first, verdict } = group;
        let title = format!("{count} x {}", title(first));
        for line in wrap(&safe(&title), WIDTH) {
            writeln!(self.out, "{}", self.styled(Style::new().bold(), &line))?;
        }
        let class = verdict.class.unwrap_or("unknown");
        let mut kind = class.to_owned();
        if let Some(number) = issue(class) {
            kind.push_str(&format!(" (issue {number})"));
        }
        if let Some(name) = verdict.name {
            kind.push_str(&format!(": {name}"));
        }
        if let Some(cause) = verdict.cause {
            kind.push_str(&format!(", {}", cause.sure));
        }
        for line in wrap(&kind, WIDTH - 2) {
            writeln!(self.out, "  {}", self.styled(AnsiColor::Red.on_default(), &line))?;
        }
        if let Some((from, to)) = *time {
            self.folded("when", &span(from, to))?;
        }
        let what = verdict.cause.map_or("the log does not tell why", |cause| cause.what);
        self.folded("what", what)?;
        self.evidence(verdict)?;
        self.known(first)?;
        self.advice(verdict)?;
        Ok(())
    }

    fn advice(&mut self, verdict: &Verdict) -> io::Result<()> {
        let Some(cause) = verdict.cause else { return Ok(()) };
        let who = match cause.who {
            "us" => "this server",
            "partner" => "the partner",
            _ => "either side",
        };
        self.folded("who acts", who)?;
        self.folded("to do", cause.remedy)?;
        if let Some(setting) = cause.setting {
            self.folded("setting", setting)?;
        }
        if !cause.others.is_empty() {
            let others = cause.others.iter().map(|name| name.replace('-', " ")).collect::<Vec<_>>();
            self.folded("or else", &others.join("; "))?;
        }
        Ok(())
    }

    /// What is known of a handshake and helps to judge it.
    fn known(&mut self, handshake: &Handshake) -> io::Result<()> {
        if handshake.has(Fact::Bare) {
            return self.folded("known", "the exception only: no SSL debug output belongs to it");
        }
        let mut hello = Vec::new();
        if !handshake.offered.is_empty() {
            hello.push(format!("offers {}", handshake.offered.join(", ")));
        }
        match &handshake.sni {
            Some(host) => hello.push(format!("names {host}")),
            None if handshake.has(Fact::NoSni) => hello.push("names no host".to_owned()),
            None => {}
        }
        if !hello.is_empty() {
            self.folded("hello", &hello.join("; "))?;
        }
        if !handshake.authorities.is_empty() && handshake.role != Some(Side::Server) {
            let names: Vec<&str> = handshake.authorities.iter().map(String::as_str).take(3).collect();
            let more = handshake.authorities.len().saturating_sub(3);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.folded("CAs asked", &format!("{}{more}", names.join("; ")))?;
        }
        self.folded("got to", reached(handshake))
    }

    fn handshake(&mut self, handshake: &Handshake, verdict: &Verdict) -> io::Result<()> {
        let (file, first) = self.places.of(handshake.lines.0);
        let (_, last) = self.places.of(handshake.lines.1);
        let file = if self.places.len() > 1 { format!("{file} ") } else { String::new() };
        let head =
            format!("{file}lines {first} to {last}: {} - {}", title(handshake), verdict.outcome.name());
        writeln!(self.out)?;
        for line in wrap(&safe(&head), WIDTH) {
            writeln!(self.out, "{}", self.styled(Style::new().bold(), &line))?;
        }
        if let Some((from, to)) = handshake.time {
            self.folded("when", &span(from, to))?;
        }
        if !handshake.thread.is_empty() {
            let name = if handshake.provider == Some(Provider::Iaik) { "connection" } else { "thread" };
            self.folded(name, &handshake.thread)?;
        }
        if let (Some(class), Some(name)) = (verdict.class, verdict.name) {
            self.folded("verdict", &format!("{class}: {name}"))?;
        }
        self.known(handshake)?;
        if let Some(protocol) = &handshake.protocol {
            let suite = handshake.suite.as_deref().unwrap_or("a suite not printed");
            self.folded("agreed on", &format!("{protocol}, {suite}"))?;
        }
        for certificate in &handshake.certificates {
            let version = certificate.version.map_or_else(String::new, |version| format!(" v{version}"));
            let text = format!(
                "{}{version}, from {} until {}, {} {}, issuer {}",
                certificate.subject,
                certificate.not_before,
                certificate.not_after,
                certificate.key,
                certificate.signature,
                certificate.issuer
            );
            self.folded(if certificate.server { "server cert" } else { "client cert" }, &text)?;
        }
        self.evidence(verdict)
    }

    /// The lines that prove a verdict; of several logs, with the name of theirs.
    fn evidence(&mut self, verdict: &Verdict) -> io::Result<()> {
        for evidence in &verdict.evidence {
            let (file, line) = self.places.of(evidence.line);
            let mut text: String = evidence.text.chars().take(200).collect();
            if self.places.len() > 1 {
                let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
                text = format!("{name}: {text}");
            }
            self.folded(&format!("line {line}"), &text)?;
        }
        Ok(())
    }
}

/// Two moments; the date is not said twice.
fn span(first: Moment, last: Moment) -> String {
    let (from, to) = (shown(first), shown(last));
    if from == to {
        from
    } else if from[..10] == to[..10] {
        format!("{from} to {}", &to[11..])
    } else {
        format!("{from} to {to}")
    }
}

fn title(handshake: &Handshake) -> String {
    let provider = handshake.provider.map_or_else(String::new, |provider| format!(" ({})", provider.name()));
    let peer = handshake.peer();
    let text = match (handshake.role, peer) {
        (Some(Side::Client), Some(peer)) => format!("outbound to {peer}"),
        (Some(Side::Client), None) => "outbound".to_owned(),
        (Some(Side::Server), Some(peer)) => format!("inbound from {peer}"),
        (Some(Side::Server), None) => "inbound".to_owned(),
        (None, Some(peer)) => format!("with {peer}"),
        (None, None) => "handshake".to_owned(),
    };
    format!("{text}{provider}")
}
