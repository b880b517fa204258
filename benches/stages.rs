//! What each step costs for one instance of about 700 settings: `cargo bench`. Beside other programs, and for whole
//! estates, `benches/compare` measures.

use std::hint::black_box;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use wattlint::catalog;
use wattlint::discover::Discovery;
use wattlint::finding::Finding;
use wattlint::instance::{Given, Instance};
use wattlint::report::{self, Format, Look, Report, Server};
use wattlint::rules::settle::settle;
use wattlint::rules::{self, Selection};
use wattlint::syntax::ports::Ports;
use wattlint::syntax::properties::Properties;
use wattlint::syntax::wrapper::Wrapper;
use wattlint::tls::posture::Posture;

fn main() {
    divan::main();
}

/// A server.cnf with most settings of the catalog, and faults.
fn settings() -> String {
    let mut text = String::from("#made for benchmarks\n");
    for name in catalog::watt_names().take(700) {
        text += name;
        text += "=\n";
    }
    text + "watt.net.ssl.client.useJSSE=false\nwatt.server.threadPol=75\nwatt.server.threadPool=many \n"
}

fn wrapper() -> String {
    let option =
        |index: u32| format!("wrapper.java.additional.{index}=-Dbench.part{index}=%AREA%/part{index}\n");
    let options: String = (1..80).map(option).collect();
    format!(
        "#encoding=UTF-8\nset.AREA=/srv/bench\n{options}wrapper.java.additional.79=-Djavax.net.debug=ssl\n"
    )
}

fn ports() -> String {
    let port = |number: u32| {
        format!(
            "<record name=\"HTTPSListener@{number}\"><value name=\"port\">{number}</value><value name=\"protocol\">HTTPS\
             </value><value name=\"enabled\">true</value><value name=\"ssl\">true</value><value name=\"useJSSE\">false\
             </value></record>\n"
        )
    };
    let records: String = (5543..5549).map(port).collect();
    format!("<Values version=\"2.0\">\n<record name=\"listeners\">\n{records}</record>\n</Values>\n")
}

fn discovery() -> Discovery {
    Discovery::from_memory([
        ("IntegrationServer/instances/a/bin/ini.cnf", b"application.version=10.11.0\n".to_vec()),
        ("IntegrationServer/instances/a/config/server.cnf", settings().into_bytes()),
        ("IntegrationServer/instances/a/packages/WmRoot/config/listeners.cnf", ports().into_bytes()),
        ("profiles/IS_a/configuration/custom_wrapper.conf", wrapper().into_bytes()),
    ])
}

fn parse<T>(bencher: Bencher<'_, '_>, text: &str, parse: impl Fn(&[u8]) -> T + Sync) {
    bencher.counter(BytesCount::new(text.len())).bench(|| parse(black_box(text.as_bytes())));
}

#[divan::bench]
fn parse_settings(bencher: Bencher<'_, '_>) {
    parse(bencher, &settings(), |bytes| Properties::parse(bytes));
}

#[divan::bench]
fn parse_wrapper(bencher: Bencher<'_, '_>) {
    parse(bencher, &wrapper(), |bytes| Wrapper::parse(bytes));
}

#[divan::bench]
fn parse_ports(bencher: Bencher<'_, '_>) {
    parse(bencher, &ports(), |bytes| Ports::parse(bytes));
}

#[divan::bench]
fn discover(bencher: Bencher<'_, '_>) {
    bencher.bench(discovery);
}

#[divan::bench]
fn model(bencher: Bencher<'_, '_>) {
    let found = discovery();
    bencher.bench_local(|| Instance::new(black_box(&found), &found.groups[0], Given::default()));
}

#[divan::bench]
fn posture(bencher: Bencher<'_, '_>) {
    let found = discovery();
    let instance = Instance::new(&found, &found.groups[0], Given::default());
    bencher.bench_local(|| Posture::of(black_box(&instance)));
}

fn findings(found: &Discovery, selection: &Selection) -> Vec<Finding> {
    Instance::all(found, Given::default()).flat_map(|instance| rules::check(&instance, selection)).collect()
}

#[divan::bench]
fn all_rules(bencher: Bencher<'_, '_>) {
    let (found, selection) = (discovery(), Selection::all());
    let instance = Instance::new(&found, &found.groups[0], Given::default());
    bencher.bench_local(|| rules::check(black_box(&instance), &selection));
}

#[divan::bench(args = [Format::Human, Format::Concise, Format::Json, Format::Sarif, Format::Junit])]
fn report_in(bencher: Bencher<'_, '_>, format: Format) {
    let (found, selection) = (discovery(), Selection::all());
    let settled = settle(&found, &selection, findings(&found, &selection));
    let servers: Vec<Server> =
        Instance::all(&found, Given::default()).map(|instance| Server::of(&instance)).collect();
    let rules: Vec<_> = selection.rules().collect();
    let report = Report {
        discovery: &found,
        findings: &settled.findings,
        suppressed: &settled.suppressed,
        rules: &rules,
        root: Path::new("/"),
        servers: &servers,
        fails: &|_| true,
        exit_code: 1,
    };
    bencher.bench_local(|| {
        let mut out = Vec::new();
        report::write(format, black_box(&report), Look::default(), &mut out).map(|()| out)
    });
}
