//! SSL debug on, off, and what there is of it: `wattlint debug`.

pub mod value;

use thiserror::Error;

use crate::document::{FileId, Place, Role};
use crate::fix::{Edit, make};
use crate::instance::jvm::{Source, SystemProperty};
use crate::instance::settings::{SYSTEM_PROPERTIES, TEMPLATE_PREFIX, Written};
use crate::instance::{Instance, Kind};
use crate::syntax::Span;
use crate::syntax::properties::{Item, escape_value};
use crate::tls::{self, Client, List, Provider};
use value::Effect;

/// The system property that switches JSSE debug on.
pub const JSSE_DEBUG: &str = "javax.net.debug";
/// The value that shows handshakes on every JDK. Bare `ssl` prints next to nothing on Java 11 and 21.
pub const JSSE_VALUE: &str = "ssl:handshake";
/// The setting that switches IAIK debug on.
pub const IAIK_DEBUG: &str = "watt.ssl.iaik.debug";
/// The comment above a line that `debug on` added, by which `debug off` knows to take the line away again.
pub const MARKER: &str = "# added by wattlint debug on";

/// Where `debug on` puts the JSSE switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A free `wrapper.java.additional.N` in custom_wrapper.conf
    Wrapper,
    /// `watt.config.systemProperties` in server.cnf (or the template, if that sets it)
    ServerCnf,
    /// `JAVA_CUSTOM_OPTS` in bin/setenv
    Setenv,
    /// `settings.watt.config.systemProperties` in application.properties
    Template,
}

/// Which traces are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// Those of the providers that outbound HTTPS and the ports use
    #[default]
    InUse,
    /// IAIK only
    Iaik,
    /// JSSE only
    Jsse,
    /// Both
    Both,
}

/// Why debug can't be switched on as asked.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DebugError {
    /// No file that could hold the switch was found.
    #[error("{instance}: there is no {wanted} to switch debug on in; {hint}")]
    NoPlace {
        /// The instance.
        instance: String,
        /// The file that is missing.
        wanted: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// The wrapper would not pass the option on.
    #[error("{instance}: {why}; use --via server.cnf")]
    WrapperDrops {
        /// The instance.
        instance: String,
        /// Why.
        why: &'static str,
    },
    /// The file that would hold the switch can't be read to its end, so the switch might never be seen.
    #[error(
        "{path}: the server reads no further than the malformed escape in it; mend that first (`wattlint check` shows it)"
    )]
    Unreadable {
        /// The file.
        path: String,
    },
    /// IAIK is asked for where there is none.
    #[error("{instance}: {release} has no IAIK: all its TLS is JSSE")]
    NoIaik {
        /// The instance.
        instance: String,
        /// Its release.
        release: String,
    },
}

/// What is to be done to an instance, and what its administrator should know.
#[derive(Debug, Default)]
pub struct Plan {
    /// The edits.
    pub edits: Vec<Edit>,
    /// For people, a line each.
    pub said: Vec<String>,
}

/// Which provider a direction uses, for people: "outbound HTTPS uses JSSE".
pub fn providers(instance: &Instance<'_>) -> Vec<(String, Option<Provider>)> {
    let clients = Client::ALL.into_iter().map(|client| {
        let choice = tls::outbound(instance, client);
        // Where the release lacks the switch, mail and FTPS say nothing worth a line.
        (client.title().to_owned(), choice.map(|choice| choice.provider))
    });
    let ports = instance.ports.iter().filter(|port| port.is_tls());
    let ports = ports.map(|port| {
        let state = if port.is_enabled() { "" } else { " (disabled)" };
        (
            format!("{}{state}", port.title()),
            Some(tls::inbound(instance, port).provider),
        )
    });
    clients.chain(ports).collect()
}

fn in_use(instance: &Instance<'_>, provider: Provider) -> bool {
    let https = tls::outbound(instance, Client::Https).map(|choice| choice.provider);
    let mut ports = instance
        .ports
        .iter()
        .filter(|port| port.is_tls() && port.is_enabled());
    let on_port = ports.any(|port| tls::inbound(instance, port).provider == provider);
    // Where nothing tells, JSSE is the one that is there in every release.
    https.unwrap_or(Provider::Jsse) == provider || on_port
}

