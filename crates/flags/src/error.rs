//! Why a pool's flags cannot become a command line.
//!
//! No variant holds a value that a pool wrote as text: a value in the wrong place may be a secret.

mod help;

use miette::Diagnostic;
use thiserror::Error;

use help::{before, build_with, divisors, secret, shortly, switch, unknown, values, variable};

/// What is wrong with a pool's flags. `position` counts the words of `provisioning.flags` from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum FlagError {
    /// A word where a flag was expected. The word is not shown: it may be the rest of an unquoted secret.
    #[error("word {position} of the flags is no flag{}", before(after.as_deref()))]
    #[diagnostic(
        code(flags::stray_word),
        help("flags begin with `-`; give a value that has blanks in it as one word of the list")
    )]
    StrayWord {
        /// Where it stands.
        position: usize,
        /// The flag before it, if there is one.
        after: Option<String>,
    },
    /// A flag and more in one word, with a blank or another character between them that is in no flag's name.
    #[error("word {position} of the flags is `{flag}` and something stuck to it")]
    #[diagnostic(code(flags::joined), help("write two words, `[\"{flag}\", \"VALUE\"]`, or `\"{flag}=VALUE\"`"))]
    Joined {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
    },
    /// A flag whose dashes a text program has drawn together to a longer one.
    #[error("word {position} of the flags begins with a dash that is no `-`")]
    #[diagnostic(code(flags::dash), help("type it anew: `{flag}`"))]
    Dash {
        /// The flag as it was probably meant.
        flag: String,
        /// Where it stands.
        position: usize,
    },
    /// A variable of the environment.
    #[error("word {position} of the flags sets the variable `{name}`, which is no flag")]
    #[diagnostic(code(flags::variable), help("{}", variable(flag.as_deref())))]
    Variable {
        /// Its name.
        name: String,
        /// Where it stands.
        position: usize,
        /// The flag that says the same.
        flag: Option<String>,
    },
    /// The list ends where a value is due.
    #[error("`{flag}` (word {position} of the flags) takes {} and the list ends there", values(*wants))]
    #[diagnostic(code(flags::missing_value), help("write `{flag} {hint}`"))]
    MissingValue {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// How many values it takes.
        wants: usize,
        /// What the engine's help prints for the value.
        hint: String,
    },
    /// A switch with a value.
    #[error("`{flag}` (word {position} of the flags) takes no value")]
    #[diagnostic(code(flags::takes_no_value), help("{}", switch(flag, negation.as_deref())))]
    TakesNoValue {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// The spelling that turns it off, if there is one.
        negation: Option<String>,
    },
    /// A value that this crate has to understand and cannot.
    #[error("the value of `{flag}` (word {position} of the flags) is not {expected}")]
    #[diagnostic(code(flags::bad_value), help("give {}, or leave `{flag}` out", shortly(expected)))]
    BadValue {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// What it has to be.
        expected: String,
    },
    /// The engine's own help does not list the flag.
    #[error("{engine} has no flag `{flag}` (word {position} of the flags)")]
    #[diagnostic(code(flags::unknown), help("{}", unknown(flag, nearest.as_deref(), told.as_deref())))]
    Unknown {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// Whose help it is.
        engine: String,
        /// The listed spelling that is most like it.
        nearest: Option<String>,
        /// What is known of it: when it came or went, what is in its place, or whose it is; the end of a sentence that begins
        /// with its name.
        told: Option<String>,
    },
    /// Flags that end the engine when they are given together.
    #[error("`{flag}` (word {position} of the flags) needs {needs}, and {by}: the engine would exit while it starts")]
    #[diagnostic(code(flags::conflict), help("write `{instead}`, or leave `{flag}` out"))]
    Conflict {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// What it needs.
        needs: &'static str,
        /// Why that is not there.
        by: &'static str,
        /// What gives it.
        instead: &'static str,
    },
    /// A flag of a part that the engine is built without.
    #[error("`{flag}` is of a part that this engine is built without")]
    #[diagnostic(code(flags::not_built), help("{}", build_with(flag, option)))]
    NotBuilt {
        /// The flag.
        flag: String,
        /// The option of CMake that builds it.
        option: &'static str,
    },
    /// A piece of a script, a unit or another tool's configuration that is no flag.
    #[error("word {position} of the flags {what}, and is no flag")]
    #[diagnostic(code(flags::pasted), help("{instead}"))]
    Pasted {
        /// Where it stands.
        position: usize,
        /// What it is.
        what: &'static str,
        /// What to write.
        instead: &'static str,
    },
    /// Two flags that are one flag in this engine, which cannot say both.
    #[error("`{other}` and `{flag}` (word {position} of the flags) are both values of `{now}` in this engine")]
    #[diagnostic(code(flags::merged), help("say what you want with `{now}`"))]
    Merged {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// The one before it.
        other: String,
        /// What says both in this engine.
        now: String,
    },
    /// A word that is not UTF-8. A pool's configuration cannot hold one.
    #[error("word {position} of the flags is not UTF-8")]
    #[diagnostic(code(flags::not_utf8), help("rename the file it names, or write the word in UTF-8"))]
    NotUtf8 {
        /// Where it stands.
        position: usize,
    },
    /// A word with a dash where a value is due, to an engine that takes it for the next flag.
    #[error("`{flag}` (word {position} of the flags) takes a value, and the engine takes the next word for a flag")]
    #[diagnostic(
        code(flags::dashed_value),
        help("give `{flag}` a value; one that begins with a dash as `{flag}=VALUE`")
    )]
    DashedValue {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
    },
    /// Two different values for a flag that the engine takes once.
    #[error("`{flag}` (word {position} of the flags) is given before with another value, and the engine takes it once")]
    #[diagnostic(code(flags::twice), help("leave one of them"))]
    Twice {
        /// The flag.
        flag: String,
        /// Where it stands the second time.
        position: usize,
    },
    /// A key of the pool that the engine has no flag for.
    #[error("{engine} has no flag for `{key}`")]
    #[diagnostic(code(flags::no_flag), help("take `{key}` out of the pool"))]
    NoFlag {
        /// The key.
        key: &'static str,
        /// The engine.
        engine: &'static str,
    },
    /// A device that the engine will not see.
    #[error("`{flag}` (word {position} of the flags) names a device beyond the {devices} of the pool")]
    #[diagnostic(code(flags::no_such_device), help("the engine counts the pool's `devices` from 0"))]
    NoSuchDevice {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// How many devices the engine will see.
        devices: usize,
    },
    /// The engine lists the flag only to say that it is gone.
    #[error("{engine} no longer has `{flag}` (word {position} of the flags)")]
    #[diagnostic(code(flags::removed), help("the engine says: {advice}"))]
    Removed {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// Whose help it is.
        engine: String,
        /// The help's own words.
        advice: String,
    },
    /// A flag for something that the pool's configuration decides.
    #[error("`{flag}` (word {position} of the flags) is decided by `{key}`")]
    #[diagnostic(code(flags::owned), help("take it out of the flags and set `{key}`"))]
    Owned {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// The key that decides it.
        key: &'static str,
    },
    /// A flag that would make the engine fetch a model by itself.
    #[error("`{flag}` (word {position} of the flags) would make the engine download a model by itself")]
    #[diagnostic(code(flags::downloads), help("fetch the file first and pass it with `{instead} FILE`"))]
    Downloads {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// The flag that takes a file.
        instead: &'static str,
    },
    /// A flag after which the engine prints something and exits.
    #[error("with `{flag}` (word {position} of the flags) the engine would exit instead of serving")]
    #[diagnostic(code(flags::ends_server), help("take it out of the flags"))]
    EndsServer {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
    },
    /// A flag that says something else than the pool's configuration.
    #[error("`{flag} {given}` (word {position} of the flags) contradicts `{key}`, which is {configured}")]
    #[diagnostic(code(flags::contradiction), help("say it once: leave `{flag}` out or change `{key}`"))]
    Contradiction {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// What the flag says.
        given: String,
        /// The key it contradicts.
        key: &'static str,
        /// What the key says.
        configured: String,
    },
    /// More shares than devices.
    #[error("the tensor split has {shares} shares and the pool has {devices} devices")]
    #[diagnostic(code(flags::too_many_shares), help("give one share per device in `devices`"))]
    TooManyShares {
        /// How many shares there are.
        shares: usize,
        /// How many devices the engine will see.
        devices: usize,
    },
    /// More parts of the model than GPUs.
    #[error("the flags share the model among {shards} GPUs, and the pool has {devices}")]
    #[diagnostic(
        code(flags::too_many_shares),
        help("give the pool {shards} `devices`, or leave `{flag}` out: it follows from the devices")
    )]
    TooManyShards {
        /// How many GPUs the flags ask for.
        shards: usize,
        /// How many devices the engine will see.
        devices: usize,
        /// The flag that says how many GPUs share each layer.
        flag: String,
    },
    /// A number of GPUs that does not divide the model's attention heads.
    #[error(
        "`{flag} {shards}`: the model's {heads} attention heads do not divide by {shards}, and the engine would exit"
    )]
    #[diagnostic(code(flags::heads_not_divisible), help("{}", divisors(flag, *shards, fits)))]
    HeadsNotDivisible {
        /// The flag that says how many GPUs share each layer.
        flag: String,
        /// How many GPUs would share each layer.
        shards: usize,
        /// How many attention heads the model has.
        heads: usize,
        /// Smaller numbers of GPUs that divide them.
        fits: Vec<usize>,
    },
    /// A flag that puts a GPU pool on the CPU.
    #[error("`{flag} {given}` (word {position} of the flags) puts a GPU pool on the CPU{because}")]
    #[diagnostic(
        code(flags::cpu_on_gpu_pool),
        help("leave `{flag}` out, or write `provisioning.accelerator = \"cpu\"` if the CPU is what you want")
    )]
    CpuOnGpuPool {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// What the flag says.
        given: String,
        /// Why it does, where that is not plain; empty otherwise.
        because: &'static str,
    },
    /// A secret on the command line, where every user of the host can read it.
    #[error("`{flag}` (word {position} of the flags) looks like it carries a secret, and a command line is public")]
    #[diagnostic(code(flags::secret_in_flags), help("{}", secret(variable.as_deref())))]
    SecretInFlags {
        /// The flag.
        flag: String,
        /// Where it stands.
        position: usize,
        /// The environment variable that the engine reads instead, where one is known.
        variable: Option<String>,
    },
}

