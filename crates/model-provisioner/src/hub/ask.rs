//! Asking the hub, in seconds, for everything that could refuse a download: before the first compiler runs.

use std::time::Duration;

use exec::{Exit, Redactor};

use super::answer::{About, Answer, last_line, meaning};
use super::command::HfCommand;
use super::similar::similar;
use super::token::{self, Token};
use super::watched::{Ended, run_watched};
use super::words;
use crate::error::{FilesError, HubError};
use crate::inspect::gguf_names;
use crate::place::Place;
use crate::presence::{Announced, HubFile};
use crate::{CommitId, GlobPattern, ModelError, ModelRequest, ModelShape, ModelSource, RepoPath, ShardName};

/// Files of one model at most.
pub(crate) const MOST_FILES: usize = 20_000;
/// How long one request of the question may take.
const ONE_REQUEST: Duration = Duration::from_secs(10);
/// How long the whole question may take: an interpreter's start and two or three requests.
const QUESTION: Duration = Duration::from_secs(40);
/// The question, for the interpreter of the command.
const SCRIPT: &str = include_str!("ask.py");

/// Who asks, for whom.
pub(crate) struct Question<'a> {
    pub(crate) command: &'a HfCommand,
    pub(crate) request: &'a ModelRequest,
    pub(crate) place: &'a Place,
    pub(crate) token: Option<&'a Token>,
    /// Whether any token is given, as far as is known without the library.
    pub(crate) has_token: bool,
    /// Where the token is from.
    pub(crate) token_from: &'a str,
    pub(crate) redactor: &'a Redactor,
    /// The commit of a fetch that was interrupted.
    pub(crate) pinned: Option<&'a CommitId>,
    pub(crate) cancelled: &'a dyn Fn() -> bool,
}

/// What the hub announces of the model, or why it cannot be fetched.
pub(crate) fn ask(question: &Question<'_>) -> Result<Announced, ModelError> {
    let announced = match question.command.python() {
        Some(python) => library(question, &python)?,
        None => dry_run(question)?,
    };
    super::space::check(question.place, &announced, question.name().as_str())?;
    Ok(announced)
}

impl Question<'_> {
    /// What the model is called in messages.
    pub(crate) fn name(&self) -> String {
        name(self.request)
    }

    fn patterns(&self) -> Result<Vec<GlobPattern>, ModelError> {
        let ModelSource::Hub { file, .. } = &self.request.source else { return Ok(Vec::new()) };
        Ok(match (file, &self.request.shape) {
            (Some(file), _) => vec![match ShardName::parse(file.as_str()) {
                Some(shard) => shard.pattern(),
                None => GlobPattern::quoting(file.as_str(), ""),
            }],
            (None, ModelShape::Repository { include, .. }) => include.clone(),
            (None, _) => {
                return Err(ModelError::Request {
                    what: "a GGUF model of a hub needs the name of its file",
                    help: "name it: hf:OWNER/NAME/FILE.gguf",
                });
            }
        })
    }

    fn about<'a>(&'a self, command: &'a str, url: &'a str) -> Option<About<'a>> {
        let ModelSource::Hub { repo, revision, .. } = &self.request.source else { return None };
        let (mirror, token_from) = (self.command.is_mirror(), self.token_from);
        Some(About { command, url, mirror, repo, revision: revision.as_ref(), token_from })
    }
}

/// `hf:OWNER/NAME[/FILE]`.
pub(crate) fn name(request: &ModelRequest) -> String {
    match &request.source {
        ModelSource::Local(path) => path.display().to_string(),
        ModelSource::Hub { repo, file: Some(file), .. } => format!("hf:{repo}/{file}"),
        ModelSource::Hub { repo, file: None, .. } => format!("hf:{repo}"),
    }
}

/// Asks the library that the command runs on.
fn library(question: &Question<'_>, python: &[std::ffi::OsString]) -> Result<Announced, ModelError> {
    let (command, url) = (question.command.name(), question.command.url());
    let patterns = question.patterns()?;
    let Some(about) = question.about(&command, &url) else { return Err(not_remote()) };
    let Some((program, options)) = python.split_first() else { return Err(not_remote()) };
    let texts: Vec<&str> = patterns.iter().map(GlobPattern::as_str).collect();
    let revision = question.pinned.map(CommitId::as_str).or(about.revision.map(crate::Revision::as_str));
    let spec = question
        .command
        .spec(program, QUESTION)
        .args(options.iter().cloned())
        .args(["-c", SCRIPT, about.repo.as_str(), revision.unwrap_or("")])
        .arg(serde_json::to_string(&texts).unwrap_or_default())
        .arg(MOST_FILES.to_string())
        .arg(ONE_REQUEST.as_secs().to_string());
    let output = match run_watched(&token::give(spec, question.token), &mut || (question.cancelled)()) {
        Ended::Exited(output) => output,
        Ended::Stopped => return Err(cancelled(question)),
        Ended::Failed(exec::ExecError::TimedOut { .. }) => return Err(no_answer(&url)),
        Ended::Failed(error) => return Err(HubError::BrokenCommand { command, why: error.to_string() }.into()),
    };
    let parsed: Option<Answer> = output.stdout_text().lines().rev().find_map(|line| serde_json::from_str(line).ok());
    let Some(mut answer) = parsed else {
        let why = question.redactor.text(&output.stderr_tail(5)).into_owned();
        return Err(HubError::BrokenCommand { command, why: last_line(&why) }.into());
    };
    if let Some(old) = words::too_old(&answer, &command) {
        return Err(old.into());
    }
    // Before a refusal is read: a URL made of a bad name is refused for the wrong reason.
    let files = files(&answer, &about)?;
    if let Some(mut refusal) = answer.error.take() {
        refusal.text = question.redactor.text(&refusal.text).into_owned();
        refusal.message = refusal.message.map(|message| question.redactor.text(&message).into_owned());
        return Err(meaning(&refusal, &answer, &about).into());
    }
    announced(question, &about, &answer, files)
}

