//! Unified diffs, built from our own edits and written as bytes, that `git apply` and `patch -p1` take.
//!
//! Lines end at LF only, as in both programs: a lone CR is text, and a CRLF line keeps its CR. Bytes are copied, so
//! ISO-8859-1 stays what it is.

use std::ops::Range;
use std::path::Path;

use super::apply::Change;
use crate::discover::Discovery;
use crate::secrets;
use crate::syntax::Span;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The patch of some changes, and the folder its paths are relative to.
pub fn of(discovery: &Discovery, changes: &[Change]) -> (std::path::PathBuf, Vec<u8>) {
    let base = base(discovery, changes);
    let mut bytes = Vec::new();
    write(discovery, changes, &base, &mut bytes);
    (base, bytes)
}

/// The patch of a run. Paths are relative to `base`.
pub fn write(discovery: &Discovery, changes: &[Change], base: &Path, out: &mut Vec<u8>) {
    for change in changes {
        let document = discovery.document(change.file);
        // Neither git nor patch follows a link: the patch names the file itself.
        let path = document.real().strip_prefix(base).unwrap_or(document.real());
        let name = path_bytes(path);
        let original = document.with_bytes(change.before.clone());
        let secrets = secrets::spans(&original);
        file(name.strip_prefix(b"/").unwrap_or(&name), change, &secrets, out);
    }
}

/// A path as it stands in a patch: the bytes of its name where a system has bytes, and `/` between folders.
fn path_bytes(path: &Path) -> Vec<u8> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        path.as_os_str().as_bytes().to_vec()
    }
    #[cfg(not(unix))]
    {
        path.to_string_lossy().replace('\\', "/").into_bytes()
    }
}

/// A region of whole lines that gives way to new lines.
struct Region {
    old: Range<usize>,
    new: Vec<u8>,
}

/// The part of the patch for one file.
fn file(name: &[u8], change: &Change, secrets: &[Span], out: &mut Vec<u8>) {
    let lines = lines(&change.before);
    let regions = regions(change, &lines);
    if regions.is_empty() {
        return;
    }
    for (sign, prefix) in [("---", b"a/"), ("+++", b"b/")] {
        out.extend_from_slice(sign.as_bytes());
        out.push(b' ');
        out.extend(quoted(&[prefix, name].concat()));
        out.push(b'\n');
    }
    let is_secret = |line: usize| {
        let range = &lines[line];
        secrets::touches(secrets, Span::new(range.start, range.end))
    };
    let mut delta: isize = 0;
    let mut at = 0;
    while at < regions.len() {
        // A secret between two changes parts them into two hunks.
        let mut end = at + 1;
        while end < regions.len() && {
            let gap = regions[end - 1].old.end..regions[end].old.start;
            gap.len() <= 2 * CONTEXT && !gap.clone().any(is_secret)
        } {
            end += 1;
        }
        let hunk = &regions[at..end];
        let (first, last) = (hunk[0].old.start, hunk[hunk.len() - 1].old.end);
        let previous = if at == 0 { 0 } else { regions[at - 1].old.end };
        let next = regions.get(end).map_or(lines.len(), |region| region.old.start);
        let before = (previous..first).rev().take(CONTEXT).take_while(|&line| !is_secret(line)).count();
        let after = (last..next).take(CONTEXT).take_while(|&line| !is_secret(line)).count();
        delta += write_hunk(&change.before, &lines, hunk, first - before..last + after, delta, out);
        at = end;
    }
}

