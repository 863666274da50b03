//! The steps of a build, decided from plain data: tables of hosts and the steps they lead to. Nothing here runs a
//! program.

use std::sync::Arc;

use config_schema::Accelerator;
use engine_store::{Entry, EntryKey};
use llamacpp_build::{BuildError, BuildRequest};
use miette::Diagnostic;

use super::*;
use crate::plan::{PlaceholderKind, StepId};
use crate::supply::Supplied;
use crate::supply::source::libraries::Gone;
use crate::supply::source::sample::{
    commit, cuda, entry, fresh, inputs, installs, near, no_gpu, no_tools, ready, request, wish,
};
use crate::supply::source::{EarlierBuild, Wish, artifact};

const KINDS: [StepKind; 6] = [
    StepKind::Preflight,
    StepKind::Accelerator,
    StepKind::Fetch,
    StepKind::Configure,
    StepKind::Build,
    StepKind::Prove,
];

/// `=` satisfied, `+` to run, `!` blocked with an error, `.` blocked by another step; in the order of [`KINDS`].
#[track_caller]
fn check(found: Found, expected: &str) -> Vec<Draft> {
    check_run(found, false, expected)
}

#[track_caller]
fn check_run(mut found: Found, runs: bool, expected: &str) -> Vec<Draft> {
    let drafts = steps(&mut found, runs);
    let sign = |draft: &Draft| match (&draft.step.status, &draft.error) {
        (Status::Satisfied, None) => '=',
        (Status::ToRun, None) => '+',
        (Status::Blocked { code: Some(code), help: Some(help), .. }, Some(error)) => {
            assert_eq!((code, help), (&error.code().unwrap().to_string(), &error.help().unwrap().to_string()));
            '!'
        }
        (Status::Blocked { code: None, help: None, .. }, None) => '.',
        other => panic!("{other:?}"),
    };
    assert_eq!(drafts.iter().map(sign).collect::<String>(), expected, "\n{drafts:#?}");
    assert_eq!(drafts.iter().map(|draft| draft.step.kind).collect::<Vec<_>>(), KINDS);
    for (at, draft) in drafts.iter().enumerate() {
        let before: Vec<StepId> = at.checked_sub(1).map(|at| KINDS[at].into()).into_iter().collect();
        assert_eq!((&draft.step.id, &draft.step.after), (&draft.step.kind.into(), &before));
        assert!(draft.step.actions.is_empty() || draft.step.status == Status::ToRun, "{draft:?}");
    }
    drafts
}

fn step(drafts: &[Draft], kind: StepKind) -> &Draft {
    drafts.iter().find(|draft| draft.step.kind == kind).unwrap()
}

#[track_caller]
fn code(drafts: &[Draft], kind: StepKind, expected: &str) {
    let error = step(drafts, kind).error.as_ref().unwrap();
    assert_eq!(error.code().unwrap().to_string(), expected);
}

fn commands(drafts: &[Draft], kind: StepKind) -> Vec<String> {
    let argv = |action: &Action| action.argv().unwrap().join(" ");
    step(drafts, kind).step.actions.iter().map(argv).collect()
}

/// EP-03, EP-05, EP-70
#[test]
fn a_fresh_host_builds() {
    let drafts = check(fresh(), "==++++");
    let fetch = commands(&drafts, StepKind::Fetch);
    assert!(fetch.len() > 5 && fetch[0].contains("ls-remote"), "{fetch:?}");
    assert!(fetch.iter().any(|line| line.contains(" fetch ") && line.contains("main")), "{fetch:?}");
    assert!(fetch.concat().contains("<commit>"), "{fetch:?}");
    let configure = commands(&drafts, StepKind::Configure);
    let cmake = configure.last().unwrap();
    assert!(cmake.starts_with("/usr/bin/cmake -S <staging>/src -B <staging>/build"), "{configure:?}");
    assert_eq!(commands(&drafts, StepKind::Build), ["/usr/bin/ninja -C <staging>/build -j 1 llama-server"]);
    let proven = "/cache/v1/store/<key>/bin/llama-server --version";
    let [version, help, again] = commands(&drafts, StepKind::Prove).try_into().unwrap();
    assert_eq!(version, "<staging>/out/bin/llama-server --version");
    assert!(help.ends_with("llama-server --help") && again == proven, "{help} {again}");
}

