//! The credentials of this user: given by the caller, or found where podman and docker keep them.

use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cancel::Cancel;
use exec::Env;
use http::Secret;

use super::{files, helper};
use crate::{RegistryError, Repository};

/// A log-in; never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// User name and password, or a token in the password's place.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A refresh token of the registry's token server.
    Identity(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password(***)",
            Self::Identity(_) => "Identity(***)",
        })
    }
}

impl Credential {
    /// The value of `Authorization` for it; a refresh token has none.
    pub(crate) fn basic(&self) -> Option<Secret> {
        match self {
            Self::Password { user, password } => {
                Some(Secret::new(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))))
            }
            Self::Identity(_) => None,
        }
    }
}

/// Where credentials are looked for.
#[derive(Clone, Debug)]
pub struct Credentials(Source);

#[derive(Clone, Debug)]
enum Source {
    None,
    Given(Credential),
    Files { files: Vec<PathBuf>, env: Box<Env>, cancel: Cancel },
}

impl Credentials {
    /// No credentials: everything is asked for anonymously.
    pub fn none() -> Self {
        Self(Source::None)
    }

    /// This credential, for the registry that the client is for.
    pub fn given(credential: Credential) -> Self {
        Self(Source::Given(credential))
    }

    /// The files of podman and docker, in podman's order: `$REGISTRY_AUTH_FILE` alone where it is set, else
    /// `$XDG_RUNTIME_DIR/containers/auth.json`, `~/.config/containers/auth.json`, and `config.json` in `$DOCKER_CONFIG` or `~/.docker`.
    /// Helpers that they name are searched in the environment's `PATH`.
    pub fn of_user(env: &Env, cancel: Cancel) -> Self {
        let path = |name: &str| env.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(file) = path("REGISTRY_AUTH_FILE") {
            return Self::in_files(vec![file], env, cancel);
        }
        let config = path("XDG_CONFIG_HOME").or_else(|| Some(path("HOME")?.join(".config")));
        let docker = path("DOCKER_CONFIG").or_else(|| Some(path("HOME")?.join(".docker")));
        let files = [
            path("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
            config.map(|folder| folder.join("containers/auth.json")),
            docker.map(|folder| folder.join("config.json")),
        ];
        Self::in_files(files.into_iter().flatten().collect(), env, cancel)
    }

    /// These files, in the form of docker's `config.json`; one that does not exist holds none.
    pub fn in_files(files: Vec<PathBuf>, env: &Env, cancel: Cancel) -> Self {
        Self(Source::Files { files, env: Box::new(env.clone()), cancel })
    }

    /// The credential for a repository; `None` where there is none.
    pub(crate) fn find(&self, repository: &Repository) -> Result<Option<Credential>, RegistryError> {
        let (files, env, cancel) = match &self.0 {
            Source::None => return Ok(None),
            Source::Given(credential) => return Ok(Some(credential.clone())),
            Source::Files { files, env, cancel } => (files, env, cancel),
        };
        for file in files {
            let failed = |why: String| RegistryError::Credentials {
                registry: repository.registry().to_owned(),
                place: file.clone(),
                why,
            };
            let Some(text) = files::read(file).map_err(failed)? else { continue };
            match files::find(&text, repository).map_err(failed)? {
                Some(files::Found::Credential(credential)) => return Ok(Some(credential)),
                Some(files::Found::Helper { name, key }) => {
                    let asked = helper::ask(&name, &key, env, cancel);
                    if let Some(credential) = asked.map_err(|error| error.of(repository))? {
                        return Ok(Some(credential));
                    }
                }
                None => {}
            }
        }
        Ok(None)
    }
}
