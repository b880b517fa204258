//! SSL debug on, off, and what there is of it: `wattlint debug`.

mod off;
mod status;
pub mod value;

pub use off::{definitions_off, loose, off};
pub use status::{Switch, jsse_switch, status};

use thiserror::Error;

use crate::document::{FileId, Place, Role};
use crate::fix::{Edit, make};
use crate::instance::settings::{SYSTEM_PROPERTIES, TEMPLATE_PREFIX, Written};
use crate::instance::wrapper::FIRST_OWN_INDEX;
use crate::instance::{Instance, Kind};
use crate::secrets;
use crate::syntax::Span;
use crate::syntax::properties::escape_value;
use crate::syntax::setenv::Setenv;
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
    /// The value comes from outside the file, where wattlint can't change it.
    #[error("{path}: {name} is filled in from outside ($env{{}} or the like): set it there")]
    Substituted {
        /// The file.
        path: String,
        /// The setting.
        name: &'static str,
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

/// Each direction for people, such as "outbound HTTPS", with its provider; `None` where the files do not tell.
pub fn providers(instance: &Instance<'_>) -> Vec<(String, Option<Provider>)> {
    let clients = Client::ALL.into_iter().map(|client| {
        let choice = tls::outbound(instance, client);
        (client.title().to_owned(), choice.map(|choice| choice.provider))
    });
    let ports = instance.ports.iter().filter(|port| port.is_tls());
    let ports = ports.map(|port| {
        let state = if port.is_enabled() { "" } else { " (disabled)" };
        (format!("{}{state}", port.title()), Some(tls::inbound(instance, port).provider))
    });
    clients.chain(ports).collect()
}

fn in_use(instance: &Instance<'_>, provider: Provider) -> bool {
    let https = tls::outbound(instance, Client::Https).map(|choice| choice.provider);
    let mut ports = instance.ports.iter().filter(|port| port.is_tls() && port.is_enabled());
    let on_port = ports.any(|port| tls::inbound(instance, port).provider == provider);
    // Where nothing tells, JSSE is the one that is there in every release.
    https.unwrap_or(Provider::Jsse) == provider || on_port
}

/// Plans to switch debug on.
pub fn on(instance: &Instance<'_>, wanted: Wanted, via: Option<Via>) -> Result<Plan, DebugError> {
    let has_iaik = instance.release.value.has_iaik();
    let (iaik, jsse) = match wanted {
        Wanted::InUse => (has_iaik && in_use(instance, Provider::Iaik), in_use(instance, Provider::Jsse)),
        Wanted::Iaik => (true, false),
        Wanted::Jsse => (false, true),
        Wanted::Both => (has_iaik, true),
    };
    let unknown = tls::outbound(instance, Client::Https).is_none() && instance.kind != Kind::OtherProfile;
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
    if unknown && wanted == Wanted::InUse && jsse && !plan.edits.is_empty() {
        let taken = "no file read tells the provider of outbound HTTPS: JSSE is taken; give the instance's folder too";
        plan.said.push(taken.to_owned());
    }
    if !plan.edits.is_empty() {
        plan.said
            .push("restart the server for it to take effect, and switch it off again afterwards".to_owned());
        plan.said.push(format!("the output goes to {}", output(instance)));
        plan.said.push(reveals(instance, jsse));
    }
    if wanted == Wanted::InUse && has_iaik && !iaik {
        let others: Vec<&str> = [Client::Ftps, Client::Smtp, Client::Notifications]
            .into_iter()
            .filter(|client| tls::outbound(instance, *client).is_some_and(|c| c.provider == Provider::Iaik))
            .map(Client::title)
            .collect();
        if !others.is_empty() {
            let (verb, them) = if others.len() == 1 { ("uses", "it") } else { ("use", "them") };
            let others = others.join(" and ");
            plan.said.push(format!("{others} {verb} IAIK here: add --provider both to trace {them} too"));
        }
    }
    Ok(plan)
}

fn output(instance: &Instance<'_>) -> String {
    if instance.kind == Kind::Microservices {
        return "the server's standard output (the container log)".to_owned();
    }
    // The profile whose wrapper starts the JVM: its configuration folder lies beside its logs.
    let wrapper = instance.wrapper.custom().or(instance.wrapper.main());
    let profile = wrapper.and_then(|id| {
        let folder = instance.document(id).folder();
        let inside = folder.file_name().is_some_and(|name| name == "configuration");
        inside.then(|| folder.parent()).flatten()
    });
    match profile.and_then(|profile| profile.file_name()) {
        Some(name) => format!("logs/wrapper.log of the profile {}", name.to_string_lossy()),
        None => "wrapper.log of the instance's profile".to_owned(),
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
        plan.said.push(format!("IAIK debug is on already ({IAIK_DEBUG}=true)"));
        return Ok(());
    }
    let edit = match instance.settings.winner(IAIK_DEBUG) {
        Some(winner) if !winner.known => {
            return Err(DebugError::Substituted {
                path: instance.document(winner.file).display.clone(),
                name: IAIK_DEBUG,
            });
        }
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
        Some(make::insert_entry(document, id, &format!("{TEMPLATE_PREFIX}{name}"), value, Some(MARKER)))
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
            Effect::Payload => {
                plan.said.push(format!(
                    "JSSE debug is on already ({JSSE_DEBUG}={} in {shown}), and logs the content of connections, \
                     passwords included; to narrow it, run `wattlint debug off` first",
                    property.value
                ));
            }
            Effect::Prints | Effect::Keys { .. } => {
                plan.said
                    .push(format!("JSSE debug is on already ({JSSE_DEBUG}={} in {shown})", property.value));
            }
            Effect::AlmostNothing | Effect::Nothing | Effect::Stops => {
                plan.said.push(format!(
                    "JSSE: {JSSE_DEBUG}={JSSE_VALUE} instead of {} in {shown}",
                    property.value
                ));
                plan.edits.extend(off::redefine(instance, property, JSSE_VALUE));
            }
        }
        return Ok(());
    }
    let via = via.unwrap_or_else(|| usual_way(instance));
    let edits = match via {
        Via::Wrapper => vec![wrapper_on(instance)?],
        Via::Setenv => setenv_on(instance)?,
        Via::ServerCnf | Via::Template => vec![properties_on(instance, via)?],
    };
    for edit in edits {
        let shown = place_name(instance, Place::new(edit.file, edit.span));
        plan.said.push(format!("JSSE: {JSSE_DEBUG}={JSSE_VALUE} in {shown}"));
        plan.edits.push(edit);
    }
    Ok(())
}

