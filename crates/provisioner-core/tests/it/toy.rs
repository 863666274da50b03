//! An engine, a way to get it here and a way to run it that the crate knows nothing of: through its seams alone, as
//! an outside crate would write them.
#![expect(
    clippy::disallowed_methods,
    reason = "a supply and a runtime of the caller's own start programs as they like"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use provisioner_core::cfg::{PoolConfig, ProvisioningMode};
use provisioner_core::seam::{
    Accelerated, Desired, Documents, Done, Draft, EngineProfile, Facts, FlagSyntax, Look, ModelShape, Obtained, Parts,
    Provisioner, Runtime, StepError, Supplied, Supply, SupplyNeeds, Work, profile,
};
use provisioner_core::{
    Action, Artifact, Command, EngineProvisioner, Error, Executed, ExecutedAction, InstanceKind, Lifecycle, Outcome,
    Placeholder, Started, Status, StepId, StepKind, differences, literal,
};
use serde_json::json;

use crate::support::{World, alive, code};

mod lives;
mod meanwhile;
mod runtime;

use runtime::ToyRuntime;

type Result<T> = std::result::Result<T, Error>;

/// A server that takes llama-server's flags and speaks no HTTP.
fn toy_profile() -> EngineProfile {
    EngineProfile {
        program: "toy",
        flags: FlagSyntax::LlamaServer,
        modes: &[ProvisioningMode::Binary, ProvisioningMode::Container],
        model: ModelShape::Gguf,
        ready_route: "/ready",
        remote: None,
        api_key_env: None,
        config_home_env: None,
        system_config: None,
        flag_of_env: |_, _| None,
        ..*profile(provisioner_core::cfg::Engine::Llamacpp)
    }
}

/// What a supply does to an argument list that it planned.
type Defect = fn(&mut Vec<String>);

/// Copies a program into a folder of its own and publishes it.
#[derive(Clone, Debug)]
struct ToySupply {
    from: PathBuf,
    root: PathBuf,
    version: &'static str,
    /// Whether it is started as a container.
    image: bool,
    /// What it does to the argument lists that it planned.
    defect: Defect,
}

#[derive(Debug)]
struct ToyFound(ToySupply);

impl Supply for ToySupply {
    fn observe(&self, _: &Look<'_>) -> Result<Box<dyn Supplied>> {
        Ok(Box::new(ToyFound(self.clone())))
    }

    fn needs(&self, _: &Desired) -> SupplyNeeds {
        SupplyNeeds { folder: Some(self.root.clone()), ..SupplyNeeds::default() }
    }
}

const COPY: &str = "copy-the-toy";

impl ToySupply {
    fn entry(&self) -> PathBuf {
        self.root.join(self.version)
    }

    fn program(&self) -> PathBuf {
        self.entry().join("toy")
    }

    fn artifact(&self) -> Artifact {
        let version = self.version.to_owned();
        if self.image {
            return Artifact::Image { reference: "r/toy:1".into(), digest: "sha256:00".into(), version };
        }
        Artifact::Program { path: self.program().display().to_string(), version, digest: None, provenance: None }
    }

    fn copy(&self, to: &str) -> Command {
        let argv = ["/bin/cp", &literal(&self.from.display().to_string()), to].map(str::to_owned).to_vec();
        Command { argv, cwd: "/".into(), ..Command::default() }
    }

    fn publish(&self) -> Action {
        Action::Publish { key: self.version.into(), to: self.entry().display().to_string() }
    }
}

impl Supplied for ToyFound {
    fn steps(&mut self, runs: bool) -> Vec<Draft> {
        let there = runs || self.0.program().exists();
        let tools = Draft::new(StepKind::Preflight, "nothing is needed", Status::Satisfied);
        let mut copy = if there {
            Draft::new(StepKind::Unpack, "the toy is there", Status::Satisfied)
        } else {
            Draft::new(StepKind::Unpack, "copy the toy", Status::ToRun)
                .action(Action::Run(self.0.copy("<staging>/toy")))
                .action(self.0.publish())
                .placeholder(Placeholder::any("staging"))
        };
        copy.step.id = StepId::new(COPY);
        vec![tools, copy.after([StepKind::Preflight])]
    }

