//! The executor over graphs of steps that do nothing but wait, fail and look at their token: real threads, no plan.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::event::Observer;
use crate::execute::work::StepError;
use crate::plan::StepKind;
use crate::plan::draft::{Draft, held_by};
use crate::{Cache, Event};

/// Longer than any of these tests may take.
const LONG: Duration = Duration::from_secs(20);

fn id(at: usize) -> StepId {
    StepId::new(format!("s{at}"))
}

/// A step `s<at>` that is to run behind these.
fn step(at: usize, after: &[usize]) -> PlanStep {
    let draft = Draft::new(StepKind::Build, "", Status::ToRun).after(after.iter().map(|at| id(*at)));
    PlanStep { id: id(at), cache: Some(Cache::Miss), ..draft.step }
}

fn failure(step: &StepId) -> StepError {
    Error::UnknownStep { step: step.to_string() }.into()
}

#[expect(clippy::unnecessary_wraps, reason = "it is what the work of a step returns")]
fn done() -> Result<Done, StepError> {
    Ok(Done::with(Vec::new()))
}

/// Executes all the steps with threads; what happened comes with it.
fn run(steps: &[PlanStep], cancel: &Cancel, work: &Runner<'_>) -> (Driven, Vec<Event>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let observer = Observer::new(move |event| seen.lock().unwrap().push(event.clone()));
    let reporter = Reporter::new(&observer, &"p".parse().unwrap());
    let driven = drive(steps, &|_| true, cancel, &reporter, work);
    let events = events.lock().unwrap().clone();
    (driven, events)
}

fn outcomes(driven: &Driven) -> Vec<Outcome> {
    driven.steps.iter().map(|step| step.outcome).collect()
}

#[track_caller]
fn failed(driven: &Driven) -> String {
    driven.result.as_ref().unwrap_err().to_string()
}

/// EP-04: two steps that need each other's company get it.
#[test]
fn independent_steps_run_side_by_side() {
    let steps = [step(0, &[]), step(1, &[0]), step(2, &[0]), step(3, &[1, 2])];
    let both = Barrier::new(2);
    let work = |step: &PlanStep, _: &Cancel| {
        if step.id == id(1) || step.id == id(2) {
            both.wait();
        }
        done()
    };
    let (driven, _) = run(&steps, &Cancel::new(), &work);
    assert_eq!(outcomes(&driven), [Outcome::Done; 4]);
    assert!(matches!(driven.result, Ok(None)));
}

#[test]
fn the_first_failure_is_reported_and_the_others_are_cancelled() {
    let steps = [step(0, &[]), step(1, &[]), step(2, &[]), step(3, &[1]), step(4, &[0])];
    let all = Barrier::new(3);
    let work = |step: &PlanStep, cancel: &Cancel| {
        all.wait();
        if step.id == id(1) {
            return Err(failure(&step.id));
        }
        assert!(cancel.wait(LONG), "the failure of another step cancels");
        Err(Error::Cancelled.into())
    };
    let caller = Cancel::new();
    let (driven, _) = run(&steps, &caller, &work);
    let [cancelled, failed_, not_reached] = [Outcome::Cancelled, Outcome::Failed, Outcome::NotReached];
    assert_eq!(outcomes(&driven), [cancelled, failed_, cancelled, not_reached, not_reached]);
    assert!(failed(&driven).contains("`s1`"), "{driven:?}");
    assert_eq!(driven.steps[1].failure.as_ref().unwrap().code, "core::unknown_step");
    assert!(!caller.is_cancelled(), "the caller's token is the caller's");
}

#[test]
fn a_cancel_from_outside_returns_at_once() {
    let steps = [step(0, &[]), step(1, &[]), step(2, &[0, 1])];
    let (cancel, both) = (Cancel::new(), Barrier::new(3));
    let work = |_: &PlanStep, cancel: &Cancel| {
        both.wait();
        assert!(cancel.wait(LONG));
        Err(Error::Cancelled.into())
    };
    let took = std::thread::scope(|scope| {
        let run = scope.spawn(|| (run(&steps, &cancel, &work).0, Instant::now()));
        both.wait();
        let begin = Instant::now();
        cancel.cancel();
        let (driven, end) = run.join().unwrap();
        assert_eq!(outcomes(&driven), [Outcome::Cancelled, Outcome::Cancelled, Outcome::NotReached]);
        assert!(driven.result.unwrap_err().is_cancelled());
        end - begin
    });
    assert!(took < Duration::from_millis(100), "{took:?}");
}

#[test]
fn a_call_that_is_cancelled_already_does_nothing() {
    let cancel = Cancel::new();
    cancel.cancel();
    let work = |_: &PlanStep, _: &Cancel| -> Result<Done, StepError> { panic!("nothing runs") };
    let (driven, _) = run(&[step(0, &[]), step(1, &[0])], &cancel, &work);
    assert_eq!(outcomes(&driven), [Outcome::Cancelled, Outcome::NotReached]);
    assert!(driven.result.unwrap_err().is_cancelled());
}

