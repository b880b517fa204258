//! The posture and its predictions for people and machines: `wattlint tls`.

mod json;

pub use json::json;

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};

use super::human::wrap;
use crate::discover::Discovery;
use crate::document::Place;
use crate::secrets::masked;
use crate::syntax::printable;
use crate::tls::handshake::Key;
use crate::tls::peer::Peer;
use crate::tls::posture::{Direction, Fact, Posture, Reason};
use crate::tls::predict::Prediction;

/// The width output is made for.
const WIDTH: usize = 80;
/// The column where values begin.
const VALUES: usize = 15;
/// Suites shown where not all are asked for.
const SUITES: usize = 3;

/// Peers, each with the columns of the table in which it fails for one cause.
type Columns = Vec<(String, Vec<String>)>;

/// One instance with all that is to be said of it.
pub struct View<'p, 'f> {
    /// Its posture.
    pub posture: Posture<'p, 'f>,
    /// What comes of each peer.
    pub outcomes: Vec<PeerOutcome>,
    /// What was taken for granted.
    pub assumed: Vec<String>,
}

/// What comes of one peer.
pub struct PeerOutcome {
    /// The peer.
    pub peer: Peer,
    /// For each direction that it can be the other side of.
    pub outcomes: Vec<Outcome>,
    /// For people: the directions that a patch helps, its steps, and the patch.
    pub remedy: Option<(Vec<String>, Vec<String>, Vec<u8>)>,
}

/// What comes of a peer in a direction.
pub struct Outcome {
    /// The direction's name.
    pub direction: String,
    /// The prediction.
    pub prediction: Prediction,
    /// The patch after which it works; empty if it would have to show a secret.
    pub patch: Option<Vec<u8>>,
    /// What the patch does.
    pub steps: Option<Vec<String>>,
}

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// With colour.
    pub color: bool,
    /// Peers as a table.
    pub matrix: bool,
    /// Every suite.
    pub all_suites: bool,
}

/// Keys as `--own-key` takes them.
pub fn keys(keys: &[Key]) -> String {
    let name = |key: &Key| format!("{}{}", key.algorithm.to_ascii_lowercase(), key.bits);
    keys.iter().map(name).collect::<Vec<_>>().join(",")
}

fn location(discovery: &Discovery, place: Place) -> (String, usize) {
    let document = discovery.document(place.file);
    (document.display.clone(), document.line_of(place.span.start))
}

struct Page<'d, 'w> {
    discovery: &'d Discovery,
    /// The folder of the instance at hand, which its files are named from.
    root: String,
    settings: Settings,
    out: &'w mut dyn Write,
}

/// For people.
pub fn human(
    discovery: &Discovery,
    views: &[View<'_, '_>],
    settings: Settings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { discovery, root: String::new(), settings, out };
    for (index, view) in views.iter().enumerate() {
        if index > 0 {
            writeln!(page.out)?;
        }
        page.view(view)?;
    }
    Ok(())
}

impl Page<'_, '_> {
    fn styled(&self, style: Style, text: &str) -> String {
        if self.settings.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn at(&self, place: Place) -> String {
        let (file, line) = location(self.discovery, place);
        let inside = file.strip_prefix(&self.root).and_then(|rest| rest.strip_prefix('/'));
        format!("{}:{line}", inside.unwrap_or(&file))
    }

    fn view(&mut self, view: &View<'_, '_>) -> io::Result<()> {
        let instance = view.posture.instance;
        self.root = instance.display_root();
        let head = format!("{}: release {}, Java {}", self.root, instance.release.value, instance.jdk.value);
        writeln!(self.out, "{}", self.styled(Style::new().bold(), &printable(&head)))?;
        for line in &view.assumed {
            self.folded("assumed", line)?;
        }
        if self.settings.matrix {
            writeln!(self.out)?;
            return self.matrix(view);
        }
        if view.outcomes.is_empty() {
            return self.directions(&view.posture.directions);
        }
        for outcome in &view.outcomes {
            writeln!(self.out)?;
            self.outcome(outcome)?;
        }
        Ok(())
    }

    /// A name and a text behind it, folded.
    fn folded(&mut self, name: &str, text: &str) -> io::Result<()> {
        for (index, line) in wrap(&printable(text), WIDTH - VALUES).iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            writeln!(self.out, "  {name:<width$}{line}", width = VALUES - 2)?;
        }
        Ok(())
    }

