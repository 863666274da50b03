//! What one engine flag is: its spellings, what values it takes and what this program makes of it.

use crate::catalogue::role::Role;
use crate::catalogue::values::Values;

/// How many values a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// A switch.
    None,
    /// One value, the next word whatever it looks like.
    One,
    /// So many values, two or more.
    Exactly(usize),
    /// One value or none.
    Optional,
    /// One value or more.
    Many,
    /// Any number of values.
    Any,
}

impl Arity {
    /// The number of words that belong to the flag after its name, at least.
    pub fn count(self) -> usize {
        match self {
            Self::None | Self::Optional | Self::Any => 0,
            Self::One | Self::Many => 1,
            Self::Exactly(count) => count,
        }
    }

    /// The same, at most.
    pub(crate) fn limit(self) -> usize {
        match self {
            Self::Many | Self::Any => usize::MAX,
            Self::Optional => 1,
            _ => self.count(),
        }
    }
}

/// One flag of one build of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagSpec {
    /// The canonical name: the longest spelling that begins with `--` and is no negation, the first listed of equally
    /// long ones, and the longest short one where there is no long one. One exception: a flag listed as `-ngl`,
    /// `--gpu-layers` or `--n-gpu-layers` is `--n-gpu-layers`, the name that every release's parser takes whatever
    /// its help lists.
    pub name: String,
    /// Every other spelling with the same meaning, in the order of the help.
    pub aliases: Vec<String>,
    /// The spellings that turn a switch off (`--no-mmap`, `-nocb`), in the order of the help.
    pub negations: Vec<String>,
    /// How many values it takes.
    pub value: Arity,
    /// What the help prints for the value: `N`, `FNAME`, `{none,layer,row}`, `START END`.
    pub value_hint: Option<String>,
    /// What the first value may be, as far as the help says so.
    pub values: Values,
    /// What the help prints as its default.
    pub default: Option<String>,
    /// The environment variable that sets the same.
    pub env: Option<String>,
    /// Whether each occurrence counts. Of other flags the last one does.
    pub adds: bool,
    /// Whether it takes a file and a number, in two words or as `FILE:NUMBER`.
    pub pair: bool,
    /// What it means to this program.
    pub role: Role,
    /// The help's own words where the flag is listed only to say that it is gone.
    pub removed: Option<String>,
}

impl FlagSpec {
    /// Every spelling: the name, the aliases, the negations.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        self.positive().chain(self.negations.iter().map(String::as_str))
    }

    /// The spellings that do not turn it off: the name, then the aliases.
    pub fn positive(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.aliases).map(String::as_str)
    }

    /// The canonical negation: the longest `--` one, the first listed of equally long ones.
    pub fn negation(&self) -> Option<&str> {
        crate::catalogue::spelling::longest(self.negations.iter().map(String::as_str))
    }
}
