//! What makes an approved plan stale, and what does not.

use super::*;
use crate::plan::placeholder::{DEFINITIONS, PORT, STAGING};
use crate::plan::{SCHEMA, literal};
use crate::summary::{ModelFile, ModelKind};

fn step(kind: StepKind, status: Status, actions: Vec<Action>) -> PlanStep {
    let mut step = crate::plan::draft::Draft::new(kind, kind.name(), status).step;
    step.actions = actions;
    step
}

fn run(line: &str) -> Action {
    let argv = line.split(' ').map(str::to_owned).collect();
    Action::Run(Command { argv, cwd: "/".into(), ..Command::default() })
}

fn launch(args: &str) -> Launch {
    Launch {
        program: Some("/store/<key>/bin/llama-server".into()),
        args: args.split(' ').map(str::to_owned).collect(),
        env: BTreeMap::from([("HOME".to_owned(), "/root".to_owned()), ("A".to_owned(), "1".to_owned())]),
        host: "127.0.0.1".into(),
        port: "<port>".into(),
        ..Launch::default()
    }
}

fn inputs(cxx: &str, commit: &str) -> Value {
    serde_json::json!({ "commit": commit, "tools": { "cxx": { "version": cxx } } })
}

/// A build to run and a start, with its commit left open.
fn plan() -> Plan {
    let mut build = step(StepKind::Build, Status::ToRun, vec![run("ninja -C <staging>/build -j 4 llama-server")]);
    build.inputs = Some(inputs("12", "c1"));
    build.key = Some("k1".into());
    let steps = vec![
        step(StepKind::Preflight, Status::Satisfied, Vec::new()),
        step(
            StepKind::Fetch,
            Status::ToRun,
            vec![run("git ls-remote /r main"), run("git fetch /r <commit>"), run("git checkout <commit>")],
        ),
        step(StepKind::Configure, Status::ToRun, vec![run("cmake -S <staging>/src <definitions>")]),
        build,
        step(StepKind::Start, Status::ToRun, vec![Action::Launch(launch("--parallel 2 --port <port>"))]),
    ];
    let placeholders = [COMMIT, KEY, STAGING].into_iter().filter_map(Placeholder::any).chain(
        [Placeholder::one_of(PORT, ["80".to_owned()]), Placeholder::one_of(DEFINITIONS, ["-DA=OFF".to_owned()])]
            .into_iter()
            .flatten(),
    );
    Plan {
        schema: SCHEMA,
        version: "0".into(),
        pool_id: "p".parse().unwrap(),
        steps,
        placeholders: placeholders.collect(),
        notes: Vec::new(),
        warnings: Vec::new(),
    }
}

fn at(plan: &mut Plan, kind: StepKind) -> &mut PlanStep {
    plan.steps.iter_mut().find(|step| step.kind == kind).unwrap()
}

fn model(size: u64, digest: Option<&str>, revision: Option<&str>) -> Model {
    let file = ModelFile { path: "/m.gguf".into(), size, digest: digest.map(str::to_owned) };
    Model {
        reference: "/m.gguf".into(),
        path: "/m.gguf".into(),
        size,
        checksum: None,
        kind: ModelKind::File,
        files: vec![file],
        revision: revision.map(str::to_owned),
    }
}

/// The differences between the plan above and a changed one.
fn found(change: impl FnOnce(&mut Plan, &mut Launch)) -> Vec<String> {
    let (approved, start) = (plan(), launch("--parallel 2 --port <port>"));
    let (mut now, mut starts) = (plan(), start.clone());
    change(&mut now, &mut starts);
    let view = |plan, launch| View { plan, launch: Some(launch), model: None };
    let found = stale(view(&approved, &start), view(&now, &starts), &|_| true, &BTreeMap::new());
    found.iter().map(ToString::to_string).collect()
}

/// EP-83: what another call did meanwhile, and what a shell or free memory decides, is not stale.
#[test]
fn what_was_done_meanwhile_is_not_stale() {
    let none: [String; 0] = [];
    assert_eq!(found(|_, _| ()), none);
    let all_done = |plan: &mut Plan, starts: &mut Launch| {
        for step in &mut plan.steps {
            step.status = Status::Satisfied;
            step.actions.clear();
        }
        at(plan, StepKind::Build).key = Some("k2".into());
        at(plan, StepKind::Build).inputs = Some(inputs("12", "c2"));
        plan.placeholders.clear();
        starts.program = Some("/store/0a1b/bin/llama-server".into());
    };
    assert_eq!(found(all_done), none, "the build of another pool, at whatever commit the branch is");
    let fetched = |plan: &mut Plan, _: &mut Launch| {
        at(plan, StepKind::Fetch).actions.remove(1);
    };
    assert_eq!(found(fetched), none, "the commit was fetched for another pool");
    let jobs = |plan: &mut Plan, _: &mut Launch| {
        at(plan, StepKind::Build).actions = vec![run("ninja -C <staging>/build -j 1 llama-server")];
    };
    assert_eq!(found(jobs), none, "less free memory");
    assert_eq!(found(|_, starts| drop(starts.env.insert("HOME".into(), "/other".into()))), none, "another shell");
    let words = |plan: &mut Plan, _: &mut Launch| {
        plan.warnings.push("w".into());
        at(plan, StepKind::Build).detail = "other words".into();
    };
    assert_eq!(found(words), none);
}

