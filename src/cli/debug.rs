//! `wattlint debug on|off|status`

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::fix::{WriteArgs, deliver};
use super::{Console, FAILED, Input, is_asked_for};
use crate::debugging::{self, DebugError, Plan, Via, Wanted};
use crate::discover::Discovery;
use crate::fix::apply::{Secrets, Working};
use crate::fix::{Edit, Fix};
use crate::instance::{Given, Instance};
use crate::report::Server;
use crate::rules::schema::Safety;
use crate::secrets;

#[derive(Debug, Args)]
pub struct DebugArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the patch that turns SSL debug on for the provider in use
    On(OnArgs),
    /// Print the patch that turns SSL debug off everywhere
    Off(OffArgs),
    /// Show which providers are in use and what debug is on
    Status(StatusArgs),
}

#[derive(Debug, Args)]
struct OnArgs {
    #[command(flatten)]
    input: Input,
    /// Where to put javax.net.debug; by default where it fits the installation
    #[arg(long, value_name = "WHERE")]
    via: Option<ViaArg>,
    /// Which provider to trace
    #[arg(long, value_name = "PROVIDER", default_value = "in-use")]
    provider: ProviderArg,
    #[command(flatten)]
    output: WriteArgs,
}

#[derive(Debug, Args)]
struct OffArgs {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    output: WriteArgs,
}

