//! What a step does, as plain data: the same data says what would run and what did run.

use std::collections::BTreeMap;

use exec::{CommandSpec, Redactor};
use serde::{Deserialize, Serialize};

use crate::plan::placeholder::{REVISION, Values, literal, marker, substitute, substitute_words};

/// One thing that a step does. Texts may hold [placeholders](crate::Placeholder); no secret is in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Run this program to its end.
    Run(Command),
    /// Fetch a file and check its digest while it arrives.
    Download {
        /// From where; without credentials.
        url: String,
        /// `sha256:…` of the whole content.
        digest: String,
        /// The file it becomes.
        to: String,
    },
    /// Unpack an archive that was checked.
    Unpack {
        /// The archive.
        archive: String,
        /// The folder it is unpacked into.
        to: String,
    },
    /// Fetch a container image that the runtime does not have.
    Pull {
        /// Registry and repository.
        image: String,
        /// The manifest's digest.
        digest: String,
    },
    /// Publish what was built or unpacked into the store, by one rename.
    Publish {
        /// The entry's name.
        key: String,
        /// The entry's folder.
        to: String,
    },
    /// Stop the engine of this pool that runs with another configuration.
    Stop,
    /// Start this engine.
    Launch(Launch),
    /// Ask an engine that is run by others for its version and models.
    Look {
        /// Where it answers.
        url: String,
    },
}

/// A program with all that decides what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Command {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Where it runs.
    pub cwd: String,
    /// Its whole environment; values of variables with secret names are masked.
    pub env: BTreeMap<String, String>,
    /// Whether it is left out where its result turns out to be there already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skippable: bool,
}

/// An engine's start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Launch {
    /// The program, for an engine that runs as a process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The image with its digest, for an engine that runs in a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The engine's arguments.
    pub args: Vec<String>,
    /// Where it runs.
    pub cwd: String,
    /// Its open environment.
    pub env: BTreeMap<String, String>,
    /// Names of the variables whose values are secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secret_env: Vec<String>,
    /// The address it listens on.
    pub host: String,
    /// The port it listens on.
    pub port: String,
}

impl Command {
    /// The command as it stands in a plan; no text of it is a placeholder.
    pub fn of(spec: &CommandSpec) -> Self {
        Self::concrete(spec).map(literal)
    }

    /// The command that fetches a model: one word of it is the placeholder for the commit of its repository.
    pub(crate) fn of_model(spec: &CommandSpec) -> Self {
        let revision = marker(REVISION);
        let mut command = Self::concrete(spec).map(literal);
        for word in &mut command.argv {
            if *word == literal(&revision) {
                word.clone_from(&revision);
            }
        }
        command
    }

    /// The command with its texts as they are: one that ran, or one that a supply has put placeholders in.
    pub fn concrete(spec: &CommandSpec) -> Self {
        let redactor = Redactor::new();
        let text = |os: &std::ffi::OsStr| os.to_string_lossy().into_owned();
        let env = spec.env.iter().map(|(name, value)| {
            let name = text(name);
            let value = if exec::looks_secret(&name) { exec::MASK.to_owned() } else { text(value) };
            (name, redactor.text(&value).into_owned())
        });
        Self {
            argv: spec.argv(&redactor),
            cwd: spec.cwd.as_deref().unwrap_or("/".as_ref()).to_string_lossy().into_owned(),
            env: env.collect(),
            skippable: false,
        }
    }

    fn map(self, text: impl Fn(&str) -> String) -> Self {
        Self {
            argv: self.argv.iter().map(|word| text(word)).collect(),
            cwd: text(&self.cwd),
            env: self.env.into_iter().map(|(name, value)| (name, text(&value))).collect(),
            skippable: self.skippable,
        }
    }
}

impl Launch {
    /// A start that happens, as it would stand in a plan.
    pub(crate) fn literal(self) -> Self {
        let text = |text: String| literal(&text);
        Self {
            program: self.program.map(text),
            image: self.image.map(text),
            args: self.args.into_iter().map(text).collect(),
            cwd: text(self.cwd),
            env: self.env.into_iter().map(|(name, value)| (name, literal(&value))).collect(),
            secret_env: self.secret_env,
            host: self.host,
            port: self.port,
        }
    }
}

impl Action {
    /// The action with its placeholders replaced.
    #[must_use]
    pub fn substituted(&self, values: &Values) -> Self {
        let text = |text: &String| substitute(text, values);
        let map =
            |map: &BTreeMap<String, String>| map.iter().map(|(k, v)| (k.clone(), substitute(v, values))).collect();
        match self {
            Self::Run(command) => Self::Run(Command {
                argv: substitute_words(&command.argv, values),
                cwd: text(&command.cwd),
                env: map(&command.env),
                skippable: command.skippable,
            }),
            Self::Download { url, digest, to } => Self::Download { url: text(url), digest: text(digest), to: text(to) },
            Self::Unpack { archive, to } => Self::Unpack { archive: text(archive), to: text(to) },
            Self::Pull { image, digest } => Self::Pull { image: text(image), digest: text(digest) },
            Self::Publish { key, to } => Self::Publish { key: text(key), to: text(to) },
            Self::Stop => Self::Stop,
            Self::Launch(launch) => Self::Launch(Launch {
                program: launch.program.as_ref().map(text),
                image: launch.image.as_ref().map(text),
                args: substitute_words(&launch.args, values),
                cwd: text(&launch.cwd),
                env: map(&launch.env),
                secret_env: launch.secret_env.clone(),
                host: text(&launch.host),
                port: text(&launch.port),
            }),
            Self::Look { url } => Self::Look { url: text(url) },
        }
    }

    /// Whether the action may be left out where its result is there already.
    pub(crate) fn is_skippable(&self) -> bool {
        matches!(self, Self::Run(Command { skippable: true, .. }))
    }

    /// The argument list, of an action that runs a program to its end.
    pub(crate) fn argv(&self) -> Option<&[String]> {
        match self {
            Self::Run(command) => Some(&command.argv),
            _ => None,
        }
    }
}
