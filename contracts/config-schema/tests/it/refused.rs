//! Every kind of error, in all three formats, with its code, its line and its help.

use config_schema::{Config, Format};

use crate::support::{FORMATS, code, help, parse, refusal};

/// One mistake in TOML, YAML and JSON: all three say the same, each at its own line and column.
#[track_caller]
fn check(texts: [&str; 3], expected_code: &str, positions: [&str; 3], message: &str, advice: &str) {
    for ((text, format), position) in texts.into_iter().zip(FORMATS).zip(positions) {
        let error = refusal(text, format);
        assert_eq!(code(&error), expected_code, "{format}: {error}");
        assert_eq!(error.to_string(), format!("f:{position}: {message}"), "{format}");
        let help = help(&error);
        assert!(help.contains(advice), "{format}: {help}");
    }
}

#[test]
fn unknown_key() {
    check(
        [
            "[[pools]]\nid = \"a\"\nengine = \"vllm\"\nmodel = \"m\"\n[pools.provisioning]\nprots = [1]\n",
            "pools:\n- id: a\n  engine: vllm\n  model: m\n  provisioning:\n    prots: [1]\n",
            "{\"pools\": [{\"id\": \"a\",\n\"engine\": \"vllm\",\n\"model\": \"m\",\n\"provisioning\": {\n  \"prots\": [1]}}]}",
        ],
        "config::unknown_key",
        ["6:1", "6:5", "5:3"],
        "`pools[0].provisioning`: unknown key `prots`",
        "did you mean `ports`?",
    );
    check(
        ["pool = 1", "pool: 1", "{\"pool\": 1}"],
        "config::unknown_key",
        ["1:1", "1:1", "1:2"],
        "unknown key `pool`",
        "did you mean `pools`?",
    );
    check(
        ["x = 1", "x: 1", "{\"x\": 1}"],
        "config::unknown_key",
        ["1:1", "1:1", "1:2"],
        "unknown key `x`",
        "the keys known here are `catalog`, `pools`",
    );
}

#[test]
fn the_first_mistake_of_the_file_is_the_one_reported() {
    check(
        ["z = 1\na = 1", "z: 1\na: 1", "{\"z\": 1,\n\"a\": 1}"],
        "config::unknown_key",
        ["1:1", "1:1", "1:2"],
        "unknown key `z`",
        "`pools`",
    );
}

#[test]
fn unknown_variant() {
    check(
        [
            "[[pools]]\nid = \"a\"\nengine = \"lamacpp\"\nmodel = \"m\"\n",
            "pools:\n- id: a\n  engine: lamacpp\n  model: m\n",
            "{\"pools\": [{\"id\": \"a\",\n\"engine\": \"lamacpp\"}]}",
        ],
        "config::unknown_variant",
        ["3:10", "3:11", "2:11"],
        "`pools[0].engine`: unknown value `lamacpp`",
        "did you mean `llamacpp`? (the values known here are `llamacpp`, `vllm`, `tgi`, `triton`, `sglang`)",
    );
}

#[test]
fn invalid_value_with_the_reason_and_help_of_its_type() {
    check(
        ["[[pools]]\nid = \"../x\"\n", "pools:\n- id: ../x\n", "{\"pools\": [\n {\"id\": \"../x\"}]}"],
        "config::invalid_value",
        ["2:6", "2:7", "2:9"],
        "`pools[0].id`: a pool id is 1 to 64 characters of `a-z`, `0-9`, `_` and `-`, and starts with a letter or digit",
        "it names files",
    );
}

#[test]
fn value_of_another_type() {
    check(
        [
            "[[pools]]\nid = \"a\"\nctx = \"4096\"\n",
            "pools:\n- id: a\n  ctx: \"4096\"\n",
            "{\"pools\": [{\"id\": \"a\",\n\"ctx\": \"4096\"}]}",
        ],
        "config::invalid_value",
        ["3:7", "3:8", "2:8"],
        "`pools[0].ctx`: expected a whole number from 0 to 4294967295, found a text",
        "without quotes",
    );
    check(
        ["pools = 1", "pools: 1", "{\"pools\": 1}"],
        "config::invalid_value",
        ["1:9", "1:8", "1:11"],
        "`pools`: expected a list, found a whole number",
        "[[name]]",
    );
}

#[test]
fn missing_key() {
    check(
        [
            "[[pools]]\nid = \"a\"\nmodel = \"m\"\n",
            "pools:\n- id: a\n  model: m\n",
            "{\"pools\": [\n  {\"id\": \"a\", \"model\": \"m\"}]}",
        ],
        "config::missing_key",
        ["1:1", "2:3", "2:3"],
        "`pools[0]`: missing key `engine`",
        "add `engine` there",
    );
    check(
        ["", "# only a comment\n", "{}"],
        "config::missing_key",
        ["1:1", "1:1", "1:1"],
        "missing key `pools`",
        "add `pools` there",
    );
}

