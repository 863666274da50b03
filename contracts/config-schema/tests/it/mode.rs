//! EP-02: the mode of a pool, as written, by its only section, or by its engine.

use config_schema::{
    Engine::{self, Llamacpp, Sglang, Tgi, Triton, Vllm},
    Format, PoolConfig,
    ProvisioningMode::{self, Binary, Container, External, Package, Source},
};

use crate::support::{FORMATS, parse, write};

/// The section of each mode that has one, as short as possible.
const SECTIONS: [&str; 4] = [
    "source: {repo: /r, ref: main}",
    "container: {image: host/image, tag: t}",
    "package: {name: n}",
    "binary: {url: \"https://host/x\"}",
];

/// The mode of a pool whose `mode` is left out: the sections that are present, in the order of [`SECTIONS`], then the mode
/// of each engine, in the order of [`ENGINES`].
const LEFT_OUT: [([u8; 4], [ProvisioningMode; 5]); 16] = [
    ([0, 0, 0, 0], [Source, Container, Container, Container, Container]),
    ([1, 0, 0, 0], [Source, Source, Source, Source, Source]),
    ([0, 1, 0, 0], [Container, Container, Container, Container, Container]),
    ([0, 0, 1, 0], [Package, Package, Package, Package, Package]),
    ([0, 0, 0, 1], [Binary, Binary, Binary, Binary, Binary]),
    ([1, 1, 0, 0], [Source, Container, Container, Container, Container]),
    ([1, 0, 1, 0], [Source, Container, Container, Container, Container]),
    ([1, 0, 0, 1], [Source, Container, Container, Container, Container]),
    ([0, 1, 1, 0], [Source, Container, Container, Container, Container]),
    ([0, 1, 0, 1], [Source, Container, Container, Container, Container]),
    ([0, 0, 1, 1], [Source, Container, Container, Container, Container]),
    ([1, 1, 1, 0], [Source, Container, Container, Container, Container]),
    ([1, 1, 0, 1], [Source, Container, Container, Container, Container]),
    ([1, 0, 1, 1], [Source, Container, Container, Container, Container]),
    ([0, 1, 1, 1], [Source, Container, Container, Container, Container]),
    ([1, 1, 1, 1], [Source, Container, Container, Container, Container]),
];

/// The order of the engines in [`LEFT_OUT`].
const ENGINES: [Engine; 5] = [Llamacpp, Vllm, Sglang, Tgi, Triton];

/// A pool as it is loaded from a file.
fn pool(engine: Engine, mode: Option<ProvisioningMode>, present: [u8; 4]) -> PoolConfig {
    let sections = SECTIONS.iter().zip(present).filter(|(_, present)| *present == 1);
    let mode = mode.map(|mode| format!("mode: {mode}"));
    let keys: Vec<&str> = sections.map(|(text, _)| *text).chain(mode.as_deref()).collect();
    let provisioning = keys.join(", ");
    let text = format!("pools: [{{id: a, engine: {engine}, model: m, provisioning: {{{provisioning}}}}}]");
    parse(&text, Format::Yaml).pools.remove(0)
}

#[test]
fn the_table_has_every_engine_and_every_set_of_sections_once() {
    for engine in Engine::ALL {
        assert!(ENGINES.contains(&engine), "{engine}");
    }
    for bits in 0..16u8 {
        let present = [bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3];
        assert_eq!(LEFT_OUT.iter().filter(|(row, _)| *row == present).count(), 1, "{present:?}");
    }
}

#[test]
fn a_mode_that_is_left_out_follows_from_the_sections_and_the_engine() {
    for (present, modes) in LEFT_OUT {
        for (engine, expected) in ENGINES.into_iter().zip(modes) {
            let pool = pool(engine, None, present);
            assert_eq!(pool.provisioning.mode, None);
            assert_eq!(pool.mode(), expected, "{engine}, {present:?}");
        }
    }
}

/// A section of another mode is not an error and changes nothing.
#[test]
fn a_written_mode_wins_over_every_section() {
    for (present, _) in LEFT_OUT {
        for engine in ENGINES {
            for written in [External, Source, Container, Package, Binary] {
                let pool = pool(engine, Some(written), present);
                assert_eq!(pool.provisioning.mode, Some(written));
                assert_eq!(pool.mode(), written, "{engine}, {present:?}");
            }
        }
    }
}

/// EP-06: the rule is not applied on writing: a mode that was left out is read back as left out.
#[test]
fn a_mode_that_is_left_out_is_not_written() {
    for mode in [None, Some(Source)] {
        let mut config = parse(r#"{"pools":[{"id":"a","engine":"vllm","model":"m"}]}"#, Format::Json);
        config.pools[0].provisioning.mode = mode;
        let json = serde_json::to_value(&config).unwrap();
        assert_eq!(json.pointer("/pools/0/provisioning/mode").is_some(), mode.is_some(), "{json}");
        for format in FORMATS {
            assert_eq!(parse(&write(&config, format), format), config, "{format}");
        }
    }
}

/// EP-02: an engine of others is a section like the others.
#[test]
fn external_is_a_section() {
    let mode = |provisioning: &str| {
        let text = format!("pools: [{{id: a, engine: vllm, model: m, provisioning: {{{provisioning}}}}}]");
        parse(&text, Format::Yaml).pools.remove(0).mode()
    };
    assert_eq!(mode("external: {url: \"http://host:8000\"}"), External);
    assert_eq!(mode("external: {path: /opt/x}, binary: {url: \"https://host/x\"}"), Container);
}