    fn run(&self, step: &StepId, work: &Work<'_>) -> std::result::Result<Done, StepError> {
        if step.as_str() != COPY {
            return Err(Error::UnknownStep { step: step.to_string() }.into());
        }
        work.check()?;
        let staging = self.0.root.join("staging");
        std::fs::create_dir_all(&staging).unwrap();
        work.value("staging", &staging.display().to_string());
        let mut command = self.0.copy(&staging.join("toy").display().to_string());
        (self.0.defect)(&mut command.argv);
        let begin = Instant::now();
        let (program, args) = command.argv.split_first().unwrap();
        let status = std::process::Command::new(program).args(args).env_clear().current_dir("/").status().unwrap();
        let (exit, seconds) = (Some(status.to_string()), begin.elapsed().as_secs_f64());
        let ran = ExecutedAction { action: Action::Run(command), exit, seconds, because: None };
        if !status.success() {
            return Err(StepError { error: Error::UnknownStep { step: COPY.into() }, actions: vec![ran] });
        }
        std::fs::rename(&staging, self.0.entry()).unwrap();
        Ok(Done::with(vec![ran, ExecutedAction::of(self.0.publish(), 0.0)]))
    }

    fn facts(&self) -> Option<Facts> {
        Some(Facts::from([("toy".to_owned(), self.0.version.to_owned())]))
    }

    fn wish(&self) -> String {
        format!("the toy {}", self.0.version)
    }

    fn artifact(&self) -> Option<Artifact> {
        Some(self.0.artifact())
    }

    fn obtained(&self) -> Option<Obtained> {
        let facts = self.facts()?;
        let artifact = self.0.artifact();
        self.0.program().exists().then_some(Obtained {
            artifact,
            facts,
            build_ref: None,
            build_key: None,
            logs: Vec::new(),
        })
    }

    fn documents(&self) -> Documents {
        Documents { release: "b4753".into(), ..Documents::default() }
    }

    fn accelerator(&self) -> Option<Accelerated> {
        None
    }

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A host with a toy to copy.
pub(crate) struct Toy {
    pub(crate) world: World,
    supply: ToySupply,
    runtime: Arc<ToyRuntime>,
}

impl Toy {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let from = testkit::fake_tool(world.path(), "toy-engine", "echo up\nexec sleep 60");
        let root = world.path().join("toys");
        let supply = ToySupply { from: from.clone(), root, version: "1.0", image: false, defect: |_| () };
        Self { world, supply, runtime: Arc::new(ToyRuntime::new(from)) }
    }

    pub(crate) fn provider(&self) -> Provisioner {
        let parts =
            Parts { supply: Arc::new(self.supply.clone()), runtime: Arc::clone(&self.runtime) as Arc<dyn Runtime> };
        Provisioner::with_parts(&toy_profile(), parts, self.world.settings.clone())
    }

    pub(crate) fn pool(&self, flags: &[&str]) -> PoolConfig {
        let mode = if self.supply.image { "container" } else { "binary" };
        self.world.pool(&json!({ "mode": mode, "flags": flags }))
    }

    fn executed(&self) -> Executed {
        Lifecycle::new(self.world.settings.clone()).executed(&"demo".parse().unwrap()).unwrap().unwrap()
    }
}

fn ids(executed: &Executed) -> Vec<(&str, Outcome)> {
    executed.steps.iter().map(|step| (step.id.as_str(), step.outcome)).collect()
}

/// EP-04, EP-05, EP-83: the plan of a toy is what runs.
#[test]
fn a_toy_is_planned_prepared_and_started() {
    let toy = Toy::new();
    let (provider, pool) = (toy.provider(), toy.pool(&["--threads", "1"]));
    let plan = provider.plan(pool.clone()).unwrap();
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(steps, ["preflight", COPY, "model", "flags", "start"]);
    let to_run: Vec<&str> = plan.to_run().map(|step| step.id.as_str()).collect();
    assert_eq!(to_run, [COPY, "start"]);
    assert!(!toy.supply.root.exists(), "a plan changes nothing");

    let prepared = provider.prepare(pool.clone()).unwrap();
    assert_eq!(prepared.binary_path, Some(toy.supply.program()));
    assert_eq!(prepared.engine_version, "1.0");
    assert!(prepared.flags.join(" ").ends_with("--threads 1"), "{:?}", prepared.flags);
    assert!(toy.runtime.runs.lock().unwrap().is_none());
    let executed = toy.executed();
    assert_eq!(executed.differences, []);
    assert_eq!(differences(&plan, &executed), [], "the plan from before says it, too");
    assert_eq!(
        ids(&executed),
        [
            ("preflight", Outcome::Satisfied),
            (COPY, Outcome::Done),
            ("model", Outcome::Satisfied),
            ("flags", Outcome::Satisfied),
            ("start", Outcome::NotReached),
        ]
    );

    let plan = provider.plan(pool.clone()).unwrap();
    assert_eq!(plan.to_run().map(|step| step.id.as_str()).collect::<Vec<_>>(), ["start"]);
    let ensured = provider.ensure_running(pool.clone()).unwrap();
    assert_eq!(ensured.started, Started::Now);
    let pid = ensured.pid().unwrap();
    assert!(alive(pid));
    let executed = toy.executed();
    assert_eq!((executed.differences.as_slice(), differences(&plan, &executed).as_slice()), (&[][..], &[][..]));

    let again = provider.ensure_running(pool).unwrap();
    assert_eq!((again.started, again.pid()), (Started::Already, Some(pid)));
}

