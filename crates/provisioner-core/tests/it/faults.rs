//! Engines that die at once, and files that lie.

use std::fs;

use exec::{CommandSpec, Env};
use provisioner_core::Started;
use serde_json::json;

use crate::support::{World, alive, code};

/// F05: an engine that ends at once is an error with its own last words; nothing of it is left, and it is no obstacle.
#[test]
fn an_engine_that_ends_at_once() {
    let world = World::new();
    let error = world.try_ensure(&world.pool(&json!({ "env": { "TINY_EXIT_CODE": "3" } }))).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("exit status 3") && text.contains("exiting because TINY_EXIT_CODE is 3"), "{text}");
    assert_eq!(code(Err::<(), _>(error)), "spawner::exited_early");
    let dir = world.pool_dir("demo");
    assert!(!dir.record_file().exists() && !dir.pid_file().exists() && !dir.summary_file().exists());
    let pool = world.pool(&json!({}));
    assert_eq!(world.ensure(&pool).started, Started::Now);

    // Where its end tells why, the help is about that.
    let error = world.try_ensure(&world.named("ill", &json!({ "env": { "TINY_CRASH": "ill" } }))).unwrap_err();
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(error.to_string().contains("another CPU") && help.contains("GGML_NATIVE=OFF"), "{error}: {help}");
    assert_eq!(code(Err::<(), _>(error)), "build::illegal_instruction");

    // One that is replaced by an engine that dies leaves no summary of itself behind.
    let mut replacing = world.settings.clone();
    replacing.replace = true;
    let bad = world.pool(&json!({ "env": { "TINY_CRASH": "segv" } }));
    let provider = provisioner_core::provider_with(&bad, replacing).unwrap();
    let error = provider.ensure(bad).unwrap_err();
    assert!(error.to_string().contains("SIGSEGV"), "{error}");
    assert!(!dir.record_file().exists() && !dir.summary_file().exists());
    assert_eq!(world.ensure(&pool).started, Started::Now);
}

/// F40: what stands in a PID file is nobody's process; whoever it names lives on.
#[test]
fn a_pid_file_is_never_believed() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let dir = world.pool_dir("demo");
    let sleep = Env::current().find("sleep").unwrap();
    let (told, pid) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let spec = CommandSpec::new("/bin/sh", std::time::Duration::from_mins(2))
            .args(["-c", "echo $$; exec \"$0\" 60"])
            .arg(sleep);
        exec::run_lines(&spec, &mut |_, line| told.send(line.to_owned()).unwrap()).ok();
    });
    let bystander: i32 = pid.recv().unwrap().trim().parse().unwrap();
    for text in ["-1", "1", "", &bystander.to_string(), &"9".repeat(1 << 20)] {
        fs::remove_file(dir.pid_file()).ok();
        durable::replace(&dir.pid_file(), text.as_bytes()).unwrap();
        let ensured = world.ensure(&pool);
        assert_eq!(ensured.started, Started::Now);
        assert_eq!(fs::read_to_string(dir.pid_file()).unwrap().trim(), ensured.pid().unwrap().to_string());
        assert!(alive(bystander));
        durable::replace(&dir.pid_file(), text.as_bytes()).unwrap();
        world.stop("demo");
        assert!(alive(bystander) && !alive(ensured.pid().unwrap()));
    }
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(bystander), nix::sys::signal::Signal::SIGKILL).unwrap();
}

/// EP-14, EP-71: a build that fails ends the way, and its logs are in the proof bundle.
#[test]
fn a_failed_build_leaves_its_logs() {
    let world = World::new();
    world.repo.change("tools/server/main.cpp", "#error broken on purpose\n");
    let pool = world.pool(&json!({}));
    let error = world.try_ensure(&pool).unwrap_err();
    assert!(error.to_string().contains("broken on purpose"), "{error}");
    assert_eq!(code(Err::<(), _>(error)), "build::compile_error");
    let bundle = fs::read_dir(world.pool_dir("demo").proof_dir()).unwrap().next().unwrap().unwrap().path();
    assert!(fs::read_to_string(bundle.join("configure.log")).unwrap().contains("cmake"));
    assert!(fs::read_to_string(bundle.join("build.log")).unwrap().contains("broken on purpose"));
    assert!(!world.pool_dir("demo").record_file().exists());
}

/// A file that would change the engine's flags behind our back is no start.
#[test]
fn a_planted_configuration_is_refused_before_anything_is_built() {
    let world = World::new();
    let config = world.pool_dir("demo").path().join("config");
    durable::private_dir(&config.join("llama.cpp")).unwrap();
    assert_eq!(code(world.try_ensure(&world.pool(&json!({})))), "pool::engine_config");
    assert!(!world.settings.cache_dir.join("v1/git").exists());
}
