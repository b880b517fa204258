//! JVM arguments and the numbers they stand at.

use std::collections::HashMap;

use crate::catalog::{self, StockOption};
use crate::document::{Place, Role};
use crate::fix::{Edit, make};
use crate::instance::Kind;
use crate::instance::jvm::{Source, SystemProperty};
use crate::instance::release::Release;
use crate::instance::security::{OVERRIDE_PROPERTY, VENDOR_OVERRIDE};
use crate::instance::wrapper::{FIRST_OWN_INDEX, WrapperLine};
use crate::rules::Cx;
use crate::rules::schema::{Basis, Safety, Severity};

/// The option lines of custom_wrapper.conf in an Integration Server's profile. Other products use the numbers otherwise.
fn own_options<'i>(cx: &'i Cx<'_, '_>) -> impl Iterator<Item = (&'i WrapperLine, u64)> {
    let ours = cx.instance.kind != Kind::OtherProfile;
    let custom = |line: &&WrapperLine| cx.instance.document(line.file).role == Role::CustomWrapper;
    cx.instance
        .wrapper
        .lines()
        .iter()
        .filter(move |line| ours && custom(line))
        .filter_map(|line| Some((line, line.index()?)))
}

/// The `.stripquotes` line of an option's index.
pub(super) fn companion<'i>(cx: &'i Cx<'_, '_>, line: &WrapperLine) -> Option<&'i WrapperLine> {
    cx.instance.wrapper.get(&format!("{}.stripquotes", line.name))
}

/// Gives an option another index, and its `.stripquotes` line with it. `None` if another option of the same index
/// needs that line too.
fn moved(cx: &Cx<'_, '_>, line: &WrapperLine) -> Option<Vec<Edit>> {
    let companion = companion(cx, line);
    let shared = cx.instance.wrapper.beside(line, &line.name).nth(1).is_some();
    if shared && companion.is_some() && line.text.contains('"') {
        return None;
    }
    // Where numbers may leave no gap, a new number far up would lose the option, and the old one's gap others.
    if !cx.instance.wrapper.gaps_allowed() {
        return None;
    }
    let index = cx.fresh_index();
    let mut edits = vec![make::renumber(line, index)];
    if let Some(other) = companion.filter(|_| !shared) {
        edits.push(make::renumber_companion(other, line, index));
    }
    Some(edits)
}

/// An index of the product with another option.
pub fn index_taken(cx: &Cx<'_, '_>) {
    let release = cx.release();
    // A line that a later one overrides takes nothing: that is for wrapper-index-duplicate to say.
    for (line, index) in own_options(cx).filter(|(line, _)| cx.instance.wrapper.is_winner(line)) {
        let Some(first) = catalog::stock_options(index, stock_release(release)).next() else { continue };
        if is_stock(line, index, release) {
            continue;
        }
        let edits = moved(cx, line).unwrap_or_default();
        if stock_release(release) == release {
            let message = format!("index {index} belongs to {}, which {release} puts there", first.option);
            let label = "takes the place of the product's own option";
            cx.report(line.place(), message).label(label).fix(edits).emit();
        } else {
            let message = format!("index {index} belongs to {} from 10.7 on, perhaps here too", first.option);
            cx.report(line.place(), message).basis(Basis::Inferred).fix(edits).emit();
        }
    }
}

/// The release whose table of indexes is looked at: for those before 10.7, of which none is known, that of 10.7.
fn stock_release(release: Release) -> Release {
    release.max(Release::new(10, 7))
}

/// Whether an option is the product's own at that index. Of releases outside the known tables (10.7 to 10.15), any
/// release's option will do: profiles outlive upgrades.
fn is_stock(line: &WrapperLine, index: u64, release: Release) -> bool {
    let known = release >= Release::new(10, 7) && release <= Release::new(10, 15);
    let own = line.option();
    // Names with a colon and slashes make the first `=` a poor guide; a common start is enough there.
    let text = line.text.trim_start_matches('"');
    let is = |stock: &StockOption| own == stock.option || text.starts_with(stock.option);
    if known {
        catalog::stock_options(index, release).any(is)
    } else {
        catalog::STOCK_WRAPPER.iter().any(|stock| stock.index == index && is(stock))
    }
}

/// What an option sets: two options with the same subject contradict or repeat each other.
fn subject(option: &str) -> &str {
    for prefix in ["-Xmx", "-Xms", "-Xss", "-Xmn"] {
        if option.starts_with(prefix) {
            return prefix;
        }
    }
    let flag = option.strip_prefix("-XX:");
    flag.and_then(|flag| flag.strip_prefix(['+', '-'])).unwrap_or(option)
}

/// An index below 400 that the product may use one day.
pub fn index_reserved(cx: &Cx<'_, '_>) {
    let release = cx.release();
    let mut subjects: HashMap<&str, usize> = HashMap::new();
    for line in cx.instance.wrapper.lines().iter().filter(|line| line.index().is_some()) {
        *subjects.entry(subject(line.option())).or_default() += 1;
    }
    for (line, index) in own_options(cx) {
        let known = catalog::stock_options(index, stock_release(release)).next().is_some();
        if index >= FIRST_OWN_INDEX
            || known
            || is_stock(line, index, release)
            || !cx.instance.wrapper.is_winner(line)
        {
            continue;
        }
        // Behind the others, the option would win over one of the same subject that comes after it now.
        let twin = subjects.get(subject(line.option())).is_some_and(|count| *count > 1);
        let safety = if twin { Safety::Unsafe } else { Safety::Safe };
        cx.report(line.place(), format!("index {index} lies in the range the product keeps for itself"))
            .label("own options start at 400")
            .fix_with(safety, moved(cx, line).unwrap_or_default())
            .emit();
    }
}

