//! A plan as text for people: one line a step, a sign before it.

use std::fmt;

use crate::plan::{Cache, Plan, PlanStep, Status};

impl fmt::Display for Plan {
    /// `=` nothing to do, `+` to run, `!` blocked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan for pool `{}`", self.pool_id)?;
        for PlanStep { kind, detail, status, cache, nearest, .. } in &self.steps {
            let sign = match status {
                Status::Satisfied => '=',
                Status::ToRun => '+',
                Status::Blocked { .. } => '!',
            };
            let cache = match cache {
                Some(Cache::Hit) => "hit: ",
                Some(Cache::Miss) => "miss: ",
                None => "",
            };
            writeln!(f, "  {sign} {kind:<12} {cache}{detail}")?;
            if let Some(closest) = nearest {
                writeln!(f, "      differs from the stored {}", closest.summary)?;
            }
            if let Status::Blocked { reason, code, .. } = status {
                let code = code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
                writeln!(f, "      blocked: {}{code}", reason.replace('\n', "\n      "))?;
            }
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning}")?;
        }
        Ok(())
    }
}
