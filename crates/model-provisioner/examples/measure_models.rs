//! Measures what a plan and a fetch cost: a present model of 100 shards, a digest that is remembered, and a fetch from a
//! hub on loopback beside `hf` alone.
//!
//! `HF_COMMAND_DIR=target/tools/huggingface_hub/bin cargo run --release -p model-provisioner --example measure`
#![expect(clippy::print_stdout, clippy::unwrap_used, dead_code, reason = "an example prints, and ends where it fails")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use exec::{CommandSpec, Env};
use model_provisioner::{ModelProvisioner, ModelRequest, Presence, Watch};

#[path = "../tests/it/support/fixtures.rs"]
mod fixtures;
#[path = "../tests/it/support/http.rs"]
mod http;
#[path = "../tests/it/support/hub.rs"]
mod hub;

use fixtures::Writer;

/// Entries of the vocabulary in the first shard: as many as large models have.
const VOCABULARY: u64 = 256_000;
/// Bytes of the fetched model.
const FETCHED: usize = 256 << 20;
/// How often it is fetched each way, where the first argument does not say.
const PAIRS: usize = 15;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    present(dir.path());
    fetched(dir.path());
}

/// The shortest and the middle of several times, in milliseconds.
fn times(count: usize, mut run: impl FnMut()) -> (f64, f64) {
    let mut times: Vec<f64> = (0..count)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[0], times[count / 2])
}

fn present(dir: &Path) {
    let name = |number: u16| dir.join(format!("m-{number:05}-of-00100.gguf"));
    for number in 1..=100 {
        let bytes = if number == 1 { first_shard() } else { Writer::shard(number - 1, 100, 4096) };
        put(&name(number), &bytes);
    }
    let models = ModelProvisioner::new(dir.join("cache"), Env::default());
    let request = ModelRequest::local_gguf(name(1));
    let (least, median) = times(50, || assert!(matches!(models.inspect(&request), Presence::Present(_))));
    println!("inspect, 100 shards, {VOCABULARY} tokens: {least:.1} ms, median {median:.1} ms");
    let one = dir.join("one.gguf");
    let bytes = Writer::model(512 << 20);
    put(&one, &bytes);
    let request = ModelRequest::local_gguf(&one).sha256(Some(hub::sha256(&bytes)));
    let (first, _) = times(1, || drop(models.ensure_present(&request).unwrap()));
    let (again, median) = times(50, || drop(models.ensure_present(&request).unwrap()));
    println!("checksum of 512 MiB: first {first:.0} ms, then {again:.2} ms, median {median:.2} ms");
}

/// The first of 100 shards, with a vocabulary.
fn first_shard() -> Vec<u8> {
    let mut tokens = [8_u32.to_le_bytes().to_vec(), VOCABULARY.to_le_bytes().to_vec()].concat();
    for token in 0..VOCABULARY {
        tokens.extend(Writer::text(&format!("token{token}")));
    }
    let pairs = [
        Writer::pair("general.architecture", 8, &Writer::text("llama")),
        Writer::pair("tokenizer.ggml.tokens", 9, &tokens),
        Writer::pair("split.no", 2, &0_u16.to_le_bytes()),
        Writer::pair("split.count", 2, &100_u16.to_le_bytes()),
    ];
    let mut file = [Writer::start(1, 4), pairs.concat(), Writer::tensor("blk.0.w", &[4096], 24, 0)].concat();
    file.resize(file.len().next_multiple_of(32) + 4096, 0);
    file
}

fn fetched(dir: &Path) {
    let Some(tools) = Env::current().get("HF_COMMAND_DIR").map(|dir| PathBuf::from(dir).canonicalize().unwrap()) else {
        println!("HF_COMMAND_DIR is not set: no fetch is measured");
        return;
    };
    let hub = hub::Hub::start();
    hub.push("o/r", &[("m.gguf", Writer::model(FETCHED))]);
    let env = Env::from_pairs([
        ("PATH", format!("{}:/usr/bin:/bin", tools.display())),
        ("HOME", dir.display().to_string()),
        ("HF_ENDPOINT", hub.url()),
    ]);
    let request = ModelRequest::hub_gguf("o/r", None, "m.gguf").unwrap();
    let alone = |round: usize| {
        let target = dir.join(format!("alone{round}"));
        let spec =
            CommandSpec::new(tools.join("hf"), Duration::from_mins(5)).inherit(&env, &["PATH", "HOME", "HF_ENDPOINT"]);
        let spec = spec.args(["download", "o/r", "m.gguf", "--local-dir"]).arg(&target);
        let cost = cost(|| drop(exec::run(&spec).unwrap().require_success(&spec).unwrap()));
        std::fs::remove_dir_all(&target).unwrap();
        cost
    };
    let ours = |round: usize| {
        let cache = dir.join(format!("cache{round}"));
        let models = ModelProvisioner::new(&cache, env.clone());
        let announced = models.ask_hub(&request, &|| false).unwrap();
        let cost = cost(|| drop(models.fetch(&request, &announced, &mut Watch::default()).unwrap()));
        std::fs::remove_dir_all(&cache).unwrap();
        cost
    };
    // Each goes first in every second pair, so that a load that grows or shrinks favours neither.
    let pair = |round: usize| {
        if round.is_multiple_of(2) {
            let alone = alone(round);
            [alone, ours(round)]
        } else {
            let own = ours(round);
            [alone(round), own]
        }
    };
    let count = std::env::args().nth(1).map_or(PAIRS, |count| count.parse().unwrap());
    let pairs: Vec<[Cost; 2]> = (0..count).map(pair).collect();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap();
    println!("{} MiB from loopback, {count} pairs, load {}", FETCHED >> 20, load.trim());
    ratios("time", &pairs, |cost| cost.wall);
    ratios("CPU time, the hub's included", &pairs, |cost| cost.cpu);
}

/// What a run took, in seconds.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    /// Of this process (which is the hub, too) and of those that it started.
    cpu: f64,
}

fn cost(run: impl FnOnce()) -> Cost {
    let (cpu, started) = (cpu_seconds(), Instant::now());
    run();
    Cost { wall: started.elapsed().as_secs_f64(), cpu: cpu_seconds() - cpu }
}

/// Fields 14 to 17 of `/proc/self/stat`, in ticks of 10 ms: own and children's time, in user and kernel mode.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, rest) = stat.rsplit_once(')').unwrap();
    rest.split_whitespace().skip(11).take(4).map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
}

fn ratios(what: &str, pairs: &[[Cost; 2]], of: impl Fn(&Cost) -> f64) {
    let sorted = |numbers: &mut dyn Iterator<Item = f64>| {
        let mut all: Vec<f64> = numbers.collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let ratios = sorted(&mut pairs.iter().map(|[alone, own]| of(own) / of(alone)));
    let alone = sorted(&mut pairs.iter().map(|[alone, _]| of(alone)));
    let at = |list: &[f64], quarter: usize| list[(list.len() - 1) * quarter / 4];
    println!(
        "{what}: ours / hf alone least {:.2}, quarter {:.2}, median {:.2}, three quarters {:.2}, most {:.2}; hf alone {:.1} to {:.1} s",
        at(&ratios, 0),
        at(&ratios, 1),
        at(&ratios, 2),
        at(&ratios, 3),
        at(&ratios, 4),
        at(&alone, 0),
        at(&alone, 4)
    );
}

fn put(path: &Path, bytes: &[u8]) {
    use std::io::Write;

    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}
