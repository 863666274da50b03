//! The processes of one engine: its leader, its session, and everything that carries its token.
//!
//! A process is a member when its environment holds the engine's token, or when it is in the engine's session or
//! process group while that number is certainly still the engine's: the kernel gives a number away only when no
//! process, session or group uses it any more, so it is enough that the leader (even as a zombie) or one member of
//! the session is still there. Each is held by its own pidfd and looked at again after that was opened.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::process::environ;
use crate::process::marks::{tender_mark_of, token_of};
use crate::process::stat::{self, Environment, Facts};
use crate::process::{Process, wait_any};
use crate::{Record, SpawnError};

/// The living processes of one engine that were found so far.
#[derive(Debug)]
pub(crate) struct Family {
    token: Vec<u8>,
    /// The mark of the engine's tender.
    mark: Vec<u8>,
    /// The leader's number and start time, where known.
    leader: Option<(i32, u64)>,
    /// No member is older: all descend from the leader.
    since: u64,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    process: Process,
    role: Role,
    asked: Option<Signal>,
    /// Why the system does not let us signal it.
    barred: Option<SpawnError>,
}

/// What a process is to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A part of it.
    Engine,
    /// Its tender: it ends by itself when the engine has, and is no part of what the engine was asked to end.
    Tender,
}

impl Family {
    /// The family of an engine known by its token alone.
    pub(crate) fn of_token(instance: &str) -> Self {
        Self { token: token_of(instance), mark: tender_mark_of(instance), leader: None, since: 0, members: Vec::new() }
    }

    /// The family of an engine whose leader was proven to be there a moment ago, alive or as a zombie.
    pub(crate) fn of_leader(record: &Record) -> Self {
        let stands = stat::read(record.pid).is_ok_and(|facts| facts.start_ticks == record.start_ticks);
        // Where the leader is gone by now, what the record says of times may be that of another time namespace.
        let since = if stands { record.start_ticks } else { 0 };
        Self { leader: Some((record.pid, record.start_ticks)), since, ..Self::of_token(&record.instance) }
    }

    /// The family of an engine that was found by what its processes carry, and of which `leader` (number and start time)
    /// carries it too.
    pub(crate) fn of_found(instance: &str, leader: Option<(i32, u64)>) -> Self {
        Self { leader, ..Self::of_token(instance) }
    }

    /// Adds a process that is proven already.
    pub(crate) fn add(&mut self, process: Process) {
        self.join(process, Role::Engine);
    }

    fn join(&mut self, process: Process, role: Role) {
        self.members.push(Member { process, role, asked: None, barred: None });
    }

    /// Forgets members that have ended and finds those not yet known. Says whether any live.
    pub(crate) fn sweep(&mut self) -> Result<bool, SpawnError> {
        self.forget_the_dead()?;
        let myself = std::process::id();
        for pid in stat::all()? {
            let known = self.members.iter().any(|member| member.process.pid == pid);
            if known || u32::try_from(pid) == Ok(myself) || self.role_of(pid).is_none() {
                continue;
            }
            let Some(process) = Process::open(pid)? else {
                continue;
            };
            // The number may have changed hands between the look and the opening: look again, now that it cannot.
            if let Some(role) = self.role_of(pid).filter(|_| process.has_exited().is_ok_and(|exited| !exited)) {
                self.join(process, role);
            }
        }
        Ok(!self.members.is_empty())
    }

    fn forget_the_dead(&mut self) -> Result<(), SpawnError> {
        let processes: Vec<&Process> = self.members.iter().map(|member| &member.process).collect();
        let mut exited = wait_any(&processes, Duration::ZERO)?.into_iter();
        self.members.retain(|_| !exited.next().unwrap_or(false));
        Ok(())
    }

    fn role_of(&self, pid: i32) -> Option<Role> {
        let facts = stat::read(pid).ok().filter(|facts| facts.dead.is_none() && facts.start_ticks >= self.since)?;
        if self.owns_session_of(facts) {
            return Some(Role::Engine);
        }
        if facts.environment == Environment::None {
            return None;
        }
        let environ = environ::read(pid).ok()?;
        if environ.has(&self.token) { Some(Role::Engine) } else { environ.has(&self.mark).then_some(Role::Tender) }
    }

    fn owns_session_of(&self, facts: Facts) -> bool {
        let Some((leader, start_ticks)) = self.leader else {
            return false;
        };
        if facts.session != leader && facts.group != leader {
            return false;
        }
        // Asked after the session was read: whoever keeps the number now has kept it all the time.
        let leader_stands = stat::read(leader).is_ok_and(|facts| facts.start_ticks == start_ticks);
        leader_stands || self.members.iter().any(|member| member.process.is_alive_in(leader))
    }

    /// Sends `signal` once to every member that has not had it; to a tender only what ends it for certain. Says whether a
    /// part of the engine took it.
    pub(crate) fn ask(&mut self, signal: Signal) -> Result<bool, SpawnError> {
        let mut asked = false;
        for member in self.members.iter_mut().filter(|member| member.asked != Some(signal)) {
            let engine = member.role == Role::Engine;
            if !engine && signal == Signal::TERM {
                continue;
            }
            member.asked = Some(signal);
            match member.process.signal(signal) {
                Ok(()) => asked |= engine,
                // The others are asked all the same.
                Err(error @ SpawnError::NotPermitted { .. }) => {
                    member.barred = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            }
            if signal == Signal::TERM {
                // A suspended process takes the request only when it goes on.
                member.process.signal(Signal::CONT)?;
            }
        }
        Ok(asked)
    }

    /// Waits until all known members have ended, for at most `limit`.
    pub(crate) fn wait_all(&mut self, limit: Duration) -> Result<(), SpawnError> {
        let started = Instant::now();
        while !self.members.is_empty() && started.elapsed() < limit {
            let processes: Vec<&Process> = self.members.iter().map(|member| &member.process).collect();
            wait_any(&processes, limit.saturating_sub(started.elapsed()))?;
            self.forget_the_dead()?;
        }
        Ok(())
    }

    /// When none is left but members that we may not signal: why.
    pub(crate) fn barred(&mut self) -> Option<SpawnError> {
        if self.engine().any(|member| member.barred.is_none()) {
            return None;
        }
        self.members.iter_mut().find_map(|member| member.barred.take())
    }

    /// Whether nothing is left but the tender.
    pub(crate) fn is_over(&self) -> bool {
        self.engine().next().is_none()
    }

    /// The numbers of the engine's processes.
    pub(crate) fn pids(&self) -> Vec<i32> {
        self.engine().map(|member| member.process.pid).collect()
    }

    fn engine(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.role == Role::Engine)
    }
}
