//! What the wrapper makes of its files: lines it drops, options it does not pass, files it does not find.

use std::borrow::Cow;

use super::jvm::companion;
use crate::catalog::{self, letters_of};
use crate::document::{Document, FileId, Place, Role};
use crate::fix::{Edit, make};
use crate::instance::Kind as InstanceKind;
use crate::instance::wrapper::{ADDITIONAL, Notice, What, WrapperLine};
use crate::rules::Cx;
use crate::rules::schema::{Basis, Severity};
use crate::syntax::Span;
use crate::syntax::encoding::Declared;
use crate::syntax::wrapper::{Kind, Line, Wrapper};

/// What the wrapper has to say, as far as `wanted` is interested.
pub(super) fn notices<'i>(
    cx: &Cx<'i, '_>,
    wanted: impl Fn(&What) -> bool,
) -> impl Iterator<Item = &'i Notice> {
    cx.instance.wrapper.notices().iter().filter(move |notice| wanted(&notice.what))
}

/// The wrapper files of the instance, with each line.
fn files<'i, 'f>(cx: &Cx<'i, 'f>) -> impl Iterator<Item = (FileId, &'f Document, &'f Wrapper)> {
    let instance = cx.instance;
    let all = instance.files.iter().map(move |&id| (id, instance.document(id)));
    all.filter(|(_, document)| {
        matches!(document.role, Role::Wrapper | Role::CustomWrapper | Role::WrapperInclude)
    })
    .filter_map(|(id, document)| Some((id, document, document.wrapper()?)))
}

/// Options behind a gap, where gaps are not allowed.
pub fn gap(cx: &Cx<'_, '_>) {
    let wrapper = &cx.instance.wrapper;
    for notice in notices(cx, |what| matches!(what, What::BehindGap { .. })) {
        let What::BehindGap { expected } = notice.what else { continue };
        let passed: Vec<&WrapperLine> = wrapper.options().collect();
        let lost = wrapper
            .lines()
            .iter()
            .filter(|line| line.index().is_some() && wrapper.is_winner(line) && !line.text.is_empty());
        let lost = lost.filter(|line| !passed.iter().any(|other| std::ptr::eq(*other, *line))).count();
        let (noun, verb) = if lost == 1 { ("option", "is") } else { ("options", "are") };
        let line = make::wrapper_line_at(cx.instance, notice.place);
        let why = match line.and_then(WrapperLine::index).filter(|index| *index < expected) {
            Some(0) => "an index 0 stands in front".to_owned(),
            Some(index) => format!("index {index} stands twice, once with zeros in front"),
            None => format!("index {expected} is missing"),
        };
        let message = format!("{why}: {lost} {noun} from here on {verb} not passed to the JVM");
        let mut draft = cx.report(notice.place, message).label("behind the gap");
        let switch = wrapper.get("wrapper.ignore_sequence_gaps");
        if let Some(switch) = switch {
            draft = draft.related(switch.place(), "forbids gaps");
        }
        let edit = match switch {
            Some(switch) => Some(Edit::replace(switch.file, switch.value, "TRUE")),
            None => wrapper.main().map(|file| {
                make::add_wrapper_line(cx.instance.document(file), file, "wrapper.ignore_sequence_gaps=TRUE")
            }),
        };
        draft.fix(edit).emit();
    }
}

