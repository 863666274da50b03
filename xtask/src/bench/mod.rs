//! What our program costs beside the same work by hand, both measured in one call on one machine.

mod archive;
mod build;
mod cold;
pub(crate) mod opened;
mod shared;
mod spawn;
mod trace;
mod warm;

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use exec::Env;

use crate::args::{BenchArgs, Subject};
use crate::cli::Cli;
use crate::failure::Result;
use crate::pool::Pool;
use crate::{demo, figures, packages};

/// One line of the table.
struct Row {
    what: String,
    ours: Duration,
    by_hand: Duration,
}

/// Measures, prints, and writes only where it was told to.
pub(crate) fn run(wish: &BenchArgs) -> Result<()> {
    let env = Env::current();
    if wish.subject == Subject::Spawn {
        return spawn::run(&env, wish.write.as_deref());
    }
    packages::ensure(&env, &[packages::BUILD, packages::TESTS].concat())?;
    let cli = Cli::build(&env)?;
    let scratch = tempfile::Builder::new().prefix("engine-provisioner-bench.").tempdir()?;
    if wish.subject == Subject::Archive {
        let text = archive::measure(&env, &cli, scratch.path())?;
        print!("{text}");
        return wish.write.as_ref().map_or(Ok(()), |file| figures::write(file, &text));
    }
    let pool = if wish.real { real(&env)? } else { tiny(scratch.path()) };
    let subject = if wish.real { "llama.cpp" } else { "tiny-llama" };
    // A tiny build is over in seconds and can be repeated; the real one takes minutes.
    let rounds = if wish.real { 1 } else { 5 };
    let text = if wish.subject == Subject::Build {
        build::measure(&env, &cli, &pool, scratch.path(), rounds, subject)?
    } else {
        starts(&env, &cli, &pool, scratch.path(), rounds, subject)?
    };
    print!("{text}");
    if let Some(file) = &wish.write {
        figures::write(file, &text)?;
    }
    Ok(())
}

/// Cold and warm beside the same work by hand.
fn starts(env: &Env, cli: &Cli, pool: &Pool, scratch: &Path, rounds: u32, subject: &str) -> Result<String> {
    let cold = cold::measure(env, cli, pool, scratch, rounds, subject)?;
    let (warm, tools) = warm::measure(env, cli, pool, scratch)?;
    let concurrent = shared::concurrent(cli, pool, scratch, rounds)?;
    let second = shared::second_pool(cli, pool, scratch, cold.by_hand)?;
    let rows: Vec<Row> = [cold].into_iter().chain(warm).chain([concurrent, second]).collect();
    Ok(report(&rows, subject, &tools))
}

/// The project in llama.cpp's shape.
fn tiny(scratch: &Path) -> Pool {
    let repo = testkit::tiny_llama_repo(scratch);
    let model = testkit::tiny_model(scratch).display().to_string();
    pool(repo.path.display().to_string(), repo.commit, model)
}

/// What the demo runs.
fn real(env: &Env) -> Result<Pool> {
    let wish = crate::args::DemoArgs::default();
    let home = demo::home(env, None)?;
    let (repo, reference) = demo::source(&wish, env, &home)?;
    Ok(pool(repo, reference, demo::model(&wish, env, &home)?))
}

fn pool(repo: String, reference: String, model: String) -> Pool {
    Pool { id: "bench".into(), repo, reference, model, accelerator: "cpu", flags: &[], cmake_flags: &[] }
}

fn report(rows: &[Row], subject: &str, tools: &[String]) -> String {
    let mut text = format!("# Measurements with {subject}\n\n{}\n\n", figures::machine());
    text += "| what | ours | by hand | ratio |\n| --- | ---: | ---: | ---: |\n";
    for Row { what, ours, by_hand } in rows {
        let ratio = ours.as_secs_f64() / by_hand.as_secs_f64().max(f64::MIN_POSITIVE);
        let digits = if ratio < 0.1 { 4 } else { 2 };
        // Writing to a string cannot fail.
        writeln!(text, "| {what} | {} | {} | {ratio:.digits$} |", shown(*ours), shown(*by_hand)).ok();
    }
    let tools = if tools.is_empty() { "none".into() } else { tools.join(", ") };
    text + &format!("\nPrograms a warm `ensure` runs beside the engine: {tools}.\n")
}

fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 { format!("{:.2} ms", seconds * 1000.0) } else { format!("{seconds:.2} s") }
}

/// The middle one.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_holds_ratios() {
        let row = |ms| Row { what: "x".into(), ours: Duration::from_millis(ms), by_hand: Duration::from_secs(1) };
        let text = report(&[row(1500), row(5)], "tiny-llama", &[]);
        assert!(text.contains("| x | 1.50 s | 1.00 s | 1.50 |\n| x | 5.00 ms | 1.00 s | 0.0050 |\n"), "{text}");
        assert!(text.ends_with("beside the engine: none.\n"), "{text}");
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median([9, 1, 5].map(Duration::from_secs).into()), Duration::from_secs(5));
        assert_eq!(median(Vec::new()), Duration::ZERO);
    }
}