#[derive(Debug, Args)]
struct StatusArgs {
    #[command(flatten)]
    input: Input,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: StatusFormat,
    /// Name only servers with SSL debug on, and make the exit code 1 if there are any
    #[arg(long)]
    fail_if_on: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StatusFormat {
    Human,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ViaArg {
    /// A free wrapper.java.additional.N from 400 on in custom_wrapper.conf
    Wrapper,
    /// watt.config.systemProperties in server.cnf
    #[value(name = "server.cnf")]
    ServerCnf,
    /// JAVA_CUSTOM_OPTS in bin/setenv (Microservices Runtime)
    Setenv,
    /// settings.watt.config.systemProperties in application.properties (Microservices Runtime)
    Template,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProviderArg {
    /// Whatever outbound HTTPS and the ports use
    InUse,
    Iaik,
    Jsse,
    Both,
}

pub fn run(args: &DebugArgs, console: &mut Console) -> u8 {
    match &args.action {
        Action::On(args) => {
            let via = args.via.map(|via| match via {
                ViaArg::Wrapper => Via::Wrapper,
                ViaArg::ServerCnf => Via::ServerCnf,
                ViaArg::Setenv => Via::Setenv,
                ViaArg::Template => Via::Template,
            });
            let wanted = match args.provider {
                ProviderArg::InUse => Wanted::InUse,
                ProviderArg::Iaik => Wanted::Iaik,
                ProviderArg::Jsse => Wanted::Jsse,
                ProviderArg::Both => Wanted::Both,
            };
            change(&args.input, &args.output, console, |instance| debugging::on(instance, wanted, via))
        }
        Action::Off(args) => change(&args.input, &args.output, console, |instance| {
            let mut plan = debugging::off(instance);
            match plan.edits.is_empty() {
                true => plan.said.push("no SSL debug is on".to_owned()),
                false => plan.said.push("restart the server for it to take effect".to_owned()),
            }
            Ok(plan)
        }),
        Action::Status(args) => status(args, console),
    }
}

/// Plans for each instance, then one patch or one write for all.
fn change(
    input: &Input,
    output: &WriteArgs,
    console: &mut Console,
    plan: impl Fn(&Instance<'_>) -> Result<Plan, DebugError>,
) -> u8 {
    let Some((mut discovery, _)) = super::fix::open(input, output.write, console) else { return FAILED };
    if console.say_discovery(&discovery) {
        console.say("nothing was changed");
        return FAILED;
    }
    let given = input.given();
    let planned = {
        let instances: Vec<Instance<'_>> = Instance::all(&discovery, given).collect();
        let servers: Vec<Server> = instances.iter().map(Server::of).collect();
        console.say_assumptions(servers.iter());
        plan_all(&discovery, &instances, output.write && !output.diff, console, plan)
    };
    let Some(edits) = planned else {
        console.say("nothing was changed");
        return FAILED;
    };
    let mut working = Working::default();
    working.apply(&mut discovery, &edits);
    deliver(&discovery, &working.changes(), output, console)
}

fn plan_all(
    discovery: &Discovery,
    instances: &[Instance<'_>],
    writes: bool,
    console: &mut Console,
    plan: impl Fn(&Instance<'_>) -> Result<Plan, DebugError>,
) -> Option<Vec<Edit>> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut good = true;
    for instance in instances.iter().filter(|instance| is_asked_for(discovery, instance)) {
        match plan(instance) {
            Ok(plan) => {
                for line in &plan.said {
                    console.say(format!("{}: {}", instance.name, secrets::masked(line.clone())));
                }
                let fix = Fix::new("", Safety::Safe, plan.edits);
                if !writes && Secrets::default().shown_by(discovery, &fix) {
                    console.say(format!(
                        "error: {}: the patch would show a secret beside the change; use --write",
                        instance.name
                    ));
                    good = false;
                }
                // Each plan knows only its own instance, so what two want of a shared file must be the same.
                let new: Vec<Edit> = fix.edits.into_iter().filter(|edit| !edits.contains(edit)).collect();
                if let Some(edit) = new.iter().find(|edit| edits.iter().any(|other| edit.collides(other))) {
                    console.say(format!(
                        "error: {}: {} belongs to another instance too, which needs another change in the same place; \
                         give each instance a file of its own",
                        instance.name,
                        discovery.document(edit.file).display
                    ));
                    good = false;
                }
                edits.extend(new);
            }
            Err(error) => {
                console.say(format!("error: {error}"));
                good = false;
            }
        }
    }
    good.then_some(edits)
}

#[derive(Serialize)]
struct JsonStatus<'a> {
    version: u32,
    instances: Vec<JsonInstance<'a>>,
}

#[derive(Serialize)]
struct JsonInstance<'a> {
    name: &'a str,
    release: String,
    jdk: String,
    providers: Vec<JsonProvider>,
    debug: Vec<JsonSwitch<'a>>,
}

/// The provider of a direction; `null` if the files do not tell.
#[derive(Serialize)]
struct JsonProvider {
    direction: String,
    provider: Option<&'static str>,
}

#[derive(Serialize)]
struct JsonSwitch<'a> {
    file: &'a str,
    line: usize,
    switch: String,
    effect: String,
}

fn status(args: &StatusArgs, console: &mut Console) -> u8 {
    let Some((discovery, _)) = args.input.open(console) else { return FAILED };
    let failed = console.say_discovery(&discovery);
    let given: Given = args.input.given();
    let instances: Vec<Instance<'_>> =
        Instance::all(&discovery, given).filter(|instance| is_asked_for(&discovery, instance)).collect();
    let all: Vec<JsonInstance<'_>> =
        instances.iter().map(|instance| describe(&discovery, instance)).collect();
    let on = all.iter().any(|instance| !instance.debug.is_empty());
    console.put(|out| match args.format {
        StatusFormat::Json => {
            let root = JsonStatus { version: crate::report::json::VERSION, instances: all };
            crate::report::json::document(&root, out)
        }
        // A guard over many servers names those that hold it up.
        StatusFormat::Human => {
            all.iter().filter(|one| !(args.fail_if_on && one.debug.is_empty())).try_for_each(|instance| {
                writeln!(out, "{}: release {}, Java {}", instance.name, instance.release, instance.jdk)?;
                for JsonProvider { direction, provider } in &instance.providers {
                    writeln!(out, "  {direction}: {}", provider.unwrap_or("not known from these files"))?;
                }
                for switch in &instance.debug {
                    writeln!(
                        out,
                        "  debug: {} {} ({}:{})",
                        switch.switch, switch.effect, switch.file, switch.line
                    )?;
                }
                if instance.debug.is_empty() {
                    writeln!(out, "  debug: off")?;
                }
                Ok(())
            })
        }
    });
    if on && args.fail_if_on {
        console.say("SSL debug is on; `wattlint debug off --write` turns it off");
    }
    if failed { FAILED } else { u8::from(on && args.fail_if_on) }
}

fn describe<'a>(discovery: &'a Discovery, instance: &Instance<'a>) -> JsonInstance<'a> {
    let switches = debugging::status(instance).into_iter().map(|switch| {
        let document = discovery.document(switch.place.file);
        JsonSwitch {
            file: &document.display,
            line: document.line_of(switch.place.span.start),
            switch: secrets::masked(switch.what),
            effect: switch.does,
        }
    });
    JsonInstance {
        name: instance.name,
        release: instance.release.to_string(),
        jdk: instance.jdk.to_string(),
        providers: debugging::providers(instance)
            .into_iter()
            .map(|(direction, provider)| JsonProvider { direction, provider: provider.map(|p| p.name()) })
            .collect(),
        debug: switches.collect(),
    }
}
