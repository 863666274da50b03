//! The planner decides from plain data: tables of hosts and the plans they lead to. Nothing here runs a program.

use std::path::PathBuf;
use std::time::Duration;

use exec::CommandSpec;
use model_provisioner::{FetchPlan, Found, ModelError, Presence, Staged, StagedFile, StagedKind};
use spawner::PoolDir;

use super::*;
use crate::plan::Command;
use crate::plan::changes::fingerprint;
use crate::pool::sample::desired;
use crate::supply::source::sample::{no_gpu, no_tools};
use crate::supply::{Accelerated, Documents, Facts, Obtained};
use crate::{PortError, PortHolder};

mod combinations;
mod words;

/// A supply that found what the test says, with the steps `preflight`, `fetch` and `build`.
#[derive(Debug)]
struct Stub {
    preflight: Option<Error>,
    fetch: Status,
    build: Status,
    facts: Option<Facts>,
    warnings: Vec<String>,
    /// What it was asked for its steps with.
    runs: Option<bool>,
}

impl Supplied for Stub {
    fn steps(&mut self, runs: bool) -> Vec<Draft> {
        self.runs = Some(runs);
        let chosen = |status: &Status| if runs { Status::Satisfied } else { status.clone() };
        let preflight = match self.preflight.take() {
            Some(error) => Draft::blocked(StepKind::Preflight, "tools", error),
            None => Draft::new(StepKind::Preflight, "tools", Status::Satisfied),
        };
        let run =
            |name: &str| Action::Run(Command { argv: vec![name.into(), "<commit>".into()], ..Command::default() });
        let step = |kind: StepKind, status: &Status, before: StepKind| {
            let draft = Draft::new(kind, format!("a {kind}"), chosen(status)).after([before]);
            let to_run = draft.step.status == Status::ToRun;
            if to_run { draft.action(run(kind.name())).placeholder(Placeholder::any("commit")) } else { draft }
        };
        vec![
            preflight,
            step(StepKind::Fetch, &self.fetch, StepKind::Preflight),
            step(StepKind::Build, &self.build, StepKind::Fetch),
        ]
    }

    fn run(
        &self,
        step: &StepId,
        _: &crate::execute::work::Work<'_>,
    ) -> std::result::Result<crate::execute::work::Done, crate::execute::work::StepError> {
        Err(Error::UnknownStep { step: step.to_string() }.into())
    }

    fn facts(&self) -> Option<Facts> {
        self.facts.clone()
    }

    fn wish(&self) -> String {
        "/r at main".into()
    }

    fn artifact(&self) -> Option<Artifact> {
        let path = "/store/<key>/bin/llama-server".into();
        Some(Artifact::Program { path, version: String::new(), digest: None, provenance: None })
    }

    fn obtained(&self) -> Option<Obtained> {
        None
    }

    fn documents(&self) -> Documents {
        Documents::default()
    }

    fn accelerator(&self) -> Option<Accelerated> {
        None
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }
}

fn facts() -> Facts {
    Facts::from([("build".to_owned(), "k".to_owned())])
}

fn ready_supply() -> Stub {
    Stub {
        preflight: None,
        fetch: Status::ToRun,
        build: Status::Satisfied,
        facts: Some(facts()),
        warnings: Vec::new(),
        runs: None,
    }
}

fn line(args: &[&str]) -> CommandLine {
    let fixed = ["--model", "/m/tiny.gguf", "--host", "127.0.0.1", "--port", "8080"];
    CommandLine {
        args: fixed.iter().chain(args).map(ToString::to_string).collect(),
        env: [("LANG".into(), "C.UTF-8".into())].into(),
        secret_env: std::collections::BTreeMap::new(),
        notes: Vec::new(),
        toolkit_folder: None,
        port_flag: "--port".into(),
        port: "8080".into(),
    }
}

fn staged() -> Found {
    let path = PathBuf::from("/m/tiny.gguf");
    let files = vec![StagedFile { path: path.clone(), size: 64, digest: None }];
    Found { staged: Staged { kind: StagedKind::File, path, files, revision: None }, headers: Vec::new() }
}

fn observed(supplied: Stub) -> Observed {
    Observed {
        version: None,
        supplied: Box::new(supplied),
        model: Some(Presence::Present(staged())),
        too_new: None,
        model_warnings: Vec::new(),
        demand: None,
        beside: None,
        system_config: None,
        side_files: Ok(()),
        port: Ok(8080),
        line: Some(Ok(line(&[]))),
        running: None,
        silent: None,
        own_port: None,
        refusal: None,
    }
}