    fn directions(&mut self, directions: &[Direction<'_, '_>]) -> io::Result<()> {
        let mut printed: Vec<(String, Vec<String>)> = Vec::new();
        for direction in directions {
            writeln!(self.out)?;
            let name = direction.whom.name();
            let title = format!("{name} - {}", direction.whom.title());
            writeln!(self.out, "{}", self.styled(Style::new().bold(), &printable(&title)))?;
            if let Some(stop) = &direction.stop {
                let line = format!("every handshake fails: {}", stop.message);
                let style = AnsiColor::Red.on_default();
                for part in wrap(&printable(&line), WIDTH - 2) {
                    writeln!(self.out, "  {}", self.styled(style, &part))?;
                }
            }
            for line in self.fact("provider", &direction.provider, |provider| provider.name().to_owned()) {
                writeln!(self.out, "{line}")?;
            }
            if let Some(check) = &direction.host_check {
                for line in self.fact("host name", check, |check| (*check).to_owned()) {
                    writeln!(self.out, "{line}")?;
                }
            }
            // Most clients differ in nothing but that: the rest is printed once.
            let body = self.body(direction);
            match printed.iter().find(|(_, other)| *other == body) {
                Some((first, _)) => writeln!(self.out, "  {:<13}as {first}", "all else")?,
                None => {
                    body.iter().try_for_each(|line| writeln!(self.out, "{line}"))?;
                    printed.push((name, body));
                }
            }
        }
        Ok(())
    }

    fn body(&self, direction: &Direction<'_, '_>) -> Vec<String> {
        let mut lines = self.fact("protocols", &direction.protocols, |live| {
            let mut names: Vec<&str> = live.protocols.iter().rev().map(|protocol| protocol.name()).collect();
            if live.v2_hello {
                names.push("SSLv2Hello (a form of hello)");
            }
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        });
        lines.extend(self.fact("suites", &direction.suites, |names| self.suites(names, direction)));
        if let Some(sni) = &direction.sni {
            lines.extend(self.fact("SNI", sni, |sent| if *sent { "sent" } else { "not sent" }.to_owned()));
        }
        lines.extend(self.fact("trusts", &direction.trust, Clone::clone));
        lines.extend(self.fact("client cert", &direction.client_auth, Clone::clone));
        lines.extend(self.fact("SSL debug", &direction.debug, |debug| (*debug).to_owned()));
        lines
    }

    fn suites(&self, names: &[String], direction: &Direction<'_, '_>) -> String {
        if names.is_empty() {
            let known = direction.protocols.value.as_ref().is_some_and(|live| live.suites.is_empty());
            return if known { "none" } else { "IAIK's own" }.to_owned();
        }
        let most = if self.settings.all_suites { names.len() } else { SUITES };
        let shown = names[..names.len().min(most)].join(", ");
        match names.len().saturating_sub(most) {
            0 => shown,
            more => format!("{shown} and {more} more (--suites lists them)"),
        }
    }

    fn fact<T>(&self, name: &str, fact: &Fact<T>, show: impl Fn(&T) -> String) -> Vec<String> {
        let value = fact.value.as_ref().map_or_else(|| "not known".to_owned(), show);
        let mut lines: Vec<String> = wrap(&printable(&value), WIDTH - VALUES)
            .iter()
            .enumerate()
            .map(|(index, line)| {
                let name = if index == 0 { name } else { "" };
                format!("  {name:<width$}{line}", width = VALUES - 2)
            })
            .collect();
        let dim = Style::new().dimmed();
        for reason in &fact.reasons {
            for (index, line) in wrap(&self.reason(reason), WIDTH - VALUES - 4).iter().enumerate() {
                let mark = if index == 0 { "- " } else { "  " };
                let text = format!("{}{mark}{line}", " ".repeat(VALUES + 2));
                lines.push(self.styled(dim, &text));
            }
        }
        lines
    }

    fn reason(&self, reason: &Reason) -> String {
        let what = masked(printable(&reason.what).into_owned());
        match reason.place {
            Some(place) => {
                format!("{} {what}", self.at(place))
            }
            None => format!("{what} [{}]", reason.basis.name()),
        }
    }

    fn outcome(&mut self, outcome: &PeerOutcome) -> io::Result<()> {
        let head = format!("peer {}", outcome.peer.name);
        for line in wrap(&printable(&head), WIDTH) {
            writeln!(self.out, "{}", self.styled(Style::new().bold(), &line))?;
        }
        let width = outcome.outcomes.iter().map(|o| o.direction.chars().count()).max().unwrap_or(0) + 2;
        let mut above: Option<&Prediction> = None;
        for Outcome { direction, prediction, .. } in &outcome.outcomes {
            let direction = printable(direction).into_owned();
            // The same cause in many directions is said once.
            let again = prediction.obstacle.is_some() && above == Some(prediction);
            above = Some(prediction);
            let (style, word) = match prediction.works {
                Some(true) => (AnsiColor::Green.on_default(), "works"),
                Some(false) => (AnsiColor::Red.on_default(), "fails"),
                None => (Style::new(), "?    "),
            };
            let word = self.styled(style, word);
            let text = match (&prediction.obstacle, prediction.protocol) {
                _ if again => "as above".to_owned(),
                (Some(obstacle), _) => {
                    let issue = obstacle.issue.map_or_else(String::new, |issue| format!(" (issue {issue})"));
                    format!("{}{issue}", obstacle.message)
                }
                (None, Some(protocol)) => match prediction.suite {
                    Some(suite) => format!("{protocol} {}", suite.name),
                    None => format!("{protocol}, with a suite of IAIK's own list"),
                },
                (None, None) => "these files do not tell".to_owned(),
            };
            let indent = 2 + width + 7;
            for (index, line) in
                wrap(&printable(&text), WIDTH.saturating_sub(indent).max(30)).iter().enumerate()
            {
                if index == 0 {
                    writeln!(self.out, "  {direction:<width$}{word}  {line}")?;
                } else {
                    writeln!(self.out, "{}{line}", " ".repeat(indent))?;
                }
            }
            if let Some(setting) = prediction.obstacle.as_ref().and_then(|obstacle| obstacle.setting.as_ref())
            {
                let place = prediction.obstacle.as_ref().and_then(|obstacle| obstacle.place);
                let at = place.map_or_else(String::new, |place| format!(" ({})", self.at(place)));
                for line in wrap(&printable(&format!("change {setting}{at}")), WIDTH - 4 - width.min(20)) {
                    writeln!(self.out, "{}{line}", " ".repeat(2 + width))?;
                }
            }
        }
        if let Some((directions, steps, patch)) = &outcome.remedy {
            writeln!(self.out)?;
            let text = format!("{} would work after this: {}.", directions.join(", "), steps.join("; "));
            for line in wrap(&printable(&text), WIDTH) {
                writeln!(self.out, "{line}")?;
            }
            if patch.is_empty() {
                writeln!(self.out, "No patch is shown, since a secret stands beside the lines.")?;
            } else {
                writeln!(self.out)?;
                self.out.write_all(patch)?;
            }
        }
        Ok(())
    }

