//! One JSON document; handshakes are written as they end, so that a log of any size fits.

use std::io::{self, Write};

use serde::Serialize;

use super::{Places, safe};
use crate::diagnosis::Joined;
use crate::handshake::carrier::shown;
use crate::handshake::record::{Certificate, Fact, Handshake};
use crate::handshake::summary::{Group, Summary, issue};
use crate::handshake::verdict::Verdict;
use crate::tls::Provider;
use crate::tls::jsse::Side;

#[derive(Serialize)]
struct JsonHandshake<'h> {
    provider: Option<&'static str>,
    role: Option<&'static str>,
    peer: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'h str,
    lines: [u64; 2],
    outcome: &'static str,
    class: Option<&'static str>,
    cause: Option<&'static str>,
    confidence: Option<&'static str>,
    evidence: Vec<JsonEvidence>,
    setting: Option<&'static str>,
    issue: Option<u8>,
    who: Option<&'static str>,
    what: Option<&'static str>,
    remedy: Option<&'static str>,
    others: &'static [&'static str],
    thread: String,
    jvm: u32,
    first: Option<String>,
    last: Option<String>,
    reached: &'static str,
    sni: Option<String>,
    offered: Vec<String>,
    protocol: Option<String>,
    suite: Option<String>,
    client_certificate: Option<&'static str>,
    certificates: Vec<JsonCertificate>,
    authorities: Vec<String>,
    alerts: Vec<JsonAlert>,
}

#[derive(Serialize)]
struct JsonEvidence {
    line: u64,
    text: String,
}

#[derive(Serialize)]
struct JsonAlert {
    sent: bool,
    fatal: bool,
    name: String,
    line: u64,
}

#[derive(Serialize)]
struct JsonCertificate {
    of: &'static str,
    version: Option<u8>,
    subject: String,
    issuer: String,
    serial: String,
    not_before: String,
    not_after: String,
    key: String,
    signature: String,
}

/// How far a handshake got.
pub fn reached(handshake: &Handshake) -> &'static str {
    let ladder = [
        (Fact::FinishedReceived, "finished"),
        (Fact::FinishedSent, "own finished"),
        (Fact::ClientCertificate, "client certificate"),
        (Fact::NoClientCertificate, "empty client certificate"),
        (Fact::CertificateRequest, "certificate request"),
        (Fact::HelloDone, "server hello done"),
        (Fact::ServerCertificate, "server certificate"),
        (Fact::ServerHello, "server hello"),
        (Fact::Hello, "client hello"),
    ];
    if handshake.is_finished() {
        return "finished";
    }
    ladder.into_iter().find(|(fact, _)| handshake.has(*fact)).map_or("nothing", |(_, name)| name)
}

fn certificate(certificate: &Certificate) -> JsonCertificate {
    JsonCertificate {
        of: if certificate.server { "server" } else { "client" },
        version: certificate.version,
        subject: safe(&certificate.subject),
        issuer: safe(&certificate.issuer),
        serial: safe(&certificate.serial),
        not_before: safe(&certificate.not_before),
        not_after: safe(&certificate.not_after),
        key: safe(&certificate.key),
        signature: safe(&certificate.signature),
    }
}

fn of<'h>(handshake: &Handshake, verdict: &Verdict, places: &'h Places) -> JsonHandshake<'h> {
    let (file, first) = places.of(handshake.lines.0);
    let local = |line: u64| places.of(line).1;
    let cause = verdict.cause;
    JsonHandshake {
        provider: handshake.provider.map(Provider::name),
        role: handshake.role.map(role),
        peer: handshake.peer().map(|peer| safe(&peer)),
        file: if places.len() > 1 { file } else { "" },
        lines: [first, local(handshake.lines.1)],
        outcome: verdict.outcome.name(),
        class: verdict.class,
        cause: verdict.name,
        confidence: cause.map(|cause| cause.sure),
        evidence: verdict
            .evidence
            .iter()
            .map(|evidence| JsonEvidence { line: local(evidence.line), text: safe(&evidence.text) })
            .collect(),
        setting: cause.and_then(|cause| cause.setting),
        issue: verdict.class.and_then(issue),
        who: cause.map(|cause| cause.who),
        what: cause.map(|cause| cause.what),
        remedy: cause.map(|cause| cause.remedy),
        others: cause.map_or(&[], |cause| cause.others),
        thread: safe(&handshake.thread),
        jvm: handshake.jvm,
        first: handshake.time.map(|(first, _)| shown(first)),
        last: handshake.time.map(|(_, last)| shown(last)),
        reached: reached(handshake),
        sni: handshake.sni.as_deref().map(safe),
        offered: handshake.offered.iter().map(|name| safe(name)).collect(),
        protocol: handshake.protocol.as_deref().map(safe),
        suite: handshake.suite.as_deref().map(safe),
        client_certificate: if handshake.has(Fact::NoClientCertificate) {
            Some("empty")
        } else {
            handshake.has(Fact::ClientCertificate).then_some("sent")
        },
        certificates: handshake.certificates.iter().map(certificate).collect(),
        authorities: handshake.authorities.iter().map(|name| safe(name)).collect(),
        alerts: handshake
            .alerts
            .iter()
            .map(|alert| JsonAlert {
                sent: alert.sent,
                fatal: alert.fatal,
                name: safe(&alert.name),
                line: local(alert.line),
            })
            .collect(),
    }
}