#[test]
fn another_toy_replaces_the_first_on_request() {
    let mut toy = Toy::new();
    let first = toy.provider().ensure_running(toy.pool(&[])).unwrap();
    toy.supply.version = "2.0";
    let pool = toy.pool(&[]);
    let error = toy.provider().ensure_running(pool.clone()).unwrap_err();
    assert!(error.to_string().contains("toy: runs `1.0`, wanted `2.0`"), "{error}");
    assert_eq!(code::<()>(Err(error)), "pool::differs");
    toy.world.settings.replace = true;
    let second = toy.provider().ensure_running(pool).unwrap();
    assert_eq!((second.started, second.prepared.port), (Started::Replaced, first.prepared.port));
    assert!(!alive(first.pid().unwrap()) && alive(second.pid().unwrap()));
    let executed = toy.executed();
    assert_eq!(executed.differences, []);
    assert!(matches!(
        executed.steps.last().unwrap().actions[..],
        [ExecutedAction { action: Action::Stop, .. }, ExecutedAction { action: Action::Launch(_), .. },]
    ));
}

/// A runtime that is none of processes: the summary names its container, and no process.
#[test]
fn a_toy_in_a_container() {
    let mut toy = Toy::new();
    toy.supply.image = true;
    let pool = toy.pool(&[]);
    let ensured = toy.provider().ensure_running(pool.clone()).unwrap();
    assert_eq!(ensured.prepared.image_ref.as_deref(), Some("r/toy:1@sha256:00"));
    assert_eq!((ensured.prepared.binary_path.as_ref(), ensured.process.as_ref()), (None, None));
    assert!(matches!(&ensured.instance, Some(InstanceKind::Container { id, .. }) if id == "r/toy:1@sha256:00"));
    assert_eq!(toy.executed().differences, []);
    assert_eq!(toy.provider().ensure_running(pool).unwrap().started, Started::Already);
}

/// EP-83: a supply that does something else than it planned is found out, and the engine runs all the same.
#[test]
fn a_supply_that_does_something_else_is_recorded() {
    let defects: [(Defect, &str); 3] = [
        (|argv| argv.insert(1, "-p".into()), "argument 1: planned"),
        (|argv| argv[0] = "/bin/../bin/cp".into(), "program: planned `/bin/cp`, ran `/bin/../bin/cp`"),
        (|argv| argv[1] = "/bin/true".into(), "ran `/bin/true`"),
    ];
    for (defect, expected) in defects {
        let mut toy = Toy::new();
        toy.supply.defect = defect;
        let prepared = toy.provider().prepare(toy.pool(&[])).unwrap();
        let executed = toy.executed();
        let found: Vec<String> = executed.differences.iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|line| line.starts_with(COPY) && line.contains(expected)), "{found:#?}");
        let kept: Executed =
            serde_json::from_slice(&std::fs::read(prepared.proof_dir.join("executed.json")).unwrap()).unwrap();
        assert_eq!(kept, executed);
    }
}

/// What failed is recorded as far as it came, and is as planned.
#[test]
fn a_toy_that_cannot_be_copied() {
    let mut toy = Toy::new();
    toy.supply.from = toy.world.path().join("not-there");
    toy.provider().ensure_running(toy.pool(&[])).unwrap_err();
    let executed = toy.executed();
    assert_eq!(executed.differences, []);
    let copy = executed.steps.iter().find(|step| step.id.as_str() == COPY).unwrap();
    assert_eq!((copy.outcome, copy.actions.len()), (Outcome::Failed, 1));
    assert_eq!(copy.actions[0].exit.as_deref(), Some("exit status: 1"));
    assert_eq!(executed.steps.last().unwrap().outcome, Outcome::NotReached);
    assert!(toy.runtime.runs.lock().unwrap().is_none());
}