    /// All peers against all directions.
    fn matrix(&mut self, view: &View<'_, '_>) -> io::Result<()> {
        let names: Vec<String> = view.posture.directions.iter().map(|d| d.whom.name()).collect();
        let short = |name: &str| match name.strip_prefix("outbound-") {
            Some("default-context") => "JVM".to_owned(),
            Some(client) => client.to_owned(),
            None => printable(name.strip_prefix("inbound").unwrap_or(name)).into_owned(),
        };
        let columns: Vec<String> = names
            .iter()
            .map(|name| short(name))
            .map(|name| if name.is_empty() { "ports".to_owned() } else { name })
            .collect();
        let first = view.outcomes.iter().map(|o| o.peer.name.len()).max().unwrap_or(0) + 2;
        let widths: Vec<usize> = columns.iter().map(|column| column.chars().count().max(5) + 2).collect();
        write!(self.out, "{:<first$}", "")?;
        for (column, width) in columns.iter().zip(&widths) {
            write!(self.out, "{column:<width$}")?;
        }
        writeln!(self.out)?;
        let mut causes: Vec<(String, Columns)> = Vec::new();
        for outcome in &view.outcomes {
            write!(self.out, "{:<first$}", outcome.peer.name)?;
            for (index, name) in names.iter().enumerate() {
                let found = outcome.outcomes.iter().find(|o| o.direction == *name);
                let (style, cell) = match found.map(|o| &o.prediction) {
                    None => (Style::new(), "-".to_owned()),
                    Some(Prediction { works: Some(true), protocol: Some(protocol), .. }) => {
                        let text = protocol.name().trim_start_matches("TLSv").to_owned();
                        let text = if text == "1" { "1.0".to_owned() } else { text };
                        let old = protocol.is_deprecated();
                        (if old { AnsiColor::Yellow } else { AnsiColor::Green }.on_default(), text)
                    }
                    Some(Prediction { works: Some(false), obstacle, .. }) => {
                        if let Some(obstacle) = obstacle {
                            let at = match causes.iter().position(|(message, _)| *message == obstacle.message)
                            {
                                Some(at) => at,
                                None => {
                                    causes.push((obstacle.message.clone(), Vec::new()));
                                    causes.len() - 1
                                }
                            };
                            let peers = &mut causes[at].1;
                            match peers.last_mut().filter(|(peer, _)| *peer == outcome.peer.name) {
                                Some((_, all)) => all.push(columns[index].clone()),
                                None => peers.push((outcome.peer.name.clone(), vec![columns[index].clone()])),
                            }
                        }
                        (AnsiColor::Red.on_default(), "fails".to_owned())
                    }
                    Some(_) => (Style::new(), "?".to_owned()),
                };
                let padding = " ".repeat(widths[index].saturating_sub(cell.chars().count()));
                let cell = self.styled(style, &cell);
                write!(self.out, "{cell}{padding}")?;
            }
            writeln!(self.out)?;
        }
        if !causes.is_empty() {
            writeln!(self.out, "\nWhy handshakes fail")?;
        }
        for (message, peers) in causes {
            let who: Vec<String> =
                peers.iter().map(|(peer, columns)| format!("{peer} ({})", columns.join(", "))).collect();
            for (index, line) in wrap(&printable(&message), WIDTH - 4).iter().enumerate() {
                writeln!(self.out, "{}{line}", if index == 0 { "  - " } else { "    " })?;
            }
            let dim = Style::new().dimmed();
            for line in wrap(&printable(&who.join(", ")), WIDTH - 6) {
                writeln!(self.out, "      {}", self.styled(dim, &line))?;
            }
        }
        Ok(())
    }
}
