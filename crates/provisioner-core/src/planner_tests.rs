//! The planner decides from plain data: tables of hosts and the plans they lead to. Nothing here runs a program.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use config_schema::{Accelerator, Limits};
use exec::{CommandSpec, Env};
use gpu_detect::GpuError;
use llamacpp_build::{
    Backend, BuildRequest, Commit, Entry, FileEntry, Generator, Layout, Manifest, Near, Source, ToolId, Toolchain,
    Transport, identify,
};
use model_provisioner::{FetchPlan, Found, ModelError, ModelRequest, Presence, Staged, StagedFile, StagedKind};
use preflight::{Report, Tool, distribution};
use spawner::{Record, State};

use crate::changes::fingerprint;
use crate::command_line::CommandLine;
use crate::desired::{Desired, DesiredModel};
use crate::observed::Observed;
use crate::planner::plan;
use crate::{Cache, Plan, PortError, PortHolder, Status, StepKind};

/// A pool for the processor, on branch `main`.
pub(crate) fn desired() -> Desired {
    let model = PathBuf::from("/m/tiny.gguf");
    Desired {
        may_install: false,
        may_sudo: false,
        pool_id: "p".parse().unwrap(),
        accelerator: Accelerator::Cpu,
        devices: Vec::new(),
        source: Source { repo: "/r".into(), transport: Transport::Local, reference: "main".into(), submodules: false },
        definitions: Vec::new(),
        generator: None,
        jobs: Some(1),
        layout: Layout::new(Path::new("/cache")).unwrap(),
        model: DesiredModel {
            reference: "file:///m/tiny.gguf".into(),
            request: ModelRequest::local_gguf(model),
            cache: "/cache/models".into(),
        },
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ports: vec![8080],
        ctx: None,
        tensor_split: None,
        flags: Vec::new(),
        env: BTreeMap::new(),
        secret_env: Vec::new(),
        limits: Limits::default(),
        config_home: "/run/p/config".into(),
    }
}

/// A model of 64 bytes.
fn model() -> Found {
    let path = PathBuf::from("/m/tiny.gguf");
    let files = vec![StagedFile { path: path.clone(), size: 64, digest: None }];
    Found { staged: Staged { kind: StagedKind::File, path, files, revision: None }, headers: Vec::new() }
}

/// A model that this command fetches.
fn fetchable(command: CommandSpec) -> Presence {
    Presence::Fetchable(FetchPlan {
        commands: vec![command],
        folder: "/cache/models/hf/o--r".into(),
        path: "/cache/models/hf/o--r/m.gguf".into(),
        files: Vec::new(),
        replaces: Vec::new(),
        resumes: None,
    })
}

fn request() -> BuildRequest {
    let tool = |name: &str| ToolId { path: Path::new("/usr/bin").join(name), version: format!("{name} 9") };
    let day = Duration::from_hours(1);
    BuildRequest {
        source: desired().source,
        backend: Backend::Cpu,
        definitions: Vec::new(),
        tools: Toolchain {
            linker: None,
            ccache: None,
            git: tool("git"),
            cmake: tool("cmake"),
            generator: Generator::Ninja,
            make: tool("ninja"),
            cc: tool("cc"),
            cxx: tool("c++"),
        },
        jobs: Some(1),
        limits: llamacpp_build::Limits { fetch: day, build: day, silence: day },
        env: Env::default(),
    }
}

fn commit() -> Commit {
    Commit::parse(&"c0".repeat(20)).unwrap()
}

fn line(args: &[&str]) -> CommandLine {
    let args = ["--model", "/m/tiny.gguf"].iter().chain(args).map(ToString::to_string).collect();
    CommandLine { args, env: BTreeMap::new(), secret_env: BTreeMap::new(), notes: Vec::new() }
}

/// A host where all is ready but nothing runs.
fn ready() -> Observed {
    let request = request();
    let (inputs, _) = identify(&request, &commit()).unwrap();
    let binary = PathBuf::from("bin/llama-server");
    let manifest = Manifest {
        schema: 1,
        key: inputs.key(),
        inputs: inputs.clone(),
        engine_version: "1.2.3".into(),
        files: vec![FileEntry { path: binary.clone(), size: 1, sha256: "00".into() }],
        binary,
        build_seconds: 1,
        built_unix_s: 1,
    };
    Observed {
        install: None,
        needs: Vec::new(),
        tools: Ok("git 2.50".into()),
        cuda: None,
        request: Some(request),
        commit: Some((commit(), 1)),
        inputs: Some(Ok(Some(inputs))),
        entry: Some(Entry { dir: "/cache/v1/store/k".into(), manifest }),
        near: None,
        model: Presence::Present(model()),
        notes: Vec::new(),
        system_config: None,
        port: Ok(8080),
        line: Some(Ok(line(&[]))),
        running: None,
    }
}

