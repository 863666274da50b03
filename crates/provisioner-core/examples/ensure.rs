//! Plans a pool from a configuration file, then makes sure that its engine runs.
//!
//! `cargo run -p provisioner-core --example ensure -- FILE [POOL]`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::path::Path;

use provisioner_core::{Env, Happening, Observer, Settings, cfg, provider_with};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let file = args.first().ok_or("usage: ensure FILE [POOL]")?;
    let config = cfg::Config::load(Path::new(file))?;
    let pool = config.pool(args.get(1).map(String::as_str))?;

    let mut settings = Settings::from_env(Env::current())?;
    settings.observer = Observer::new(|event| match &event.what {
        Happening::Progress { done, total: Some(total), what, .. } => println!("[{done}/{total}] {what}"),
        other => println!("{other:?}"),
    });
    let provider = provider_with(pool, settings)?;

    let plan = provider.plan(pool.clone())?;
    println!("{plan}");
    if plan.blocked().is_some() {
        return Err("the plan is blocked; nothing was changed".into());
    }
    let ensured = provider.ensure_running(pool.clone())?;
    println!(
        "{} runs as {:?} at {} ({:?})",
        ensured.prepared.engine_version, ensured.instance, ensured.prepared.url, ensured.started
    );
    Ok(())
}
