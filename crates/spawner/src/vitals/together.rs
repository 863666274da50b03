//! The vitals of many engines by one look at the processes and one at the sockets of the host.
//!
//! The rule: what is said of each engine is what [`vitals`](crate::vitals) says of it alone; only the looks are shared. A
//! process that comes or goes between them is missed or counted, as it is there.

use std::collections::BTreeMap;

use super::{Vitals, rss};
use crate::port::listener::{Listener, reaches};
use crate::port::sockets::{Socket, holder, listening, owner};
use crate::process::environ;
use crate::process::identity::{Engine, identify};
use crate::process::marks::{INSTANCE_VAR, POOL_VAR, RUN_VAR};
use crate::process::stat::{self, Environment};
use crate::record::host::Host;
use crate::{Record, SpawnError};

/// Looks at the processes of the engine of each record; nothing where it does not run. The results are in the order of
/// the records.
pub fn vitals_of_all(records: &[Record]) -> Result<Vec<Option<Vitals>>, SpawnError> {
    let host = Host::observe()?;
    // The handles keep the numbers from being given away until the looks are over.
    let leaders = records.iter().map(|record| match identify(record.clone(), &host)? {
        Engine::Alive(record, process) => Ok(Some((record, process))),
        _ => Ok(None),
    });
    let leaders = leaders.collect::<Result<Vec<_>, SpawnError>>()?;
    if leaders.iter().all(Option::is_none) {
        return Ok(leaders.into_iter().map(|_| None).collect());
    }
    let members = members()?;
    let sockets: Vec<Socket> = listening()?.collect();
    let vitals = |(record, leader): (Record, crate::process::Process)| {
        let others = members.iter().filter(|member| member.pid != leader.pid && member.is_of(&record));
        let pids: Vec<i32> = [leader.pid].into_iter().chain(others.map(|member| member.pid)).collect();
        let rss_bytes = pids.iter().map(|pid| rss(*pid)).sum();
        let listener = listener_of(&record, &pids, &sockets);
        Vitals { pids, rss_bytes, listener }
    };
    Ok(leaders.into_iter().map(|leader| leader.map(vitals)).collect())
}

/// The pools whose engines, or parts of them, live below `run_root` by what their processes carry, each with these
/// processes. A pool's folder and record need not exist.
pub fn living(run_root: &std::path::Path) -> Result<BTreeMap<String, Vec<i32>>, SpawnError> {
    let root = crate::process::marks::resolved(run_root);
    let mut found: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for member in members()? {
        let is_engine = member.instance.is_some() && member.run.as_deref() == Some(root.as_path());
        if let Some(pool) = member.pool.filter(|_| is_engine) {
            found.entry(pool).or_default().push(member.pid);
        }
    }
    Ok(found)
}

/// A living process that is a part of some engine, or in some engine's session.
#[derive(Debug)]
struct Member {
    pid: i32,
    session: i32,
    group: i32,
    start_ticks: u64,
    instance: Option<Vec<u8>>,
    pool: Option<String>,
    run: Option<std::path::PathBuf>,
}

impl Member {
    fn is_of(&self, record: &Record) -> bool {
        let in_session = self.session == record.pid || self.group == record.pid;
        let carries = self.instance.as_deref() == Some(record.instance.as_bytes());
        self.start_ticks >= record.start_ticks && (in_session || carries)
    }
}

/// All processes that this user may look into or that lead nothing of their own.
fn members() -> Result<Vec<Member>, SpawnError> {
    let myself = std::process::id();
    let pids = stat::all()?.filter(|pid| u32::try_from(*pid) != Ok(myself));
    let member = |pid: i32| {
        let facts = stat::read(pid).ok().filter(|facts| facts.dead.is_none())?;
        let environ = if facts.environment == Environment::None { None } else { environ::read(pid).ok() };
        let value = |name: &str| environ.as_ref().and_then(|environ| environ.value(name)).map(<[u8]>::to_vec);
        let text = |name: &str| value(name).and_then(|value| String::from_utf8(value).ok());
        let (session, group, start_ticks) = (facts.session, facts.group, facts.start_ticks);
        let (pool, run) = (text(POOL_VAR), text(RUN_VAR).map(Into::into));
        Some(Member { pid, session, group, start_ticks, instance: value(INSTANCE_VAR), pool, run })
    };
    Ok(pids.filter_map(member).collect())
}

fn listener_of(record: &Record, pids: &[i32], sockets: &[Socket]) -> Listener {
    if record.port == 0 {
        return Listener::NoPort;
    }
    let is_reached =
        |socket: &&Socket| socket.address.port() == record.port && reaches(&record.host, socket.address.ip());
    let mut reached = sockets.iter().filter(is_reached).peekable();
    if reached.peek().is_none() {
        return Listener::Nobody;
    }
    let foreign = reached.find(|socket| owner(socket.inode, pids.iter().copied()).is_none());
    foreign.map_or(Listener::Ours, |socket| Listener::Foreign(holder(socket)))
}
