//! The token for the hub: from the environment, or from a file; shown nowhere.

use std::fmt;
use std::path::{Path, PathBuf};

use exec::{CommandSpec, Env, Redactor};

use crate::error::FetchError;

/// Environment variables that hold a token.
pub(crate) const VARIABLES: [&str; 2] = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"];
/// No token is longer, in bytes.
const LONGEST: u64 = 4096;

/// A token from a file. Its `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

impl Token {
    /// Reads a secret file: plain, not writable by others, one line. One that others may read is taken with a warning:
    /// orchestrators mount secrets so by default.
    pub(crate) fn read(path: &Path) -> Result<Self, FetchError> {
        use std::os::unix::fs::MetadataExt;

        let refuse = |why: &str| FetchError::TokenFile { path: path.into(), why: why.to_owned() };
        // A file that an orchestrator mounts is a link; what it leads to counts.
        let meta = std::fs::metadata(path).map_err(|error| refuse(&format!("cannot be read: {error}")))?;
        if !meta.is_file() {
            return Err(refuse("is not a plain file"));
        }
        if meta.mode() & 0o022 != 0 {
            return Err(refuse(&format!("may be written by others (mode {:o})", meta.mode() & 0o777)));
        }
        if meta.mode() & 0o004 != 0 {
            tracing::warn!(path = %path.display(), "every user of this host may read the token file");
        }
        if meta.len() > LONGEST {
            return Err(refuse("is longer than any token"));
        }
        let text = std::fs::read_to_string(path).map_err(|error| refuse(&format!("cannot be read: {error}")))?;
        let token = text.trim();
        match token {
            "" => Err(refuse("is empty")),
            token if token.chars().all(|c| c.is_ascii_graphic()) => Ok(Self(token.to_owned())),
            _ => Err(refuse("holds more than one word")),
        }
    }
}

/// Gives the command the token of the file, if there is one.
pub(crate) fn give(spec: CommandSpec, token: Option<&Token>) -> CommandSpec {
    match token {
        Some(Token(token)) => spec.env("HF_TOKEN", token),
        None => spec,
    }
}

/// A redactor that knows every secret that a command could print: tokens of the environment, of our file and of
/// `hf auth login`, and passwords of proxies.
pub(crate) fn redactor(env: &Env, token: Option<&Token>) -> Redactor {
    let mut redactor = Redactor::new();
    for value in VARIABLES.iter().filter_map(|name| env.get_str(name)) {
        redactor.add(value.trim());
    }
    if let Some(Token(token)) = token {
        redactor.add(token);
    }
    if let Some(stored) = stored(env).and_then(|path| durable::read_regular(&path, LONGEST).ok().flatten()) {
        redactor.add(String::from_utf8_lossy(&stored).trim());
    }
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy", "HF_ENDPOINT"] {
        if let Some(password) = env.get_str(name).and_then(password) {
            redactor.add(password);
        }
    }
    redactor
}

/// Where `hf auth login` keeps its token.
fn stored(env: &Env) -> Option<PathBuf> {
    if let Some(path) = env.get("HF_TOKEN_PATH") {
        return Some(path.into());
    }
    if let Some(home) = env.get("HF_HOME") {
        return Some(Path::new(home).join("token"));
    }
    let cache = env.get("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| env.get("HOME").map(|home| Path::new(home).join(".cache")))?;
    Some(cache.join("huggingface/token"))
}

/// Whether the environment holds a token, or `hf auth login` left one.
pub(crate) fn is_in(env: &Env) -> bool {
    VARIABLES.iter().any(|name| env.get(name).is_some()) || stored(env).is_some_and(|path| path.is_file())
}

/// Where the token is from, for a message.
pub(crate) fn origin(env: &Env, file: Option<&Path>) -> String {
    if let Some(file) = file {
        return format!("from {}", file.display());
    }
    match VARIABLES.iter().find(|name| env.get(name).is_some()) {
        Some(name) => format!("from {name}"),
        None => "from `hf auth login`".into(),
    }
}

/// The password in `scheme://user:password@host`.
fn password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (userinfo, _) = rest.split('/').next()?.rsplit_once('@')?;
    Some(userinfo.split_once(':').map_or(userinfo, |(_, password)| password))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_token_file_is_private_and_holds_one_word() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let check = |content: &[u8], mode: u32, expected: &str| {
            durable::replace(&path, content).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            match Token::read(&path) {
                Ok(Token(token)) => assert_eq!(token, expected),
                Err(error) => assert!(error.to_string().contains(expected), "{error}"),
            }
        };
        check(b"hf_abc\n", 0o600, "hf_abc");
        check(b"hf_abc\n", 0o440, "hf_abc");
        check(b"hf_abc\n", 0o644, "hf_abc");
        check(b"hf_abc\n", 0o666, "may be written by others (mode 666)");
        check(b" \n", 0o600, "is empty");
        check(b"a\nb\n", 0o600, "holds more than one word");
        check(&[b'x'; 5000], 0o600, "is longer than any token");
        check(b"\xff\xfe", 0o600, "cannot be read");
        assert!(Token::read(dir.path()).unwrap_err().to_string().contains("is not a plain file"));
        assert!(Token::read(&dir.path().join("none")).unwrap_err().to_string().contains("cannot be read"));
        assert_eq!(format!("{:?}", Token("secret".into())), "Token(***)");
    }

    /// EP-51
    #[test]
    fn every_secret_that_a_command_could_print_is_known() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(".cache/huggingface")).unwrap();
        durable::replace(&dir.path().join(".cache/huggingface/token"), b"hf_stored\n").unwrap();
        let env = Env::from_pairs([
            ("HOME", dir.path().to_str().unwrap()),
            ("HF_TOKEN", "hf_env"),
            ("HUGGING_FACE_HUB_TOKEN", "hf_older"),
            ("https_proxy", "http://me:pr0xy-pw@proxy:3128"),
        ]);
        let redactor = redactor(&env, Some(&Token("hf_file".into())));
        let text = redactor.text("hf_env hf_older hf_file hf_stored pr0xy-pw").into_owned();
        assert_eq!(text, "*** *** *** *** ***");
    }
}
