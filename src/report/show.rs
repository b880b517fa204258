//! What `wattlint show` prints: effective values, each with the place it comes from and what it overrode.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::catalog;
use crate::discover::Discovery;
use crate::document::{Document, Place};
use crate::instance::jvm::Source;
use crate::instance::settings::Written;
use crate::instance::wrapper::{Notice, What, WrapperConfig};
use crate::instance::{Instance, Kind, Port};
use crate::secrets::{self, MASK};
use crate::syntax::printable;
use crate::syntax::properties::{Entry, decode_utf16};
use crate::tls;

/// A setting with the line that decides, or a default.
#[derive(Debug, Serialize)]
pub struct Setting {
    /// Its name.
    pub name: Text,
    /// Its value, secrets masked; `None` if a substitution hides it.
    pub value: Option<Text>,
    /// The file that decides; `None` for a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The instance; absent for a file by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The release's default, where it is known and another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The lines that no longer count, the last one first.
    pub overrides: Vec<Overridden>,
}

/// A line that a later one overrides.
#[derive(Debug, Serialize)]
pub struct Overridden {
    /// Its value.
    pub value: Text,
    /// Its file.
    pub file: String,
    /// Its line.
    pub line: usize,
}

/// A text that may hold what Unicode text cannot: Java keeps half a surrogate pair, and so does JSON.
#[derive(Debug, Clone)]
pub struct Text {
    text: String,
    halves: Option<Vec<u16>>,
}

impl Text {
    fn new(text: impl Into<String>) -> Self {
        Text { text: text.into(), halves: None }
    }

    /// The text of a stretch of a properties file.
    fn of_units(units: Vec<u16>) -> Self {
        match String::from_utf16(&units) {
            Ok(text) => Text::new(text),
            Err(_) => Text { text: String::from_utf16_lossy(&units), halves: Some(units) },
        }
    }
}

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(units) = &self.halves else { return serializer.serialize_str(&self.text) };
        let mut json = String::from("\"");
        for unit in units {
            json.push_str(&format!("\\u{unit:04x}"));
        }
        json.push('"');
        RawValue::from_string(json).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// The JVM of an instance, or of a wrapper file.
#[derive(Debug, Serialize)]
pub struct JvmView {
    /// The instance; absent for a file by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The arguments in the order the JVM gets them, without those the wrapper adds; none if it does not start.
    pub args: Vec<String>,
    /// What there is to say of the files.
    pub messages: Vec<String>,
    /// Whether the wrapper gets as far as starting Java.
    pub starts: bool,
    /// Where each argument comes from, in the same order.
    pub places: Vec<At>,
    /// System properties that Integration Server sets itself, from `watt.config.systemProperties`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub system_properties: Vec<SystemProperty>,
}

