//! The program on a host with a GPU that is not there yet after a boot: the driver answers, and CUDA finds no device.

use std::path::PathBuf;
use std::time::Duration;

use exec::CommandSpec;
use testkit::CudaHost;

use crate::support::{Place, Said, pool, ports};

/// A place whose `/usr/local` is laid over with that of a host with a GPU.
struct Gpu {
    place: Place,
    host: CudaHost,
}

impl Gpu {
    fn new() -> Self {
        let place = Place::bare().env("CUDA_VISIBLE_DEVICES", "0").env("RUST_LOG", "provisioner_core=debug");
        let repo = testkit::tiny_llama_repo(place.path());
        let host = CudaHost::install(place.path(), &repo, &[]);
        let text = pool(&repo.path, &testkit::tiny_model(place.path()), &ports());
        place.write(&text.replace("accelerator = \"cpu\"\n", ""));
        Self { place, host }
    }

    fn call(&self, words: &[&str]) -> Said {
        let script = "PATH=/usr/sbin:/usr/bin:/sbin:/bin mount -t overlay -o lowerdir=\"$1\":/usr/local none /usr/local && shift && exec \"$@\"";
        let namespace = if testkit::is_root() { "-m" } else { "-rm" };
        let spec = CommandSpec::new("/usr/bin/unshare", Duration::from_mins(4))
            .args([namespace, "--", "/bin/sh", "-c", script, "sh"])
            .arg(self.host.root().join("usr/local"))
            .arg(env!("CARGO_BIN_EXE_engine-provisioner"));
        let file: PathBuf = self.place.pool_file();
        self.place.run(spec, &[words, &["--config", &file.to_string_lossy()]].concat(), &[])
    }
}

#[test]
fn a_boot_race_ends_in_not_used_and_no_engine() {
    let gpu = Gpu::new();
    let on_gpu = {
        let pid_file = gpu.place.run_dir().join("tiny/engine.pid");
        format!("used 0 778043392\npidfile 0 {} 778043392\n", pid_file.display())
    };
    // The process id of an engine that is not there yet counts for no engine.
    gpu.host.nvml(&on_gpu.replace("used 0 778043392", "used 0 0"));
    let said = gpu.call(&["ensure", "--wait=60"]).done();
    println!("{}", said.stderr.lines().filter(|line| line.contains("on its GPUs")).collect::<String>());
    let status = gpu.call(&["status"]).done();
    assert!(status.stdout.contains("ready, on GPU 0 (742 MiB)"), "{status:?}");
    assert!(gpu.call(&["status", "--json"]).json()["engine"]["proofs"].as_array().is_some_and(|all| all.len() == 4));
    gpu.call(&["stop"]).done();

    // After the boot: caught by the question before the start, or, if the GPU is lost after it, once the engine answers.
    for (devices, words) in [("none", "not started"), ("listed", "was stopped")] {
        gpu.host.nvml("");
        gpu.host.devices(devices);
        let said = gpu.call(&["ensure", "--wait=60", "--json"]);
        let error = &said.json()["error"];
        assert_eq!((said.code, error["code"].as_str()), (6, Some("gpu::not_used")), "{said:?}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(words)), "{error}");
        let status = gpu.call(&["status", "--json"]);
        assert_eq!(
            (status.code, status.json()["state"].as_str()),
            (6, Some("absent")),
            "no engine is left: {status:?}"
        );
    }

    // Without `--wait` the proof is due, and `status` makes it.
    gpu.host.devices("quiet");
    let said = gpu.call(&["ensure"]).done();
    assert!(said.stdout.contains("not proven yet"), "{said:?}");
    let answers = || gpu.call(&["status", "--json"]).json()["health"] == "ready";
    assert!((0..100).any(|_| answers() || {
        std::thread::sleep(Duration::from_millis(50));
        false
    }));
    let status = gpu.call(&["status"]);
    assert!(status.code == 6 && status.stdout.contains("NOT on GPU 0"), "{status:?}");
}
