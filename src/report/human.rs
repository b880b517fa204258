//! Findings for people at a terminal, drawn by annotate-snippets from the few lines that matter.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};

use super::{Look, Report, shown, statistics, url};
use crate::discover::Discovery;
use crate::document::{Document, FileId, Place};
use crate::finding::{Finding, Label};
use crate::parallel;
use crate::rules::schema::{Safety, Severity};
use crate::secrets::{self, MASK};
use crate::syntax::{Span, display_text, printable};

/// Findings drawn at a time.
const PORTION: usize = 2048;

/// The width output is made for; terminals are rarely narrower.
const WIDTH: usize = 80;

/// A title gets at least this many columns, however long its rule's name is.
const NARROWEST: usize = 36;

/// Lines longer than this are not shown as a difference.
const WIDEST: usize = 120;

/// Columns that the frame and a note's name take.
const FRAME: usize = 16;

/// Places this many lines apart are drawn together.
const NEAR: usize = 4;

/// Of lines longer than this only the surroundings of a place are drawn.
const LONGEST: usize = 4096;

/// Bytes of such a line that are drawn before and behind the start of a place.
const AROUND: usize = 120;

/// Writes the findings.
pub fn write(report: &Report<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(WIDTH);
    let page = Page { discovery: report.discovery, links: look.links, secrets: RwLock::default() };
    // A rule's reason is given once.
    let mut explained = HashSet::new();
    let (findings, more) = shown(report, look);
    let findings: Vec<(&Finding, bool)> =
        findings.iter().map(|finding| (finding, explained.insert(finding.rule.name.as_ref()))).collect();
    let draw = |(finding, explain): &(&'_ Finding, bool)| {
        format!("{}\n\n", renderer.render(&page.groups(finding, *explain)))
    };
    // All processors draw; no more is kept than is drawn at a time.
    for portion in findings.chunks(PORTION) {
        let drawn = parallel::map(portion, draw);
        for text in drawn {
            out.write_all(text.as_bytes())?;
        }
    }
    if let Some(more) = more {
        writeln!(out, "{more}\n")?;
    }
    if look.statistics { statistics::write(report, out) } else { Ok(()) }
}

/// What is remembered from one finding to the next.
struct Page<'r> {
    discovery: &'r Discovery,
    /// Whether the rule's name leads to its page.
    links: bool,
    secrets: RwLock<HashMap<FileId, Arc<[Span]>>>,
}

/// Some whole lines of a file as they may be shown, and the way from bytes to shown characters.
struct Shown {
    text: String,
    first_line: usize,
    /// For each stretch of bytes: where it begins in the file and in the text.
    map: Vec<(u32, usize)>,
}

impl Shown {
    /// The range of the text that stands for a span of the file. An empty span gets one character if there is one.
    fn range(&self, span: Span) -> Range<usize> {
        let at = |offset: u32| {
            let index = self.map.partition_point(|(from, _)| *from <= offset);
            index.checked_sub(1).map_or(0, |index| self.map[index].1)
        };
        let start = at(span.start).min(self.text.len());
        start..at(span.end).clamp(start, self.text.len())
    }
}

