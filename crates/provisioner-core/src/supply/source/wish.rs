//! What a pool wants of a build from source, lowered from its configuration: pure, and where what is not supported is
//! refused by name.

use config_schema::{PoolConfig, RepoKind};
use llamacpp_build::{Definition, Generator, Layout, Source, Transport};

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
            if source.build.allow_unsafe_cmake.unwrap_or(false) { Definition::parse_unsafe } else { Definition::parse };
        let cache = source.build.cache_dir.as_ref().unwrap_or(&settings.cache_dir);
        Ok(Self {
            source: Source {
                repo: source.repo.as_str().to_owned(),
                transport,
                reference: source.git_ref.as_str().to_owned(),
                submodules: source.submodules.unwrap_or(false),
            },
            definitions: flags.map(|flag| definition(&flag.to_string())).collect::<std::result::Result<_, _>>()?,
            generator: source.build.generator.as_deref().map(generator).transpose()?,
            jobs: source.build.jobs.map(Into::into),
            layout: Layout::new(cache)?,
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