/// Writes one hunk over the old lines `span`; returns how many lines the file grew by.
fn write_hunk(
    text: &[u8],
    lines: &[Range<usize>],
    regions: &[Region],
    span: Range<usize>,
    delta: isize,
    out: &mut Vec<u8>,
) -> isize {
    let mut body = Vec::new();
    let mut new_count = 0;
    let mut at = span.start;
    for region in regions {
        for line in at..region.old.start {
            put(b' ', &text[lines[line].clone()], &mut body);
            new_count += 1;
        }
        for line in region.old.clone() {
            put(b'-', &text[lines[line].clone()], &mut body);
        }
        for line in split(&region.new) {
            put(b'+', line, &mut body);
            new_count += 1;
        }
        at = region.old.end;
    }
    for line in at..span.end {
        put(b' ', &text[lines[line].clone()], &mut body);
        new_count += 1;
    }
    let old_count = span.len();
    // An empty side names the line before it.
    let start = |count: usize, first: usize| if count == 0 { first } else { first + 1 };
    let new_first = span.start.saturating_add_signed(delta);
    let range = |count: usize, start: usize| {
        if count == 1 { start.to_string() } else { format!("{start},{count}") }
    };
    let header = format!(
        "@@ -{} +{} @@\n",
        range(old_count, start(old_count, span.start)),
        range(new_count, start(new_count, new_first))
    );
    out.extend_from_slice(header.as_bytes());
    out.extend(body);
    new_count.cast_signed() - old_count.cast_signed()
}

fn put(sign: u8, line: &[u8], out: &mut Vec<u8>) {
    out.push(sign);
    out.extend_from_slice(line);
    if !line.ends_with(b"\n") {
        out.extend_from_slice(b"\n\\ No newline at end of file\n");
    }
}

/// The lines of a text, each with its LF.
fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&b| b == b'\n')
}

fn lines(text: &[u8]) -> Vec<Range<usize>> {
    let mut at = 0;
    split(text)
        .map(|line| {
            let start = at;
            at += line.len();
            start..at
        })
        .collect()
}

/// The changed lines: whole lines around each edit, joined where they touch, trimmed of what stays the same.
fn regions(change: &Change, lines: &[Range<usize>]) -> Vec<Region> {
    let text = &change.before;
    let line_of = |offset: usize| lines.partition_point(|line| line.end <= offset);
    // Old line range and the edits inside it.
    let mut groups: Vec<(Range<usize>, Vec<usize>)> = Vec::new();
    for (index, edit) in change.edits.iter().enumerate() {
        let range = edit.span.range();
        let mut first = line_of(range.start);
        if first == lines.len() && lines.last().is_some_and(|last| !text[last.clone()].ends_with(b"\n")) {
            // Appended behind a last line without newline: that line changes too.
            first -= 1;
        }
        let mut end = if range.is_empty() { first } else { line_of(range.end - 1) + 1 };
        // An edit inside a line, or one that leaves no line end behind, takes the rest of the line with it.
        let at_line_start = lines.get(first).is_none_or(|line| line.start == range.start);
        let whole_lines = at_line_start
            && (edit.text.is_empty() || edit.text.ends_with(b"\n"))
            && (range.is_empty() || text[..range.end].ends_with(b"\n") || range.end == text.len());
        if !whole_lines {
            end = end.max(line_of(range.end) + 1);
        }
        end = end.min(lines.len());
        match groups.last_mut() {
            Some((old, edits)) if first < old.end || (first == old.end && old.start == old.end) => {
                old.end = old.end.max(end);
                edits.push(index);
            }
            _ => groups.push((first..end.max(first), vec![index])),
        }
    }
    let regions = groups.into_iter().map(|(old, edits)| {
        let start = lines.get(old.start).map_or(text.len(), |line| line.start);
        let end = if old.is_empty() { start } else { lines[old.end - 1].end };
        let mut new = Vec::new();
        let mut at = start;
        for index in edits {
            let edit = &change.edits[index];
            new.extend_from_slice(&text[at..edit.span.range().start.max(at)]);
            new.extend_from_slice(&edit.text);
            at = edit.span.range().end.max(at);
        }
        new.extend_from_slice(&text[at..end.max(at)]);
        Region { old, new }
    });
    regions.filter_map(|region| trimmed(region, text, lines)).collect()
}

