//! An engine of a `cuda` pool counts as one only where it was seen on its GPU: each verdict with a stand-in for NVML, on
//! the real way from a repository to an answering engine.

use std::time::Duration;

use exec::Env;
use provisioner_core::cfg::PoolConfig;
use provisioner_core::{
    Action, Ensured, Error, Happening, Lifecycle, PoolState, PoolStatus, ProofStage, ProofVerdict, Ready, Started,
    StepKind,
};
use serde_json::{Value, json};
use testkit::CudaHost;

use crate::support::{World, alive, code};

const MINUTE: Duration = Duration::from_mins(1);
const MIB: u64 = 1 << 20;

/// A host with GPUs and a pool for them.
struct Cuda {
    world: World,
    host: CudaHost,
}

impl Cuda {
    fn new(options: &[&str]) -> Self {
        let mut world = World::new();
        let gxx = Env::current().find("g++").unwrap();
        testkit::fake_tool(&world.path().join("tools"), "g++", &format!("exec '{}' \"$@\"", gxx.display()));
        let host = CudaHost::install(world.path(), &world.repo, options);
        world.settings.system_root = host.root();
        world.settings.env = world.settings.env.clone().without("CUDA_VISIBLE_DEVICES");
        Self { world, host }
    }

    fn pool(&self, change: Value) -> PoolConfig {
        let mut change = change;
        change["accelerator"] = json!("cuda");
        self.world.pool(&change)
    }

    /// What NVML reports once the engine has so much memory on a GPU.
    fn engine_on(&self, gpu: u32, mib: u64) -> String {
        let pid_file = self.world.pool_dir("demo").pid_file();
        format!("used {gpu} {}\npidfile {gpu} {} {}\n", mib * MIB, pid_file.display(), mib * MIB)
    }

    fn wait(&self, ensured: &Ensured) -> Result<Ready, Error> {
        Lifecycle::new(self.world.settings.clone()).wait_ready_for(ensured, MINUTE)
    }

    fn status(&self) -> PoolStatus {
        Lifecycle::new(self.world.settings.clone()).status(&"demo".parse().unwrap()).unwrap()
    }

    /// `ensure --wait` with a new engine after whose start NVML reports this, and before which the GPUs are idle.
    fn ensure_then(&self, nvml: &str) -> (Ensured, Result<Ready, Error>) {
        self.world.stop("demo");
        self.host.nvml("");
        let ensured = self.world.ensure(&self.pool(json!({})));
        self.host.nvml(nvml);
        let ready = self.wait(&ensured);
        (ensured, ready)
    }
}

fn verdicts(ensured: &Ensured) -> Vec<(ProofStage, ProofVerdict)> {
    ensured.prepared.proofs.iter().map(|proof| (proof.stage, proof.verdict)).collect()
}

#[track_caller]
fn denied(error: Error, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(code::<()>(Err(error)), "gpu::not_used", "{text}");
    for word in words {
        assert!(text.contains(word), "no `{word}` in: {text}");
    }
}