/// A line of a file.
#[derive(Debug, Serialize)]
pub struct At {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// A system property set after the start.
#[derive(Debug, Serialize)]
pub struct SystemProperty {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it stands.
    #[serde(flatten)]
    pub at: At,
}

/// An inbound port.
#[derive(Debug, Serialize)]
pub struct PortView {
    instance: String,
    name: String,
    title: String,
    enabled: bool,
    tls: bool,
    provider: Option<&'static str>,
    fields: Vec<(String, String)>,
    #[serde(flatten)]
    at: At,
}

/// A file of a run.
#[derive(Debug, Serialize)]
pub struct FileView {
    file: String,
    role: &'static str,
    instances: Vec<String>,
    /// Read only to understand another one.
    context: bool,
}

fn at(document: &Document, place: Place) -> At {
    At { file: document.display.clone(), line: document.line_of(place.span.start) }
}

/// The heading of an instance.
pub fn title(instance: &Instance<'_>) -> String {
    let assumed = |is: bool| if is { " (assumed)" } else { "" };
    let jdk = format!("Java {}{}", instance.jdk.value, assumed(instance.jdk.is_assumed()));
    // The release of another product is nothing wattlint knows of.
    let release = match instance.kind {
        Kind::OtherProfile => String::new(),
        _ => format!("release {}{}, ", instance.release.value, assumed(instance.release.is_assumed())),
    };
    format!("{}: {release}{jdk}", instance.display_root())
}

/// The properties of a file by itself, as Java reads them.
pub fn properties(document: &Document, only: Option<&str>) -> Vec<Setting> {
    let Some(doc) = document.properties() else { return Vec::new() };
    let bytes = document.bytes();
    let mut order: Vec<Vec<&Entry>> = Vec::new();
    let mut known: HashMap<Vec<u16>, usize> = HashMap::new();
    for entry in doc.loaded() {
        let index = *known.entry(decode_utf16(bytes, entry.key)).or_insert_with(|| {
            order.push(Vec::new());
            order.len() - 1
        });
        order[index].push(entry);
    }
    let value = |entry: &Entry| {
        let (name, value) = (doc.key(entry), doc.value(entry));
        let shown = secrets::shown_value(&name, &value);
        if shown == value { Text::of_units(decode_utf16(bytes, entry.value)) } else { Text::new(shown) }
    };
    let line = |entry: &Entry| document.line_of(entry.key.start);
    let mut settings = Vec::with_capacity(order.len());
    for entries in &order {
        let Some((winner, losers)) = entries.split_last() else { continue };
        let name = Text::of_units(decode_utf16(bytes, winner.key));
        if only.is_some_and(|only| !name.text.contains(only)) {
            continue;
        }
        let lost = |entry: &&Entry| Overridden {
            value: value(entry),
            file: document.display.clone(),
            line: line(entry),
        };
        settings.push(Setting {
            name,
            value: Some(value(winner)),
            file: Some(document.display.clone()),
            line: Some(line(winner)),
            instance: None,
            default: None,
            overrides: losers.iter().rev().map(lost).collect(),
        });
    }
    settings
}

/// What to show of instances.
#[derive(Debug, Clone, Copy)]
pub struct View<'v> {
    /// The files.
    pub discovery: &'v Discovery,
    /// Only names that hold this.
    pub only: Option<&'v str>,
    /// Also defaults.
    pub defaults: bool,
}

