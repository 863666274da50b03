//! Measures how many bytes a second are masked, with 0, 5 and 50 known values, in a build's log and in chunks of a pipe's size.
//!
//! `cargo run --release -p redact --example speed`

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use redact::{MaskStream, Redactor};

/// What a pipe hands over at once, and what a large read does.
const CHUNKS: [usize; 2] = [4 << 10, 64 << 10];
/// How often the text is masked; the best time counts.
const TRIES: u32 = 7;

fn main() {
    let log = log(64 << 20);
    for values in [0, 5, 50] {
        let mut redactor = Redactor::new();
        for number in 0..values {
            redactor.add(&secret(number));
        }
        let forms = redactor.forms().count();
        for size in CHUNKS {
            let best = (0..TRIES).map(|_| stream(&redactor, &log, size)).fold(f64::INFINITY, f64::min);
            report(&format!("stream, chunks of {} KiB", size >> 10), values, forms, &log, best);
        }
        let text = String::from_utf8_lossy(&log);
        let best = (0..TRIES).map(|_| lines(&redactor, &text)).fold(f64::INFINITY, f64::min);
        report("text, line by line, names too", values, forms, &log, best);
    }
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "the figures are what it is for")]
fn report(what: &str, values: u32, forms: usize, log: &[u8], seconds: f64) {
    println!("{what}: {values} values in {forms} forms: {:.0} MB/s", log.len() as f64 / seconds / 1e6);
}

fn stream(redactor: &Redactor, log: &[u8], size: usize) -> f64 {
    let begin = Instant::now();
    let mut mask = MaskStream::new(redactor);
    let mut bytes = 0;
    for chunk in log.chunks(size) {
        mask.push(chunk, &mut |part| bytes += black_box(part).len());
    }
    mask.finish(&mut |part| bytes += black_box(part).len());
    black_box(bytes);
    begin.elapsed().as_secs_f64()
}

fn lines(redactor: &Redactor, text: &str) -> f64 {
    let begin = Instant::now();
    let bytes: usize = text.lines().map(|line| black_box(redactor.text(line)).len()).sum();
    black_box(bytes);
    begin.elapsed().as_secs_f64()
}

/// A token as hubs and clouds give it.
fn secret(number: u32) -> String {
    let mut state = u64::from(number) + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(
            b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"
                [usize::try_from(state >> 58).unwrap_or(0)],
        )
    };
    format!("hf_{}", (0..34).map(|_| next()).collect::<String>())
}

/// Lines of a build, with a value now and then.
fn log(size: usize) -> Vec<u8> {
    let mut log = String::new();
    let mut number = 0;
    while log.len() < size {
        number += 1;
        // Writing to a `String` cannot fail.
        write!(
            log,
            "[{number}/412] /usr/bin/c++ -DGGML_BUILD -DNDEBUG -I/src/ggml/include -O3 -std=gnu++17 -o ggml/src/ops.cpp.o -c \
             /src/ggml/src/ggml-cpu/ops.cpp\nggml/src/ops.cpp:{number}:17: warning: unused parameter 'dst' [-Wunused-parameter]\n"
        )
        .ok();
        if number % 1000 == 0 {
            log.push_str(&secret(number % 5));
        }
    }
    log.into_bytes()
}
