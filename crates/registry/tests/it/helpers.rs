//! Credentials in files and from a helper program.

use cancel::Cancel;
use registry::{Credentials, Options};
use testkit::exec::Env;
use testkit::{RealRegistry, RegistrySetup, fake_tool, write};

use crate::support::{code, push_image, with};

#[test]
fn files_and_helpers_log_in() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup { login: true, ..RegistrySetup::default() });
    let push = |env: &Env| {
        let registry = with(&real.host, "a", Options::default(), Credentials::of_user(env, Cancel::new()));
        push_image(&registry, "amd64", b"1", "v1");
    };
    // podman's file.
    let auth = format!(r#"{{"auths":{{"{}":{{"auth":"dGVzdGVyOmh1bnRlcjI="}}}}}}"#, real.host);
    write(&dir.path().join("run/containers/auth.json"), &auth);
    push(&Env::from_pairs([("XDG_RUNTIME_DIR", dir.path().join("run"))]));
    write(&dir.path().join("own.json"), &auth);
    push(&Env::from_pairs([("REGISTRY_AUTH_FILE", dir.path().join("own.json")), ("HOME", dir.path().join("none"))]));
    // docker's file, with a helper: it reads the registry's name, and its arguments hold nothing else than `get`.
    write(&dir.path().join("docker/config.json"), &format!(r#"{{"credHelpers":{{"{}":"test"}}}}"#, real.host));
    let script = format!(
        "echo \"$@\" > {0}/args; cat > {0}/read; echo '{{\"ServerURL\":\"x\",\"Username\":\"tester\",\"Secret\":\"hunter2\"}}'",
        dir.path().display()
    );
    let bin = dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    fake_tool(&bin, "docker-credential-test", &script);
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let env = Env::from_pairs([("DOCKER_CONFIG", dir.path().join("docker").into_os_string()), ("PATH", path.into())]);
    push(&env);
    let text_of = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!((text_of("args").trim(), text_of("read").trim()), ("get", real.host.as_str()));
}

#[test]
fn a_file_or_helper_that_fails_is_named_without_its_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup { login: true, ..RegistrySetup::default() });
    let bin = dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    fake_tool(&bin, "docker-credential-none", "echo 'credentials not found in native keychain'; exit 1");
    fake_tool(&bin, "docker-credential-broken", "echo hunter2");
    fake_tool(&bin, "docker-credential-locked", "echo 'the key ring is locked'; exit 1");
    let file = dir.path().join("auth.json");
    for (text, expected, words) in [
        (r#"{"credsStore":"none"}"#.to_owned(), "image::access_denied", "refuses access"),
        (r#"{"credsStore":"broken"}"#.to_owned(), "registry::credentials", "other than a log-in"),
        (r#"{"credsStore":"locked"}"#.to_owned(), "registry::credentials", "the key ring is locked"),
        (r#"{"credsStore":"absent"}"#.to_owned(), "registry::credentials", "not on PATH"),
        (r#"{"credsStore":"../../bin/sh"}"#.to_owned(), "registry::credentials", "characters"),
        (format!(r#"{{"auths":{{"{}":{{"auth":"hunter2"}}}}}}"#, real.host), "registry::credentials", "Base64"),
        ("hunter2".to_owned(), "registry::credentials", "malformed in line 1"),
    ] {
        write(&file, &text);
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let env = Env::from_pairs([("REGISTRY_AUTH_FILE", file.as_os_str()), ("PATH", path.as_ref())]);
        let registry = with(&real.host, "a", Options::default(), Credentials::of_user(&env, Cancel::new()));
        let error = registry.tags().unwrap_err();
        assert_eq!(code(&error), expected, "{text}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(words) && !shown.contains("hunter2"), "{shown}");
    }
}
