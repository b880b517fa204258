//! The JVM's arguments and system properties, each with the place it came from.

use std::borrow::Cow;

use super::settings::{SYSTEM_PROPERTIES, Settings};
use super::wrapper::WrapperConfig;
use crate::document::{Document, FileId, Place};
use crate::syntax::Span;
use crate::syntax::properties;
use crate::syntax::setenv::Setenv;

/// The option that gives a Zulu 8 the newer TLS engine; 10.7 is delivered with it.
pub const OPEN_JSSE: &str = "-XX:+UseOpenJSSE";

/// How a system property got to the JVM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A `wrapper.java.additional.N` line
    Wrapper,
    /// `JAVA_CUSTOM_OPTS` of a Microservices Runtime's start script
    Setenv,
    /// An element of `watt.config.systemProperties`
    SystemProperties,
}

/// A JVM argument such as `-Xmx1g` or `-Dname=value`.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The argument as the JVM gets it.
    pub text: String,
    /// How it gets there.
    pub source: Source,
    /// Its place.
    pub place: Place,
}

/// A system property, from `-Dname=value` or `watt.config.systemProperties`.
#[derive(Debug, Clone)]
pub struct SystemProperty {
    /// Its name.
    pub name: String,
    /// Its value, empty for a bare `-Dname`.
    pub value: String,
    /// How it gets there.
    pub source: Source,
    /// The place of the whole argument or element.
    pub place: Place,
}

/// An element of `watt.config.systemProperties`.
#[derive(Debug, Clone)]
pub struct Element<'f> {
    /// Its raw span in the file, blanks and commas around it cut off.
    pub place: Place,
    /// Its decoded text.
    pub text: Cow<'f, str>,
}

/// What the JVM is started with.
#[derive(Debug, Default)]
pub struct Jvm<'f> {
    arguments: Vec<Argument>,
    properties: Vec<SystemProperty>,
    elements: Vec<Element<'f>>,
}

impl<'f> Jvm<'f> {
    /// Reads wrapper options, start scripts and `watt.config.systemProperties`, in the order of their weight:
    /// what comes later overrides what came before (documented for 10.3 and later).
    pub fn read(
        documents: &'f [Document],
        files: &[FileId],
        wrapper: &WrapperConfig,
        settings: &Settings<'f>,
    ) -> Self {
        let mut jvm = Jvm::default();
        for passed in wrapper.passed() {
            jvm.argument(passed.text.clone(), Source::Wrapper, passed.place);
        }
        // The Unix script before the Windows one: a server has one system, and their options do not mix.
        let scripts = || scripts(documents, files, wrapper);
        let unix = scripts().find(|(_, script)| !script.is_batch());
        if let Some((id, script)) = unix.or_else(|| scripts().next()) {
            for span in script.assignments().iter().flat_map(|assignment| script.options(assignment)) {
                let text = crate::syntax::display_text(span.of(script.bytes()));
                if text.starts_with('-') {
                    jvm.argument(text.into_owned(), Source::Setenv, Place::new(id, span));
                }
            }
        }
        if let Some(winner) = settings.winner(SYSTEM_PROPERTIES) {
            let bytes = documents[winner.file.0].bytes();
            jvm.elements = elements(bytes, winner.entry.value, winner.file);
        }
        for element in &jvm.elements {
            let (name, value) = element.text.split_once('=').unwrap_or((&element.text, ""));
            if !name.trim().is_empty() {
                jvm.properties.push(SystemProperty {
                    name: name.trim().to_owned(),
                    value: value.trim().to_owned(),
                    source: Source::SystemProperties,
                    place: element.place,
                });
            }
        }
        jvm
    }

    fn argument(&mut self, text: String, source: Source, place: Place) {
        if let Some(definition) = text.strip_prefix("-D") {
            let (name, value) = definition.split_once('=').unwrap_or((definition, ""));
            self.properties.push(SystemProperty {
                name: name.to_owned(),
                value: value.to_owned(),
                source,
                place,
            });
        }
        self.arguments.push(Argument { text, source, place });
    }

    /// The arguments in the order the JVM gets them.
    pub fn arguments(&self) -> &[Argument] {
        &self.arguments
    }

    /// Every definition of a system property, the deciding one last.
    pub fn properties(&self) -> &[SystemProperty] {
        &self.properties
    }

    /// The definition of a system property that decides.
    pub fn property(&self, name: &str) -> Option<&SystemProperty> {
        self.properties.iter().rev().find(|property| property.name == name)
    }

    /// Whether an argument is given exactly so.
    pub fn has_argument(&self, text: &str) -> bool {
        self.arguments.iter().any(|argument| argument.text == text)
    }

    /// The elements of the deciding `watt.config.systemProperties` line.
    pub fn elements(&self) -> &[Element<'f>] {
        &self.elements
    }
}

/// The start scripts that set the JVM's options: none where a wrapper starts the server (documented since 9.7).
pub fn scripts<'f>(
    documents: &'f [Document],
    files: &'f [FileId],
    wrapper: &WrapperConfig,
) -> impl Iterator<Item = (FileId, &'f Setenv)> + use<'f> {
    let by_script = wrapper.custom().is_none() && wrapper.main().is_none();
    files.iter().filter(move |_| by_script).filter_map(|&id| Some((id, documents[id.0].setenv()?)))
}

/// The comma-separated elements of a raw value.
pub fn elements(bytes: &[u8], value: Span, file: FileId) -> Vec<Element<'_>> {
    properties::elements(bytes, value, b',')
        .into_iter()
        .filter(|span| !span.is_empty())
        .map(|span| Element { place: Place::new(file, span), text: properties::decode(bytes, span) })
        .collect()
}
