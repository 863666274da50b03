//! Every combination of what a host can be like, through the supply `source`: what holds of each plan, whatever it says.

use std::collections::BTreeSet;
use std::sync::Arc;

use llamacpp_build::BuildError;
use miette::Diagnostic;
use proptest::prelude::*;

use super::*;
use crate::supply::source::Found;
use crate::supply::source::sample::{commit, cuda, entry, identity, installs, request};

#[derive(Clone, Copy, Debug)]
enum Tools {
    Ok,
    Missing,
    Installable,
}

#[derive(Clone, Copy, Debug)]
enum Inputs {
    Known,
    Unknown,
    Error,
}

#[derive(Clone, Copy, Debug)]
enum Model {
    Present,
    Fetchable,
    Unusable,
}

#[derive(Clone, Copy, Debug)]
enum Runs {
    Nothing,
    Same,
    Other,
}

/// One host, as far as a plan depends on it. `cuda`: no GPU is wanted; there is one; there is none.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug)]
struct Case {
    tools: Tools,
    cuda: Option<bool>,
    inputs: Inputs,
    pinned: bool,
    entry: bool,
    model: Model,
    line: bool,
    port: bool,
    runs: Runs,
    replace: bool,
    refusal: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let tools = prop_oneof![3 => Just(Tools::Ok), 1 => Just(Tools::Missing), 1 => Just(Tools::Installable)];
    let cuda = prop_oneof![2 => Just(None), 2 => Just(Some(true)), 1 => Just(Some(false))];
    let inputs = prop_oneof![Just(Inputs::Known), Just(Inputs::Unknown), Just(Inputs::Error)];
    let model = prop_oneof![Just(Model::Present), Just(Model::Fetchable), Just(Model::Unusable)];
    let runs = prop_oneof![Just(Runs::Nothing), Just(Runs::Same), Just(Runs::Other)];
    let flags = (any::<[bool; 5]>(), prop::bool::weighted(0.2));
    (tools, cuda, inputs, model, runs, flags).prop_map(|(tools, cuda, inputs, model, runs, (flags, refusal))| {
        let [pinned, entry, line, port, replace] = flags;
        Case { tools, cuda, inputs, pinned, entry, model, line, port, runs, replace, refusal }
    })
}

fn found(case: Case) -> Found {
    let wants_cuda = case.cuda.is_some();
    let known = matches!(case.tools, Tools::Ok) && case.cuda != Some(false);
    let of_inputs = match case.inputs {
        Inputs::Known => Ok(Some(identity())),
        Inputs::Unknown => Ok(None),
        Inputs::Error => Err(BuildError::NoServer { definition: "-DLLAMA_BUILD_SERVER=OFF".into() }),
    };
    let is_known = known && matches!(case.inputs, Inputs::Known);
    Found {
        accelerator: if wants_cuda { Accelerator::Cuda } else { Accelerator::Cpu },
        tools: if matches!(case.tools, Tools::Ok) { Ok("git 2.50".into()) } else { no_tools() },
        install: matches!(case.tools, Tools::Installable).then(installs),
        cuda: case.cuda.map(|there| if there { Ok(cuda()) } else { Err(no_gpu()) }),
        request: known.then(request),
        commit: (!matches!(case.inputs, Inputs::Unknown)).then(|| (commit(), u64::from(!case.pinned))),
        identity: known.then_some(of_inputs),
        entry: (is_known && case.entry).then(|| Arc::new(entry())),
        ..crate::supply::source::sample::ready()
    }
}

/// The pool, what was observed of it, and whether its engine may be replaced.
fn host(case: Case) -> (Desired, Observed, bool) {
    let mut pool = desired();
    let supplied = found(case);
    pool.accelerator = supplied.accelerator;
    let staged = staged();
    let model = match case.model {
        Model::Present => Presence::Present(staged),
        Model::Fetchable => Presence::Fetchable(hf()),
        Model::Unusable => Presence::Unusable(ModelError::Missing { path: "/m/tiny.gguf".into() }),
    };
    let words =
        if case.line { Ok(line(&[])) } else { Err(crate::VariableError::SecretUnset { name: "X".into() }.into()) };
    let wanted = |line: &CommandLine| {
        let facts = supplied.facts().unwrap_or_default();
        Instance { facts: fingerprint(&pool, &facts, 64, line), ..running(line) }
    };
    let runs = match case.runs {
        Runs::Nothing => None,
        Runs::Same => Some(wanted(&line(&[]))),
        Runs::Other => Some(wanted(&line(&["--threads", "2"]))),
    };
    let observed = Observed {
        too_new: None,
        model_warnings: Vec::new(),
        demand: None,
        beside: None,
        version: None,
        model: Some(model),
        line: (!matches!(case.model, Model::Unusable)).then_some(words),
        port: if case.port { Ok(8080) } else { Err(taken()) },
        own_port: runs.as_ref().map(|running| running.port),
        running: runs,
        silent: None,
        refusal: case.refusal.then(|| Error::NoProgram { pool: "p".into() }),
        system_config: None,
        side_files: Ok(()),
        supplied: Box::new(supplied),
    };
    (pool, observed, case.replace)
}