/// EP-83: what only execution can know is named by the step that uses it, and nothing else is.
#[test]
fn the_placeholders_are_those_that_the_actions_use() {
    for (found, names) in [
        (fresh(), &["commit", "definitions", "key", "staging"][..]),
        (Found { commit: Some((commit(), 0)), entry: None, ..ready() }, &["definitions", "staging"]),
        (ready(), &[]),
    ] {
        let drafts = steps(&mut { found }, false);
        let mut named: Vec<&str> =
            drafts.iter().flat_map(|d| &d.placeholders).map(|placeholder| placeholder.name.as_str()).collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named, names);
        let text = serde_json::to_string(&drafts.iter().map(|d| &d.step).collect::<Vec<_>>()).unwrap();
        for name in ["commit", "definitions", "key", "staging", "tree", "port"] {
            assert_eq!(text.contains(&format!("<{name}>")), names.contains(&name), "{name} in {text}");
        }
    }
    let drafts = steps(&mut fresh(), false);
    let configure = &step(&drafts, StepKind::Configure).placeholders;
    let definitions = configure.iter().find(|placeholder| placeholder.kind == PlaceholderKind::Definitions).unwrap();
    assert!(!definitions.allowed.is_empty() && definitions.allowed.iter().all(|word| word.starts_with("-D")));
}

/// EP-05
#[test]
fn a_ready_host_asks_for_its_branch_again_and_builds_nothing() {
    let fetch = commands(&check(ready(), "==+==="), StepKind::Fetch);
    assert!(fetch.len() == 1 && fetch[0].contains("ls-remote"), "{fetch:?}");
    check(Found { commit: Some((commit(), 0)), ..ready() }, "======");
    let unbuilt = Found { entry: None, ..ready() };
    let fetch = commands(&check(unbuilt, "==++++"), StepKind::Fetch);
    assert!(fetch.len() > 5 && fetch[0].contains("ls-remote"), "{fetch:?}");
    assert!(fetch.concat().contains("<commit>") && !fetch.concat().contains(commit().as_str()), "{fetch:?}");
    let pinned = Found { commit: Some((commit(), 0)), entry: None, ..ready() };
    let fetch = commands(&check(pinned, "==++++"), StepKind::Fetch);
    assert!(fetch[0].contains(" init ") && fetch[1].contains(" fetch "), "{fetch:?}");
    assert!(fetch[1].contains(commit().as_str()) && !fetch.concat().contains("<commit>"), "{fetch:?}");
}

/// EP-05: while the wanted engine runs nothing is asked of anybody, also where its entry is gone.
#[test]
fn while_the_wanted_engine_runs_there_is_nothing_to_do() {
    check_run(ready(), true, "======");
    check_run(Found { entry: None, ..ready() }, true, "======");
}

/// All that the key is made of is said of the build, and the stored build that comes nearest.
#[test]
fn the_key_and_the_closest_build_are_named() {
    let build = |found: Found| step(&steps(&mut { found }, false), StepKind::Build).step.clone();
    let hit = build(Found { near: Some(near()), ..ready() });
    assert_eq!(hit.key, Some(inputs().key().to_string()));
    assert_eq!(hit.inputs.unwrap()["commit"], commit().as_str());
    assert_eq!(hit.nearest, None, "there is nothing to explain of a build that is there");

    let miss = build(Found { entry: None, near: Some(near()), ..ready() });
    let closest = miss.nearest.unwrap();
    assert_eq!(closest.key, near().key.to_string());
    let shown: Vec<String> = closest.differences.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["tools.cxx: c++ 8 → c++ 9"]);
    assert!(closest.summary.contains("tools.cxx"), "{}", closest.summary);
    assert!(miss.detail.contains(inputs().key().as_str()), "{}", miss.detail);

    let unknown = build(fresh());
    assert_eq!((unknown.key, unknown.inputs, unknown.nearest), (None, None, None));
}