impl FlagError {
    /// Which word of the flags it is about, from 1; `None` where it is about no single word.
    pub fn position(&self) -> Option<usize> {
        match self {
            Self::TooManyShares { .. }
            | Self::TooManyShards { .. }
            | Self::HeadsNotDivisible { .. }
            | Self::NoFlag { .. }
            | Self::NotBuilt { .. } => None,
            Self::StrayWord { position, .. }
            | Self::Conflict { position, .. }
            | Self::Pasted { position, .. }
            | Self::Dash { position, .. }
            | Self::Variable { position, .. }
            | Self::Joined { position, .. }
            | Self::MissingValue { position, .. }
            | Self::TakesNoValue { position, .. }
            | Self::BadValue { position, .. }
            | Self::Unknown { position, .. }
            | Self::Merged { position, .. }
            | Self::NotUtf8 { position }
            | Self::DashedValue { position, .. }
            | Self::Twice { position, .. }
            | Self::NoSuchDevice { position, .. }
            | Self::Removed { position, .. }
            | Self::Owned { position, .. }
            | Self::Downloads { position, .. }
            | Self::EndsServer { position, .. }
            | Self::Contradiction { position, .. }
            | Self::CpuOnGpuPool { position, .. }
            | Self::SecretInFlags { position, .. } => Some(*position),
        }
    }
}
