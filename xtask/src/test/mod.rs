//! All tests of the repository with one command, and one line at the end that says how many passed.

mod adopted;
mod archives;
mod counts;
mod cuda_root;
mod programs;
pub(crate) mod rehearsal;
mod shards;
mod split_tool;

use std::time::Duration;

use exec::{CommandSpec, Env, Exit};

use self::counts::{Runner, run_and_count};
use crate::args::TestArgs;
use crate::failure::{Failure, Result};
use crate::{hf, packages, proc};

/// Makes the tables of flags, or checks them.
pub(crate) fn catalogue(check: bool) -> Result<()> {
    programs::catalogue(&Env::current(), check)
}

/// The tests that take a random sample each time take everything for so long: kills at every call of every verb, races with
/// kills, small limits.
fn soak(env: &Env, cargo: &dyn Fn() -> CommandSpec, minutes: u64) -> (Runner, CommandSpec) {
    const SWEEPS: [&str; 3] = ["kills::", "races::", "limits::"];
    let of_command = ["-p", "engine-provisioner", "--test", "it"];
    let (runner, mut spec) = if env.find("cargo-nextest").is_some() {
        (Runner::Nextest, cargo().args(["nextest", "run", "--profile", "soak"]).args(of_command).args(SWEEPS))
    } else {
        (Runner::Libtest, cargo().arg("test").args(of_command).arg("--").args(SWEEPS))
    };
    // Beside the sweeps themselves: the build, and the point or call that runs when the time is up.
    spec.deadline = Duration::from_secs(minutes.saturating_mul(60)).saturating_add(Duration::from_hours(1));
    (runner, spec.env("ENGINE_PROVISIONER_SOAK_MINUTES", minutes.to_string()))
}

/// Installs what is missing and runs everything. Programs that are tests come first, so that the runner's own closing
/// lines stay the last ones.
pub(crate) fn run(wish: TestArgs) -> Result<()> {
    let env = Env::current();
    packages::ensure(&env, &[packages::BUILD, packages::TESTS].concat())?;
    hf::ensure(&env)?;
    let mut counts = programs::run(&env, wish);
    let cargo = proc::cargo(&env)?;
    let cargo = || proc::command(&env, cargo.clone(), Duration::from_hours(1));
    let tests = if env.find("cargo-nextest").is_some() {
        (Runner::Nextest, cargo().args(["nextest", "run", "--workspace", "--no-fail-fast"]))
    } else {
        let all = ["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests", "--examples"];
        (Runner::Libtest, cargo().args(all))
    };
    let doc_tests = (Runner::Libtest, cargo().args(["test", "--doc", "--workspace", "--no-fail-fast"]));
    let mut ended_well = true;
    let soak = wish.soak_minutes.map(|minutes| soak(&env, &cargo, minutes));
    for (runner, spec) in [doc_tests, tests].into_iter().chain(soak) {
        let (exit, seen) = run_and_count(runner, &spec)?;
        ended_well &= exit == Exit::Code(0);
        counts.add(seen);
    }
    println!("{} passed, {} failed", counts.passed, counts.failed);
    if ended_well && counts.failed == 0 { Ok(()) } else { Err(Failure::new("not all tests passed")) }
}
