//! Finding the Hugging Face command and making its command lines.
//!
//! <https://huggingface.co/docs/huggingface_hub/guides/cli>

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env, Keeper};

use crate::local::plain;
use crate::place::Place;
use crate::{CommitId, GlobPattern, ModelError, ModelRequest, ModelShape, ModelSource, ShardName};

/// What the command may know of the caller's environment.
/// <https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables>
const INHERITED: [&str; 30] = [
    "HOME",
    "PATH",
    "HF_HOME",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "HF_TOKEN_PATH",
    "HF_ENDPOINT",
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "HF_HUB_DISABLE_XET",
    "HF_HUB_DOWNLOAD_TIMEOUT",
    "HF_HUB_ETAG_TIMEOUT",
    "HF_XET_CACHE",
    "HF_XET_HIGH_PERFORMANCE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "all_proxy",
    "no_proxy",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "PYTHONUSERBASE",
    "VIRTUAL_ENV",
];

/// The hub's own address.
const HUB: &str = "https://huggingface.co";

/// The Hugging Face command of this host.
#[derive(Clone, Debug)]
pub(crate) struct HfCommand {
    /// Its path.
    pub(crate) program: PathBuf,
    env: Env,
    /// Ends what the command started when this process is killed.
    keeper: Option<Keeper>,
}

impl HfCommand {
    /// The command on `PATH`: `hf`, or `huggingface-cli`, its older name.
    pub(crate) fn find(env: &Env, keeper: Option<&Keeper>, request: &ModelRequest) -> Result<Self, ModelError> {
        let program = env.find("hf").or_else(|| env.find("huggingface-cli"));
        let repo = match &request.source {
            ModelSource::Hub { repo, .. } => repo.to_string(),
            ModelSource::Local(_) => String::new(),
        };
        let command = |program| Self { program, env: env.clone(), keeper: keeper.cloned() };
        program.map(command).ok_or(ModelError::NoCommand { repo })
    }

    /// Its file name, for messages.
    pub(crate) fn name(&self) -> String {
        self.program.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The hub's address, without user and password.
    pub(crate) fn url(&self) -> String {
        let url = self.env.get_str("HF_ENDPOINT").unwrap_or(HUB).trim_end_matches('/');
        exec::Redactor::new().text(url).into_owned()
    }

    /// What is asked before a download: the repository's address.
    pub(crate) fn asks(&self, request: &ModelRequest) -> String {
        match &request.source {
            ModelSource::Hub { repo, .. } => format!("{}/{repo}", self.url()),
            ModelSource::Local(_) => self.url(),
        }
    }

    /// Whether `HF_ENDPOINT` names another hub.
    pub(crate) fn is_mirror(&self) -> bool {
        self.env.get_str("HF_ENDPOINT").is_some_and(|url| url.trim_end_matches('/') != HUB)
    }

    /// `hf download` for the files of a request, at `revision` where that is not the one of the request.
    pub(crate) fn download(
        &self,
        request: &ModelRequest,
        place: &Place,
        revision: Option<&str>,
        deadline: Duration,
    ) -> CommandSpec {
        self.files(request, revision, deadline).arg("--local-dir").arg(&place.folder)
    }

    /// The same question without a download. Only with `HF_DEBUG` does the command print the hub's own words.
    pub(crate) fn dry_run(&self, request: &ModelRequest, commit: Option<&CommitId>, deadline: Duration) -> CommandSpec {
        self.files(request, commit.map(CommitId::as_str), deadline).arg("--dry-run").env("HF_DEBUG", "1")
    }

    fn files(&self, request: &ModelRequest, commit: Option<&str>, deadline: Duration) -> CommandSpec {
        let mut spec = self.spec(self.program.clone(), deadline).arg("download");
        if let ModelSource::Hub { repo, revision, file } = &request.source {
            spec = spec.arg(repo.as_str());
            match file.as_ref().map(|file| (file, ShardName::parse(file.as_str()))) {
                Some((_, Some(shard))) => spec = spec.args(["--include", shard.pattern().as_str()]),
                Some((file, None)) => spec = spec.arg(file.as_str()),
                None => {}
            }
            if let ModelShape::Repository { include, .. } = &request.shape {
                for pattern in include.iter().map(GlobPattern::as_str) {
                    spec = spec.args(["--include", pattern]);
                }
            }
            if let Some(revision) = commit.or(revision.as_ref().map(crate::Revision::as_str)) {
                spec = spec.args(["--revision", revision]);
            }
        }
        spec
    }

    /// The interpreter that the command runs on, with its options, where the command's first lines name it.
    pub(crate) fn python(&self) -> Option<Vec<OsString>> {
        let head = plain::read(&self.program, 4096).ok()?;
        let words = interpreter(&String::from_utf8_lossy(&head))?;
        let (program, options) = words.split_first()?;
        let path = Path::new(program);
        let path = match path.file_name()?.to_str()? {
            "env" => self.env.find(options.first()?)?,
            _ => path.to_owned(),
        };
        let options = if path == Path::new(program) { options } else { options.get(1..)? };
        let is_python = path.file_name()?.to_string_lossy().starts_with("python") && path.is_absolute();
        is_python.then(|| [path.into()].into_iter().chain(options.iter().map(OsString::from)).collect())
    }

    /// A program with the environment that the command has.
    pub(crate) fn spec(&self, program: impl Into<PathBuf>, deadline: Duration) -> CommandSpec {
        let spec = CommandSpec::new(program, deadline);
        let spec = match &self.keeper {
            Some(keeper) => spec.keeper(keeper.clone()),
            None => spec,
        };
        spec.inherit(&self.env, &INHERITED)
            .env("HF_HUB_DISABLE_TELEMETRY", "1")
            .env("HF_HUB_DISABLE_PROGRESS_BARS", "1")
            .env("HF_HUB_DISABLE_UPDATE_CHECK", "1")
            .env("NO_COLOR", "1")
            .env("PYTHONUTF8", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
    }
}

/// The words after `#!`, or the program that the second line of a long-path wrapper of pip and uv executes.
fn interpreter(head: &str) -> Option<Vec<String>> {
    let mut lines = head.lines();
    let words =
        |line: &str| line.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect::<Vec<_>>();
    let first = words(lines.next()?.strip_prefix("#!")?);
    if first.first().is_some_and(|program| program.ends_with("/sh")) {
        let second = lines.next()?.trim_start().strip_prefix("'''exec'")?;
        let quoted = second.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'));
        return quoted
            .map_or_else(|| words(second).get(..1).map(<[String]>::to_vec), |(path, _)| Some(vec![path.into()]));
    }
    (!first.is_empty()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_is_read_from_the_commands_first_lines() {
        let check = |head: &str, expected: Option<&[&str]>| {
            let expected = expected.map(|words| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
            assert_eq!(interpreter(head), expected, "{head}");
        };
        check("#!/v/bin/python3\nimport x", Some(&["/v/bin/python3"]));
        check("#!/usr/bin/python3 -sP\n", Some(&["/usr/bin/python3", "-sP"]));
        check("#! /usr/bin/env python3\n", Some(&["/usr/bin/env", "python3"]));
        check("#!/bin/sh\n'''exec' \"/a b/python\" \"$0\" \"$@\"\n' '''\n", Some(&["/a b/python"]));
        check("#!/bin/sh\n'''exec' /a/python \"$0\" \"$@\"\n' '''\n", Some(&["/a/python"]));
        check("#!/bin/sh\nexec docker run x\n", None);
        check("\u{7f}ELF", None);
        check("", None);
    }
}
