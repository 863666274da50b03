//! A request at work: every program that a step runs goes through here and is written down.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use exec::{CommandSpec, ExecError, Exit, Output, run};

use crate::BuildRequest;
use crate::plan::call::{Call, Ran};

/// A request and what was run for it so far.
#[derive(Debug)]
pub(crate) struct Job {
    request: Arc<BuildRequest>,
    ran: RefCell<Vec<Ran>>,
    because: Cell<Option<&'static str>>,
}

impl Job {
    pub(crate) fn new(request: &BuildRequest) -> Self {
        Self { request: Arc::new(request.clone()), ran: RefCell::default(), because: Cell::default() }
    }

    /// Runs a program of the plan.
    pub(crate) fn run(&self, spec: &CommandSpec) -> Result<Output, ExecError> {
        let guarded = self.guard.over(spec);
        self.noted(spec, None, || run(&guarded))
    }

    /// Runs a program in another way than [`run`] and writes it down.
    pub(crate) fn noted(
        &self,
        spec: &CommandSpec,
        retry_of: Option<usize>,
        run: impl FnOnce() -> Result<Output, ExecError>,
    ) -> Result<Output, ExecError> {
        let started = Instant::now();
        let result = run();
        self.note(spec, retry_of, &result, started.elapsed());
        result
    }

    /// Writes down a program that was run.
    pub(crate) fn note(
        &self,
        spec: &CommandSpec,
        retry_of: Option<usize>,
        result: &Result<Output, ExecError>,
        took: Duration,
    ) {
        let exit = match result {
            Ok(Output { exit: Exit::Code(code), .. }) | Err(ExecError::Failed { exit: Exit::Code(code), .. }) => {
                Some(*code)
            }
            _ => None,
        };
        let because = self.because.get().map(str::to_owned);
        let ran = Ran { call: Call::of(spec), exit, seconds: took.as_secs_f64(), because, retry_of };
        self.ran.borrow_mut().push(ran);
    }

    /// What `work` runs is not in the plan, for this reason.
    pub(crate) fn because<T>(&self, why: &'static str, work: impl FnOnce() -> T) -> T {
        let outer = self.enter(why);
        let done = work();
        self.leave(outer);
        done
    }

    /// From now on, what runs is not in the plan; the first reason counts. Returns what [`Job::leave`] takes.
    pub(crate) fn enter(&self, why: &'static str) -> Option<&'static str> {
        let outer = self.because.get();
        self.because.set(outer.or(Some(why)));
        outer
    }

    pub(crate) fn leave(&self, outer: Option<&'static str>) {
        self.because.set(outer);
    }

    /// What ran since the last [`Job::take`] is not in the plan after all, for this reason.
    pub(crate) fn disown(&self, why: &str) {
        for ran in self.ran.borrow_mut().iter_mut() {
            ran.because.get_or_insert_with(|| why.to_owned());
        }
    }

    /// How many programs were run since the last [`Job::take`].
    pub(crate) fn count(&self) -> usize {
        self.ran.borrow().len()
    }

    /// What was run since the last call.
    pub(crate) fn take(&self) -> Vec<Ran> {
        self.ran.take()
    }
}

impl Deref for Job {
    type Target = BuildRequest;

    fn deref(&self) -> &BuildRequest {
        &self.request
    }
}
