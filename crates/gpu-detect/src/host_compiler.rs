//! Every g++ and clang++ that nvcc could use, each asked once for its version.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env, Output};
use serde::Serialize;

use crate::card::entries;
use crate::host::Host;
use crate::memo::Memo;
use crate::nvcc;

/// The longest a compiler may take to tell its version.
const DEADLINE: Duration = Duration::from_secs(10);
/// The variables that name nvcc's host compiler: CMake's, then nvcc's own, which may also name its folder.
const VARIABLES: [&str; 2] = ["CUDAHOSTCXX", "NVCC_CCBIN"];

/// A C++ compiler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostCompiler {
    /// The program, as it is found on `PATH`.
    pub path: PathBuf,
    /// Which one it is.
    pub kind: CompilerKind,
    /// Its version, where it told one, such as `13.3.0`.
    pub version: Option<String>,
    /// What led to it.
    pub source: CompilerSource,
}

/// The compilers that nvcc takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CompilerKind {
    /// GCC's C++ compiler.
    Gxx,
    /// Clang's C++ compiler.
    Clangxx,
}

/// What led to a host compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CompilerSource {
    /// The configuration: used or refused, never replaced.
    Config,
    /// This environment variable: likewise.
    Variable(&'static str),
    /// The compiler that nvcc takes by itself: `g++` on `PATH`.
    Default,
    /// A name with a version on `PATH`, or a usual place.
    Found,
}

impl HostCompiler {
    /// The first number of its version.
    pub fn major(&self) -> Option<u32> {
        self.version.as_deref()?.split('.').next()?.parse().ok()
    }

    /// Whether somebody chose it, so that another one must not take its place silently.
    pub fn is_explicit(&self) -> bool {
        matches!(self.source, CompilerSource::Config | CompilerSource::Variable(_))
    }
}

impl fmt::Display for HostCompiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_deref().unwrap_or("of unknown version");
        write!(f, "{} {version} (`{}`)", self.kind, self.path.display())
    }
}

impl fmt::Display for CompilerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gxx => "g++",
            Self::Clangxx => "clang++",
        })
    }
}

/// The compilers of this host. Asks each for its version, all at once.
pub fn host_compilers(host: &Host, memo: &Memo) -> Vec<HostCompiler> {
    exec::parallel_map(candidates(host), |mut compiler| {
        compiler.version = version_of(&compiler, &host.env, memo);
        compiler
    })
}

/// The named one first, then what lies on `PATH`, each program once.
fn candidates(host: &Host) -> Vec<HostCompiler> {
    let named = host.wish.host_compiler.clone().map(|value| (CompilerSource::Config, value));
    let variable = |name| Some((CompilerSource::Variable(name), PathBuf::from(host.env.get(name)?)));
    let mut all = Vec::new();
    if let Some((source, value)) = named.or_else(|| VARIABLES.into_iter().find_map(variable)) {
        let found = value.to_str().and_then(|name| host.env.find(name));
        let path = found.unwrap_or_else(|| if value.is_dir() { value.join("g++") } else { value });
        // What is no text cannot be told to CMake; it stays in the list as a compiler that does not answer.
        let path = PathBuf::from(path.to_string_lossy().into_owned());
        let kind = path.file_name().and_then(kind_of).unwrap_or(CompilerKind::Gxx);
        all.push(HostCompiler { path, kind, version: None, source });
    }
    let search = std::env::split_paths(host.env.get("PATH").unwrap_or_default())
        .filter(|folder| folder.is_absolute() && folder.to_str().is_some());
    // Red Hat's newer and older compilers lie beside the system's.
    let extra = entries(&host.at("/opt/rh")).into_iter().map(|toolset| toolset.join("root/usr/bin"));
    // The first folder of `PATH` that has a name is the one that counts.
    let mut found: BTreeMap<(CompilerSource, String), PathBuf> = BTreeMap::new();
    for (folder, on_path) in search.map(|folder| (folder, true)).chain(extra.map(|folder| (folder, false))) {
        for path in entries(&folder) {
            let Some(name) = path.file_name().filter(|name| kind_of(name).is_some()) else { continue };
            let name = if on_path { name.to_string_lossy().into_owned() } else { path.display().to_string() };
            let source = if name == "g++" { CompilerSource::Default } else { CompilerSource::Found };
            found.entry((source, name)).or_insert(path);
        }
    }
    for ((source, _), path) in found {
        let Some(kind) = path.file_name().and_then(kind_of) else { continue };
        if !all.iter().any(|known: &HostCompiler| identity(&known.path) == identity(&path)) {
            all.push(HostCompiler { path, kind, version: None, source });
        }
    }
    all
}

/// `g++`, `g++-13`, `clang++-18`, and conda's `x86_64-conda-linux-gnu-g++`; a cross compiler is none of them.
fn kind_of(name: &OsStr) -> Option<CompilerKind> {
    let name = name.to_str()?;
    let name = name.strip_prefix(&format!("{}-conda-linux-gnu-", std::env::consts::ARCH)).unwrap_or(name);
    let (stem, version) = name.split_once("++").map(|(stem, rest)| (stem, rest.strip_prefix('-').unwrap_or(rest)))?;
    if !version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    match stem {
        "g" => Some(CompilerKind::Gxx),
        "clang" => Some(CompilerKind::Clangxx),
        _ => None,
    }
}

/// Which program a path leads to. A link to another program, as ccache's folder of compilers has them, keeps its own.
fn identity(path: &Path) -> PathBuf {
    let real = path.canonicalize().ok();
    let same_program = |real: &PathBuf| real.file_name().is_some_and(|name| name.to_string_lossy().contains("++"));
    real.filter(same_program).unwrap_or_else(|| path.to_owned())
}

/// GCC's `-dumpversion` alone prints only the major version of some builds, `-dumpfullversion` is unknown to old ones
/// and to clang.
fn version_of(compiler: &HostCompiler, env: &Env, memo: &Memo) -> Option<String> {
    let args: &[&str] = match compiler.kind {
        CompilerKind::Gxx => &["-dumpfullversion", "-dumpversion"],
        CompilerKind::Clangxx => &["-dumpversion"],
    };
    let spec = CommandSpec::new(&compiler.path, DEADLINE).args(args.iter().copied()).inherit(env, &["PATH"]);
    let text = nvcc::remembered(&spec, memo, Output::require_success).ok()?.trim().to_owned();
    text.starts_with(|c: char| c.is_ascii_digit()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let kind = |name: &str| kind_of(OsStr::new(name));
        assert_eq!(kind("g++"), Some(CompilerKind::Gxx));
        assert_eq!(kind("g++-13"), Some(CompilerKind::Gxx));
        assert_eq!(kind("clang++-18"), Some(CompilerKind::Clangxx));
        let conda = format!("{}-conda-linux-gnu-g++", std::env::consts::ARCH);
        assert_eq!(kind(&conda), Some(CompilerKind::Gxx));
        for other in ["gcc", "aarch64-linux-gnu-g++-12", "g++-mp", "clang-cpp", "libstdc++"] {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}
