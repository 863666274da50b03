//! The command line.

pub(crate) mod host;
pub(crate) mod several;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use flags::Engine;

use self::host::{DoctorArgs, InitArgs, StatusArgs};
use self::several::{All, AllBuilt};

/// Builds, proves and starts the engine of a pool.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, after_help = EXIT_STATUS)]
pub(crate) struct Args {
    /// What to do
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// The file that describes the pools: TOML, YAML or JSON
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Which pool; may be left out where the file has one
    #[arg(short, long, global = true, value_name = "ID")]
    pub(crate) pool: Option<String>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print each event as it happens to standard error, in place of a progress bar
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) events: Option<EventFormat>,
    /// Where engines, sources and models are kept [default: ~/.cache/engine-provisioner]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Where records and logs of running engines are kept [default: /run/engine-provisioner for root]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
    /// Print more; twice: every program that is run (RUST_LOG selects in detail)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventFormat {
    /// One JSON document a line
    Jsonl,
}

const EXIT_STATUS: &str = "\
Exit status: 0 done; 1 a file or folder cannot be used; 2 bad command line or configuration; 3 this host lacks a tool, \
a toolkit or a GPU, or a finished program does not fit it; 4 source, build or download; 5 model; 6 the engine does not \
run, or not on its GPU; 7 something else is in the way or not as agreed (another configuration runs, the port is taken, \
the pool is locked, a plan, pin or proof does not hold); 8 the engine runs and does not answer (`status`); 9 the cause \
is not known (`explain`); 130 interrupted; 141 the \
reader of standard output is gone, which ends no work";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show what `ensure` would do; changes nothing
    Plan(PlanArgs),
    /// Build and prove the engine and get the model; start nothing
    Prepare(PrepareAllArgs),
    /// Make sure that the engine runs; what is done already is not done again
    Ensure(EnsureArgs),
    /// Pin commits, images and models: write the lock file beside the pool file; asks the network, prepares nothing
    Lock(LockArgs),
    /// Show whether the engine runs and answers; without a pool, every pool of this host. The exit status reports it, too
    Status(StatusArgs),
    /// List the engines that are prepared and do not run
    Ls,
    /// Stop the engine; no engine is fine too
    Stop(All),
    /// Show the end of the engine's log
    Logs {
        /// How many lines
        #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
        lines: usize,
        /// Print what comes after it, until the engine exits
        #[arg(short, long)]
        follow: bool,
    },
    /// Write a pool file for this host to --config [default: pools.toml], every choice with its reason
    Init(InitArgs),
    /// Show what this host has and lacks, for the pools of a configuration where one is named
    Doctor(DoctorArgs),
    /// Show GPUs, drivers, CUDA toolkits and host compilers
    Gpus,
    /// Show what flags become for an engine: `flags --release b6673 -- -ngl 33 --draft 8`
    Flags(FlagsArgs),
    /// Name the cause of a failure in a log, or what an error code means: `explain --log build.log`, `explain cuda::no_nvcc`
    Explain(ExplainArgs),
    /// List, verify and collect the engines in the cache
    #[command(subcommand)]
    Cache(CacheVerb),
    /// Show and check the proof of a preparation
    #[command(subcommand)]
    Proof(ProofVerb),
    /// Print the JSON Schema of the configuration, or of another document
    Schema {
        /// Of which document
        #[arg(long, value_name = "KIND", default_value = "pool")]
        of: SchemaOf,
    },
    /// Print the completions for a shell: `completions bash > /etc/bash_completion.d/engine-provisioner`
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print a manual page: `man > engine-provisioner.1`, or `man ensure | man -l -`
    Man {
        /// The page of one command instead of the one about all
        verb: Option<String>,
    },
}

/// What is locked.
#[derive(Debug, clap::Args)]
pub(crate) struct LockArgs {
    /// Take what is there now for WHAT, also where something is pinned
    #[arg(long, value_name = "WHAT")]
    pub(crate) update: Vec<Pinned>,
}

/// What is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pinned {
    /// Commits of sources
    Commit,
    /// Digests of images
    Image,
    /// Models
    Model,
    /// Digests of archives
    Archive,
}

/// What is planned.
#[derive(Debug, clap::Args)]
pub(crate) struct PlanArgs {
    /// Write the plan to FILE, to be approved and executed by `ensure --plan FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) pools: All,
    /// Plan to stop an engine that runs with another configuration
    #[arg(long)]
    pub(crate) replace: bool,
    /// Use nothing but what the lock file names
    #[arg(long)]
    pub(crate) locked: bool,
}

/// How a pool is prepared.
#[derive(Debug, clap::Args)]
pub(crate) struct PrepareArgs {
    /// Use nothing but what the lock file names, and ask no network for what is there
    #[arg(long)]
    pub(crate) locked: bool,
    /// Execute the plan in FILE and nothing else; refused where it no longer holds
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
}

/// How one or all pools are prepared.
#[derive(Debug, clap::Args)]
pub(crate) struct PrepareAllArgs {
    #[command(flatten)]
    pub(crate) prepare: PrepareArgs,
    #[command(flatten)]
    pub(crate) all: AllBuilt,
}

