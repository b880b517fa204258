//! The lines of a printed certificate, in the old form and in the new one.

use super::super::record::{Certificate, cut};
use super::after;

/// Takes in one line of a certificate. True: the line begins another certificate.
pub fn begins(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("chain [") || text.starts_with("\"certificate\"")
}

/// What a line adds.
pub fn line(certificate: &mut Certificate, text: &str) {
    let text = text.trim();
    if let Some((name, value)) = pair(text) {
        new_line(certificate, name, value);
        return;
    }
    let Some((name, value)) = text.split_once(':') else { return };
    let value = value.trim();
    match name {
        "Version" => certificate.version = value.trim_start_matches('V').parse().ok(),
        "Subject" => set(&mut certificate.subject, value),
        "Issuer" => set(&mut certificate.issuer, value),
        "SerialNumber" => {
            let digits: String = value.chars().filter(char::is_ascii_hexdigit).collect();
            set(&mut certificate.serial, &digits);
        }
        "Signature Algorithm" => {
            set(&mut certificate.signature, value.split(',').next().unwrap_or(value));
        }
        "Key" => set(&mut certificate.key, value),
        "Validity" => {
            set(&mut certificate.not_before, after(value, "From:").unwrap_or(value).trim_end_matches(','))
        }
        "To" => set(&mut certificate.not_after, value.trim_end_matches(']')),
        _ => {}
    }
}

/// `"name" : "value",`
fn pair(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.strip_prefix('"')?.split_once('"')?;
    let value = value.trim_start().strip_prefix(':')?.trim().trim_end_matches(',');
    Some((name.trim(), value.trim_matches('"')))
}

fn new_line(certificate: &mut Certificate, name: &str, value: &str) {
    match name {
        "version" => certificate.version = value.trim_start_matches('v').parse().ok(),
        "serial number" => set(&mut certificate.serial, value),
        "signature algorithm" => set(&mut certificate.signature, value),
        "issuer" => set(&mut certificate.issuer, value),
        "not before" => set(&mut certificate.not_before, value),
        "not  after" | "not after" => set(&mut certificate.not_after, value),
        "subject" => set(&mut certificate.subject, value),
        "subject public key" => set(&mut certificate.key, value),
        _ => {}
    }
}

/// The first value counts: extensions repeat some of the names.
fn set(field: &mut String, value: &str) {
    if field.is_empty() {
        *field = cut(value.trim());
    }
}
