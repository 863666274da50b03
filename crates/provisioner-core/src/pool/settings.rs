//! What is the same for all pools of one host: where things are kept, and the environment.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cancel::Cancel;
use exec::{Env, Keeper};
use gpu_detect::Probe;
use spawner::Tender;

use crate::runtime::helper::Helper;
use crate::{BuildSlots, Error, Observer, Pins, PlanFile, Reservation, Result};

/// Settings of a provider.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Engines that were built, sources, models that were fetched.
    pub cache_dir: PathBuf,
    /// Records, logs and summaries of engines that run.
    pub run_dir: PathBuf,
    /// Where the system's own files are: `/`. What kind of system it is, is read from there.
    pub system_root: PathBuf,
    /// The environment: PATH, CUDA variables, proxies, and the values of a pool's `secret_env`.
    pub env: Env,
    /// This program once more, for what has to happen in a process of its own: asking the GPU driver's library, which may
    /// hang or crash; keeping an engine's log within its limit once this process is gone; ending a build when this
    /// process is killed. Without one, threads of this process do the first two as long as it lives, and nobody the
    /// third. See [`helper_main`](crate::helper_main).
    pub helper: Option<Helper>,
    /// Whether an engine that runs with another configuration is stopped and replaced.
    pub replace: bool,
    /// Plans that were approved: with them, `prepare` and `ensure` do nothing else, and refuse a pool whose plan is stale.
    pub approved: Option<Arc<PlanFile>>,
    /// What pools are pinned to, by the lock file beside their pool file.
    pub pins: Option<Arc<Pins>>,
    /// The pool file that the pools are from, as an absolute path: `status` of the whole host reports how it and the
    /// engines differ.
    pub pool_file: Option<PathBuf>,
    /// What the other pools of the same call are going to take: their ports are not given to this one.
    pub reserved: Arc<Vec<Reservation>>,
    /// How many builds of this process may be under way at once; no limit of its own if `None`. The compilers of all builds
    /// of the host share its CPUs in any case.
    pub builds: Option<BuildSlots>,
    /// How long an engine is watched for an exit right after its start before `ensure` returns.
    pub early_exit: Duration,
    /// Receives what happens.
    pub observer: Observer,
    /// Every wait, download, build and lock looks at it: once it is cancelled, calls return `core::cancelled` within a
    /// second. What was staged is resumed by the next call.
    pub cancel: Cancel,
}

impl Settings {
    /// The folders by the usual rules, in this order:
    ///
    /// - cache: `$ENGINE_PROVISIONER_CACHE_DIR`, `$XDG_CACHE_HOME/engine-provisioner`, `~/.cache/engine-provisioner`
    /// - run: `$ENGINE_PROVISIONER_RUN_DIR`, `/run/engine-provisioner` for root, `$XDG_RUNTIME_DIR/engine-provisioner`,
    ///   `$XDG_STATE_HOME/engine-provisioner/run`, `~/.local/state/engine-provisioner/run`
    ///
    /// A variable that holds no absolute path is ignored, as the
    /// [XDG rules](https://specifications.freedesktop.org/basedir-spec/latest/) want it.
    pub fn from_env(env: Env) -> Result<Self> {
        let dir = |name: &str| env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = |below: &str| dir("HOME").map(|home| home.join(below));
        let ours = |base: PathBuf| base.join("engine-provisioner");
        let cache =
            dir("ENGINE_PROVISIONER_CACHE_DIR").or_else(|| dir("XDG_CACHE_HOME").or_else(|| home(".cache")).map(ours));
        let root = nix::unistd::geteuid().is_root().then(|| PathBuf::from("/run"));
        let state = || dir("XDG_STATE_HOME").or_else(|| home(".local/state")).map(|base| ours(base).join("run"));
        let run = dir("ENGINE_PROVISIONER_RUN_DIR")
            .or_else(|| root.or_else(|| dir("XDG_RUNTIME_DIR")).map(ours))
            .or_else(state);
        Ok(Self {
            cache_dir: cache.ok_or(Error::NoFolder { what: "cache", variable: "ENGINE_PROVISIONER_CACHE_DIR" })?,
            run_dir: run.ok_or(Error::NoFolder { what: "run", variable: "ENGINE_PROVISIONER_RUN_DIR" })?,
            system_root: "/".into(),
            env,
            helper: None,
            replace: false,
            approved: None,
            pins: None,
            pool_file: None,
            reserved: Arc::default(),
            builds: None,
            early_exit: Duration::from_millis(300),
            observer: Observer::default(),
            cancel: Cancel::new(),
        })
    }

    pub(crate) fn probe(&self) -> Option<Probe> {
        self.helper.as_ref().map(Helper::probe)
    }

    pub(crate) fn tender(&self) -> Option<Tender> {
        self.helper.as_ref().map(Helper::tender)
    }

    pub(crate) fn keeper(&self) -> Option<Keeper> {
        self.helper.as_ref().map(Helper::keeper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cache(pairs: &[(&str, &str)], expected: Option<&str>) {
        let env = Env::from_pairs(pairs.iter().copied().chain([("ENGINE_PROVISIONER_RUN_DIR", "/r")]));
        assert_eq!(Settings::from_env(env).ok().map(|s| s.cache_dir), expected.map(PathBuf::from), "{pairs:?}");
    }

    #[test]
    fn the_first_absolute_folder_wins() {
        cache(&[("ENGINE_PROVISIONER_CACHE_DIR", "/a"), ("XDG_CACHE_HOME", "/b")], Some("/a"));
        cache(&[("XDG_CACHE_HOME", "/b"), ("HOME", "/h")], Some("/b/engine-provisioner"));
        cache(&[("XDG_CACHE_HOME", "b"), ("HOME", "/h")], Some("/h/.cache/engine-provisioner"));
        cache(&[], None);
    }
}
