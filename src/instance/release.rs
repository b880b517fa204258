//! Releases of Integration Server and of the JDK: parsing, order, ranges.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A release of Integration Server, API Gateway or Microservices Runtime, such as 10.15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// 10 of 10.15
    pub major: u16,
    /// 15 of 10.15
    pub minor: u16,
}

/// The releases there have been, oldest first. Release numbers jump: nothing came between 10.5 and 10.7.
pub const RELEASES: [Release; 18] = [
    Release::new(9, 5),
    Release::new(9, 6),
    Release::new(9, 7),
    Release::new(9, 8),
    Release::new(9, 9),
    Release::new(9, 10),
    Release::new(9, 12),
    Release::new(10, 0),
    Release::new(10, 1),
    Release::new(10, 2),
    Release::new(10, 3),
    Release::new(10, 4),
    Release::new(10, 5),
    Release::new(10, 7),
    Release::new(10, 11),
    Release::new(10, 15),
    Release::new(11, 1),
    Release::new(12, 1),
];

impl Release {
    /// A release from its two numbers.
    pub const fn new(major: u16, minor: u16) -> Self {
        Release { major, minor }
    }

    /// The release of a number without its dot, as in the service name `sagis1015` (10.15) or `sagis912` (9.12).
    pub fn from_digits(digits: &str) -> Option<Release> {
        RELEASES.into_iter().find(|release| digits == format!("{}{}", release.major, release.minor))
    }

    /// Whether ports and clients can still use Entrust IAIK. It went with 10.15.
    pub fn has_iaik(self) -> bool {
        self < Release::new(10, 15)
    }

    /// Whether `disabledProtocols` (10.7 and later) decides, and not `enabledProtocols`.
    pub fn has_deny_lists(self) -> bool {
        self >= Release::new(10, 7)
    }

    /// Whether it brings `webm_override_java.security`: 10.11 and 10.15 do; what later releases do is not known.
    pub fn has_security_override(self) -> bool {
        self >= Release::new(10, 11) && self < Release::new(11, 0)
    }

    /// The Java release it is delivered with, where the installation does not tell.
    ///
    /// Documented for 9.12 (8), 10.7 (8), 10.11 and 10.15 (11); taken as 8 before and 17 after.
    pub fn usual_jdk(self) -> Jdk {
        Jdk::feature(match self {
            release if release < Release::new(10, 11) => 8,
            release if release < Release::new(11, 0) => 11,
            _ => 17,
        })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A text that is no version number.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum VersionError {
    /// Not a release such as 10.15.
    #[error("'{0}' is no release; write it as in 10.15 (known: 9.5 to 12.1)")]
    Release(String),
    /// Not a Java version such as 8u292, 11.0.21 or 17.
    #[error("'{0}' is no Java version; write it as in 8u292, 11.0.21 or 17")]
    Jdk(String),
    /// Not a range such as ">=10.7, <10.15".
    #[error("'{0}' is no version range; write it as in \">=10.7, <10.15\"")]
    Range(String),
}

impl Release {
    /// Reads a release that exists, or one newer than this program knows.
    ///
    /// # Errors
    /// It is none; in words, with those that are.
    pub fn existing(text: &str) -> Result<Release, String> {
        let release: Release = text.parse().map_err(|error: VersionError| error.to_string())?;
        let newest = RELEASES[RELEASES.len() - 1];
        if release > newest || RELEASES.contains(&release) {
            return Ok(release);
        }
        let known: Vec<String> = RELEASES.iter().map(Release::to_string).collect();
        Err(format!("there is no release {release}; there are {}", known.join(", ")))
    }
}

impl FromStr for Release {
    type Err = VersionError;

    /// Reads `10.15`, and longer forms such as `10.15.0.0.674`.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError::Release(text.to_owned());
        let mut numbers = text.trim().split('.').map(str::parse::<u16>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) if (6..100).contains(&major) => Ok(Release { major, minor }),
            _ => Err(error()),
        }
    }
}

/// A Java version: the feature release and, where known, the update (`u212` of 8, `.0.21` of 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Jdk {
    /// 8, 11, 17, 21 ...
    pub feature: u16,
    /// 212 of 8u212, 21 of 11.0.21; `None` if only the feature release is known.
    pub update: Option<u32>,
}

impl Jdk {
    /// A feature release of unknown update.
    pub const fn feature(feature: u16) -> Self {
        Jdk { feature, update: None }
    }

    /// Whether it is surely older than the update `update` of the feature release `feature`.
    pub fn before(self, feature: u16, update: u32) -> bool {
        self.feature < feature || (self.feature == feature && self.update.is_some_and(|u| u < update))
    }

    /// Whether its TLS engine is the old one of Java 8, which prints keys under `javax.net.debug=ssl`: `Some` where known.
    ///
    /// Measured on 8u212 and 8u252. The new engine came to Java 8 with 8u261 (Oracle) and 8u272 (OpenJDK), so between
    /// these two the vendor decides.
    pub fn old_engine(self) -> Option<bool> {
        match (self.feature, self.update) {
            (..=7, _) => Some(true),
            (8, Some(..=260)) => Some(true),
            (8, Some(272..)) => Some(false),
            (8, _) => None,
            _ => Some(false),
        }
    }
}

