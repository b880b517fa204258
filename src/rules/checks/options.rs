//! What the JVM makes of its options: sizes, repetitions, options it refuses, and ports they open.

use crate::catalog;
use crate::document::Place;
use crate::fix::{Edit, make};
use crate::instance::wrapper::What;
use crate::rules::schema::Severity;
use crate::rules::{Cx, Draft};
use crate::syntax::Span;

use super::wrapper::notices;

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
    const FORMS: [(&str, &str); 6] = [
        ("-Xmx", "-Xmx"),
        ("-Xms", "-Xms"),
        ("-Xss", "-Xss"),
        ("-Xmn", "-Xmn"),
        ("-XX:MaxHeapSize=", "-Xmx"),
        ("-XX:InitialHeapSize=", "-Xms"),
    ];
    FORMS.iter().find_map(|(form, flag)| Some((*flag, option.strip_prefix(form)?)))
}

/// A size as Java reads it, in bytes.
fn bytes_of(size: &str) -> Option<u64> {
    let (radix, size) = match size.strip_prefix("0x").or(size.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None => (10, size),
    };
    let end = size.find(|c: char| !c.is_digit(radix)).unwrap_or(size.len());
    let number = u64::from_str_radix(&size[..end], radix).ok()?;
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
        let edits = removed(cx, argument.place);
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
            noted(cx.report(argument.place, format!("Java {} {effect} {name}", jdk.feature)), option.note)
                .fix(removed(cx, argument.place))
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

/// Remote JMX that anybody on the network can use.
pub fn remote_jmx(cx: &Cx<'_, '_>) {
    const JMX: &str = "com.sun.management.jmxremote.";
    let property = |name: &str| cx.instance.jvm.property(&format!("{JMX}{name}"));
    let says =
        |name: &str, value: &str| property(name).is_some_and(|p| p.value.trim().eq_ignore_ascii_case(value));
    let local = property("host").is_some_and(|host| is_local(host.value.trim()));
    if let Some(port) = property("port").filter(|_| !local) {
        // A certificate may be asked for instead of a password.
        let by_certificate = says("ssl.need.client.auth", "true") && !says("ssl", "false");
        if says("authenticate", "false") && !by_certificate {
            let mut draft = cx
                .report(port.place, format!("remote JMX is open at port {} and asks for no password; whoever reaches it can run code in the server", port.value.trim()))
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
}

/// A debug agent that is on.
pub fn debug_agent(cx: &Cx<'_, '_>) {
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
            cx.report(argument.place, format!("a debugger can attach at {address} from other machines and run any code; nothing asks who it is"))
                .label("opens the port")
                .fix(removed(cx, argument.place))
                .emit();
        } else {
            cx.report(
                argument.place,
                "the debug agent is on: whoever is on this machine can run any code in the server",
            )
            .severity(Severity::Warning)
            .fix(removed(cx, argument.place))
            .emit();
        }
    }
}

/// The edits that take an option of the wrapper's out.
fn removed(cx: &Cx<'_, '_>, place: Place) -> Vec<Edit> {
    match make::wrapper_line_at(cx.instance, place) {
        Some(line) if line.index().is_some() => make::remove_wrapper_line(cx.instance, line),
        Some(_) => Vec::new(),
        None => make::remove_argument(cx.instance, place),
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
