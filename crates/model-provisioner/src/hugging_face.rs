//! Fetching one file of a Hugging Face repository with `hf` (or `huggingface-cli`, its older name).
//!
//! The file lands in a folder of its own for each repository and revision, so that where it will be is known before
//! it is there; the command writes to a temporary name and renames, so that a file that is there is whole.
//! <https://huggingface.co/docs/huggingface_hub/guides/cli>

use std::path::{Path, PathBuf};
use std::time::Duration;

use durable::Lock;
use exec::{CommandSpec, Env, run};

use crate::{ModelError, ModelSource};

/// What the command may know of the caller's environment.
const INHERITED: [&str; 17] = [
    "HOME",
    "PATH",
    "HF_HOME",
    "HF_TOKEN",
    "HF_TOKEN_PATH",
    "HF_ENDPOINT",
    "HF_HUB_OFFLINE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
];

/// The folder of a repository's files.
pub(crate) fn dir(cache: &Path, repo: &str, revision: Option<&str>) -> PathBuf {
    let name = repo.replace('/', "--");
    cache.join("hf").join(revision.map_or(name.clone(), |revision| format!("{name}@{}", revision.replace('/', "--"))))
}

/// The command that fetches the file; `None` for a source that is not Hugging Face's.
pub(crate) fn command(
    env: &Env,
    source: &ModelSource,
    cache: &Path,
    deadline: Duration,
) -> Option<Result<CommandSpec, ModelError>> {
    let ModelSource::HuggingFace { repo, file, revision } = source else { return None };
    let Some(program) = env.find("hf").or_else(|| env.find("huggingface-cli")) else {
        return Some(Err(ModelError::NoCommand { repo: repo.clone() }));
    };
    let mut spec = CommandSpec::new(program, deadline).inherit(env, &INHERITED).args(["download", repo, file]);
    if let Some(revision) = revision {
        spec = spec.args(["--revision", revision]);
    }
    Some(Ok(spec
        .arg("--local-dir")
        .arg(dir(cache, repo, revision.as_deref()))
        .env("HF_HUB_DISABLE_TELEMETRY", "1")
        .env("HF_HUB_DISABLE_PROGRESS_BARS", "1")))
}

/// Fetches the file to `path`. One download for each file at a time; who waited finds it there.
pub(crate) fn fetch(
    env: &Env,
    source: &ModelSource,
    cache: &Path,
    path: &Path,
    deadline: Duration,
) -> Result<(), ModelError> {
    let ModelSource::HuggingFace { repo, file, .. } = source else { return Ok(()) };
    let Some(spec) = command(env, source, cache, deadline).transpose()? else { return Ok(()) };
    durable::private_dir(cache)?;
    durable::private_dir(&cache.join("hf"))?;
    let _lock = Lock::acquire(&cache.join("hf").join("download.lock"), "model download", deadline)?;
    if path.exists() {
        return Ok(());
    }
    tracing::info!(repo, file, "fetching a model");
    run(&spec).and_then(|output| output.require_success(&spec)).map_err(|source| ModelError::Fetch {
        repo: repo.clone(),
        file: file.clone(),
        source,
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(revision: Option<&str>) -> ModelSource {
        ModelSource::HuggingFace { repo: "o/r".into(), file: "m.gguf".into(), revision: revision.map(Into::into) }
    }

    /// EP-23
    #[test]
    fn without_the_command_the_error_says_what_to_do() {
        let env = Env::from_pairs([("PATH", "/nonexistent")]);
        let error = fetch(&env, &source(None), Path::new("/c"), Path::new("/c/m"), Duration::ZERO).unwrap_err();
        assert!(matches!(error, ModelError::NoCommand { .. }));
    }

    /// EP-30, EP-51: one run for one file, into the configured folder, with the token in the environment only.
    #[test]
    fn the_command_is_run_once() {
        let dir = tempfile::tempdir().unwrap();
        let script = "echo \"$@\" >> \"$HOME/calls\"; test \"$HF_TOKEN\" = s3cr3t || exit 9; while [ \"$1\" != --local-dir ]; do shift; done; mkdir -p \"$2\"; printf GGUF > \"$2/m.gguf\"";
        testkit::fake_tool(dir.path(), "hf", script);
        let home = dir.path().to_str().unwrap();
        let env = Env::from_pairs([
            ("PATH", format!("{home}:/usr/bin:/bin")),
            ("HOME", home.into()),
            ("HF_TOKEN", "s3cr3t".into()),
        ]);
        let models = crate::ModelProvisioner::new(dir.path().join("cache"), env);
        let want = crate::Want { sha256: None, magic: Some(b"GGUF") };
        for _ in 0..2 {
            let staged = models.ensure_present(&source(Some("v1")), &want).unwrap();
            assert_eq!(staged.path, dir.path().join("cache/hf/o--r@v1/m.gguf"));
        }
        let calls = std::fs::read_to_string(dir.path().join("calls")).unwrap();
        assert_eq!(calls, format!("download o/r m.gguf --revision v1 --local-dir {home}/cache/hf/o--r@v1\n"));
    }

    #[test]
    fn a_failed_download_says_why() {
        let dir = tempfile::tempdir().unwrap();
        testkit::fake_tool(dir.path(), "huggingface-cli", "echo 'Repository Not Found' >&2; exit 1");
        let env = Env::from_pairs([("PATH", dir.path())]);
        let models = crate::ModelProvisioner::new(dir.path().join("cache"), env);
        let error = models.ensure_present(&source(None), &crate::Want::default()).unwrap_err();
        let ModelError::Fetch { source, .. } = error else { panic!("{error:?}") };
        assert!(source.to_string().contains("Repository Not Found"));
    }
}
