//! Edits in the words of the model. Rules and commands call these and never count bytes.

use super::{Edit, Fix};
use crate::document::{Document, FileId, Place, Role};
use crate::instance::jvm::{Source, SystemProperty};
use crate::instance::wrapper::WrapperLine;
use crate::instance::{Instance, Port};
use crate::rules::schema::Safety;
use crate::syntax::properties::{Entry, Item, Properties, escape_value};
use crate::syntax::{Newline, Span};
use crate::tls::List;

/// Writes another value into an entry of a properties file.
pub fn set_value(file: FileId, entry: &Entry, value: &str) -> Edit {
    let mut text = escape_value(value);
    if entry.key.end == entry.value.start {
        // A key without any separator has an empty value; now it needs one.
        text.insert(0, b'=');
    }
    Edit::replace(file, entry.value, text)
}

/// Takes away whole lines. The last line of a file without a final newline takes the newline before it along.
pub fn remove_lines(document: &Document, file: FileId, span: Span) -> Edit {
    let bytes = document.bytes();
    let range = span.range();
    let unterminated = range.end == bytes.len() && Newline::ending(&bytes[range.clone()]).is_none();
    let before = Newline::ending(&bytes[..range.start]).map_or(0, |newline| newline.bytes().len());
    let start = if unterminated { range.start - before } else { range.start };
    Edit::delete(file, Span::new(start, range.end))
}

/// Edits made one by one, fit to be made together: where lines go up to the end of a file that has no final newline,
/// the newline before the first of them goes too.
pub fn joined<'d>(edits: Vec<Edit>, document: impl Fn(FileId) -> &'d Document) -> Vec<Edit> {
    let mut edits = Fix::new("", Safety::Safe, edits).edits;
    for edit in &mut edits {
        let bytes = document(edit.file).bytes();
        let range = edit.span.range();
        let to_open_end = range.end == bytes.len() && !range.is_empty() && Newline::ending(bytes).is_none();
        if edit.text.is_empty() && to_open_end {
            let before = Newline::ending(&bytes[..range.start]).map_or(0, |newline| newline.bytes().len());
            edit.span = Span::new(range.start - before, range.end);
        }
    }
    edits
}

/// Takes away every line that writes a setting: removing only the last would let an earlier one count again.
pub fn remove_setting(instance: &Instance<'_>, name: &str) -> Vec<Edit> {
    let lines = instance.settings.written(name);
    lines.iter().map(|line| remove_lines(instance.document(line.file), line.file, line.entry.span)).collect()
}

/// Writes a setting: in the line that decides, else as a new line of server.cnf. `None` if there is no server.cnf.
pub fn set_setting(instance: &Instance<'_>, name: &str, value: &str) -> Option<Edit> {
    match instance.settings.winner(name) {
        Some(winner) => Some(set_value(winner.file, &winner.entry, value)),
        None => insert_setting(instance, name, value, None),
    }
}

/// A new line in server.cnf, where the sorted file would have it; behind the last line if it is not sorted.
/// `comment` goes on a line of its own above.
pub fn insert_setting(
    instance: &Instance<'_>,
    name: &str,
    value: &str,
    comment: Option<&str>,
) -> Option<Edit> {
    let file = instance.settings.base()?;
    Some(insert_entry(instance.document(file), file, name, value, comment))
}

/// As [`insert_setting`], in any properties file.
pub fn insert_entry(
    document: &Document,
    file: FileId,
    name: &str,
    value: &str,
    comment: Option<&str>,
) -> Edit {
    let mut line = Vec::new();
    let newline = newline_of(document).bytes();
    if let Some(comment) = comment {
        line.extend_from_slice(comment.as_bytes());
        line.extend_from_slice(newline);
    }
    line.extend_from_slice(name.as_bytes());
    line.push(b'=');
    line.extend(escape_value(value));
    let at = document.properties().map(|doc| place_for(doc, name));
    insert_line(document, file, at.unwrap_or(document.bytes().len()), line)
}

/// Where a new entry goes: to its place in the order of a sorted file, else to the end, but always where Java reads it.
fn place_for(doc: &Properties, name: &str) -> usize {
    let place = sorted_place(doc, name).or_else(|| dangling_line(doc)).unwrap_or(doc.bytes().len());
    let unread = doc.malformed().and_then(|broken| doc.entries().nth(broken.entry));
    unread.map_or(place, |entry| place.min(entry.span.range().start))
}

/// The start of a last entry that asks to be continued, where no line follows: behind it, a new line would be its
/// continuation.
fn dangling_line(doc: &Properties) -> Option<usize> {
    let Some(Item::Entry(last)) = doc.items().last() else {
        return None;
    };
    let text = last.span.of(doc.bytes());
    let text = match Newline::ending(text) {
        Some(newline) => &text[..text.len() - newline.bytes().len()],
        None => text,
    };
    let slashes = text.iter().rev().take_while(|&&b| b == b'\\').count();
    (slashes % 2 == 1).then_some(last.span.range().start)
}

