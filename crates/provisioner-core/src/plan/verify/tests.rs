//! Mutations: whatever is changed of what ran is a difference that names it; what ran as planned is none.

use proptest::prelude::*;

use super::*;
use crate::plan::draft::{Draft, held_by};
use crate::plan::{ExecutedAction, Placeholder, SCHEMA, StepKind};

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn run(argv: &[&str], skippable: bool) -> Action {
    let env = map(&[("LC_ALL", "C"), ("PATH", "/bin:<staging>/bin")]);
    Action::Run(Command { argv: strings(argv), cwd: "<staging>/src".into(), env, skippable })
}

fn launch() -> Action {
    Action::Launch(Launch {
        program: Some("/store/<key>/bin/llama-server".into()),
        image: None,
        args: strings(&["--port", "<port>", "--alias", "<<port>"]),
        cwd: "/run/p".into(),
        env: map(&[("LANG", "C.UTF-8")]),
        secret_env: strings(&["LLAMA_API_KEY"]),
        host: "127.0.0.1".into(),
        port: "<port>".into(),
    })
}

fn step(kind: StepKind, actions: Vec<Action>) -> PlanStep {
    actions.into_iter().fold(Draft::new(kind, "", Status::ToRun), Draft::action).step
}

/// A plan with every kind of action and of placeholder.
fn plan() -> Plan {
    let text = str::to_owned;
    let to = "<staging>/a.tar";
    let steps = vec![
        Draft::new(StepKind::Preflight, "", Status::Satisfied).step,
        step(
            StepKind::Fetch,
            vec![
                run(&["git", "init"], true),
                run(&["git", "fetch", "<commit>", "--depth", "1"], false),
                run(&["git", "checkout", "<commit>"], false),
            ],
        ),
        step(StepKind::Configure, vec![run(&["cmake", "-S", "<staging>/src", "<definitions>", "-G", "Ninja"], false)]),
        step(
            StepKind::Download,
            vec![Action::Download { url: text("https://h/a"), digest: text("<digest>"), to: text(to) }],
        ),
        step(
            StepKind::Unpack,
            vec![
                Action::Unpack { archive: text(to), to: text("<staging>/out") },
                Action::Publish { key: text("<key>"), to: text("/store/<key>") },
            ],
        ),
        step(StepKind::Pull, vec![Action::Pull { image: text("r/i"), digest: text("<digest>") }]),
        step(StepKind::Check, vec![Action::Look { url: text("http://h:1") }]),
        step(StepKind::Start, vec![Action::Stop, launch()]),
    ];
    let ports = ["8080", "8081"].map(text);
    let definitions = ["-DA=OFF", "-DB=OFF"].map(text);
    let any = |name: &str| Placeholder::any(name).unwrap();
    let placeholders = vec![
        any("commit"),
        any("staging"),
        any("digest"),
        any("key"),
        Placeholder::one_of("port", ports).unwrap(),
        Placeholder::one_of("definitions", definitions).unwrap(),
    ];
    Plan {
        schema: SCHEMA,
        version: "1".into(),
        pool_id: "p".parse().unwrap(),
        steps,
        placeholders,
        notes: Vec::new(),
        warnings: Vec::new(),
    }
}

fn values() -> Values {
    let commit = "c0".repeat(20);
    map(&[
        ("commit", commit.as_str()),
        ("staging", "/s/1"),
        ("digest", "sha256:00"),
        ("key", "k1"),
        ("port", "8081"),
        ("definitions", "-DA=OFF\n-DB=OFF"),
    ])
}

/// What ran, exactly as planned.
fn executed(plan: &Plan) -> Executed {
    let mut executed = Executed::begin(plan.clone(), "r", 1);
    executed.values = values();
    let ran = |step: &PlanStep| ExecutedStep {
        id: step.id.clone(),
        outcome: if step.status == Status::Satisfied { Outcome::Satisfied } else { Outcome::Done },
        seconds: 0.0,
        actions: step.actions.iter().map(|action| ExecutedAction::of(action.substituted(&values()), 0.0)).collect(),
        failure: None,
    };
    executed.steps = plan.steps.iter().map(ran).collect();
    executed
}