/// A host where nothing was built yet.
fn fresh() -> Observed {
    Observed { commit: None, inputs: Some(Ok(None)), entry: None, ..ready() }
}

fn running(of: &CommandLine) -> Record {
    let Some(Ok(Some(inputs))) = ready().inputs else { panic!("the commit is known") };
    Record {
        schema: 1,
        pool: "p".into(),
        instance: "0".repeat(32),
        state: State::Running,
        pid: 4711,
        start_ticks: 1,
        pidfd_inode: 0,
        boot_id: "b".into(),
        pid_ns: 1,
        uid: 0,
        exe: "/x".into(),
        argv: of.args.clone(),
        host: "127.0.0.1".into(),
        port: 8080,
        fingerprint: fingerprint(&desired(), inputs.key().as_str(), 64, of),
        started_unix_s: 1,
    }
}

/// `=` satisfied, `+` to run, `!` blocked with a code of its own, `.` blocked by another step; in the order of steps.
#[track_caller]
fn check(observed: &Observed, expected: &str) -> Plan {
    check_pool(&desired(), observed, false, expected)
}

#[track_caller]
fn check_pool(pool: &Desired, observed: &Observed, replace: bool, expected: &str) -> Plan {
    let plan = plan(pool, observed, replace);
    let sign = |status: &Status| match status {
        Status::Satisfied => '=',
        Status::ToRun => '+',
        Status::Blocked { code: Some(_), .. } => '!',
        Status::Blocked { .. } => '.',
    };
    let signs: String = plan.steps.iter().map(|step| sign(&step.status)).collect();
    assert_eq!(signs, expected, "\n{plan}");
    for step in &plan.steps {
        assert!(step.commands.is_empty() || step.status == Status::ToRun, "{step:?}");
    }
    plan
}

#[track_caller]
fn code(plan: &Plan, kind: StepKind, expected: &str) {
    let step = plan.steps.iter().find(|step| step.kind == kind).unwrap();
    let Status::Blocked { code: Some(code), help: Some(help), .. } = &step.status else { panic!("{step:?}") };
    assert!(code == expected && !help.is_empty(), "{code}");
}

fn commands(plan: &Plan, kind: StepKind) -> Vec<String> {
    let step = plan.steps.iter().find(|step| step.kind == kind).unwrap();
    step.commands.iter().map(|argv| argv.join(" ")).collect()
}

/// EP-03, EP-05, EP-70: preflight accelerator fetch configure build prove model flags start.
#[test]
fn a_fresh_host_builds_and_starts() {
    let plan = check(&fresh(), "==++++==+");
    let fetch = commands(&plan, StepKind::Fetch);
    assert!(fetch.len() == 1 && fetch[0].contains("ls-remote"), "{fetch:?}");
    let configure = commands(&plan, StepKind::Configure);
    assert!(configure[0].starts_with("/usr/bin/cmake -S <staging>/src -B <staging>/build"), "{configure:?}");
    assert_eq!(commands(&plan, StepKind::Build), ["/usr/bin/ninja -C <staging>/build -j 1 llama-server"]);
    assert_eq!(commands(&plan, StepKind::Prove), ["<staging>/out/bin/llama-server --version"]);
    assert_eq!(plan.warnings, [crate::planner::CPU_WARNING]);
    assert!(plan.blocked().is_none());
}

/// EP-05
#[test]
fn a_ready_host_only_starts_and_a_branch_is_asked_for_again() {
    let plan = check(&ready(), "==+=====+");
    let fetch = commands(&plan, StepKind::Fetch);
    assert!(fetch.len() == 1 && fetch[0].contains("ls-remote"), "{fetch:?}");
    let pinned = Observed { commit: Some((commit(), 0)), ..ready() };
    check(&pinned, "========+");
    let unbuilt = Observed { entry: None, ..ready() };
    let fetch = commands(&check(&unbuilt, "==++++==+"), StepKind::Fetch);
    assert!(fetch.len() == 2 && fetch[1].contains("fetch") && fetch[1].contains(commit().as_str()), "{fetch:?}");
}

