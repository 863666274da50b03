//! A command as data: comparable, printable, and complete, because nothing is inherited.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use cancel::Cancel;

use crate::{Env, Keeper, MASK, Redactor, looks_secret};

/// A folder that a program fills, for instance with what it downloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The folder; it need not exist yet.
    pub folder: PathBuf,
    /// How long the program may neither add to the folder nor use CPU time before its process group is ended.
    pub stall: Duration,
}

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
    /// What it reads from its standard input, at most 4 KiB; closed when left out.
    pub stdin: Option<String>,
    /// How long it may take before its process group is ended.
    pub deadline: Duration,
    /// How long it may be silent before its process group is ended; no limit when left out.
    pub silence: Option<Duration>,
    /// What it fills, and how long it may get no further with that; no limit when left out.
    pub target: Option<Target>,
    /// Ends the run early, as [`ExecError::Cancelled`](crate::ExecError::Cancelled).
    pub cancel: Option<Cancel>,
    /// Ends the process group when this process is killed; for long runs.
    pub keeper: Option<Keeper>,
}

impl CommandSpec {
    /// A command with no arguments, whose environment is `LC_ALL=C` alone.
    pub fn new(program: impl Into<PathBuf>, deadline: Duration) -> Self {
        let env = BTreeMap::from([("LC_ALL".into(), "C".into())]);
        let (program, args) = (program.into(), Vec::new());
        let (cwd, stdin, silence, target, cancel, keeper) = (None, None, None, None, None, None);
        Self { program, args, env, cwd, stdin, deadline, silence, target, cancel, keeper }
    }

    /// Sets what the program reads from its standard input: at most 4 KiB, more is a failed start.
    #[must_use]
    pub fn stdin(mut self, text: impl Into<String>) -> Self {
        self.stdin = Some(text.into());
        self
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

    /// Sets the folder that it fills, and how long it may get no further with that.
    #[must_use]
    pub fn target(mut self, folder: impl Into<PathBuf>, stall: Duration) -> Self {
        self.target = Some(Target { folder: folder.into(), stall });
        self
    }

    /// Ends the run when the token is cancelled: the process group gets TERM, and KILL half a second later.
    #[must_use]
    pub fn cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Has `keeper` lead the process group, so that no process of it survives when this process is killed. Costs the start
    /// of one more process.
    #[must_use]
    pub fn keeper(mut self, keeper: Keeper) -> Self {
        self.keeper = Some(keeper);
        self
    }

    /// A redactor that knows the secrets of the child's environment: the values of variables whose name looks secret,
    /// and passwords in URLs. Whatever the child prints is masked by it.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::new();
        for (name, value) in &self.env {
            let value = value.to_string_lossy();
            // A shell's working folder is in half of what tools print, and only looks like a password by its name.
            if name != "PWD" && looks_secret(&name.to_string_lossy()) {
                redactor.add(&value);
            } else if let Some(password) = password(&value) {
                redactor.add(password);
            }
        }
        redactor
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

/// The password of a URL, or the token in the place of its user: `scheme://user:password@host`.
fn password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (userinfo, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    Some(userinfo.split_once(':').map_or(userinfo, |(_, password)| password))
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
    fn the_redactor_knows_the_secrets_of_the_environment() {
        let spec = CommandSpec::new("/bin/x", Duration::ZERO)
            .env("HF_TOKEN", "hf_abc")
            .env("https_proxy", "http://me:pro:xy@host:1/a@b")
            .env("ORIGIN", "https://ghp_abc@host/x")
            .env("HOME", "/home/me")
            .env("PWD", "/home/me/work");
        let text = "hf_abc pro:xy ghp_abc me /home/me/work host";
        assert_eq!(spec.redactor().text(text), "*** *** *** me /home/me/work host");
        assert_eq!(password("http://host/a@b"), None);
        assert_eq!(password("me@host"), None);
    }

    #[test]
    fn inherit_copies_what_is_set_and_nothing_else() {
        let env = Env::from_pairs([("A", "1"), ("B", ""), ("C", "3")]);
        let spec = CommandSpec::new("/bin/x", Duration::ZERO).inherit(&env, &["A", "B", "D"]);
        let names: Vec<_> = spec.env.keys().filter_map(|k| k.to_str()).collect();
        assert_eq!(names, ["A", "LC_ALL"]);
    }
}
