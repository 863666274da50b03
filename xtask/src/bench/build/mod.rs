//! What is promised of builds, measured in one run: each figure beside its goal, whether it is met or not.

mod interrupted;
mod table;
mod watched;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::Env;
use serde_json::Value;

use self::table::{Line, Table};
use self::watched::{Watch, watched};
use super::trace::starts;
use super::{cold, median, shared};
use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::pool::Pool;
use crate::proc;

/// One option more than the first build had: a few files of it are new, most are not.
const CHANGED: &[&str] = &["-DGGML_RPC=ON"];

/// How often a second pool is measured.
const ROUNDS: usize = 20;

/// What all rows need.
struct Bench<'a> {
    env: &'a Env,
    cli: &'a Cli,
    pool: &'a Pool,
    scratch: &'a Path,
    rounds: u32,
}

/// The table, as text.
pub(super) fn measure(env: &Env, cli: &Cli, pool: &Pool, scratch: &Path, rounds: u32, subject: &str) -> Result<String> {
    let bench = Bench { env, cli, pool, scratch, rounds };
    let mut table = Table::new(subject);
    let cold = bench.cold(&mut table)?;
    bench.changed(cold, &mut table)?;
    bench.second_pool(&mut table)?;
    bench.at_once(&mut table)?;
    interrupted::measure(&bench, cold, &mut table)?;
    Ok(table.to_string())
}

impl Bench<'_> {
    /// A home of its own, with our program in it and the pool's file.
    fn home(&self, name: &str) -> Result<(PathBuf, Cli, PathBuf)> {
        let home = self.scratch.join(name);
        let file = self.pool.write(&home)?;
        Ok((home.clone(), self.cli.clone().contained(&home)?, file))
    }

    /// From nothing, in turn with the same work by hand; our own memory is watched meanwhile.
    fn cold(&self, table: &mut Table) -> Result<Duration> {
        let (mut ours, mut by_hand, mut configure, mut peak) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for round in 1..=self.rounds {
            let (home, cli, file) = self.home(&format!("cold-{round}"))?;
            let (_, plan) = cli.ask(&["plan", "--json"], &file)?;
            let spec = cli.command(&["prepare"], &file);
            let seen = watched(&spec, &mut |_| Watch::On)?;
            seen.output.require_success(&spec)?;
            ours.push(seen.took);
            peak = seen.peak.max(peak);
            let hand = cold::hand_made(self.env, self.pool, &plan, &home.join("by-hand"))?;
            by_hand.push(hand.whole);
            configure.push(hand.configure);
        }
        let (ours, by_hand) = (median(ours), median(by_hand));
        let what = format!("cold build, median of {} (beside: by hand)", self.rounds);
        table.add(Line::ratio(what, ours, by_hand, 1.01));
        table.add(Line::megabytes("our own peak memory beside the build", peak, 15));
        table.note(format!("CMake alone takes {} of the build by hand.", super::shown(median(configure))));
        Ok(ours)
    }

    /// Another key whose objects ccache knows, but for a few.
    fn changed(&self, cold: Duration, table: &mut Table) -> Result<()> {
        let mut times = Vec::new();
        for round in 1..=self.rounds {
            let home = self.scratch.join(format!("cold-{round}"));
            let cli = self.cli.clone().contained(&home)?;
            let pool = Pool { id: "changed".into(), cmake_flags: CHANGED, ..self.pool.clone() };
            let file = pool.write(&home)?;
            let spec = cli.command(&["prepare"], &file);
            times.push(proc::capture(&spec)?.elapsed);
        }
        let what = format!("one option changed ({}), ccache warm (beside: cold)", CHANGED.join(" "));
        table.add(Line::ratio(what, median(times), cold, 0.15));
        Ok(())
    }

    /// A pool that nobody has prepared yet, with a build that is in the store.
    fn second_pool(&self, table: &mut Table) -> Result<()> {
        let home = self.scratch.join("cold-1");
        let cli = self.cli.clone().contained(&home)?;
        let mut times = Vec::new();
        for number in 1..=ROUNDS {
            let ask = shared::prepare(&cli, self.pool, &home, format!("second-{number}"))?;
            times.push(proc::capture(&ask)?.elapsed);
        }
        let trace = self.scratch.join("execve");
        let mut spec = shared::prepare(&cli, self.pool, &home, "second-traced".into())?;
        let argv = [vec![spec.program.into_os_string()], spec.args].concat();
        spec.program = proc::find(self.env, "strace")?;
        spec.args = ["-f", "--seccomp-bpf", "-ttt", "-e", "trace=execve", "-o"].map(Into::into).into();
        proc::capture(&spec.arg(&trace).args(argv))?;
        let programs: Vec<String> = starts(&fs::read_to_string(&trace)?).into_iter().skip(1).collect();
        let what = format!("second pool with the same key, median of {ROUNDS}");
        table.add(Line::at_most(what, median(times), Duration::from_millis(20)));
        table.add(Line::count("programs that it runs (execve)", programs.len(), 0));
        if !programs.is_empty() {
            table.note(format!("A second pool runs {}.", programs.join(", ")));
        }
        Ok(())
    }

    /// Many processes that want one new build: a fresh store, and what ccache knows from before.
    fn at_once(&self, table: &mut Table) -> Result<()> {
        let (home, cli, _) = self.home("at-once")?;
        let ccache = |home: &Path| home.join("cache/v1/ccache");
        let from = ccache(&self.scratch.join(format!("cold-{}", self.rounds)));
        if from.is_dir() {
            let to = ccache(&home);
            fs::DirBuilder::new().recursive(true).mode(0o700).create(home.join("cache/v1"))?;
            fs::rename(from, to)?;
        }
        let asks = (1..=shared::PROCESSES).map(|n| shared::prepare(&cli, self.pool, &home, format!("pool-{n}")));
        let (took, outputs) = shared::at_once(&asks.collect::<Result<Vec<_>>>()?)?;
        let digests = outputs.iter().map(|output| -> Result<String> {
            let summary: Value = serde_json::from_slice(&output.stdout)?;
            let digest = summary.get("engine_digest").and_then(Value::as_str);
            Ok(digest.ok_or_else(|| Failure::new(format!("`prepare` names no digest: {summary}")))?.to_owned())
        });
        let mut digests = digests.collect::<Result<Vec<_>>>()?;
        let results = digests.len();
        digests.dedup();
        if digests.len() != 1 {
            return Err(Failure::new(format!("{results} processes got different servers: {digests:?}")));
        }
        let (took, builds) = shared::builds((took, outputs));
        let what = format!("builds that {results} processes at once make for {results} results, ccache warm");
        table.add(Line::count(what, builds, 1).after(took));
        Ok(())
    }
}