/// What is there and what has to be made is said of each step that makes something, with all that the key is made of; a
/// build that is not there is told beside the stored one that comes nearest.
#[test]
fn hits_and_misses_are_told_with_the_reason() {
    let cache = |observed: &Observed| {
        let plan = plan(&desired(), observed, false);
        let told: Vec<_> = plan.steps.iter().map(|step| (step.kind, step.cache)).collect();
        (plan, told.into_iter().filter_map(|(kind, cache)| Some((kind, cache?))).collect::<Vec<_>>())
    };
    let all = |cache: Cache| [StepKind::Configure, StepKind::Build, StepKind::Prove].map(|kind| (kind, cache));
    let model = (StepKind::Model, Cache::Hit);
    let (hit, told) = cache(&ready());
    assert_eq!(told, [all(Cache::Hit).as_slice(), &[model]].concat());
    let step = |plan: &Plan| plan.steps.iter().find(|step| step.kind == StepKind::Build).unwrap().clone();
    assert_eq!(step(&hit).inputs.unwrap().key().as_str().len(), 32);

    let Some(Ok(Some(wanted))) = ready().inputs else { panic!("the commit is known") };
    let mut stored = wanted.clone();
    stored.tools.get_mut("cxx").unwrap().version = "c++ 8".into();
    let near = Near { key: stored.key(), differences: wanted.differences(&stored) };
    let (miss, told) = cache(&Observed { entry: None, near: Some(near.clone()), ..ready() });
    assert_eq!(told, [&[(StepKind::Fetch, Cache::Miss)], all(Cache::Miss).as_slice(), &[model]].concat());
    assert_eq!(step(&miss).nearest, Some(near.clone()));
    let text = miss.to_string();
    assert!(text.contains(&format!("miss: build {}", wanted.key())), "{text}");
    let why = "differs from the stored";
    assert!(text.contains(why) && text.contains("tools.cxx: c++ 8 (/usr/bin/c++) → c++ 9 (/usr/bin/c++)"), "{text}");
    let (hit, _) = cache(&Observed { near: Some(near), ..ready() });
    assert!(!hit.to_string().contains(why) && step(&hit).nearest.is_none());
    let (unknown, told) = cache(&fresh());
    assert_eq!((told.len(), step(&unknown).inputs), (5, None));
}

/// EP-14, EP-70: a GPU that is asked for and not there; nothing behind it runs, and `cpu` is nobody's idea.
#[test]
fn without_a_gpu_nothing_runs() {
    let mut pool = desired();
    pool.accelerator = Accelerator::Cuda;
    let error = GpuError::NoDriver { looked: Vec::new() };
    let observed = Observed { cuda: Some(Err(error)), request: None, inputs: None, ..fresh() };
    let plan = check_pool(&pool, &observed, false, "=!....==.");
    code(&plan, StepKind::Accelerator, "gpu::no_driver");
    assert_eq!(plan.to_run().count(), 0);
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
}

/// EP-20
#[test]
fn a_missing_tool_blocks_what_needs_it() {
    let missing = preflight::check(&[Tool::Cmake], &Env::default(), &mut preflight::Memo::default());
    let error = missing.require(&distribution("/nonexistent".as_ref())).map(|_: Report| String::new());
    let plan = check(&Observed { tools: error, request: None, inputs: None, ..fresh() }, "!=....==.");
    code(&plan, StepKind::Preflight, "preflight::tools_missing");
}

#[test]
fn a_missing_model_blocks_flags_and_start() {
    let error = ModelError::Missing { path: "/m/tiny.gguf".into() };
    let observed = Observed { model: Presence::Unusable(error), line: None, ..ready() };
    code(&check(&observed, "==+===!.."), StepKind::Model, "model::missing");
    let command = CommandSpec::new("/usr/bin/hf", Duration::from_secs(1)).args(["download", "o/r", "m.gguf"]);
    let observed = Observed { model: fetchable(command), line: None, ..ready() };
    let plan = check(&observed, "==+===+++");
    assert_eq!(commands(&plan, StepKind::Model), ["/usr/bin/hf download o/r m.gguf"]);
}