/// A host where all is ready but nothing runs.
fn ready() -> Observed {
    observed(ready_supply())
}

/// A host where nothing was built yet.
fn fresh() -> Observed {
    observed(Stub { build: Status::ToRun, facts: None, ..ready_supply() })
}

fn running(of: &CommandLine) -> Instance {
    Instance {
        kind: InstanceKind::Process { pid: 4711 },
        facts: fingerprint(&desired(), &facts(), 64, of),
        args: of.args.clone(),
        host: "127.0.0.1".into(),
        port: 8080,
        started_unix_s: 1,
        log: PathBuf::from("/run/p/engine.log"),
    }
}

fn taken() -> PortError {
    let holders = vec![PortHolder { port: 8080, process: Some((7, "nginx".into())), reserved_for: None }];
    PortError::Taken { host: desired().host, holders }
}

fn hf() -> FetchPlan {
    FetchPlan {
        commands: vec![CommandSpec::new("/usr/bin/hf", Duration::from_secs(1)).args(["download", "o/r", "m.gguf"])],
        asks: "https://huggingface.co/o/r".into(),
        folder: "/cache/models/hf/o--r".into(),
        path: "/cache/models/hf/o--r/m.gguf".into(),
        files: Vec::new(),
        replaces: Vec::new(),
        resumes: None,
    }
}

/// `=` satisfied, `+` to run, `!` blocked with a code of its own, `.` blocked by another step; in the order of steps.
fn signs(plan: &Plan) -> String {
    let sign = |status: &Status| match status {
        Status::Satisfied => '=',
        Status::ToRun => '+',
        Status::Blocked { code: Some(_), .. } => '!',
        Status::Blocked { .. } => '.',
    };
    plan.steps.iter().map(|step| sign(&step.status)).collect()
}

#[track_caller]
fn check(observed: Observed, expected: &str) -> Plan {
    check_pool(&desired(), observed, false, expected).plan
}

#[track_caller]
fn check_pool(pool: &Desired, observed: Observed, replace: bool, expected: &str) -> Planned {
    let planned = plan(pool, observed, replace);
    assert_eq!(signs(&planned.plan), expected, "\n{}", planned.plan);
    planned
}

fn step(plan: &Plan, kind: StepKind) -> &crate::PlanStep {
    plan.step(&kind.into()).unwrap()
}

#[track_caller]
fn code(plan: &Plan, kind: StepKind, expected: &str) {
    let Status::Blocked { code: Some(code), help: Some(help), .. } = &step(plan, kind).status else { panic!("{plan}") };
    assert!(code == expected && !help.is_empty(), "{code}");
}

/// EP-03, EP-05, EP-70: preflight fetch build model flags start.
#[test]
fn a_fresh_host_builds_and_starts() {
    let plan = check(fresh(), "=++==+");
    assert_eq!(plan.warnings, [CPU_WARNING]);
    assert!(plan.blocked().is_none());
    assert_eq!((plan.schema, plan.version.as_str()), (2, env!("CARGO_PKG_VERSION")));
    let after = |kind| step(&plan, kind).after.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(after(StepKind::Preflight), "");
    assert_eq!(after(StepKind::Model), "preflight", "the model is fetched beside the build");
    assert_eq!(after(StepKind::Flags), "build model");
    assert_eq!(after(StepKind::Start), "flags");
    let names: Vec<&str> = plan.placeholders.iter().map(|placeholder| placeholder.name.as_str()).collect();
    assert_eq!(names, ["commit", "port"], "each once");
    assert_eq!(plan.placeholders[1].allowed, ["8080"]);
    assert_eq!(step(&plan, StepKind::Build).commands, [["build", "<commit>"]]);
}

/// EP-05
#[test]
fn a_ready_host_only_starts() {
    let plan = check(ready(), "=+===+");
    let [Action::Launch(launch)] = step(&plan, StepKind::Start).actions.as_slice() else { panic!("{plan}") };
    assert_eq!(launch.program.as_deref(), Some("/store/<key>/bin/llama-server"));
    assert_eq!(launch.args.join(" "), "--model /m/tiny.gguf --host 127.0.0.1 --port <port>");
    assert_eq!((launch.cwd.as_str(), launch.port.as_str()), ("/run/p", "<port>"));
}

