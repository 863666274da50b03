//! Why a pool has no engine, and what to do about it.

use std::path::PathBuf;

use config_schema::{Engine, PoolId, ProvisioningMode};
use miette::Diagnostic;
use thiserror::Error;

use crate::{Difference, FinishedError, GpuProofError, LifecycleError, PortError, SideFileError, VariableError};

mod meaning;

/// Everything that can keep a pool from having its engine. Errors of the parts pass through with their own code and
/// help.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// An engine that is not provisioned yet.
    #[error("the engine `{engine}` is not supported yet")]
    #[diagnostic(
        code(pool::unsupported_engine),
        help(
            "supported now: engine = \"llamacpp\" with provisioning.mode = \"source\", \"binary\", \"package\" or \"external\"; any engine that others run, with provisioning.external = {{ url = \"https://host\" }}"
        )
    )]
    UnsupportedEngine {
        /// The engine.
        engine: Engine,
    },
    /// A mode that is not provisioned yet.
    #[error("`{engine}` in mode `{mode}` is not supported yet")]
    #[diagnostic(
        code(pool::unsupported_mode),
        help(
            "supported now: engine = \"llamacpp\" with provisioning.mode = \"source\", \"binary\", \"package\" or \"external\"; any engine that others run, with provisioning.external = {{ url = \"https://host\" }}"
        )
    )]
    UnsupportedMode {
        /// The engine.
        engine: Engine,
        /// The mode.
        mode: ProvisioningMode,
    },
    /// A mode that the engine cannot be provisioned by.
    #[error("`{engine}` cannot be provisioned by mode `{mode}`")]
    #[diagnostic(code(pool::impossible_mode), help("its modes are {}", modes(possible)))]
    ImpossibleMode {
        /// The engine.
        engine: Engine,
        /// The mode.
        mode: ProvisioningMode,
        /// The modes it can be provisioned by.
        possible: &'static [ProvisioningMode],
    },
    /// Mode source, and no source.
    #[error("pool `{pool}` has mode `source` but names no source")]
    #[diagnostic(
        code(pool::no_source),
        help(
            "name one: provisioning.source = {{ repo = \"https://github.com/ggml-org/llama.cpp\", ref = \"master\" }}"
        )
    )]
    NoSource {
        /// The pool.
        pool: PoolId,
    },
    /// A generator that is not supported.
    #[error("the CMake generator `{name}` is not supported")]
    #[diagnostic(
        code(pool::unsupported_generator),
        help("`Ninja` and `Unix Makefiles` are; leave `generator` out to get the better one that is installed")
    )]
    UnsupportedGenerator {
        /// The generator.
        name: String,
    },
    /// No model that could be found.
    #[error("pool `{pool}` does not say where its model is")]
    #[diagnostic(
        code(pool::no_model),
        help("set provisioning.model.ref to a path, `file:/path/model.gguf`, or `hf:owner/repo/file.gguf`")
    )]
    NoModel {
        /// The pool.
        pool: PoolId,
    },
    /// A repository alone is no model.
    #[error("the model `hf:{repo}` names a repository but no file in it")]
    #[diagnostic(code(pool::no_model_file), help("name the file to serve: hf:{repo}/model-q4_k_m.gguf"))]
    NoModelFile {
        /// The repository.
        repo: String,
    },
    /// A Triton model repository is a tree that its operator lays out.
    #[error("the model `hf:{repo}` is a repository of a hub, and Triton reads a model repository of its own")]
    #[diagnostic(
        code(pool::no_triton_hub),
        help("lay out a model repository on this host (config.pbtxt and version folders), and name its folder")
    )]
    NoTritonHub {
        /// The repository.
        repo: String,
    },
    /// Relative to nothing.
    #[error("the model path `{}` is relative", path.display())]
    #[diagnostic(
        code(pool::relative_model),
        help("write it absolute; only a path in a configuration file is taken from that file's folder")
    )]
    RelativeModel {
        /// The path.
        path: PathBuf,
    },
    /// The engine takes UTF-8 only.
    #[error("the path `{}` is not UTF-8", path.display())]
    #[diagnostic(code(pool::not_utf8), help("rename the file, or link to it under another name"))]
    NotUtf8 {
        /// The path.
        path: PathBuf,
    },
    /// A model whose architecture or tensor types the engine's source does not know.
    #[error("the model `{}` has {}, which {engine} does not know", path.display(), unknown.join(" and "))]
    #[diagnostic(
        code(model::too_new),
        help(
            "name a newer release in `provisioning.source.ref`, or the fork that the file was made for (the model's page says \
             which); a file in another quantization does where only the tensor type is unknown"
        )
    )]
    ModelTooNew {
        /// The file.
        path: PathBuf,
        /// What is unknown, in words.
        unknown: Vec<String>,
        /// The engine's source, in words.
        engine: String,
    },
    /// A configuration file for the engine where there is to be none.
    #[error("`{}` would change the engine's flags", path.display())]
    #[diagnostic(
        code(pool::engine_config),
        help("remove it, and write what it sets into `provisioning.flags`; this folder is kept empty on purpose")
    )]
    EngineConfig {
        /// What was found.
        path: PathBuf,
    },
    /// An engine runs with another configuration.
    #[error("pool `{pool}` already runs, with another configuration:\n{}", list(differences))]
    #[diagnostic(code(pool::differs), help("`--replace` stops it and starts the wanted one; `stop` only stops it"))]
    Differs {
        /// The pool.
        pool: PoolId,
        /// In what it differs.
        differences: Vec<Difference>,
    },
    /// An engine of the same kind runs in another version, and the pool requires one version on this host.
    #[error(
        "pool `{pool}` requires one engine version on this host: its own is {version}, and pool `{peer}` runs {runs}"
    )]
    #[diagnostic(
        code(pool::engine_version),
        help(
            "stop pool `{peer}` first and start it again with the same version, or take `require_same_engine_version` out"
        )
    )]
    EngineVersion {
        /// The pool.
        pool: PoolId,
        /// The version it would start.
        version: String,
        /// The other pool.
        peer: String,
        /// The version that one runs.
        runs: String,
    },
    /// No port.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Port(PortError),
    /// No folder to keep things in.
    #[error("there is no {what} folder: no home folder is set")]
    #[diagnostic(code(settings::no_folder), help("export HOME, or {variable} with an absolute path"))]
    NoFolder {
        /// Which folder.
        what: &'static str,
        /// The variable that names it.
        variable: &'static str,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    #[diagnostic(
        code(core::cancelled),
        help(
            "what was fetched and compiled is kept, and an engine that was started runs on: the next call resumes from there"
        )
    )]
    Cancelled,
    /// A pin that cannot be made or kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Pin(#[from] crate::PinError),
    /// A lock file.
    #[error(transparent)]
    #[diagnostic(transparent)]
    LockFile(#[from] config_schema::LockFileError),
    /// A plan file that is not executed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    PlanFile(#[from] crate::PlanFileError),
    /// A plan that another version made.
    #[error("the plan was made by {made_by} (schema {schema}), and this is {}", env!("CARGO_PKG_VERSION"))]
    #[diagnostic(code(plan::version), help("make the plan again with this version"))]
    PlanVersion {
        /// Which version.
        made_by: String,
        /// The version of its format.
        schema: u32,
    },
    /// The host keeps changing under a plan.
    #[error("the plan had to be made again too often, the last time because {why}")]
    #[diagnostic(code(plan::unsettled), help("try again once the repository and this host have settled"))]
    Unsettled {
        /// Why it was made again.
        why: String,
    },
    /// A supply that does not know its own step.
    #[error("no part of this program does the step `{step}`")]
    #[diagnostic(code(core::unknown_step), help("this is a defect of the supply; report it with the plan"))]
    UnknownStep {
        /// The step.
        step: String,
    },
    /// A plan whose steps did not lead to an engine.
    #[error("all steps are done and there is no {what}")]
    #[diagnostic(code(core::unfinished), help("this is a defect; report it with `executed.json`"))]
    Unfinished {
        /// What is missing.
        what: &'static str,
    },
    /// Nothing that could be started.
    #[error("pool `{pool}` has neither a program nor an image to start")]
    #[diagnostic(code(pool::no_program), help("prepare the pool again"))]
    NoProgram {
        /// The pool.
        pool: String,
    },
    /// An engine that is prepared or runs.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lifecycle(#[from] LifecycleError),
    /// A file that a flag names.
    #[error(transparent)]
    #[diagnostic(transparent)]
    SideFile(#[from] SideFileError),
    /// An engine that is not on its GPUs.
    #[error(transparent)]
    #[diagnostic(transparent)]
    GpuProof(#[from] GpuProofError),
    /// No engine to go back to.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Previous(#[from] crate::PreviousError),
    /// The wanted engine failed, and the one before it came back.
    #[error(transparent)]
    #[diagnostic(transparent)]
    WentBack(Box<crate::WentBack>),
    /// A proof bundle that cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Proof(#[from] crate::ProofError),
    /// Host tools.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Preflight(#[from] preflight::PreflightError),
    /// The package of mode `package`.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Package(#[from] preflight::PackageError),
    /// GPU or toolkit.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Gpu(#[from] gpu_detect::GpuError),
    /// The store of finished engines.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] engine_store::StoreError),
    /// Source or build.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] llamacpp_build::BuildError),
    /// An engine from a registry that is not trusted.
    #[cfg(feature = "finished")]
    #[error(transparent)]
    #[diagnostic(transparent)]
    Trust(#[from] engine_trust::TrustError),
    /// An engine that others run.
    #[cfg(feature = "finished")]
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(crate::RemoteError),
    /// A finished engine from an archive.
    #[cfg(feature = "finished")]
    #[error(transparent)]
    #[diagnostic(transparent)]
    Binary(Box<crate::BinaryError>),
    /// A variable or a secret of the pool that cannot be passed on.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Variable(#[from] VariableError),
    /// A finished program, which is not what the pool asks for.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Finished(#[from] FinishedError),
    /// An image that this host cannot run.
    #[cfg(feature = "containers")]
    #[error(transparent)]
    #[diagnostic(transparent)]
    Image(#[from] image_fit::ImageError),
    /// A registry that does not give an image.
    #[cfg(feature = "containers")]
    #[error(transparent)]
    #[diagnostic(transparent)]
    Registry(#[from] registry::RegistryError),
    /// Model.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] model_provisioner::ModelError),
    /// Engine flags.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Flags(#[from] flags::FlagError),
    /// The engine ended at once, for a reason that is known.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ended(Box<crate::Ended>),
    /// Process, record or lock.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Spawn(#[from] spawner::SpawnError),
    /// A file could not be kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] durable::DurableError),
}

#[cfg(feature = "finished")]
impl From<crate::RemoteError> for Error {
    fn from(error: crate::RemoteError) -> Self {
        let cancelled = matches!(error, crate::RemoteError::Http(http::HttpError::Cancelled));
        if cancelled { Self::Cancelled } else { Self::Remote(error) }
    }
}

#[cfg(feature = "finished")]
impl From<crate::BinaryError> for Error {
    fn from(error: crate::BinaryError) -> Self {
        Self::Binary(Box::new(error))
    }
}

fn modes(possible: &[ProvisioningMode]) -> String {
    possible.iter().map(|mode| format!("`{mode}`")).collect::<Vec<_>>().join(", ")
}

fn list(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("  {difference}")).collect::<Vec<_>>().join("\n")
}