fn place_name(instance: &Instance<'_>, place: Place) -> String {
    instance.document(place.file).display.clone()
}

/// The way that fits an instance: the wrapper if it passes options on, a runtime's start script or template, else server.cnf.
fn usual_way(instance: &Instance<'_>) -> Via {
    let has = |role| instance.with_role(role).next().is_some();
    let setenv = !setenv_places(instance).is_empty();
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
    if wrapper || !has(Role::ServerCnf) { Via::Wrapper } else { Via::ServerCnf }
}

fn wrapper_on(instance: &Instance<'_>) -> Result<Edit, DebugError> {
    let name = || instance.name.to_owned();
    let Some(file) = instance.wrapper.custom() else {
        return Err(DebugError::NoPlace {
            instance: name(),
            wanted: "custom_wrapper.conf",
            hint: if instance.settings.base().is_some() {
                "give the profile's folder too, or use --via server.cnf"
            } else {
                "give the folders of the profile and of the instance too"
            },
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
        return Err(DebugError::WrapperDrops { instance: name(), why });
    }
    let index = instance.wrapper.free_index(FIRST_OWN_INDEX);
    let option = format!("-D{JSSE_DEBUG}={JSSE_VALUE}");
    Ok(make::add_wrapper_option(instance.document(file), file, index, &option))
}

/// Where an option can be added in the start scripts: the last assignment of each, where nothing unknown follows it.
/// None unless the script that counts here is one of them.
fn setenv_places(instance: &Instance<'_>) -> Vec<(FileId, Span)> {
    let place = |(id, script): (FileId, &Setenv)| {
        let assignment = script.assignments().last().filter(|a| a.quoted || script.is_batch())?;
        script.is_settled().then_some((id, assignment.value))
    };
    let first = |batch| instance.scripts().find(|(_, script)| script.is_batch() == batch);
    let (unix, windows) = (first(false), first(true));
    let counts = unix.or(windows).and_then(place);
    let other = unix.and(windows).and_then(place);
    counts.map(|place| [Some(place), other].into_iter().flatten().collect()).unwrap_or_default()
}

/// The option in each start script: which of them the server's system runs, the files do not tell.
fn setenv_on(instance: &Instance<'_>) -> Result<Vec<Edit>, DebugError> {
    let places = setenv_places(instance);
    if places.is_empty() {
        return Err(DebugError::NoPlace {
            instance: instance.name.to_owned(),
            wanted: "plain JAVA_CUSTOM_OPTS=\"...\" line in bin/setenv",
            hint: "use --via template or --via server.cnf",
        });
    }
    let edit = |(file, value): (FileId, Span)| {
        let blank = if value.is_empty() { "" } else { " " };
        Edit::insert(file, value.range().end, format!("{blank}-D{JSSE_DEBUG}={JSSE_VALUE}"))
    };
    Ok(places.into_iter().map(edit).collect())
}

fn properties_on(instance: &Instance<'_>, via: Via) -> Result<Edit, DebugError> {
    let element = format!("{JSSE_DEBUG}={JSSE_VALUE}");
    let winner = instance.settings.winner(SYSTEM_PROPERTIES);
    let in_template = |written: &Written<'_>| instance.document(written.file).role == Role::Template;
    let has_template = instance.with_role(Role::Template).next().is_some();
    // A secret must not be carried from one file to another.
    let is_secret = |written: &Written<'_>| {
        let secrets = secrets::spans(instance.document(written.file));
        secrets::touches(&secrets, written.entry.value)
    };
    if let Some(winner) = winner
        && (via == Via::ServerCnf || in_template(winner) || !has_template || is_secret(winner))
    {
        // Whatever the way asked for, only the line that wins counts.
        return Ok(append_element(instance, winner, &element));
    }
    // A new line replaces the value there was, or the default, so it has to carry it along.
    let default =
        crate::catalog::setting(SYSTEM_PROPERTIES, instance.release.value).and_then(|row| row.default);
    let default = winner.map(|winner| winner.value.as_ref()).or(default).filter(|value| !value.is_empty());
    let value = default.map_or_else(|| element.clone(), |default| format!("{default},{element}"));
    insert(instance, SYSTEM_PROPERTIES, &value, Some(via)).ok_or(DebugError::NoPlace {
        instance: instance.name.to_owned(),
        wanted: if via == Via::Template { "application.properties" } else { "server.cnf" },
        hint: "give the folder that holds it",
    })
}

fn append_element(instance: &Instance<'_>, winner: &Written<'_>, element: &str) -> Edit {
    let bytes = instance.document(winner.file).bytes();
    let list = List::new(bytes, Place::new(winner.file, winner.entry.value), SYSTEM_PROPERTIES.to_owned());
    let escaped = String::from_utf8_lossy(&escape_value(element)).into_owned();
    if winner.entry.value.is_empty() {
        return make::set_value(winner.file, &winner.entry, element);
    }
    make::append_to_list(&list, &[&escaped])
}