/// How a pool's engine is made to run.
#[derive(Debug, clap::Args)]
pub(crate) struct EnsureArgs {
    /// Wait until the engine answers, for SECS seconds or the pool's `ready_timeout_s`
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "clap's way to tell `--wait` from `--wait=5`")]
    pub(crate) wait: Option<Option<u64>>,
    /// Stop an engine that runs with another configuration, and start the wanted one
    #[arg(long)]
    pub(crate) replace: bool,
    /// Start the engine of the pool that worked before the one that runs; needs the pool's id alone
    #[arg(long, conflicts_with_all = ["replace", "plan", "locked", "all"])]
    pub(crate) previous: bool,
    /// Write the proof bundle of the engine that runs, or of what failed, to FILE, a tar archive
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    pub(crate) proof_out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) all: AllBuilt,
    #[command(flatten)]
    pub(crate) prepare: PrepareArgs,
}

/// A document with a published schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// A pool file
    Pool,
    /// What `plan --json` prints
    Plan,
    /// `executed.json`
    Executed,
    /// One line of `--events jsonl`
    Event,
    /// `prepared-engine.json`
    Summary,
    /// `record.json`
    Record,
    /// `proof.json`
    Proof,
    /// The lock file beside a pool file
    Lock,
}

/// What to do with the cache.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheVerb {
    /// List cached engines, least recently used first
    Ls,
    /// Re-hash every cached engine; quarantine damaged ones, so that they are rebuilt on next use
    Verify,
    /// Remove leftovers, and engines and sources beyond the limits; never what runs
    Gc {
        /// Remove engines unused for DAYS days
        #[arg(long, value_name = "DAYS")]
        older_than: Option<u64>,
        /// Evict least recently used engines until the cache fits GB gigabytes
        #[arg(long, value_name = "GB")]
        max_size: Option<u64>,
        /// Only print what would be removed
        #[arg(long)]
        dry_run: bool,
    },
}

/// What is to be explained.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLAIN_STATUS)]
pub(crate) struct ExplainArgs {
    /// An error code, as errors, plans and logs show it
    #[arg(value_name = "CODE", required_unless_present = "log", conflicts_with = "log")]
    pub(crate) code: Option<String>,
    /// A file with what a failed step printed; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// The step that printed the log [default: told by the log's own words]
    #[arg(long, value_name = "PHASE", requires = "log")]
    pub(crate) phase: Option<PhaseName>,
}

/// The steps that print a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PhaseName {
    /// git fetches the sources
    Fetch,
    /// CMake configures
    Configure,
    /// Compilers and linkers run
    Build,
    /// The engine starts or runs
    Run,
    /// A container runtime pulls, creates or starts, and the engine runs in its container
    Container,
}

const EXPLAIN_STATUS: &str = "\
Exit status: 0 the cause is named, or the code is known; 9 the log holds no cause that is known (its deciding lines are \
printed); 2 there is no such code, or the log cannot be read";

/// What to do with a proof bundle.
#[derive(Debug, Subcommand)]
pub(crate) enum ProofVerb {
    /// Show what was planned, what ran, and what was proven
    Show {
        /// A folder below `proof/` of a pool, or a file that `ensure --proof-out` wrote
        #[arg(value_name = "DIR|FILE")]
        bundle: PathBuf,
    },
    /// Recompute every digest, compare plan and execution, and list what cannot be checked
    Verify {
        /// A folder below `proof/` of a pool, or a file that `ensure --proof-out` wrote
        #[arg(value_name = "DIR|FILE")]
        bundle: PathBuf,
    },
}

/// Which engine, and which flags.
#[derive(Debug, clap::Args)]
pub(crate) struct FlagsArgs {
    /// The engine, as a pool names it: llamacpp, vllm, sglang, tgi or triton
    #[arg(long, value_name = "ENGINE", default_value = "llamacpp", value_parser = engine)]
    pub(crate) engine: Engine,
    /// The release whose flags count, as its tag [default: the newest one known]
    #[arg(long, value_name = "TAG", conflicts_with_all = ["help_file", "binary"])]
    pub(crate) release: Option<String>,
    /// A file with what the engine printed for `--help`, or the README.md of its source
    #[arg(long, value_name = "FILE", conflicts_with = "binary")]
    pub(crate) help_file: Option<PathBuf>,
    /// The engine itself, which is asked for its help
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
    /// Read the flags as those of a pool that runs on the CPU
    #[arg(long)]
    pub(crate) cpu: bool,
    /// The flags, after `--`
    #[arg(last = true, allow_hyphen_values = true)]
    pub(crate) words: Vec<std::ffi::OsString>,
}

fn engine(key: &str) -> Result<Engine, String> {
    Engine::by_key(key).ok_or_else(|| format!("one of {}", Engine::ALL.map(Engine::key).join(", ")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn waiting_has_a_limit_only_where_one_is_given() {
        let wait = |words: &[&str]| match Args::try_parse_from(words).unwrap().verb {
            Verb::Ensure(ensure) => ensure.wait,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(&["e", "ensure", "-c", "f"]), None);
        assert_eq!(wait(&["e", "ensure", "--wait", "-c", "f"]), Some(None));
        assert_eq!(wait(&["e", "-c", "f", "ensure", "--wait=5"]), Some(Some(5)));
    }
}