#[test]
fn an_engine_on_its_gpu_is_proven_and_says_so() {
    use ProofStage::{Artifact, Host, Running, Start};
    let cuda = Cuda::new(&[]);
    let prepared = cuda.world.provider(&cuda.pool(json!({}))).prepare(cuda.pool(json!({}))).unwrap();
    let stages: Vec<ProofStage> = prepared.proofs.iter().map(|proof| proof.stage).collect();
    assert_eq!(stages, [Host, Artifact]);
    let (mut ensured, ready) = cuda.ensure_then(&cuda.engine_on(0, 742));
    let proven = |stages: &[ProofStage]| stages.iter().map(|s| (*s, ProofVerdict::Proven)).collect::<Vec<_>>();
    assert_eq!(verdicts(&ensured), proven(&[Host, Artifact, Start]), "the running proof is due");
    let ready = ready.unwrap();
    ready.complete(&mut ensured);
    assert_eq!(verdicts(&ensured), proven(&[Host, Artifact, Start, Running]));
    assert_eq!(ensured.prepared.offload.map(|offload| (offload.layers, offload.of)), Some((5, 5)));
    let status = cuda.status();
    assert_eq!(status.engine.as_ref(), Some(&ensured), "it is in the published summary");
    assert_eq!(status.gpu_memory_bytes, Some(742 * MIB));
    assert_eq!(status.gpus.iter().map(|gpu| (gpu.index, gpu.memory_bytes)).collect::<Vec<_>>(), [(0, Some(742 * MIB))]);
    let all = ensured.prepared.proofs.iter().flat_map(|proof| &proof.evidence).cloned().collect::<Vec<_>>().join("\n");
    for words in ["driver is 570.86.15", "CUDA0: NVIDIA H100", "the engine on GPU 0 with 742 MiB", "5 of 5 layers"] {
        assert!(all.contains(words), "no `{words}` in {all}");
    }
    // A kept summary is started again: the proof of the engine that ran is none of the new one.
    cuda.world.stop("demo");
    cuda.host.nvml("");
    let again = Lifecycle::new(cuda.world.settings.clone()).start(&ensured.prepared).unwrap();
    assert_eq!((verdicts(&again), again.prepared.offload), (proven(&[Host, Artifact, Start]), None));
    cuda.host.nvml(&cuda.engine_on(0, 742));
    cuda.wait(&again).unwrap();
    // Adopted and looked at again: lost by now, and left running.
    cuda.host.nvml("used 0 0\n");
    let again = cuda.world.ensure(&cuda.pool(json!({})));
    assert_eq!(again.started, Started::Already);
    denied(cuda.wait(&again).unwrap_err(), &["GPU 0: NVML lists no process", "still runs"]);
    let status = cuda.status();
    let verdict = status.gpu_proof.as_ref().map(|proof| proof.verdict);
    assert!(status.lives() && verdict == Some(ProofVerdict::Denied), "{status:?}");
    denied(cuda.world.try_ensure(&cuda.pool(json!({}))).unwrap_err(), &["still runs"]);
}

/// After a cold boot the module that CUDA needs is not there yet: nothing is started.
#[test]
fn a_gpu_that_is_not_there_at_the_start_starts_nothing() {
    let cuda = Cuda::new(&[]);
    let pool = cuda.pool(json!({}));
    let first = cuda.world.ensure(&pool);
    cuda.host.nvml(&cuda.engine_on(0, 742));
    cuda.wait(&first).unwrap();
    cuda.world.stop("demo");
    cuda.host.nvml("");
    cuda.host.devices("none");
    let error = cuda.world.try_ensure(&pool).unwrap_err();
    denied(error, &["lists no GPU of the pool's 1", "no CUDA-capable device", "not started"]);
    assert_eq!(cuda.status().state, PoolState::Absent);
    assert!(!alive(first.pid().unwrap()));
    let error = cuda.world.provider(&pool).prepare(pool.clone()).unwrap_err();
    denied(error, &["lists no GPU"]);
    // Of a changed pool neither is the engine that works stopped.
    cuda.host.devices("all");
    let works = cuda.world.ensure(&pool);
    cuda.host.devices("none");
    let mut world = cuda;
    world.world.settings.replace = true;
    let changed = world.pool(json!({ "flags": ["--threads", "2"] }));
    denied(world.world.try_ensure(&changed).unwrap_err(), &["not started"]);
    assert!(alive(works.pid().unwrap()));
}