/// EP-83: only the port that we add is one that execution chooses; what the pool wrote stays, whatever it looks like.
#[test]
fn no_text_of_the_pool_is_taken_for_a_placeholder() {
    let mut line = line(&["--seed", "8080", "--chat", "<port> of <key>", "--port", "8080"]);
    line.args.truncate(line.args.len() - 2);
    line.env.insert("GREETING".into(), "<port>".into());
    line.secret_env.insert("LLAMA_API_KEY".into(), "hunter2".to_owned().into());
    let plan = check(Observed { line: Some(Ok(line)), ..ready() }, "=+===+");
    let action = &step(&plan, StepKind::Start).actions[0];
    let Action::Launch(launch) = action else { panic!("{plan}") };
    assert_eq!(launch.args[5..], ["<port>", "--seed", "8080", "--chat", "<<port> of <<key>"]);
    assert_eq!(launch.env["GREETING"], "<<port>");
    assert_eq!(launch.secret_env, ["LLAMA_API_KEY"]);
    assert!(!serde_json::to_string(&plan).unwrap().contains("hunter2"));
    let values = [("port".to_owned(), "9000".to_owned()), ("key".to_owned(), "k".to_owned())].into();
    let Action::Launch(ran) = action.substituted(&values) else { panic!("{plan}") };
    assert_eq!(ran.args[5..], ["9000", "--seed", "8080", "--chat", "<port> of <key>"]);
    assert_eq!(ran.env["GREETING"], "<port>");
}

/// What is there and what has to be made is said of each step that makes something.
#[test]
fn hits_and_misses_are_named() {
    let caches = |observed: Observed| {
        let plan = plan(&desired(), observed, false).plan;
        let all = plan.steps.iter().map(|step| (step.kind, step.cache));
        all.filter_map(|(kind, cache)| Some((kind, cache?))).collect::<Vec<_>>()
    };
    let model = (StepKind::Model, Cache::Hit);
    assert_eq!(caches(ready()), [(StepKind::Build, Cache::Hit), model], "a branch is only asked for");
    assert_eq!(caches(fresh()), [(StepKind::Fetch, Cache::Miss), (StepKind::Build, Cache::Miss), model]);
    let fetchable = Observed { model: Some(Presence::Fetchable(hf())), ..ready() };
    assert_eq!(caches(fetchable), [(StepKind::Build, Cache::Hit), (StepKind::Model, Cache::Miss)]);
}

/// EP-14, EP-20, EP-70: what blocks a step of the supply holds all behind it, and `cpu` is no one's choice but the
/// pool's.
#[test]
fn behind_a_blocked_step_nothing_runs() {
    let mut pool = desired();
    pool.accelerator = Accelerator::Cuda;
    let blocked = |error: Error| observed(Stub { preflight: Some(error), facts: None, ..ready_supply() });
    let mut planned = check_pool(&pool, blocked(Error::Gpu(no_gpu())), false, "!.===.");
    code(&planned.plan, StepKind::Preflight, "gpu::no_driver");
    assert_eq!(planned.plan.to_run().count(), 0);
    assert!(planned.plan.warnings.is_empty(), "{:?}", planned.plan.warnings);
    assert!(planned.plan.placeholders.is_empty());
    assert!(matches!(planned.error(|_| true), Some(Error::Gpu(_))));
    let plan = check(blocked(no_tools().unwrap_err().into()), "!.===.");
    code(&plan, StepKind::Preflight, "preflight::tools_missing");
    let Status::Blocked { reason, .. } = &step(&plan, StepKind::Start).status else { panic!("{plan}") };
    assert_eq!(reason, "the step `preflight` is blocked");
}

#[test]
fn a_missing_model_blocks_flags_and_start() {
    let error = ModelError::Missing { path: "/m/tiny.gguf".into() };
    let observed = Observed { model: Some(Presence::Unusable(error)), line: None, ..ready() };
    code(&check(observed, "=+=!.."), StepKind::Model, "model::missing");
    let plan = check(Observed { model: Some(Presence::Fetchable(hf())), line: None, ..ready() }, "=++=+++");
    assert_eq!(step(&plan, StepKind::Model).commands, [["/usr/bin/hf", "download", "o/r", "m.gguf"]]);
    let plan = check(Observed { model: Some(Presence::Fetchable(hf())), ..ready() }, "=++=+=+");
    // What the hub refuses is known before the build.
    let ids = |id: &str| plan.step(&StepId::new(id)).unwrap().after.iter().map(StepId::to_string).collect::<Vec<_>>();
    assert_eq!(
        (ids("build"), ids("model")),
        (vec!["fetch".to_owned(), "model-check".into()], vec!["model-check".into()])
    );
}

