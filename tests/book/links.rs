//! The links of a Markdown text.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// Where the links and pictures of a text lead.
pub fn links(text: &str) -> Vec<String> {
    Parser::new(text)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.into_string())
            }
            _ => None,
        })
        .collect()
}

/// The anchors of a text's headings, as GitHub and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    let sign = |c: char| match c {
                        ' ' => Some('-'),
                        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
                        _ => None,
                    };
                    heading.extend(text.chars().filter_map(sign));
                }
            }
            _ => {}
        }
    }
    anchors
}

/// The links of a file that lead nowhere, or out of the book.
pub fn dead(path: &Path, text: &str) -> Vec<String> {
    let folder = path.parent().expect("a file has a folder");
    let docs = super::root().join("docs");
    let say = |link: &str, what: &str| format!("{}: {link}: {what}", path.display());
    let check = |link: String| {
        if link.contains("://") || link.starts_with("mailto:") {
            return None;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let target = if file.is_empty() { path.to_owned() } else { folder.join(file) };
        let Ok(target) = target.canonicalize() else { return Some(say(&link, "there is no such file")) };
        if path.starts_with(&docs) && !target.starts_with(docs.canonicalize().expect("docs is there")) {
            return Some(say(&link, "leads out of the book"));
        }
        let anchored = || anchors(&fs::read_to_string(&target).expect("readable")).contains(anchor);
        if anchor.is_empty() || anchored() { None } else { Some(say(&link, "there is no such heading")) }
    };
    links(text).into_iter().filter_map(check).collect()
}