/// Plans to switch debug on.
pub fn on(instance: &Instance<'_>, wanted: Wanted, via: Option<Via>) -> Result<Plan, DebugError> {
    let has_iaik = instance.release.value.has_iaik();
    let (iaik, jsse) = match wanted {
        Wanted::InUse => (
            has_iaik && in_use(instance, Provider::Iaik),
            in_use(instance, Provider::Jsse),
        ),
        Wanted::Iaik => (true, false),
        Wanted::Jsse => (false, true),
        Wanted::Both => (has_iaik, true),
    };
    if iaik && !has_iaik {
        return Err(DebugError::NoIaik {
            instance: instance.name.to_owned(),
            release: instance.release.value.to_string(),
        });
    }
    let mut plan = Plan::default();
    if iaik {
        iaik_on(instance, &mut plan)?;
    }
    if jsse {
        jsse_on(instance, via, &mut plan)?;
    }
    if !plan.edits.is_empty() {
        plan.said
            .push("restart the server for it to take effect, and switch it off again afterwards".to_owned());
        plan.said.push(format!("the output goes to {}", output(instance)));
        plan.said.push(reveals(instance, jsse));
    }
    if wanted == Wanted::InUse && has_iaik && !iaik {
        let others: Vec<&str> = [Client::Ftps, Client::Mail]
            .into_iter()
            .filter(|client| tls::outbound(instance, *client).is_some_and(|c| c.provider == Provider::Iaik))
            .map(Client::title)
            .collect();
        if !others.is_empty() {
            plan.said.push(format!(
                "{} use IAIK here: add --provider both to trace them too",
                others.join(" and ")
            ));
        }
    }
    Ok(plan)
}

fn output(instance: &Instance<'_>) -> String {
    match instance.kind {
        Kind::Microservices => "the server's standard output (the container log)".to_owned(),
        _ => format!("profiles/IS_{}/logs/wrapper.log", instance.name),
    }
}

fn reveals(instance: &Instance<'_>, jsse: bool) -> String {
    match value::effect(instance, JSSE_VALUE) {
        Effect::Keys { sure } if jsse => {
            let does = if sure { "writes" } else { "may write" };
            format!(
                "careful: Java {} {does} the master secret of each connection with it; whoever has the log can read recorded traffic",
                instance.jdk.value
            )
        }
        _ => "it shows host names, certificates and truststore contents, no keys and no payload".to_owned(),
    }
}

fn iaik_on(instance: &Instance<'_>, plan: &mut Plan) -> Result<(), DebugError> {
    if instance.setting(IAIK_DEBUG).is_true() == Some(true) {
        plan.said
            .push(format!("IAIK debug is on already ({IAIK_DEBUG}=true)"));
        return Ok(());
    }
    let edit = match instance.settings.winner(IAIK_DEBUG) {
        Some(winner) => Some(make::set_value(winner.file, &winner.entry, "true")),
        None => insert(instance, IAIK_DEBUG, "true", None),
    };
    let edit = edit.ok_or(DebugError::NoPlace {
        instance: instance.name.to_owned(),
        wanted: "server.cnf or application.properties",
        hint: "give the folder that holds it",
    })?;
    plan.said.push(format!("IAIK: {IAIK_DEBUG}=true"));
    plan.edits.push(edit);
    Ok(())
}

/// A new line with the marker above, in server.cnf or else in the template.
fn insert(instance: &Instance<'_>, name: &str, value: &str, via: Option<Via>) -> Option<Edit> {
    let template = || {
        let (id, document) = instance.with_role(Role::Template).next()?;
        Some(make::insert_entry(
            document,
            id,
            &format!("{TEMPLATE_PREFIX}{name}"),
            value,
            Some(MARKER),
        ))
    };
    let base = || make::insert_setting(instance, name, value, Some(MARKER));
    match via {
        Some(Via::Template) => template(),
        Some(Via::ServerCnf) => base(),
        _ if instance.kind == Kind::Microservices => template().or_else(base),
        _ => base().or_else(template),
    }
}

