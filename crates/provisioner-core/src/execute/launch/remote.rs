//! The summary of an engine that others run.

use std::collections::BTreeMap;

use config_schema::Accelerator;

use crate::engine::command_line::CommandLine;
use crate::execute::proof::ProofBundle;
use crate::execute::{Prepared, Run};
use crate::plan::SCHEMA;
use crate::plan::planner::Planned;
use crate::runtime::external::key;
use crate::runtime::external::target::Target;
use crate::summary::{Artifact, Model, PreparedEngine, Proof, ProofStage, ProofVerdict};
use crate::supply::Obtained;
use crate::{Error, Result};

/// The engine as it would be used now.
pub(crate) fn prepared(run: Run<'_>, planned: &Planned, proof: &ProofBundle, obtained: &Obtained) -> Result<Prepared> {
    let (desired, settings) = (run.desired, run.sources.settings);
    let (Artifact::Remote { url, version }, Some(target)) = (&obtained.artifact, Target::of(&obtained.facts)) else {
        return Err(Error::Unfinished { what: "engine" });
    };
    let name = target.key.as_deref();
    let file = name.and_then(|name| desired.secret_files.get(name));
    // A key that is not at hand was not needed: the pool uses the engine already.
    let value = key::value(name, file, settings).ok().flatten();
    let (host, port) = target.place();
    let undecided = (desired.accelerator == Accelerator::Cuda).then(|| Proof {
        stage: ProofStage::Running,
        verdict: ProofVerdict::Undecided,
        evidence: vec!["others run the engine, and its GPUs cannot be asked from here".to_owned()],
    });
    let summary = PreparedEngine {
        schema: SCHEMA,
        pool_id: desired.pool_id.clone(),
        engine: target.engine,
        engine_version: version.clone(),
        build_ref: None,
        build_key: None,
        engine_digest: None,
        provisioning_mode: desired.mode,
        accelerator: desired.accelerator,
        flags: Vec::new(),
        binary_path: None,
        image_ref: None,
        artifact: Some(obtained.artifact.clone()),
        model: Model::of_others(&target.model),
        host,
        port,
        url: url.clone(),
        secret_env: name.map(str::to_owned).into_iter().collect(),
        secret_file: name.zip(file).map(|(name, file)| (name.to_owned(), file.path.clone())).into_iter().collect(),
        env: BTreeMap::new(),
        facts: obtained.facts.clone(),
        devices: Vec::new(),
        device_mask: None,
        driver: None,
        toolkit: None,
        architectures: Vec::new(),
        offload: None,
        slots: None,
        proofs: undecided.into_iter().collect(),
        proof_dir: proof.dir().to_owned(),
    };
    proof.keep_facts(&planned.plan, &summary)?;
    tracing::info!(pool = desired.pool_id.as_str(), engine_version = version, url, "looked at");
    let secret_env = target.key.zip(value).into_iter().collect();
    let (args, env, notes) = (Vec::new(), BTreeMap::new(), Vec::new());
    let (port_flag, port, toolkit_folder) = (String::new(), String::new(), None);
    let line = CommandLine { args, env, secret_env, notes, toolkit_folder, port_flag, port };
    Ok(Prepared { summary, line, claim: None })
}
