//! `doctor`: what this host has and lacks; exit status 0 only if every pool of the configuration could be provisioned, or,
//! without a configuration, a pool that names no accelerator: one on CUDA.

mod bug_report;
mod modes;

use std::fmt::Write;

use indicatif::HumanBytes;
use provisioner_core::{
    AcceleratorCheckup, Checkup, Clock, HostFacts, HostReport, PoolCheckup, Settings, Status, UserNamespaces, checkup,
};

use crate::args::Args;
use crate::args::host::DoctorArgs;
use crate::exit::{Exit, of_code};
use crate::failure::Result;
use crate::progress::Progress;
use crate::verbs::gpus;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress, wish: &DoctorArgs) -> Result<Exit> {
    let settings = Settings { observer: progress.observer(), ..target::settings(args)? };
    let pools = match (&args.config, &args.pool) {
        (Some(_), Some(_)) => vec![target::pool(args)?],
        (Some(file), None) => target::config(file)?.pools,
        (None, _) => Vec::new(),
    };
    let found = checkup(&pools, &settings);
    match &wish.report {
        None => report::result(args.json, &found, || text(&found))?,
        Some(out) => {
            let packed = HostReport::gather(&found, &text(&found), (args.config.as_deref(), &pools), &settings);
            bug_report::write(args, &found, &packed, out)?;
        }
    }
    Ok(if found.ready { Exit::Done } else { found.pools.iter().find_map(trouble).unwrap_or(Exit::Host) })
}

/// The exit status for the first thing that keeps a pool from being provisioned.
fn trouble(pool: &PoolCheckup) -> Option<Exit> {
    if let Some(refusal) = &pool.refusal {
        return Some(of_code(&refusal.code));
    }
    match &pool.plan.as_ref()?.blocked()?.status {
        Status::Blocked { code: Some(code), .. } if !pool.is_ready() => Some(of_code(code)),
        _ => None,
    }
}

fn text(found: &Checkup) -> String {
    let (host, gpu) = (&found.host, &found.gpu);
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a `String` cannot fail.
        writeln!(text, "{name:<10} {value}").ok();
    };
    let names = [&host.distribution.name, &host.distribution.id];
    line("system", names.into_iter().find(|name| !name.is_empty()).map_or("unknown", String::as_str));
    if let Some(kind) = &host.distribution.container {
        line("container", kind);
    }
    if let Some(version) = host.distribution.wsl {
        line("wsl", &version.to_string());
    }
    for (name, value) in facts(&host.host) {
        line(name, &value);
    }
    for tool in &host.tools.found {
        let version = tool.version.as_ref().map_or_else(|| "of unknown version".to_owned(), ToString::to_string);
        line("tool", &format!("{} {version} ({})", tool.tool, tool.path.display()));
    }
    for note in &host.tools.notes {
        line("note", note);
    }
    if let Some(refused) = &host.tools.limit {
        line("limit", &format!("{} is reached: `{}` could not be asked", refused.limit, refused.program.display()));
    }
    for tool in &host.tools.missing {
        line("missing", &format!("{} (needed: {}; {})", tool.tool, tool.need, tool.why));
    }
    for tool in &host.tools.outdated {
        line("too old", &format!("{} {} (needed: {} or newer; {})", tool.tool, tool.have, tool.need, tool.why));
    }
    for finding in &host.findings {
        let name = if finding.blocking { "trouble" } else { "warning" };
        line(name, &format!("{} [{}]; {}", finding.message, finding.code, finding.help));
    }
    text.push_str(&gpus::text(gpu));
    for pool in &found.pools {
        text.push_str(&pool_text(pool));
    }
    for one in &found.accelerators {
        text.push_str(&accelerator_text(one));
    }
    for mode in &found.modes {
        text.push_str(&modes::line(mode));
    }
    if let Some(remedy) = &host.remedy {
        // Writing to a `String` cannot fail.
        writeln!(text, "{:<10} {remedy}", "to do").ok();
    }
    text.push_str(&verdict(found));
    text.push('\n');
    text
}