impl<'r> Page<'r> {
    /// The secrets of a stretch of a file. Where all of the file has to be looked at, that is done once.
    fn secrets(&self, file: FileId, document: &Document, stretch: Span) -> Arc<[Span]> {
        if let Some(near) = secrets::spans_near(document, stretch) {
            return near.into();
        }
        // A thread that panicked left no half of an entry.
        let known = self.secrets.read().unwrap_or_else(PoisonError::into_inner).get(&file).cloned();
        known.unwrap_or_else(|| {
            let found: Arc<[Span]> = secrets::spans(document).into();
            let mut all = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(file).or_insert(found))
        })
    }

    /// A stretch of a file with secrets masked and control characters made visible.
    fn shown(&self, file: FileId, stretch: Span) -> Shown {
        let document = self.discovery.open(file);
        let secrets = self.secrets(file, &document, stretch);
        let bytes = document.bytes();
        let first_line = document.line_of(stretch.start);
        let mut shown = Shown { text: String::new(), first_line, map: Vec::new() };
        let mut at = stretch.start;
        while at < stretch.end {
            let next = secrets.partition_point(|secret| secret.end <= at);
            if let Some(secret) = secrets.get(next).filter(|secret| secret.start <= at) {
                shown.map.push((at, shown.text.len()));
                // Line ends inside a masked value stay, so that line numbers do.
                let hidden = Span { start: at, end: secret.end.min(stretch.end) }.of(bytes);
                let breaks = hidden.iter().filter(|&&b| b == b'\n').count();
                shown.text.push_str(MASK);
                for _ in 0..breaks {
                    shown.text.push('\n');
                    shown.text.push_str(MASK);
                }
                at = secret.end.min(stretch.end);
                continue;
            }
            let rest = &bytes[at as usize..stretch.end as usize];
            let length = char_length(rest);
            shown.map.push((at, shown.text.len()));
            let text = display_text(&rest[..length]);
            match text.as_ref() {
                "\n" => shown.text.push('\n'),
                "\r" if rest.get(1) == Some(&b'\n') => {}
                text => shown.text.push_str(&printable(text)),
            }
            at += Span::at(length).start;
        }
        shown.map.push((stretch.end, shown.text.len()));
        while shown.text.ends_with('\n') {
            shown.text.pop();
        }
        shown
    }

    /// Adds the picture of a place to a group.
    fn draw(
        &self,
        group: Group<'r>,
        place: Place,
        annotations: Vec<(AnnotationKind, Span, String)>,
    ) -> Group<'r> {
        if !self.is_long(place) {
            return group.element(self.snippet(place, annotations));
        }
        let document = self.discovery.open(place.file);
        let at = document.position(place.span.start);
        let origin = Origin::path(document.display.clone()).line(at.line).char_column(at.column);
        let line = document.line_span(at.line);
        let around = Span {
            start: boundary(document.bytes(), place.span.start.saturating_sub(Span::at(AROUND).start))
                .max(line.start),
            end: boundary(document.bytes(), place.span.start + Span::at(AROUND).start).min(line.end),
        };
        let mut shown = self.shown(place.file, around);
        if around.start > line.start {
            const CUT: &str = "...";
            shown.text.insert_str(0, CUT);
            shown.map.iter_mut().for_each(|(_, at)| *at += CUT.len());
        }
        let span = Span { start: place.span.start, end: place.span.end.min(around.end) };
        let parts = annotations.into_iter().map(|(kind, _, label)| annotation(kind, &shown, span, &label));
        let parts: Vec<Annotation<'r>> = parts.collect();
        let snippet = Snippet::source(shown.text).line_start(shown.first_line).annotations(parts);
        group.element(origin).element(snippet)
    }

    /// Whether the line of a place is too long to be drawn whole.
    fn is_long(&self, place: Place) -> bool {
        let document = self.discovery.open(place.file);
        document.line_span(document.line_of(place.span.start)).range().len() > LONGEST
    }

    fn snippet(
        &self,
        place: Place,
        annotations: Vec<(AnnotationKind, Span, String)>,
    ) -> Snippet<'r, Annotation<'r>> {
        let document = self.discovery.open(place.file);
        let line = |offset: u32| document.line_of(offset);
        let from = annotations.iter().map(|(_, span, _)| line(span.start)).min().unwrap_or(1);
        let last = |span: &Span| line(span.end.max(span.start + 1).saturating_sub(1));
        let to = annotations.iter().map(|(_, span, _)| last(span)).max().unwrap_or(from);
        // A logical line may run over dozens of natural ones: its first few say enough.
        let to = to.min(from + 8).min(document.line_count().max(1));
        let mut end = document.line_span(from).end;
        for line in from..=to {
            let line = document.line_span(line);
            // A long line between short ones is not worth its length.
            if line.range().len() > LONGEST {
                break;
            }
            end = line.end;
        }
        let shown = self.shown(place.file, Span { start: document.line_span(from).start, end });
        let parts: Vec<Annotation<'r>> = annotations
            .into_iter()
            .map(|(kind, span, label)| annotation(kind, &shown, span, &label))
            .collect();
        Snippet::source(shown.text)
            .line_start(shown.first_line)
            .path(document.display.clone())
            .annotations(parts)
    }

    fn is_near(&self, primary: Place, other: Place) -> bool {
        let document = self.discovery.open(primary.file);
        let line = |place: Place| document.line_of(place.span.start);
        let (first, last) = (line(primary).min(line(other)), line(primary).max(line(other)));
        primary.file == other.file
            && last - first <= NEAR
            && (first..=last).all(|line| document.line_span(line).range().len() <= LONGEST)
    }

    fn groups(&self, finding: &'r Finding, explain: bool) -> Vec<Group<'r>> {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        // The renderer sets further lines of a title below its first word.
        let head = finding.severity.name().len() + finding.rule.name.len() + "[]: ".len();
        let message =
            wrap(&printable(&finding.message), WIDTH.saturating_sub(head).max(NARROWEST)).join("\n");
        let title = level.primary_title(message).id(finding.rule.name.as_ref());
        let title = match url(finding.rule).filter(|_| self.links) {
            Some(url) => title.id_url(url),
            None => title,
        };
        let place = finding.primary.place;
        // What stands close by is drawn in the same picture, the rest in pictures of its own.
        let (near, far): (Vec<&Label>, Vec<&Label>) =
            finding.related.iter().partition(|label| self.is_near(place, label.place));
        let mut parts = vec![(AnnotationKind::Primary, place.span, finding.primary.text.clone())];
        parts.extend(
            near.into_iter().map(|label| (AnnotationKind::Context, label.place.span, label.text.clone())),
        );
        let mut group = self.draw(Group::with_title(title), place, parts);
        for Label { place, text } in far {
            let part = (AnnotationKind::Context, place.span, text.clone());
            group = self.draw(group, *place, vec![part]);
        }
        for note in &finding.notes {
            group = group.element(Level::NOTE.message(folded(note)));
        }
        if explain {
            group = group.element(Level::NOTE.with_name("why").message(folded(&reason(&finding.rule.why))));
            let more = format!("{}; wattlint explain {}", finding.basis.name(), finding.rule.name);
            group = group.element(Level::NOTE.with_name("basis").message(more));
        }
        for assumed in &finding.assumed {
            group = group.element(Level::NOTE.with_name("assumed").message(folded(assumed)));
        }
        let mut groups = vec![group];
        groups.extend(self.help(finding));
        groups
    }

    /// What can be done: the fix as a small difference, or advice in words.
    fn help(&self, finding: &'r Finding) -> Option<Group<'r>> {
        let advice = finding.advice()?;
        let command = match finding.fix.as_ref().map(|fix| fix.safety) {
            Some(Safety::Safe) => " (wattlint fix)",
            Some(Safety::Unsafe) => " (wattlint fix --unsafe)",
            _ => "",
        };
        let title = Level::HELP.secondary_title(format!("{advice}{command}"));
        let patches = finding.fix.as_ref().and_then(|fix| self.patches(&fix.edits));
        Some(match patches {
            Some(snippet) => title.element(snippet),
            None => Group::with_title(title),
        })
    }

    /// The difference a fix makes, if it is in one place of one file and touches no secret.
    fn patches(&self, edits: &[crate::fix::Edit]) -> Option<Snippet<'r, Patch<'r>>> {
        let file = edits.first()?.file;
        let document = self.discovery.open(file);
        let lines = |span: Span| (document.line_of(span.start), document.line_of(span.end.max(span.start)));
        let from = edits.iter().map(|edit| lines(edit.span).0).min()?;
        let to = edits.iter().map(|edit| lines(edit.span).1).max()?;
        let whole = Span { start: document.line_span(from).start, end: document.line_span(to).end };
        let secrets = self.secrets(file, &document, whole);
        if edits.iter().any(|edit| edit.file != file) || to > from + 3 || secrets::touches(&secrets, whole) {
            return None;
        }
        // Blanks that go can't be seen, and a list over many screens shows nothing either.
        let blank = |edit: &crate::fix::Edit| {
            edit.text.is_empty() && edit.span.of(document.bytes()).trim_ascii().is_empty()
        };
        let long = (from..=to).any(|line| document.line_span(line).range().len() > WIDEST);
        if edits.iter().all(blank) || long {
            return None;
        }
        // Patched text is cut from the text as shown, so every byte must be shown as itself.
        let plain = display_text(whole.of(document.bytes()));
        if plain.len() != whole.range().len()
            || plain.replace("\r\n", "\n").chars().any(|c| c.is_control() && c != '\n')
        {
            return None;
        }
        let patches = edits.iter().map(|edit| {
            let start = (edit.span.start - whole.start) as usize;
            let end = (edit.span.end - whole.start) as usize;
            Patch::new(start..end, display_text(&edit.text).replace('\r', ""))
        });
        let source = plain.into_owned();
        Some(Snippet::source(source).line_start(from).path(document.display.clone()).patches(patches))
    }
}

/// A mark in a picture, with its words.
fn annotation<'r>(kind: AnnotationKind, shown: &Shown, span: Span, label: &str) -> Annotation<'r> {
    let annotation = kind.span(shown.range(span));
    if label.is_empty() { annotation } else { annotation.label(printable(label).into_owned()) }
}

/// The next place at or before `offset` where a character of UTF-8 may begin.
fn boundary(bytes: &[u8], offset: u32) -> u32 {
    let offset = offset.min(Span::at(bytes.len()).start);
    let inside = |at: &u32| bytes.get(*at as usize).is_some_and(|byte| byte & 0xc0 == 0x80);
    (offset.saturating_sub(3)..=offset).rev().find(|at| !inside(at)).unwrap_or(offset)
}

/// Bytes of the first character, taken as UTF-8 where it is that.
fn char_length(bytes: &[u8]) -> usize {
    let head = &bytes[..bytes.len().min(4)];
    (1..=head.len()).find(|&length| std::str::from_utf8(&head[..length]).is_ok()).unwrap_or(1)
}

/// The first sentences of a rule's reason, as many as it takes to say something.
fn reason(text: &str) -> String {
    const ENOUGH: usize = 90;
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = flat.match_indices(". ").map(|(at, _)| at + 1).find(|&at| at > ENOUGH).unwrap_or(flat.len());
    flat[..end].to_owned()
}

/// A note's text, printable and broken to the width of the page.
fn folded(text: &str) -> String {
    wrap(&printable(text), WIDTH - FRAME).join("\n")
}

/// A text broken into lines of at most `width` characters, at blanks.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
