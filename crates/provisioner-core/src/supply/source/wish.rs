//! What a pool wants of a build from source, lowered from its configuration: pure, and where what is not supported is
//! refused by name.

use config_schema::{PoolConfig, RepoKind};
use engine_store::Layout;
use llamacpp_build::{Definition, Generator, Source, Transport};

use crate::{Error, Result, Settings};

/// The reference that means a folder as it is now, committed or not, for those who work on the engine itself. A branch of
/// that name is `refs/heads/WORKTREE`.
const WORK_TREE: &str = "WORKTREE";

/// A build as a pool asks for it.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) source: Source,
    pub(crate) definitions: Vec<Definition>,
    /// As configured; otherwise ninja when it is there.
    pub(crate) generator: Option<Generator>,
    pub(crate) jobs: Option<u32>,
    pub(crate) layout: Layout,
    /// The reference, as configured: the source names its pinned commit instead where nothing else may be used.
    pub(crate) reference: String,
    /// The commit in the lock file, where that does not decide.
    pub(crate) pin: Option<String>,
}

impl Wish {
    /// What the pool's `source` says.
    pub(crate) fn of(pool: &PoolConfig, settings: &Settings) -> Result<Self> {
        let source = pool.provisioning.source.as_ref().ok_or_else(|| Error::NoSource { pool: pool.id.clone() })?;
        let transport = match source.repo.kind() {
            RepoKind::Https => Transport::Https,
            RepoKind::Ssh => Transport::Ssh,
            RepoKind::Local if source.git_ref.as_str() == WORK_TREE => Transport::WorkTree,
            RepoKind::Local => Transport::Local,
        };
        let flags = source.build.cmake_flags.iter().flatten();
        let definition =
            if source.build.allow_unsafe_cmake.unwrap_or(false) { Definition::trusted } else { Definition::new };
        let pin = settings.pins.as_ref().map(|pins| pins.commit(pool)).transpose()?.flatten();
        let pin = pin.map(|pin| pin.commit.as_str().to_owned());
        let locked = settings.pins.as_ref().is_some_and(|pins| pins.locked);
        let reference = source.git_ref.as_str().to_owned();
        if locked && transport == Transport::WorkTree {
            return Err(crate::PinError::WorkTree { pool: pool.id.clone() }.into());
        }
        let cache = source.build.cache_dir.as_ref().unwrap_or(&settings.cache_dir);
        Ok(Self {
            source: Source {
                repo: source.repo.as_str().to_owned(),
                transport,
                reference: pin.clone().filter(|_| locked).unwrap_or_else(|| reference.clone()),
                submodules: source.submodules.unwrap_or(false),
            },
            definitions: flags
                .map(|flag| definition(flag.name(), flag.type_(), flag.value()))
                .collect::<std::result::Result<_, _>>()?,
            generator: source.build.generator.as_deref().map(generator).transpose()?,
            jobs: source.build.jobs.map(Into::into),
            layout: Layout::new(cache)?,
            reference,
            pin: pin.filter(|_| !locked),
        })
    }
}

fn generator(name: &str) -> Result<Generator> {
    match name {
        "Ninja" => Ok(Generator::Ninja),
        "Unix Makefiles" => Ok(Generator::Make),
        other => Err(Error::UnsupportedGenerator { name: other.into() }),
    }
}

#[cfg(test)]
mod tests {
    use config_schema::CmakeFlag;
    use llamacpp_build::BuildError;

    use super::*;

    /// One grammar: the build takes every CMake flag that the configuration accepts, with the same parts, and refuses the others
    /// as no definition. (A secret's name is a definition, and refused for another reason.)
    #[test]
    fn what_the_configuration_accepts_is_what_the_build_takes() {
        let names = ["A", "_x9", "GGML_CUDA", "9A", "", "A-B", "A B", "Ä", "CMAKE_TOOLCHAIN_FILE", "HF_TOKEN"];
        let types = [
            "",
            ":BOOL",
            ":PATH",
            ":FILEPATH",
            ":STRING",
            ":INTERNAL",
            ":STATIC",
            ":UNINITIALIZED",
            ":",
            ":bool",
            ":X",
            ":BOOL:BOOL",
        ];
        let values = ["=", "=ON", "=a=b:c", "=86;89", "=/a b", "=ü", "=a\nb", "=\t", "=\0", "=\u{85}", "", "ON"];
        let mut accepted = 0;
        for prefix in ["-D", "-d", "", "-C"] {
            for (name, kind, value) in
                names.iter().flat_map(|n| types.iter().flat_map(move |t| values.map(|v| (n, t, v))))
            {
                let text = format!("{prefix}{name}{kind}{value}");
                let taken = |result| !matches!(result, Err(BuildError::BadDefinition { .. }));
                match text.parse::<CmakeFlag>() {
                    Ok(flag) => {
                        let built = Definition::trusted(flag.name(), flag.type_(), flag.value());
                        assert!(
                            built.as_ref().is_ok_and(|built| built.to_string() == text) || *name == "HF_TOKEN",
                            "{text:?}"
                        );
                        assert!(taken(Definition::parse_unsafe(&text)), "{text:?}");
                        accepted += 1;
                    }
                    Err(_) => assert!(!taken(Definition::parse_unsafe(&text)), "{text:?}"),
                }
            }
        }
        assert!(accepted > 100, "{accepted}");
    }
}
