//! What to start: everything that decides what the engine does, and nothing inherited.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::SpawnError;
use crate::log::tender::Tender;
use crate::process::marks::{INSTANCE_VAR, POOL_VAR, RUN_VAR};

/// How many bytes a pool's log may hold, unless the request says otherwise: 16 MiB.
pub const LOG_LIMIT: u64 = 16 << 20;

/// What becomes of an engine when the program that started it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// It goes on; whoever comes next finds it by its record.
    #[default]
    Detached,
    /// The kernel ends it at once (SIGKILL) when its starter ends, however that ends. What the engine itself started is
    /// ended by the next start or stop of the pool.
    Tied,
}

/// One engine to start. Its `Debug` shows no value of `secret_env`.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// The program; absolute, so that no search path decides.
    pub program: PathBuf,
    /// The arguments after the program's name. They are recorded and visible to every user: no secret belongs here.
    pub args: Vec<OsString>,
    /// The engine's environment; nothing is inherited, and [`INSTANCE_VAR`], [`POOL_VAR`], [`RUN_VAR`] and
    /// `secret_env` are all that is added.
    pub env: BTreeMap<OsString, OsString>,
    /// Variables whose values are never written anywhere; one of the same name in `env` gives way. In log lines shown
    /// by an error they are masked, unless shorter than four bytes.
    pub secret_env: BTreeMap<String, SecretString>,
    /// How long `start` watches for an engine that ends at once.
    pub early_exit: Duration,
    /// Facts to compare a later request with (build key, model, …); recorded, so no secret belongs here.
    pub fingerprint: BTreeMap<String, String>,
    /// Where the engine was told to listen; recorded only.
    pub host: String,
    /// On which port; recorded only.
    pub port: u16,
    /// Whether it outlives the caller.
    pub lifetime: Lifetime,
    /// How many bytes the log may hold, and each of the two older ones that are kept. With `u64::MAX` nobody looks.
    pub log_limit: u64,
    /// Who keeps it within that when the caller has gone; without one, an engine that is detached and floods its log fills
    /// the disk until somebody looks after it.
    pub tender: Option<Tender>,
}

impl StartRequest {
    /// A program with its arguments, an empty environment, a watch of 200 ms, and logs of 16 MiB.
    pub fn new<S: Into<OsString>>(program: impl Into<PathBuf>, args: impl IntoIterator<Item = S>) -> Self {
        Self {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            env: BTreeMap::new(),
            secret_env: BTreeMap::new(),
            early_exit: Duration::from_millis(200),
            fingerprint: BTreeMap::new(),
            host: "127.0.0.1".to_owned(),
            port: 0,
            lifetime: Lifetime::Detached,
            log_limit: LOG_LIMIT,
            tender: None,
        }
    }

    /// Refuses what the kernel cannot express, before anything is written.
    pub(crate) fn validate(&self) -> Result<(), SpawnError> {
        let refuse = |why: String| Err(SpawnError::BadRequest { why });
        let nul = |text: &OsStr| text.as_bytes().contains(&0);
        if !self.program.is_absolute() || nul(self.program.as_os_str()) {
            return refuse(format!("`{}` is not an absolute path", self.program.display().to_string().escape_debug()));
        }
        if let Some(index) = self.args.iter().position(|arg| nul(arg)) {
            return refuse(format!("argument {} holds a NUL byte", index + 1));
        }
        let plain = self.env.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        let secret = self.secret_env.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value.expose_secret())));
        for (name, value) in plain.chain(secret) {
            let shown = name.display().to_string();
            let shown = shown.escape_debug();
            if name.is_empty() || nul(name) || name.as_bytes().contains(&b'=') {
                return refuse(format!("`{shown}` is not a name of an environment variable"));
            }
            if nul(value) {
                return refuse(format!("the environment variable `{shown}` holds a NUL byte"));
            }
            if [INSTANCE_VAR, POOL_VAR, RUN_VAR].iter().any(|given| name == *given) {
                return refuse(format!("the environment variable `{shown}` is given by this program"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(change: impl FnOnce(&mut StartRequest), expected: &str) {
        let mut request = StartRequest::new("/bin/x", ["a"]);
        assert!(request.validate().is_ok());
        change(&mut request);
        let text = request.validate().unwrap_err().to_string();
        assert!(text.contains(expected) && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn impossible_requests_are_refused_without_showing_values() {
        refused(|r| r.program = "bin/x".into(), "`bin/x` is not an absolute path");
        refused(|r| r.args.push("a\0b".into()), "argument 2 holds a NUL byte");
        refused(|r| drop(r.env.insert("A=B".into(), "1".into())), "`A=B` is not a name");
        refused(|r| drop(r.env.insert("".into(), "1".into())), "`` is not a name");
        refused(|r| drop(r.env.insert("A".into(), "hunter2\0".into())), "`A` holds a NUL byte");
        refused(|r| drop(r.secret_env.insert("K".into(), "hunter2\0".into())), "`K` holds a NUL byte");
        for name in [INSTANCE_VAR, POOL_VAR, RUN_VAR] {
            refused(|r| drop(r.env.insert(name.into(), "1".into())), "is given by this program");
        }
    }

    /// EP-51
    #[test]
    fn debug_shows_no_secret() {
        let mut request = StartRequest::new("/bin/x", ["a"]);
        request.secret_env.insert("HF_TOKEN".into(), "hunter2".into());
        assert!(!format!("{request:?}").contains("hunter2"));
    }
}
