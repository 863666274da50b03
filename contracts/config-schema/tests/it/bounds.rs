//! F79: no file, however made, costs more than a bounded amount of memory and stack.

use std::{fmt::Write as _, fs::File, io::Write as _, time::Instant};

use config_schema::{Config, Format};

use crate::support::{FORMATS, code, refusal};

#[track_caller]
fn too_large(text: &str, format: Format) {
    let started = Instant::now();
    let error = refusal(text, format);
    assert_eq!(code(&error), "config::too_large", "{format}: {error}");
    assert!(started.elapsed().as_secs() < 10, "{format}: {:?}", started.elapsed());
}

#[test]
fn a_text_of_more_than_one_mebibyte() {
    let mut text = "#".repeat(1024 * 1024);
    let error = refusal(&text, Format::Toml);
    assert_eq!(code(&error), "config::missing_key", "{error}");
    text.push('#');
    for format in FORMATS {
        too_large(&text, format);
    }
}

#[test]
fn a_file_of_a_hundred_megabytes_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pools.yaml");
    File::create_new(&path).unwrap().set_len(100_000_000).unwrap();
    let error = Config::load(&path).unwrap_err();
    assert_eq!(code(&error), "config::too_large", "{error}");
}

/// Reading stops in the middle of a character, which is no mistake of the file.
#[test]
fn a_large_file_of_long_characters_is_too_large_and_not_broken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pools.yaml");
    let mut file = File::create_new(&path).unwrap();
    file.write_all("é".repeat(600_000).as_bytes()).unwrap();
    let error = Config::load(&path).unwrap_err();
    assert_eq!(code(&error), "config::too_large", "{error}");
}

#[test]
fn depth() {
    let deep = 200_000;
    too_large(&format!("a = {}", "[".repeat(deep)), Format::Toml);
    too_large(&format!("{} = 1", vec!["a"; deep].join(".")), Format::Toml);
    too_large(&format!("[{}]", vec!["a"; deep].join(".")), Format::Toml);
    too_large(&"[".repeat(deep), Format::Yaml);
    too_large(&"{a: ".repeat(deep), Format::Yaml);
    too_large(&"- ".repeat(deep), Format::Yaml);
    too_large(&"[".repeat(deep), Format::Json);
    too_large(&"{\"a\":".repeat(deep), Format::Json);
    let hundred = format!("{}{}", "[".repeat(100), "]".repeat(100));
    too_large(&hundred, Format::Json);
    too_large(&hundred, Format::Yaml);
    too_large(&format!("a = {hundred}"), Format::Toml);
}

#[test]
fn an_alias_bomb() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{before}]").unwrap();
    }
    too_large(&text, Format::Yaml);
}

#[test]
fn one_long_text_named_again_and_again() {
    let long = "x".repeat(400_000);
    let aliases = vec!["*x"; 100_000].join(", ");
    too_large(&format!("a: &x {long}\nb: [{aliases}]\n"), Format::Yaml);
}

#[test]
fn aliases_that_only_make_it_deep() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..70 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    too_large(&text, Format::Yaml);
    let shown = refusal(&text, Format::Yaml).to_string();
    assert!(shown.ends_with("nested deeper than 64 levels"), "{shown}");
}

#[test]
fn a_long_list_in_one_line_is_read_in_linear_time() {
    let started = Instant::now();
    let list = vec!["0"; 200_000].join(",");
    let error = refusal(&format!("{{\"pools\":[{{\"devices\":[{list},\"x\"]}}]}}"), Format::Json);
    assert!(error.to_string().contains("`pools[0].devices[200000]`"), "{error}");
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
