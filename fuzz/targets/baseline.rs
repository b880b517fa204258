//! A baseline: read, or refused with a line; and written so that it reads back.

use wattlint::baseline::{Baseline, BaselineError};

use super::MOST;

pub fn run(data: &[u8]) {
    if data.len() > MOST {
        return;
    }
    let baseline = match Baseline::parse(data, "b".to_owned()) {
        Ok(baseline) => baseline,
        Err(BaselineError::Malformed { line, why, .. }) => {
            let lines = data.iter().filter(|&&byte| byte == b'\n').count() + 1;
            assert!(line <= lines && !why.is_empty(), "line {line} of {lines}: {why}");
            return;
        }
        Err(_) => return,
    };
    let mut text = Vec::new();
    baseline.write(&mut text).expect("memory takes all");
    let again = Baseline::parse(&text, String::new()).expect("what was written");
    assert_eq!(again, baseline);
    assert_eq!(
        baseline.by_rule().values().fold(0_usize, |sum, count| sum.saturating_add(*count)),
        baseline.len()
    );
    assert!(baseline.clone().without(&baseline).is_empty());
    assert_eq!(baseline.clone().with(Baseline::default()), baseline);
    // Joined with itself, it is as long twice, whatever numbers it holds.
    assert_eq!(baseline.clone().with(baseline.clone()).len(), baseline.len().saturating_mul(2));
}