/// The differences after a change of what ran, one line each.
fn after(change: impl FnOnce(&mut Executed)) -> Vec<String> {
    let plan = plan();
    let mut executed = executed(&plan);
    change(&mut executed);
    differences(&plan, &executed).iter().map(ToString::to_string).collect()
}

/// The step of this kind in what ran.
fn ran(executed: &mut Executed, kind: StepKind) -> &mut ExecutedStep {
    executed.steps.iter_mut().find(|step| step.id == kind.into()).unwrap()
}

#[track_caller]
fn names(change: impl FnOnce(&mut Executed), expected: &str) {
    let found = after(change);
    assert!(found.iter().any(|line| line.contains(expected)), "{expected}: {found:#?}");
}

/// EP-83
#[test]
fn what_ran_as_planned_is_no_difference() {
    assert_eq!(after(|_| ()), [""; 0]);
    let json = serde_json::to_vec(&executed(&plan())).unwrap();
    let read: Executed = serde_json::from_slice(&json).unwrap();
    assert_eq!(read, executed(&plan()));
    assert_eq!(differences(&read.plan, &read), []);
}

/// EP-83: every text of every action, changed one at a time.
#[test]
fn every_changed_text_is_named() {
    let count = executed(&plan()).steps.iter().map(|step| step.actions.len()).sum::<usize>();
    let mut changed = 0;
    for number in 0..count {
        for at in 0.. {
            let mut where_ = None;
            let found = after(|executed| {
                let steps = executed.steps.iter_mut();
                let mut actions =
                    steps.flat_map(|step| step.actions.iter_mut().map(|action| (step.id.clone(), action)));
                let (id, action) = actions.nth(number).unwrap();
                where_ = change_text(&mut action.action, at).map(|what| (id, what));
            });
            let Some((id, what)) = where_ else { break };
            let expected = format!("{id}: {what}");
            assert!(found.iter().any(|line| line.starts_with(&expected)), "{expected}: {found:#?}");
            changed += 1;
        }
    }
    assert!(changed > 40, "{changed}");
}

/// Changes the text number `at` of an action; what the difference has to be called. Nothing where there is no such text.
fn change_text(action: &mut Action, at: usize) -> Option<String> {
    let whole = || "action ".to_owned();
    let mut texts: Vec<(String, &mut String)> = Vec::new();
    match action {
        Action::Run(Command { argv, cwd, env, .. }) => {
            let word = |at: usize| if at == 0 { "program".into() } else { format!("argument {at}") };
            texts.extend(argv.iter_mut().enumerate().map(|(at, text)| (word(at), text)));
            texts.push(("working folder".into(), cwd));
            texts.extend(env.iter_mut().map(|(name, value)| (format!("variable {name}"), value)));
        }
        Action::Launch(Launch { program, image, args, cwd, env, secret_env, host, port }) => {
            texts.extend(program.iter_mut().chain(image).map(|text| ("program".into(), text)));
            texts.extend(args.iter_mut().enumerate().map(|(at, text)| (format!("argument {}", at + 1), text)));
            texts.push(("working folder".into(), cwd));
            texts.extend(env.iter_mut().map(|(name, value)| (format!("variable {name}"), value)));
            texts.extend(secret_env.iter_mut().map(|name| ("secret variables".into(), name)));
            texts.extend([("host".to_owned(), host), ("port".to_owned(), port)]);
        }
        Action::Download { url, digest, to } => texts.extend([url, digest, to].map(|text| (whole(), text))),
        Action::Unpack { archive: a, to: b }
        | Action::Pull { image: a, digest: b }
        | Action::Publish { key: a, to: b } => {
            texts.extend([a, b].map(|text| (whole(), text)));
        }
        Action::Look { url } => texts.push((whole(), url)),
        Action::Stop => {}
    }
    let (what, text) = texts.into_iter().nth(at)?;
    text.push('x');
    Some(what)
}