impl View<'_> {
    fn wants(&self, name: &str) -> bool {
        self.only.is_none_or(|only| name.contains(only))
    }

    /// The effective settings of an instance, by name.
    pub fn settings(&self, instance: &Instance<'_>) -> Vec<Setting> {
        let release = instance.release.value;
        let default = |name: &str| {
            let fact = catalog::watt(name).and_then(|fact| fact.default_in(release));
            fact.map(|default| secrets::shown_value(name, default))
        };
        let mut settings: Vec<Setting> = instance
            .settings
            .iter()
            .filter(|(name, _, _)| self.wants(name))
            .filter_map(|(name, _, lines)| {
                let (winner, losers) = lines.split_last()?;
                let document = instance.document(winner.file);
                let value = |line: &Written<'_>| Text::new(secrets::shown_value(name, &line.value));
                let lost = |line: &Written<'_>| {
                    let document = instance.document(line.file);
                    let At { file, line: number } = at(document, line.key_place());
                    Overridden { value: value(line), file, line: number }
                };
                Some(Setting {
                    name: Text::new(name),
                    value: Some(value(winner)),
                    file: Some(document.display.clone()),
                    line: Some(document.line_of(winner.entry.key.start)),
                    instance: Some(instance.display_root()),
                    default: default(name).filter(|default| *default != winner.value),
                    overrides: losers.iter().rev().map(lost).collect(),
                })
            })
            .collect();
        if self.defaults && instance.settings.base().is_some() {
            let unwritten = catalog::watt_names()
                .filter(|name| self.wants(name) && instance.settings.winner(name).is_none());
            settings.extend(unwritten.filter_map(|name| {
                Some(Setting {
                    name: Text::new(name),
                    value: Some(Text::new(default(name)?)),
                    file: None,
                    line: None,
                    instance: Some(instance.display_root()),
                    default: None,
                    overrides: Vec::new(),
                })
            }));
        }
        settings.sort_by(|a, b| a.name.text.cmp(&b.name.text));
        settings
    }

    /// The JVM of an instance.
    pub fn jvm(&self, instance: &Instance<'_>) -> JvmView {
        let arguments = || {
            let all = instance.jvm.arguments().iter();
            all.filter(|argument| self.wants(&argument.text))
        };
        let later = instance.jvm.properties().iter().filter(|p| p.source == Source::SystemProperties);
        let mut in_secret = false;
        JvmView {
            instance: Some(instance.display_root()),
            args: arguments().map(|argument| secrets::masked(argument.text.clone())).collect(),
            messages: messages(self.discovery, &instance.wrapper),
            starts: instance.wrapper.main().or(instance.wrapper.custom()).is_none()
                || instance.wrapper.starts(),
            places: arguments()
                .map(|argument| at(instance.document(argument.place.file), argument.place))
                .collect(),
            system_properties: later
                .filter(|property| self.wants(&property.name))
                .map(|property| {
                    // A secret with a comma in it goes on in the elements behind it.
                    let goes_on = in_secret && property.value.is_empty();
                    in_secret = goes_on || secrets::is_secret_name(&property.name);
                    SystemProperty {
                        name: if goes_on { MASK.to_owned() } else { property.name.clone() },
                        value: secrets::shown_value(&property.name, &property.value),
                        at: at(instance.document(property.place.file), property.place),
                    }
                })
                .collect(),
        }
    }

    /// The ports of an instance.
    pub fn ports(&self, instance: &Instance<'_>) -> Vec<PortView> {
        let view = |port: &Port<'_>| {
            let document = instance.document(port.file);
            let fields = port.listener.fields.iter().map(|field| {
                let text = port.text(&field.name).unwrap_or_default();
                (field.name.clone(), secrets::shown_value(&field.name, &text))
            });
            PortView {
                instance: instance.display_root(),
                name: port.listener.name.clone(),
                title: port.title(),
                enabled: port.is_enabled(),
                tls: port.is_tls(),
                provider: port.is_tls().then(|| tls::inbound(instance, port).provider.name()),
                fields: fields.collect(),
                at: At { file: document.display.clone(), line: document.line_of(port.listener.tag.start) },
            }
        };
        instance.ports.iter().map(view).filter(|port| self.wants(&port.title)).collect()
    }
}

fn messages(discovery: &Discovery, config: &WrapperConfig) -> Vec<String> {
    let message = |notice: &Notice| {
        let At { file, line } = at(discovery.document(notice.place.file), notice.place);
        secrets::masked(format!("{}: {file}:{line}: {}", notice.what.level(), notice.what.message()))
    };
    // custom_wrapper.conf is there to write again what wrapper.conf wrote: the wrapper's log is silent about it too.
    let silent = |what: &What| matches!(what, What::Redefined { logged: false, stops: false, .. });
    config.notices().iter().filter(|notice| !silent(&notice.what)).map(message).collect()
}

/// The JVM that a wrapper file by itself starts.
pub fn jvm_of_wrapper(discovery: &Discovery, config: &WrapperConfig) -> JvmView {
    let passed = if config.starts() { config.passed() } else { &[] };
    JvmView {
        instance: None,
        args: passed.iter().map(|passed| secrets::masked(passed.text.clone())).collect(),
        messages: messages(discovery, config),
        starts: config.starts(),
        places: passed.iter().map(|passed| at(discovery.document(passed.place.file), passed.place)).collect(),
        system_properties: Vec::new(),
    }
}

/// The files of a run.
pub fn files(discovery: &Discovery) -> Vec<FileView> {
    let mut owners: Vec<Vec<String>> = vec![Vec::new(); discovery.documents.len()];
    for group in &discovery.groups {
        for id in &group.files {
            owners[id.0].push(group.name.clone());
        }
    }
    let view = |(document, instances): (&Document, Vec<String>)| FileView {
        file: document.display.clone(),
        role: document.role.name(),
        instances,
        context: document.context,
    };
    discovery.documents.iter().zip(owners).map(view).collect()
}

