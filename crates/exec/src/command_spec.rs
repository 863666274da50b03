//! A command as data: comparable, printable, and complete, because nothing is inherited.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use crate::{Env, MASK, Redactor, looks_secret};

/// One program with everything that decides what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSpec {
    /// The program; absolute, so that no search path decides at run time.
    pub program: PathBuf,
    /// The arguments after the program's name.
    pub args: Vec<OsString>,
    /// The child's whole environment.
    pub env: BTreeMap<OsString, OsString>,
    /// Where it runs; the root folder when left out.
    pub cwd: Option<PathBuf>,
    /// How long it may take before its process group is ended.
    pub deadline: Duration,
    /// How long it may be silent before its process group is ended; no limit when left out.
    pub silence: Option<Duration>,
}

impl CommandSpec {
    /// A command with no arguments, whose environment is `LC_ALL=C` alone.
    pub fn new(program: impl Into<PathBuf>, deadline: Duration) -> Self {
        let env = BTreeMap::from([("LC_ALL".into(), "C".into())]);
        Self { program: program.into(), args: Vec::new(), env, cwd: None, deadline, silence: None }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets one variable of the child's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Copies the named variables that are set in `env`.
    #[must_use]
    pub fn inherit(mut self, env: &Env, names: &[&str]) -> Self {
        for name in names {
            if let Some(value) = env.get(name) {
                self.env.insert((*name).into(), value.into());
            }
        }
        self
    }

    /// Sets the folder it runs in.
    #[must_use]
    pub fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = Some(cwd.into());
        self
    }

    /// Sets how long it may be silent.
    #[must_use]
    pub fn silence(mut self, silence: Duration) -> Self {
        self.silence = Some(silence);
        self
    }

    /// Program and arguments as text, redacted.
    pub fn argv(&self, redactor: &Redactor) -> Vec<String> {
        let mut argv = vec![redactor.text(&self.program.to_string_lossy()).into_owned()];
        let mut mask_next = false;
        for arg in &self.args {
            let text = arg.to_string_lossy();
            argv.push(if mask_next { MASK.to_owned() } else { redactor.text(&text).into_owned() });
            mask_next = !mask_next && text.starts_with('-') && !text.contains('=') && looks_secret(&text);
        }
        argv
    }

    /// One line that a person can paste into a shell, redacted.
    pub fn display(&self, redactor: &Redactor) -> String {
        shell_line(&self.argv(redactor))
    }

    /// The program's file name, for messages.
    pub(crate) fn name(&self) -> String {
        self.program.file_name().unwrap_or(OsStr::new("program")).to_string_lossy().into_owned()
    }
}

/// Words as one line that a person can paste into a POSIX shell.
pub fn shell_line<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// Quotes for a POSIX shell, only where needed.
fn quote(arg: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !arg.is_empty() && arg.chars().all(plain) { arg.to_owned() } else { format!("'{}'", arg.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(args: &[&str], expected: &str) {
        let spec = CommandSpec::new("/bin/x", Duration::from_secs(1)).args(args.iter().copied());
        assert_eq!(spec.display(&Redactor::new()), expected);
    }

    /// EP-51: what stands after a secret-looking flag is never shown.
    #[test]
    fn display_quotes_and_redacts() {
        check(&["a", "b c", ""], "/bin/x a 'b c' ''");
        check(&["it's"], r"/bin/x 'it'\''s'");
        check(&["--api-key", "hunter2", "next"], "/bin/x --api-key '***' next");
        check(&["--api-key=hunter2"], "/bin/x '--api-key=***'");
        check(&["-DHF_TOKEN=hunter2", "-DGGML_CUDA=ON"], "/bin/x '-DHF_TOKEN=***' -DGGML_CUDA=ON");
        check(&["https://me:hunter2@host/x"], "/bin/x 'https://***@host/x'");
    }

    #[test]
    fn a_line_tells_words_with_blanks_from_several_words() {
        assert_eq!(shell_line(&["a b"]), "'a b'");
        assert_eq!(shell_line(&["a", "b", "{% x %}"]), "a b '{% x %}'");
        assert_eq!(shell_line::<&str>(&[]), "");
    }

    #[test]
    fn inherit_copies_what_is_set_and_nothing_else() {
        let env = Env::from_pairs([("A", "1"), ("B", ""), ("C", "3")]);
        let spec = CommandSpec::new("/bin/x", Duration::ZERO).inherit(&env, &["A", "B", "D"]);
        let names: Vec<_> = spec.env.keys().filter_map(|k| k.to_str()).collect();
        assert_eq!(names, ["A", "LC_ALL"]);
    }
}