/// Puts a line in at a line start, or behind the last line.
fn insert_line(document: &Document, file: FileId, at: usize, mut line: Vec<u8>) -> Edit {
    let bytes = document.bytes();
    let newline = newline_of(document).bytes();
    // Only to java.util.Properties a lone CR is the end of a line.
    let ended = bytes.ends_with(b"\n") || (document.properties().is_some() && bytes.ends_with(b"\r"));
    if at == bytes.len() && !bytes.is_empty() && !ended {
        // The file keeps its way of ending without a newline.
        line.splice(0..0, newline.iter().copied());
    } else {
        line.extend_from_slice(newline);
    }
    Edit::insert(file, at, line)
}

/// The newline that new lines of a file get: that of its first line.
fn newline_of(document: &Document) -> Newline {
    match Newline::first_of(document.bytes()) {
        Newline::Cr if document.properties().is_none() => Newline::Lf,
        newline => newline,
    }
}

/// Where a key belongs in a file whose keys are sorted by their characters, as the server writes them.
fn sorted_place(doc: &Properties, name: &str) -> Option<usize> {
    let entries: Vec<(std::borrow::Cow<'_, str>, usize)> = doc
        .items()
        .iter()
        .filter_map(|item| match item {
            Item::Entry(entry) => Some((doc.key(entry), entry.span.range().start)),
            _ => None,
        })
        .collect();
    let sorted = entries.windows(2).all(|pair| pair[0].0 <= pair[1].0);
    if !sorted {
        return None;
    }
    entries.iter().find(|(key, _)| key.as_ref() > name).map(|(_, at)| *at)
}

/// Takes elements out of a comma list, each with one comma; the rest keeps its bytes.
pub fn remove_elements(file: FileId, elements: &[Span], remove: impl Fn(usize) -> bool) -> Vec<Edit> {
    let mut spans: Vec<Span> = Vec::new();
    let last_kept = (0..elements.len()).rev().find(|&index| !remove(index));
    for index in (0..elements.len()).filter(|&index| remove(index)) {
        let span = match last_kept {
            Some(kept) if index > kept => Span { start: elements[kept].end, end: elements[index].end },
            Some(_) => Span { start: elements[index].start, end: elements[index + 1].start },
            None => Span { start: elements[0].start, end: elements[index].end },
        };
        match spans.last_mut() {
            Some(last) if last.end >= span.start => last.end = last.end.max(span.end),
            _ => spans.push(span),
        }
    }
    spans.into_iter().map(|span| Edit::delete(file, span)).collect()
}

/// Takes the elements of a list that `remove` names.
pub fn remove_from_list(list: &List, remove: impl Fn(&str) -> bool) -> Vec<Edit> {
    let spans: Vec<Span> = list.elements.iter().map(|(_, span)| *span).collect();
    remove_elements(list.place.file, &spans, |index| remove(&list.elements[index].0))
}

/// Adds elements at the end of a list.
pub fn append_to_list(list: &List, names: &[&str]) -> Edit {
    let added = names.join(",");
    match list.elements.last() {
        Some((_, last)) => Edit::insert(list.place.file, last.range().end, format!(",{added}")),
        None => {
            let separator = if list.bare { "=" } else { "" };
            Edit::insert(list.place.file, list.place.span.range().end, format!("{separator}{added}"))
        }
    }
}

/// Writes another text into a field of a port, making a `<value>` of a `<null>`.
pub fn set_port_field(port: &Port<'_>, field: &str, value: &str) -> Option<Edit> {
    let field = port.field(field)?;
    Some(if field.null {
        let element = format!("<value name=\"{}\">{value}</value>", field.name);
        Edit::replace(port.file, field.element, element)
    } else {
        Edit::replace(port.file, field.text, value)
    })
}

/// Takes away a wrapper line, and its `.stripquotes` line unless another line of the same number stays.
pub fn remove_wrapper_line(instance: &Instance<'_>, line: &WrapperLine) -> Vec<Edit> {
    let companion = format!("{}.stripquotes", line.name);
    let alone = instance.wrapper.beside(line, &line.name).nth(1).is_none();
    let companions = instance.wrapper.beside(line, &companion).filter(|_| alone);
    let mut lines: Vec<&WrapperLine> = std::iter::once(line).chain(companions).collect();
    lines.sort_by_key(|line| (line.file, line.span));
    lines.into_iter().map(|line| remove_lines(instance.document(line.file), line.file, line.span)).collect()
}

/// Gives a wrapper option another number.
pub fn renumber(line: &WrapperLine, index: u64) -> Edit {
    let digits = line.name.rsplit('.').next().map_or(0, str::len);
    let start = line.key.range().end - digits;
    Edit::replace(line.file, Span::new(start, line.key.range().end), index.to_string())
}

/// Gives the `.stripquotes` line of an option the option's new number.
pub fn renumber_companion(companion: &WrapperLine, line: &WrapperLine, index: u64) -> Edit {
    let digits = line.name.rsplit('.').next().map_or(0, str::len);
    let suffix = companion.name.len() - line.name.len();
    let end = companion.key.range().end - suffix;
    Edit::replace(companion.file, Span::new(end - digits, end), index.to_string())
}

/// The wrapper line that an argument's place belongs to.
pub fn wrapper_line_at<'i>(instance: &'i Instance<'_>, place: Place) -> Option<&'i WrapperLine> {
    instance.wrapper.line_at(place)
}

/// Takes away one definition of a system property, wherever it is made.
pub fn remove_property(instance: &Instance<'_>, property: &SystemProperty) -> Vec<Edit> {
    let place = property.place;
    match property.source {
        Source::Wrapper => match wrapper_line_at(instance, place) {
            Some(line) => remove_wrapper_line(instance, line),
            None => remove_argument(instance, place),
        },
        Source::Setenv => remove_option(instance, place),
        Source::SystemProperties => {
            let spans: Vec<Span> = instance.jvm.elements().iter().map(|element| element.place.span).collect();
            remove_elements(place.file, &spans, |index| spans[index] == place.span)
        }
    }
}

/// Takes an argument out of an argument file: with the blanks before it, or with the line if it is alone there.
pub fn remove_argument(instance: &Instance<'_>, place: Place) -> Vec<Edit> {
    let document = instance.document(place.file);
    if document.role != Role::Arguments || place.span.is_empty() {
        return Vec::new();
    }
    let bytes = document.bytes();
    let range = place.span.range();
    let line = document.line_span(document.line_of(place.span.start));
    let before = bytes[line.range().start..range.start].trim_ascii_end();
    let after = bytes[range.end..line.range().end].trim_ascii();
    if before.is_empty() && after.is_empty() {
        return vec![remove_lines(document, place.file, line)];
    }
    let start = line.range().start + before.len();
    let blanks = bytes[range.end..].iter().take_while(|byte| **byte == b' ').count();
    let span = if before.is_empty() {
        Span::new(range.start, range.end + blanks)
    } else {
        Span::new(start, range.end)
    };
    vec![Edit::delete(place.file, span)]
}

/// Takes an option out of a start script's assignment, with one blank beside it.
fn remove_option(instance: &Instance<'_>, place: Place) -> Vec<Edit> {
    let document = instance.document(place.file);
    let Some(script) = document.setenv() else {
        return Vec::new();
    };
    let after = script.assignments().partition_point(|assignment| assignment.span.end <= place.span.start);
    let Some(assignment) = script.assignments().get(after).filter(|a| a.value.contains(place.span)) else {
        return Vec::new();
    };
    let value = assignment.value.range();
    let blanks = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let before = &script.bytes()[value.start..place.span.range().start];
    let behind = &script.bytes()[place.span.range().end..value.end];
    let kept = before.trim_ascii_end().len();
    let alone = (before.is_empty() || kept < before.len()) && (behind.is_empty() || blanks(behind) > 0);
    if !alone {
        return Vec::new();
    }
    let span = if kept > 0 {
        Span::new(value.start + kept, place.span.range().end)
    } else if behind.trim_ascii().is_empty() {
        place.span
    } else {
        Span::new(place.span.range().start, place.span.range().end + blanks(behind))
    };
    vec![Edit::delete(place.file, span)]
}

/// Writes another value for one definition of a system property. The value must not need quoting or escaping
/// beyond what a properties file asks for. `None` if its place is not known to the byte.
pub fn set_property(property: &SystemProperty, value: &str) -> Option<Edit> {
    let place = property.place;
    let text = match property.source {
        Source::SystemProperties => [property.name.as_bytes(), b"\\=", &escape_value(value)].concat(),
        Source::Wrapper | Source::Setenv => format!("-D{}={value}", property.name).into_bytes(),
    };
    (!place.span.is_empty()).then(|| Edit::replace(place.file, place.span, text))
}

/// A new line in custom_wrapper.conf that gives the JVM an option, behind the last line.
pub fn add_wrapper_option(document: &Document, file: FileId, index: u64, option: &str) -> Edit {
    let line = format!("{}{index}={option}", crate::instance::wrapper::ADDITIONAL);
    insert_line(document, file, document.bytes().len(), line.into_bytes())
}

/// A new line behind the last one of a wrapper file.
pub fn add_wrapper_line(document: &Document, file: FileId, line: &str) -> Edit {
    insert_line(document, file, document.bytes().len(), line.as_bytes().to_vec())
}

/// New lines right below another one.
pub fn insert_below(document: &Document, file: FileId, span: Span, lines: &[String]) -> Edit {
    let newline = String::from_utf8_lossy(newline_of(document).bytes()).into_owned();
    insert_line(document, file, span.range().end, lines.join(&newline).into_bytes())
}
