//! How long a thousand pools take: `cargo run --release -p flags --example speed`.
#![expect(clippy::print_stdout, reason = "printing is what the example is for")]

use std::time::Instant;

use flags::{Accel, Catalogue, Engine, FlagError, Policy, normalize};

const POOLS: usize = 1000;

fn main() -> Result<(), FlagError> {
    let policy = Policy {
        accelerator: Accel::Cuda,
        model: "/models/m.gguf",
        host: "127.0.0.1",
        port: 8080,
        ctx: Some(8192),
        devices: 2,
        tensor_split: Some(&[3.0, 1.0]),
        heads: None,
    };
    let pool = "-ngl 99 --threads=8 -fa on --cache-type-k q8_0 -ctv q8_0 --metrics --no_mmap --parallel 4 -b 2048 \
                --draft-max 16 -md /models/d.gguf --jinja --lora a.gguf --lora b.gguf";
    let pool: Vec<String> = pool.split_whitespace().map(str::to_owned).collect();
    let began = Instant::now();
    normalize(&pool, &policy, Catalogue::newest(Engine::LlamaServer))?;
    println!("the first pool, with all catalogues read: {:?}", began.elapsed());
    let began = Instant::now();
    for _ in 0..POOLS {
        normalize(&pool, &policy, Catalogue::newest(Engine::LlamaServer))?;
    }
    println!("{POOLS} pools of {} words: {:?}", pool.len(), began.elapsed());
    Ok(())
}
