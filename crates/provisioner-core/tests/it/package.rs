//! Mode `package`: an engine out of a package that the real pacman installs into a root of its own.

use std::path::{Path, PathBuf};

use provisioner_core::cfg::PoolConfig;
use provisioner_core::{PlanFile, Started, Status, StepKind};
use serde_json::{Value, json};
use testkit::{ArchRoot, Package, is_root};

use crate::support::{World, code, health};

/// A world on an Arch-like system whose repository has a package with a real server.
struct Arch {
    world: World,
    system: ArchRoot,
    server: PathBuf,
}

impl Arch {
    fn new() -> Self {
        let (mut world, system) = (World::new(), ArchRoot::new());
        let built = world.ensure(&world.pool(&json!({})));
        world.stop("demo");
        let server = built.prepared.binary_path.unwrap();
        let path = [world.path().join("tools"), system.at("bin")];
        world.settings.env = world.settings.env.clone().with("PATH", std::env::join_paths(path).unwrap());
        world.settings.system_root = system.at("root");
        let arch = Self { world, system, server };
        arch.publish("6673-1");
        arch
    }

    /// Puts a version of the package into the repository.
    fn publish(&self, version: &str) {
        let copies: [(&str, &Path); 1] = [("usr/bin/llama-server", &self.server)];
        self.system.add(&Package { copies: &copies, ..Package::new("llama.cpp", version, &[]) });
        self.system.refresh();
    }

    fn pool(&self, package: &Value) -> PoolConfig {
        let change = json!({
            "mode": "package", "source": null, "package": package,
            "allow_package_installs": true, "allow_sudo": !is_root(),
        });
        self.world.pool(&change)
    }

    fn program(&self) -> PathBuf {
        self.system.at("root/usr/bin/llama-server")
    }

    /// Installs a package by hand.
    fn install(&self, package: &str) {
        let spec = exec::CommandSpec::new(self.system.at("bin/pacman"), std::time::Duration::from_mins(1))
            .args(["-S", "--noconfirm", "--", package])
            .env("PATH", "/usr/bin:/bin");
        exec::run(&spec).unwrap().require_success(&spec).unwrap();
    }
}

/// EP-02, EP-22: planned, installed by the real pacman, found through the package's files, asked, started; known as the
/// package and the program it is.
#[test]
fn a_package_is_installed_and_its_program_runs() {
    let arch = Arch::new();
    let world = &arch.world;
    let pool = arch.pool(&json!({ "name": "llama.cpp", "version": "6673", "repo": "extra" }));
    let plan = world.plan(&pool);
    assert_eq!(plan.blocked(), None, "{plan}");
    let kinds: Vec<_> = plan.steps.iter().map(|step| step.kind).collect();
    assert_eq!(kinds[..3], [StepKind::Preflight, StepKind::Accelerator, StepKind::Check], "{plan}");
    assert!(plan.steps[0].detail.contains("install the package llama.cpp 6673-1 from extra"), "{plan}");
    assert!(plan.steps[0].commands[0].join(" ").ends_with("-- extra/llama.cpp"), "{plan}");
    assert!(!arch.program().exists(), "a plan installs nothing");

    let ensured = world.ensure(&pool);
    assert_eq!((ensured.started, ensured.prepared.binary_path), (Started::Now, Some(arch.program())));
    assert!(ensured.prepared.engine_version.contains('('), "the program's own: {}", ensured.prepared.engine_version);
    assert_eq!(ensured.prepared.facts["package"], "llama.cpp 6673-1");
    assert!(health(ensured.prepared.port).contains("200"));
    assert_eq!(world.executed("demo").differences, []);
    let log = std::fs::read_to_string(ensured.prepared.proof_dir.join("packages.log")).unwrap();
    assert!(log.contains("installing llama.cpp..."), "{log}");

    let calls = arch.system.calls().len();
    assert_eq!(world.ensure(&pool).started, Started::Already);
    let after = arch.system.calls();
    assert!(after[calls..].iter().all(|call| call.starts_with("pacman -Q")), "{after:?}");
    assert_eq!(world.plan(&pool).to_run().count(), 0);
}

