//! `doctor`: what this host has and lacks; exit status 0 only if every pool of the configuration could be provisioned.

use std::fmt::Write;

use provisioner_core::{Checkup, PoolCheckup, Settings, Status, checkup};

use crate::args::Args;
use crate::exit::{Exit, of_code};
use crate::failure::Result;
use crate::progress::Progress;
use crate::verbs::gpus;
use crate::{report, target};

pub(crate) fn run(args: &Args, progress: &Progress) -> Result<Exit> {
    let settings = Settings { observer: progress.observer(), ..target::settings(args)? };
    let pools = match (&args.config, &args.pool) {
        (Some(_), Some(_)) => vec![target::pool(args)?],
        (Some(file), None) => target::config(file)?.pools,
        (None, _) => Vec::new(),
    };
    let found = checkup(&pools, &settings);
    report::result(args.json, &found, || text(&found))?;
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
    line("system", if host.distribution.name.is_empty() { "unknown" } else { &host.distribution.name });
    for tool in &host.tools.found {
        let version = tool.version.as_ref().map_or_else(|| "of unknown version".to_owned(), ToString::to_string);
        line("tool", &format!("{} {version} ({})", tool.tool, tool.path.display()));
    }
    for tool in &host.tools.missing {
        line("missing", &format!("{} (needed: {}; {})", tool.tool, tool.need, tool.why));
    }
    for tool in &host.tools.outdated {
        line("too old", &format!("{} {} (needed: {} or newer; {})", tool.tool, tool.have, tool.need, tool.why));
    }
    if let Some(remedy) = &host.remedy {
        line("to do", remedy);
    }
    for finding in &host.findings {
        let name = if finding.blocking { "trouble" } else { "warning" };
        line(name, &format!("{} [{}]; {}", finding.message, finding.code, finding.help));
    }
    text.push_str(&gpus::text(gpu));
    for pool in &found.pools {
        text.push_str(&pool_text(pool));
    }
    text.push_str(if found.ready { "ready\n" } else { "not ready\n" });
    text
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
    match pool.plan.as_ref().and_then(|plan| plan.blocked()).map(|step| &step.status) {
        Some(Status::Blocked { reason, code, help }) => {
            because(reason, code.as_deref().unwrap_or_default(), help.as_deref())
        }
        _ => format!("{name}: can be provisioned\n"),
    }
}
