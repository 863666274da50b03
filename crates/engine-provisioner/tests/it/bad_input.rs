//! Bad input: each is told with a code and help, before any program is started.
use crate::support::{self, Place};

/// A place whose only tools leave a trace when they are run.
fn place() -> Place {
    let place = Place::bare();
    let tools = place.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    for name in ["git", "cmake", "ninja", "make", "cc", "c++", "gcc", "g++", "nvcc", "hf"] {
        testkit::fake_tool(&tools, name, &format!("echo {name} >> {}/started", place.path().display()));
    }
    place.env("PATH", &tools)
}

/// The pool with one piece replaced must be refused by `ensure` with this code, status and word in the text.
#[track_caller]
fn refused(from: &str, to: &str, status: i32, code: &str, word: &str) {
    let place = place();
    let model = testkit::tiny_model(place.path());
    place.write(&support::pool(&place.path().join("repo"), &model, &support::ports()));
    place.edit(from, to);
    let said = place.call(&["ensure", "--json"]);
    let document = said.json();
    let error = &document["error"];
    assert_eq!((said.code, error["code"].as_str()), (status, Some(code)), "{to}: {said:?}");
    let text = format!("{} {}", error["message"], error["help"]);
    assert!(text.contains(word), "{word} is not in {text}");
    assert!(error["help"].as_str().is_some_and(|help| !help.is_empty()), "{error}");
    let started = std::fs::read_to_string(place.path().join("started")).unwrap_or_default();
    assert_eq!(started, "", "{to}");
    assert!(!place.path().join("cache").exists() && !place.run_dir().exists(), "{to} left something");
    // The same for people: on standard error, and nothing on standard output.
    let said = place.call(&["ensure"]);
    assert_eq!((said.code, said.stdout.as_str()), (status, ""));
    assert!(said.stderr.contains(code), "{said:?}");
}

/// EP-02
#[test]
fn engines_and_modes_that_are_not_there() {
    refused("\"llamacpp\"", "\"llama.cp\"", 2, "config::unknown_variant", "llamacpp");
    for engine in ["vllm", "tgi", "triton", "sglang"] {
        refused("\"llamacpp\"", &format!("\"{engine}\""), 2, "pool::unsupported_engine", "llamacpp");
    }
    refused("\"source\"", "\"container\"", 2, "pool::unsupported_mode", "source");
    refused("\"source\"", "\"package\"", 2, "pool::no_package", "name");
    refused("\"source\"", "\"binary\"", 2, "pool::no_binary", "checksum");
    refused("\"source\"", "\"external\"", 2, "pool::no_external", "path");
}

/// EP-06
#[test]
fn keys_that_are_not_there() {
    refused("accelerator =", "acelerator =", 2, "config::unknown_key", "accelerator");
    refused("model = \"tiny\"", "", 2, "config::missing_key", "model");
    refused("[[pools]]", "[[pools", 2, "config::syntax", "pools.toml");
}

#[test]
fn two_pools_of_one_id() {
    let second = "[[pools]]\nid = \"tiny\"\nengine = \"llamacpp\"\nmodel = \"x\"\n[[pools]]";
    refused("[[pools]]", second, 2, "config::duplicate_pool", "tiny");
}

/// F34
#[test]
fn ids_that_are_no_names() {
    let long = "x".repeat(4096);
    for id in ["../x", "/etc/passwd", "", &long, "a\\u0000b", "A"] {
        refused("id = \"tiny\"", &format!("id = \"{id}\""), 2, "config::invalid_value", "a pool id is");
        let word = id.replace("\\u0000", "\u{1}");
        if !word.is_empty() {
            let place = place();
            let said = place.call_bare(&["stop", "--json", "--pool", &word]);
            assert_eq!((said.code, said.json()["error"]["code"].as_str()), (2, Some("usage::bad_pool")), "{said:?}");
            assert!(!place.run_dir().exists());
        }
    }
}

