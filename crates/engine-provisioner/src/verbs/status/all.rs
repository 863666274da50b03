//! `status` of every pool of this host: one table.

use provisioner_core::cfg::Accelerator;
use provisioner_core::{Drift, Health, HostPool, PoolState, ProofVerdict};

use crate::report::amount;
use crate::report::table::{NONE, Table, wrapped};

/// The table, and below it what is worth knowing of pools that do not run as they are wanted.
pub(super) fn text(pools: &[HostPool], width: Option<usize>) -> String {
    if pools.is_empty() {
        return "no pool has an engine on this host, and no configuration is named\n".into();
    }
    let mut table = Table::new(&[
        ("pool", 9),
        ("state", 8),
        ("proof", 5),
        ("port", 7),
        ("uptime", 4),
        ("RAM", 3),
        ("GPU", 3),
        ("version", 1),
        ("drift", 6),
    ]);
    let mut notes = String::new();
    for pool in pools {
        let status = &pool.status;
        let prepared = status.engine.as_ref().map(|engine| &engine.prepared);
        table.row([
            status.pool_id.to_string(),
            state(pool).to_owned(),
            proof(pool).to_owned(),
            status.port.map(|port| port.to_string()).unwrap_or_default(),
            status.uptime_s.map(amount::seconds).unwrap_or_default(),
            status.rss_bytes.map(amount::bytes).unwrap_or_default(),
            status.gpu_memory_bytes.map(amount::bytes).unwrap_or_default(),
            prepared.map(|prepared| prepared.engine_version.clone()).unwrap_or_default(),
            drift(pool.drift).to_owned(),
        ]);
        if let Some(note) = note(pool) {
            notes.push_str(&wrapped(&format!("{}: {note}", status.pool_id), width, "  "));
        }
    }
    table.text(width) + &notes
}

/// What the engine does, in one word: also whether it answers.
fn state(pool: &HostPool) -> &'static str {
    match (pool.status.state, pool.status.health) {
        (PoolState::Running, Some(Health::Silent)) => Health::Silent.name(),
        (PoolState::Absent, _) => "stopped",
        (state, _) => state.name(),
    }
}

/// Whether it is on its GPUs: `cpu` where it is to use none, `due` where that was not looked at yet.
fn proof(pool: &HostPool) -> &'static str {
    let status = &pool.status;
    match (status.gpu_proof.as_ref().map(|proof| proof.verdict), status.engine.as_ref().filter(|_| status.lives())) {
        (Some(ProofVerdict::Proven), _) => "proven",
        (Some(ProofVerdict::Denied), _) => "DENIED",
        (Some(ProofVerdict::Undecided), _) => "undecided",
        (None, Some(engine)) if engine.prepared.accelerator == Accelerator::Cpu => "cpu",
        (None, Some(_)) => "due",
        (None, None) => NONE,
    }
}

fn drift(drift: Option<Drift>) -> &'static str {
    match drift {
        None => NONE,
        Some(Drift::None) => "none",
        Some(Drift::Changed) => "changed",
        Some(Drift::Restored) => "restored",
        Some(Drift::PoolRemoved) => "not in file",
        Some(Drift::FileGone) => "file gone",
        Some(Drift::FileUnreadable) => "file unreadable",
        Some(_) => "unknown",
    }
}

/// Why it does not run, or not as it is wanted.
fn note(pool: &HostPool) -> Option<String> {
    let status = &pool.status;
    if let Some(restored) = &status.restored {
        let code = restored.code.as_deref().map(|code| format!(" [{code}]")).unwrap_or_default();
        return Some(format!("an earlier engine runs, because the wanted one failed{code}"));
    }
    let exit = status.exit.as_ref();
    let cause = exit.and_then(|exit| Some(format!("{} [{}]", exit.cause.as_ref()?, exit.code.as_ref()?)));
    match (&status.why, cause) {
        (Some(why), Some(cause)) => Some(format!("{why}: {cause}")),
        (Some(why), None) => Some(why.clone()),
        (None, cause) => cause,
    }
}
