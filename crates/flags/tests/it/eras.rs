//! The help of every release at hand is read completely, and the catalogues are what was read.

use std::path::Path;

use crate::support::release;
use flags::{Arity, Catalogue, Engine, Role, Trust};

/// Option lines, counted without this crate's parser: a dash and a letter left of every description.
fn option_lines(help: &str) -> usize {
    let option = |line: &&str| {
        let body = line.trim_start();
        let dash = body.trim_start_matches('-');
        let letter = dash.starts_with(|c: char| c.is_ascii_alphabetic());
        line.len() - body.len() < 12 && (1..=2).contains(&(body.len() - dash.len())) && letter
    };
    help.lines().filter(option).count()
}

#[test]
fn every_option_line_of_every_release_is_read() {
    for name in Catalogue::releases(Engine::LlamaServer) {
        let help = release(name);
        let catalogue = Catalogue::from_help(Engine::LlamaServer, &help, name, Trust::Live);
        assert_eq!(catalogue.unread(), 0, "{name}");
        // Builds without GPU support did not list the layer flag.
        let unlisted = usize::from(!help.contains("--n-gpu-layers"));
        assert_eq!(catalogue.specs().len(), option_lines(&help) + unlisted, "{name}");
    }
}

/// What `cargo xtask catalogue --check` checks, for llama-server.
#[test]
fn catalogues_are_what_the_help_says() {
    for name in Catalogue::releases(Engine::LlamaServer) {
        let made = Catalogue::from_help(
            Engine::LlamaServer,
            &release(name),
            &format!("llama-server {name} --help"),
            Trust::Nearest,
        );
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/llama-server/{name}.tsv"));
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            made.to_table(&format!("llama-server {name} --help")),
            "{name}"
        );
        assert_eq!(Catalogue::nearest(Engine::LlamaServer, name).specs(), made.specs(), "{name}");
    }
}

#[test]
fn every_release_has_the_flags_that_this_program_sets() {
    for name in Catalogue::releases(Engine::LlamaServer) {
        let catalogue = Catalogue::nearest(Engine::LlamaServer, name);
        for (flag, role) in [
            ("--model", Role::Owned("provisioning.model.ref")),
            ("--host", Role::Owned("provisioning.host")),
            ("--port", Role::Owned("provisioning.ports")),
            ("--ctx-size", Role::Context),
            ("--n-gpu-layers", Role::Layers),
            ("--api-key", Role::Secret),
        ] {
            let spec = catalogue.find(flag).unwrap().spec;
            assert_eq!((spec.role, spec.value), (role, Arity::One), "{name} {flag}");
        }
    }
}

const DOCS: &str = "\
| Key | Description |
| --- | ----------- |
| `-t, --threads N` | number of threads (default: -1)<br/>(env: LLAMA_ARG_THREADS) |
| `--cpu-strict <0\\|1>` | strict placement (default: 0) |
| `-fa, --flash-attn [on\\|off\\|auto]` | use ('on', 'off', or 'auto', default: 'auto')<br/>(env: LLAMA_ARG_FLASH_ATTN) |
| `-sm, --split-mode {none,layer,row}` | one of:<br/>- none: one GPU<br/>- row: rows |
| --no-code | no option |

```bash
curl --request POST
```
";

#[test]
fn tables_of_the_source_tree_are_read() {
    let docs = Catalogue::from_docs(DOCS, "README");
    assert_eq!((docs.specs().len(), docs.unread(), docs.trust), (5, 0, Trust::Docs));
    let spec = |name| docs.find(name).unwrap().spec;
    assert_eq!(spec("-t").env.as_deref(), Some("LLAMA_ARG_THREADS"));
    assert_eq!(spec("--cpu-strict").values.to_string(), "0|1");
    assert_eq!(spec("-fa").values.to_string(), "on|off|auto");
    assert_eq!(spec("-sm").values.to_string(), "none|layer|row");
    let block =
        "# server\n\n```\nusage: ./llama-server [options]\n\n  -t,  --threads N    how many\n```\n\n  --request POST\n";
    let docs = Catalogue::from_docs(block, "README");
    assert!(docs.find("--threads").is_some() && docs.find("--request").is_none());
    let by_hand = "# server\n\n- `--threads N`, `-t N`: how many\n- `--host`: where\n\n- no flag\n";
    let docs = Catalogue::from_docs(by_hand, "README");
    assert!(docs.is_empty() && docs.unread() == 2, "what is not read is counted");
}

/// The first of the binary's help, the catalogue of its very release, its tree's docs and the nearest release that says
/// anything.
#[test]
fn order_of_trust() {
    let help = "--metrics    expose metrics";
    let at = |release: &str, help, docs| {
        let best = Catalogue::best(Engine::LlamaServer, help, docs, release);
        (best.source, best.trust)
    };
    let of = |help, docs| at("b6674", help, docs);
    assert_eq!(at("b6673", Some((help, "h")), None), ("h".to_owned(), Trust::Live));
    assert_eq!(at("b6673", None, Some((DOCS, "d"))), ("llama-server b6673".to_owned(), Trust::Exact));
    // Help that was written by hand leaves flags out.
    assert_eq!(at("b3658", None, None), ("llama-server b3658".to_owned(), Trust::Nearest));
    assert_eq!(at("master", None, None).1, Trust::Nearest);
    assert_eq!(of(Some((help, "h")), Some((DOCS, "d"))), ("h".to_owned(), Trust::Live));
    assert_eq!(of(Some(("Segmentation fault", "h")), Some((DOCS, "d"))), ("d".to_owned(), Trust::Docs));
    assert_eq!(of(None, Some(("# by hand", "d"))), ("llama-server b6673".to_owned(), Trust::Nearest));
}