#[test]
fn duplicate_key() {
    let texts = [
        "[[pools]]\nid = \"a\"\nid = \"b\"\n",
        "pools:\n- id: a\n  id: b\n",
        "{\"pools\": [{\"id\": \"a\",\n\"id\": \"b\"}]}",
    ];
    for ((text, format), position) in texts.into_iter().zip(FORMATS).zip(["3:1", "3:3", "2:1"]) {
        let error = refusal(text, format);
        assert_eq!(code(&error), "config::duplicate_key", "{format}: {error}");
        let shown = error.to_string();
        assert!(shown.starts_with(&format!("f:{position}: ")), "{shown}");
        assert!(shown.ends_with("the key `id` stands here a second time"), "{shown}");
    }
}

#[test]
fn duplicate_variable_in_env() {
    for (text, format) in [
        ("{\"pools\":[{\"provisioning\":{\"env\":{\"A\":\"1\",\n\"A\":\"2\"}}}]}", Format::Json),
        ("pools: [{provisioning: {env: {A: 1,\nA: 2}}}]", Format::Yaml),
    ] {
        let error = refusal(text, format);
        assert_eq!(code(&error), "config::duplicate_key", "{error}");
        assert_eq!(error.to_string(), "f:2:1: `pools[0].provisioning.env`: the key `A` stands here a second time");
    }
}

#[test]
fn duplicate_pool() {
    check(
        [
            "[[pools]]\nid = \"a\"\nengine = \"tgi\"\nmodel = \"m\"\n[[pools]]\nid = \"a\"\nengine = \"tgi\"\nmodel = \"m\"\n",
            "pools:\n- {id: a, engine: tgi, model: m}\n- {id: a, engine: tgi, model: m}\n",
            "{\"pools\": [{\"id\": \"a\", \"engine\": \"tgi\", \"model\": \"m\"},\n{\"id\": \"a\", \"engine\": \"tgi\", \"model\": \"m\"}]}",
        ],
        "config::duplicate_pool",
        ["6:6", "3:8", "2:8"],
        "`pools[1].id`: `pools[0]` and `pools[1]` have the same id `a`",
        "another id",
    );
}

#[test]
fn no_pools() {
    check(
        ["pools = []", "pools: []", "{\"pools\": []}"],
        "config::invalid_value",
        ["1:9", "1:8", "1:11"],
        "`pools`: there is no pool",
        "at least one pool",
    );
}

#[test]
fn syntax() {
    let texts = ["[[pools]]\nid = \n", "pools:\n- id: a\n  engine: ]\n", "{\"pools\": [\n{\"id\" \"a\"}]}"];
    for ((text, format), position) in texts.into_iter().zip(FORMATS).zip(["2:", "3:11", "2:7"]) {
        let error = refusal(text, format);
        assert_eq!(code(&error), "config::syntax", "{error}");
        let start = format!("f:{position}");
        let message = format!(": this is not valid {format}: ");
        let shown = error.to_string();
        assert!(shown.starts_with(&start) && shown.contains(&message), "{shown}");
    }
}

#[test]
fn yaml_that_has_no_meaning_here() {
    for (text, position) in [
        ("pools: []\n---\npools: []\n", "2:1"),
        ("pools: !secret x\n", "1:16"),
        ("? [a]\n: 1\n", "1:3"),
        ("pools: *unknown\n", "1:8"),
        ("pools: &a [*a]\n", "1:12"),
    ] {
        let error = refusal(text, Format::Yaml);
        assert_eq!(code(&error), "config::syntax", "{error}");
        assert!(error.to_string().starts_with(&format!("f:{position}: ")), "{error}");
    }
}

#[test]
fn no_such_pool() {
    let several: Config =
        parse("pools: [{id: gpu-0, engine: tgi, model: m}, {id: gpu-1, engine: tgi, model: m}]", Format::Yaml);
    let error = several.pool(None).unwrap_err();
    assert_eq!(code(&error), "config::no_such_pool");
    assert_eq!(error.to_string(), "no pool is named, and there are 2");
    assert_eq!(help(&error), "name one of `gpu-0`, `gpu-1`");

    let error = several.pool(Some("gpu1")).unwrap_err();
    assert_eq!(code(&error), "config::no_such_pool");
    assert_eq!(error.to_string(), "there is no pool `gpu1`");
    assert_eq!(help(&error), "did you mean `gpu-1`? The pools are `gpu-0`, `gpu-1`");
}