/// Lines for people under the file they come from, each with its number. A file is named where it changes.
#[derive(Default)]
struct ByFile {
    file: Option<String>,
}

impl ByFile {
    fn line(&mut self, at: Option<(&str, usize)>, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let (file, number) = at.map_or(("not in any file", None), |(file, line)| (file, Some(line)));
        if self.file.as_deref() != Some(file) {
            writeln!(out, "{file}")?;
            self.file = Some(file.to_owned());
        }
        match number {
            Some(number) => writeln!(out, "{number:>6}  {text}"),
            None => writeln!(out, "        {text}"),
        }
    }
}

/// Settings for people: name and value, and below them the default and what was overridden.
pub fn settings_human(settings: &[Setting], out: &mut dyn Write) -> io::Result<()> {
    if settings.is_empty() {
        return writeln!(out, "no settings");
    }
    let mut lines = ByFile::default();
    for setting in settings {
        let value = setting.value.as_ref().map_or(MASK, |value| value.text.as_str());
        let at = setting.file.as_deref().zip(setting.line);
        lines.line(at, &format!("{}={}", printable(&setting.name.text), printable(value)), out)?;
        match setting.default.as_deref() {
            None => {}
            Some("") => writeln!(out, "            default: empty")?,
            Some(default) => writeln!(out, "            default: {}", printable(default))?,
        }
        for lost in &setting.overrides {
            let value = printable(&lost.value.text);
            if setting.file.as_deref() == Some(lost.file.as_str()) {
                writeln!(out, "            instead of {value} in line {}", lost.line)?;
            } else {
                writeln!(out, "            instead of {value} in {}:{}", lost.file, lost.line)?;
            }
        }
    }
    Ok(())
}

/// A JVM for people.
pub fn jvm_human(view: &JvmView, out: &mut dyn Write) -> io::Result<()> {
    if view.args.is_empty() {
        writeln!(out, "no arguments")?;
    }
    let mut lines = ByFile::default();
    for (argument, at) in view.args.iter().zip(&view.places) {
        lines.line(Some((&at.file, at.line)), &printable(argument), out)?;
    }
    if !view.system_properties.is_empty() {
        writeln!(out, "\nset by the server itself, later:")?;
        for property in &view.system_properties {
            let text = format!("{}={}", printable(&property.name), printable(&property.value));
            lines.line(Some((&property.at.file, property.at.line)), &text, out)?;
        }
    }
    if !view.messages.is_empty() {
        writeln!(out, "\nmessages:")?;
        for message in &view.messages {
            writeln!(out, "  {}", printable(message))?;
        }
    }
    if !view.starts {
        writeln!(out, "\nthe wrapper does not start Java with these files")?;
    }
    Ok(())
}

/// Ports for people.
pub fn ports_human(ports: &[PortView], out: &mut dyn Write) -> io::Result<()> {
    if ports.is_empty() {
        return writeln!(out, "no ports");
    }
    let mut lines = ByFile::default();
    for port in ports {
        let state = if port.enabled { "" } else { ", disabled" };
        let provider = port.provider.map_or_else(String::new, |provider| format!(", {provider}"));
        let text = format!("{}{provider}{state}", printable(&port.title));
        lines.line(Some((&port.at.file, port.at.line)), &text, out)?;
        for (name, value) in port.fields.iter().filter(|(_, value)| !value.is_empty()) {
            writeln!(out, "            {name}={}", printable(value))?;
        }
    }
    Ok(())
}

/// Files for people.
pub fn files_human(files: &[FileView], out: &mut dyn Write) -> io::Result<()> {
    for file in files {
        let owner = if file.instances.is_empty() { "-".to_owned() } else { file.instances.join(", ") };
        let context = if file.context { " (context)" } else { "" };
        writeln!(out, "{:<22} {owner:<12} {}{context}", file.role, file.file)?;
    }
    Ok(())
}
