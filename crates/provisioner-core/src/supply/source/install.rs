//! Installing what the host lacks, with its own package manager and only where the pool allows it.

use std::time::Instant;

use preflight::{InstallPolicy, Memo, PreflightError, provide};

use crate::execute::work::{Done, StepError, Work};
use crate::plan::{Action, Command, ExecutedAction};
use crate::pool::desired::Desired;
use crate::supply::source::Found;

/// What may be done on this host for this pool. No password is asked for.
pub(crate) fn policy(desired: &Desired) -> InstallPolicy {
    InstallPolicy { allowed: desired.may_install, sudo: desired.may_sudo, ..InstallPolicy::forbidden() }
}

/// Does what the step `preflight` announced. What the package manager printed is kept also where it failed.
pub(crate) fn install(found: &Found, work: &Work<'_>) -> Result<Done, StepError> {
    let started = Instant::now();
    let provided = provide(
        &found.needs,
        &work.settings.env,
        &Memo::default(),
        &preflight::distribution(&work.settings.system_root),
        &policy(work.desired),
        &mut |line| work.note(line),
    );
    let seconds = started.elapsed().as_secs_f64();
    let ran = || {
        let spec = found.install.as_ref()?;
        Some(ExecutedAction::of(Action::Run(Command::concrete(spec)), seconds))
    };
    let (transcript, result) = match provided {
        Ok(provided) => {
            tracing::info!(packages = provided.installed.join(" "), "installed");
            (provided.transcript, Ok(()))
        }
        Err(PreflightError::Install(failure)) => {
            (failure.transcript.clone(), Err(crate::Error::from(PreflightError::Install(failure))))
        }
        Err(error) => return Err(error.into()),
    };
    durable::replace(&work.proof_dir.join("packages.log"), transcript.as_bytes())?;
    let actions: Vec<ExecutedAction> = ran().into_iter().collect();
    match result {
        Ok(()) => Ok(Done { replan: Some("packages were installed".into()), ..Done::with(actions) }),
        Err(error) => Err(StepError { error, actions }),
    }
}