#[test]
fn bad_flags_block_the_start() {
    let error = Error::from(crate::VariableError::SecretUnset { name: "X".into() });
    let plan = check(Observed { line: Some(Err(error)), ..ready() }, "=+==!.");
    code(&plan, StepKind::Flags, "pool::secret_unset");
}

/// F49: the port keeps an engine from starting, not a pool from being prepared.
#[test]
fn a_taken_port_blocks_the_start_alone() {
    let mut planned = check_pool(&desired(), Observed { port: Err(taken()), ..ready() }, false, "=+===!");
    code(&planned.plan, StepKind::Start, "port::taken");
    assert!(planned.plan.to_string().contains("nginx"), "{}", planned.plan);
    assert!(planned.error(|kind| kind != StepKind::Start).is_none());
    assert!(matches!(planned.error(|_| true), Some(Error::Port(_))));
    check(Observed { port: Err(taken()), running: Some(running(&line(&[]))), ..ready() }, "======");
}

/// EP-05
#[test]
fn the_wanted_engine_runs() {
    let same = || Observed { running: Some(running(&line(&[]))), ..ready() };
    let plan = check(same(), "======");
    assert!(plan.to_string().contains("runs as pid 4711 on 127.0.0.1:8080"), "{plan}");
    let planned = check_pool(&desired(), same(), true, "======");
    assert_eq!(planned.comparison, Comparison::Same, "the wanted engine is not replaced");
    let entry_is_gone = Observed { supplied: Box::new(Stub { build: Status::ToRun, ..ready_supply() }), ..same() };
    check(entry_is_gone, "======");
}

#[test]
fn another_engine_runs() {
    let other = || Observed { running: Some(running(&line(&["--threads", "2"]))), ..ready() };
    let plan = check(other(), "=+===!");
    code(&plan, StepKind::Start, "pool::differs");
    let Some(Status::Blocked { reason, .. }) = plan.blocked().map(|step| &step.status) else { panic!("{plan}") };
    let wanted = "--model /m/tiny.gguf --host 127.0.0.1 --port 8080";
    let expected = format!("flags: runs `{wanted} --threads 2`, wanted `{wanted}`");
    assert!(reason.ends_with(&expected) && reason.lines().count() == 2, "{reason}");
    let plan = check_pool(&desired(), other(), true, "=+===+").plan;
    assert!(plan.to_string().contains("stop pid 4711 on 127.0.0.1:8080, then listen"), "{plan}");
    assert!(matches!(step(&plan, StepKind::Start).actions.as_slice(), [Action::Stop, Action::Launch(_)]), "{plan}");
}

/// An engine in another namespace, say: whatever is wanted, nothing is started.
#[test]
fn a_refusal_blocks_the_start_whatever_else_holds() {
    let dir = tempfile::tempdir().unwrap();
    let refusal = || {
        let dir = PoolDir::open(dir.path(), "p").unwrap();
        let _held = dir.lock("test", Duration::from_secs(1)).unwrap();
        Error::from(dir.lock("test", Duration::ZERO).unwrap_err())
    };
    let plan = check(Observed { refusal: Some(refusal()), ..ready() }, "=+===!");
    code(&plan, StepKind::Start, "lock::timeout");
    for replace in [false, true] {
        let running = Some(running(&line(&["--threads", "2"])));
        let observed = Observed { refusal: Some(refusal()), running, port: Err(taken()), ..ready() };
        let planned = check_pool(&desired(), observed, replace, "=+===!");
        code(&planned.plan, StepKind::Start, "lock::timeout");
    }
}

/// What an engine inherits from the shell that started it is no difference.
#[test]
fn another_shell_wants_the_same_engine() {
    let with = |tmp: &str| {
        let mut line = line(&[]);
        line.env = [("TMPDIR".into(), tmp.into()), ("OMP_NUM_THREADS".into(), "1".into())].into();
        line
    };
    check(Observed { running: Some(running(&with("/a"))), line: Some(Ok(with("/b"))), ..ready() }, "======");
}

#[test]
fn what_cannot_be_compared_differs_in_what_is_known() {
    let plan = check(Observed { running: Some(running(&line(&[]))), ..fresh() }, "=++==!");
    assert!(plan.to_string().contains("build: runs `k`, wanted `/r at main"), "{plan}");
    let running = Some(running(&line(&[])));
    let observed = Observed { running, line: None, model: Some(Presence::Fetchable(hf())), ..ready() };
    assert!(check(observed, "=++=++!").to_string().contains("model: runs `/m/tiny.gguf`"));
}
