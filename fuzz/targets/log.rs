//! Logs: however a log is cut into blocks, the same handshakes are read off it, and they print as text and as JSON.

use wattlint::handshake::reader::Lines;
use wattlint::handshake::record::{Handshake, Outcome};
use wattlint::handshake::scan::Scanner;
use wattlint::handshake::summary::Summary;
use wattlint::handshake::verdict::verdict;
use wattlint::report::diagnose::{Array, Places, Settings, details, failure, human, json_summary};

use super::MOST;

pub fn run(data: &[u8]) {
    if data.len() > MOST {
        return;
    }
    let (handshakes, scanner) = scanned(data, data.len().max(1));
    // Cut anywhere: at a length the input itself gives.
    let size = usize::from(*data.first().unwrap_or(&1)) * 8 + 1;
    let (in_pieces, _) = scanned(data, size);
    assert_eq!(format!("{handshakes:?}"), format!("{in_pieces:?}"), "in pieces of {size}");
    print(&handshakes, &scanner);
}

fn scanned(data: &[u8], size: usize) -> (Vec<Handshake>, Scanner) {
    let mut scanner = Scanner::default();
    let mut lines = Lines::default();
    let mut block = Vec::new();
    for piece in data.chunks(size) {
        lines.begin(&mut block);
        block.extend_from_slice(piece);
        lines.settle(&mut block);
        scanner.block(&block);
    }
    lines.begin(&mut block);
    lines.settle(&mut block);
    lines.end(&mut block);
    scanner.block(&block);
    scanner.finish();
    let ended = data.iter().filter(|&&byte| byte == b'\n').count();
    let open = usize::from(!data.is_empty() && !data.ends_with(b"\n"));
    assert_eq!(scanner.lines(), (ended + open) as u64, "lines are lost or made up");
    (scanner.drain(), scanner)
}

fn print(handshakes: &[Handshake], scanner: &Scanner) {
    let mut places = Places::default();
    places.begin(0, "wrapper.log".to_owned());
    let settings = Settings { color: false, details: true };
    let mut summary = Summary { notes: scanner.notes(), ..Summary::default() };
    let (mut text, mut json) = (Vec::new(), Vec::new());
    let mut array = Array::default();
    for handshake in handshakes {
        let (first, last) = handshake.lines;
        assert!(first <= last && last <= scanner.lines(), "{first} to {last}");
        let Some(verdict) = verdict(handshake) else { continue };
        array.put(handshake, &verdict, &places, &mut json).expect("memory takes all");
        details(handshake, &verdict, &places, settings, &mut text).expect("memory takes all");
        if verdict.outcome == Outcome::Failed {
            failure(handshake, &verdict, &places, settings, &mut text).expect("memory takes all");
        }
        summary.add(handshake.clone(), &verdict);
    }
    summary.sort();
    array.end(&mut json).expect("memory takes all");
    json_summary(&summary, &[], &[], &mut json).expect("memory takes all");
    human(&summary, &[], &[], &places, settings, &mut text).expect("memory takes all");
    serde_json::from_slice::<serde_json::Value>(&json).expect("JSON");
    let text = String::from_utf8(text).expect("a report is UTF-8");
    assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "a control character: {text:?}");
}
