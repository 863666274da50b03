//! How long a log of 100 MB takes from its file to the cause: `cargo run --release -p failure-diagnosis --example speed`.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::io::{Seek, Write};
use std::time::{Duration, Instant};

use failure_diagnosis::{Phase, diagnose, read_log, relevant_lines};

const SIZE: usize = 100 << 20;

fn main() -> std::io::Result<()> {
    let fillers = [
        (
            "an engine's",
            "0.12.024.095 I slot update_slots: id  0 | task 71 | new prompt, n_ctx_slot = 4096, n_keep = 0, n_prompt_tokens = 23\n",
        ),
        (
            "a build's",
            "[12/210] Building CXX object ggml/src/CMakeFiles/ggml-base.dir/ggml.cpp.o\na.cpp:1:2: warning: unused variable 'x'\n",
        ),
        ("errors alone", "a.cpp:1:2: error: undefined thing\n"),
        ("no line ends", "error: "),
    ];
    for (name, filler) in fillers {
        let mut log = filler.repeat(SIZE / filler.len());
        log.push_str("\n0.14.215.214 E llama_init_from_model: quantized V cache requires flash_attn to be enabled\n");
        let mut file = tempfile()?;
        file.write_all(log.as_bytes())?;
        file.rewind()?;
        drop(log);
        let (start, busy) = (Instant::now(), of_this_thread()?);
        let text = read_log(&file)?;
        let found = diagnose(Phase::Run, &text).map_or("not known", |found| found.code);
        let (took, used) = (start.elapsed(), of_this_thread()?.saturating_sub(busy));
        let lines = relevant_lines(&text).len();
        println!("{name}: {found} after {took:?}, of which {used:?} on a CPU; {lines} lines");
    }
    Ok(())
}

/// The time that this thread has had of a CPU: how busy the host is otherwise counts for nothing.
fn of_this_thread() -> std::io::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let number = text.split(' ').next().and_then(|word| word.parse().ok());
    number.map(Duration::from_nanos).ok_or_else(|| std::io::Error::other("schedstat"))
}

/// A file that is gone when it is closed.
fn tempfile() -> std::io::Result<std::fs::File> {
    let path = std::env::temp_dir().join(format!("failure-diagnosis-speed-{}", std::process::id()));
    let file = std::fs::File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}
