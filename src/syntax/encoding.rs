//! Encodings of a wrapper configuration file, as the real wrapper takes their names on Linux.

use std::borrow::Cow;

/// An encoding the wrapper knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8
    Utf8,
    /// ISO-8859-1: every byte is the character of its number.
    Latin1,
    /// Another part of ISO-8859, whose bytes below 0xA0 are those of ISO-8859-1.
    Iso(&'static encoding_rs::Encoding),
    /// An encoding in which some bytes mean nothing.
    Other(&'static encoding_rs::Encoding),
}

/// What the first line of a file says of its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// Nothing: the system's encoding counts.
    Nothing,
    /// A name the wrapper knows.
    Known(Charset),
    /// A name it does not know: it does not read the file.
    Unknown,
}

impl Declared {
    /// Finds the encoding of a name. Which names work was measured on the wrapper 3.5.51 on Linux: `windows-1252`,
    /// `UTF8` or `Shift_JIS`, say, do not.
    pub fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let charset = match lower.as_str() {
            "utf-8" => Some(Charset::Utf8),
            "iso-8859-1" => Some(Charset::Latin1),
            "eucjp" => Some(Charset::Other(encoding_rs::EUC_JP)),
            "koi8-r" => Some(Charset::Other(encoding_rs::KOI8_R)),
            "koi8-u" => Some(Charset::Other(encoding_rs::KOI8_U)),
            "cp1250" => Some(Charset::Other(encoding_rs::WINDOWS_1250)),
            "cp1251" => Some(Charset::Other(encoding_rs::WINDOWS_1251)),
            "cp1252" => Some(Charset::Other(encoding_rs::WINDOWS_1252)),
            _ => numbered(&lower),
        };
        charset.map_or(Declared::Unknown, Declared::Known)
    }

    /// The encoding the file is read in: the system's is taken to be UTF-8. `None` if it is not read.
    pub fn used(self) -> Option<Charset> {
        match self {
            Declared::Nothing => Some(Charset::Utf8),
            Declared::Known(charset) => Some(charset),
            Declared::Unknown => None,
        }
    }
}

/// `iso-8859-2` to 16.
fn numbered(name: &str) -> Option<Charset> {
    let part = name.strip_prefix("iso-8859-")?;
    // 9 and 11 are what the browsers' standard calls by their Windows names; they differ below 0xA0 only.
    let label = match part {
        "9" => "windows-1254",
        "11" => "windows-874",
        "2" | "3" | "4" | "5" | "6" | "7" | "8" | "10" | "13" | "14" | "15" | "16" => name,
        _ => return None,
    };
    encoding_rs::Encoding::for_label(label.as_bytes()).map(Charset::Iso)
}

impl Charset {
    /// The text of some bytes; `None` if one of them means nothing in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Charset::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            _ if bytes.is_ascii() => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Charset::Latin1 => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
            Charset::Iso(encoding) => {
                let mut text = String::with_capacity(bytes.len() * 2);
                for byte in bytes {
                    match byte {
                        0..=0x9f => text.push(char::from(*byte)),
                        _ => text.push_str(&encoding.decode_without_bom_handling_and_without_replacement(
                            std::slice::from_ref(byte),
                        )?),
                    }
                }
                Some(text.into())
            }
            Charset::Other(encoding) => {
                let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
                // The browsers' standard gives the holes of a code page the control characters of their number.
                let hole = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
                (!text.contains(hole)).then_some(text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bytes_mean_what_they_mean_to_the_wrapper() {
        let text = |name: &str, bytes: &[u8]| {
            Declared::of(name).used().map(|charset| charset.decode(bytes).map(Cow::into_owned))
        };
        assert_eq!(text("utf-8", b"\xc3\xa9"), Some(Some("é".to_owned())));
        assert_eq!(text("UTF-8", b"\xe9"), Some(None));
        assert_eq!(text("ISO-8859-1", b"\xe9\x80"), Some(Some("é\u{80}".to_owned())));
        assert_eq!(text("ISO-8859-15", b"\xa4\x80"), Some(Some("€\u{80}".to_owned())));
        assert_eq!(text("Cp1252", b"\x80"), Some(Some("€".to_owned())));
        assert_eq!(text("Cp1252", b"\x81"), Some(None));
        assert_eq!(text("windows-1252", b""), None);
        assert_eq!(text("UTF8", b""), None);
        assert_eq!(text("Cp1253", b""), None);
        assert_eq!(text("", b""), None);
    }
}
