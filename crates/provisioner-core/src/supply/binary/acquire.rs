//! Does what the steps say: download, unpack, judge, ask, publish.

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use artifact_fit::Needs;
use download::{Fetched, Notice, Want};
use durable::Wait;
use engine_store::{Claim, Contents, Entry, NewEntry, Staging, Store, StoreError};
use unpack::find_program;

use crate::event::Unit;
use crate::execute::work::{Done, StepError, Work};
use crate::plan::placeholder::{PROGRAM, STAGING};
use crate::plan::{Action, ExecutedAction, Outcome, StepId, StepKind};
use crate::supply::asked::{self, Answers};
use crate::supply::binary::error::NoProgram;
use crate::supply::binary::{BinaryError, Found, Wish, files, host, installed, network, unknown};
use crate::supply::gpus::Gpus;

/// What the steps made so far.
#[derive(Debug, Default)]
pub(crate) struct Made(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    claim: Option<Claim>,
    fetched: Option<Fetched>,
    staging: Option<Staging>,
    /// The program in the archive, and what the files need.
    program: Option<(String, Needs)>,
    began: Option<Instant>,
    entry: Option<Entry>,
    /// How the entry came to be, where it turned out to be there already.
    found: Option<Outcome>,
}

impl Made {
    pub(crate) fn entry(&self) -> Option<Entry> {
        self.lock().entry.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does one step; they depend on one another.
pub(crate) fn run(found: &Found, step: &StepId, work: &Work<'_>) -> Result<Done, StepError> {
    let mut state = found.made.lock();
    let kind = StepKind::ALL.iter().find(|kind| StepId::from(**kind) == *step);
    let done = match kind {
        Some(StepKind::Download) => download(found, &mut state, work),
        Some(StepKind::Unpack | StepKind::Prove) if state.found.is_some() => {
            Ok(Done::with(Vec::new()).outcome(state.found.unwrap_or(Outcome::Hit)))
        }
        Some(StepKind::Unpack) => unpack(found, step, &mut state, work),
        Some(StepKind::Prove) => prove(found, step, &mut state, work),
        _ => Err(unknown(step).into()),
    }?;
    if kind == Some(&StepKind::Prove)
        && let (Some(link), Some(entry)) = (&found.wish.install_dir, &state.entry)
    {
        installed::link(link, entry, &found.wish.layout.dir("store")).map_err(crate::Error::from)?;
    }
    Ok(done)
}

fn download(found: &Found, state: &mut State, work: &Work<'_>) -> Result<Done, StepError> {
    let wish = &found.wish;
    if let Some(entry) = &found.entry {
        (state.entry, state.found) = (Some(entry.clone()), Some(Outcome::Hit));
        return Ok(Done::with(Vec::new()).outcome(Outcome::Hit));
    }
    let (Some(key), Some(digest)) = (wish.key(), wish.digest) else {
        return Err(crate::Error::from(BinaryError::NoChecksum { url: wish.source.to_string() }).into());
    };
    let limits = &work.desired.limits;
    let waits = std::cell::Cell::new(false);
    let patience = Wait::new(limits.fetch_timeout()).cancel(work.cancel).tell(|holder| {
        waits.set(true);
        work.note(format!("waiting for the same archive by {holder}"));
    });
    let claim = Store::new(wish.layout.clone()).claim(&key, "unpack", patience)?;
    if let Some(entry) = claim.take()? {
        let outcome = if waits.get() { Outcome::Waited } else { Outcome::Hit };
        (state.entry, state.found) = (Some(entry), Some(outcome));
        return Ok(Done::with(Vec::new()).outcome(outcome));
    }
    let began = Instant::now();
    let want = Want { digest: Some(digest), deadline: limits.fetch_timeout(), ..Want::new(wish.source.clone()) };
    let options = network::options(work.settings, limits, work.cancel)?;
    let resumed = std::cell::Cell::new(false);
    let tell = |notice: Notice| match notice {
        Notice::Bytes(done, total) => work.progress(done, total, Unit::Bytes, &wish.name(), None),
        Notice::Waits(holder) => work.note(format!("waiting for the same download by {holder}")),
        Notice::Resumes(bytes) => {
            resumed.set(true);
            work.note(format!("resumed after {bytes} bytes"));
        }
        Notice::StartsOver(why) => work.note(format!("downloaded from the beginning: {why}")),
        Notice::Retries(why, pause) => work.note(format!("tried again in {} s: {why}", pause.as_secs())),
    };
    let fetched =
        wish.downloads().fetch(&want, &options, &tell).map_err(|error| crate::Error::from(BinaryError::from(error)))?;
    let action = Action::Download {
        url: wish.source.to_string(),
        digest: digest.to_string(),
        to: fetched.path().display().to_string(),
    };
    state.fetched = Some(fetched);
    state.claim = Some(claim);
    state.began = Some(began);
    let done = Done::with(vec![ExecutedAction::of(action, began.elapsed().as_secs_f64())]);
    Ok(if resumed.get() { done.outcome(Outcome::Resumed) } else { done })
}

fn unpack(found: &Found, step: &StepId, state: &mut State, work: &Work<'_>) -> Result<Done, StepError> {
    let (Some(claim), Some(fetched)) = (&state.claim, &state.fetched) else { return Err(unknown(step).into()) };
    let wish = &found.wish;
    let began = Instant::now();
    let staging = claim.stage()?;
    work.value(STAGING, &staging.dir().display().to_string());
    let out = staging.out();
    fs::create_dir_all(&out).map_err(StoreError::io("create", &out))?;
    let to = out.join(files::FILES);
    let options = unpack::Options {
        strip: wish.strip,
        no_links: true,
        cancel: work.cancel.clone(),
        ..unpack::Options::default()
    };
    let binary = |error: BinaryError| crate::Error::from(error);
    let unpacked = unpack::unpack(fetched.file(), &wish.name(), &to, &options)
        .map_err(|error| binary(BinaryError::from(error)))?;
    if !fetched.is_unchanged() {
        return Err(binary(BinaryError::Changed { path: fetched.path().into() }).into());
    }
    let named = wish.program.as_deref();
    let program = find_program(&unpacked.files, named, &[wish.engine, "server"])
        .or_else(|error| files::only_executable(&to, error))
        .map_err(|error| binary(BinaryError::Program(NoProgram(error))))?;
    if named.is_none() {
        work.note(format!("the archive's program is `{program}`"));
        work.value(PROGRAM, &program);
    }
    let needs = files::needs_of(&to, &unpacked.files, &program, wish.cuda);
    let mut lacks = host::lacks(&work.settings.system_root, &program, &needs, found.gpus.as_ref()).into_iter();
    if let Some(first) = lacks.next() {
        lacks.for_each(|lack| work.note(lack.to_string()));
        return Err(binary(BinaryError::from(first)).into());
    }
    let action = Action::Unpack { archive: fetched.path().display().to_string(), to: to.display().to_string() };
    state.staging = Some(staging);
    state.program = Some((program, needs));
    Ok(Done::with(vec![ExecutedAction::of(action, began.elapsed().as_secs_f64())]))
}

fn prove(found: &Found, step: &StepId, state: &mut State, work: &Work<'_>) -> Result<Done, StepError> {
    let (Some(claim), Some(staging), Some((program, needs))) = (&state.claim, &state.staging, &state.program) else {
        return Err(unknown(step).into());
    };
    let wish = &found.wish;
    let path = staging.out().join(files::FILES).join(program);
    let driver = found.gpus.as_ref().and_then(Gpus::driver_folder);
    let mut actions = Vec::new();
    let Answers { version, help } = asked::ask(program, &path, wish.cuda, driver, work, &mut actions)
        .map_err(|error| StepError { error, actions: actions.clone() })?;
    let began = Instant::now();
    let entry = publish(wish, claim, staging, &Proven { program, needs, version: &version, help: &help }, state.began)?;
    let action = Action::Publish { key: entry.manifest.key.to_string(), to: entry.dir.display().to_string() };
    actions.push(ExecutedAction::of(action, began.elapsed().as_secs_f64()));
    state.entry = Some(entry);
    (state.staging, state.claim) = (None, None);
    if let Some(fetched) = state.fetched.take() {
        fetched.discard();
    }
    Ok(Done::with(actions))
}

/// What was found out of a program.
struct Proven<'a> {
    program: &'a str,
    needs: &'a Needs,
    version: &'a str,
    help: &'a str,
}

fn publish(
    wish: &Wish,
    claim: &Claim,
    staging: &Staging,
    proven: &Proven<'_>,
    began: Option<Instant>,
) -> Result<Entry, StepError> {
    let Some(inputs) = wish.inputs() else { return Err(StoreError::NotPublished.into()) };
    let mut contents = Contents::hash(staging)?;
    let documents = [
        (files::HELP, proven.help.as_bytes().to_vec()),
        (files::FIT, serde_json::to_vec_pretty(proven.needs).unwrap_or_default()),
        (
            files::PROVENANCE,
            serde_json::to_vec_pretty(&files::Provenance::of(wish, proven.program, proven.version)).unwrap_or_default(),
        ),
    ];
    for (name, bytes) in documents {
        contents.add(name, &bytes)?;
    }
    let entry = NewEntry {
        recipe: Wish::recipe(),
        inputs,
        engine_version: proven.version.to_owned(),
        binary: std::path::Path::new(files::FILES).join(proven.program),
        took: began.map(|began| began.elapsed()).unwrap_or_default(),
    };
    Ok(claim.publish(staging, contents, entry)?)
}
