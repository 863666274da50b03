//! Mode `package`: a program that the system's package manager installs, found through the package's file list and then
//! asked, started and owned like one that others installed.
//!
//! The rule: packages are installed only by `preflight`'s rules for pacman; the engine is known by its bytes *and* its
//! package, so that an update of either is another engine.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use config_schema::{Accelerator, Engine, PoolConfig, ProvisioningMode};
use preflight::{Installable, PackageRequest, PackageState, find_package, install_package};
use serde_json::json;

use crate::execute::work::{Done, StepError, Work};
use crate::plan::draft::{Draft, held_by};
use crate::plan::placeholder::{PROGRAM, Placeholder, marker};
use crate::plan::{Action, Command, ExecutedAction, Status, StepId, StepKind};
use crate::pool::desired::Desired;
use crate::summary::Artifact;
use crate::supply::asked;
use crate::supply::external::External;
use crate::supply::gpus::Gpus;
use crate::supply::source::install::policy;
use crate::supply::{Accelerated, Documents, Facts, Look, Obtained, Supplied, Supply, SupplyNeeds};
use crate::{Error, FinishedError, Result};

/// The fact that names the package and its version.
pub(crate) const FACT: &str = "package";

/// Takes a program from a package.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    request: PackageRequest,
    /// The name of the engine's program.
    program: &'static str,
}

impl Package {
    pub(crate) fn of(pool: &PoolConfig) -> Result<Self> {
        if pool.engine != Engine::Llamacpp {
            return Err(Error::UnsupportedMode { engine: pool.engine, mode: ProvisioningMode::Package });
        }
        let package = pool.provisioning.package.as_ref();
        let package = package.ok_or_else(|| FinishedError::NoPackage { pool: pool.id.clone() })?;
        let request = PackageRequest {
            name: package.name.to_string(),
            version: package.version.as_ref().map(ToString::to_string),
            repository: package.repo.as_ref().map(ToString::to_string),
        };
        Ok(Self { request, program: crate::engine::profile(pool.engine).program })
    }

    /// The program among the files of an installed package.
    fn program(&self, package: &preflight::InstalledPackage) -> Result<PathBuf> {
        let wrong = |what: &'static str| FinishedError::PackageProgram {
            package: format!("{} {}", package.name, package.version),
            program: self.program,
            what,
        };
        let mut programs: Vec<&PathBuf> = package.files.iter().filter(|path| is_program(path, self.program)).collect();
        // A link beside its program is the same program.
        let mut known = std::collections::BTreeSet::new();
        programs.retain(|path| known.insert(path.canonicalize().unwrap_or_else(|_| (*path).clone())));
        match programs.as_slice() {
            [] => Err(wrong("no executable file").into()),
            [program] => Ok((*program).clone()),
            [_, ..] => Err(wrong("several files named").into()),
        }
    }

    fn found(&self, look: &Look<'_>) -> Result<State> {
        let (env, policy) = (&look.settings.env, policy(look.desired));
        match find_package(&self.request, env, look.host.distribution(), &policy)? {
            PackageState::Installable(installable) => Ok(State::Installable(installable)),
            PackageState::Installed(package) => {
                let external = self.program(&package).and_then(|path| External::landed(path, None, look.settings));
                let landed = external.and_then(|external| external.observe(look));
                Ok(State::Installed { version: package.version, landed })
            }
        }
    }
}

/// Whether a file is an executable of this name.
fn is_program(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|file| file == name)
        && path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

impl Supply for Package {
    fn observe(&self, look: &Look<'_>) -> Result<Box<dyn Supplied>> {
        let state = self.found(look);
        let gpus = match &state {
            Ok(State::Installed { landed: Ok(_), .. }) => None,
            _ => Gpus::find(look),
        };
        let cuda = look.desired.accelerator == Accelerator::Cuda;
        Ok(Box::new(Found { wish: self.clone(), cuda, gpus, state }))
    }

    fn needs(&self, _: &Desired) -> SupplyNeeds {
        SupplyNeeds::default()
    }
}

/// What the system has of the package.
#[derive(Debug)]
enum State {
    /// It can be installed.
    Installable(Box<Installable>),
    /// It is installed, and this is its program.
    Installed { version: String, landed: Result<Box<dyn Supplied>> },
}

/// What was found.
#[derive(Debug)]
struct Found {
    wish: Package,
    cuda: bool,
    /// Looked for here only while the program is not known.
    gpus: Option<Gpus>,
    state: Result<State>,
}

impl Found {
    /// The program, once it is there.
    fn landed(&self) -> Option<&dyn Supplied> {
        match &self.state {
            Ok(State::Installed { landed: Ok(landed), .. }) => Some(&**landed),
            _ => None,
        }
    }

    /// The package with its version, where that is known.
    fn named(&self) -> Option<String> {
        let version = match self.state.as_ref().ok()? {
            State::Installable(installable) => &installable.version,
            State::Installed { version, .. } => version,
        };
        Some(format!("{} {version}", self.wish.request.name))
    }

    /// What a plan says of the package, which an approval holds for.
    fn preflight(&self, status: Status) -> Draft {
        let named = self.named().unwrap_or_else(|| self.wish.request.name.clone());
        let detail = match &self.state {
            Ok(State::Installable(found)) => format!("install the package {named} from {}", found.repository),
            _ => format!("package {named}"),
        };
        let mut draft = Draft::new(StepKind::Preflight, detail, status);
        if let Ok(State::Installable(found)) = &self.state {
            draft = draft.action(Action::Run(Command::of(&found.command)));
        }
        draft.step.inputs = self.named().map(|named| json!({ "package": named }));
        draft
    }

