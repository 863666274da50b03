//! The five examples.

use super::*;

/// llama.cpp on a GPU, built from a branch; another engine is replaced.
pub(super) fn source() -> Case {
    use StepKind::{Accelerator as Gpu, Build, Configure, Fetch, Model as Weights, Preflight, Prove};
    let program = "/cache/v1/store/<key>/bin/llama-server";
    let build = PlanStep {
        key: Some(text("c0de")),
        inputs: Some(json!({ "commit": "c0".repeat(20), "definitions": { "GGML_CUDA": "ON" } })),
        nearest: Some(Closest {
            key: text("c0da"),
            differences: vec![InputDifference { input: text("tools.cxx"), stored: Some(text("c++ 12")), wanted: None }],
            summary: String::new(),
        }),
        ..to_run(
            Build,
            &[Configure],
            vec![run(&["/usr/bin/ninja", "-C", "<staging>/build", "-j", "4", "llama-server"])],
        )
    };
    let init =
        Command { argv: strings(&["/usr/bin/git", "init", "<staging>/src"]), skippable: true, ..Command::default() };
    let mut steps = vec![
        satisfied(Preflight, &[]),
        satisfied(Gpu, &[Preflight]),
        to_run(Fetch, &[Gpu], vec![Action::Run(init), run(&["/usr/bin/git", "fetch", "<commit>"])]),
        to_run(Configure, &[Fetch], vec![run(&["/usr/bin/cmake", "-S", "<staging>/src", "<definitions>"])]),
        build,
        to_run(Prove, &[Build], vec![run(&[program, "--version"])]),
    ];
    let model = satisfied(Weights, &[Preflight]);
    steps.extend(rest(Prove, model, vec![Action::Stop, launch(Some(program), None)]));
    let commit = "c0".repeat(20);
    let definitions = ["-DLLAMA_CURL=OFF", "-DGGML_CUDA=ON"];
    let placeholders: [(&str, &[&str]); 5] =
        [("commit", &[]), ("staging", &[]), ("definitions", &definitions), ("key", &[]), ("port", &["8080", "8081"])];
    let plan = plan(steps, &placeholders);
    let outcomes = [Satisfied, Satisfied, Done, Resumed, Done, Done, Satisfied, Satisfied, Done];
    let values = [
        ("commit", commit.as_str()),
        ("staging", "/cache/v1/staging/c0de.1"),
        ("definitions", "-DGGML_CUDA=ON"),
        ("key", "c0de"),
        ("port", "8080"),
    ];
    let mut executed = executed(&plan, &outcomes, &values);
    executed.replanned = strings(&["packages were installed"]);
    let retry = ExecutedAction {
        exit: Some(text("exit status: 1")),
        because: Some(text("again with one compiler, because memory ran out")),
        ..done(run(&["/usr/bin/ninja", "-C", "/cache/v1/staging/c0de.1/build", "-j", "1", "llama-server"]))
    };
    executed.steps[4].actions.push(retry);
    let artifact = Artifact::Program {
        path: text("/cache/v1/store/c0de/bin/llama-server"),
        version: text("0.5.0"),
        digest: Some(text("sha256:0e")),
        provenance: Some(text("/cache/v1/store/c0de/provenance.json")),
    };
    let mut summary = summary(ProvisioningMode::Source, artifact, InstanceKind::Process { pid: 4711 });
    let prepared = &mut summary.prepared;
    prepared.accelerator = Accelerator::Cuda;
    prepared.build_ref = Some(commit.clone());
    prepared.build_key = Some(text("c0de"));
    prepared.devices = vec![Device { index: 0, uuid: text("GPU-1a2b"), name: text("NVIDIA H100"), pci_bus_id: None }];
    prepared.device_mask = Some(text("GPU-1a2b"));
    prepared.driver = Some(text("580.65.06"));
    prepared.toolkit = Some(text("12.9"));
    prepared.architectures = strings(&["90"]);
    prepared.offload = Some(Offload { layers: 33, of: 33 });
    let stages = [ProofStage::Host, ProofStage::Artifact, ProofStage::Start, ProofStage::Running];
    let verdicts = [ProofVerdict::Proven, ProofVerdict::Proven, ProofVerdict::Undecided, ProofVerdict::Denied];
    let proof =
        |(stage, verdict)| Proof { stage, verdict, evidence: strings(&["742 MiB on GPU 0 belong to pid 4711"]) };
    prepared.proofs = stages.into_iter().zip(verdicts).map(proof).collect();
    started(&mut summary, Started::Replaced);
    let between = vec![
        progress(Build, Unit::Steps, Some(15)),
        event(Some(StepKind::Flags), Happening::Note { text: text("`-ngl` became `--n-gpu-layers`") }),
    ];
    let events = events(&executed, between, "replaced");
    Case { name: "source", plan, executed, record: record(&summary), summary, events }
}

