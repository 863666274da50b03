//! Why a variable or a secret of a pool cannot be passed to its engine.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::Revealed;

/// Why a variable or a secret of a pool cannot be passed to its engine.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum VariableError {
    /// A secret that was not given.
    #[error("the pool's `secret_env` names `{name}`, which is not set here")]
    #[diagnostic(
        code(pool::secret_unset),
        help("export {name} before you start this program, or take it out of `secret_env`")
    )]
    SecretUnset {
        /// The variable.
        name: String,
    },
    /// The file that `secret_file` names for a secret variable cannot be used.
    #[error("the secret file `{}` of `{name}` {why}", path.display())]
    #[diagnostic(
        code(pool::secret_file),
        help(
            "`provisioning.secret_file` names a plain file with the value in one line, of this user or of root, that others may \
             not write: chmod 600 '{}'",
            path.display()
        )
    )]
    SecretFile {
        /// The variable.
        name: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as a clause behind its name.
        why: String,
    },
    /// A variable that the engine takes for a flag.
    #[error("`{key}` sets `{name}`, which the engine takes for the flag {flag}")]
    #[diagnostic(code(pool::flag_in_env), help("{}", instead(name, flag, *secret)))]
    FlagInEnv {
        /// The variable.
        name: String,
        /// The key of the configuration that names it.
        key: &'static str,
        /// The flag, in words.
        flag: String,
        /// Whether its value is a secret.
        secret: bool,
    },
    /// A variable that is not the pool's to set.
    #[error("`{key}` sets `{name}`, which is decided by {by}")]
    #[diagnostic(code(pool::env_decided), help("take `{name}` out of `{key}`"))]
    EnvDecided {
        /// The variable.
        name: String,
        /// The key of the configuration that names it.
        key: &'static str,
        /// What decides it.
        by: &'static str,
    },
    /// A secret with two values.
    #[error("`{name}` comes from a flag in `provisioning.flags` and from `{key}`")]
    #[diagnostic(
        code(pool::secret_twice),
        help("keep it in `{key}` and take the flag out: a secret does not belong in a pool file")
    )]
    SecretTwice {
        /// The variable.
        name: String,
        /// The key of the configuration that names it, too.
        key: &'static str,
    },
    /// An open variable with a secret in it.
    #[error("the value of `{name}` in `provisioning.env` holds {what}")]
    #[diagnostic(
        code(pool::secret_in_env),
        help("export {name} before you start this program, and name it in `provisioning.secret_env`")
    )]
    SecretInEnv {
        /// The variable.
        name: String,
        /// What its value holds.
        what: Revealed,
    },
    /// A flag with a secret in it; every user of the host can read a command line.
    #[error("word {position} of the flags holds {what}")]
    #[diagnostic(code(pool::secret_in_flags), help("{}", what.help()))]
    SecretInFlags {
        /// Where it stands, from 1.
        position: usize,
        /// What it holds.
        what: Revealed,
    },
    /// A secret in another key of the pool; it would be kept in records, logs and plans.
    #[error("`{key}` of the pool holds {what}")]
    #[diagnostic(code(pool::secret_in_key), help("{}", what.help()))]
    SecretInKey {
        /// The key, from the pool's own.
        key: String,
        /// What it holds.
        what: Revealed,
    },
}

fn instead(name: &str, flag: &str, secret: bool) -> String {
    if secret {
        format!("export {name} before you start this program, and name it in `provisioning.secret_env`")
    } else {
        format!("take `{name}` out and write the flag {flag} into `provisioning.flags`, where flags are checked")
    }
}
