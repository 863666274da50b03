//! A host on which nothing was done yet: what a plan says of it, and that what it says is what then runs.

use std::fs;

use provisioner_core::{Plan, Started, Status, StepKind, differences};
use serde_json::json;

use crate::support::{World, alive, environ, health, tree};

/// EP-03: a plan writes nothing, starts nothing but questions for versions, and says what will run.
#[test]
fn a_plan_changes_nothing() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let before = tree(world.path());
    let plan = world.plan(&pool);
    let calls = world.calls();
    assert_eq!(tree(world.path()), before);
    assert!(!calls.is_empty() && calls.iter().all(|call| call.ends_with(" --version")), "{calls:?}");
    let to_run: Vec<StepKind> = plan.to_run().map(|step| step.kind).collect();
    assert_eq!(to_run, [StepKind::Fetch, StepKind::Configure, StepKind::Build, StepKind::Prove, StepKind::Start]);
    assert!(plan.blocked().is_none());
    assert!(plan.warnings[0].contains("runs on the CPU"), "{:?}", plan.warnings);
    let text = plan.to_string();
    assert!(text.starts_with("plan for pool `demo`\n") && text.contains("+ start"), "{text}");
}

/// EP-01, EP-04, EP-05, EP-16, EP-41, EP-42, EP-43, EP-71
#[test]
fn from_nothing_to_an_engine_that_answers() {
    let world = World::new();
    let pool = world.pool(&json!({ "flags": ["--threads", "1"], "env": { "OMP_NUM_THREADS": "1" } }));
    let planned = world.plan(&pool);
    let ensured = world.ensure(&pool);
    let (prepared, pid) = (&ensured.prepared, ensured.pid().unwrap());
    assert_eq!(ensured.started, Started::Now);
    assert!(alive(pid) && health(prepared.port).contains(" 200 "));
    assert_eq!(prepared.build_ref.as_deref(), Some(world.repo.commit.as_str()));
    assert!(prepared.engine_digest.as_ref().is_some_and(|digest| digest.starts_with("sha256:")));
    assert!(prepared.flags.join(" ").ends_with("--threads 1"), "{:?}", prepared.flags);
    assert_eq!(prepared.url, format!("http://127.0.0.1:{}", prepared.port));
    let environ = environ(pid);
    let config = world.settings.run_dir.join("demo/config");
    assert!(environ.contains("OMP_NUM_THREADS=1\n") && !environ.contains("CUDA_VISIBLE_DEVICES"), "{environ}");
    assert!(environ.contains(&format!("XDG_CONFIG_HOME={}\n", config.display())), "{environ}");
    assert_eq!(fs::read_dir(config).unwrap().count(), 0);

    let dir = world.pool_dir("demo");
    assert_eq!(fs::read_to_string(dir.pid_file()).unwrap().trim(), pid.to_string());
    assert!(dir.record_file().exists());
    let published: provisioner_core::Ensured = serde_json::from_slice(&fs::read(dir.summary_file()).unwrap()).unwrap();
    assert_eq!(published, ensured);
    let kept = ["configure.log", "build.log", "build.json", "spawn.json", "prepared-engine.json"];
    for name in kept {
        assert!(fs::metadata(prepared.proof_dir.join(name)).unwrap().len() > 0, "{name}");
    }
    let spawn = fs::read_to_string(prepared.proof_dir.join("spawn.json")).unwrap();
    assert!(spawn.contains("\"--threads\"") && spawn.contains("OMP_NUM_THREADS=1"), "{spawn}");

    // EP-83: what was planned before is what ran, by substitution of the placeholders alone, and nothing ran beside it.
    let executed = world.executed("demo");
    assert_eq!((&executed.differences, &executed.replanned), (&Vec::new(), &Vec::new()));
    assert_eq!(differences(&planned, &executed), []);
    let planned = serde_json::from_slice(&serde_json::to_vec(&planned).unwrap()).unwrap();
    assert_eq!(differences(&planned, &executed), [], "also by the plan's JSON");
    assert!(executed.steps.iter().flat_map(|step| &step.actions).all(|ran| ran.because.is_none()), "{executed:?}");
    let told: Vec<&String> = executed.values.keys().collect();
    assert_eq!(told, ["commit", "definitions", "key", "port", "staging"]);
    assert_eq!(serde_json::to_vec(&executed.plan).unwrap(), serde_json::to_vec(&planned).unwrap());

    // And there is nothing left to do.
    world.calls();
    let plan = world.plan(&pool);
    assert!(plan.steps.iter().all(|step| step.status == Status::Satisfied), "{plan}");
    let again = world.ensure(&pool);
    assert_eq!((again.started, again.pid().unwrap()), (Started::Already, pid));
    assert_eq!(again.prepared, ensured.prepared);
    assert_eq!(world.calls(), [""; 0], "no program is run for an engine that runs");
    // GPU rule: the CPU is reported at each ensure.
    assert_eq!(world.warnings(), 2);
}