/// vLLM from an image, with a repository as its model; the image is there.
pub(super) fn container() -> Case {
    use StepKind::{Accelerator as Gpu, Check, Model as Weights, Preflight, Pull};
    let image = "docker.io/vllm/vllm-openai:v0.11.0@sha256:1a";
    let pull = Action::Pull { image: text("docker.io/vllm/vllm-openai"), digest: text("sha256:1a") };
    let mut steps = vec![
        satisfied(Preflight, &[]),
        satisfied(Gpu, &[Preflight]),
        to_run(Pull, &[Gpu], vec![pull]),
        to_run(Check, &[Pull], vec![run(&["/usr/bin/podman", "run", "--rm", image, "vllm", "--version"])]),
    ];
    let fetch = to_run(Weights, &[Preflight], vec![run(&["/usr/bin/hf", "download", "Qwen/Qwen3-8B"])]);
    steps.extend(rest(Check, fetch, vec![launch(None, Some(image))]));
    let plan = plan(steps, &[("port", &["8080"])]);
    let executed = executed(&plan, &[Satisfied, Satisfied, Waited, Done, Done, Satisfied, Done], &[("port", "8080")]);
    let artifact = Artifact::Image {
        reference: text("docker.io/vllm/vllm-openai:v0.11.0"),
        digest: text("sha256:1a"),
        version: text("0.11.0"),
    };
    let instance =
        InstanceKind::Container { runtime: text("podman"), id: text("9f8e"), name: text("engine-provisioner-demo") };
    let mut summary = summary(ProvisioningMode::Container, artifact, instance);
    summary.prepared.engine = Engine::Vllm;
    let file = |name: &str, size| ModelFile { path: format!("/models/qwen/{name}").into(), size, digest: None };
    summary.prepared.model = Model {
        reference: text("hf:Qwen/Qwen3-8B"),
        path: "/models/qwen".into(),
        size: 80,
        checksum: None,
        kind: ModelKind::Repository,
        files: vec![file("config.json", 16), file("model.safetensors", 64)],
        revision: Some("ab".repeat(20)),
    };
    let between = vec![
        progress(Weights, Unit::Bytes, Some(80)),
        event(None, Happening::Warning { text: text("the tag `v0.11.0` moved to another digest") }),
    ];
    let events = events(&executed, between, "started");
    Case { name: "container", plan, executed, record: record(&summary), summary, events }
}

