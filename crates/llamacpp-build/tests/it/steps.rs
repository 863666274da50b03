//! What a plan shows is what runs: each call of a build, by its arguments, working folder and environment.

use std::fs;
use std::time::Duration;

use durable::Lock;
use llamacpp_build::{
    Begun, BuildRequest, BuildSession, Call, Event, Generator, Outcome, PlaceholderKind, PlannedStep, Ran, Step,
    StepReport, ToolId, Transport, Values, decide_jobs, known_commit, planned_steps, resolve_recorded,
};

use crate::support::{Bench, definitions};

/// A build by its steps: what each ran, and the values of the placeholders.
pub(crate) fn built(bench: &Bench, request: &BuildRequest, jobs: u32) -> (Vec<StepReport>, Values) {
    let (layout, observer) = (bench.layout(), |_: &Event| ());
    let resolved = resolve_recorded(&layout, request).unwrap();
    let logs = bench.at("logs");
    fs::create_dir_all(&logs).unwrap();
    let begun = BuildSession::begin(&layout, request, &resolved.commit, jobs, Some(&logs), &observer).unwrap();
    let Begun::ToBuild(mut session) = begun else { panic!("{begun:?}") };
    let mut fetched = session.fetch(&observer).unwrap();
    fetched.ran.splice(0..0, resolved.ran);
    let mut reports = vec![fetched, session.configure(&observer).unwrap(), session.compile(&observer).unwrap()];
    let (entry, proven) = session.prove_and_publish(&observer).unwrap();
    reports.push(proven);
    let values = Values { tree: resolved.tree, ..session.values() };
    assert_eq!(values.key.as_ref(), Some(&entry.manifest.key));
    (reports, values)
}

/// Every difference between planned and run calls, once the values are put in.
pub(crate) fn differences(planned: &[PlannedStep], reports: &[StepReport], values: &Values) -> Vec<String> {
    let mut found = Vec::new();
    assert_eq!(planned.len(), reports.len());
    for (planned, report) in planned.iter().zip(reports) {
        assert_eq!(planned.step, report.step);
        let wanted: Vec<Call> = planned.commands.iter().map(|spec| values.substitute(&Call::of(spec))).collect();
        let ran: Vec<&Call> = report.ran.iter().filter(|ran| ran.because.is_none()).map(|ran| &ran.call).collect();
        if wanted.iter().collect::<Vec<_>>() != ran {
            found.push(format!("{}: planned {wanted:#?}, ran {ran:#?}", planned.step));
        }
        let late = planned.placeholders.iter().find(|place| place.kind == PlaceholderKind::Definitions);
        let allowed = late.map(|place| place.allowed.clone()).unwrap_or_default();
        let used = values.definitions.iter().flatten().filter(|word| !allowed.contains(word));
        if planned.step == Step::Configure {
            found.extend(used.map(|word| format!("{word} was not planned")));
        }
    }
    found
}

/// The planned definitions that were not used.
fn dropped(planned: &[PlannedStep], values: &Values) -> Vec<String> {
    let late = planned.iter().flat_map(|step| &step.placeholders);
    let late = late.filter(|place| place.kind == PlaceholderKind::Definitions).flat_map(|place| &place.allowed);
    late.filter(|word| !values.definitions.iter().flatten().any(|used| used == *word)).cloned().collect()
}

/// Plans, builds, and holds both against each other: nothing but the values of the placeholders differs, nothing ran that
/// the plan does not show, and everything ended well.
#[track_caller]
fn check(bench: &Bench, request: &BuildRequest) -> (Vec<PlannedStep>, Vec<StepReport>, Values) {
    let (layout, jobs) = (bench.layout(), decide_jobs(request));
    let pinned = known_commit(&layout, &request.source).filter(|(_, asked)| *asked == 0).map(|(commit, _)| commit);
    let planned = planned_steps(&layout, request, pinned.as_ref(), jobs).unwrap();
    let (reports, values) = built(bench, request, jobs);
    assert_eq!(differences(&planned, &reports, &values), [""; 0]);
    for report in &reports {
        assert_eq!(report.outcome, Outcome::Built);
        for Ran { because, retry_of, call, .. } in &report.ran {
            assert_eq!((because, retry_of), (&None, &None), "{call:?}");
        }
    }
    (planned, reports, values)
}

fn run_of(reports: &[StepReport]) -> Vec<(Step, usize)> {
    reports.iter().map(|report| (report.step, report.ran.len())).collect()
}

/// A branch on an empty cache: the commit, the staging folder, the key and the defaults that this tree does not know are all
/// that the plan leaves open. A second build of another kind finds the mirror, and its plan knows that.
#[test]
fn a_fresh_build_runs_what_was_planned() {
    let bench = Bench::new();
    let (planned, reports, values) = check(&bench, &bench.request("main"));
    // ls-remote, init, fetch, look, and four for the tree; CMake; ninja; the server three times.
    assert_eq!(run_of(&reports), [(Step::Fetch, 8), (Step::Configure, 1), (Step::Build, 1), (Step::Prove, 3)]);
    let kinds: Vec<_> = planned[0].placeholders.iter().map(|place| (place.name, place.kind)).collect();
    assert_eq!(kinds, [("<staging>", PlaceholderKind::Staging), ("<commit>", PlaceholderKind::Commit)]);
    assert!(planned[3].placeholders.iter().any(|place| place.name == "<key>"));
    assert!(dropped(&planned, &values).contains(&"-DLLAMA_CURL=OFF".to_owned()), "{values:?}");
    assert!(reports.iter().flat_map(|report| &report.ran).all(|ran| ran.exit == Some(0) && ran.seconds >= 0.0));
    let text = serde_json::to_string(&reports[0].ran).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Ran>>(&text).unwrap(), reports[0].ran);

    let mut request = bench.request(&bench.repo.commit);
    request.definitions = definitions(&["-DCMAKE_BUILD_TYPE=Debug", "-DLLAMA_RPC=OFF"]);
    let (planned, reports, _) = check(&bench, &request);
    assert_eq!(reports[0].ran.len(), 6, "the mirror has the commit: {:#?}", reports[0]);
    assert!(planned.iter().all(|step| step.placeholders.iter().all(|place| place.kind != PlaceholderKind::Commit)));
}

