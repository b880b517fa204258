//! What the wrapper makes of its files: lines it drops, options it does not pass, files it does not find.

use super::jvm::companion;
use crate::catalog;
use crate::document::{Document, FileId, Place, Role};
use crate::fix::{Edit, make};
use crate::instance::Kind as InstanceKind;
use crate::instance::wrapper::{ADDITIONAL, Notice, What, WrapperLine};
use crate::rules::schema::{Basis, Severity};
use crate::rules::{Cx, Draft};
use crate::syntax::Span;
use crate::syntax::encoding::Declared;
use crate::syntax::wrapper::{Kind, Line, Wrapper};

/// What the wrapper has to say, as far as `wanted` is interested.
fn notices<'i>(cx: &Cx<'i, '_>, wanted: impl Fn(&What) -> bool) -> impl Iterator<Item = &'i Notice> {
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
        let message =
            format!("index {expected} is missing: {lost} {noun} from here on {verb} not passed to the JVM");
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

/// Whether the files speak of Windows, where the wrapper treats quotes otherwise.
fn on_windows(cx: &Cx<'_, '_>) -> bool {
    let drive = |text: &str| {
        let bytes = text.as_bytes();
        bytes.windows(3).any(|part| part[0].is_ascii_alphabetic() && part[1] == b':' && part[2] == b'\\')
    };
    cx.instance.wrapper.lines().iter().any(|line| drive(&line.text))
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
    let text = doc.text(line.span);
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
            let distance = strsim::osa_distance(head, wanted);
            let end = key.range().end - index.len() - 1;
            (numbered && (1..=3).contains(&distance) && lower.starts_with("wrapper"))
                .then(|| Dead::Misspelt(Span::new(key.range().start, end)))
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
        let message = if name.trim().is_empty() || name.contains(' ') {
            "what stands between two percent signs is taken for a variable, and none of that name is set"
                .to_owned()
        } else {
            format!("no file sets %{name}%: unless the environment does, the text stays as it is")
        };
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
        let edit =
            line.filter(|_| property).map(|line| Edit::insert(line.file, line.value.range().start, "-D"));
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

/// Sizes of the heap that are not what they seem.
pub fn heap_unreadable(cx: &Cx<'_, '_>) {
    for notice in notices(cx, |what| matches!(what, What::NoNumber { .. })) {
        let What::NoNumber { name, taken } = &notice.what else { continue };
        let line = make::wrapper_line_at(cx.instance, notice.place);
        let text = line.map(|line| line.text.as_str()).unwrap_or_default();
        let meant = megabytes(text);
        let effect =
            if *taken > 0 { format!("taken for {taken} MB") } else { "as if it were not set".to_owned() };
        let edit =
            line.zip(meant).map(|(line, meant)| Edit::replace(line.file, line.value, meant.to_string()));
        cx.report(
            notice.place,
            format!("{name} wants a number of megabytes and nothing else: this is {effect}"),
        )
        .fix(edit)
        .emit();
    }
    for line in cx.instance.wrapper.options() {
        let Some((flag, size)) = heap_option(&line.text) else { continue };
        if bytes_of(size).is_some() || size.contains('%') {
            continue;
        }
        cx.report(
            line.place(),
            format!("'{size}' is no size that Java reads behind {flag}: the JVM does not start"),
        )
        .label("a number, then k, m, g or t, or nothing")
        .emit();
    }
}

/// `2g`, `512 MB` and the like in megabytes.
fn megabytes(text: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let end = lower.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = lower[..end].parse().ok()?;
    match lower[end..].trim() {
        "m" | "mb" => Some(number),
        "g" | "gb" => number.checked_mul(1024),
        _ => None,
    }
}

/// `-Xmx` and its like, and the size behind it.
fn heap_option(text: &str) -> Option<(&str, &str)> {
    let option = text.trim_matches('"');
    ["-Xmx", "-Xms", "-Xss", "-Xmn"].iter().find_map(|flag| Some((*flag, option.strip_prefix(flag)?)))
}

/// A size as Java reads it, in bytes.
fn bytes_of(size: &str) -> Option<u64> {
    let end = size.find(|c: char| !c.is_ascii_digit()).unwrap_or(size.len());
    let number: u64 = size[..end].parse().ok()?;
    let shift = match size[end..].to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

/// An initial heap above the largest one.
pub fn heap_bounds(cx: &Cx<'_, '_>) {
    let last = |flag: &str| {
        let all = cx.instance.jvm.arguments().iter().rev();
        let mut found = all.filter_map(|argument| {
            let (known, size) = heap_option(&argument.text)?;
            (known == flag).then(|| Some((argument.place, bytes_of(size)?)))
        });
        found.next().flatten()
    };
    if let (Some((initial_place, initial)), Some((most_place, most))) = (last("-Xms"), last("-Xmx"))
        && initial > most
    {
        cx.report(initial_place, "the initial heap is larger than the largest one: the JVM does not start")
            .label("-Xms")
            .related(most_place, "-Xmx")
            .emit();
    }
}

/// What two options have in common that cannot both count; `None` for those of which each counts.
fn subject(option: &str) -> Option<String> {
    if let Some((flag, _)) = heap_option(option) {
        return Some(flag.to_owned());
    }
    if let Some(definition) = option.strip_prefix("-D") {
        let name = definition.split('=').next().unwrap_or(definition);
        return Some(format!("-D{name}"));
    }
    let flag = option.strip_prefix("-XX:")?;
    let name = flag.strip_prefix(['+', '-']).unwrap_or(flag).split('=').next()?;
    // These add up.
    let adds_up = name.starts_with("CompileCommand") || name == "OnError" || name == "OnOutOfMemoryError";
    (!adds_up).then(|| format!("-XX:{name}"))
}

/// An option given more than once.
pub fn option_repeated(cx: &Cx<'_, '_>) {
    let mut last: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let arguments = cx.instance.jvm.arguments();
    for (index, argument) in arguments.iter().enumerate() {
        if let Some(subject) = subject(&argument.text) {
            last.insert(subject, index);
        }
    }
    for (index, argument) in arguments.iter().enumerate() {
        let Some(subject) = subject(&argument.text) else { continue };
        // The override of java.security has a rule of its own.
        let winner = last.get(&subject).copied().filter(|winner| *winner != index);
        let Some(winner) = winner.map(|winner| &arguments[winner]) else { continue };
        if subject == "-Djava.security.properties" {
            continue;
        }
        let equal = winner.text == argument.text;
        let message = if equal {
            format!("{subject} is given twice, with the same value")
        } else {
            format!("{subject} is given again with another value: this one does not count")
        };
        let line = make::wrapper_line_at(cx.instance, argument.place).filter(|line| line.index().is_some());
        let edits = line.map(|line| make::remove_wrapper_line(cx.instance, line)).unwrap_or_default();
        let draft = cx.report(argument.place, message).related(winner.place, "the last one wins").fix(edits);
        if equal { draft.severity(Severity::Info).emit() } else { draft.emit() }
    }
}

/// JVM options that this Java refuses or passes over.
pub fn option_refused(cx: &Cx<'_, '_>) {
    let jdk = cx.jdk();
    let has = |text: &str| cx.instance.jvm.has_argument(text);
    let lenient = has("-XX:+IgnoreUnrecognizedVMOptions");
    let unlocked = has("-XX:+UnlockExperimentalVMOptions") || has("-XX:+UnlockDiagnosticVMOptions");
    for argument in cx.instance.jvm.arguments() {
        let text = argument.text.as_str();
        // disallow is what newer Java does anyway.
        let option = catalog::jvm_option(text).filter(|_| text != "-Djava.security.manager=disallow");
        let Some(option) = option else { continue };
        let Some(fate) = option.fate(jdk) else { continue };
        let name = crate::instance::wrapper::option_name(text);
        let stops = |effect: &str| {
            let line =
                make::wrapper_line_at(cx.instance, argument.place).filter(|line| line.index().is_some());
            let edits = line.map(|line| make::remove_wrapper_line(cx.instance, line)).unwrap_or_default();
            noted(cx.report(argument.place, format!("Java {} {effect} {name}", jdk.feature)), option.note)
                .fix(edits)
        };
        match fate {
            catalog::Fate::Taken => {}
            catalog::Fate::NeedsUnlock if unlocked || lenient => {}
            catalog::Fate::NeedsUnlock => {
                noted(
                    cx.report(
                        argument.place,
                        format!("Java {} does not start with {name} unless it is unlocked", jdk.feature),
                    ),
                    option.note,
                )
                .emit();
            }
            // Which vendor's Java 8 it is, no file tells.
            catalog::Fate::ZuluOnly => {}
            catalog::Fate::Refused if lenient => stops("passes over").severity(Severity::Info).emit(),
            catalog::Fate::Refused => {
                let draft = stops("does not start with");
                let assumed = cx.instance.jdk.is_assumed();
                if assumed { draft.severity(Severity::Warning).emit() } else { draft.emit() }
            }
            catalog::Fate::Ignored => stops("passes over").severity(Severity::Info).emit(),
            catalog::Fate::Deprecated => {
                noted(
                    cx.report(
                        argument.place,
                        format!("Java {} warns of {name}: a later one will not take it", jdk.feature),
                    ),
                    option.note,
                )
                .severity(Severity::Info)
                .emit();
            }
        }
    }
}

fn noted<'c>(draft: Draft<'c>, note: &str) -> Draft<'c> {
    if note.is_empty() { draft } else { draft.note(note) }
}

/// Remote JMX or a debugger that anybody on the network can use.
pub fn remote_control(cx: &Cx<'_, '_>) {
    const JMX: &str = "com.sun.management.jmxremote.";
    let property = |name: &str| cx.instance.jvm.property(&format!("{JMX}{name}"));
    let says =
        |name: &str, value: &str| property(name).is_some_and(|p| p.value.trim().eq_ignore_ascii_case(value));
    let local = property("host").is_some_and(|host| is_local(host.value.trim()));
    if let Some(port) = property("port").filter(|_| !local) {
        if says("authenticate", "false") {
            let mut draft = cx
                .report(port.place, format!("remote JMX is open at port {} without a password: whoever reaches it can run code in the server", port.value.trim()))
                .label("opens the port");
            if let Some(switch) = property("authenticate") {
                draft = draft.related(switch.place, "asks for no password").fix(make_true(cx, switch.place));
            }
            draft.emit();
        } else if says("ssl", "false") {
            cx.report(
                port.place,
                format!("remote JMX at port {} sends passwords in clear", port.value.trim()),
            )
            .label("opens the port")
            .severity(Severity::Warning)
            .emit();
        }
    }
    for argument in cx.instance.jvm.arguments() {
        let text = argument.text.as_str();
        let Some(options) = text.strip_prefix("-agentlib:jdwp=").or_else(|| text.strip_prefix("-Xrunjdwp:"))
        else {
            continue;
        };
        let of = |key: &str| options.split(',').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
        if of("server") != Some("y") {
            continue;
        }
        let address = of("address").unwrap_or_default();
        let host = address.rsplit_once(':').map(|(host, _)| host);
        // Without a host, Java 8 listens everywhere, Java 9 and later on the machine itself only.
        let open = match host {
            Some(host) => !is_local(host),
            None => cx.jdk().feature < 9,
        };
        if open {
            cx.report(argument.place, format!("a debugger can attach at {address} from other machines, without a password: it can run any code"))
                .label("opens the port")
                .emit();
        } else {
            cx.report(
                argument.place,
                "the debug agent is on: whoever is on this machine can run any code in the server",
            )
            .severity(Severity::Warning)
            .emit();
        }
    }
}

fn is_local(host: &str) -> bool {
    ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&host)
}

/// Turns `=false` at the end of an option into `=true`.
fn make_true(cx: &Cx<'_, '_>, place: Place) -> Option<Edit> {
    let document = cx.instance.document(place.file);
    let bytes = place.span.of(document.bytes());
    let text = bytes.strip_suffix(b"false")?;
    let start = place.span.range().start + text.len();
    Some(Edit::replace(place.file, Span::new(start, place.span.range().end), "true"))
}
