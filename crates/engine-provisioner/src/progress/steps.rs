//! The steps that are being done, from the events alone; several may be done at once.

use std::time::Instant;

use provisioner_core::{Event, Happening, StepId, StepKind, Unit};

/// The steps that are being done, in the order in which they began.
#[derive(Default)]
pub(crate) struct Steps(Vec<Step>);

/// One step that is being done.
pub(crate) struct Step {
    run: String,
    pub(crate) id: StepId,
    /// What is done, for people.
    pub(crate) name: &'static str,
    pub(crate) begin: Instant,
    /// How far it has come; none at its beginning.
    pub(crate) progress: Option<Reached>,
}

/// How far a step has come.
pub(crate) struct Reached {
    pub(crate) done: u64,
    pub(crate) total: Option<u64>,
    pub(crate) unit: Unit,
    pub(crate) what: String,
    pub(crate) left_s: Option<u64>,
}

impl Steps {
    /// Takes in an event; the step that began or has come further, if one did.
    pub(crate) fn on(&mut self, event: &Event) -> Option<&Step> {
        let is = |step: &Step| step.run == event.run_id && event.step.as_ref() == Some(&step.id);
        let id = event.step.clone();
        match &event.what {
            Happening::Begin { kind } => Some(self.begin(event, id?, name(*kind))),
            Happening::Progress { done, total, unit, what, left_s } => {
                let known = self.0.iter().position(is);
                if known.is_none() {
                    self.begin(event, id?, "waiting");
                }
                let step = match known {
                    Some(at) => self.0.get_mut(at)?,
                    None => self.0.last_mut()?,
                };
                step.progress =
                    Some(Reached { done: *done, total: *total, unit: *unit, what: what.clone(), left_s: *left_s });
                Some(step)
            }
            Happening::End { .. } => {
                self.0.retain(|step| !is(step));
                None
            }
            Happening::Finished { .. } => {
                self.0.retain(|step| step.run != event.run_id);
                None
            }
            _ => None,
        }
    }

    /// The step that began last of those that are being done.
    pub(crate) fn current(&self) -> Option<&Step> {
        self.0.last()
    }

    fn begin(&mut self, event: &Event, id: StepId, name: &'static str) -> &Step {
        let (run, begin) = (event.run_id.clone(), Instant::now());
        self.0.push(Step { run, id, name, begin, progress: None });
        &self.0[self.0.len() - 1]
    }
}

fn name(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Preflight => "installing packages",
        StepKind::Fetch => "fetching the source",
        StepKind::Configure => "configuring",
        StepKind::Build => "building llama-server",
        StepKind::Prove => "asking the new server for its version",
        StepKind::Download => "downloading the engine",
        StepKind::Unpack => "unpacking the engine",
        StepKind::Pull => "pulling the image",
        StepKind::Check => "checking availability",
        StepKind::Model => "fetching the model",
        StepKind::Start => "starting the engine",
        StepKind::Ready => "waiting for the engine to answer",
        StepKind::Stop => "stopping the engine",
        _ => "working",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(run: &str, step: &str, what: &serde_json::Value) -> Event {
        let mut document = json!({"schema": 2, "pool_id": "p", "run_id": run, "unix_ms": 1, "step": step});
        document.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn the_step_that_began_last_is_shown_until_it_ends() {
        let mut steps = Steps::default();
        let mut current = |run: &str, step: &str, what: serde_json::Value| {
            steps.on(&event(run, step, &what));
            steps.current().map(|step| (step.name, step.progress.as_ref().map(|reached| reached.done)))
        };
        let begin = |kind: &str| json!({"event": "begin", "kind": kind});
        let end = || json!({"event": "end", "outcome": "done", "seconds": 1.0});
        let progress = |done: u64| json!({"event": "progress", "done": done, "unit": "bytes"});
        assert_eq!(current("r", "model", begin("model")), Some(("fetching the model", None)));
        assert_eq!(current("r", "build", begin("build")), Some(("building llama-server", None)));
        assert_eq!(current("r", "model", progress(7)), Some(("building llama-server", None)), "it goes on unseen");
        assert_eq!(current("r", "build", progress(3)), Some(("building llama-server", Some(3))));
        assert_eq!(current("r", "build", end()), Some(("fetching the model", Some(7))));
        assert_eq!(current("q", "start", progress(1)), Some(("waiting", Some(1))), "of another run");
        let finished = json!({"event": "finished", "outcome": "ready", "seconds": 1.0});
        assert_eq!(current("q", "start", finished.clone()), Some(("fetching the model", Some(7))));
        assert_eq!(current("r", "start", finished), None);
    }
}