/// The GPU is lost between that question and the start. The log says so, whatever NVML does; or the engine prints
/// `offloaded 5/5 layers to GPU`, and NVML lists no process and saw no growth.
#[test]
fn an_engine_that_is_not_on_its_gpu_is_stopped() {
    let cuda = Cuda::new(&[]);
    for (devices, nvml, words) in [
        ("listed", "hang\n", "failed to initialize CUDA: no CUDA-capable device"),
        ("quiet", "used 0 0\n", "lists no process, and used memory has not grown"),
        ("quiet", "used 0 0\nprocess 0 77 1000\n", "none of the engine's, and used memory has not grown"),
        ("quiet", "used 0 0\nnolist\n", "does not list processes, and used memory has not grown"),
    ] {
        cuda.host.devices(devices);
        let (ensured, ready) = cuda.ensure_then(nvml);
        denied(ready.unwrap_err(), &[words, "it was stopped"]);
        assert!(!alive(ensured.pid().unwrap()), "{nvml}");
        assert_eq!(cuda.status().state, PoolState::Absent);
    }
    cuda.host.devices("half");
    let (ensured, ready) = cuda.ensure_then(&cuda.engine_on(0, 742));
    let error = ready.unwrap_err();
    assert!(error.to_string().contains("2 of 5 layers"), "{error}");
    assert_eq!(code::<()>(Err(error)), "gpu::partial_offload");
    assert!(!alive(ensured.pid().unwrap()));
    cuda.host.nvml("");
    let own = cuda.pool(json!({ "flags": ["--n-gpu-layers", "2"] }));
    let ensured = cuda.world.ensure(&own);
    cuda.host.nvml(&cuda.engine_on(0, 742));
    let offload = cuda.wait(&ensured).unwrap().offload.unwrap();
    assert_eq!((offload.layers, offload.of), (2, 5), "the pool's own number");
}

/// Growth for which no process can be named, a driver that does not tell, one that hangs or fails: a warning, and the engine
/// runs on.
#[test]
fn what_cannot_be_known_is_undecided() {
    let cuda = Cuda::new(&[]);
    for (nvml, words) in [
        ("used 0 778043392\n", "grown by 742 MiB"),
        ("used 0 778043392\nprocess 0 77 778043392\n", "grown by 742 MiB"),
        ("used 0 778043392\nnolist\n", "does not list processes, and used memory has grown"),
        ("nolist\nnomemory\n", "does not list processes"),
        ("hang\n", "no answer within 2s"),
        ("fail 999\n", "NVML did not answer"),
    ] {
        let (ensured, ready) = cuda.ensure_then(nvml);
        let proof = ready.unwrap().proof.unwrap();
        assert_eq!(proof.verdict, ProofVerdict::Undecided, "{proof:?}");
        assert!(proof.evidence.join("; ").contains(words), "{proof:?}");
        assert!(alive(ensured.pid().unwrap()), "{nvml}");
        let warned = |happening: &Happening| matches!(happening, Happening::Warning { text } if text.contains(words));
        assert!(cuda.world.events.lock().unwrap().iter().any(|event| warned(&event.what)));
        let shown = cuda.status().gpu_proof.unwrap();
        assert_eq!(shown.verdict, ProofVerdict::Undecided, "{shown:?}");
    }
    // An NVML that fails for a moment, or that does not list the process yet, ends no healthy engine.
    for trouble in ["fail 999\n", "used 0 0\n"] {
        cuda.world.stop("demo");
        cuda.host.nvml("");
        let ensured = cuda.world.ensure(&cuda.pool(json!({})));
        cuda.host.nvml(trouble);
        let (host, healthy) = (cuda.host.clone(), cuda.engine_on(0, 742));
        let recovers = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(250));
            host.nvml(&healthy);
        });
        let proof = cuda.wait(&ensured).unwrap().proof.unwrap();
        assert_eq!(proof.verdict, ProofVerdict::Proven, "{proof:?}");
        recovers.join().unwrap();
        // Proven once, it stays so while NVML does not answer.
        cuda.host.nvml("fail 999\n");
        assert_eq!(cuda.wait(&ensured).unwrap().proof.unwrap().verdict, ProofVerdict::Proven);
        assert_eq!(cuda.status().gpu_proof.unwrap().verdict, ProofVerdict::Proven);
    }
}