fn jsse_on(instance: &Instance<'_>, via: Option<Via>, plan: &mut Plan) -> Result<(), DebugError> {
    if let Some(property) = instance.jvm.property(JSSE_DEBUG) {
        let shown = place_name(instance, property.place);
        match value::effect(instance, &property.value) {
            Effect::Prints | Effect::Keys { .. } | Effect::Payload => {
                plan.said.push(format!(
                    "JSSE debug is on already ({JSSE_DEBUG}={} in {shown})",
                    property.value
                ));
            }
            Effect::AlmostNothing | Effect::Nothing | Effect::Stops => {
                plan.said.push(format!(
                    "JSSE: {JSSE_DEBUG}={JSSE_VALUE} instead of {} in {shown}",
                    property.value
                ));
                plan.edits.push(make::set_property(property, JSSE_VALUE));
            }
        }
        return Ok(());
    }
    let via = via.unwrap_or_else(|| usual_way(instance));
    let edit = match via {
        Via::Wrapper => wrapper_on(instance)?,
        Via::Setenv => setenv_on(instance)?,
        Via::ServerCnf | Via::Template => properties_on(instance, via)?,
    };
    let shown = place_name(instance, Place::new(edit.file, edit.span));
    plan.said
        .push(format!("JSSE: {JSSE_DEBUG}={JSSE_VALUE} in {shown}"));
    plan.edits.push(edit);
    Ok(())
}

fn place_name(instance: &Instance<'_>, place: Place) -> String {
    instance.document(place.file).display.clone()
}

/// The way that fits an instance: the wrapper if it passes options on, a runtime's start script or template, else server.cnf.
fn usual_way(instance: &Instance<'_>) -> Via {
    let has = |role| instance.with_role(role).next().is_some();
    let setenv = setenv_place(instance).is_some();
    if instance.kind == Kind::Microservices {
        return if setenv {
            Via::Setenv
        } else if has(Role::Template) {
            Via::Template
        } else {
            Via::ServerCnf
        };
    }
    let wrapper = instance.wrapper.custom().is_some() && wrapper_on(instance).is_ok();
    if wrapper || !has(Role::ServerCnf) {
        Via::Wrapper
    } else {
        Via::ServerCnf
    }
}

fn wrapper_on(instance: &Instance<'_>) -> Result<Edit, DebugError> {
    let name = || instance.name.to_owned();
    let Some(file) = instance.wrapper.custom() else {
        return Err(DebugError::NoPlace {
            instance: name(),
            wanted: "custom_wrapper.conf",
            hint: "give the profile's folder too, or use --via server.cnf",
        });
    };
    let why = if instance.wrapper.unread.is_some() {
        Some("wrapper.conf does not include custom_wrapper.conf, so the wrapper never reads it")
    } else if !instance.wrapper.gaps_allowed() {
        Some("wrapper.ignore_sequence_gaps is not TRUE, so the wrapper stops at the first gap in the numbers")
    } else {
        None
    };
    if let Some(why) = why {
        return Err(DebugError::WrapperDrops {
            instance: name(),
            why,
        });
    }
    let index = instance.wrapper.free_index(&[]);
    let option = format!("-D{JSSE_DEBUG}={JSSE_VALUE}");
    Ok(make::add_wrapper_option(
        instance.document(file),
        file,
        index,
        &option,
    ))
}

/// Where an option can be added in a start script: the file, the end of the value, and whether the value is empty.
fn setenv_place(instance: &Instance<'_>) -> Option<(FileId, Span)> {
    instance.with_role(Role::Setenv).find_map(|(id, document)| {
        let script = document.setenv()?;
        let assignment = script
            .assignments()
            .iter()
            .rev()
            .find(|a| a.quoted || script.is_batch())?;
        Some((id, assignment.value))
    })
}

fn setenv_on(instance: &Instance<'_>) -> Result<Edit, DebugError> {
    let (file, value) = setenv_place(instance).ok_or(DebugError::NoPlace {
        instance: instance.name.to_owned(),
        wanted: "plain JAVA_CUSTOM_OPTS=\"...\" line in bin/setenv",
        hint: "use --via template or --via server.cnf",
    })?;
    let blank = if value.is_empty() { "" } else { " " };
    Ok(Edit::insert(
        file,
        value.range().end,
        format!("{blank}-D{JSSE_DEBUG}={JSSE_VALUE}"),
    ))
}

