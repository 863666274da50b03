//! Lock files through the command line: what was pinned runs again after branch, tag and model moved; what cannot be
//! pinned is refused by name.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use testkit::Repo;

use crate::support::{Place, Said};

#[path = "../../../model-provisioner/tests/it/support/http.rs"]
mod http;
#[expect(dead_code, reason = "the hub of another crate's tests can do more")]
#[path = "../../../model-provisioner/tests/it/support/hub.rs"]
mod hub;

fn repo(place: &Place) -> Repo {
    Repo { path: place.path().join("tiny-llama"), commit: String::new(), first: String::new() }
}

fn lock_file(place: &Place) -> PathBuf {
    place.path().join("pools.lock.toml")
}

fn lock_text(place: &Place) -> String {
    fs::read_to_string(lock_file(place)).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "no other process reads it while it is written")]
fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

/// A GGUF file without tensors, with some bytes behind its header.
fn gguf(filling: u8) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.resize(32, 0);
    bytes.resize(64, filling);
    bytes
}

#[track_caller]
fn refused(said: &Said, status: i32, code: &str) -> String {
    let error = said.json()["error"].clone();
    assert_eq!((said.code, error["code"].as_str()), (status, Some(code)), "{said:?}");
    error["message"].as_str().unwrap().to_owned()
}

/// A lock file made today starts the same commit after the branch moved, also with the repository away.
#[test]
fn a_pinned_commit_is_built_after_the_branch_moved() {
    let place = Place::new();
    let repo = repo(&place);
    let pinned = repo.git(&["rev-parse", "main"]);
    let said = place.call(&["lock"]).done();
    assert!(said.stdout.contains(&format!("main is pinned to {pinned}")), "{said:?}");
    let text = lock_text(&place);
    assert!(text.contains(&format!("\nname = \"refs/heads/main\"\ncommit = \"{pinned}\"\n")), "{text}");
    assert!(text.contains("\"tiny.gguf\" = \"sha256:"), "{text}");
    assert_eq!(fs::metadata(lock_file(&place)).unwrap().permissions().mode() & 0o777, 0o644);
    assert!(
        !place.path().join("cache/v1/store").join("x").exists() && !place.run_dir().exists(),
        "nothing is prepared"
    );

    let moved = repo.change("CHANGES", "third\n");
    // Without --update the pin stays, comments too, and what could be updated is said.
    write(&lock_file(&place), text.replace("[pools.tiny.commit]", "# reviewed\n[pools.tiny.commit]").as_bytes());
    let said = place.call(&["lock"]).done();
    assert!(said.stdout.contains(&format!("main is now at {moved}, and stays pinned to {pinned}")), "{said:?}");
    assert!(lock_text(&place).contains("# reviewed\n[pools.tiny.commit]"));
    let plan = place.call(&["plan"]).done().stdout;
    assert!(
        plan.contains(&format!("drift: `main` is pinned to {pinned}, and this host last saw it at {moved}")),
        "{plan}"
    );
    let plan = place.call(&["plan", "--locked"]).done().stdout;
    assert!(plan.contains(&pinned) && !plan.contains(&moved), "{plan}");

    let first = place.call(&["ensure", "--locked", "--json"]).done().json();
    assert_eq!(first["build_ref"], pinned.as_str());
    place.call(&["stop"]).done();
    // The repository is gone: what is pinned is here, and the network is not asked.
    fs::rename(&repo.path, repo.path.with_extension("away")).unwrap();
    let again = place.call(&["ensure", "--locked", "--json"]).done().json();
    assert_eq!((&again["build_ref"], &again["build_key"]), (&first["build_ref"], &first["build_key"]));
    let message = refused(&place.call(&["lock", "--json"]), 7, "pin::away");
    assert!(message.contains("tiny-llama"), "{message}");
    assert!(lock_text(&place).contains(&pinned), "a lock that fails writes nothing");

    fs::rename(repo.path.with_extension("away"), &repo.path).unwrap();
    place.call(&["lock", "--update", "commit"]).done();
    let text = lock_text(&place);
    assert!(text.contains(&moved) && !text.contains(&pinned) && text.contains("# reviewed"), "{text}");
}

#[test]
fn a_tag_that_moved_and_a_branch_that_vanished_are_named() {
    let place = Place::new();
    let repo = repo(&place);
    place.edit("ref = \"main\"", "ref = \"b1\"");
    place.call(&["lock"]).done();
    let text = lock_text(&place);
    assert!(text.contains("name = \"refs/tags/b1\""), "{text}");
    place.call(&["lock"]).done();
    assert_eq!(lock_text(&place), text, "the same again");
    repo.git(&["tag", "--force", "b1", "main"]);
    let message = refused(&place.call(&["lock", "--json"]), 7, "pin::tag_moved");
    assert!(message.contains("the tag `b1` was "), "{message}");
    assert_eq!(lock_text(&place), text);
    place.call(&["lock", "--update", "commit"]).done();
    assert!(lock_text(&place).contains(&repo.git(&["rev-parse", "main"])));
    // The pool names something else now.
    place.edit("ref = \"b1\"", "ref = \"dev\"");
    refused(&place.call(&["ensure", "--locked", "--json"]), 7, "pin::other");
    place.call(&["lock"]).done();
    repo.git(&["branch", "--delete", "--force", "dev"]);
    let message = refused(&place.call(&["lock", "--json"]), 7, "pin::vanished");
    assert!(message.contains("no branch, tag or commit `dev`"), "{message}");
    let ensured = place.call(&["prepare", "--locked", "--json"]).done().json();
    assert_eq!(ensured["build_ref"], repo.git(&["rev-parse", "main^"]).as_str());
}