/// Takes lines that stay the same off both ends of a region; `None` if nothing is left of it.
fn trimmed(mut region: Region, text: &[u8], lines: &[Range<usize>]) -> Option<Region> {
    let old: Vec<&[u8]> = region.old.clone().map(|line| &text[lines[line].clone()]).collect();
    let new: Vec<&[u8]> = split(&region.new).collect();
    let same = |(a, b): &(&&[u8], &&[u8])| a == b;
    let head = old.iter().zip(&new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let kept = new[head..new.len() - tail].concat();
    region.old = region.old.start + head..region.old.end - tail;
    region.new = kept;
    (!region.old.is_empty() || !region.new.is_empty()).then_some(region)
}

/// A file name in a patch header: quoted in git's manner where it holds more than plain characters, and with a tab
/// behind it where it holds a blank.
fn quoted(name: &[u8]) -> Vec<u8> {
    let special = |b: &u8| !(b' '..0x7f).contains(b) || *b == b'"' || *b == b'\\';
    let mut out = Vec::with_capacity(name.len() + 2);
    if !name.iter().any(special) {
        out.extend_from_slice(name);
        if name.contains(&b' ') {
            out.push(b'\t');
        }
        return out;
    }
    out.push(b'"');
    for b in name {
        match b {
            b'"' | b'\\' => out.extend([b'\\', *b]),
            b if special(b) => out.extend(format!("\\{b:03o}").bytes()),
            b => out.push(*b),
        }
    }
    out.push(b'"');
    out
}

/// The folder that patch paths are relative to: the current one if all files lie in it, else their common ancestor.
pub fn base(discovery: &Discovery, changes: &[Change]) -> std::path::PathBuf {
    let paths: Vec<&Path> = changes.iter().map(|change| discovery.document(change.file).real()).collect();
    let current = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
    if paths.iter().all(|path| path.starts_with(&current)) {
        return current;
    }
    let mut common = paths.first().and_then(|path| path.parent()).unwrap_or(Path::new("")).to_owned();
    while !paths.iter().all(|path| path.starts_with(&common)) {
        if !common.pop() {
            break;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::FileId;
    use crate::fix::Edit;
    use crate::fix::edit::EditedText;

    fn patch(before: &str, edits: &[(usize, usize, &str)]) -> String {
        let edits: Vec<Edit> = edits
            .iter()
            .map(|(start, end, text)| Edit::replace(FileId(0), Span::new(*start, *end), *text))
            .collect();
        let mut text = EditedText::new(before.len());
        text.apply(&edits.iter().collect::<Vec<_>>());
        let change = Change {
            file: FileId(0),
            edits,
            before: before.as_bytes().to_vec(),
            after: text.bytes(before.as_bytes()),
        };
        let mut out = Vec::new();
        file(b"f", &change, &[], &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_replaced_value() {
        insta::assert_snapshot!(patch("a=1\nb=2\nc=3\nd=4\ne=5\nf=6\n", &[(10, 11, "9")]), @r"
        --- a/f
        +++ b/f
        @@ -1,6 +1,6 @@
         a=1
         b=2
        -c=3
        +c=9
         d=4
         e=5
         f=6
        ");
    }

    #[test]
    fn the_last_line_keeps_its_missing_newline() {
        insta::assert_snapshot!(patch("a=1\nb=2", &[(7, 7, "\nc=3")]), @r"
        --- a/f
        +++ b/f
        @@ -1,2 +1,3 @@
         a=1
        -b=2
        \ No newline at end of file
        +b=2
        +c=3
        \ No newline at end of file
        ");
        insta::assert_snapshot!(patch("a=1\nb=2", &[(3, 7, "")]), @r"
        --- a/f
        +++ b/f
        @@ -1,2 +1 @@
        -a=1
        -b=2
        \ No newline at end of file
        +a=1
        \ No newline at end of file
        ");
    }

    #[test]
    fn lines_inserted_and_deleted() {
        insta::assert_snapshot!(patch("a\nb\nc\n", &[(2, 4, ""), (6, 6, "d\n")]), @r"
        --- a/f
        +++ b/f
        @@ -1,3 +1,3 @@
         a
        -b
         c
        +d
        ");
        insta::assert_snapshot!(patch("", &[(0, 0, "a\n")]), @r"
        --- a/f
        +++ b/f
        @@ -0,0 +1 @@
        +a
        ");
    }

    #[test]
    fn names_that_need_quotes() {
        assert_eq!(quoted(b"a/b c"), b"a/b c\t");
        assert_eq!(quoted("a/\u{e9}\"\n".as_bytes()), b"\"a/\\303\\251\\\"\\012\"");
    }
}
