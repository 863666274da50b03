//! Chooses a g++ that nvcc accepts, by the limit in the toolkit's own `crt/host_config.h`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env};

use crate::error::GpuError;
use crate::layout::include_folders;

/// The longest a compiler may take to tell its version.
const DEADLINE: Duration = Duration::from_secs(10);
/// The oldest g++ that is looked for by name; nothing older can build llama.cpp.
const OLDEST: u32 = 7;
/// How far above the limit g++ is looked for, only to name what is installed.
const BEYOND: u32 = 20;

/// A compiler with its major version, where it told one.
type Found = (PathBuf, Option<u32>);

/// The compiler to hand to nvcc, or `None` where the one it takes by itself (`g++` on `PATH`) fits, or where the
/// toolkit states no limit.
pub(crate) fn choose(root: &Path, env: &Env) -> Result<Option<PathBuf>, GpuError> {
    let Some(limit) = limit(root) else {
        return Ok(None);
    };
    let fits = |found: &Found| found.1.is_some_and(|major| major <= limit);
    let default = find("g++", env);
    if default.as_ref().is_some_and(fits) {
        return Ok(None);
    }
    let named = |number: u32| find(&format!("g++-{number}"), env);
    if let Some((compiler, _)) = (OLDEST..=limit).rev().filter_map(named).find(fits) {
        return Ok(Some(compiler));
    }
    let installed: Vec<Found> = default.into_iter().chain((OLDEST..=limit + BEYOND).filter_map(named)).collect();
    if installed.is_empty() {
        return Err(GpuError::HostCompilerMissing { root: root.into(), limit });
    }
    let installed = installed.iter().map(describe).collect::<Vec<_>>().join(", ");
    Err(GpuError::HostCompilerTooNew { root: root.into(), limit, installed })
}

fn find(name: &str, env: &Env) -> Option<Found> {
    let path = env.find(name)?;
    let major = major_of(&path, env);
    Some((path, major))
}

/// `-dumpversion` alone prints only the major version of some builds, `-dumpfullversion` is unknown to old ones;
/// together they always print a version that starts with the major.
fn major_of(compiler: &Path, env: &Env) -> Option<u32> {
    let spec = CommandSpec::new(compiler, DEADLINE).args(["-dumpfullversion", "-dumpversion"]).inherit(env, &["PATH"]);
    let output = exec::run(&spec).and_then(|output| output.require_success(&spec)).ok()?;
    output.stdout_text().trim().split('.').next()?.parse().ok()
}

fn describe((path, major): &Found) -> String {
    match major {
        Some(major) => format!("g++ {major} (`{}`)", path.display()),
        None => format!("g++ of unknown version (`{}`)", path.display()),
    }
}

/// The newest major version of g++ that the toolkit's headers let through.
fn limit(root: &Path) -> Option<u32> {
    let headers = include_folders(root).into_iter().map(|folder| folder.join("crt/host_config.h"));
    headers.filter_map(|header| std::fs::read(header).ok()).find_map(|text| limit_in(&String::from_utf8_lossy(&text)))
}

/// From the line `#if __GNUC__ > 16`, which guards `#error -- unsupported GNU version!`.
fn limit_in(header: &str) -> Option<u32> {
    header.lines().find_map(|line| {
        let condition = line.trim().strip_prefix('#')?.trim_start().strip_prefix("if")?;
        let number = condition.trim_start().strip_prefix("__GNUC__")?.trim_start().strip_prefix('>')?;
        number.trim().parse().ok().filter(|limit| (1..1000).contains(limit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EP-14
    #[test]
    fn the_limit_in_a_header() {
        let real = "#if defined(__GNUC__)\n\n#if __GNUC__ > 13\n\n#error -- unsupported GNU version! gcc versions later \
            than 13 are not supported!\n\n#endif /* __GNUC__ > 13 */\n";
        assert_eq!(limit_in(real), Some(13));
        assert_eq!(limit_in("# if __GNUC__>15\n"), Some(15));
        assert_eq!(limit_in("/* __GNUC__ > 13 */\n#if defined(__GNUC__)\n#if __GNUC__ >= 4\n"), None);
        assert_eq!(limit_in(""), None);
    }
}