/// A released archive; its engine exits right after the start.
pub(super) fn binary() -> Case {
    use StepKind::{Check, Download, Model as Weights, Preflight, Unpack};
    let archive = "<staging>/llama.tar.gz";
    let download = Action::Download {
        url: text("https://example.org/llama.tar.gz"),
        digest: text("sha256:2b"),
        to: text(archive),
    };
    let unpack = Action::Unpack { archive: text(archive), to: text("<staging>/out") };
    let publish = Action::Publish { key: text("2b"), to: text("/cache/v1/store/2b") };
    let mut steps = vec![
        satisfied(Preflight, &[]),
        to_run(Download, &[Preflight], vec![download]),
        to_run(Unpack, &[Download], vec![unpack, publish]),
        to_run(Check, &[Unpack], vec![run(&["/cache/v1/store/2b/llama-server", "--version"])]),
    ];
    steps.extend(rest(
        Check,
        satisfied(Weights, &[Preflight]),
        vec![launch(Some("/cache/v1/store/2b/llama-server"), None)],
    ));
    let plan = plan(steps, &[("staging", &[]), ("port", &["8080"])]);
    let outcomes = [Satisfied, Done, Done, Hit, Satisfied, Satisfied, Failed];
    let executed = executed(&plan, &outcomes, &[("staging", "/cache/v1/staging/2b.1"), ("port", "8080")]);
    let artifact = Artifact::Program {
        path: text("/cache/v1/store/2b/llama-server"),
        version: text("b6673"),
        digest: Some(text("sha256:2c")),
        provenance: None,
    };
    let mut summary = summary(ProvisioningMode::Binary, artifact, InstanceKind::Process { pid: 4711 });
    let part = |number: u32| ModelFile {
        path: format!("/models/m-0000{number}-of-00002.gguf").into(),
        size: 32,
        digest: Some(text("sha256:0f")),
    };
    let model = &mut summary.prepared.model;
    (model.path, model.kind, model.files) = (part(1).path, ModelKind::Shards, vec![part(1), part(2)]);
    let events = events(&executed, vec![progress(Download, Unit::Bytes, None)], "failed");
    Case { name: "binary", plan, executed, record: record(&summary), summary, events }
}

/// A distribution's package that may not be installed: a plan that is blocked, and a run that never was.
pub(super) fn package() -> Case {
    use StepKind::{Check, Model as Weights, Preflight, Start};
    let blocked = |code: Option<&str>| Status::Blocked {
        reason: text(if code.is_some() { "1 tool is missing" } else { "the step `preflight` is blocked" }),
        code: code.map(text),
        help: code.map(|_| text("pacman -S --needed llama.cpp")),
    };
    let steps = vec![
        step(Preflight, blocked(Some("preflight::tools_missing")), &[], Vec::new()),
        step(Check, blocked(None), &[Preflight], Vec::new()),
        satisfied(Weights, &[Preflight]),
        satisfied(StepKind::Flags, &[Check, Weights]),
        step(Start, blocked(None), &[StepKind::Flags], Vec::new()),
    ];
    let plan = plan(steps, &[]);
    let executed = executed(&plan, &[NotReached; 5], &[]);
    let (path, version) = (text("/usr/bin/llama-server"), text("b6673"));
    let artifact = Artifact::Program { path, version, digest: Some(text("sha256:3d")), provenance: None };
    let mut summary = summary(ProvisioningMode::Package, artifact, InstanceKind::Process { pid: 4711 });
    started(&mut summary, Started::Already);
    let code = Some(text("preflight::tools_missing"));
    let events = vec![event(None, Happening::Finished { outcome: text("failed"), seconds: 0.5, code })];
    Case { name: "package", plan, executed, record: record(&summary), summary, events }
}

/// An engine that is run by others; the call was cancelled while it was looked at.
pub(super) fn external() -> Case {
    use StepKind::{Check, Model as Weights, Preflight, Start};
    let url = "http://10.0.0.7:8000";
    let look = || Action::Look { url: text(url) };
    let steps = vec![
        satisfied(Preflight, &[]),
        to_run(Check, &[Preflight], vec![look()]),
        satisfied(Weights, &[Preflight]),
        satisfied(StepKind::Flags, &[Check, Weights]),
        to_run(Start, &[StepKind::Flags], vec![look()]),
    ];
    let plan = plan(steps, &[]);
    let executed = executed(&plan, &[Satisfied, Done, Satisfied, Satisfied, Cancelled], &[]);
    let artifact = Artifact::Remote { url: text(url), version: text("0.11.0") };
    let mut summary = summary(ProvisioningMode::External, artifact, InstanceKind::Remote { url: text(url) });
    summary.prepared.url = text(url);
    (summary.prepared.host, summary.prepared.port) = (text("10.0.0.7"), 8000);
    summary.prepared.slots = None;
    let events = events(&executed, vec![progress(StepKind::Ready, Unit::Seconds, None)], "failed");
    Case { name: "external", plan, executed, record: record(&summary), summary, events }
}
