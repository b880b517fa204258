//! What makes a finding the same finding tomorrow: its rule, its file, the property it is about and the value found
//! there. Never a line, which moves with every edit above it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Finding;
use crate::discover::Discovery;
use crate::document::{Document, FileId, Place, Role, Syntax};
use crate::instance::wrapper::{ADDITIONAL, option_name};
use crate::secrets;
use crate::syntax::properties::Item;
use crate::syntax::wrapper::Kind;
use crate::syntax::{Span, display_text};

/// A finding without its line. Two findings of one identity are told apart by their number only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The rule's name.
    pub rule: String,
    /// The file, from the root of the run, with `/`.
    pub file: String,
    /// The property, option or port field; empty for what stands in none, or is about one that is missing.
    pub property: String,
    /// The start of the SHA-256 of the value, or of the element of it that is wrong, 16 hexadecimal digits. Of a secret, nothing is hashed: what a
    /// file in a repository tells of a password could be tried out.
    pub value: String,
}

/// Works out the identities of a run's findings.
pub struct Identities<'d> {
    discovery: &'d Discovery,
    root: &'d Path,
    secrets: HashMap<FileId, Vec<Span>>,
    seen: HashMap<Identity, usize>,
}

impl<'d> Identities<'d> {
    /// For findings of `discovery`, their files named from `root`.
    pub fn new(discovery: &'d Discovery, root: &'d Path) -> Self {
        Identities { discovery, root, secrets: HashMap::new(), seen: HashMap::new() }
    }

    /// The identity of a finding.
    pub fn of(&mut self, finding: &Finding) -> Identity {
        let place = finding.primary.place;
        let document = &*self.discovery.open(place.file);
        let secrets = self.secrets.entry(place.file).or_insert_with(|| secrets::spans(document));
        let judged = judged(document, place.span);
        let value = match judged.of(document.bytes()) {
            _ if secrets::touches(secrets, judged) => digest(&["secret".as_bytes()]),
            [] => digest(&[finding.message.as_bytes()]),
            bytes => digest(&[bytes.trim_ascii()]),
        };
        Identity {
            rule: finding.rule.name.to_string(),
            file: relative(document, self.root),
            property: property_at(document, place).map_or_else(String::new, Cow::into_owned),
            value,
        }
    }

    /// A finding's identity as 16 hexadecimal digits. Asked for each finding once and in order, findings of one identity
    /// get different ones.
    pub fn fingerprint(&mut self, finding: &Finding) -> String {
        let identity = self.of(finding);
        let parts = [&identity.rule, &identity.file, &identity.property, &identity.value].map(String::clone);
        let number = self.seen.entry(identity).or_default();
        *number += 1;
        let number = number.to_string();
        digest(&[&parts[0], &parts[1], &parts[2], &parts[3], &number].map(|part| part.as_bytes()))
    }
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A document's path from a folder, with `/`; its path as shown if it lies elsewhere.
pub fn relative(document: &Document, root: &Path) -> String {
    match document.path.strip_prefix(root) {
        Ok(inside) => {
            let parts: Vec<Cow<'_, str>> = inside.iter().map(|part| part.to_string_lossy()).collect();
            parts.join("/")
        }
        Err(_) => document.display.clone(),
    }
}

/// What a finding is about at a place: the value, where it points to the property's name; else what it points to, be it
/// one element of a list.
fn judged(document: &Document, span: Span) -> Span {
    let value = match document.syntax() {
        Syntax::Properties(doc) => {
            let index = doc.items().partition_point(|item| item.span().end <= span.start);
            match doc.items().get(index) {
                Some(Item::Entry(entry)) => entry.value,
                _ => span,
            }
        }
        Syntax::Wrapper(doc) if document.role != Role::Arguments => {
            let index = doc.lines().partition_point(|line| line.span.end <= span.start);
            match doc.lines().get(index).map(|line| line.kind) {
                Some(Kind::Property { value, .. }) => value,
                _ => span,
            }
        }
        _ => span,
    };
    if !span.is_empty() && span.end <= value.start { value } else { span }
}

/// The property a place belongs to: a key, the name of a JVM option (its number may change), or a port's field.
pub fn property_at(document: &Document, place: Place) -> Option<Cow<'_, str>> {
    let span = place.span;
    if span.is_empty() && span.start == 0 {
        return None;
    }
    match document.syntax() {
        Syntax::Properties(doc) => {
            let index = doc.items().partition_point(|item| item.span().end <= span.start);
            match doc.items().get(index)? {
                Item::Entry(entry) => Some(doc.key(entry)),
                Item::Comment(_) | Item::Blank(_) => None,
            }
        }
        Syntax::Wrapper(_) if document.role == Role::Arguments => {
            Some(option_name(&display_text(span.of(document.bytes()))).to_owned().into())
        }
        Syntax::Wrapper(doc) => {
            let index = doc.lines().partition_point(|line| line.span.end <= span.start);
            match doc.lines().get(index)?.kind {
                Kind::Property { key, value } => {
                    let name = doc.text(key).to_lowercase();
                    let numbered =
                        name.strip_prefix(ADDITIONAL).is_some_and(|rest| rest.parse::<u64>().is_ok());
                    Some(if numbered { option_name(&doc.value(value)).to_owned() } else { name }.into())
                }
                Kind::Set { name, .. } => Some(format!("set.{}", doc.text(name)).into()),
                _ => None,
            }
        }
        Syntax::Ports(doc) => doc.listeners().iter().find_map(|listener| {
            let field = listener.fields.iter().find(|field| field.element.contains(span));
            match field {
                Some(field) => Some(format!("{}/{}", listener.name, field.name).into()),
                None => listener.tag.contains(span).then(|| Cow::Owned(listener.name.clone())),
            }
        }),
        Syntax::Setenv(_) | Syntax::Opaque => {
            let text = display_text(span.of(document.bytes()));
            text.starts_with('-').then(|| Cow::Owned(option_name(&text).to_owned()))
        }
    }
}
