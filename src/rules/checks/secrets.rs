//! Secrets that stand in files for all to read.

use crate::document::{Place, Role};
use crate::instance::settings::{TEMPLATE_PREFIX, is_unresolved};
use crate::rules::Cx;
use crate::secrets::{is_secret_name, last_segment};
use crate::syntax::Span;
use crate::syntax::wrapper::Kind;

/// Whether a value gives a secret away: it is there, it is literal, and no switch or number.
fn is_clear(value: &str) -> bool {
    let value = value.trim();
    let plain_word = matches!(value.to_ascii_lowercase().as_str(), "true" | "false" | "none" | "default");
    let masked = !value.is_empty() && value.bytes().all(|b| b == b'*');
    let reference =
        is_unresolved(value) || (value.starts_with('%') && value.ends_with('%')) || value.starts_with("${");
    !(value.is_empty() || plain_word || masked || reference || value.parse::<f64>().is_ok())
}

/// Passwords and the like in templates, server.cnf and JVM arguments.
pub fn in_clear(cx: &Cx<'_, '_>) {
    for role in [Role::ServerCnf, Role::Template] {
        for (id, document) in cx.instance.with_role(role) {
            let Some(doc) = document.properties() else {
                continue;
            };
            for entry in doc.loaded() {
                // Of most keys a look at the bytes will do: without an escape they end as the key does.
                let raw = entry.key.of(doc.bytes());
                let plain = role == Role::ServerCnf && memchr::memchr(b'\\', raw).is_none();
                if plain && !ends_in_word(raw) {
                    continue;
                }
                let key = doc.key(entry);
                let is_setting = role == Role::ServerCnf || key.starts_with(TEMPLATE_PREFIX);
                let named = if is_setting { ends_secret(&key) } else { is_secret_name(last_segment(&key)) };
                // In a template a password may well be a number; in a setting, a number is a limit or a switch.
                let clear =
                    || if is_setting { is_clear(&doc.value(entry)) } else { is_literal(&doc.value(entry)) };
                if named && clear() {
                    report(cx, Place::new(id, entry.value), &key);
                }
            }
        }
    }
    for (id, document) in
        cx.instance.with_role(Role::CustomWrapper).chain(cx.instance.with_role(Role::Wrapper))
    {
        let Some(doc) = document.wrapper() else { continue };
        for line in doc.lines() {
            if let Kind::Set { name, value, .. } = line.kind
                && ends_secret(&doc.text(name))
                && is_clear(&doc.value(value))
            {
                report(cx, Place::new(id, value), &doc.text(name));
            }
        }
    }
    for property in cx.instance.jvm.properties() {
        let store = property.name.starts_with("javax.net.ssl.") && property.name.ends_with("StorePassword");
        if store && is_clear(&property.value) {
            let whole = property.place.span;
            let text = whole.of(cx.instance.document(property.place.file).bytes());
            let equals = memchr::memchr(b'=', text).map_or(0, |at| at + 1);
            let span = Span::new(whole.range().start + equals, whole.range().end);
            report(cx, Place::new(property.place.file, span), &property.name);
        }
    }
}

/// A literal that is no switch and no mask.
fn is_literal(value: &str) -> bool {
    is_clear(value) || value.trim().parse::<f64>().is_ok()
}

/// Whether a key ends in a word for a secret, in any case.
fn ends_in_word(key: &[u8]) -> bool {
    let ends_with = |word: &&str| {
        let end = key.len().checked_sub(word.len()).and_then(|start| key.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
    };
    ["password", "passphrase", "secret", "passwd", "pass"].iter().any(ends_with)
}

fn ends_secret(key: &str) -> bool {
    if !ends_in_word(key.as_bytes()) {
        return false;
    }
    let last = last_segment(key).to_ascii_lowercase();
    !["hide", "require", "bypass"].iter().any(|word| last.contains(word))
}

fn report(cx: &Cx<'_, '_>, place: Place, key: &str) {
    cx.report(place, format!("{key} holds a secret in clear text")).emit();
}
