//! `lock` of a pool in mode container: real images of a real registry, and a host by the files of its driver.

use std::time::Instant;

use provisioner_core::cfg::{LockFile, PoolConfig};
use provisioner_core::{Diagnostic, Error, Locked, PinKind, lock};
use registry::{Descriptor, Digest, ImageManifest, OCI_CONFIG, OCI_MANIFEST, Platform, Registry};
use serde_json::{Value, json};
use testkit::{RealRegistry, RegistrySetup, write};

use crate::support::World;

const LAYER: &[u8] = b"a layer that nothing asks for";

/// The configuration of a published image of vLLM; its machine is this one's.
fn published() -> String {
    let file = "../image-fit/tests/data/images/vllm-openai-v0.12.0-amd64.json";
    let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    text.replace("\"amd64\"", &format!("\"{}\"", here()))
}

fn here() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

struct Host {
    world: World,
    real: RealRegistry,
}

impl Host {
    /// A host with this driver and GPU, and a registry.
    fn new(driver: &str, gpu: &str) -> Self {
        let mut world = World::new();
        let root = world.path().join("root");
        write(
            &root.join("proc/driver/nvidia/version"),
            &format!("NVRM version: NVIDIA UNIX Kernel Module  {driver}  x\n"),
        );
        let information = format!("Model: {gpu}\nGPU UUID: GPU-1\nBus Location: 0000:01:00.0\n");
        write(&root.join("proc/driver/nvidia/gpus/0000:01:00.0/information"), &information);
        world.settings.system_root = root;
        let dir = world.path().join("registry");
        std::fs::create_dir(&dir).unwrap();
        let real = RealRegistry::start(&dir, &RegistrySetup::default());
        Self { world, real }
    }

    /// Pushes an image with this configuration under a tag.
    fn push(&self, tag: &str, config: &str) -> Digest {
        let repository = format!("{}/engine", self.real.host).parse().unwrap();
        let registry = Registry::new(repository, registry::Options::default(), registry::Credentials::none()).unwrap();
        let config = registry.push_bytes(OCI_CONFIG, config.as_bytes()).unwrap();
        let layer = registry.push_bytes("application/vnd.oci.image.layer.v1.tar+gzip", LAYER).unwrap();
        let manifest = ImageManifest {
            schema_version: 2,
            media_type: Some(OCI_MANIFEST.into()),
            artifact_type: None,
            config,
            layers: vec![layer],
            subject: None,
            annotations: None,
        };
        registry.push_manifest(&manifest, Some(tag)).unwrap().digest
    }

    fn pool(&self, container: &Value) -> PoolConfig {
        let mut container = container.clone();
        if container.get("image").is_none() {
            container["image"] = json!(format!("{}/engine", self.real.host));
        }
        self.world.pool(&json!({ "mode": "container", "accelerator": "cuda", "container": container }))
    }

    fn lock(&self, pool: &PoolConfig, before: Option<&LockFile>, update: &[PinKind]) -> Result<Locked, Error> {
        lock(std::slice::from_ref(pool), std::slice::from_ref(&pool.id), before, update, &self.world.settings)
    }

    #[track_caller]
    fn refused(&self, container: &Value) -> (String, String) {
        let error = self.lock(&self.pool(container), None, &[]).unwrap_err();
        (error.code().unwrap().to_string(), error.to_string())
    }