#[test]
fn nothing_runs_of_a_plan_with_a_blocked_step() {
    let blocked = PlanStep { status: held_by(&id(9)), ..step(2, &[]) };
    let steps = [step(0, &[]), step(1, &[0]), blocked];
    let work = |_: &PlanStep, _: &Cancel| -> Result<Done, StepError> { panic!("nothing runs") };
    let (driven, events) = run(&steps, &Cancel::new(), &work);
    assert_eq!(outcomes(&driven), [Outcome::NotReached; 3]);
    assert!(events.is_empty());

    // Unless the blocked step was not asked for.
    let reporter = Reporter::new(&Observer::default(), &"p".parse().unwrap());
    let work = |_: &PlanStep, _: &Cancel| done();
    let driven = drive(&steps, &|step| step.id != id(2), &Cancel::new(), &reporter, &work);
    assert_eq!(outcomes(&driven), [Outcome::Done, Outcome::Done, Outcome::NotReached]);
}

/// A step that was not asked for holds what stands behind it.
#[test]
fn what_was_not_asked_for_is_not_reached() {
    let steps = [step(0, &[]), step(1, &[0]), step(2, &[1])];
    let reporter = Reporter::new(&Observer::default(), &"p".parse().unwrap());
    let work = |_: &PlanStep, _: &Cancel| done();
    let driven = drive(&steps, &|step| step.id != id(1), &Cancel::new(), &reporter, &work);
    assert_eq!(outcomes(&driven), [Outcome::Done, Outcome::NotReached, Outcome::NotReached]);
    assert!(matches!(driven.result, Ok(None)));
}

/// What runs beside it is finished, nothing new begins, and that is no failure.
#[test]
fn a_plan_that_no_longer_holds_is_left() {
    let steps = [step(0, &[]), step(1, &[]), step(2, &[0]), step(3, &[0, 1])];
    let both = Barrier::new(2);
    let work = |step: &PlanStep, _: &Cancel| {
        both.wait();
        let replan = (step.id == id(0)).then(|| "the branch moved".to_owned());
        Ok(Done { replan, ..Done::with(Vec::new()) })
    };
    let (driven, _) = run(&steps, &Cancel::new(), &work);
    assert_eq!(driven.result.unwrap().as_deref(), Some("the branch moved"));
    let left: Vec<Outcome> = driven.steps.iter().map(|step| step.outcome).collect();
    assert_eq!(left, [Outcome::Done, Outcome::Done, Outcome::NotReached, Outcome::NotReached]);
}

/// A step that panics is a defect: the panic reaches the caller, after the other steps were cancelled and have ended.
#[test]
fn a_panic_reaches_the_caller_and_leaves_nothing_running() {
    for panics_alone in [false, true] {
        let steps = if panics_alone { vec![step(0, &[])] } else { vec![step(0, &[]), step(1, &[]), step(2, &[0])] };
        let both = Barrier::new(steps.len().min(2));
        let cancelled = Mutex::new(false);
        let work = |step: &PlanStep, cancel: &Cancel| {
            both.wait();
            assert!(step.id != id(0), "a defect of this step");
            *cancelled.lock().unwrap() = cancel.wait(LONG);
            Err(Error::Cancelled.into())
        };
        let begin = Instant::now();
        let payload = catch_unwind(AssertUnwindSafe(|| run(&steps, &Cancel::new(), &work))).unwrap_err();
        assert!(begin.elapsed() < LONG / 2);
        assert_eq!(payload.downcast_ref::<&str>().copied(), Some("a defect of this step"));
        assert_eq!(*cancelled.lock().unwrap(), !panics_alone);
    }
}

/// Where no thread can be had, the steps run one after another in the caller's.
#[test]
fn without_threads_the_steps_run_one_by_one() {
    let steps = [step(0, &[]), step(1, &[]), step(2, &[0, 1])];
    let caller = std::thread::current().id();
    let order = Mutex::new(Vec::new());
    let work = |step: &PlanStep, _: &Cancel| {
        assert_eq!(std::thread::current().id(), caller);
        order.lock().unwrap().push(step.id.clone());
        done()
    };
    let reporter = Reporter::new(&Observer::default(), &"p".parse().unwrap());
    // No address space holds such a stack: the real call fails.
    let thread = || Builder::new().stack_size(1 << 60);
    let driven = drive_in(&thread, &steps, &|_| true, &Cancel::new(), &reporter, &work);
    assert_eq!(outcomes(&driven), [Outcome::Done; 3]);
    assert_eq!(*order.lock().unwrap(), [id(0), id(1), id(2)]);

    // The failure of one of them keeps the next from its work.
    let work = |step: &PlanStep, _: &Cancel| Err(failure(&step.id));
    let driven = drive_in(&thread, &steps, &|_| true, &Cancel::new(), &reporter, &work);
    assert_eq!(outcomes(&driven), [Outcome::Failed, Outcome::NotReached, Outcome::NotReached]);
    assert!(failed(&driven).contains("`s0`"), "{driven:?}");
}

