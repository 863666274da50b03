//! The programs of a kit: linked with the C library of Debian 11, so that they start on glibc 2.31 and newer, and started once
//! with that library to prove it. Where that system cannot be had, they are linked with this host's, and the kit states the
//! version they need.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env};

use crate::failure::Result;
use crate::{cli, packages, proc};

/// The package and arguments of each build.
const BUILDS: [&[&str]; 2] = [
    &["-p", "engine-provisioner", "-p", "xtask"],
    &["-p", "gpu-detect", "--example", "gpu_facts", "--example", "nvml_calls"],
];
const NAMES: [&str; 4] = ["engine-provisioner", "xtask", "examples/gpu_facts", "examples/nvml_calls"];
/// The only target for which a kit is packed: NVIDIA's data centre hosts.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// Where Debian keeps libraries, and what is linked with.
const LIBRARIES: [&str; 2] = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];
/// An old system's libraries and headers, and nothing to run.
const SYSROOT: [&str; 4] = ["mmdebstrap", "--variant=extract", "--include=libc6-dev,libgcc-10-dev", "bullseye"];

/// Builds them into `bin` and returns the oldest glibc on which they start.
pub(super) fn build(env: &Env, home: &Path, bin: &Path) -> Result<String> {
    let sysroot = sysroot(env, home);
    let cargo = proc::cargo(env)?;
    let flags = sysroot.as_deref().map(link_with).unwrap_or_default();
    let target = cli::target_directory(env)?;
    for build in BUILDS {
        let words = [&["build", "--release", "--locked", "--target", TARGET], build].concat();
        proc::with_terminal(&cargo, &words, &[("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", flags.as_ref())])?;
    }
    fs::create_dir_all(bin)?;
    let mut floor = (0, 0);
    for name in NAMES {
        let built = target.join(TARGET).join("release").join(name);
        let kept = bin.join(name.rsplit('/').next().unwrap_or(name));
        fs::copy(&built, &kept)?;
        let symbols = proc::capture(&proc::tool(env, &["objdump", "-T", &kept.display().to_string()], home)?)?;
        floor = floor.max(newest(&symbols.stdout_text()));
    }
    if let Some(root) = &sysroot {
        let loader = root.join("lib64/ld-linux-x86-64.so.2");
        let libraries = root.join(LIBRARIES[1]);
        let spec = CommandSpec::new(loader, Duration::from_mins(1)).arg("--library-path").arg(libraries);
        proc::capture(&spec.arg(bin.join("engine-provisioner")).arg("--version"))
            .map_err(|failure| failure.while_doing("starting the program with Debian 11's C library"))?;
    }
    Ok(format!("{}.{}", floor.0, floor.1))
}

/// Debian 11's libraries below `home`; `None` where mmdebstrap is not to be had.
fn sysroot(env: &Env, home: &Path) -> Option<PathBuf> {
    let kept = home.join("sysroot");
    if kept.is_dir() {
        return Some(kept);
    }
    let made = packages::ensure(env, &[("mmdebstrap", "mmdebstrap")]).and_then(|()| {
        let scratch = tempfile::Builder::new().prefix("sysroot.").tempdir_in(home)?;
        let root = scratch.path().join("root");
        proc::capture(&proc::tool(env, &SYSROOT, home)?.arg(&root))?;
        for folder in ["lib64", LIBRARIES[0], LIBRARIES[1]] {
            keep_links_inside(&root, folder)?;
        }
        Ok(fs::rename(root, &kept)?)
    });
    match made {
        Ok(()) => Some(kept),
        Err(why) => {
            println!("no Debian 11 to link with; the programs need this host's glibc: {why}");
            None
        }
    }
}

/// Rustc's arguments: this system's compiler looks beside itself first, unless `-B` names another folder.
fn link_with(root: &Path) -> String {
    let folders = LIBRARIES.map(|folder| format!(" -C link-arg=-B{}", root.join(folder).display()));
    format!("-C link-arg=--sysroot={}{}", root.display(), folders.concat())
}

/// Absolute links of an unpacked system lead to this host's files; makes them relative.
fn keep_links_inside(root: &Path, folder: &str) -> Result<()> {
    let up = "../".repeat(folder.split('/').count());
    for entry in fs::read_dir(root.join(folder))? {
        let path = entry?.path();
        let Some(target) = fs::read_link(&path).ok().filter(|target| target.is_absolute()) else { continue };
        fs::remove_file(&path)?;
        symlink(format!("{up}{}", target.display().to_string().trim_start_matches('/')), &path)?;
    }
    Ok(())
}

/// The newest version of glibc whose symbols a program needs, from `objdump -T`.
fn newest(symbols: &str) -> (u32, u32) {
    let version = |rest: &str| {
        let mut parts = rest.split(|c: char| !c.is_ascii_digit());
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    symbols.split("GLIBC_").skip(1).filter_map(version).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for folder in LIBRARIES {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::File::create(root.join("lib/x86_64-linux-gnu/libdl.so.2")).unwrap();
        let link = root.join("usr/lib/x86_64-linux-gnu/libdl.so");
        symlink("/lib/x86_64-linux-gnu/libdl.so.2", &link).unwrap();
        symlink("libdl.so", root.join("usr/lib/x86_64-linux-gnu/other.so")).unwrap();
        keep_links_inside(root, LIBRARIES[0]).unwrap();
        assert_eq!(link.canonicalize().unwrap(), root.canonicalize().unwrap().join("lib/x86_64-linux-gnu/libdl.so.2"));
        let flags = link_with(Path::new("/s"));
        assert_eq!(
            flags,
            "-C link-arg=--sysroot=/s -C link-arg=-B/s/usr/lib/x86_64-linux-gnu -C link-arg=-B/s/lib/x86_64-linux-gnu"
        );
    }

    #[test]
    fn the_newest_symbol_is_the_floor() {
        let symbols = "0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.2.5) free\n\
                       0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.30) gettid\n\
                       0000000000000000      DF *UND*\t0000000000000000 (GCC_3.0)   _Unwind_Resume\n\
                       0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.9) pipe2\n";
        assert_eq!(newest(symbols), (2, 30));
        assert_eq!(newest(""), (0, 0));
    }
}