    fn record(&self, digest: &Digest) -> Value {
        let file = self.world.settings.cache_dir.join(format!("v1/images/{}.json", digest.hex()));
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    /// Whether nothing was asked for but manifests and configurations.
    #[track_caller]
    fn no_layer_was_read(&self) {
        let layer = Digest::of(LAYER);
        let read = self.real.asked().into_iter().find(|asked| asked.starts_with("GET") && asked.contains(layer.hex()));
        assert_eq!(read, None);
    }
}

fn pinned(locked: &Locked) -> (String, String) {
    let pin = locked.file.pools.values().next().unwrap().image.as_ref().unwrap();
    (pin.image.clone(), pin.digest.to_string())
}

/// EP-43: a tag becomes a digest, and the verdict is kept.
#[test]
fn a_tag_is_pinned_with_its_verdict() {
    let host = Host::new("580.126.09", "NVIDIA H100 80GB HBM3");
    let digest = host.push("v1", &published());
    let pool = host.pool(&json!({ "tag": "v1" }));
    let locked = host.lock(&pool, None, &[]).unwrap();
    assert_eq!(pinned(&locked), (format!("{}/engine:v1", host.real.host), digest.to_string()));
    let notes = locked.notes.join("\n");
    assert!(
        notes.contains("without its own compat libraries") && notes.contains("NVIDIA_REQUIRE_CUDA), rule R1"),
        "{notes}"
    );
    let record = host.record(&digest);
    assert_eq!(record["verdict"]["outcome"], "mask_compat");
    assert_eq!((&record["verdict"]["rule"], &record["verdict"]["needs"]), (&json!("R1"), &json!("12.9")));
    assert_eq!(record["config"]["config"]["Entrypoint"], json!(["vllm", "serve"]));
    assert_eq!(record["layer_bytes"], LAYER.len());
    host.no_layer_was_read();
    // The lock file is read again, and nothing changed.
    let text = locked.file.render(None);
    let again = host.lock(&pool, Some(&LockFile::parse(&text).unwrap()), &[]).unwrap();
    assert_eq!(again.file, locked.file);
}

/// EP-80: an image that needs a newer CUDA is refused before any layer is asked for; an override is named.
#[test]
fn an_image_that_this_driver_cannot_run_is_refused_before_any_layer() {
    let host = Host::new("570.211.01", "NVIDIA GeForce RTX 4090");
    let digest = host.push(
        "cuda99",
        &format!(
            "{{\"architecture\":\"{}\",\"os\":\"linux\",\"config\":{{\"Env\":[\"NVIDIA_REQUIRE_CUDA=cuda>=99.0\"]}}}}",
            here()
        ),
    );
    let (code, words) = host.refused(&json!({ "tag": "cuda99" }));
    assert_eq!(code, "image::driver_too_old");
    assert!(
        words.contains("needs CUDA 99.0 (NVIDIA_REQUIRE_CUDA), and the driver 570.211.01 provides CUDA 12.8"),
        "{words}"
    );
    assert_eq!(host.record(&digest)["verdict"]["outcome"], "refuse");
    host.no_layer_was_read();
    let pool = host.pool(&json!({ "tag": "cuda99", "override_requirement": true }));
    let locked = host.lock(&pool, None, &[]).unwrap();
    assert!(locked.notes[0].contains("(overridden by override_requirement)"), "{:?}", locked.notes);
    assert_eq!(host.record(&digest)["verdict"]["is_overridden"], true);
    // Without CUDA there is no verdict about it.
    let cpu =
        json!({ "mode": "container", "container": { "image": format!("{}/engine", host.real.host), "tag": "cuda99" } });
    assert!(host.lock(&host.world.pool(&cpu), None, &[]).is_ok());
}

#[test]
fn a_tag_that_moved_stays_pinned_until_it_is_updated() {
    let host = Host::new("580.126.09", "NVIDIA H100 80GB HBM3");
    let first = host.push("latest", &published());
    let pool = host.pool(&json!({ "tag": "latest" }));
    let before = host.lock(&pool, None, &[]).unwrap().file;
    let second = host.push("latest", &published().replace("/vllm-workspace", "/other"));
    let kept = host.lock(&pool, Some(&before), &[]).unwrap();
    assert_eq!(pinned(&kept).1, first.to_string());
    let notes = kept.notes.join("\n");
    for words in [first.to_string(), second.to_string(), "image::tag_moved".into()] {
        assert!(notes.contains(&words), "{notes}");
    }
    let updated = host.lock(&pool, Some(&before), &[PinKind::Image]).unwrap();
    assert_eq!(pinned(&updated).1, second.to_string());
}

#[test]
fn what_is_not_there_and_what_is_for_others() {
    let host = Host::new("580.126.09", "NVIDIA H100 80GB HBM3");
    host.push("arm", &published().replace(&format!("\"architecture\": \"{}\"", here()), "\"architecture\": \"s390x\""));
    host.push("rocm", &format!("{{\"architecture\":\"{}\",\"os\":\"linux\",\"config\":{{}}}}", here()));
    host.push("silent", &format!("{{\"architecture\":\"{}\",\"os\":\"linux\",\"config\":{{}}}}", here()));
    host.push("malformed", "[]");
    for (container, code) in [
        (json!({ "tag": "missing" }), "image::not_found"),
        (json!({ "tag": "arm" }), "image::wrong_platform"),
        (json!({ "tag": "rocm" }), "image::no_cuda"),
        (json!({ "tag": "malformed" }), "registry::bad_document"),
        (json!({ "image": "vllm/vllm-openai", "tag": "v1" }), "registry::bad_reference"),
    ] {
        let (found, words) = host.refused(&container);
        assert_eq!(found, code, "{words}");
    }
    let locked = host.lock(&host.pool(&json!({ "tag": "silent" })), None, &[]).unwrap();
    assert!(locked.notes[0].contains(&format!("its layers have {} bytes", LAYER.len())), "{:?}", locked.notes);
    host.no_layer_was_read();
}

/// What the gate reads is a few KB, whatever the image's size: manifest and configuration of an index.
#[test]
fn the_gate_reads_little() {
    let host = Host::new("580.126.09", "NVIDIA H100 80GB HBM3");
    let config = published();
    let repository: registry::Repository = format!("{}/engine", host.real.host).parse().unwrap();
    let registry =
        Registry::new(repository.clone(), registry::Options::default(), registry::Credentials::none()).unwrap();
    host.push("one", &config);
    let manifest = registry.fetch(&format!("{repository}:one").parse().unwrap()).unwrap();
    let entry = Descriptor { platform: Some(Platform::linux(here())), ..Descriptor::of(OCI_MANIFEST, &manifest.bytes) };
    let index = registry::Index { manifests: vec![entry], ..registry::Index::empty() };
    registry.push_index(&index, "many").unwrap();
    let fresh = Registry::new(repository.clone(), registry::Options::default(), registry::Credentials::none()).unwrap();
    let begin = Instant::now();
    let resolved = fresh.resolve(&format!("{repository}:many").parse().unwrap(), &Platform::linux(here())).unwrap();
    let config = fresh.bytes(&resolved.manifest.config, 8 << 20).unwrap();
    println!("gate: {:?}, {} bytes", begin.elapsed(), resolved.bytes_read + config.len() as u64);
    assert!(resolved.bytes_read + config.len() as u64 <= 64 << 10);
}