/// EP-04
#[test]
fn preparing_starts_nothing() {
    let world = World::new();
    let pool = world.pool(&json!({ "source": { "repo": world.repo.path, "ref": world.repo.commit } }));
    let prepared = world.provider(&pool).prepare(pool.clone()).unwrap();
    assert!(prepared.binary_path.as_ref().unwrap().is_file());
    let dir = world.pool_dir("demo");
    assert!(!dir.record_file().exists() && !dir.summary_file().exists());
    let plan = world.plan(&pool);
    assert_eq!(plan.to_run().map(|step| step.kind).collect::<Vec<_>>(), [StepKind::Start], "{plan}");
    world.calls();
    let ensured = world.ensure(&pool);
    assert_eq!(ensured.prepared.engine_digest, prepared.engine_digest);
    assert_eq!(world.calls(), [""; 0], "a commit that is built is started without any tool");
    assert_eq!(world.warnings(), 2);
}

/// A folder that somebody works in is built as it is, and the plan of a build with one option changed names what is stored
/// and that option.
#[test]
fn a_working_tree_and_why_it_would_be_built_again() {
    let world = World::new();
    let source = |flags: &[&str]| {
        let source = json!({ "repo": world.repo.path, "ref": "WORKTREE", "build": { "cmake_flags": flags } });
        world.pool(&json!({ "source": source }))
    };
    fs::File::create(world.repo.path.join("not-committed.txt")).unwrap();
    let pool = source(&[]);
    let asks = &world.plan(&pool).steps[2];
    assert!(asks.commands.iter().flatten().any(|word| word == "--work-tree"), "{:?}", asks.commands);
    let prepared = world.provider(&pool).prepare(pool.clone()).unwrap();
    let commit = prepared.build_ref.unwrap();
    assert_ne!(commit, world.repo.commit);
    assert!(prepared.engine_version.contains(&commit[..7]), "{}", prepared.engine_version);
    assert_eq!(world.repo.git(&["status", "--porcelain"]), "?? not-committed.txt");

    let plan = world.plan(&source(&["-DGGML_RPC=ON"]));
    let build = plan.steps.iter().find(|step| step.kind == StepKind::Build).unwrap();
    let near = build.nearest.as_ref().unwrap();
    assert_eq!(Some(near.key.clone()), prepared.build_key);
    let told: Vec<_> = near.differences.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["definitions.GGML_RPC: none → ON"]);
    let json = serde_json::to_value(&plan).unwrap();
    let build = json["steps"].as_array().unwrap().iter().find(|step| step["kind"] == "build").unwrap();
    assert_eq!((&build["cache"], &build["status"]), (&"miss".into(), &"to_run".into()));
    assert_eq!(build["inputs"]["commit"], commit);
    for tool in ["cxx", "linker"] {
        let version = build["inputs"]["tools"][tool].as_str();
        assert!(version.is_some_and(|version| !version.is_empty()), "{tool}: {build}");
    }
    assert!(build["inputs"]["definitions"]["GGML_RPC"] == "ON" && build["inputs"]["libc"].is_string(), "{build}");
}

/// EP-40: while an engine is not built, the README of its source says which flags it takes, once the source is here.
#[test]
fn the_source_says_which_flags_it_takes() {
    let world = World::new();
    let docs = "| `--from-the-docs N` | x |\n| `--threads N` | x |\n";
    fs::create_dir_all(world.repo.path.join("tools/server")).unwrap();
    let commit = world.repo.change("tools/server/README.md", docs);
    let flags = json!(["--from-the-docs", "3", "--not-in-them"]);
    let pool = |build: serde_json::Value| {
        world.pool(&json!({ "flags": flags, "source": { "repo": world.repo.path, "ref": commit, "build": build } }))
    };
    let told = |plan: &Plan| plan.to_string();
    let plan = told(&world.plan(&pool(json!({}))));
    assert!(plan.contains("`--from-the-docs` is not in the catalogue read from llama-server v"), "{plan}");
    let code = crate::support::code(world.try_ensure(&pool(json!({}))));
    assert_eq!(code, "flags::unknown", "built, it is asked itself");
    let plan = told(&world.plan(&pool(json!({ "cmake_flags": ["-DLLAMA_ALL_WARNINGS=OFF"] }))));
    assert!(!plan.contains("`--from-the-docs` is not"), "{plan}");
    assert!(plan.contains("`--not-in-them` is not in the catalogue read from the README of its source"), "{plan}");
}
