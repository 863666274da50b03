//! The engine as one that others installed, and then as one that others run, which is used, left running, and lost.

use std::path::Path;

use exec::{Env, Exit};
use serde_json::Value;

use super::answer::{self, QUESTION};
use super::engine::Engine;
use super::{Clock, planned};
use crate::args::DemoArgs;
use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::pool::toml_string;

/// The key that the engine of others asks for; it is no secret, and the demo shows that it is treated like one.
const KEY: &str = "key-of-the-demo";

/// Runs all phases; the engine is stopped again, also when a later phase fails.
pub(super) fn run(wish: &DemoArgs) -> Result<()> {
    let (env, mut clock) = (Env::current(), Clock::default());
    let engine = Engine::build(wish, &env, &mut clock)?;
    let cli = engine.cli.clone().with("LLAMA_API_KEY", KEY);
    let program = format!("external = {{ path = {} }}", toml_string(&engine.program.display().to_string()));
    let own = ["mode = \"external\"", "ports = [8143, 8144, 8145]", "secret_env = [\"LLAMA_API_KEY\"]", &program];
    let installed = engine.pool("demo-installed", true, &own)?;
    let used = installed_then_run(&engine, &cli, &installed, &mut clock);
    clock.phase("stop");
    // Done already where everything went well; it is safe to repeat.
    let stopped = cli.show(&["stop"], &installed);
    used.and(stopped)?;
    print!("{clock}");
    Ok(())
}

fn installed_then_run(engine: &Engine, cli: &Cli, installed: &Path, clock: &mut Clock) -> Result<()> {
    clock.phase("path");
    let (_, plan) = cli.ask(&["plan", "--json"], installed)?;
    cli.show(&["ensure", "--wait"], installed)?;
    planned::is_what_ran(cli, installed, &plan)?;
    let (host, port) = cli.address(installed)?;
    let url = format!("http://{host}:{port}");
    asked(&url)?;
    cli.show(&["status"], installed)?;

    clock.phase("url");
    let address = format!("external = {{ url = {} }}", toml_string(&url));
    let run = engine.pool("demo-run", false, &["mode = \"external\"", "secret_env = [\"LLAMA_API_KEY\"]", &address])?;
    cli.show(&["plan"], &run)?;
    cli.show(&["ensure", "--wait"], &run)?;
    let (_, ensured) = cli.ask(&["ensure", "--json"], &run)?;
    let at = ensured.get("url").and_then(Value::as_str).unwrap_or_default();
    asked(at)?;
    state(cli, &run, "running", Exit::Code(0))?;

    clock.phase("let go");
    let (_, stopped) = cli.ask(&["stop", "--json"], &run)?;
    must(stopped.get("stopped").is_some_and(|how| how == "left_running"), &format!("`stop` says {stopped}"))?;
    asked(&url)?;

    clock.phase("lost");
    cli.show(&["ensure"], &run)?;
    cli.show(&["stop"], installed)?;
    state(cli, &run, "unreachable", Exit::Code(8))?;
    cli.show(&["stop"], &run)?;
    state(cli, &run, "absent", Exit::Code(6))
}

/// Asks the engine at this address, and shows what it answers.
fn asked(url: &str) -> Result<()> {
    let answer = answer::ask_at(url, Some(KEY))?;
    println!("\nQ: {QUESTION}\nA: {answer}\n");
    Ok(())
}

/// The state that `status` reports, and how it ends.
fn state(cli: &Cli, file: &Path, expected: &str, exits: Exit) -> Result<()> {
    let (exit, status) = cli.ask(&["status", "--json"], file)?;
    println!("status: {status}");
    let found = status.get("state").and_then(Value::as_str);
    must(found == Some(expected) && exit == exits, &format!("not `{expected}`, but {status} with {exit}"))?;
    must(!status.to_string().contains(KEY), "`status` shows the key")
}

fn must(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Failure::new(what)) }
}
