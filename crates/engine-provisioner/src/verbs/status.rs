//! `status`: what runs for a pool, or for every pool of this host. The exit status says whether it runs, and whether it
//! answers; of several pools it is the worst.

mod all;
mod watch;

use std::fmt::Write;

use provisioner_core::cfg::PoolId;
use provisioner_core::{Health, HostPool, Lifecycle, PoolState, PoolStatus, ProofVerdict};
use serde_json::json;

use crate::args::Args;
use crate::args::host::StatusArgs;
use crate::exit::Exit;
use crate::failure::Result;
use crate::report::table::width;
use crate::report::{gpu, summary};
use crate::{report, target};

pub(crate) fn run(args: &Args, wish: StatusArgs) -> Result<Exit> {
    if args.pool.is_none() && only_pool(args)?.is_none() {
        return host(args, wish);
    }
    let (id, _) = target::known(args)?;
    let lifecycle = Lifecycle::new(target::settings(args)?);
    if let Some(seconds) = wish.watch {
        return watch::run(args.json, seconds, || {
            let status = lifecycle.status(&id)?;
            let text = text(&status);
            Ok((status, text))
        });
    }
    let status = lifecycle.status(&id)?;
    report::result(args.json, &status, || text(&status))?;
    Ok(exit(&status))
}

/// The pool of a configuration that has one: it is meant where none is named.
fn only_pool(args: &Args) -> Result<Option<PoolId>> {
    if args.config.is_none() {
        return Ok(None);
    }
    let pools = target::pools(args)?;
    Ok(if let [only] = pools.as_slice() { Some(only.id.clone()) } else { None })
}

/// Every pool of this host, and those of the configuration where one is named.
fn host(args: &Args, wish: StatusArgs) -> Result<Exit> {
    let lifecycle = Lifecycle::new(target::settings(args)?);
    let look = || -> Result<Vec<HostPool>> {
        Ok(match &args.config {
            Some(file) => lifecycle.host_status(Some((&target::absolute(file)?, &target::pools(args)?)))?,
            None => lifecycle.host_status(None)?,
        })
    };
    if let Some(seconds) = wish.watch {
        return watch::run(args.json, seconds, || {
            let pools = look()?;
            let text = all::text(&pools, width());
            Ok((json!({ "pools": pools }), text))
        });
    }
    let pools = look()?;
    report::result(args.json, &json!({ "pools": pools }), || all::text(&pools, width()))?;
    Ok(pools.iter().fold(Exit::Done, |worst, pool| worst.worse(exit(&pool.status))))
}

/// An engine that loads its model, and one that is being stopped, need not answer.
fn exit(status: &PoolStatus) -> Exit {
    match (status.state, status.health) {
        _ if !status.lives() => Exit::Engine,
        // It serves, and not from the GPU that it was given.
        _ if is_denied(status) => Exit::Engine,
        (PoolState::Running, Some(Health::Silent)) => Exit::Silent,
        _ => Exit::Done,
    }
}

fn is_denied(status: &PoolStatus) -> bool {
    status.gpu_proof.as_ref().is_some_and(|proof| proof.verdict == ProofVerdict::Denied)
}

fn text(status: &PoolStatus) -> String {
    let mut text = format!("pool `{}`: {}", status.pool_id, status.state.name());
    // Writing to a `String` cannot fail.
    if let Some(why) = &status.why {
        write!(text, " ({why})").ok();
    }
    if let (Some(pid), Some(uptime)) = (status.pid, status.uptime_s) {
        write!(text, " as pid {pid} for {uptime} s").ok();
    }
    if let Some(bytes) = status.rss_bytes {
        write!(text, ", {} in RAM", indicatif::HumanBytes(bytes)).ok();
    }
    if let Some(bytes) = status.gpu_memory_bytes.filter(|_| status.gpus.is_empty()) {
        write!(text, ", {} on the GPU", indicatif::HumanBytes(bytes)).ok();
    }
    if let Some(health) = status.health {
        write!(text, ", {}", health.name()).ok();
    }
    text.push_str(&gpu::place(status));
    if let Some(last) = status.last_output_unix_s {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(last, |now| now.as_secs());
        write!(text, ", last output {} s ago", now.saturating_sub(last)).ok();
    }
    text.push('\n');
    text.push_str(&gpu::lines(status));
    if let Some(restored) = &status.restored {
        let code = restored.code.as_deref().unwrap_or("no code");
        let message = restored.message.replace('\n', "\n           ");
        writeln!(text, "  restored the wanted engine failed [{code}]: {message}").ok();
    }
    if let Some(exit) = &status.exit {
        if let (Some(cause), Some(code)) = (&exit.cause, &exit.code) {
            writeln!(text, "  cause    {cause} [{code}]").ok();
        }
        writeln!(text, "  help     {}", exit.help.replace('\n', "\n           ")).ok();
    }
    if let Some(engine) = &status.engine {
        writeln!(text, "  url      {}", engine.prepared.url).ok();
        text.push_str(&summary::of(&engine.prepared));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: &str, pid: Option<i32>, health: Option<&str>) -> PoolStatus {
        let document = serde_json::json!({"pool_id": "p", "state": state, "pid": pid, "health": health});
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn the_exit_status_says_whether_it_answers() {
        for (state, pid, health, expected) in [
            ("running", Some(7), Some("ready"), Exit::Done),
            ("running", Some(7), Some("silent"), Exit::Silent),
            ("running", Some(7), None, Exit::Done),
            ("starting", Some(7), Some("loading"), Exit::Done),
            ("starting", Some(7), Some("silent"), Exit::Done),
            ("stopping", Some(7), Some("silent"), Exit::Done),
            ("exited", None, None, Exit::Engine),
            ("absent", None, None, Exit::Engine),
        ] {
            assert_eq!(exit(&status(state, pid, health)), expected, "{state} {health:?}");
        }
    }
}
