//! Values are checked against what the engine's help says of them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::support::{code, help, live, normalized, on, policy};
use flags::{Accel, Catalogue, Engine, FlagError, utf8};

#[track_caller]
fn fails(pool: &str, expected: &str) {
    let error = on(Accel::Cpu, pool).unwrap_err();
    assert_eq!(code(&error), "flags::bad_value");
    let expected = format!("is not {expected}");
    assert!(error.to_string().ends_with(&expected), "{error}");
}

#[test]
fn what_the_engine_could_not_read() {
    fails("--threads four", "a whole number");
    fails("--threads 1.5", "a whole number");
    fails("--threads 8x", "a whole number");
    fails("--ctx-size=99999999999", "a whole number");
    fails("--temp warm", "a number");
    fails("--split-mode rows", "`none`, `layer`, `row` or `tensor`");
    fails("--poll 101", "a whole number from 0 to 100");
    fails("--ctx-size 32K", "a whole number: the engine knows no `K`, `M` or `G` behind one");
    fails("--parallel 0", "`-1` or a whole number from 1 up");
    fails("--repeat-penalty 0", "a number above 0");
    fails(
        "--spec-type none,draft",
        "a list, with commas, of `none`, `draft-simple`, `draft-eagle3`, `draft-mtp`, `draft-dflash`, `draft-dspark`, `ngram-simple`, `ngram-map-k`, `ngram-map-k4v`, `ngram-mod` or `ngram-cache`",
    );
    fails("--cache-type-k q3", "`f32`, `f16`, `bf16`, `q8_0`, `q4_0`, `q4_1`, `iq4_nl`, `q5_0` or `q5_1`");
}

#[test]
fn what_it_can_read() {
    for pool in [
        "--threads -1",
        "--temp 0",
        "--temp 1e-2",
        "--temp .7",
        "--poll 100",
        "--spec-type none,ngram-mod",
        "-ctk q8_0",
    ] {
        assert!(on(Accel::Cpu, pool).is_ok(), "{pool}");
    }
}

/// A word that another build's help does not list may be right.
#[test]
fn words_are_checked_by_the_engines_own_help_only() {
    let line = normalized(&["-ctk", "tq2_0"], &policy(Accel::Cpu), Catalogue::newest(Engine::LlamaServer)).unwrap();
    assert_eq!(line.pool_args(), ["--cache-type-k", "tq2_0"]);
    assert_eq!(line.unverified, ["--cache-type-k"]);
    let error =
        normalized(&["--threads", "x"], &policy(Accel::Cpu), Catalogue::newest(Engine::LlamaServer)).unwrap_err();
    assert_eq!(code(&error), "flags::bad_value", "a number is one in every release");
}

#[test]
fn errors_point_at_the_word() {
    let position = |pool| on(Accel::Cpu, pool).unwrap_err().position();
    assert_eq!(position("--metrics --threads x"), Some(2));
    assert_eq!(position("--metrics -t 4 stray"), Some(4));
    assert_eq!(FlagError::TooManyShares { shares: 2, devices: 1 }.position(), None);
}

#[test]
fn words_that_are_not_utf8() {
    let words = || ["--path", "x"].map(OsString::from).to_vec();
    assert_eq!(utf8(words()).unwrap(), ["--path", "x"]);
    let mut odd = words();
    odd.push(OsString::from_vec(vec![0xff]));
    assert_eq!(utf8(odd).unwrap_err(), FlagError::NotUtf8 { position: 3 });
}

#[test]
fn devices_are_the_pools() {
    let mut policy = policy(Accel::Cuda);
    policy.devices = 2;
    let on = |pool: &[&str]| normalized(pool, &policy, crate::support::live());
    assert!(on(&["-mg", "1"]).is_ok());
    assert_eq!(code(&on(&["-mg", "2"]).unwrap_err()), "flags::no_such_device");
    let error = on(&["--device", "CUDA0"]).unwrap_err();
    assert_eq!(
        (code(&error).as_str(), help(&error).as_str()),
        ("flags::owned", "take it out of the flags and set `devices`")
    );
}

/// A pool's flags go to the engine as they are.
#[test]
fn what_only_a_shell_would_read_is_told() {
    let notes = |words: &[&str]| normalized(words, &policy(Accel::Cpu), live()).unwrap().notes.concat();
    assert!(notes(&["--mmproj", "~/m.gguf"]).contains("the value of `--mmproj` begins with `~`, and no shell"));
    assert!(notes(&["--alias", "$NAME"]).contains("begins with `$`"));
    assert!(notes(&["--chat-template-kwargs", "'{\"a\":1}'"]).contains("is in quotes"));
    assert_eq!(notes(&["--override-tensor", "exps$=CPU"]), "");
}

/// What is pasted from a text, a shell's profile or another program's habits.
#[test]
fn words_that_are_nearly_flags() {
    let said = |pool: &str| {
        let error = on(Accel::Cpu, pool).unwrap_err();
        (code(&error), help(&error))
    };
    assert_eq!(said("\u{2014}ctx-size 4096"), ("flags::dash".to_owned(), "type it anew: `--ctx-size`".to_owned()));
    assert_eq!(said("--jinja \u{2013}c 4096"), ("flags::dash".to_owned(), "type it anew: `-c`".to_owned()));
    assert_eq!(said("LLAMA_ARG_CTX_SIZE=1"), ("flags::variable".to_owned(), "write `--ctx-size VALUE`".to_owned()));
    assert_eq!(said("CUDA_VISIBLE_DEVICES=0").0, "flags::variable");
    assert_eq!(
        said("-ngl99"),
        ("flags::joined".to_owned(), "write two words, `[\"-ngl\", \"VALUE\"]`, or `\"-ngl=VALUE\"`".to_owned())
    );
    assert_eq!(said("\u{2014}no-such").0, "flags::stray_word");
    assert_eq!(said("--np 4"), ("flags::unknown".to_owned(), "did you mean `-np`?".to_owned()));
}