/// The other ways: make, a compiler cache and a linker that are tried first, submodules, a working tree.
#[test]
fn other_ways_to_build_run_what_was_planned() {
    let bench = Bench::new();
    let env = exec::Env::current();
    let part = bench.repo.path.to_str().unwrap().to_owned();
    let mut request = bench.request("main");
    request.source.submodules = true;
    request.tools.generator = Generator::Make;
    request.tools.make.path = bench.at("tools/make");
    let script = "[ \"$1\" = --version ] && exec echo 'ccache version 4'\nexec \"$@\"";
    let ccache = testkit::fake_tool(&bench.at("tools"), "ccache", script);
    request.tools.ccache = Some(ToolId { path: ccache, version: "ccache version 4".into() });
    let script = format!("exec {} \"$@\"", env.find("ld").unwrap().display());
    let mold = testkit::fake_tool(&bench.at("tools"), "ld.mold", &script);
    request.tools.linker = Some(ToolId { path: mold, version: "mold 1".into() });
    let (_, reports, _) = check(&bench, &request);
    assert_eq!(run_of(&reports), [(Step::Fetch, 10), (Step::Configure, 3), (Step::Build, 1), (Step::Prove, 4)]);

    bench.repo.git(&["-c", "protocol.file.allow=always", "submodule", "add", "--quiet", &part, "part"]);
    bench.repo.change("MORE", "with a submodule\n");
    // A linker that does not work is no longer in the definitions, and nothing else differs.
    testkit::fake_tool(&bench.at("tools"), "ld.mold", "exit 1");
    let (layout, jobs) = (bench.layout(), decide_jobs(&request));
    let planned = planned_steps(&layout, &request, None, jobs).unwrap();
    let (reports, values) = built(&bench, &request, jobs);
    assert_eq!(differences(&planned, &reports, &values), [""; 0]);
    let linker = "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold".to_owned();
    assert!(dropped(&planned, &values).contains(&linker), "{values:?}");
    assert!(reports[3].ran[0].call.argv.contains(&"status".to_owned()), "{:?}", reports[3].ran);

    let mut request = bench.request("whatever");
    request.source.transport = Transport::WorkTree;
    let (planned, _, values) = check(&bench, &request);
    assert!(values.tree.is_some() && planned[0].placeholders.iter().any(|place| place.name == "<tree>"));
}

type Change<'a> = &'a dyn Fn(&mut Vec<Ran>);

/// The comparison sees an argument, a variable and a working folder that differ, and a call more or less.
#[test]
fn a_difference_is_seen() {
    let bench = Bench::quick();
    let request = bench.request("main");
    let planned = planned_steps(&bench.layout(), &request, None, 2).unwrap();
    let (reports, values) = built(&bench, &request, 2);
    assert_eq!(differences(&planned, &reports, &values), [""; 0]);
    let changes: [Change<'_>; 6] = [
        &|ran| ran[0].call.argv.push("--more".into()),
        &|ran| ran[0].call.argv[1].push('x'),
        &|ran| drop(ran[0].call.env.insert("CXXFLAGS".into(), "-O0".into())),
        &|ran| ran[0].call.cwd = "/tmp".into(),
        &|ran| drop(ran.pop()),
        &|ran| ran.push(ran[0].clone()),
    ];
    for step in 0..4 {
        for change in changes {
            let mut other = reports.clone();
            change(&mut other[step].ran);
            assert_eq!(differences(&planned, &other, &values).len(), 1);
        }
    }
    let mut forbidden = values.clone();
    forbidden.definitions.get_or_insert_default().push("-DGGML_CUDA=ON".into());
    assert!(!differences(&planned, &reports, &forbidden).is_empty());
}

/// What is not done is said: a stored entry, one that another process made meanwhile, and the steps of a resumed build.
#[test]
fn a_hit_a_wait_and_a_resume_are_named() {
    let bench = Bench::quick();
    let (layout, observer, request) = (bench.layout(), |_: &Event| (), bench.request(&bench.repo.commit));
    let commit = bench.resolve(&request).unwrap();
    let built = bench.build(&request).unwrap();
    let hit = BuildSession::begin(&layout, &request, &commit, 2, None, &observer).unwrap();
    assert!(matches!(hit, Begun::Finished(_, Outcome::Hit)));

    let aside = bench.at("aside");
    fs::rename(&built.dir, &aside).unwrap();
    let lock = bench.at(&format!("cache/v1/locks/build-{}", built.manifest.key));
    let held = Lock::acquire(&lock, "test", Duration::ZERO).unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let begun = BuildSession::begin(&layout, &request, &commit, 2, None, &observer).unwrap();
            matches!(begun, Begun::Finished(_, Outcome::WaitedForOther))
        });
        std::thread::sleep(Duration::from_millis(300));
        fs::rename(&aside, &built.dir).unwrap();
        drop(held);
        assert!(waits.join().unwrap());
    });
}
