//! The patch maker: edits over a text, in several rounds, become one patch; taking the patch gives the new text.
//!
//! An input holds a line `START+LENGTH TEXT` for each edit (`\n`, `\r`, `\t` and `\\` are what they are), `--` between
//! rounds, and then the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wattlint::discover::Discovery;
use wattlint::document::{Document, FileId, Role};
use wattlint::fix::apply::{Change, Secrets};
use wattlint::fix::edit::EditedText;
use wattlint::fix::{Edit, Fix, patch};
use wattlint::rules::schema::Safety;
use wattlint::syntax::Span;

use super::MOST;
use super::files::{self, CANARY};

const FILE: FileId = FileId(0);

pub fn run(data: &[u8]) {
    if data.len() > MOST || data.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()) {
        return;
    }
    let parts = files::parse(data);
    let Some((path, before)) = parts.files.first() else { return };
    let role = match path.rsplit('/').next().unwrap_or_default() {
        "listeners.cnf" => Role::Ports,
        "setenv.sh" | "setenv.bat" => Role::Setenv,
        name if name.ends_with("wrapper.conf") => Role::CustomWrapper,
        _ => Role::ServerCnf,
    };
    let before = before.to_vec();
    let mut text = EditedText::new(before.len());
    let mut now = before.clone();
    let mut rounds = 0;
    for round in parts.head.split("--\n") {
        let edits = edits(round, now.len());
        rounds += usize::from(!edits.is_empty());
        let mut spliced = now.clone();
        for edit in edits.iter().rev() {
            spliced.splice(edit.span.range(), edit.text.iter().copied());
        }
        text.apply(&edits.iter().collect::<Vec<_>>());
        now = text.bytes(&before);
        assert_eq!(now, spliced, "a round of edits gives another text than splicing does");
    }
    let edits = text.against_original(FILE, before.len());
    let mut at = 0;
    for edit in &edits {
        assert!(edit.span.range().start >= at && edit.span.range().end <= before.len(), "{edit:?}");
        at = edit.span.range().end;
    }
    let path = PathBuf::from(path.trim_start_matches('/'));
    let document = Document::new(path.clone(), path.display().to_string(), role, before.clone());
    let mut discovery = Discovery::default();
    discovery.documents.push(document);
    let change = Change { file: FILE, edits: edits.clone(), before: before.clone(), after: now.clone() };
    let mut out = Vec::new();
    patch::write(&discovery, &[change], Path::new(""), &mut out);
    assert_eq!(out.is_empty(), before == now, "a patch without a change, or a change without a patch");
    let applied = apply(&out, |_| before.clone());
    assert!(applied.len() <= 1);
    assert_eq!(applied.into_values().next().unwrap_or_else(|| before.clone()), now);
    // A fix that says it shows no secret shows none.
    if rounds == 1 && !Secrets::default().shown_by(&discovery, &Fix::new("", Safety::Safe, edits)) {
        assert!(!out.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()), "a secret in a patch");
    }
}

/// The edits of a round: in order, apart from each other.
fn edits(lines: &str, length: usize) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for line in lines.lines().take(16) {
        let (place, text) = line.split_once(' ').unwrap_or((line, ""));
        let Some((start, count)) = place.split_once('+') else { continue };
        let (Ok(start), Ok(count)) = (start.parse::<u16>(), count.parse::<u8>()) else { continue };
        let start = usize::from(start) % (length + 1);
        let end = (start + usize::from(count)).min(length);
        let text = text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").replace("\\\\", "\\");
        let edit = Edit::replace(FILE, Span::new(start, end), text);
        if !edits.iter().any(|other| *other == edit || other.collides(&edit)) {
            edits.push(edit);
        }
    }
    edits.sort();
    edits
}

/// What a patch makes of files, to the letter: no line may stand elsewhere than it says, none may differ.
pub fn apply(patch: &[u8], before: impl Fn(&str) -> Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut lines = patch.split_inclusive(|&b| b == b'\n').peekable();
    while let Some(header) = lines.next() {
        assert!(header.starts_with(b"--- "), "no header: {:?}", header.escape_ascii().to_string());
        let new = lines.next().unwrap_or_default();
        assert!(new.starts_with(b"+++ "), "no second header");
        let name = String::from_utf8_lossy(&new[4..]).trim_end_matches(['\n', '\t']).to_owned();
        let old = before(&name);
        let old: Vec<&[u8]> = old.split_inclusive(|&b| b == b'\n').collect();
        let (mut result, mut at) = (Vec::new(), 0);
        while lines.peek().is_some_and(|line| line.starts_with(b"@@ ")) {
            let head = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
            let (from, mut olds, to, mut news) = ranges(&head);
            while at < from {
                result.push(old[at].to_vec());
                at += 1;
            }
            assert_eq!(result.len(), to, "{head} stands elsewhere");
            while olds > 0 || news > 0 {
                let line = lines.next().expect("a line of the hunk");
                let open = lines.next_if(|next| next.starts_with(b"\\")).is_some();
                let text = if open { &line[1..line.len() - 1] } else { &line[1..] };
                if matches!(line[0], b' ' | b'-') {
                    assert_eq!(text.escape_ascii().to_string(), old[at].escape_ascii().to_string());
                    at += 1;
                    olds -= 1;
                }
                if matches!(line[0], b' ' | b'+') {
                    result.push(text.to_vec());
                    news -= 1;
                }
                assert!(matches!(line[0], b' ' | b'+' | b'-'));
            }
        }
        result.extend(old[at..].iter().map(|line| line.to_vec()));
        files.insert(name, result.concat());
    }
    files
}

/// `@@ -1,2 +3,4 @@`: lines before the hunk and lines in it, old and new.
fn ranges(head: &str) -> (usize, usize, usize, usize) {
    let mut words = head.split(' ').skip(1);
    let mut range = |sign: char| {
        let word = words.next().and_then(|word| word.strip_prefix(sign)).expect("a range");
        let (start, count) = word.split_once(',').unwrap_or((word, "1"));
        let (start, count): (usize, usize) =
            (start.parse().expect("a line"), count.parse().expect("a count"));
        (if count == 0 { start } else { start - 1 }, count)
    };
    let (from, olds) = range('-');
    let (to, news) = range('+');
    (from, olds, to, news)
}