    /// The step that asks a program which is not there yet.
    fn check(&self, status: &Status) -> Draft {
        let draft = Draft::new(StepKind::Check, format!("the package's {}", self.wish.program), status.clone());
        let mut draft = draft.after([StepKind::Accelerator]);
        if *status == Status::ToRun {
            let driver = self.gpus.as_ref().and_then(Gpus::driver_folder);
            draft.step.actions = asked::planned(&not_known(), self.cuda, driver);
            draft.placeholders.extend(Placeholder::any(PROGRAM));
        }
        draft
    }

    fn install(&self, work: &Work<'_>) -> std::result::Result<Done, StepError> {
        let Ok(State::Installable(found)) = &self.state else { return Ok(Done::with(Vec::new())) };
        let began = Instant::now();
        let distribution = preflight::distribution(&work.settings.system_root);
        let (request, policy) = (&self.wish.request, policy(work.desired));
        let installed =
            install_package(request, &work.settings.env, &distribution, &policy, &mut |line| work.note(line));
        let ran = Action::Run(Command::concrete(&found.command));
        let actions = vec![ExecutedAction::of(ran, began.elapsed().as_secs_f64())];
        let log = work.proof_dir.join("packages.log");
        match installed {
            Ok((package, transcript)) => {
                durable::replace(&log, transcript.as_bytes())?;
                let replan = Some(format!("the package {} {} was installed", package.name, package.version));
                Ok(Done { replan, ..Done::with(actions) })
            }
            Err(error) => {
                if let preflight::PackageError::Install(failure) = &error {
                    durable::replace(&log, failure.transcript.as_bytes())?;
                }
                Err(StepError { error: error.into(), actions })
            }
        }
    }
}

/// The path of a program that a package will bring.
fn not_known() -> String {
    format!("/{}", marker(PROGRAM))
}

impl Supplied for Found {
    fn steps(&mut self, runs: bool) -> Vec<Draft> {
        if let Ok(State::Installed { landed: Ok(landed), .. }) = &mut self.state {
            let mut steps = landed.steps(runs);
            let first = self.preflight(Status::Satisfied);
            if let Some(next) = steps.first_mut() {
                next.step.after.push(StepKind::Preflight.into());
            }
            return std::iter::once(first).chain(steps).collect();
        }
        let (no_gpu, accelerator) = Gpus::step(self.gpus.as_mut());
        let accelerator = accelerator.after([StepKind::Preflight]);
        let name = self.wish.request.name.clone();
        let unknown = || Ok(State::Installed { version: String::new(), landed: Err(no_program(&name)) });
        let [preflight, check] = match std::mem::replace(&mut self.state, unknown()) {
            Err(error) => {
                let preflight = Draft::blocked(StepKind::Preflight, format!("package {name}"), error);
                [preflight, self.check(&held_by(&StepKind::Preflight.into()))]
            }
            Ok(State::Installed { version, landed: Err(error) }) => {
                self.state = Ok(State::Installed { version, landed: Err(no_program(&name)) });
                let check = Draft::blocked(StepKind::Check, format!("the package's {}", self.wish.program), error);
                [self.preflight(Status::Satisfied), check.after([StepKind::Accelerator])]
            }
            Ok(state) => {
                self.state = Ok(state);
                let held = if no_gpu { held_by(&StepKind::Accelerator.into()) } else { Status::ToRun };
                [self.preflight(Status::ToRun), self.check(&held)]
            }
        };
        vec![preflight, accelerator, check]
    }

    fn run(&self, step: &StepId, work: &Work<'_>) -> std::result::Result<Done, StepError> {
        if *step == StepKind::Preflight.into() {
            return self.install(work);
        }
        let landed = self.landed().ok_or_else(|| Error::UnknownStep { step: step.to_string() })?;
        landed.run(step, work)
    }

    fn facts(&self) -> Option<Facts> {
        let mut facts = self.landed()?.facts()?;
        facts.extend(self.named().map(|named| (FACT.to_owned(), named)));
        Some(facts)
    }

    fn wish(&self) -> String {
        self.named().unwrap_or_else(|| self.wish.request.name.clone())
    }

    fn artifact(&self) -> Option<Artifact> {
        match &self.state {
            Ok(State::Installable(_)) => {
                let (path, version) = (not_known(), String::new());
                Some(Artifact::Program { path, version, digest: None, provenance: None })
            }
            _ => self.landed()?.artifact(),
        }
    }

    fn obtained(&self) -> Option<Obtained> {
        let facts = self.facts()?;
        Some(Obtained { facts, ..self.landed()?.obtained()? })
    }

    fn documents(&self) -> Documents {
        self.landed().map(Supplied::documents).unwrap_or_default()
    }

    fn accelerator(&self) -> Option<Accelerated> {
        match self.landed() {
            Some(landed) => landed.accelerator(),
            None => self.gpus.as_ref().map(Gpus::accelerated),
        }
    }

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Takes the place of an error that was handed out with its step.
fn no_program(package: &str) -> Error {
    let (package, program) = (package.to_owned(), "program");
    FinishedError::PackageProgram { package, program, what: "no executable file" }.into()
}