/// EP-14, EP-70: a GPU that is asked for and not there; nothing behind it runs.
#[test]
fn without_a_gpu_nothing_is_built() {
    let accelerator = Accelerator::Cuda;
    let found = Found { accelerator, cuda: Some(Err(no_gpu())), request: None, identity: None, ..fresh() };
    code(&check(found, "=!...."), StepKind::Accelerator, "gpu::no_driver");
}

#[test]
fn a_gpu_is_named_with_its_toolkit() {
    let found =
        Found { accelerator: Accelerator::Cuda, cuda: Some(Ok(cuda())), driver: Some("580.1".into()), ..ready() };
    let accelerated = found.accelerator().unwrap();
    assert_eq!((accelerated.driver.as_deref(), accelerated.toolkit.as_deref()), (Some("580.1"), Some("12.9")));
    assert_eq!(accelerated.architectures, ["90"]);
    let drafts = check(found, "==+===");
    let detail = &step(&drafts, StepKind::Accelerator).step.detail;
    for part in ["H100", "12.9", "/opt/cuda", "/usr/bin/g++"] {
        assert!(detail.contains(part), "{detail}");
    }
}

/// EP-20
#[test]
fn a_missing_tool_blocks_what_needs_it() {
    let found = Found { tools: no_tools(), request: None, identity: None, ..fresh() };
    code(&check(found, "!=...."), StepKind::Preflight, "preflight::tools_missing");
}

/// EP-21: what will be installed is the step's action; nothing can be said of the build before.
#[test]
fn a_tool_that_may_be_installed_is() {
    let found = Found { tools: no_tools(), install: Some(installs()), request: None, identity: None, ..fresh() };
    let drafts = check(found, "+=++++");
    assert_eq!(commands(&drafts, StepKind::Preflight), ["/usr/bin/pacman -S --needed cmake"]);
    assert!(commands(&drafts, StepKind::Fetch).is_empty());
    let cuda = Some(Err(no_gpu()));
    let found = Found { tools: no_tools(), install: Some(installs()), cuda, request: None, identity: None, ..fresh() };
    check(found, "++++++");
}

#[test]
fn a_build_that_contradicts_itself_is_blocked_before_it_is_fetched() {
    let error = BuildError::NoServer { definition: "-DLLAMA_BUILD_SERVER=OFF".into() };
    let drafts = check(Found { identity: Some(Err(error)), entry: None, ..ready() }, "==!...");
    assert!(step(&drafts, StepKind::Fetch).error.as_ref().unwrap().to_string().contains("LLAMA_BUILD_SERVER"));
}

/// EP-51: the configuration refuses such a URL; a plan would not show it either.
#[test]
fn a_step_masks_what_looks_secret() {
    let repo = "https://u:hunter2@host/r".to_owned();
    let source = llamacpp_build::Source { repo, ..wish().source };
    let request = BuildRequest { source: source.clone(), ..request() };
    let found = Found { wish: Wish { source, ..wish() }, request: Some(request), ..fresh() };
    let drafts = check(found, "==++++");
    let json = serde_json::to_string(&drafts.iter().map(|draft| &draft.step).collect::<Vec<_>>()).unwrap();
    assert!(json.contains("***@host/r") && !json.contains("hunter2"), "{json}");
}

/// EP-83: what is started lies under its key, which only execution knows while the commit may be another one.
#[test]
fn the_program_is_named_as_far_as_it_is_known() {
    let path = |found: &Found| match artifact::planned(found) {
        crate::Artifact::Program { path, .. } => path,
        other => panic!("{other:?}"),
    };
    assert_eq!(path(&ready()), entry().binary().display().to_string());
    assert_eq!(path(&fresh()), "/cache/v1/store/<key>/bin/llama-server");
    assert_eq!(path(&Found { entry: None, ..ready() }), "/cache/v1/store/<key>/bin/llama-server");
    let pinned = Found { commit: Some((commit(), 0)), entry: None, ..ready() };
    assert_eq!(path(&pinned), format!("/cache/v1/store/{}/bin/llama-server", inputs().key()));
}

