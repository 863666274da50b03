//! Credential helpers: programs that keep log-ins elsewhere, such as in a key ring.
//!
//! The [protocol](https://github.com/docker/docker-credential-helpers#development): `docker-credential-NAME get` reads the registry's name and
//! prints a log-in as JSON. Nothing secret is in an argument.

use std::path::PathBuf;
use std::time::Duration;

use cancel::Cancel;
use exec::{CommandSpec, Env, Exit, run};
use serde::Deserialize;

use super::credentials::Credential;
use crate::error::printable;
use crate::{RegistryError, Repository};

/// How long a helper may take: a key ring may ask a person.
const DEADLINE: Duration = Duration::from_mins(1);

/// What a helper needs of the environment, beside variables of the clouds.
const INHERITED: [&str; 9] = [
    "PATH",
    "HOME",
    "USER",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "GNUPGHOME",
    "PASSWORD_STORE_DIR",
];

/// The beginnings of the clouds' variables.
const CLOUDS: [&str; 4] = ["AWS_", "AZURE_", "CLOUDSDK_", "GOOGLE_"];

/// Why a helper gave no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    Cancelled,
    Because { program: PathBuf, why: String },
}

impl Failed {
    pub(crate) fn of(self, repository: &Repository) -> RegistryError {
        match self {
            Self::Cancelled => RegistryError::Http(http::HttpError::Cancelled),
            Self::Because { program, why } => {
                RegistryError::Credentials { registry: repository.registry().to_owned(), place: program, why }
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks the helper `name`; `None` where it has no log-in for the registry.
pub(crate) fn ask(name: &str, key: &str, env: &Env, cancel: &Cancel) -> Result<Option<Credential>, Failed> {
    let program = format!("docker-credential-{name}");
    let failed = |why: String| Failed::Because { program: PathBuf::from(&program), why };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(failed("its name has characters that no helper has".into()));
    }
    let path = env.find(&program).ok_or_else(|| failed("it is not on PATH".into()))?;
    let mut spec =
        CommandSpec::new(path, DEADLINE).arg("get").stdin(key).cancel(cancel.clone()).inherit(env, &INHERITED);
    for (name, value) in env.iter() {
        if name.to_str().is_some_and(|name| CLOUDS.iter().any(|cloud| name.starts_with(cloud))) {
            spec = spec.env(name, value);
        }
    }
    let output = run(&spec).map_err(|error| match error {
        exec::ExecError::Cancelled { .. } => Failed::Cancelled,
        other => failed(other.to_string()),
    })?;
    if output.exit != Exit::Code(0) {
        // The one answer with a fixed text; it is no error.
        let said = output.stdout_text();
        if said.contains("credentials not found") {
            return Ok(None);
        }
        return Err(failed(format!("it failed: {}", printable(&said))));
    }
    // What it printed may hold a secret: only that it was not understood is reported.
    let answer: Answer = serde_json::from_slice(&output.stdout)
        .map_err(|_secret| failed("it printed something other than a log-in".into()))?;
    Ok(Some(match answer.username.as_str() {
        "<token>" => Credential::Identity(answer.secret),
        _ => Credential::Password { user: answer.username, password: answer.secret },
    }))
}
