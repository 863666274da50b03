//! The steps from an archive to a proven engine: pure.

use download::Source;

use crate::plan::draft::{Draft, held_by};
use crate::plan::placeholder::{PROGRAM, Placeholder, STAGING, literal, marker};
use crate::plan::{Action, Status, StepKind};
use crate::supply::asked;
use crate::supply::binary::{BinaryError, Found, files};
use crate::supply::gpus::Gpus;

/// The drafts, from `accelerator` on.
pub(crate) fn steps(found: &mut Found, runs: bool) -> Vec<Draft> {
    let (no_gpu, accelerator) = Gpus::step(found.gpus.as_mut());
    let done = runs || (found.entry.is_some() && found.linked);
    let blocked = if done { None } else { blocker(found) };
    let is_blocked = blocked.is_some();
    let status = match () {
        () if done => Status::Satisfied,
        () if no_gpu => held_by(&StepKind::Accelerator.into()),
        () if is_blocked => held_by(&StepKind::Download.into()),
        () => Status::ToRun,
    };
    let source = found.wish.source.to_string();
    let download = match blocked {
        Some(error) if !no_gpu => Draft::blocked(StepKind::Download, &source, error),
        _ => Draft::new(StepKind::Download, &source, status.clone()),
    };
    let key = found.wish.key().map(|key| key.to_string());
    let detail = match &key {
        Some(key) => format!("build {key}"),
        None => "the archive's files".into(),
    };
    let proven = match &found.entry {
        Some(entry) => format!("{} {}", found.wish.engine, entry.manifest.engine_version),
        None => "the program fits this host and answers --version".into(),
    };
    let mut unpack = Draft::new(StepKind::Unpack, detail, status.clone()).after([StepKind::Download]);
    unpack.step.key.clone_from(&key);
    unpack.step.inputs = found.wish.inputs().and_then(|inputs| serde_json::to_value(inputs).ok());
    let check = match found.lacks.take().filter(|_| !runs) {
        Some(lack) => Draft::blocked(StepKind::Prove, proven, BinaryError::from(lack)),
        None => Draft::new(StepKind::Prove, proven, status.clone()),
    };
    let check = check.after([StepKind::Unpack]);
    let mut drafts = vec![accelerator, download.after([StepKind::Accelerator]), unpack, check];
    if status == Status::ToRun {
        act(found, &mut drafts);
    }
    drafts
}

/// Why nothing is downloaded.
fn blocker(found: &Found) -> Option<BinaryError> {
    let url = || found.wish.source.to_string();
    if found.wish.digest.is_none() {
        return Some(BinaryError::NoChecksum { url: url() });
    }
    let is_remote = matches!(found.wish.source, Source::Web(_));
    (is_remote && found.entry.is_none() && !found.wish.may_download).then(|| BinaryError::NotAllowed { url: url() })
}

/// What each step does.
fn act(found: &Found, drafts: &mut [Draft]) {
    let (Some(key), Some(digest)) = (found.wish.key(), found.wish.digest) else { return };
    let entry = literal(&found.wish.layout.root().join("store").join(key.as_str()).display().to_string());
    let archive = archive(found);
    let files = format!("{}/out/{}", marker(STAGING), files::FILES);
    // Where it is there already, only the link is turned.
    let is_there = found.entry.is_some();
    let program = format!("{files}/{}", found.program());
    for draft in drafts {
        let actions = match draft.step.kind {
            StepKind::Download if !is_there => vec![Action::Download {
                url: literal(&found.wish.source.to_string()),
                digest: digest.to_string(),
                to: archive.clone(),
            }],
            StepKind::Unpack if !is_there => vec![Action::Unpack { archive: archive.clone(), to: files.clone() }],
            StepKind::Prove if !is_there => {
                let publish = Action::Publish { key: key.to_string(), to: entry.clone() };
                let driver = found.gpus.as_ref().and_then(Gpus::driver_folder);
                asked::planned(&program, found.wish.cuda, driver).into_iter().chain([publish]).collect()
            }
            _ => continue,
        };
        draft.step.actions = actions;
        draft.placeholders.extend(Placeholder::any(STAGING));
        if found.wish.program.is_none() {
            draft.placeholders.extend(Placeholder::any(PROGRAM));
        }
    }
}

/// The file that the archive is read from.
fn archive(found: &Found) -> String {
    literal(&found.wish.archive().display().to_string())
}