#[test]
fn what_would_run_differently_is_named() {
    let is = |change: &dyn Fn(&mut Plan, &mut Launch), expected: &str| {
        assert_eq!(found(|plan, starts| change(plan, starts)), [expected]);
    };
    is(
        &|_, starts| starts.args = launch("--parallel 3 --port <port>").args,
        "start: flag --parallel: approved `2`, now `3`",
    );
    is(
        &|_, starts| starts.program = Some("/store/../bin/llama-server".into()),
        "start: program: approved `/store/<key>/bin/llama-server`, now `/store/../bin/llama-server`",
    );
    is(&|_, starts| drop(starts.env.remove("A")), "start: variable A: approved `1`, now `(absent)`");
    is(&|_, starts| starts.secret_env = vec!["T".into()], "start: secret variables: approved ``, now `T`");
    is(
        &|plan, _| at(plan, StepKind::Fetch).actions = vec![run("git ls-remote /other main")],
        "fetch: argument 2: approved `/r`, now `/other`",
    );
    is(
        &|plan, _| at(plan, StepKind::Build).actions = vec![run("make -C <staging>/build -j 4 llama-server")],
        "build: program: approved `ninja`, now `make`",
    );
    is(
        &|plan, _| at(plan, StepKind::Build).inputs = Some(inputs("13", "c1")),
        "build: input tools.cxx.version: approved `12`, now `13`",
    );
}

#[test]
fn ranges_blockers_and_new_work_are_named() {
    let port =
        found(|plan, _| plan.placeholders.iter_mut().find(|p| p.name == PORT).unwrap().allowed = vec!["81".into()]);
    assert_eq!(port, ["start: values of <port>: approved `80`, now `81`"]);
    let blocked = found(|plan, _| {
        at(plan, StepKind::Start).status =
            Status::Blocked { reason: "taken".into(), code: Some("port::taken".into()), help: None };
    });
    assert_eq!(blocked, ["start: blocked: approved `not blocked`, now `port::taken`"]);
    let work = found(|plan, _| {
        let step = at(plan, StepKind::Preflight);
        step.status = Status::ToRun;
        step.actions = vec![run("pacman -S cmake")];
    });
    assert_eq!(work, ["preflight: work: approved `nothing to do`, now `preflight`"]);
    let stop = found(|plan, _| at(plan, StepKind::Start).actions.insert(0, Action::Stop));
    assert_eq!(stop.len(), 1);
    assert!(stop[0].contains("now `stop the engine that runs`"), "{stop:?}");
    let added = found(|plan, _| plan.steps.push(step(StepKind::Check, Status::ToRun, vec![run("ask")])));
    assert_eq!(added, ["check: step: approved `no such step`, now `check`"]);
}

/// A start that is not asked for is not judged, but its command line is.
#[test]
fn only_what_is_executed_is_judged() {
    let (approved, start) = (plan(), launch("--parallel 2"));
    let mut now = plan();
    at(&mut now, StepKind::Start).status = Status::Blocked { reason: "taken".into(), code: None, help: None };
    let view = |plan, launch| View { plan, launch: Some(launch), model: None };
    let until = |kind: StepKind| kind != StepKind::Start;
    assert_eq!(stale(view(&approved, &start), view(&now, &start), &until, &BTreeMap::new()), []);
    let other = launch("--parallel 9");
    let found = stale(view(&approved, &start), view(&now, &other), &until, &BTreeMap::new());
    assert_eq!(found.len(), 1);
}

#[test]
fn a_model_that_changed_is_named() {
    let plan = plan();
    let check = |before: &Model, after: &Model, expected: &[&str]| {
        let view = |model| View { plan: &plan, launch: None, model };
        let found = stale(view(Some(before)), view(Some(after)), &|_| true, &BTreeMap::new());
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
        assert_eq!(stale(view(None), view(Some(after)), &|_| true, &BTreeMap::new()), []);
    };
    check(&model(1, None, None), &model(1, Some("sha256:a"), Some("r")), &[]);
    check(&model(1, None, None), &model(2, None, None), &["model: size of /m.gguf: approved `1`, now `2`"]);
    check(
        &model(1, Some("sha256:a"), Some("r1")),
        &model(1, Some("sha256:b"), Some("r2")),
        &["model: revision: approved `r1`, now `r2`", "model: digest of /m.gguf: approved `sha256:a`, now `sha256:b`"],
    );
}

/// What starts is a text without placeholders; one that happens to look like one is escaped in the plan.
#[test]
fn a_start_is_compared_by_its_values() {
    let approved = plan();
    let planned = Launch { args: vec![literal("<port>"), "--port".into(), "<port>".into()], ..launch("x") };
    let starts = |args: &[&str]| Launch {
        program: Some("/store/0a/bin/llama-server".into()),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        port: "80".into(),
        ..launch("x")
    };
    let check = |starts: Launch| of_start(&approved, &planned, &starts.literal(), &BTreeMap::new()).len();
    assert_eq!(check(starts(&["<port>", "--port", "80"])), 0);
    assert_eq!(check(starts(&["80", "--port", "80"])), 1);
    assert_eq!(check(starts(&["<port>", "--port", "81"])), 1);
}
