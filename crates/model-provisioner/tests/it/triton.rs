//! Triton model repositories.

use std::fs;
use std::path::Path;

use model_provisioner::{ModelRequest, Presence};

use crate::local::models;
use crate::support::tree::write;

fn why(root: &Path) -> String {
    match models(root).inspect(&ModelRequest::triton(root.join("models"))) {
        Presence::Present(found) => format!("{} files", found.staged.files.len()),
        Presence::Unusable(error) => error.to_string(),
        Presence::Fetchable(_) => panic!(),
    }
}

#[test]
fn models_have_a_configuration_and_numbered_versions() {
    let dir = tempfile::tempdir().unwrap();
    let check = |expected: &str| assert!(why(dir.path()).contains(expected), "{} is not: {expected}", why(dir.path()));
    check("there is no model file");
    fs::create_dir_all(dir.path().join("models")).unwrap();
    check("it has no folder of a model");
    write(dir.path(), &[("models/resnet/1/model.onnx", b"x")]);
    check("it has no config.pbtxt");
    write(dir.path(), &[("models/resnet/config.pbtxt", b"name: \"resnet\"\nplatform: \"onnxruntime_onnx\"\n")]);
    check("2 files");
    write(
        dir.path(),
        &[("models/other/config.pbtxt", b"input [\n  { name: \"x\" }\n]\n"), ("models/other/v1/m", b"x")],
    );
    check("it has no folder of a version (1, 2, …), but v1");
    write(dir.path(), &[("models/other/2/m", b"x"), ("models/README.md", b"")]);
    check("6 files");
    write(dir.path(), &[("models/other/config.pbtxt", b"name: \"another\"\n")]);
    check("names the model `another`, and the folder is `other`");
    write(dir.path(), &[("models/config.pbtxt", b"")]);
    check("it is the folder of one model; name the folder above it");
}

#[test]
fn no_link_leaves_it() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("models/m/config.pbtxt", b""), ("models/m/1/x", b"x"), ("outside", b"x")]);
    std::os::unix::fs::symlink("x", dir.path().join("models/m/1/inside")).unwrap();
    assert_eq!(why(dir.path()), "3 files");
    std::os::unix::fs::symlink("../../../outside", dir.path().join("models/m/1/weights")).unwrap();
    assert!(why(dir.path()).contains("outside of the model's folder"), "{}", why(dir.path()));
}