/// For machines.
pub fn role(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Server => "server",
    }
}

/// The array of handshakes while it is written.
#[derive(Debug, Default)]
pub struct Array {
    count: u64,
}

impl Array {
    /// Writes one.
    pub fn put(
        &mut self,
        handshake: &Handshake,
        verdict: &Verdict,
        places: &Places,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        out.write_all(if self.count == 0 { b"{\"handshakes\": [\n  " } else { b",\n  " })?;
        self.count += 1;
        serde_json::to_writer(&mut *out, &of(handshake, verdict, places))?;
        Ok(())
    }

    /// Closes the array; the summary follows.
    pub fn end(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.count == 0 { b"{\"handshakes\": [],\n" } else { b"\n],\n" })
    }
}

#[derive(Serialize)]
struct JsonSummary<'s> {
    lines: u64,
    first: Option<String>,
    last: Option<String>,
    jvms: u32,
    handshakes: u64,
    ok: u64,
    failed: u64,
    noise: u64,
    unfinished: u64,
    classes: serde_json::Map<String, serde_json::Value>,
    findings: Vec<JsonFinding>,
    config: &'s [serde_json::Value],
}

#[derive(Serialize)]
struct JsonFinding {
    finding: &'static str,
    message: String,
    line: Option<u64>,
}

/// What the configuration has to do with each kind of failure.
pub fn config(summary: &Summary, joined: &[Option<Joined>]) -> Vec<serde_json::Value> {
    let of = |(group, joined): (&Group, &Option<Joined>)| {
        let joined = joined.as_ref()?;
        let lines = |word: &str| {
            let texts = joined.lines.iter().filter(|(name, _)| *name == word);
            texts.map(|(_, text)| safe(text)).collect::<Vec<_>>()
        };
        let reasons: Vec<String> = joined
            .lines
            .iter()
            .filter(|(name, _)| !matches!(*name, "fix" | "after it" | "patch"))
            .map(|(name, text)| safe(&format!("{name}: {text}")))
            .collect();
        Some(serde_json::json!({
            "class": group.verdict.class,
            "cause": group.verdict.name,
            "peer": group.first.peer().map(|peer| safe(&peer)),
            "count": group.count,
            "direction": joined.direction,
            "reasons": reasons,
            "stops": lines("stops at").first(),
            "setting": joined.setting,
            "steps": joined.steps,
            "patch": joined.patch.as_ref().map(|patch| String::from_utf8_lossy(patch)),
            "after": joined.after,
        }))
    };
    summary.groups.iter().zip(joined).filter_map(of).collect()
}

/// Writes the summary and closes the document.
pub fn summary(
    summary: &Summary,
    findings: &[(&'static str, String, Option<u64>)],
    config: &[serde_json::Value],
    out: &mut dyn Write,
) -> io::Result<()> {
    let json = JsonSummary {
        lines: summary.notes.lines,
        first: summary.notes.time.map(|(first, _)| shown(first)),
        last: summary.notes.time.map(|(_, last)| shown(last)),
        jvms: summary.notes.jvms,
        handshakes: summary.ok + summary.failed + summary.noise,
        ok: summary.ok,
        failed: summary.failed,
        noise: summary.noise,
        unfinished: summary.unfinished,
        classes: summary.classes.iter().map(|(name, count)| ((*name).to_owned(), (*count).into())).collect(),
        findings: findings
            .iter()
            .map(|(finding, message, line)| JsonFinding { finding, message: message.clone(), line: *line })
            .collect(),
        config,
    };
    out.write_all(b"\"summary\": ")?;
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out, "}}")
}