/// F28, F58
#[test]
fn refs_and_repositories_that_are_options_or_programs() {
    refused("ref = \"main\"", "ref = \"-bevil\"", 2, "config::invalid_value", "ref");
    for repo in ["ext::sh -c touch% x", "--upload-pack=touch x", "relative/path", "https://user:pass@host.example/x"] {
        let place = place();
        let model = testkit::tiny_model(place.path());
        let text = support::pool("REPO".as_ref(), &model, &[8080]);
        place.write(&text.replace("\"REPO\"", &format!("\"{repo}\"")));
        let said = place.call(&["ensure", "--json"]);
        assert_eq!((said.code, said.json()["error"]["code"].as_str()), (2, Some("config::invalid_value")), "{said:?}");
        assert!(!said.stdout.contains("user:pass"), "{said:?}");
    }
}

/// F49
#[test]
fn ports_that_cannot_be() {
    let place = place();
    let model = testkit::tiny_model(place.path());
    for (ports, status) in [("[0]", 2), ("[65536]", 2), ("[]", 2)] {
        place.write(&support::pool(place.path(), &model, &[7]).replace("[7]", ports));
        let said = place.call(&["plan", "--json"]);
        assert_eq!(said.code, status, "{said:?}");
        assert!(said.json()["error"]["code"].as_str().unwrap().starts_with("config::"));
    }
}

#[test]
fn command_lines_that_are_not_understood() {
    let place = place();
    for (words, status, code) in
        [(&["plan", "--json"][..], 2, "usage::no_config"), (&["stop", "--json"], 2, "usage::no_pool")]
    {
        let said = place.call_bare(words);
        assert_eq!((said.code, said.json()["error"]["code"].as_str()), (status, Some(code)));
    }
    assert_eq!(place.call_bare(&["plain"]).code, 2);
    assert_eq!(place.call_bare(&["plan", "--json", "-c", "/nonexistent/x.toml"]).json()["error"]["code"], "config::io");
}

/// A policy that is read and not enforced is told, never passed over.
#[test]
fn a_trust_policy_is_not_silently_ignored() {
    let place = Place::new();
    assert!(!place.call(&["plan"]).done().stderr.contains("trust_policy"));
    place.edit("[[pools]]", "[catalog.trust_policy]\nrequire_signature = true\n\n[[pools]]");
    for verb in ["plan", "doctor"] {
        let said = place.call(&[verb]).done();
        assert!(said.stderr.contains("`catalog.trust_policy` is not enforced here"), "{said:?}");
    }
}

/// EP-86: who is trusted is checked when the file is read; what has the form of a key and is none is refused.
#[test]
fn trusted_keys_are_keys() {
    let place = Place::new();
    let trust = |body: &str| {
        format!(
            "[[catalog.engine_trust.keys]]\nid = \"a\"\nrepositories = [\"ghcr.io/acme/*\"]\nkey = \"\"\"\n\
             -----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n\"\"\"\n\n[[pools]]"
        )
    };
    let key = trust("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
    place.edit("[[pools]]", &key);
    let said = place.call(&["plan"]).done();
    assert!(said.stderr.contains("`catalog.engine_trust` is checked (1 keys) and decides nothing yet"), "{said:?}");
    place.edit(&key, &trust(&format!("MCowBQYDK2VwAyEA{}=", "A".repeat(43))));
    let said = place.call(&["plan", "--json"]);
    assert_eq!((said.code, said.json()["error"]["code"].as_str()), (7, Some("trust::bad_key")), "{said:?}");
}

/// What CMake is to run is refused before anything runs, and the key that allows it is named.
#[test]
fn a_toolchain_file_that_nobody_allowed() {
    let flags = "[pools.provisioning.source.build]\ncmake_flags = [\"-DCMAKE_TOOLCHAIN_FILE=/nonexistent/x\"]\n\n[pools.provisioning.model]";
    refused("[pools.provisioning.model]", flags, 4, "build::unsafe_definition", "allow_unsafe_cmake = true");
    let allowed = flags.replace("cmake_flags", "allow_unsafe_cmake = true\ncmake_flags");
    let place = Place::new();
    place.edit("[pools.provisioning.model]", &allowed);
    let said = place.call(&["plan"]);
    assert!(said.code == 4 && said.stdout.contains("[build::unsafe_definition_file]"), "{said:?}");
}
