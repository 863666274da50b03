//! Makes the catalogues of this crate from help texts, or checks that they are what the texts give.
//!
//! `cargo run -p flags --example catalogue` rewrites `data/*/*.tsv`, `-- --check` fails where one would change.
//! For another release put `llama-server --help > crates/flags/tests/help/llama-server-bNNNN.txt`, name it in
//! `src/eras.rs` and run this.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what the example is for")]

use std::path::Path;
use std::process::ExitCode;

use flags::{Catalogue, Trust};

fn main() -> ExitCode {
    let check = std::env::args().nth(1).is_some_and(|arg| arg == "--check");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let llama = Catalogue::releases().map(|release| {
        let name = format!("llama-server-{release}");
        (name, format!("llama-server/{release}"), format!("llama-server {release} --help"))
    });
    let vllm = ("vllm-rs-0.33.0", "vllm/0.33.0", "vllm-rs 0.33.0 serve --help");
    let vllm = (vllm.0.to_owned(), vllm.1.to_owned(), vllm.2.to_owned());
    let (mut all, mut wrong) = (0, 0);
    for (help, table, source) in llama.chain([vllm]) {
        all += 1;
        if let Err(problem) = one(root, &help, &table, &source, check) {
            eprintln!("{help}: {problem}");
            wrong += 1;
        }
    }
    println!("{all} catalogues, {wrong} wrong");
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(root: &Path, help: &str, table: &str, source: &str, check: bool) -> Result<(), String> {
    let help = root.join(format!("tests/help/{help}.txt"));
    let table = root.join(format!("data/{table}.tsv"));
    let text = std::fs::read_to_string(&help).map_err(|e| format!("{}: {e}", help.display()))?;
    let catalogue = if source.starts_with("llama-server") {
        Catalogue::from_help(&text, source, Trust::Nearest)
    } else {
        Catalogue::from_other_help(&text, source)
    };
    if catalogue.unread() != 0 {
        return Err(format!("{} options of its help could not be read", catalogue.unread()));
    }
    let made = catalogue.to_table();
    if std::fs::read_to_string(&table).is_ok_and(|kept| kept == made) {
        return Ok(());
    }
    if check {
        return Err(format!("{} is not what its help gives: run this without --check", table.display()));
    }
    write(&table, &made).map_err(|e| format!("{}: {e}", table.display()))
}

#[expect(clippy::disallowed_methods, reason = "a file of the source tree, under version control")]
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
