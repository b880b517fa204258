//! Handshakes to groups: what a person wants to see first.

use super::record::{Handshake, Moment, Outcome};
use super::scan::Notes;
use super::verdict::Verdict;
use crate::catalog::HANDSHAKE_CLASSES;

/// Groups kept; more are only counted.
const MOST_GROUPS: usize = 500;

/// The article's number of a class, for those it has.
pub fn issue(class: &str) -> Option<u8> {
    HANDSHAKE_CLASSES.iter().find(|known| known.name == class)?.issue
}

/// Failures of one cause with one peer.
#[derive(Debug)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// First and last moment.
    pub time: Option<(Moment, Moment)>,
    /// The first of them.
    pub first: Handshake,
    /// What is said of it.
    pub verdict: Verdict,
}

/// All that is to be said of a log.
#[derive(Debug, Default)]
pub struct Summary {
    /// Handshakes that worked.
    pub ok: u64,
    /// Those that failed.
    pub failed: u64,
    /// Connections that tell nothing of a fault.
    pub noise: u64,
    /// Among them, handshakes whose end the log does not hold.
    pub unfinished: u64,
    /// Handshakes by class, in the order they came up.
    pub classes: Vec<(&'static str, u64)>,
    /// Failures by peer and cause.
    pub groups: Vec<Group>,
    /// Failures that fit in no group kept.
    pub more: u64,
    /// A handshake without an end that shows most, for an excerpt.
    pub fragment: Option<Handshake>,
    /// What the log tells apart from handshakes.
    pub notes: Notes,
}

impl Summary {
    /// Takes in a handshake.
    pub fn add(&mut self, handshake: Handshake, verdict: &Verdict) {
        match verdict.outcome {
            Outcome::Ok => self.ok += 1,
            Outcome::Noise => {
                // A record that stands for no handshake is not counted as one.
                if verdict.class == Some("debug-insufficient") {
                    return;
                }
                self.noise += 1;
                if verdict.name == Some("unfinished") {
                    self.unfinished += 1;
                    self.fragment.get_or_insert(handshake);
                }
            }
            Outcome::Failed => {
                self.failed += 1;
                self.count_class(verdict.class.unwrap_or("unknown"));
                self.group(handshake, verdict);
            }
        }
    }

    fn count_class(&mut self, class: &'static str) {
        match self.classes.iter_mut().find(|(name, _)| *name == class) {
            Some((_, count)) => *count += 1,
            None => self.classes.push((class, 1)),
        }
    }

    fn group(&mut self, handshake: Handshake, verdict: &Verdict) {
        let peer = handshake.peer();
        let same = |group: &&mut Group| {
            group.verdict.name == verdict.name
                && group.verdict.class == verdict.class
                && group.first.role == handshake.role
                && group.first.provider == handshake.provider
                && group.first.peer() == peer
        };
        if let Some(group) = self.groups.iter_mut().find(same) {
            group.count += 1;
            if let Some((first, last)) = handshake.time {
                let (from, to) = group.time.unwrap_or((first, last));
                group.time = Some((from.min(first), to.max(last)));
            }
        } else if self.groups.len() < MOST_GROUPS {
            self.groups.push(Group {
                count: 1,
                time: handshake.time,
                first: handshake,
                verdict: verdict.clone(),
            });
        } else {
            self.more += 1;
        }
    }

    /// Whether no handshake was seen.
    pub fn is_empty(&self) -> bool {
        self.ok + self.failed + self.noise == 0
    }

    /// The groups, most frequent first.
    pub fn sort(&mut self) {
        self.groups.sort_by_key(|group| (std::cmp::Reverse(group.count), group.first.lines.0));
    }

    /// Whether the debug output of JSSE leaves out the handshakes.
    pub fn debug_is_insufficient(&self) -> bool {
        self.notes.jsse.is_some() && !self.notes.talkative && !self.notes.wide && self.ok == 0
    }

    /// Whether no library's debug output is in the log.
    pub fn has_no_debug(&self) -> bool {
        self.notes.jsse.is_none() && !self.notes.iaik && !self.notes.talkative
    }
}
