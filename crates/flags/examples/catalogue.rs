//! Makes the catalogues of this crate from help texts, or checks that they are what the texts give: `cargo xtask catalogue`
//! rewrites `data/*/*.tsv`, `cargo xtask catalogue --check` fails where one would change.
//!
//! For another release put what `--help` printed into `crates/flags/tests/help/PROGRAM-RELEASE.txt`, make an empty
//! `data/ENGINE/RELEASE.tsv`, name the release in `src/catalogue/eras.rs` and run this. A catalogue without such a text was read from
//! an engine's source: of it the form, the order of columns and what `known.txt` says are kept up.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what the example is for")]

use std::path::Path;
use std::process::ExitCode;

use flags::{Catalogue, Engine, Trust};

fn main() -> ExitCode {
    let check = std::env::args().nth(1).is_some_and(|arg| arg == "--check");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut all, mut wrong) = (0, 0);
    for (engine, release) in Engine::ALL.into_iter().flat_map(|e| Catalogue::releases(e).map(move |r| (e, r))) {
        all += 1;
        if let Err(problem) = one(root, engine, release, check) {
            eprintln!("{} {release}: {problem}", engine.program());
            wrong += 1;
        }
    }
    println!("{all} catalogues, {wrong} wrong");
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(root: &Path, engine: Engine, release: &str, check: bool) -> Result<(), String> {
    let folder = if engine == Engine::LlamaServer { engine.program() } else { engine.key() };
    let table = root.join(format!("data/{folder}/{release}.tsv"));
    let kept = std::fs::read_to_string(&table).map_err(|e| format!("{}: {e}", table.display()))?;
    let help = root.join(format!("tests/help/{}-{release}.txt", engine.program()));
    let made = if help.is_file() {
        let text = std::fs::read_to_string(&help).map_err(|e| format!("{}: {e}", help.display()))?;
        let catalogue = Catalogue::from_help(engine, &text, release, Trust::Nearest);
        if catalogue.unread() != 0 {
            return Err(format!("{} options of its help could not be read", catalogue.unread()));
        }
        catalogue.to_table(&format!("{} {release} --help", engine.program()))
    } else {
        let head = kept.lines().next().and_then(|line| line.strip_prefix("# ")?.rsplit_once(", "));
        let (read_from, _count) = head.ok_or("its first line does not say what it was read from")?;
        Catalogue::nearest(engine, release).to_table(read_from)
    };
    if kept == made {
        return Ok(());
    }
    if check {
        return Err(format!("{} is not what its help gives: run `cargo xtask catalogue`", table.display()));
    }
    write(&table, &made).map_err(|e| format!("{}: {e}", table.display()))
}

#[expect(clippy::disallowed_methods, reason = "a file of the source tree, under version control")]
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
