//! Loading from files: their names, their folders, and what cannot be read.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Write as _,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use config_schema::{Config, ModelRef};
use tempfile::TempDir;

use crate::support::{code, fixture, help};

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    File::create_new(&path).unwrap().write_all(bytes).unwrap();
    path
}

#[test]
fn relative_paths_are_meant_from_the_file_s_folder() {
    let config = Config::load(&fixture("every-key.toml")).unwrap();
    let folder = fixture("");
    let provisioning = &config.pools[0].provisioning;
    let source = provisioning.source.as_ref().unwrap();
    let binary = provisioning.binary.as_ref().unwrap();
    assert_eq!(source.build.cache_dir, Some(folder.join("cache")));
    assert_eq!(binary.install_dir, Some(folder.join("engine")));
    assert_eq!(provisioning.model.model_ref, Some(ModelRef::File(folder.join("models/x.gguf"))));
    assert_eq!(provisioning.model.cache_dir, Some(folder.join("model-cache")));
}

#[test]
fn absolute_paths_and_references_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let text = crate::support::yaml_pool("{model: {ref: 'hf:o/r', cache_dir: /srv/models}}");
    let config = Config::load(&file(&folder, "a.yaml", text.as_bytes())).unwrap();
    let model = &config.pools[0].provisioning.model;
    assert_eq!(model.cache_dir, Some(PathBuf::from("/srv/models")));
    assert_eq!(model.model_ref.as_ref().unwrap().to_string(), "hf:o/r");
}

#[test]
fn a_relative_file_name_still_gives_absolute_paths() {
    // Tests run in the folder of their package.
    let config = Config::load(Path::new("tests/fixtures/every-key.toml")).unwrap();
    assert_eq!(config, Config::load(&fixture("every-key.toml")).unwrap());
}

#[test]
fn the_name_tells_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = b"pools: [{id: a, engine: tgi, model: m}]";
    for name in ["a.yaml", "b.yml", "c.YAML"] {
        Config::load(&file(&folder, name, yaml)).unwrap();
    }
    for name in ["pools", "pools.txt", ".yaml", "pools.yaml.bak"] {
        let error = Config::load(&file(&folder, name, yaml)).unwrap_err();
        assert_eq!(code(&error), "config::format", "{error}");
        let shown = error.to_string();
        assert!(shown.contains("`.toml`, `.yaml`, `.yml` or `.json`"), "{shown}");
    }
}

#[test]
fn what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.toml");
    fs::create_dir(folder.path().join("folder.toml")).unwrap();
    for path in [absent, folder.path().join("folder.toml")] {
        let error = Config::load(&path).unwrap_err();
        assert_eq!(code(&error), "config::io", "{error}");
        assert_eq!(error.to_string(), format!("cannot read `{}`", path.display()));
        assert!(std::error::Error::source(&error).is_some());
        assert!(help(&error).contains("may read it"));
    }
}

#[test]
fn bytes_that_are_not_utf8_have_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "a.toml", b"# ok\nid = \"\xff\"\n");
    let error = Config::load(&path).unwrap_err();
    assert_eq!(code(&error), "config::syntax");
    assert_eq!(error.to_string(), format!("{}:2:7: the file is not UTF-8", path.display()));
}

#[test]
fn errors_of_a_file_name_it_with_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "a.toml", b"[[pools]]\r\nidd = \"a\"\r\n");
    let error = Config::load(&path).unwrap_err();
    let expected = format!("{}:2:1: `pools[0]`: unknown key `idd`", path.display());
    assert_eq!(error.to_string(), expected);
}

/// F39
#[test]
fn a_folder_whose_name_is_not_utf8_is_a_folder_like_any_other() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(OsStr::from_bytes(b"not-\xff-utf8"));
    fs::create_dir(&folder).unwrap();
    let path = folder.join("pools.yaml");
    let text = crate::support::yaml_pool("{model: {ref: x.gguf}}");
    File::create_new(&path).unwrap().write_all(text.as_bytes()).unwrap();

    let config = Config::load(&path).unwrap();
    let model = config.pools[0].provisioning.model.model_ref.as_ref();
    assert_eq!(model, Some(&ModelRef::File(folder.join("x.gguf"))));
    let refused = serde_json::to_string(&config).unwrap_err();
    assert!(refused.to_string().contains("not valid UTF-8"), "{refused}");
}
