//! The engine out of archives: packed by the real tar with zstd and xz, downloaded from a server on this host, checked,
//! unpacked, started and asked.

use std::fs;

use exec::Env;
use testkit::web::{Authority, Web};

use super::engine::Engine;
use super::{Clock, fetch, planned, serve};
use crate::args::DemoArgs;
use crate::cli::Cli;
use crate::failure::{Failure, Result};
use crate::{packages, proc};

/// Endings of archives, each with the program that `tar` compresses with.
const FORMATS: [(&str, &str); 2] = [("tar.zst", "--zstd"), ("tar.xz", "--xz")];

/// Runs all phases.
pub(super) fn run(wish: &DemoArgs) -> Result<()> {
    let (env, mut clock) = (Env::current(), Clock::default());
    packages::ensure(&env, packages::ARCHIVES)?;
    let engine = Engine::build(wish, &env, &mut clock)?;
    let authority = Authority::create(engine.dir.path());
    let cli = engine.cli.clone().with("SSL_CERT_FILE", authority.file.clone());
    for (ending, compress) in FORMATS {
        clock.phase(ending);
        let archive = engine.dir.path().join(format!("llama.{ending}"));
        let folder = engine.folder()?;
        let parent = folder.parent().unwrap_or(folder);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let target = archive.display().to_string();
        proc::capture(&proc::tool(&env, &["tar", compress, "-cf", &target, &name], parent)?)?;
        let digest = fetch::digest(&archive)?;
        let web = Web::file(Some(&authority), fs::read(&archive)?);
        let url = format!("url = \"{}/llama.{ending}\"", web.url);
        let checksum = format!("checksum = \"sha256:{digest}\"");
        let sections = [
            "mode = \"binary\"",
            "allow_binary_downloads = true",
            "ports = [8140, 8141, 8142]",
            "",
            "[pools.provisioning.binary]",
            &url,
            &checksum,
        ];
        let id = format!("demo-{}", ending.replace('.', "-"));
        let file = engine.pool(&id, true, &sections)?;
        let served = once(&cli, &file, &mut clock);
        clock.phase("stop");
        let stopped = cli.show(&["stop"], &file);
        served.and(stopped)?;
        if web.asked().len() != 1 {
            return Err(Failure::new(format!("the archive was asked for {} times, not once", web.asked().len())));
        }
        // From the store, with no server any more.
        drop(web);
        clock.phase("again");
        cli.show(&["prepare"], &file)?;
    }
    print!("{clock}");
    Ok(())
}

fn once(cli: &Cli, file: &std::path::Path, clock: &mut Clock) -> Result<()> {
    cli.show(&["plan"], file)?;
    let (_, plan) = cli.ask(&["plan", "--json"], file)?;
    serve(cli, file, clock)?;
    planned::is_what_ran(cli, file, &plan)
}
