//! One pool file with every mode: plan, ensure, status and stop of each pool.
//!
//! EP-02, EP-05, EP-43, EP-89

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use testkit::shell;

use crate::support::{Place, pool, ports};

/// Pools that run, with the mode of each; the one that others run comes after the one that it is.
const RUN: [(&str, &str); 4] =
    [("tiny", "source"), ("archive", "binary"), ("installed", "external"), ("shared", "external")];

/// Modes that are read and rejected by name, with exit status and code: containers are not run yet, and packages are
/// Arch's. A mode that is built moves from here to `RUN`.
const REJECTED: [(&str, i32, &str); 2] =
    [("image", 2, "pool::unsupported_mode"), ("packaged", 3, "preflight::package_unsupported")];

/// A folder whose pools are all let go of in the end.
struct Modes(Place);

impl Drop for Modes {
    fn drop(&mut self) {
        for (id, _) in RUN.iter().rev() {
            self.0.call_bare(&["stop", "--pool", id]);
        }
    }
}

/// An archive of what was built, by the real tar, with its digest.
fn archive(program: &Path, place: &Place) -> (PathBuf, String) {
    let archive = place.path().join("llama.tar.gz");
    shell("tar -czf \"$2\" -C \"$1\" .", &[program.parent().unwrap(), &archive]);
    let digest = Sha256::digest(fs::read(&archive).unwrap());
    let digits = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    (archive, digits)
}

/// The pool file: the pool from source that is there already, and one for each other mode.
fn write(place: &Place, source: String, model: &Path, program: &Path, url: &str) {
    let (archive, digest) = archive(program, place);
    let one = |id: &str, mode: &str, sections: &str| {
        let (ports, model) = (ports(), model.display());
        format!(
            "\n[[pools]]\nid = \"{id}\"\nengine = \"llamacpp\"\nmodel = \"tiny\"\n\n[pools.provisioning]\nmode = \"{mode}\"\n\
             accelerator = \"cpu\"\nports = {ports:?}\n{sections}\n\n[pools.provisioning.model]\nref = \"{model}\"\n"
        )
    };
    let binary = format!("binary = {{ url = \"file://{}\", checksum = \"sha256:{digest}\" }}", archive.display());
    let shared = format!(
        "\n[[pools]]\nid = \"shared\"\nengine = \"llamacpp\"\nmodel = \"tiny\"\n\n[pools.provisioning]\n\
         accelerator = \"cpu\"\nexternal = {{ url = \"{url}\" }}\n"
    );
    let text = [
        source,
        one("archive", "binary", &binary),
        one("installed", "external", &format!("external = {{ path = \"{}\" }}", program.display())),
        shared,
        one("image", "container", "container = { image = \"ghcr.io/ggml-org/llama.cpp\", tag = \"server\" }"),
        one("packaged", "package", "package = { name = \"llama.cpp\" }"),
    ];
    place.write(&text.concat());
}

fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn a_pool_file_with_every_mode() {
    let place = Modes(Place::bare());
    let place = &place.0;
    let repo = testkit::tiny_llama_repo(place.path());
    let model = testkit::tiny_model(place.path());
    let source = pool(&repo.path, &model, &ports());
    place.write(&source);
    let built = place.call(&["ensure", "--wait", "--json"]).done().json();
    write(place, source, &model, Path::new(text(&built, "binary_path")), text(&built, "url"));

    for (id, mode) in RUN {
        let plan = place.call(&["plan", "--json", "--pool", id]).done().json();
        assert_eq!(text(&plan, "pool_id"), id);
        let ensured = place.call(&["ensure", "--wait", "--json", "--pool", id]).done().json();
        assert_eq!((text(&ensured, "provisioning_mode"), text(&ensured, "pool_id")), (mode, id), "{ensured}");
        let again = place.call(&["plan", "--json", "--pool", id]).done().json();
        let steps = again["steps"].as_array().unwrap();
        assert!(steps.iter().all(|step| step["status"] == "satisfied"), "{id}: {again}");
        assert_eq!(place.call(&["ensure", "--json", "--pool", id]).done().json()["started"], "already");
    }
    for (id, _) in RUN {
        let status = place.call(&["status", "--json", "--pool", id]).done().json();
        assert_eq!((text(&status, "state"), text(&status, "health")), ("running", "ready"), "{status}");
        let people = place.call(&["status", "--pool", id]).done().stdout;
        assert!(people.contains("running") && people.contains("http://127.0.0.1:"), "{people}");
    }
    // What is not built is rejected by name, before anything happens; the other pools are not disturbed.
    for (id, status, code) in REJECTED {
        let said = place.call(&["ensure", "--json", "--pool", id]);
        assert_eq!((said.code, said.json()["error"]["code"].as_str().unwrap_or_default()), (status, code), "{said:?}");
        let plan = place.call(&["plan", "--json", "--pool", id]);
        assert!(plan.code == status && plan.stdout.contains(code), "{plan:?}");
        assert_eq!(text(&place.call(&["status", "--json", "--pool", id]).json(), "state"), "absent");
    }
    // The engine of `tiny` is the one that `shared` uses: it is left running, then lost.
    let stop = |id: &str| place.call(&["stop", "--json", "--pool", id]).done().json()["stopped"].clone();
    assert_eq!(stop("shared"), "left_running");
    assert_eq!(place.call(&["status", "--pool", "tiny"]).code, 0);
    place.call(&["ensure", "--pool", "shared"]).done();
    for id in ["tiny", "archive", "installed"] {
        assert_eq!(stop(id), "graceful", "{id}");
        assert_eq!(stop(id), "nothing_recorded", "{id}");
    }
    let lost = place.call(&["status", "--json", "--pool", "shared"]);
    assert_eq!((lost.code, text(&lost.json(), "state")), (8, "unreachable"), "{lost:?}");
    let people = place.call(&["stop", "--pool", "shared"]).done().stdout;
    assert!(people.contains("left running"), "{people}");
}
