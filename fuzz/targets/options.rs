//! The options of the JVM from wrapper files with their includes, argument files and start scripts.

use wattlint::discover::Discovery;
use wattlint::document::Place;
use wattlint::instance::Given;
use wattlint::instance::Instance;
use wattlint::instance::wrapper::option_name;

use super::files::{self, CANARY};

/// Files that include each other take the time of thousands of readings.
const MOST_BYTES: usize = 4_096;

/// Characters of all arguments, as docs/security.md has it, with room for what one value may add.
const MOST_TEXT: usize = (8 << 20) + (1 << 20);

pub fn run(data: &[u8]) {
    if data.len() > MOST_BYTES || data.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()) {
        return;
    }
    let parts = files::parse(data);
    let files = parts.files.iter().map(|(path, text)| (path.as_str(), text.to_vec()));
    let discovery = Discovery::from_memory(files);
    let seen: Vec<Vec<String>> =
        Instance::all(&discovery, Given::default()).map(|instance| one(&discovery, &instance)).collect();
    // Nothing depends on the order of a hash table.
    let again: Vec<Vec<String>> =
        Instance::all(&discovery, Given::default()).map(|instance| arguments(&instance)).collect();
    assert_eq!(seen, again);
}

fn arguments(instance: &Instance<'_>) -> Vec<String> {
    instance.jvm.arguments().iter().map(|argument| argument.text.clone()).collect()
}

fn one(discovery: &Discovery, instance: &Instance<'_>) -> Vec<String> {
    let lies_inside = |place: Place| {
        let length = discovery.document(place.file).bytes().len();
        assert!(place.span.start <= place.span.end && place.span.range().end <= length, "{place:?}");
    };
    let wrapper = &instance.wrapper;
    for line in wrapper.lines() {
        lies_inside(line.place());
        lies_inside(line.key_place());
        let winner = wrapper.get(&line.name).expect("a line of that name");
        assert!(wrapper.is_winner(winner));
    }
    for notice in wrapper.notices() {
        lies_inside(notice.place);
    }
    for passed in wrapper.passed() {
        lies_inside(passed.place);
        assert!(!option_name(&passed.text).contains('\n'), "{:?}", passed.text);
    }
    for option in wrapper.options() {
        assert!(option.index().is_some() && wrapper.is_winner(option));
        assert!(option.index() < Some(wrapper.free_index(u64::MAX / 2)));
    }
    let free = wrapper.free_index(1);
    assert!(wrapper.lines().iter().all(|line| line.index() != Some(free)));
    for argument in instance.jvm.arguments() {
        lies_inside(argument.place);
    }
    for property in instance.jvm.properties() {
        lies_inside(property.place);
    }
    let found = arguments(instance);
    let length: usize = found.iter().map(String::len).sum();
    assert!(length <= MOST_TEXT, "{length} bytes of arguments");
    found
}
