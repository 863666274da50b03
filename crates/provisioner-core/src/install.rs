//! Installs the tools that a pool lacks, where its configuration allows that and the plan says so (EP-21, EP-22).

use preflight::{InstallPolicy, Memo, PreflightError, distribution, provide};
use spawner::PoolDir;

use crate::desired::Desired;
use crate::observed::Observed;
use crate::proof::Proof;
use crate::{Event, Result, Settings, StepKind, published};

/// What may be done on this host for this pool. No password is asked for.
pub(crate) fn policy(desired: &Desired) -> InstallPolicy {
    InstallPolicy { allowed: desired.may_install, sudo: desired.may_sudo, ..InstallPolicy::forbidden() }
}

/// Does what [`Observed::install`] announced; returns what pacman said. What it said is kept also where it failed.
pub(crate) fn install(desired: &Desired, observed: &Observed, settings: &Settings, dir: &PoolDir) -> Result<String> {
    let tell = |event: Event| settings.observer.on(&event);
    tell(Event::Begin(StepKind::Preflight));
    let provided = provide(
        &observed.needs,
        &settings.env,
        &Memo::default(),
        &distribution(&settings.system_root),
        &policy(desired),
        &mut |line| tell(Event::Note(line.to_owned())),
    );
    match provided {
        Ok(provided) => {
            tracing::info!(packages = provided.installed.join(" "), "installed");
            Ok(provided.transcript)
        }
        Err(error) => {
            if let PreflightError::Install(failure) = &error {
                let running = published::proof_of(observed.running.as_ref(), dir);
                Proof::create(dir, running.as_deref())?.keep_packages(&failure.transcript)?;
            }
            Err(error.into())
        }
    }
}
