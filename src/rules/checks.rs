//! The native checks: a function for each rule whose file says `check = "native"`, a module for each family.

mod debug;
mod jvm;
mod options;
mod posture;
mod protocols;
mod provider;
mod secrets;
mod settings;
mod suites;
mod syntax;
mod wrapper;

use super::Check;

/// The check of a rule, by the rule's name.
pub fn native(name: &str) -> Option<Check> {
    Some(match name {
        "broken-cipher-suite" => suites::broken,
        "client-protocols-invalid" => protocols::client_protocols_invalid,
        "dated-cipher-suite" => suites::dated,
        "debug-agent-on" => options::debug_agent,
        "debug-value-cut" => debug::value_cut,
        "default-context-without-protocol" => posture::default_context_dead,
        "deprecated-protocol-enabled" => protocols::deprecated_enabled,
        "disabled-entry-too-wide" => posture::entry_too_wide,
        "disabled-entry-without-effect" => posture::entry_without_effect,
        "disabled-protocols-too-early" => protocols::disabled_too_early,
        "doubled-separator" => syntax::doubled_separator,
        "duplicate-key" => syntax::duplicate_key,
        "enabled-protocols-removed" => protocols::enabled_removed,
        "heap-bounds-crossed" => options::heap_bounds,
        "heap-size-unreadable" => options::heap_unreadable,
        "iaik-allows-ssl3" => posture::iaik_allows_ssl3,
        "iaik-allows-weak-ciphers" => posture::iaik_weak_ciphers,
        "iaik-version-unknown" => provider::iaik_version_unknown,
        "jvm-option-refused" => options::option_refused,
        "jvm-option-repeated" => options::option_repeated,
        "jvm-without-tls" => posture::jvm_without_tls,
        "malformed-escape" => syntax::malformed_escape,
        "no-cipher-suite-left" => suites::none_left,
        "no-forward-secrecy" => suites::no_forward_secrecy,
        "no-protocol-left" => protocols::none_left,
        "old-hello-sent" => posture::old_hello_sent,
        "outbound-ftps-uses-iaik" => provider::outbound_ftps,
        "outbound-mail-uses-iaik" => provider::outbound_mail,
        "outbound-uses-iaik" => provider::outbound,
        "outside-tls-policy" => posture::outside_tls_policy,
        "port-uses-iaik" => provider::port,
        "ports-file-malformed" => syntax::ports_malformed,
        "protocol-list-inverted" => protocols::inverted,
        "protocol-without-suite" => posture::protocol_without_suite,
        "provider-settings-mismatch" => provider::mismatch,
        "remote-jmx-open" => options::remote_jmx,
        "secret-in-clear" => secrets::in_clear,
        "security-override-bypassed" => jvm::security_override_bypassed,
        "security-override-missing" => posture::override_missing,
        "security-override-weakens" => posture::override_weakens,
        "security-property-as-system-property" => jvm::security_as_system,
        "setting-file-missing" => settings::file_missing,
        "setting-name-case" => settings::other_case,
        "setting-spelt-two-ways" => settings::spelt_two_ways,
        "setting-value-invalid" => settings::wrong_value,
        "setting-without-effect" => settings::without_effect,
        "settings-prefix-missing" => settings::prefix_missing,
        "sni-not-sent" => protocols::sni_not_sent,
        "ssl-debug-leaks" => debug::leaks,
        "ssl-debug-left-on" => debug::left_on,
        "ssl-debug-other-provider" => debug::other_provider,
        "ssl-debug-prints-nothing" => debug::prints_nothing,
        "ssl-debug-stops-jvm" => debug::stops_jvm,
        "stray-blank" => syntax::stray_blank,
        "suite-without-protocol" => posture::suite_without_protocol,
        "suites-lost-to-update" => posture::lost_to_update,
        "swallowed-backslash" => syntax::swallowed_backslash,
        "tls-option-in-wrapper-conf" => wrapper::tls_in_wrapper_conf,
        "tls12-impossible" => protocols::tls12_impossible,
        "tls13-left-out" => posture::tls13_left_out,
        "unknown-cipher-suite" => suites::unknown,
        "unknown-protocol" => protocols::unknown,
        "unknown-setting" => settings::unknown,
        "weak-cipher-suite" => suites::weak,
        "wrapper-gap" => wrapper::gap,
        "wrapper-include-inactive" => wrapper::include_inactive,
        "wrapper-include-missing" => wrapper::include_missing,
        "wrapper-index-duplicate" => jvm::index_duplicate,
        "wrapper-index-reserved" => jvm::index_reserved,
        "wrapper-index-taken" => jvm::index_taken,
        "wrapper-line-ignored" => wrapper::line_ignored,
        "wrapper-no-argument" => wrapper::no_argument,
        "wrapper-quotes-kept" => wrapper::quotes_kept,
        "wrapper-stopped" => wrapper::stopped,
        "wrapper-switch-unreadable" => wrapper::switch_unreadable,
        "wrapper-two-options" => wrapper::two_options,
        "wrapper-value-cut" => wrapper::value_cut,
        "wrapper-variable-undefined" => wrapper::undefined_variable,
        _ => return None,
    })
}

/// Words in a row for people: "a", "a and b", "a, b and c"; more than `most` are counted.
fn listing(words: &[&str], most: usize) -> String {
    let (shown, rest) = words.split_at(words.len().min(most));
    match (shown, rest.len()) {
        ([], _) => String::new(),
        ([only], 0) => (*only).to_owned(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (shown, rest) => format!("{} and {rest} more", shown.join(", ")),
    }
}