impl fmt::Display for Jdk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.feature, self.update) {
            (8, Some(update)) => write!(f, "8u{update}"),
            (feature, Some(update)) => write!(f, "{feature}.0.{update}"),
            (feature, None) => write!(f, "{feature}"),
        }
    }
}

impl FromStr for Jdk {
    type Err = VersionError;

    /// Reads `8`, `8u292`, `1.8.0_292`, `11`, `11.0.21`, `17.0.20.1`, with a build suffix or quotes if need be.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError::Jdk(text.to_owned());
        let clean = text.trim().trim_matches('"');
        let clean = clean.strip_prefix("1.8").map_or_else(|| clean.to_owned(), |rest| format!("8{rest}"));
        // Digits and separators, and perhaps a build behind - or +.
        let digits = clean.split(['-', '+']).next().unwrap_or_default();
        if !digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'u' | b'_')) {
            return Err(error());
        }
        let clean = digits.to_owned();
        let numbers: Vec<u32> =
            clean.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse().ok()).collect();
        let feature = numbers.first().and_then(|&n| u16::try_from(n).ok());
        let feature = feature.filter(|n| (6..100).contains(n)).ok_or_else(error)?;
        let old_form = clean.contains('u') || clean.contains('_');
        let update = match numbers[1..] {
            [update] if old_form => Some(update),
            [0, update, ..] => Some(update),
            [0] | [] => None,
            _ => return Err(error()),
        };
        Ok(Jdk { feature, update })
    }
}

/// A conjunction of comparisons, such as `>=10.7, <10.15`. Versions are pairs: (10, 15) for 10.15, (11, 0) for Java 11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VersionRange {
    /// Inclusive lower bound.
    pub from: Option<(u16, u16)>,
    /// Exclusive upper bound.
    pub below: Option<(u16, u16)>,
}

impl VersionRange {
    /// Everything.
    pub const ANY: VersionRange = VersionRange { from: None, below: None };

    /// Whether a version lies inside.
    pub fn contains(&self, version: (u16, u16)) -> bool {
        self.from.is_none_or(|from| version >= from) && self.below.is_none_or(|below| version < below)
    }

    /// Whether a release lies inside.
    pub fn has_release(&self, release: Release) -> bool {
        self.contains((release.major, release.minor))
    }

    /// Whether a Java release lies inside (updates are not looked at).
    pub fn has_jdk(&self, jdk: Jdk) -> bool {
        self.contains((jdk.feature, 0))
    }
}

impl FromStr for VersionRange {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError::Range(text.to_owned());
        let mut range = VersionRange::ANY;
        for part in text.split(',').map(str::trim) {
            let digits = part.trim_start_matches(['<', '>', '=']);
            let mut numbers = digits.trim().split('.').map(str::parse::<u16>);
            let major = numbers.next().and_then(Result::ok).ok_or_else(error)?;
            let minor = match numbers.next() {
                None => 0,
                Some(number) => number.map_err(|_| error())?,
            };
            let version = (major, minor);
            let next = (major, minor.checked_add(1).ok_or_else(error)?);
            match &part[..part.len() - digits.len()] {
                ">=" => range.from = Some(version),
                ">" => range.from = Some(next),
                "<" => range.below = Some(version),
                "<=" => range.below = Some(next),
                "=" | "==" => {
                    range.from = Some(version);
                    range.below = Some(next);
                }
                _ => return Err(error()),
            }
        }
        Ok(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_all_their_spellings() {
        let jdk = |text: &str| text.parse::<Jdk>().map(|jdk| jdk.to_string());
        assert_eq!(jdk("1.8.0_292-b10"), Ok("8u292".into()));
        assert_eq!(jdk("8u51"), Ok("8u51".into()));
        assert_eq!(jdk("\"11.0.21\""), Ok("11.0.21".into()));
        assert_eq!(jdk("17.0.20.1"), Ok("17.0.20".into()));
        assert_eq!(jdk("17"), Ok("17".into()));
        assert_eq!(jdk("8"), Ok("8".into()));
        assert!(jdk("eleven").is_err());
        assert!(jdk("11.x").is_err());
        assert_eq!("10.15.0.0.674".parse(), Ok(Release::new(10, 15)));
        assert_eq!(Release::from_digits("1015"), Some(Release::new(10, 15)));
        assert_eq!(Release::from_digits("912"), Some(Release::new(9, 12)));
        assert!("10".parse::<Release>().is_err());
    }

    #[test]
    fn ranges_know_that_10_11_follows_10_7() {
        let range: VersionRange = ">=10.7, <10.15".parse().expect("a range");
        assert!(range.has_release(Release::new(10, 11)));
        assert!(!range.has_release(Release::new(10, 5)));
        assert!(!range.has_release(Release::new(10, 15)));
        assert!("10.7".parse::<VersionRange>().is_err());
    }
}