fn planned(case: Case) -> Planned {
    let (pool, observed, replace) = host(case);
    plan(&pool, observed, replace)
}

/// The question to the hub is there only where there is one.
const ORDER: [StepKind; 10] = [
    StepKind::Preflight,
    StepKind::Accelerator,
    StepKind::Fetch,
    StepKind::Check,
    StepKind::Configure,
    StepKind::Build,
    StepKind::Prove,
    StepKind::Model,
    StepKind::Flags,
    StepKind::Start,
];

fn is_blocked(step: &crate::PlanStep) -> bool {
    matches!(step.status, Status::Blocked { .. })
}

/// The id of the first blocked step and the code of its error.
fn first_blocked(plan: &Plan) -> Option<(StepId, Option<String>)> {
    let step = plan.blocked()?;
    let Status::Blocked { code, .. } = &step.status else { return None };
    Some((step.id.clone(), code.clone()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    /// EP-03, EP-70, EP-83
    #[test]
    fn every_plan_keeps_the_rules(case in cases()) {
        let mut planned = planned(case);
        let plan = planned.plan.clone();
        // One order, each step once, each behind those that it needs.
        let kinds: Vec<StepKind> = plan.steps.iter().map(|step| step.kind).collect();
        let asks = matches!(case.model, Model::Fetchable);
        let expected: Vec<StepKind> = ORDER.into_iter().filter(|kind| asks || *kind != StepKind::Check).collect();
        prop_assert_eq!(kinds, expected);
        let mut known: BTreeSet<&StepId> = BTreeSet::new();
        for step in &plan.steps {
            prop_assert!(step.after.iter().all(|id| known.contains(id)), "{}: {:?}", step.id, step.after);
            prop_assert!(known.insert(&step.id), "{} is there twice", step.id);
        }
        for step in &plan.steps {
            // Only what will run has actions, and what schema 1 shows is what they run.
            prop_assert!(step.status == Status::ToRun || step.actions.is_empty(), "{step:?}");
            prop_assert_eq!(step.commands.len(), step.actions.iter().filter(|action| action.argv().is_some()).count());
            prop_assert!(!is_blocked(step) || step.cache.is_none(), "{step:?}");
        }
        // Nothing runs behind what is blocked, and nothing at all while anything is.
        let behind = plan.steps.iter().skip_while(|step| !is_blocked(step));
        prop_assert!(behind.clone().all(|step| step.status != Status::ToRun), "\n{}", plan);
        // A step that waits for another names one that is blocked before it.
        for (at, step) in plan.steps.iter().enumerate() {
            if let Status::Blocked { reason, code: None, .. } = &step.status {
                let named = plan.steps[..at].iter().filter(|step| is_blocked(step));
                prop_assert!(named.clone().any(|step| reason.contains(&format!("`{}`", step.id))), "{}: {}", step.id, reason);
            }
        }
        // The first blocked step has an error, and it is the one that is reported.
        let first = first_blocked(&plan);
        prop_assert_eq!(planned.errors.first().map(|(id, _)| id.clone()), first.as_ref().map(|(id, _)| id.clone()));
        let reported = planned.error(|_| true).and_then(|error| error.code().map(|code| code.to_string()));
        prop_assert_eq!(reported, first.and_then(|(_, code)| code));
        // Placeholders are named once, and exactly those that stand in an action.
        let text = serde_json::to_string(&plan.steps.iter().map(|step| &step.actions).collect::<Vec<_>>()).unwrap();
        let names: Vec<&str> = plan.placeholders.iter().map(|placeholder| placeholder.name.as_str()).collect();
        prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for name in ["commit", "port", "staging", "key", "tree", "definitions"] {
            prop_assert_eq!(text.contains(&format!("<{name}>")), names.contains(&name), "{} in {}", name, text);
        }
    }

    /// EP-03: equal hosts, equal bytes; and a plan that is written is read as it was.
    #[test]
    fn equal_hosts_have_equal_plans(case in cases()) {
        let bytes = serde_json::to_vec(&planned(case).plan).unwrap();
        prop_assert_eq!(&bytes, &serde_json::to_vec(&planned(case).plan).unwrap());
        let read: Plan = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(bytes, serde_json::to_vec(&read).unwrap());
        prop_assert!(read.check_version().is_ok());
    }
}