/// One index twice in a file.
pub fn index_duplicate(cx: &Cx<'_, '_>) {
    let release = cx.instance.release.value;
    let lines = cx.instance.wrapper.lines();
    let last: HashMap<_, &WrapperLine> = lines.iter().map(|line| ((line.file, &line.name), line)).collect();
    for line in lines {
        let Some(index) = line.index() else { continue };
        let winner = last.get(&(line.file, &line.name)).copied();
        let Some(winner) = winner.filter(|winner| !std::ptr::eq(*winner, line)) else {
            continue;
        };
        let equal = winner.text == line.text;
        let message = if equal {
            format!("index {index} is given twice with the same option")
        } else {
            format!("index {index} is given twice: {} never reaches the JVM", line.option())
        };
        let draft = cx.report(line.place(), message).related(winner.place(), "the last one wins");
        if equal {
            let edit = make::remove_lines(cx.instance.document(line.file), line.file, line.span);
            draft.severity(Severity::Info).fix([edit]).emit();
        } else if line.option() == winner.option() || is_stock(line, index, release) {
            // Two values for one option: which one is meant, only a person knows. And the product's own option stays
            // where it is: wrapper-index-taken moves the other.
            draft.emit();
        } else {
            draft.fix_with(Safety::Unsafe, moved(cx, line).unwrap_or_default()).emit();
        }
    }
}

/// Security properties, which the JVM does not take from `-D`.
const SECURITY_PROPERTIES: [&str; 8] = [
    "jdk.tls.disabledAlgorithms",
    "jdk.certpath.disabledAlgorithms",
    "jdk.tls.legacyAlgorithms",
    "jdk.disabled.namedCurves",
    "ssl.KeyManagerFactory.algorithm",
    "ssl.TrustManagerFactory.algorithm",
    "keystore.type",
    "jdk.security.caDistrustPolicies",
];

/// Security properties given as system properties.
pub fn security_as_system(cx: &Cx<'_, '_>) {
    let given = cx.instance.jvm.properties().iter();
    for property in given.filter(|property| SECURITY_PROPERTIES.contains(&property.name.as_str())) {
        let message =
            format!("{} is a security property: given as a system property it does nothing", property.name);
        cx.report(property.place, message)
            .label("has no effect")
            .fix(make::remove_property(cx.instance, property))
            .emit();
    }
}

/// A custom_wrapper.conf with the lines the product ships, but without the one that names the override.
fn override_lost(cx: &Cx<'_, '_>, release: Release) {
    let shipped = |index: u64| {
        let lines = cx.instance.wrapper.lines().iter();
        lines
            .filter(|line| line.index() == Some(index))
            .any(|line| catalog::stock_options(index, release).any(|stock| stock.option == line.option()))
    };
    let whole = (100..105).filter(|index| shipped(*index)).count() >= 3;
    let Some(file) = cx.instance.wrapper.custom().filter(|_| whole) else { return };
    if release.has_security_override() && cx.instance.kind != Kind::OtherProfile {
        let message = format!("no line names {VENDOR_OVERRIDE}, which {release} loads by default");
        cx.report(Place::top(file), message)
            .label("index 105 is free")
            .note(
                "the JDK's own list of disabled algorithms is in force, and every update of Java changes it",
            )
            .basis(Basis::Inferred)
            .emit();
    }
}

/// `-Djava.security.properties` twice, without the product's override, or with `==`.
pub fn security_override_bypassed(cx: &Cx<'_, '_>) {
    let release = cx.release();
    let all: Vec<&SystemProperty> =
        cx.instance.jvm.properties().iter().filter(|property| property.name == OVERRIDE_PROPERTY).collect();
    let Some((winner, losers)) = all.split_last() else {
        return override_lost(cx, release);
    };
    let replaces = winner.value.starts_with('=');
    let file = winner.value.trim_start_matches('=').rsplit(['/', '\\']).next().unwrap_or_default();
    let drops =
        release.has_security_override() && cx.instance.kind != Kind::OtherProfile && file != VENDOR_OVERRIDE;
    let message = if replaces {
        "two equal signs make this file replace the whole java.security of the JDK".to_owned()
    } else if !losers.is_empty() {
        "java.security.properties is given more than once: only this file is read".to_owned()
    } else if drops {
        format!("this drops {VENDOR_OVERRIDE}, which {release} loads by default")
    } else {
        return;
    };
    let mut draft = cx.report(winner.place, message);
    for loser in losers {
        draft = draft.related(loser.place, "is not read");
    }
    if drops && winner.source == Source::Setenv {
        draft = draft.note("the start script names the override itself, before JAVA_CUSTOM_OPTS");
    }
    draft.emit();
}