#[test]
fn bad_flags_block_the_start() {
    let error = crate::Error::SecretUnset { name: "X".into() };
    let plan = check(&Observed { line: Some(Err(error)), ..ready() }, "==+====!.");
    code(&plan, StepKind::Flags, "pool::secret_unset");
}

#[test]
fn a_build_that_contradicts_itself_is_blocked_before_it_is_fetched() {
    let error = llamacpp_build::BuildError::NoServer { definition: "-DLLAMA_BUILD_SERVER=OFF".into() };
    check(&Observed { inputs: Some(Err(error)), entry: None, ..ready() }, "==!!!!==.");
}

/// F49
#[test]
fn a_taken_port_blocks() {
    let holders = vec![PortHolder { port: 8080, process: Some((7, "nginx".into())) }];
    let error = PortError::Taken { host: desired().host, holders };
    let plan = check(&Observed { port: Err(error), line: None, ..ready() }, "==+====!!");
    code(&plan, StepKind::Start, "port::taken");
    assert!(plan.to_string().contains("nginx"), "{plan}");
}

/// EP-05
#[test]
fn the_wanted_engine_runs() {
    let observed = Observed { running: Some(running(&line(&[]))), ..ready() };
    let plan = check(&observed, "=========");
    assert!(plan.to_string().contains("runs as pid 4711 on 127.0.0.1:8080"), "{plan}");
    check(&Observed { entry: None, ..observed }, "=========");
}

#[test]
fn another_engine_runs() {
    let observed = Observed { running: Some(running(&line(&["--threads", "2"]))), ..ready() };
    let plan = check(&observed, "==+=====!");
    code(&plan, StepKind::Start, "pool::differs");
    let Some(Status::Blocked { reason, .. }) = plan.blocked().map(|step| &step.status) else { panic!("{plan}") };
    let expected = "flags: runs `--model /m/tiny.gguf --threads 2`, wanted `--model /m/tiny.gguf`";
    assert!(reason.ends_with(expected) && reason.lines().count() == 2, "{reason}");
    let plan = check_pool(&desired(), &observed, true, "==+=====+");
    assert!(plan.to_string().contains("stop pid 4711 on 127.0.0.1:8080, then listen"), "{plan}");
}

/// What an engine inherits from the shell that started it is no difference.
#[test]
fn another_shell_wants_the_same_engine() {
    let with = |tmp: &str| {
        let mut line = line(&[]);
        line.env = BTreeMap::from([("TMPDIR".into(), tmp.into()), ("OMP_NUM_THREADS".into(), "1".into())]);
        line
    };
    let observed = Observed { running: Some(running(&with("/a"))), line: Some(Ok(with("/b"))), ..ready() };
    check(&observed, "=========");
}

#[test]
fn what_cannot_be_compared_differs_in_what_is_known() {
    let observed = Observed { running: Some(running(&line(&[]))), ..fresh() };
    let plan = check(&observed, "==++++==!");
    assert!(plan.to_string().contains("build: runs `an earlier one`, wanted `/r at main"), "{plan}");
    let command = CommandSpec::new("/usr/bin/hf", Duration::from_secs(1));
    let observed = Observed { running: Some(running(&line(&[]))), line: None, model: fetchable(command), ..ready() };
    assert!(check(&observed, "==+===++!").to_string().contains("model: runs `/m/tiny.gguf`"));
}

/// EP-60
#[test]
fn what_was_found_is_warned_of() {
    let observed = Observed {
        notes: vec!["`/usr/bin/make` does not tell its version".into()],
        system_config: Some("/etc/llama.cpp/config.ini".into()),
        ..ready()
    };
    let plan = check(&observed, "==+=====+");
    assert_eq!(plan.warnings.len(), 3);
    assert!(plan.to_string().contains("/etc/llama.cpp/config.ini"), "{plan}");
}

/// EP-51: the configuration refuses such a URL; a plan would not show it either.
#[test]
fn a_plan_masks_what_looks_secret() {
    let mut pool = desired();
    pool.source.repo = "https://u:hunter2@host/r".into();
    let request = BuildRequest { source: pool.source.clone(), ..request() };
    let observed = Observed { request: Some(request), ..fresh() };
    let plan = check_pool(&pool, &observed, false, "==++++==+");
    let json = serde_json::to_string(&plan).unwrap();
    assert!(json.contains("***@host/r") && !json.contains("hunter2") && !plan.to_string().contains("hunter2"));
}
