//! Why an engine that was started does not serve, or cannot be started as it was prepared.

use std::time::Duration;

use miette::Diagnostic;
use thiserror::Error;

/// What can go wrong with an engine that is prepared or runs.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum LifecycleError {
    /// The engine exited before it answered.
    #[error("the engine exited before it answered: {how}{tail}")]
    #[diagnostic(code(engine::exited), help("{advice}"))]
    Exited {
        /// How.
        how: String,
        /// The end of its log.
        tail: String,
        /// What to do.
        advice: String,
    },
    /// The engine does not answer in time.
    #[error("the engine has not answered within {} s; it still runs{tail}", .after.as_secs())]
    #[diagnostic(
        code(engine::not_ready),
        help(
            "wait longer: `ensure --wait={}` looks again; `logs` shows what it does; `stop` stops it",
            .after.as_secs().saturating_mul(2).max(60)
        )
    )]
    NotReady {
        /// How long it was waited for.
        after: Duration,
        /// The end of its log.
        tail: String,
    },
    /// The engine neither answers nor prints for longer than `limits.ready_silence_s`.
    #[error("the engine has neither answered nor printed for {} s; it still runs{tail}", .after.as_secs())]
    #[diagnostic(
        code(engine::silent),
        help(
            "`ensure --replace` replaces it once it was silent for so long; `stop` stops it; a load that prints nothing for \
             longer needs a larger `limits.ready_silence_s`"
        )
    )]
    Silent {
        /// The limit.
        after: Duration,
        /// The end of its log.
        tail: String,
    },
    /// The engine is another one by now, or none.
    #[error("the engine was stopped or replaced by another call while it was waited for")]
    #[diagnostic(code(engine::gone), help("`status` shows what runs now"))]
    Gone,
    /// What was prepared is no longer what it was.
    #[error("what was prepared for pool `{pool}` has changed: {what}")]
    #[diagnostic(code(plan::changed), help("prepare the pool again, and start what that returns"))]
    Changed {
        /// The pool.
        pool: String,
        /// What, with the facts.
        what: String,
    },
    /// A summary that lacks what a start needs.
    #[error("the summary of pool `{pool}` is of schema {schema}, which does not say how the engine is started")]
    #[diagnostic(
        code(plan::old_summary),
        help("prepare the pool again with this version, and start what that returns")
    )]
    OldSummary {
        /// The pool.
        pool: String,
        /// Its schema.
        schema: u32,
    },
}