fn properties_on(instance: &Instance<'_>, via: Via) -> Result<Edit, DebugError> {
    let element = format!("{JSSE_DEBUG}={JSSE_VALUE}");
    if let Some(winner) = instance.settings.winner(SYSTEM_PROPERTIES) {
        // Whatever the way asked for, only the line that wins counts.
        return Ok(append_element(instance, winner, &element));
    }
    // A new line replaces the default, so it has to carry it along.
    let default =
        crate::catalog::setting(SYSTEM_PROPERTIES, instance.release.value).and_then(|row| row.default);
    let value = default.map_or_else(|| element.clone(), |default| format!("{default},{element}"));
    insert(instance, SYSTEM_PROPERTIES, &value, Some(via)).ok_or(DebugError::NoPlace {
        instance: instance.name.to_owned(),
        wanted: if via == Via::Template {
            "application.properties"
        } else {
            "server.cnf"
        },
        hint: "give the folder that holds it",
    })
}

fn append_element(instance: &Instance<'_>, winner: &Written<'_>, element: &str) -> Edit {
    let bytes = instance.document(winner.file).bytes();
    let list = List::new(
        bytes,
        Place::new(winner.file, winner.entry.value),
        SYSTEM_PROPERTIES.to_owned(),
    );
    let escaped = String::from_utf8_lossy(&escape_value(element)).into_owned();
    if winner.entry.value.is_empty() {
        return make::set_value(winner.file, &winner.entry, element);
    }
    make::append_to_list(&list, &[&escaped])
}

/// Plans to switch debug off everywhere, however it was switched on.
pub fn off(instance: &Instance<'_>) -> Plan {
    let mut plan = Plan::default();
    for written in instance
        .settings
        .written(IAIK_DEBUG)
        .iter()
        .filter(|w| w.value.trim().eq_ignore_ascii_case("true"))
    {
        let edit = match added_by_us(instance, written) {
            Some(span) => make::remove_lines(instance.document(written.file), written.file, span),
            None => make::set_value(written.file, &written.entry, "false"),
        };
        plan.said.push(format!(
            "IAIK debug off in {}",
            place_name(instance, written.place())
        ));
        plan.edits.push(edit);
    }
    let mut elements: Vec<FileId> = Vec::new();
    for property in instance
        .jvm
        .properties()
        .iter()
        .filter(|property| property.name == JSSE_DEBUG)
    {
        plan.said.push(format!(
            "{JSSE_DEBUG}={} taken out of {}",
            property.value,
            place_name(instance, property.place)
        ));
        match property.source {
            // All elements of the one deciding line go in one stroke, so that their commas are counted once.
            Source::SystemProperties if elements.contains(&property.place.file) => {}
            Source::SystemProperties => {
                elements.push(property.place.file);
                plan.edits.extend(elements_off(instance));
            }
            _ => plan.edits.extend(make::remove_property(instance, property)),
        }
    }
    dormant_off(instance, &mut plan);
    plan.edits = make::joined(plan.edits, |file| instance.document(file));
    plan
}

/// Takes `javax.net.debug` out of the deciding `watt.config.systemProperties`, or the whole line if `debug on` added it.
fn elements_off(instance: &Instance<'_>) -> Vec<Edit> {
    let Some(winner) = instance.settings.winner(SYSTEM_PROPERTIES) else {
        return Vec::new();
    };
    let elements = instance.jvm.elements();
    let is_debug = |index: usize| is_debug_element(&elements[index].text);
    if let Some(span) = added_by_us(instance, winner) {
        let default =
            crate::catalog::setting(SYSTEM_PROPERTIES, instance.release.value).and_then(|row| row.default);
        let rest: Vec<&str> = (0..elements.len())
            .filter(|&i| !is_debug(i))
            .map(|i| elements[i].text.as_ref())
            .collect();
        if rest.join(",") == default.unwrap_or_default() {
            return vec![make::remove_lines(
                instance.document(winner.file),
                winner.file,
                span,
            )];
        }
    }
    let spans: Vec<Span> = elements.iter().map(|element| element.place.span).collect();
    make::remove_elements(winner.file, &spans, is_debug)
}

