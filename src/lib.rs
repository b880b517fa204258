//! wattlint lints, fixes and explains the TLS and JVM configuration of webMethods Integration Server, API Gateway and
//! Microservices Runtime.
//!
//! The way of the data: [`discover`] turns paths into [`document`]s and groups them; [`instance`] reads one server's
//! model off its documents; [`tls`] works out the effective posture; [`rules`] ask model and posture and report
//! [`finding`]s, some with a [`fix`]; [`report`] shows them. Each module knows only what is left of it.

pub mod baseline;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod debugging;
pub mod diagnosis;
pub mod discover;
pub mod document;
pub mod finding;
pub mod fix;
pub mod handshake;
pub mod instance;
mod parallel;
pub mod report;
pub mod rules;
pub mod secrets;
pub mod suggest;
pub mod syntax;
pub mod tls;