/// A sound entry that recipe 1 made.
fn earlier() -> Arc<Entry> {
    let mut entry = entry();
    entry.manifest.recipe = Recipe::LLAMACPP_SOURCE_1;
    entry.manifest.key = EntryKey::parse(&"1".repeat(32)).unwrap();
    Arc::new(entry)
}

/// EP-16: an entry of recipe 1 that proves to be the wanted build is a hit under its own key, and the plan says which it is.
#[test]
fn a_hit_of_the_recipe_before_is_named() {
    let found = Found { entry: Some(earlier()), ..ready() };
    assert_eq!(found.facts().unwrap()["build"], "1".repeat(32));
    let drafts = check(found, "==+===");
    let build = &step(&drafts, StepKind::Build).step;
    assert_eq!(build.key, Some("1".repeat(32)));
    assert!(
        build.detail.contains(&format!("build {} (recipe 1, of the same inputs)", "1".repeat(32))),
        "{}",
        build.detail
    );
}

/// EP-05: an engine that an earlier release started is the wanted one by its own key, also where its entry proves too little;
/// for a new start the build of today counts.
#[test]
fn the_engine_of_an_earlier_release_is_kept_and_its_build_is_not() {
    let runs = |entry: Option<Arc<Entry>>| {
        let earlier = EarlierBuild { key: EntryKey::parse(&"1".repeat(32)).unwrap(), entry };
        Found { entry: None, runs_from: Some(earlier), ..ready() }
    };
    for from in [Some(earlier()), None] {
        let kept = runs(from.clone());
        assert_eq!(kept.facts().unwrap()["build"], "1".repeat(32));
        assert!(kept.warnings().iter().any(|warning| warning.contains("earlier release")), "{:?}", kept.warnings());
        check_run(kept, true, "======");

        let mut replaced = runs(from);
        let drafts = steps(&mut replaced, false);
        assert_eq!(step(&drafts, StepKind::Build).step.status, Status::ToRun);
        assert_eq!(replaced.facts().unwrap()["build"], inputs().key().to_string());
        assert!(replaced.entry().is_none() && replaced.warnings().is_empty());
    }
}

/// A stored build whose toolkit is gone is not started; one that runs is left alone, and one whose toolkit moved is started.
#[test]
fn a_build_without_its_libraries_is_blocked() {
    let gone = Gone {
        file: "/cache/v1/store/k/bin/llama-server".into(),
        library: "libcudart.so.12".into(),
        searched: vec!["/usr/local/cuda-12.8/lib64".into()],
    };
    let found = |libraries| Found { cuda: Some(Ok(cuda())), libraries, ..ready() };
    let prove = |found: &mut Found, runs| steps(found, runs).pop().unwrap();
    let draft = prove(&mut found(Libraries::Gone(gone.clone())), false);
    let error = draft.error.as_ref().unwrap();
    assert_eq!(error.code().unwrap().to_string(), "fit::library_gone");
    assert!(
        error.to_string().contains("`libcudart.so.12`, which is no longer in `/usr/local/cuda-12.8/lib64`"),
        "{error}"
    );
    let help = error.help().unwrap().to_string();
    assert!(help.contains("`rm -r /cache/v1/store/k`"), "{help}");
    assert!(prove(&mut found(Libraries::Gone(gone)), true).error.is_none());
    let mut moved = found(Libraries::In("/opt/cuda/lib64".into()));
    assert!(prove(&mut moved, false).error.is_none());
    assert!(moved.warnings().iter().any(|warning| warning.contains("`/opt/cuda/lib64`")), "{:?}", moved.warnings());
    assert_eq!(moved.accelerator().unwrap().toolkit_folder, Some("/opt/cuda/lib64".into()));
}
