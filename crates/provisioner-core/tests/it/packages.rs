//! Tools that are missing: named, or installed where the configuration and the distribution allow that.

use std::path::Path;

use provisioner_core::{Status, StepKind};
use serde_json::json;

use crate::world::{World, code};

/// An Arch-like host without CMake, whose `pacman` has it in store; both note their calls. The real pacman is tried in
/// the tests of `preflight`.
fn without_cmake() -> World {
    let mut world = World::new();
    let at = |name: &str| world.path().join(name);
    std::fs::create_dir_all(at("root/etc")).unwrap();
    durable::replace(&at("root/etc/os-release"), b"NAME=\"Arch Linux\"\nID=arch\n").unwrap();
    std::fs::rename(at("tools/cmake"), at("cmake-in-store")).unwrap();
    let script = format!(
        "echo \"pacman $*\" >> '{0}/calls'\ncase $1 in\n-T) test -e '{0}/tools/cmake' || {{ echo cmake; exit 127; }};;\n\
         -Qu) exit 1;;\n-S) cp '{0}/cmake-in-store' '{0}/tools/cmake'; echo installing cmake...;;\nesac",
        world.path().display()
    );
    testkit::fake_tool(&at("tools"), "pacman", &script);
    testkit::fake_tool(&at("tools"), "sudo", &format!("echo sudo >> '{}/calls'", world.path().display()));
    world.settings.system_root = at("root");
    world
}

/// EP-21: without permission no package manager is run, and the error says what to type.
#[test]
fn nothing_is_installed_unless_it_is_allowed() {
    let world = without_cmake();
    let pool = world.pool(&json!({}));
    let plan = world.plan(&pool);
    let blocked = plan.blocked().unwrap();
    assert_eq!(blocked.kind, StepKind::Preflight);
    let Status::Blocked { help: Some(help), .. } = &blocked.status else { panic!("{blocked:?}") };
    assert!(help.contains("pacman -S") && help.contains("cmake"), "{help}");
    assert_eq!(code(world.try_ensure(&pool)), "preflight::tools_missing");
    let calls = world.calls();
    assert!(!calls.iter().any(|call| call.starts_with("pacman") || call.starts_with("sudo")), "{calls:?}");
}

/// EP-22: with permission the plan says what will be installed, `ensure` installs it and goes on, and what pacman said
/// is kept.
#[test]
fn what_is_missing_is_installed_and_the_way_goes_on() {
    let world = without_cmake();
    let pool = world.pool(&json!({ "allow_package_installs": true }));
    let plan = world.plan(&pool);
    assert_eq!(plan.blocked(), None, "{plan}");
    let first = plan.to_run().next().unwrap();
    assert_eq!(first.kind, StepKind::Preflight);
    assert!(first.commands[0].join(" ").contains("pacman -S --needed --noconfirm"), "{first:?}");
    assert!(!world.calls().iter().any(|call| call.starts_with("pacman")), "a plan installs nothing");

    let ensured = world.ensure(&pool);
    let calls: Vec<String> = world.calls().into_iter().filter(|call| call.starts_with("pacman")).collect();
    assert!(calls.iter().filter(|call| call.starts_with("pacman -S")).count() == 1, "{calls:?}");
    let log = std::fs::read_to_string(ensured.prepared.proof_dir.join("packages.log")).unwrap();
    assert!(log.contains("installing cmake..."), "{log}");
    assert_eq!(world.plan(&pool).steps[0].status, Status::Satisfied);
}

/// EP-22: on any other distribution the permission changes the words and nothing else.
#[test]
fn other_distributions_get_instructions() {
    let mut world = without_cmake();
    durable::replace(Path::new(&world.path().join("root/etc/os-release")), b"ID=debian\n").unwrap();
    world.settings.system_root = world.path().join("root");
    let error = world.try_ensure(&world.pool(&json!({ "allow_package_installs": true }))).unwrap_err();
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(help.contains("apt-get install"), "{help}");
    assert!(!world.calls().iter().any(|call| call.starts_with("pacman")));
}