fn is_debug_element(text: &str) -> bool {
    text.split('=')
        .next()
        .is_some_and(|name| name.trim() == JSSE_DEBUG)
}

/// Lines that would switch debug on if another line did not win over them: overridden wrapper options and settings.
fn dormant_off(instance: &Instance<'_>, plan: &mut Plan) {
    let live: Vec<Place> = instance
        .jvm
        .properties()
        .iter()
        .map(|property| property.place)
        .collect();
    let option = format!("-D{JSSE_DEBUG}");
    for line in instance.wrapper.lines() {
        if line.index().is_some() && line.option() == option && !live.contains(&line.place()) {
            plan.said.push(format!(
                "an option without effect taken out of {}",
                place_name(instance, line.place())
            ));
            plan.edits.extend(make::remove_wrapper_line(instance, line));
        }
    }
    let lines = instance.settings.written(SYSTEM_PROPERTIES);
    for written in &lines[..lines.len().saturating_sub(1)] {
        let bytes = instance.document(written.file).bytes();
        let elements = crate::instance::jvm::elements(bytes, written.entry.value, written.file);
        let spans: Vec<Span> = elements.iter().map(|element| element.place.span).collect();
        let edits = make::remove_elements(written.file, &spans, |index| {
            is_debug_element(&elements[index].text)
        });
        if !edits.is_empty() {
            plan.said.push(format!(
                "an overridden line cleaned in {}",
                place_name(instance, written.place())
            ));
            plan.edits.extend(edits);
        }
    }
}

/// The lines of a setting that `debug on` added: the entry and the marker above it.
fn added_by_us(instance: &Instance<'_>, written: &Written<'_>) -> Option<Span> {
    let doc = instance.document(written.file).properties()?;
    let items = doc.items();
    let index = items.iter().position(|item| item.span() == written.entry.span)?;
    match items.get(index.checked_sub(1)?)? {
        Item::Comment(span) if span.of(doc.bytes()).trim_ascii() == MARKER.as_bytes() => Some(Span {
            start: span.start,
            end: written.entry.span.end,
        }),
        _ => None,
    }
}

/// A switch that is set, for `debug status`.
#[derive(Debug)]
pub struct Switch {
    /// The place.
    pub place: Place,
    /// For people: "javax.net.debug=ssl".
    pub what: String,
    /// For people: what it does.
    pub does: String,
}

/// All debug switches of an instance that are on.
pub fn status(instance: &Instance<'_>) -> Vec<Switch> {
    let mut switches = Vec::new();
    let iaik = instance.setting(IAIK_DEBUG);
    if let (Some(true), Some(line)) = (iaik.is_true(), iaik.written()) {
        switches.push(Switch {
            place: line.place(),
            what: format!("{IAIK_DEBUG}=true"),
            does: "prints IAIK handshakes".to_owned(),
        });
    }
    let deciding = instance.jvm.property(JSSE_DEBUG);
    for property in instance
        .jvm
        .properties()
        .iter()
        .filter(|property| property.name == JSSE_DEBUG)
    {
        let does = if deciding.is_some_and(|winner| !std::ptr::eq(winner, property)) {
            "is overridden".to_owned()
        } else {
            does(instance, property)
        };
        switches.push(Switch {
            place: property.place,
            what: format!("{JSSE_DEBUG}={}", property.value),
            does,
        });
    }
    switches
}

fn does(instance: &Instance<'_>, property: &SystemProperty) -> String {
    let jdk = instance.jdk.value;
    match value::effect(instance, &property.value) {
        Effect::Prints => "prints JSSE handshakes".to_owned(),
        Effect::Keys { sure: true } => format!("prints JSSE handshakes and, on Java {jdk}, session keys"),
        Effect::Keys { sure: false } => {
            format!("prints JSSE handshakes and perhaps, on Java {jdk}, session keys")
        }
        Effect::Payload => "prints JSSE handshakes and the content of connections".to_owned(),
        Effect::AlmostNothing => format!("prints hardly anything on Java {jdk}"),
        Effect::Nothing => "prints nothing".to_owned(),
        Effect::Stops => "ends the JVM with a help text".to_owned(),
    }
}