/// EP-83
#[test]
fn what_is_added_or_left_out_is_named() {
    fn command(executed: &mut Executed) -> &mut Command {
        match &mut ran(executed, StepKind::Configure).actions[0].action {
            Action::Run(command) => command,
            other => panic!("{other:?}"),
        }
    }
    names(
        |executed| command(executed).argv.push("-DX=ON".into()),
        "configure: argument 7: planned `(absent)`, ran `-DX=ON`",
    );
    names(|executed| drop(command(executed).argv.pop()), "configure: argument 6: planned `Ninja`, ran `(absent)`");
    names(
        |executed| drop(command(executed).env.remove("LC_ALL")),
        "configure: variable LC_ALL: planned `C`, ran `(absent)`",
    );
    names(
        |executed| drop(command(executed).env.insert("X".into(), "1".into())),
        "configure: variable X: planned `(absent)`",
    );
    for kind in [StepKind::Fetch, StepKind::Configure, StepKind::Download, StepKind::Unpack, StepKind::Start] {
        let of_kind = format!("{kind}: ");
        names(|executed| drop(ran(executed, kind).actions.pop()), &of_kind);
        names(|executed| drop(ran(executed, kind).actions.pop()), "ran `nothing`");
        let extra = || ExecutedAction::of(run(&["rm", "-r"], false), 0.0);
        names(|executed| ran(executed, kind).actions.push(extra()), &of_kind);
        names(|executed| ran(executed, kind).actions.push(extra()), "planned `nothing`");
        names(|executed| ran(executed, kind).actions.insert(0, extra()), &of_kind);
        names(
            |executed| executed.steps.retain(|step| step.id != kind.into()),
            &format!("{kind}: step: planned `a step`"),
        );
        names(
            |executed| {
                let again = ran(executed, kind).clone();
                executed.steps.push(again);
            },
            &format!("{kind}: step: planned `once`, ran `again`"),
        );
    }
    names(|executed| ran(executed, StepKind::Fetch).actions.reverse(), "fetch: ");
    names(
        |executed| ran(executed, StepKind::Fetch).id = StepId::new("other"),
        "other: step: planned `nothing`, ran `a step`",
    );
    names(
        |executed| ran(executed, StepKind::Preflight).actions.push(ExecutedAction::of(run(&["pacman"], false), 0.0)),
        "preflight: action 1: planned `nothing`",
    );
    names(
        |executed| ran(executed, StepKind::Pull).actions[0] = ExecutedAction::of(Action::Look { url: "u".into() }, 0.0),
        "pull: action 1: ",
    );
}

/// EP-83: a program that becomes an image of the same name is another engine.
#[test]
fn an_image_is_no_program() {
    names(
        |executed| match &mut ran(executed, StepKind::Start).actions[1].action {
            Action::Launch(launch) => launch.image = launch.program.take(),
            other => panic!("{other:?}"),
        },
        "start: action 2: ",
    );
}

#[test]
fn a_value_that_a_placeholder_does_not_allow_is_named() {
    for (name, value) in [
        ("commit", "main"),
        ("staging", "relative"),
        ("digest", ""),
        ("key", "../../home"),
        ("port", "8082"),
        ("port", "x"),
        ("definitions", "-DA=ON"),
        ("definitions", "-DA=OFF\n-DB=OFF\n-DC=OFF"),
    ] {
        // Also where what ran agrees with the value: a plan that allows everything says nothing.
        let plan = plan();
        let mut executed = executed(&plan);
        executed.values.insert(name.into(), value.into());
        for (step, planned) in executed.steps.iter_mut().zip(&plan.steps) {
            for (done, planned) in step.actions.iter_mut().zip(&planned.actions) {
                done.action = planned.substituted(&executed.values);
            }
        }
        let found: Vec<String> = differences(&plan, &executed).iter().map(ToString::to_string).collect();
        let [only] = found.as_slice() else { panic!("{name}={value}: {found:#?}") };
        assert!(only.contains(&format!("placeholder {name}: ")) && only.contains(value), "{only}");
    }
    names(|executed| drop(executed.values.remove("port")), "start: port: planned `<port>`, ran `8081`");
    assert_eq!(after(|executed| drop(executed.values.insert("tree".into(), "t".into()))), [""; 0], "nothing uses it");
}