/// An update of the package under a running pool is shown by `status` and by the next plan, also where its program is the
/// same; the engine that runs is left alone until it is replaced.
#[test]
fn an_update_under_a_running_pool_is_shown() {
    let mut arch = Arch::new();
    let pool = arch.pool(&json!({ "name": "llama.cpp" }));
    let first = arch.world.ensure(&pool);
    let status = |arch: &Arch| arch.world.provider(&pool).status(&pool.id).unwrap();
    assert_eq!(status(&arch).updated, None);
    arch.system.retire("llama.cpp-6673-1");
    arch.publish("6673-2");
    assert_eq!((status(&arch).updated, arch.world.plan(&pool).to_run().count()), (None, 0), "it is not installed yet");
    arch.install("llama.cpp");
    let updated = status(&arch).updated.unwrap();
    assert!(updated.contains("`llama.cpp` was 6673-1") && updated.contains("6673-2 now"), "{updated}");
    let plan = arch.world.plan(&pool);
    let Status::Blocked { code, reason, .. } = &plan.steps.last().unwrap().status else { panic!("{plan}") };
    assert_eq!(code.as_deref(), Some("pool::differs"));
    assert!(reason.contains("package: runs `llama.cpp 6673-1`, wanted `llama.cpp 6673-2`"), "{reason}");
    assert_eq!(arch.world.provider(&pool).status(&pool.id).unwrap().pid, first.pid());
    arch.world.settings.replace = true;
    assert_eq!(arch.world.ensure(&pool).prepared.facts["package"], "llama.cpp 6673-2");
    assert_eq!(status(&arch).updated, None);
}

/// An approved installation is executed as it was approved, and another version of the package is stale.
#[test]
fn an_approved_installation_holds_for_its_version() {
    let mut arch = Arch::new();
    let pool = arch.pool(&json!({ "name": "llama.cpp" }));
    let file = PlanFile::of(std::slice::from_ref(&pool), &arch.world.settings).unwrap();
    arch.world.settings.approved = Some(std::sync::Arc::new(file));
    arch.system.retire("llama.cpp-6673-1");
    arch.publish("6700-1");
    let refused = arch.world.try_ensure(&pool);
    let text = refused.as_ref().unwrap_err().to_string();
    assert!(text.contains("approved `llama.cpp 6673-1`, now `llama.cpp 6700-1`"), "{text}");
    assert_eq!(code(refused), "plan::stale");
    arch.system.retire("llama.cpp-6700-1");
    arch.publish("6673-1");
    assert_eq!(arch.world.ensure(&pool).started, Started::Now);
}

/// EP-21, EP-22: what keeps a pool from its package is named, with what to type on this system.
#[test]
fn what_is_no_package_of_an_engine_is_named() {
    let mut arch = Arch::new();
    let text = arch.world.path().join("text");
    testkit::write(&text, "no program\n");
    arch.system.add(&Package::new("docs", "1-1", &[("usr/share/x", "x")]));
    arch.system.refresh();
    for (package, expected) in [
        (json!({ "name": "llama.cpp-cuda" }), "preflight::package_unknown"),
        (json!({ "name": "llama.cpp", "repo": "aur" }), "preflight::package_unknown"),
        (json!({ "name": "llama.cpp", "version": "1" }), "preflight::package_version"),
        (json!({ "name": "docs" }), "fit::package_program"),
    ] {
        assert_eq!(code(arch.world.try_ensure(&arch.pool(&package))), expected, "{package}");
    }
    let forbidden = arch.world.pool(&json!({ "mode": "package", "source": null, "package": { "name": "llama.cpp" } }));
    let plan = arch.world.plan(&forbidden);
    let Status::Blocked { code: Some(blocked), help: Some(help), .. } = &plan.steps[0].status else { panic!("{plan}") };
    assert_eq!(blocked, "preflight::package_missing");
    assert!(help.contains("run as root: pacman -S --needed llama.cpp"), "{help}");
    assert!(!arch.program().exists());

    arch.world.settings.system_root = arch.world.path().join("debian");
    testkit::write(&arch.world.settings.system_root.join("etc/os-release"), "ID=debian\n");
    let calls = arch.system.calls().len();
    let error = arch.world.try_ensure(&arch.pool(&json!({ "name": "llama.cpp" }))).unwrap_err();
    assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("apt-get install llama.cpp"), "{error:?}");
    assert_eq!(code::<()>(Err(error)), "preflight::package_unsupported");
    assert_eq!(arch.system.calls().len(), calls, "no package manager is run there");
}