/// The last line: whether what was asked about could be provisioned, and what could be instead.
fn verdict(found: &Checkup) -> String {
    let all = &found.accelerators;
    let of = |ready: bool| all.iter().find(move |one| one.ready == ready).map(|one| one.accelerator);
    match (found.ready, of(true), of(false)) {
        (true, ..) => "ready".into(),
        (false, Some(instead), Some(wanted)) => format!("not ready for `{wanted}`, the default; ready for `{instead}`"),
        (false, ..) => "not ready".into(),
    }
}

/// What a pool on this accelerator could expect of the host.
fn accelerator_text(one: &AcceleratorCheckup) -> String {
    let name = match (one.accelerator, one.is_default) {
        (accelerator, true) => format!("a pool on `{accelerator}` (the default)"),
        (accelerator, false) => format!("a pool on `{accelerator}` (only where the pool says so)"),
    };
    match &one.refusal {
        None => format!("{name}: can be provisioned\n"),
        Some(refusal) => {
            // The whole of it is above: what was searched, and what to do.
            let message = refusal.message.lines().next().unwrap_or_default();
            let reason = message.trim_end_matches("; looked at:").trim_end_matches(':');
            format!("{name}: cannot be provisioned [{}]\n  {reason}\n", refusal.code)
        }
    }
}

/// What the host has apart from tools, one line each.
fn facts(host: &HostFacts) -> Vec<(&'static str, String)> {
    let bytes = |bytes: Option<u64>| bytes.map_or_else(|| "an unknown amount".into(), |n| HumanBytes(n).to_string());
    let memory = &host.memory;
    let limit = memory.group_limit.map(|limit| format!(", no more than {} for this group", HumanBytes(limit)));
    let limit = limit.unwrap_or_default();
    let mut facts =
        vec![("memory", format!("{}, {} of it available{limit}", bytes(memory.total), bytes(memory.available)))];
    for place in &host.places {
        let trouble = match (place.read_only, place.writable, place.noexec) {
            (true, ..) => ", read-only",
            (_, false, _) => ", not writable",
            (_, _, true) => ", noexec",
            _ => "",
        };
        facts.push(("folder", format!("{}: {} free{trouble}", place.path.display(), bytes(place.free_bytes))));
    }
    let number = |limit: Option<u64>| limit.map_or_else(|| "any number".into(), |limit| limit.to_string());
    let (soft, hard) = host.open_files;
    facts.push(("open files", format!("{} at a time, can be raised to {}", number(soft), number(hard))));
    let clock = match host.clock {
        Clock::Plausible => "plausible",
        Clock::Behind => "behind",
        Clock::Ahead => "ahead",
    };
    let namespaces = match host.user_namespaces {
        UserNamespaces::Allowed => "for all users",
        UserNamespaces::NeedProfile => "for programs with an AppArmor profile",
        UserNamespaces::Forbidden => "for root only",
        UserNamespaces::Absent => "none",
    };
    facts.extend([("clock", clock.to_owned()), ("user ns", namespaces.to_owned())]);
    facts
}

fn pool_text(pool: &PoolCheckup) -> String {
    let name = format!("pool `{}`", pool.pool_id);
    let because = |message: &str, code: &str, help: Option<&str>| {
        let help = help.map(|help| format!("\n  help: {help}")).unwrap_or_default();
        format!("{name}: cannot be provisioned [{code}]\n  {}{help}\n", message.replace('\n', "\n  "))
    };
    if let Some(refusal) = &pool.refusal {
        return because(&refusal.message, &refusal.code, refusal.help.as_deref());
    }
    if pool.is_ready() {
        return format!("{name}: can be provisioned\n");
    }
    // Everything that stands in the way at once; what is blocked by another step has no code.
    let steps = pool.plan.iter().flat_map(|plan| &plan.steps);
    steps
        .filter_map(|step| match &step.status {
            Status::Blocked { reason, code: Some(code), help } => Some(because(reason, code, help.as_deref())),
            _ => None,
        })
        .collect()
}
