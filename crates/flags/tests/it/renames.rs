//! A pool's flags live through releases that rename, retype and remove them.

use crate::support::{code, help, normalized, policy, release};
use flags::{Accel, Catalogue, Engine, Trust};

fn engine(name: &str) -> Catalogue {
    Catalogue::from_help(Engine::LlamaServer, &release(name), name, Trust::Live)
}

fn split(pool: &str) -> Vec<&str> {
    pool.split_whitespace().collect()
}

/// What the pool's flags are to that release; the same again is the same.
#[track_caller]
fn check(name: &str, pool: &str, expected: &str) {
    let engine = engine(name);
    let line = normalized(&split(pool), &policy(Accel::Cpu), &engine).unwrap();
    assert_eq!(line.pool_args().join(" "), expected);
    let again = normalized(&split(expected), &policy(Accel::Cpu), &engine).unwrap();
    assert_eq!(again.args, line.args);
}

#[track_caller]
fn fails(name: &str, pool: &str, expected: &str) -> String {
    let error = normalized(&split(pool), &policy(Accel::Cpu), &engine(name)).unwrap_err();
    assert_eq!(code(&error), expected);
    help(&error)
}

#[test]
fn names_are_carried_both_ways() {
    for old in ["--draft 5", "--draft-n 5", "--draft-max=5", "--spec-draft-n-max 5", "--spec_draft_n_max=5"] {
        check("b3166", old, "--draft 5");
        check("b6673", old, "--draft-max 5");
        check("v0.5.0", old, "--spec-draft-n-max 5");
    }
    check("b6673", "--spec-draft-model /d.gguf --ui", "--model-draft /d.gguf");
    check("v0.5.0", "-md /d.gguf --no-webui", "--spec-draft-model /d.gguf --no-webui");
    check("b6673", "--no-ui", "--no-webui");
    check("b4753", "--temperature 0.5", "--temp 0.5");
    check("b3889", "--priority 2", "--prio 2");
    check("b3658", "--prio 2", "--priority 2");
}

#[test]
fn a_rename_is_told() {
    let line = normalized(&["--draft", "5"], &policy(Accel::Cpu), &engine("v0.5.0")).unwrap();
    assert_eq!(line.notes, ["`--draft` is `--spec-draft-n-max` in v0.5.0"]);
    let line = normalized(&["--mlock"], &policy(Accel::Cpu), &engine("v0.5.0")).unwrap();
    assert_eq!(line.notes, ["`--mlock` is `--load-mode mmap+mlock` in v0.5.0"]);
    let line = normalized(&["--mmap"], &policy(Accel::Cpu), &engine("b6673")).unwrap();
    assert_eq!(line.notes, ["`--mmap` is left out: without it b6673 does the same"]);
}

#[test]
fn switches_that_became_values() {
    check("v0.5.0", "--mlock", "--load-mode mmap+mlock");
    check("v0.5.0", "--no-mmap --metrics", "--load-mode none --metrics");
    check("v0.5.0", "--no_mmap", "--load-mode none");
    check("b6673", "--load-mode none", "--no-mmap");
    check("b6673", "--load-mode=mmap+mlock", "--mlock");
    check("b8179", "--load-mode mmap", "--mmap");
    check("b8179", "-lm dio", "--direct-io");
    fails("b6673", "--load-mode auto", "flags::unknown");
    assert_eq!(fails("v0.5.0", "--mlock --direct-io", "flags::merged"), "say what you want with `--load-mode`");
    check("v0.5.0", "--mlock --no-mmap", "--load-mode mlock");
    check("v0.5.0", "--no_mmap --mlock", "--load-mode mlock");
    check("b6673", "--no-mmap --mlock", "--no-mmap --mlock");
    check("v0.5.0", "--mlock --mlock", "--load-mode mmap+mlock");
    check("v0.5.0", "--load-mode none --load-mode mlock", "--load-mode mlock");
}

/// `--flash-attn` was a switch until August 2025.
#[test]
fn switches_that_became_toggles() {
    for on in ["-fa", "--flash-attn", "-fa on", "--flash-attn=on", "--flash_attn true", "-fa=1", "-fa enabled"] {
        check("b4753", &format!("{on} --metrics"), "--flash-attn --metrics");
        check("b6673", &format!("{on} --metrics"), "--flash-attn on --metrics");
        check("v0.5.0", on, "--flash-attn on");
    }
    check("b4753", "-fa off --metrics", "--metrics");
    check("b4753", "-fa auto", "");
    check("v0.5.0", "-fa false", "--flash-attn off");
    check("v0.5.0", "-fa auto", "--flash-attn auto");
    fails("v0.5.0", "-fa often", "flags::bad_value");
    fails("b4753", "-fa often", "flags::stray_word");
    check("b4753", "--log-colors on", "--log-colors");
}

#[test]
fn opposites_of_what_a_release_lists() {
    check("b6673", "--kv-offload --mmap --metrics", "--metrics");
    check("b6673", "--mmap=off", "--no-mmap");
    check("b6673", "--mmap off --mmap", "");
    check("b6673", "--no-mmap --mmap", "");
    check("v0.5.0", "--no-metrics", "");
    check("v0.5.0", "--kv-offload=off", "--no-kv-offload");
    fails("v0.5.0", "--no-threads", "flags::unknown");
    fails("v0.5.0", "--no-kv-offload=off", "flags::takes_no_value");
}

#[test]
fn files_with_a_number() {
    for pool in ["--lora-scaled a 0.5", "--lora-scaled a:0.5"] {
        check("b6673", &format!("{pool} --metrics"), "--lora-scaled a 0.5 --metrics");
        check("v0.5.0", &format!("{pool} --metrics"), "--lora-scaled a:0.5 --metrics");
    }
    check("v0.5.0", "--control-vector-scaled a:1,b:2", "--control-vector-scaled a:1,b:2");
    fails("v0.5.0", "--lora-scaled a --metrics", "flags::bad_value");
    fails("b6673", "--lora-scaled a --metrics", "flags::missing_value");
    fails("b6673", "--lora-scaled a:1,b:2 --metrics", "flags::missing_value");
}

#[test]
fn what_no_name_of_this_release_says() {
    let said = fails("v0.5.0", "--grp-attn-n 2", "flags::unknown");
    assert_eq!(
        said,
        "`--grp-attn-n` is gone: llama-server b3889 has it and b4753 no longer has it: leave it out, or use a release that has it"
    );
    let said = fails("v0.5.0", "--spec-ngram-size-n 2", "flags::removed");
    assert!(said.contains("use the respective"), "{said}");
    let line =
        normalized(&["--grp-attn-n", "-1"], &policy(Accel::Cpu), Catalogue::newest(Engine::LlamaServer)).unwrap();
    assert_eq!(line.pool_args(), ["--grp-attn-n", "-1"], "how many values it takes is known");
    assert_eq!(line.unverified, ["--grp-attn-n"]);
}

/// A help without `--n-gpu-layers` and `--model` by these names still gets them.
#[test]
fn what_the_policy_sets_has_this_releases_name() {
    let renamed = Catalogue::from_help(
        Engine::LlamaServer,
        "-ngl, --gpu-layers N    layers\n-c, --ctx-size N    size",
        "x",
        Trust::Live,
    );
    let mut policy = policy(Accel::Cuda);
    policy.ctx = Some(512);
    let line = normalized(&[], &policy, &renamed).unwrap();
    assert_eq!(line.args.get(6..).unwrap().join(" "), "--ctx-size 512 --n-gpu-layers 999");
}
