//! Settings the release does not read.

use crate::catalog;
use crate::fix::make;
use crate::rules::Cx;

/// Settings that went with an earlier release. Allow lists have a rule of their own, which knows their successor.
pub fn without_effect(cx: &Cx<'_, '_>) {
    let release = cx.release();
    for (name, lines) in cx.instance.settings.iter() {
        let Some(last) = catalog::gone_since(name, release).filter(|_| !name.ends_with(".enabledProtocols"))
        else {
            continue;
        };
        let Some(winner) = lines.last() else { continue };
        cx.report(winner.key_place(), format!("{release} does not read {name}"))
            .label(format!("last read by {last}"))
            .fix_with(cx.safety_by_release(), make::remove_setting(cx.instance, name))
            .emit();
    }
}
