//! Runs a plan up to the start. What blocks is reported before the first long step.

use std::path::PathBuf;

use config_schema::{Engine, ProvisioningMode};
use llamacpp_build::{BuildRequest, Commit, build, resolve, server_docs};
use model_provisioner::Presence;
use spawner::{PoolDir, PortLock};

use crate::command_line::{CommandLine, Texts, command_line, url};
use crate::desired::Desired;
use crate::observe::models;
use crate::observed::Observed;
use crate::proof::Proof;
use crate::{Error, Event, Model, PreparedEngine, Result, Settings, StepKind, claim, engine_config, published};

/// An engine that is ready to start.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) summary: PreparedEngine,
    pub(crate) program: PathBuf,
    pub(crate) line: CommandLine,
    pub(crate) build_key: String,
    /// While it is held, no other pool is given the port.
    pub(crate) claim: PortLock,
}

/// Prepares what is not prepared yet. The commit is asked of the repository unless it is `pinned`; `installed` is what the
/// package manager said on the way here.
pub(crate) fn prepare(
    desired: &Desired,
    observed: Observed,
    settings: &Settings,
    dir: &PoolDir,
    pinned: Option<Commit>,
    installed: Option<&str>,
) -> Result<Prepared> {
    let Observed { tools, cuda, request, inputs, model, port, line, running, .. } = observed;
    tools?;
    let cuda = cuda.transpose()?;
    if let Some(inputs) = inputs {
        inputs?;
    }
    let request: BuildRequest = request.ok_or_else(|| Error::NoSource { pool: desired.pool_id.clone() })?;
    let fetch_model = matches!(model, Presence::Fetchable(_));
    if let Presence::Unusable(error) = model {
        return Err(error.into());
    }
    port.map_err(Error::Port)?;
    if let Some(line) = line {
        line?;
    }

    engine_config::make(&desired.config_home)?;
    let proof = Proof::create(dir, published::proof_of(running.as_ref(), dir).as_deref())?;
    if let Some(transcript) = installed {
        proof.keep_packages(transcript)?;
    }
    let tell = |event: Event| settings.observer.on(&event);
    let commit = pinned.map_or_else(|| resolve(&desired.layout, &request), Ok)?;
    let on_build = |event: &llamacpp_build::Event| match event {
        llamacpp_build::Event::Phase(name) => tell(Event::BuildPhase(name)),
        llamacpp_build::Event::Waits(holder) => tell(Event::Note(format!("waiting for the same build by {holder}"))),
        llamacpp_build::Event::Step { done, total, what, left } => {
            tell(Event::BuildStep { done: *done, total: *total, what: what.clone(), left: *left });
        }
        _ => {}
    };
    let entry = build(&desired.layout, &request, &commit, Some(proof.dir()), &on_build)?;
    proof.keep_build(&entry);
    if fetch_model {
        tell(Event::Begin(StepKind::Model));
    }
    let staged = models(desired, &settings.env).ensure_present(&desired.model.request)?.staged;
    // A build may have taken hours: the port is chosen now, and nobody else chooses one until this engine has it.
    let own = running.as_ref().map(|record| record.port);
    let (port, claim) = claim::claim(desired, own, settings)?;
    let help = entry.help();
    // A server that printed no help when it was built is judged by what its source says.
    let docs = if help.is_empty() { server_docs(&desired.layout, &request, &commit) } else { None };
    let texts = Texts { help: Some(&help), docs: docs.as_deref() };
    let line = command_line(desired, cuda.as_ref(), &staged.path, port, texts, &settings.env)?;
    for note in &line.notes {
        tracing::info!(note, "flags");
        tell(Event::Note(note.clone()));
    }
    proof.keep_spawn(&entry.binary(), &line)?;
    let summary = PreparedEngine {
        pool_id: desired.pool_id.clone(),
        engine: Engine::Llamacpp,
        engine_version: entry.manifest.engine_version.clone(),
        build_ref: Some(commit.as_str().to_owned()),
        build_key: Some(entry.manifest.key.to_string()),
        engine_digest: Some(entry.manifest.engine_digest()),
        provisioning_mode: ProvisioningMode::Source,
        accelerator: desired.accelerator,
        flags: line.args.clone(),
        binary_path: Some(entry.binary()),
        image_ref: None,
        model: Model {
            reference: desired.model.reference.clone(),
            size: staged.size(),
            checksum: staged.digest().map(str::to_owned),
            path: staged.path,
        },
        host: desired.host.to_string(),
        port,
        url: url(desired.host, port),
        secret_env: line.secret_env.keys().cloned().collect(),
        proof_dir: proof.dir().to_owned(),
    };
    tracing::info!(pool = desired.pool_id.as_str(), engine_version = summary.engine_version, build_ref = summary.build_ref, engine_digest = summary.engine_digest, binary = %entry.binary().display(), flags = exec::shell_line(&summary.flags), "prepared");
    Ok(Prepared { summary, program: entry.binary(), line, build_key: entry.manifest.key.to_string(), claim })
}
