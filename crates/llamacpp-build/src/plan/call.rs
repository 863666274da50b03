//! One program call as plain data, redacted: what is compared, kept and shown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use exec::{CommandSpec, Redactor};
use serde::{Deserialize, Serialize};

/// Everything that decides what a program does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// The folder it runs in.
    pub cwd: PathBuf,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
}

impl Call {
    /// The call that a command is; a password in an address is masked.
    pub fn of(spec: &CommandSpec) -> Self {
        let redactor = Redactor::new();
        let env = spec.env.iter().map(|(name, value)| {
            let (name, text) =
                (name.to_string_lossy(), format!("{}={}", name.to_string_lossy(), value.to_string_lossy()));
            let shown = redactor.text(&text);
            let value = shown.strip_prefix(&format!("{name}=")).unwrap_or(&shown).to_owned();
            (name.into_owned(), value)
        });
        Self { argv: spec.argv(&redactor), cwd: spec.cwd.clone().unwrap_or_else(|| "/".into()), env: env.collect() }
    }
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ran {
    /// What was run.
    #[serde(flatten)]
    pub call: Call,
    /// Its exit status; none where a signal or a limit ended it, or where it could not be started.
    pub exit: Option<i32>,
    /// From start to end.
    pub seconds: f64,
    /// Why it ran although no plan shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Which call of the same step it repeats, counted from 0, with other arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<usize>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_call_is_whole_and_shows_no_password() {
        let spec = CommandSpec::new("/bin/x", Duration::ZERO).arg("https://me:hunter2@host/x");
        let call = Call::of(&spec.env("HTTPS_PROXY", "http://me:hunter2@proxy:3128").env("PATH", "/bin"));
        assert_eq!(call.argv, ["/bin/x", "https://***@host/x"]);
        assert_eq!((call.cwd.to_str(), call.env["PATH"].as_str()), (Some("/"), "/bin"));
        assert!(!format!("{call:?}").contains("hunter2") && call.env["HTTPS_PROXY"].contains("proxy:3128"), "{call:?}");
    }
}