#[test]
fn a_bad_lock_file_is_refused_by_name() {
    let place = Place::new();
    let ensure = || place.call(&["ensure", "--locked", "--json"]);
    refused(&ensure(), 7, "pin::no_file");
    place.call(&["lock"]).done();
    let (path, text) = (lock_file(&place), lock_text(&place));
    let whole = text.as_bytes();
    let model = text.find("[pools.tiny.model]").unwrap();
    for (bytes, code) in [
        (whole[..whole.len() / 2].to_vec(), "pin::unreadable"),
        (Vec::new(), "pin::unreadable"),
        (b"schema = 9\n".to_vec(), "pin::version"),
        (b"schema = 1\n".to_vec(), "pin::missing"),
        (whole[..model].to_vec(), "pin::missing"),
        (vec![0xff, 0xfe], "pin::unreadable"),
    ] {
        write(&path, &bytes);
        refused(&ensure(), 7, code);
    }
    write(&path, &vec![b'#'; (4 << 20) + 1]);
    refused(&ensure(), 1, "file::too_large");
    write(&path, whole);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    refused(&ensure(), 7, "pin::foreign");
    fs::rename(&path, path.with_extension("real")).unwrap();
    std::os::unix::fs::symlink(path.with_extension("real"), &path).unwrap();
    refused(&ensure(), 1, "file::not_regular");
    assert_eq!(place.call(&["status"]).code, 6, "nothing was started");
    // A working tree has no commit.
    fs::remove_file(&path).unwrap();
    place.edit("ref = \"main\"", "ref = \"WORKTREE\"");
    refused(&place.call(&["lock", "--json"]), 7, "pin::work_tree");
}

/// A model of this host that was replaced is refused, before anything is started.
#[test]
fn a_model_of_this_host_is_the_pinned_one() {
    let place = Place::new();
    place.call(&["lock"]).done();
    place.call(&["prepare", "--locked"]).done();
    let model = place.path().join("tiny.gguf");
    let old = fs::read(&model).unwrap();
    write(&model, &gguf(7));
    let message = refused(&place.call(&["ensure", "--locked", "--json"]), 7, "pin::changed");
    assert!(message.contains("the model's file `tiny.gguf`"), "{message}");
    assert_eq!(place.call(&["plan", "--locked"]).code, 7, "what was hashed is known to a plan");
    write(&model, &old);
    place.call(&["ensure", "--locked"]).done();
    place.call(&["stop"]).done();
    write(&model, &gguf(7));
    let said = place.call(&["lock"]).done();
    assert!(said.stdout.contains("the pin stays"), "{said:?}");
    place.call(&["lock", "--update", "model"]).done();
    place.call(&["ensure", "--locked"]).done();
}

/// A model of a hub is the pinned one after its repository moved on; what is there is not asked for.
#[test]
fn a_model_of_a_hub_is_the_pinned_one() {
    let hub = hub::Hub::start();
    let old = hub.push("o/r", &[("m.gguf", gguf(1))]);
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/huggingface_hub/bin");
    let tools = exec::Env::current().get("HF_COMMAND_DIR").map_or(tools, PathBuf::from);
    assert!(tools.join("hf").is_file(), "run `cargo xtask test` once, which installs `hf` in {}", tools.display());
    let path = exec::Env::current().get("PATH").map(PathBuf::from).unwrap();
    let path = format!("{}:{}", tools.canonicalize().unwrap().display(), path.display());
    let place = Place::new().env("HF_ENDPOINT", hub.url()).env("PATH", path);
    place.edit(&format!("ref = \"{}\"", place.path().join("tiny.gguf").display()), "ref = \"hf:o/r/m.gguf\"");
    place.call(&["lock"]).done();
    let text = lock_text(&place);
    let digest = hub::sha256(&gguf(1));
    assert!(
        text.contains(&format!("revision = \"{old}\"")) && text.contains(&format!("\"m.gguf\" = \"sha256:{digest}\"")),
        "{text}"
    );
    let new = hub.push("o/r", &[("m.gguf", gguf(2))]);
    // Without the lock file the newest is fetched, and is not what `--locked` takes.
    let unlocked = place.call(&["prepare", "--json"]).done().json();
    assert_eq!(unlocked["model"]["revision"], new.as_str());
    let plan = place.call(&["plan"]).done().stdout;
    assert!(plan.contains("drift: the model's commit"), "{plan}");
    let locked = place.call(&["ensure", "--locked", "--json"]).done().json();
    assert_eq!(locked["model"]["revision"], old.as_str());
    assert_eq!(locked["model"]["files"][0]["digest"], format!("sha256:{digest}").as_str());
    place.call(&["stop"]).done();
    let asked = hub.state().log.len();
    let again = place.call(&["ensure", "--locked", "--json"]).done().json();
    assert_eq!(again["model"], locked["model"]);
    assert_eq!(hub.state().log.len(), asked, "the hub is not asked for what is there");
    // Bytes that are not those of the pin: a hub that serves others under the same commit.
    place.call(&["stop"]).done();
    write(Path::new(again["model"]["path"].as_str().unwrap()), &gguf(9));
    refused(&place.call(&["ensure", "--locked", "--json"]), 7, "pin::changed");
    hub.state().repos.clear();
    refused(&place.call(&["lock", "--json"]), 7, "pin::away");
}
