//! Mode `package` with real parts: llama.cpp's own server in a package that the real pacman installs into a root of its own,
//! on a system that reads as Arch Linux to this program.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use exec::{Env, Exit};
use testkit::{ArchRoot, Package, is_root};

use super::{Clock, ID, home, model, planned, serve, source};
use crate::args::DemoArgs;
use crate::cli::{Cli, first_text};
use crate::failure::{Failure, Result};
use crate::packages;
use crate::pool::Pool;

/// The package.
const NAME: &str = "llama.cpp";
/// Its version and release.
const VERSION: &str = "0.5.0-1";

/// Builds the server or takes it from the store, packs it, and has it installed, started and asked. The engine is stopped in the
/// end: the root that it is installed in goes with this process.
pub(super) fn run(wish: &DemoArgs) -> Result<()> {
    let env = Env::current();
    let mut clock = Clock::default();
    let home = home(&env, wish.dir.as_deref())?;
    clock.phase("tools");
    packages::ensure(&env, packages::BUILD)?;
    clock.phase("source");
    let (repo, reference) = source(wish, &env, &home)?;
    clock.phase("model");
    let model = model(wish, &env, &home)?;
    clock.phase("cargo build");
    let mut cli = Cli::build(&env)?;
    if wish.dir.is_some() {
        cli = cli.contained(&home)?;
    }
    clock.phase("engine");
    let mut pool = Pool { id: ID.into(), repo, reference, model, accelerator: "cuda", flags: &[], cmake_flags: &[] };
    if let Some(reason) = cli.why_no_gpu(&pool.write(&home)?)? {
        println!("No GPU can be used here ({reason}); the pool says `accelerator = \"cpu\"`.");
        pool.accelerator = "cpu";
    }
    let program = built(&cli, &pool.write(&home)?)?;

    clock.phase("package");
    let arch = ArchRoot::new();
    arch.add(&Package { copies: &[("usr/bin/llama-server", &program)], ..Package::new(NAME, VERSION, &[]) });
    arch.refresh();
    println!("{NAME} {VERSION} with {} is in the repository of {}", program.display(), arch.at("root").display());
    let mut cli = Cli::at(&env, on_arch(&arch, cli.program())?);
    if wish.dir.is_some() {
        cli = cli.contained(&home)?;
    }
    let pool = Pool { id: format!("{ID}-package"), ..pool };
    let file = pool.write_finished(&home, MODE, &section())?;
    println!("Pool file: {}\n{}", file.display(), fs::read_to_string(&file)?);

    clock.phase("plan");
    cli.show(&["plan"], &file)?;
    clock.phase("prepare");
    cli.show(&["prepare"], &file)?;
    let (_, plan) = cli.ask(&["plan", "--json"], &file)?;
    let served = serve(&cli, &file, &mut clock).and_then(|()| planned::is_what_ran(&cli, &file, &plan));
    clock.phase("stop");
    let stopped = cli.show(&["stop"], &file);
    served.and(stopped)?;
    print!("{clock}");
    Ok(())
}

/// The program of a pool that is built from source.
fn built(cli: &Cli, file: &Path) -> Result<PathBuf> {
    let (exit, prepared) = cli.ask(&["prepare", "--json"], file)?;
    let path = first_text(&prepared, "binary_path").filter(|_| exit == Exit::Code(0));
    path.map(PathBuf::from).ok_or_else(|| Failure::new(format!("`prepare` ended with {exit}: {prepared}")))
}

/// A program that starts ours where `/etc/os-release` is that of the scratch system, and its pacman comes first.
fn on_arch(arch: &ArchRoot, program: &Path) -> Result<PathBuf> {
    let (path, bin) = (arch.at("engine-provisioner"), arch.at("bin"));
    let os_release = fs::canonicalize("/etc/os-release")?;
    let unshare = if is_root() { "unshare -m" } else { "unshare -rm" };
    let inside = r#"mount --bind "$1" "$2" && shift 2 && exec "$@""#;
    let text = format!(
        "#!/bin/sh\nPATH='{}':\"$PATH\"\nexport PATH\nexec {unshare} -- /bin/sh -c '{inside}' sh '{}' '{}' '{}' \"$@\"\n",
        bin.display(),
        arch.at("root/etc/os-release").display(),
        os_release.display(),
        program.display()
    );
    File::create(&path)?.write_all(text.as_bytes())?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// The lines of the pool's mode.
const MODE: &str = "mode = \"package\"\nallow_package_installs = true";

/// The package in the pool file.
fn section() -> String {
    format!("[pools.provisioning.package]\nname = \"{NAME}\"\nversion = \"{VERSION}\"\nrepo = \"extra\"\n")
}

#[cfg(test)]
mod tests {
    use config_schema::{Config, Format, ProvisioningMode};

    use super::*;

    #[test]
    fn the_file_is_one_that_our_program_reads() {
        let (repo, reference, model) = ("/r.bundle".into(), "main".into(), "/m/tiny.gguf".into());
        let pool = Pool { id: "p".into(), repo, reference, model, accelerator: "cpu", flags: &[], cmake_flags: &[] };
        let config = Config::parse(&pool.text(MODE, &section()), Format::Toml, "pool.toml").unwrap();
        let pool = config.pool(None).unwrap();
        assert_eq!(pool.mode(), ProvisioningMode::Package);
        assert_eq!(pool.provisioning.package.as_ref().unwrap().name.as_str(), NAME);
        assert!(pool.provisioning.source.is_none() && pool.provisioning.allow_package_installs == Some(true));
    }
}
