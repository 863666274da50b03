//! One run of the download command: its limits, and what its end means.

use std::path::Path;
use std::time::{Duration, Instant};

use exec::{CommandSpec, Env, ExecError, Exit, Keeper, Output, Redactor};

use super::growth::Growth;
use super::{FetchLimits, Progress, Ran, Watch, parts};
use crate::error::FetchError;
use crate::hub::answer::About;
use crate::hub::ask::{name, not_remote};
use crate::hub::command::HfCommand;
use crate::hub::token::{self, Token};
use crate::hub::watched::{Ended, run_watched};
use crate::hub::words;
use crate::place::Place;
use crate::presence::{Announced, HubFile};
use crate::{CommitId, ModelError, ModelRequest, ModelSource};

/// With what a model is fetched.
pub(crate) struct Access<'a> {
    pub(crate) env: &'a Env,
    pub(crate) keeper: Option<&'a Keeper>,
    pub(crate) token: Option<&'a Token>,
    pub(crate) has_token: bool,
    pub(crate) token_from: &'a str,
    pub(crate) redactor: &'a Redactor,
    pub(crate) limits: FetchLimits,
}

/// Why a watched run is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Cancelled,
    Stalled,
    TimedOut,
}

/// One fetch, under its limits.
pub(super) struct Run<'a, 'w> {
    pub(super) command: &'a HfCommand,
    pub(super) request: &'a ModelRequest,
    pub(super) place: &'a Place,
    pub(super) announced: &'a Announced,
    pub(super) access: &'a Access<'a>,
    pub(super) started: Instant,
    pub(super) watch: &'a mut Watch<'w>,
}

impl Run<'_, '_> {
    /// Brings the rest of the files whose beginning is there. One that cannot be finished so is left to the command.
    pub(super) fn rest(&mut self) -> Result<(), ModelError> {
        let (Some(commit), Some(python)) = (self.announced.commit.as_ref(), self.command.python()) else {
            return Ok(());
        };
        for part in parts::usable(self.place, &self.announced.files) {
            let deadline = self.access.limits.total;
            let spec = parts::command(self.command, &python, &repo(self.request), commit, &part, deadline);
            let Some(spec) = spec else { return Ok(()) };
            tracing::info!(file = part.file.path.as_str(), "resuming a download");
            match self.watched(&spec)? {
                Ok(output) => {
                    let finished = parts::finish(self.place, &part, output.exit);
                    tracing::debug!(finished, exit = %output.exit, "resumed a download");
                }
                Err(error) => tracing::debug!(%error, "could not resume a download"),
            }
        }
        Ok(())
    }

    /// Runs the download command, unless the rest was all there was to bring.
    pub(super) fn download(&mut self) -> Result<(), ModelError> {
        let size = |file: &HubFile| std::fs::metadata(self.place.file(&file.path)).map(|meta| meta.len()).ok();
        let files = &self.announced.files;
        if !files.is_empty() && files.iter().all(|file| file.size.is_some() && size(file) == file.size) {
            return Ok(());
        }
        // The watcher ends the run first; the command's own deadline is for a watcher that hangs.
        let deadline = self.access.limits.total.saturating_add(Duration::from_mins(1));
        let commit = self.announced.commit.as_ref();
        let spec = self.command.download(self.request, self.place, commit.map(CommitId::as_str), deadline);
        match self.watched(&spec)? {
            Ok(output) if output.exit == Exit::Code(0) => Ok(()),
            Ok(output) => {
                let line = spec.display(self.access.redactor);
                Err(failed(self.command, self.request, self.place, self.access, &line, &output))
            }
            Err(source) => Err(ModelError::Fetch { repo: repo(self.request), file: file(self.request), source }),
        }
    }

    /// Runs one command under the limits; an error is a limit that was reached, or a cancellation.
    fn watched(&mut self, spec: &CommandSpec) -> Result<Result<Output, ExecError>, ModelError> {
        let (place, limits, total) = (self.place, self.access.limits, self.announced.size);
        let (watch, started) = (&mut *self.watch, self.started);
        let mut growth = Growth::of([&place.folder, &place.parts]);
        let mut why = None;
        let begun = Instant::now();
        let ended = run_watched(&token::give(spec.clone(), self.access.token), &mut || {
            if let Some(done) = growth.look() {
                parts::keep(place);
                (watch.progress)(Progress { done, total });
            }
            why = if (watch.cancelled)() {
                Some(Stop::Cancelled)
            } else if growth.silence() > limits.silence {
                Some(Stop::Stalled)
            } else if started.elapsed() > limits.total {
                Some(Stop::TimedOut)
            } else {
                None
            };
            if why.is_some() {
                parts::keep(place);
            }
            why.is_some()
        });
        let exit = match &ended {
            Ended::Exited(output) => Some(output.exit),
            Ended::Failed(_) | Ended::Stopped => None,
        };
        (watch.ran)(&Ran { command: spec, exit, took: begun.elapsed() });
        let (model, bytes) = (name(self.request), growth.bytes());
        match ended {
            Ended::Exited(output) => Ok(Ok(output)),
            Ended::Failed(error) => Ok(Err(error)),
            Ended::Stopped => Err(match why {
                Some(Stop::Stalled) => FetchError::Stalled { model, after: limits.silence, bytes },
                Some(Stop::TimedOut) => FetchError::TimedOut { model, after: limits.total, bytes },
                _ => FetchError::Cancelled { model },
            }
            .into()),
        }
    }
}

/// What the end of a failed command means.
fn failed(
    command: &HfCommand,
    request: &ModelRequest,
    place: &Place,
    access: &Access<'_>,
    line: &str,
    output: &Output,
) -> ModelError {
    let text = format!("{}\n{}", output.stdout_text(), output.stderr_tail(80));
    let text = access.redactor.text(&text);
    let (model, folder) = (name(request), place.folder.clone());
    if ["No space left on device", "Not enough free disk space", "os error 28"].iter().any(|words| text.contains(words))
    {
        return FetchError::NoSpace { model, has: free(&folder), place: folder, needs: 0 }.into();
    }
    if text.contains("Disk quota exceeded") {
        return FetchError::Quota { model, place: folder }.into();
    }
    if text.contains("Read-only file system") {
        return FetchError::ReadOnly { model, place: folder, why: "the file system is mounted read-only" }.into();
    }
    let (program, url) = (command.name(), command.url());
    let ModelSource::Hub { repo: id, revision, .. } = &request.source else { return not_remote() };
    let (mirror, token_from) = (command.is_mirror(), access.token_from);
    let about = About { command: &program, url: &url, mirror, repo: id, revision: revision.as_ref(), token_from };
    if let Some(refusal) = words::refusal(&text, access.has_token, &about) {
        return refusal.into();
    }
    let stderr = access.redactor.text(&output.stderr_tail(20)).into_owned();
    let source = ExecError::Failed { name: program, command: line.to_owned(), exit: output.exit, stderr };
    ModelError::Fetch { repo: repo(request), file: file(request), source }
}

fn free(folder: &Path) -> u64 {
    let nearest = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(folder);
    rustix::fs::statvfs(nearest).map_or(0, |stat| stat.f_bavail.saturating_mul(stat.f_frsize))
}

fn repo(request: &ModelRequest) -> String {
    match &request.source {
        ModelSource::Hub { repo, .. } => repo.to_string(),
        ModelSource::Local(_) => String::new(),
    }
}

fn file(request: &ModelRequest) -> String {
    match &request.source {
        ModelSource::Hub { file: Some(file), .. } => file.to_string(),
        _ => "its files".into(),
    }
}