/// Each step that has something to do begins once and ends once; one that is satisfied is not mentioned.
#[test]
fn each_step_begins_once_and_ends_once() {
    let satisfied = PlanStep { status: Status::Satisfied, ..step(0, &[]) };
    let steps = [satisfied, step(1, &[0]), step(2, &[0]), step(3, &[2])];
    let work = |step: &PlanStep, _: &Cancel| match step.id.as_str() {
        "s1" => Ok(Done::with(Vec::new()).outcome(Outcome::Hit)),
        "s3" => Err(failure(&step.id)),
        _ => done(),
    };
    let (driven, events) = run(&steps, &Cancel::new(), &work);
    assert_eq!(outcomes(&driven), [Outcome::Satisfied, Outcome::Hit, Outcome::Done, Outcome::Failed]);
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Event { step, what, .. } in events {
        let text = match what {
            Happening::Begin { kind } => format!("begin {kind}"),
            Happening::End { outcome, cache, code, .. } => format!("end {outcome:?} {cache:?} {code:?}"),
            other => panic!("{other:?}"),
        };
        seen.entry(step.unwrap().to_string()).or_default().push(text);
    }
    let expected = BTreeMap::from([
        ("s1".to_owned(), vec!["begin build".to_owned(), "end Hit Some(Hit) None".into()]),
        ("s2".into(), vec!["begin build".into(), "end Done Some(Miss) None".into()]),
        ("s3".into(), vec!["begin build".into(), "end Failed Some(Miss) Some(\"core::unknown_step\")".into()]),
    ]);
    assert_eq!(seen, expected);
}

/// A graph: each step with those before it that it waits for, and how it ends.
#[derive(Clone, Debug)]
struct Graph(Vec<(Vec<usize>, End)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done,
    Fails,
    Cancels,
    Replans,
}

fn graphs() -> impl Strategy<Value = Graph> {
    let end =
        prop_oneof![12 => Just(End::Done), 1 => Just(End::Fails), 1 => Just(End::Cancels), 1 => Just(End::Replans)];
    let step = (prop::collection::vec(any::<prop::sample::Index>(), 0..3), end);
    prop::collection::vec(step, 1..9).prop_map(|steps| {
        let of = |(at, (after, end)): (usize, (Vec<prop::sample::Index>, End))| {
            let after = if at == 0 { Vec::new() } else { after.iter().map(|index| index.index(at)).collect() };
            (after, end)
        };
        Graph(steps.into_iter().enumerate().map(of).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// EP-83
    #[test]
    fn each_step_runs_once_and_behind_those_it_needs(graph in graphs()) {
        let steps: Vec<PlanStep> = graph.0.iter().enumerate().map(|(at, (after, _))| step(at, after)).collect();
        let at_of = |step: &PlanStep| step.id.as_str()[1..].parse::<usize>().unwrap();
        // For each step that began: what had ended by then.
        let began: Mutex<Vec<(usize, Vec<usize>)>> = Mutex::default();
        let ended: Mutex<Vec<usize>> = Mutex::default();
        let caller = Cancel::new();
        let work = |step: &PlanStep, _: &Cancel| {
            let at = at_of(step);
            began.lock().unwrap().push((at, ended.lock().unwrap().clone()));
            std::thread::yield_now();
            let result = match graph.0[at].1 {
                End::Done => done(),
                End::Fails => Err(failure(&step.id)),
                End::Cancels => {
                    caller.cancel();
                    done()
                }
                End::Replans => Ok(Done { replan: Some(format!("s{at}")), ..Done::with(Vec::new()) }),
            };
            ended.lock().unwrap().push(at);
            result
        };
        let (driven, _) = run(&steps, &caller, &work);
        let began = began.into_inner().unwrap();
        let ran = |at: usize| began.iter().filter(|(begun, _)| *begun == at).count();
        prop_assert!(began.iter().all(|(at, ended)| graph.0[*at].0.iter().all(|before| ended.contains(before))));
        for (at, executed) in driven.steps.iter().enumerate() {
            prop_assert_eq!(&executed.id, &id(at));
            let expected = match (executed.outcome, graph.0[at].1) {
                (Outcome::Failed, End::Fails) | (Outcome::Done, End::Done | End::Cancels | End::Replans) => 1,
                // It was cancelled before its work began, or was never reached.
                (Outcome::Cancelled | Outcome::NotReached, _) => 0,
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert_eq!(ran(at), expected, "{}", at);
        }
        let ends_with = |end: End| began.iter().any(|(at, _)| graph.0[*at].1 == end);
        match &driven.result {
            Ok(None) => prop_assert!(driven.steps.iter().all(|step| step.outcome == Outcome::Done)),
            Ok(Some(_)) => prop_assert!(ends_with(End::Replans)),
            Err(error) if error.is_cancelled() => prop_assert!(ends_with(End::Cancels)),
            Err(_) => prop_assert!(ends_with(End::Fails)),
        }
    }
}