/// The files of an answer, each with a valid name.
fn files(answer: &Answer, about: &About<'_>) -> Result<Vec<HubFile>, ModelError> {
    let valid = |file: &super::answer::AnswerFile| {
        if let Err(why) = crate::names::path(&file.path) {
            let (repo, file) = (about.repo.to_string(), crate::names::shown(&file.path));
            return Err(HubError::UnsafeName { repo, file, why }.into());
        }
        let sha256 = file.sha256.clone().filter(|sha256| sha256.len() == 64);
        Ok(HubFile { path: RepoPath::parse(&file.path)?, size: file.size, sha256 })
    };
    answer.files.iter().map(valid).collect()
}

/// The files that belong to the model, none missing.
fn announced(
    question: &Question<'_>,
    about: &About<'_>,
    answer: &Answer,
    mut files: Vec<HubFile>,
) -> Result<Announced, ModelError> {
    if answer.count > MOST_FILES {
        return Err(FilesError::TooMany { place: about.repo.to_string(), most: MOST_FILES }.into());
    }
    let wanted = wanted(question.request)?;
    let missing = wanted.iter().find(|wanted| !files.iter().any(|file| file.path == **wanted)).map(ToString::to_string);
    let missing = missing.or_else(|| unmatched(question.request, &files));
    if let Some(file) = missing {
        let names = answer.others.iter().map(String::as_str).chain(files.iter().map(|file| file.path.as_str()));
        let names: Vec<&str> = names.filter(|name| wanted.is_empty() || is_gguf(name)).collect();
        let mut similar = similar(&file, names.iter().copied());
        if similar.is_empty() && !wanted.is_empty() {
            similar = names.iter().take(3).map(|name| (*name).to_owned()).collect();
        }
        let revision = about.revision.map_or("its default branch", crate::Revision::as_str).to_owned();
        let url = format!("{}/tree/{}", about.page(), about.revision.map_or("main", crate::Revision::as_str));
        return Err(HubError::NoFile { repo: about.repo.to_string(), file, revision, url, similar }.into());
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let size = files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.size?));
    Ok(Announced { commit: answer.commit.as_deref().and_then(CommitId::parse), files, size })
}

/// The files that must be there by name.
pub(crate) fn wanted(request: &ModelRequest) -> Result<Vec<RepoPath>, ModelError> {
    match &request.source {
        ModelSource::Hub { file: Some(file), .. } => gguf_names(file),
        _ => Ok(Vec::new()),
    }
}

fn is_gguf(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("gguf"))
}

/// A required pattern that no file matches, or all patterns where there is no file.
fn unmatched(request: &ModelRequest, files: &[HubFile]) -> Option<String> {
    let ModelShape::Repository { include, required } = &request.shape else { return None };
    let unmatched = |pattern: &&GlobPattern| !files.iter().any(|file| pattern.matches(file.path.as_str()));
    let pattern = required.iter().find(unmatched).map(ToString::to_string);
    let all = || include.iter().map(GlobPattern::as_str).collect::<Vec<_>>().join(", ");
    pattern.or_else(|| files.is_empty().then(all))
}

/// Asks a command that does not tell its interpreter, with `--dry-run`. Sizes and the commit stay unknown.
fn dry_run(question: &Question<'_>) -> Result<Announced, ModelError> {
    let (command, url) = (question.command.name(), question.command.url());
    question.patterns()?;
    let Some(about) = question.about(&command, &url) else { return Err(not_remote()) };
    let spec = question.command.dry_run(question.request, question.pinned, QUESTION);
    let output = match run_watched(&token::give(spec, question.token), &mut || (question.cancelled)()) {
        Ended::Exited(output) => output,
        Ended::Stopped => return Err(cancelled(question)),
        Ended::Failed(exec::ExecError::TimedOut { .. }) => return Err(no_answer(&url)),
        Ended::Failed(error) => return Err(HubError::BrokenCommand { command, why: error.to_string() }.into()),
    };
    if output.exit != Exit::Code(0) {
        let text = format!("{}\n{}", output.stdout_text(), output.stderr_tail(60));
        let text = question.redactor.text(&text).into_owned();
        let unknown = || HubError::BrokenCommand { command: command.clone(), why: last_line(&text) };
        return Err(words::refusal(&text, question.has_token, &about).unwrap_or_else(unknown).into());
    }
    let files = wanted(question.request)?.into_iter();
    let files = files.map(|path| HubFile { path, size: None, sha256: None }).collect();
    Ok(Announced { commit: question.pinned.cloned(), files, size: None })
}

fn cancelled(question: &Question<'_>) -> ModelError {
    crate::error::FetchError::Cancelled { model: question.name() }.into()
}

fn no_answer(url: &str) -> ModelError {
    let why = format!("no answer within {} s", QUESTION.as_secs());
    HubError::NoNetwork { url: url.to_owned(), why }.into()
}

pub(crate) fn not_remote() -> ModelError {
    ModelError::Request { what: "a model of this host is not asked for at a hub", help: "put it where it is named" }
}