/// The pieces of an option's text between blanks outside quotes.
fn pieces(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = text.split(|c: char| {
        quoted ^= c == '"';
        matches!(c, ' ' | '\t') && !quoted
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// Whether a word begins a JVM option of its own.
fn begins_option(word: &str) -> bool {
    ["-D", "-X", "-javaagent:", "-agentlib:", "-agentpath:", "--add-", "-server", "-ea", "-verbose"]
        .iter()
        .any(|start| word.starts_with(start) && word.len() > start.len().min(3))
}

/// Several options on one line: the JVM gets them as one.
pub fn two_options(cx: &Cx<'_, '_>) {
    blank_inside(cx);
    for line in cx.instance.wrapper.options() {
        let words = pieces(&line.text);
        let Some(first) = words.first().filter(|first| begins_option(first)) else { continue };
        let others: Vec<&str> = words[1..].iter().copied().filter(|word| begins_option(word)).collect();
        let Some(second) = others.first() else { continue };
        let message = format!(
            "{second} is no option of its own here: the line is one option, {first} with all the rest"
        );
        let mut edits = Vec::new();
        // Only where each word is an option is it plain how to part them.
        if others.len() + 1 == words.len() && !line.text.contains(['"', '%']) {
            let document = cx.instance.document(line.file);
            edits.push(Edit::replace(line.file, line.value, *first));
            let text: Vec<String> =
                others.iter().map(|option| format!("{ADDITIONAL}{}={option}", cx.fresh_index())).collect();
            edits.push(make::insert_below(document, line.file, line.span, &text));
        }
        cx.report(line.place(), message).label("one line, one option").fix(edits).emit();
    }
}

/// An option with a blank where it wants an equal sign or nothing: where the blank stands, and what belongs there.
fn stray_blank(text: &str) -> Option<(usize, usize, &'static str)> {
    let blank = text.find(' ')?;
    let run = text[blank..].len() - text[blank..].trim_start().len();
    let (head, rest) = (&text[..blank], &text[blank + run..]);
    let behind = rest.strip_prefix('=').map(|rest| 1 + rest.len() - rest.trim_start().len());
    let run = run + behind.unwrap_or_default();
    let spoilt =
        !head.contains('=') && (head.starts_with("--add-") || head.starts_with("-XX:") && behind.is_some());
    spoilt.then_some((blank, run, "="))
}

/// Options that a blank spoils.
fn blank_inside(cx: &Cx<'_, '_>) {
    for line in cx.instance.wrapper.options() {
        let Some((at, length, wanted)) = stray_blank(&line.text) else { continue };
        let document = cx.instance.document(line.file);
        // Only where the text stands in the file as it is read.
        let plain = line.value.of(document.bytes()) == line.text.as_bytes();
        let start = line.value.range().start + at;
        let edit = plain.then(|| Edit::replace(line.file, Span::new(start, start + length), wanted));
        cx.report(
            line.place(),
            "a blank parts nothing here: with it the JVM does not know the option and does not start",
        )
        .label("one line, one option")
        .fix(edit)
        .emit();
    }
}

/// Whether the files speak of Windows, where the wrapper treats quotes otherwise.
fn on_windows(cx: &Cx<'_, '_>) -> bool {
    let drive = |text: &str| {
        let bytes = text.as_bytes();
        bytes.windows(3).any(|part| part[0].is_ascii_alphabetic() && part[1] == b':' && part[2] == b'\\')
    };
    let lines = cx.instance.wrapper.lines();
    let unix = |text: &str| text.starts_with('/') || text.contains("=/") || text.contains("=\"/");
    let drives = lines.iter().filter(|line| drive(&line.text)).count();
    drives > lines.iter().filter(|line| unix(&line.text)).count()
}

/// Quotes that reach the JVM.
pub fn quotes_kept(cx: &Cx<'_, '_>) {
    if on_windows(cx) {
        return;
    }
    let passed = cx.instance.wrapper.passed().iter();
    let lines = passed.filter_map(|passed| Some((passed, &cx.instance.wrapper.lines()[passed.line?])));
    for (passed, line) in lines.filter(|(passed, _)| passed.text.contains('"')) {
        // Java takes the quotes off these lists itself (measured).
        if passed.text.starts_with("-Djdk.tls.") || companion(cx, line).is_some() {
            continue;
        }
        let message = if passed.text.starts_with('"') {
            "the quotes reach the JVM on Unix: it takes the option for the name of a class and does not start"
        } else {
            "the quotes reach the JVM on Unix, as a part of the value"
        };
        let document = cx.instance.document(line.file);
        let key = format!("{ADDITIONAL}{}.stripquotes=TRUE", line.index().unwrap_or_default());
        cx.report(line.place(), message)
            .label("nothing takes them off")
            .fix([make::insert_below(document, line.file, line.span, &[key])])
            .emit();
    }
}

/// How a line that does nothing looks, and what to write instead.
enum Dead {
    /// `key:value` or `key value` with a key of the wrapper's: where the separator stands.
    Separator(Span),
    /// `export A=b`, `set A=b`, `A=b`
    Shell,
    /// An option without a key.
    BareOption,
    /// `include` without its `#`: where that belongs.
    Include(usize),
    /// A misspelt key of an option, and the right beginning.
    Misspelt(Span),
    /// An index that is no number.
    Index,
}

fn dead(doc: &Wrapper, line: &Line) -> Option<Dead> {
    let start = line.span.range().start;
    let bytes = line.span.of(doc.bytes());
    let text = match line.kind {
        Kind::BareInclude | Kind::Ignored => doc.text(line.span),
        // Of these the key is all that matters.
        _ => Cow::Borrowed(""),
    };
    let text = text.trim_end();
    let word = text.trim_start();
    match line.kind {
        Kind::BareInclude if word.starts_with("include ") || word.starts_with("include.required ") => {
            Some(Dead::Include(start + text.len() - word.len()))
        }
        Kind::Ignored if word.starts_with("wrapper.") || word.starts_with("set.") => {
            let lead = bytes.len() - bytes.trim_ascii_start().len();
            let found = bytes[lead..].iter().position(|byte| matches!(byte, b':' | b' ' | b'\t'))?;
            let at = start + lead + found;
            let run = doc.bytes()[at..].iter().take_while(|b| matches!(b, b':' | b' ' | b'\t')).count();
            // With a `=` later on it is a blank in the key, and what was meant is not plain.
            let plain = !word.contains('=')
                || word.split_once([':', ' ', '\t'])?.0.ends_with(|c: char| c.is_ascii_digit());
            plain.then(|| Dead::Separator(Span::new(at, at + run)))
        }
        Kind::Ignored if word.starts_with('-') => Some(Dead::BareOption),
        Kind::Ignored => ["export ", "set ", "setenv ", "SET ", "rem ", "REM ", "if ", "fi", "."]
            .iter()
            .any(|start| word.starts_with(start))
            .then_some(Dead::Shell),
        Kind::Property { key, .. } => {
            let key_text = doc.text(key);
            if key_text.starts_with("-D") || key_text.starts_with("-X") {
                return Some(Dead::BareOption);
            }
            let shell = !key_text.contains('.')
                && key_text.len() > 2
                && key_text.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
            if shell {
                return Some(Dead::Shell);
            }
            let lower = key_text.to_ascii_lowercase();
            if let Some(index) = lower.strip_prefix(ADDITIONAL) {
                // Its value holds the first = of the line.
                let digits = index.bytes().take_while(u8::is_ascii_digit).count();
                if digits > 0 && index[digits..].starts_with(':') {
                    let at = key.range().start + ADDITIONAL.len() + digits;
                    return Some(Dead::Separator(Span::new(at, at + 1)));
                }
                let last = index.rsplit('.').next().unwrap_or(index);
                let odd = !index.is_empty()
                    && !index.contains('.')
                    && !index.bytes().all(|byte| byte.is_ascii_digit());
                return (odd && last != "default").then_some(Dead::Index);
            }
            let (head, index) = lower.rsplit_once('.')?;
            let numbered = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
            let wanted = &ADDITIONAL[..ADDITIONAL.len() - 1];
            let near = || {
                let same = |((_, a), b): &((usize, char), char)| a == b;
                let shared = head.char_indices().zip(wanted.chars()).find(|pair| !same(pair));
                let shared = shared.map_or(head.len().min(wanted.len()), |((at, _), _)| at);
                // What both begin with changes nothing.
                let (head, wanted) = (&head[shared..], &wanted[shared..]);
                // Each letter that one of the two lacks costs at least half an edit.
                let lacking = (letters_of(head) ^ letters_of(wanted)).count_ones();
                lacking <= 6
                    && head.len().abs_diff(wanted.len()) <= 3
                    && (1..=3).contains(&strsim::osa_distance(head, wanted))
            };
            // Digits are as many bytes in the file as in the text.
            let name = || Span::new(key.range().start, key.range().end - index.len() - 1);
            (numbered && lower.starts_with("wrapper") && near()).then(|| Dead::Misspelt(name()))
        }
        _ => None,
    }
}

/// Lines the wrapper drops without a word.
pub fn line_ignored(cx: &Cx<'_, '_>) {
    for (file, document, doc) in files(cx) {
        for line in doc.lines() {
            let Some(dead) = dead(doc, line) else { continue };
            let bytes = line.span.of(document.bytes());
            let end = line.span.range().start + bytes.trim_ascii_end().len();
            let place = Place::new(file, Span::new(line.span.range().start, end));
            let (message, edit) = match dead {
                Dead::Separator(span) => (
                    "only = parts a key from its value here: the wrapper drops this line without a word",
                    Some(Edit::replace(file, span, "=")),
                ),
                Dead::Shell => ("this is no shell script: the wrapper drops this line without a word", None),
                Dead::BareOption => (
                    "an option needs a key before it: the wrapper drops this line without a word",
                    bare_option(cx, document, file, line),
                ),
                Dead::Include(at) => (
                    "include needs a # before it: the wrapper does not read the file",
                    Some(Edit::insert(file, at, "#")),
                ),
                Dead::Misspelt(span) => (
                    "no property has this name: the option is not passed",
                    Some(Edit::replace(file, span, &ADDITIONAL[..ADDITIONAL.len() - 1])),
                ),
                Dead::Index => ("the index is no number: the option is not passed", None),
            };
            cx.report(place, message).label("does nothing").fix(edit).emit();
        }
    }
}

/// The edit that gives an option without a key one.
fn bare_option(cx: &Cx<'_, '_>, document: &Document, file: FileId, line: &Line) -> Option<Edit> {
    if cx.instance.kind == InstanceKind::OtherProfile {
        return None;
    }
    let bytes = line.span.of(document.bytes());
    let lead = bytes.len() - bytes.trim_ascii_start().len();
    let key = format!("{ADDITIONAL}{}=", cx.fresh_index());
    Some(Edit::insert(file, line.span.range().start + lead, key))
}

/// Variables no file sets. Alone, a custom_wrapper.conf says nothing: wrapper.conf may set them.
pub fn undefined_variable(cx: &Cx<'_, '_>) {
    if cx.instance.wrapper.main().is_none() {
        return;
    }
    for notice in notices(cx, |what| matches!(what, What::UndefinedVariable { .. })) {
        let What::UndefinedVariable { name } = &notice.what else { continue };
        // Patterns of logs and dumps (%p, %t) and escapes of URLs (%20) are meant to stay as they are.
        let plausible = name.len() > 2
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        if !plausible {
            continue;
        }
        let message = format!("no file sets %{name}%: unless the environment does, the text stays as it is");
        cx.report(notice.place, message).label("passed on as written").emit();
    }
}

/// Files that are included and not there.
pub fn include_missing(cx: &Cx<'_, '_>) {
    for notice in notices(cx, |_| true) {
        match &notice.what {
            What::IncludeMissing { target, required: true, .. } => {
                cx.report(
                    notice.place,
                    format!(
                        "{target} is not among the files read, and the wrapper does not start without it"
                    ),
                )
                .label("required")
                .emit();
            }
            What::IncludeMissing { target, .. } => {
                let name = target.rsplit(['/', '\\']).next().unwrap_or(target);
                // Licence and custom files of the product may be there or not: that is as delivered.
                let stock = name.is_empty()
                    || name.ends_with("license.conf")
                    || name.ends_with("custom_wrapper.conf");
                if stock || target.contains('%') {
                    continue;
                }
                cx.report(notice.place, format!("{target} is not among the files read; if it is missing on the server too, nobody is told"))
                    .label("passed over without a word")
                    .severity(Severity::Info)
                    .emit();
            }
            What::IncludeTooDeep => {
                cx.report(
                    notice.place,
                    "the eleventh file of a chain of includes is passed over without a word",
                )
                .label("ten lead here")
                .emit();
            }
            _ => {}
        }
    }
}

/// Comments that look like an include of custom_wrapper.conf, while the wrapper does not read that file.
pub fn include_inactive(cx: &Cx<'_, '_>) {
    let Some(unread) = cx.instance.wrapper.unread else { return };
    let name = cx.instance.document(unread).file_name();
    let mut said = false;
    for (file, document, doc) in files(cx) {
        for line in doc.lines().iter().filter(|line| line.kind == Kind::Comment) {
            let bytes = line.span.of(document.bytes());
            let text = doc.text(line.span);
            let word = text.trim().trim_start_matches('#').trim_start();
            let Some(target) = word.get(..7).filter(|head| head.eq_ignore_ascii_case("include")) else {
                continue;
            };
            let path = word[target.len()..].trim().trim_start_matches([':', '=']).trim();
            if !path.ends_with("custom_wrapper.conf") || path.contains(' ') {
                continue;
            }
            let lead = bytes.len() - bytes.trim_ascii_start().len();
            let start = line.span.range().start + lead;
            let end = line.span.range().start + bytes.trim_ascii_end().len();
            let span = Span::new(start, end);
            let head = Span::new(start, end - path.len());
            cx.report(Place::new(file, span), format!("this is a comment: the wrapper does not read {name}"))
                .label("no directive")
                .note("a directive is #include, in lower case, with one # and a blank behind the word")
                .fix([Edit::replace(file, head, "#include ")])
                .emit();
            said = true;
        }
    }
    // Another file may include it, if there are some that were not read.
    let complete = notices(cx, |what| matches!(what, What::IncludeMissing { .. })).next().is_none();
    if let Some(main) = cx.instance.wrapper.main().filter(|_| complete && !said) {
        cx.report(Place::top(unread), format!("no include leads here: the wrapper does not read {name}"))
            .related(Place::top(main), "is read, and does not include it")
            .emit();
    }
}

/// Values of which a `#` cuts the end off, and lines that a backslash is meant to continue.
pub fn value_cut(cx: &Cx<'_, '_>) {
    for (file, document, doc) in files(cx) {
        for (line, next) in doc.lines().iter().zip(doc.lines().iter().skip(1).map(Some).chain([None])) {
            let (Kind::Property { key, value } | Kind::Set { name: key, value, .. }) = line.kind else {
                continue;
            };
            let bytes = document.bytes();
            let end = value.range().end;
            let cut = bytes.get(end) == Some(&b'#') && end <= line.span.range().end;
            let text = line.span.of(bytes);
            let commented = text.trim_ascii_start().starts_with(b"#");
            if cut && !commented {
                cx.report(
                    Place::new(file, Span::new(end, end + 1)),
                    "a # begins a comment, also without a blank before it: the value ends here",
                )
                .label("## stands for a # in the value")
                .fix([Edit::insert(file, end, "#")])
                .emit();
            }
            let continued = value.of(bytes).ends_with(b"\\")
                && next
                    .is_some_and(|next| next.kind == Kind::Ignored || next.span.of(bytes).starts_with(b" "));
            if continued && !key.is_empty() {
                cx.report(
                    Place::new(file, Span::new(end - 1, end)),
                    "a backslash does not continue the line: it is a part of the value",
                )
                .label("literal")
                .emit();
            }
        }
    }
}

/// Values that are no option: the wrapper leaves them out.
pub fn no_argument(cx: &Cx<'_, '_>) {
    for notice in notices(cx, |what| *what == What::NoArgument) {
        let line = make::wrapper_line_at(cx.instance, notice.place);
        let text = line.map(|line| line.text.as_str()).unwrap_or_default();
        // name=value with a dotted name looks like a system property without its -D.
        let property = text.split_once('=').is_some_and(|(name, _)| {
            name.contains('.')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        });
        let lower = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase());
        let minus = ["Xmx", "Xms", "Xss", "XX:", "-add-"].iter().any(|start| text.starts_with(start))
            || (property && text.strip_prefix('D').is_some_and(lower));
        // A word processor makes a dash of a minus sign.
        let dash = ['\u{2013}', '\u{2014}', '\u{2212}'].into_iter().find(|dash| text.starts_with(*dash));
        let edit = line.and_then(|line| {
            let start = line.value.range().start;
            match dash {
                Some(dash) => Some(Edit::replace(line.file, Span::new(start, start + dash.len_utf8()), "-")),
                None if minus => Some(Edit::insert(line.file, start, "-")),
                None if property => Some(Edit::insert(line.file, start, "-D")),
                None => None,
            }
        });
        cx.report(notice.place, "an option begins with a minus sign: the wrapper leaves this one out")
            .label("not passed")
            .fix(edit)
            .emit();
    }
}

/// Switches that say neither TRUE nor FALSE.
pub fn switch_unreadable(cx: &Cx<'_, '_>) {
    for notice in notices(cx, |what| matches!(what, What::NoBoolean { .. })) {
        let What::NoBoolean { name } = &notice.what else { continue };
        let line = make::wrapper_line_at(cx.instance, notice.place);
        let meant = line.and_then(|line| match line.text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "1" | "y" => Some((line, "TRUE")),
            "no" | "off" | "0" | "n" => Some((line, "FALSE")),
            _ => None,
        });
        let edit = meant.map(|(line, meant)| Edit::replace(line.file, line.value, meant));
        cx.report(notice.place, format!("{name} is neither TRUE nor FALSE, so it is as if it were not set"))
            .fix(edit)
            .emit();
    }
}

/// What keeps the wrapper from starting Java, or from reading a file.
pub fn stopped(cx: &Cx<'_, '_>) {
    for notice in notices(cx, |_| true) {
        let declared = |place: Place| {
            let doc = cx.instance.document(place.file).wrapper();
            doc.is_some_and(|doc| doc.charset() != Declared::Nothing)
        };
        match &notice.what {
            What::Redefined { name, before, stops: true, .. } => {
                cx.report(
                    notice.place,
                    format!("{name} is written again, and on_overwrite.exit makes the wrapper stop at that"),
                )
                .related(*before, "written here before")
                .emit();
            }
            What::Undecodable => {
                let draft = cx.report(notice.place, "a byte here has no meaning in the file's encoding: the wrapper does not start, be it in a comment");
                if declared(notice.place) {
                    draft.emit();
                } else {
                    draft
                        .note("the file names no encoding, so it is the system's: taken to be UTF-8")
                        .basis(Basis::Inferred)
                        .emit();
                }
            }
            What::UnknownEncoding { stops } => {
                let effect = if *stops { "it does not start" } else { "it does not read this file" };
                cx.report(
                    notice.place,
                    format!("the wrapper knows no encoding of this name on Linux: {effect}"),
                )
                .note("UTF-8, ISO-8859-1 and Cp1252 are names it knows")
                .severity(Severity::Warning)
                .emit();
            }
            _ => {}
        }
    }
}

/// TLS options in wrapper.conf, which an update of the product overwrites.
pub fn tls_in_wrapper_conf(cx: &Cx<'_, '_>) {
    let wrapper = &cx.instance.wrapper;
    let stock = |line: &WrapperLine| {
        catalog::STOCK_WRAPPER.iter().any(|stock| line.text.trim_start_matches('"').starts_with(stock.option))
    };
    const TLS: [&str; 6] = [
        "-Djavax.net.",
        "-Djdk.tls.",
        "-Dhttps.",
        "-Djsse.",
        "-Djava.security.properties",
        "-Dsun.security.ssl.",
    ];
    for line in wrapper.options() {
        let delivered = cx.instance.document(line.file).role == Role::Wrapper;
        if !delivered || !TLS.iter().any(|start| line.text.starts_with(start)) || stock(line) {
            continue;
        }
        let mut edits = Vec::new();
        // The line's own text moves, variables and all; quotes and their switch stay a matter for a person.
        if let Some(custom) = wrapper.custom().filter(|_| wrapper.unread.is_none())
            && companion(cx, line).is_none()
            && !line.text.contains('"')
        {
            let document = cx.instance.document(line.file);
            let option = crate::syntax::display_text(line.value.of(document.bytes())).into_owned();
            edits = make::remove_wrapper_line(cx.instance, line);
            edits.push(make::add_wrapper_option(
                cx.instance.document(custom),
                custom,
                cx.fresh_index(),
                &option,
            ));
        }
        cx.report(
            line.place(),
            format!("{} stands in wrapper.conf, which updates of the product overwrite", line.option()),
        )
        .label("custom_wrapper.conf is for options of your own")
        .fix(make::joined(edits, |file| cx.instance.document(file)))
        .emit();
    }
}