#[test]
fn fewer_definitions_are_as_planned() {
    let fewer = |executed: &mut Executed| {
        executed.values.insert("definitions".into(), "-DB=OFF".into());
        match &mut ran(executed, StepKind::Configure).actions[0].action {
            Action::Run(command) => drop(command.argv.remove(3)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(after(fewer), [""; 0]);
}

fn outcome(kind: StepKind, outcome: Outcome, kept: &[usize]) -> Vec<String> {
    after(|executed| {
        let step = ran(executed, kind);
        step.outcome = outcome;
        let all = std::mem::take(&mut step.actions);
        step.actions = kept.iter().map(|at| all[*at].clone()).collect();
    })
}

/// EP-83: what each outcome allows. `fetch` has three actions, of which the first may be left out.
#[test]
fn outcomes_decide_what_may_be_left_out() {
    let all: [&[usize]; 8] = [&[], &[0], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]];
    let allowed = |outcome_: Outcome| {
        all.into_iter().filter(|kept| outcome(StepKind::Fetch, outcome_, kept).is_empty()).collect::<Vec<_>>()
    };
    let whole: [&[usize]; 2] = [&[1, 2], &[0, 1, 2]];
    assert_eq!(allowed(Outcome::Done), whole);
    assert_eq!(allowed(Outcome::Satisfied), whole);
    for outcome in [Outcome::Hit, Outcome::Waited, Outcome::Resumed] {
        assert_eq!(allowed(outcome), all, "{outcome:?}: its result was there, at any point");
    }
    for outcome in [Outcome::Failed, Outcome::Cancelled] {
        let first: [&[usize]; 6] = [&[], &[0], &[1], &[0, 1], &[1, 2], &[0, 1, 2]];
        assert_eq!(allowed(outcome), first, "{outcome:?}: nothing is passed over");
    }
    assert_eq!(allowed(Outcome::NotReached), [&[] as &[usize]]);
}

/// A changed argument is a difference whatever the step ended as.
#[test]
fn no_outcome_excuses_another_argument() {
    for outcome in [Outcome::Done, Outcome::Hit, Outcome::Waited, Outcome::Resumed, Outcome::Failed, Outcome::Cancelled]
    {
        names(
            |executed| {
                let step = ran(executed, StepKind::Fetch);
                step.outcome = outcome;
                let Action::Run(command) = &mut step.actions[1].action else { panic!() };
                command.argv[4] = "2".into();
            },
            "fetch: argument 4: planned `1`, ran `2`",
        );
    }
}

/// A repair or a retry says why it ran, and is no difference; what was planned is compared all the same.
#[test]
fn what_ran_because_of_something_is_passed_over() {
    let extra =
        || ExecutedAction { because: Some("retry".into()), ..ExecutedAction::of(run(&["make", "-j1"], false), 0.0) };
    for at in 0..=3 {
        assert_eq!(after(|executed| ran(executed, StepKind::Fetch).actions.insert(at, extra())), [""; 0]);
    }
    names(|executed| ran(executed, StepKind::Fetch).actions[1] = extra(), "fetch: ");
}

#[test]
fn a_blocked_step_does_nothing() {
    let mut plan = plan();
    let at = plan.steps.len() - 1;
    plan.steps[at] =
        PlanStep { status: held_by(&StepKind::Check.into()), actions: Vec::new(), ..plan.steps[at].clone() };
    let mut executed = executed(&plan);
    assert_eq!(differences(&plan, &executed).len(), 1);
    executed.steps[at].outcome = Outcome::NotReached;
    assert_eq!(differences(&plan, &executed), []);
    executed.steps[at].actions.push(ExecutedAction::of(Action::Stop, 0.0));
    assert_eq!(differences(&plan, &executed).len(), 1);
}

proptest! {
    /// EP-83: texts of the pool's own stay out of it, whatever they look like.
    #[test]
    fn any_text_is_compared_exactly(text in "[<>a-z]{0,4}(<port>|<<key>|x){0,2}", other in "[<>a-z]{0,4}(<port>|<<key>|x){0,2}") {
        let plan = Plan { steps: vec![step(StepKind::Build, vec![run(&["make", &crate::literal(&text)], false)])], ..plan() };
        let mut executed = executed(&plan);
        prop_assert_eq!(differences(&plan, &executed), []);
        let Action::Run(command) = &mut executed.steps[0].actions[0].action else { panic!() };
        prop_assert_eq!(&command.argv[1], &text);
        command.argv[1].clone_from(&other);
        prop_assert_eq!(differences(&plan, &executed).len(), usize::from(text != other));
    }
}