/// An adopted engine that is not on its GPU: `--replace` stops it and starts another one.
#[test]
fn replace_acts_on_an_engine_that_is_not_on_its_gpu() {
    let mut cuda = Cuda::new(&[]);
    let pool = cuda.pool(json!({}));
    let first = cuda.world.ensure(&pool);
    let adopted = cuda.world.ensure(&pool);
    denied(cuda.wait(&adopted).unwrap_err(), &["still runs"]);
    assert!(alive(first.pid().unwrap()));
    cuda.world.settings.replace = true;
    let second = cuda.world.ensure(&pool);
    assert!(second.started != Started::Already && !alive(first.pid().unwrap()), "{:?}", second.started);
    cuda.host.nvml(&cuda.engine_on(0, 742));
    assert_eq!(cuda.wait(&second).unwrap().proof.unwrap().verdict, ProofVerdict::Proven);
}

/// Only the GPUs that the flags use count.
#[test]
fn a_gpu_that_the_flags_leave_out_need_not_be_used() {
    let cuda = Cuda::new(&["-DGPUS=2"]);
    let pool = cuda.pool(json!({ "flags": ["--split-mode", "none", "--main-gpu", "1"] }));
    let ensured = cuda.world.ensure(&pool);
    cuda.host.nvml(&cuda.engine_on(1, 742));
    let proof = cuda.wait(&ensured).unwrap().proof.unwrap();
    assert_eq!(proof.verdict, ProofVerdict::Proven, "{proof:?}");
    assert_eq!(cuda.status().gpus.len(), 1);
    cuda.world.stop("demo");
    cuda.host.nvml("");
    let both = cuda.world.ensure(&cuda.pool(json!({})));
    cuda.host.nvml(&cuda.engine_on(1, 742));
    denied(cuda.wait(&both).unwrap_err(), &["GPU 0: NVML lists no process"]);
}

/// On the CPU nothing of this is looked at.
#[test]
fn a_pool_on_the_cpu_is_asked_nothing() {
    let cuda = Cuda::new(&[]);
    cuda.host.devices("none");
    let ensured = cuda.world.ensure(&cuda.world.pool(&json!({})));
    cuda.host.nvml("hang\n");
    let ready = cuda.wait(&ensured).unwrap();
    assert_eq!((ready.proof, ready.offload), (None, None));
    assert!(ensured.prepared.proofs.is_empty() && cuda.status().gpu_proof.is_none());
}

/// A program that is installed is asked with the driver's folder, where the loader does not know it, as it is started.
#[test]
fn an_installed_program_is_asked_where_the_driver_is() {
    let cuda = Cuda::new(&[]);
    let (world, folder) = (&cuda.world, cuda.host.root().join("usr/local/nvidia/lib64"));
    let dir = world.path().join("bin");
    std::fs::create_dir(&dir).unwrap();
    let only_there = format!(
        "[ \"$1\" = --list-devices ] || exec echo 'version: 1234 (abcdef0)'\n\
         [ \"$LD_LIBRARY_PATH\" = '{}' ] && echo '  CUDA0: NVIDIA H100 (81089 MiB, 80000 MiB free)'",
        folder.display()
    );
    testkit::fake_tool(&dir, "llama-server", &only_there);
    let external = json!({ "path": dir.join("llama-server") });
    let pool = cuda.pool(json!({ "mode": "external", "source": null, "external": external }));
    let plan = world.plan(&pool);
    let asks = &plan.step(&StepKind::Check.into()).unwrap().actions;
    assert_eq!(asks.len(), 3, "{plan}");
    for ask in asks {
        let Action::Run(command) = ask else { unreachable!("{ask:?}") };
        assert_eq!(command.env.get("LD_LIBRARY_PATH"), Some(&folder.display().to_string()), "{plan}");
    }
    world.provider(&pool).prepare(pool.clone()).unwrap();
    assert_eq!(world.executed("demo").differences, []);
}
