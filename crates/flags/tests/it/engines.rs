//! The engines beside llama-server: what their catalogues hold, and the command lines that pools become for them.

use crate::support::{code, help, normalized, policy};
use flags::{Accel, Arity, Catalogue, Engine, Role, Trust};
use secrecy::ExposeSecret;

/// What a pool's flags become, with everything the policy adds.
#[track_caller]
fn check(engine: Engine, pool: &str, expected: &str) {
    let pool: Vec<&str> = pool.split_whitespace().collect();
    let line = normalized(&pool, &policy(Accel::Cuda), Catalogue::newest(engine)).unwrap();
    assert_eq!(line.args.join(" "), expected);
    let again: Vec<&str> = line.pool_args().iter().map(String::as_str).collect();
    assert_eq!(normalized(&again, &policy(Accel::Cuda), Catalogue::newest(engine)).unwrap().args, line.args);
}

#[track_caller]
fn fails(engine: Engine, pool: &[&str], expected: &str) -> String {
    let error = normalized(pool, &policy(Accel::Cuda), Catalogue::newest(engine)).unwrap_err();
    assert_eq!(code(&error), expected, "{error}");
    format!("{error}; {}", help(&error))
}

#[test]
fn each_has_model_host_and_port() {
    let (model, at) = ("/m/a b.gguf", "--host 127.0.0.1 --port 8081");
    check(Engine::Vllm, "", &format!("{model} {at}"));
    check(Engine::Sglang, "", &format!("--model-path {model} {at} --device cuda"));
    check(Engine::Tgi, "", &format!("--model-id {model} --hostname 127.0.0.1 --port 8081"));
    check(Engine::Triton, "", &format!("--model-repository {model} --http-address 127.0.0.1 --http-port 8081"));
    for engine in Engine::ALL {
        assert_eq!(Engine::by_key(engine.key()), Some(engine));
        let catalogue = Catalogue::newest(engine);
        assert_eq!((catalogue.engine, catalogue.trust, catalogue.unread()), (engine, Trust::Nearest, 0));
        let owned = |key| catalogue.specs().iter().any(|s| s.role == Role::Owned(key));
        assert!(owned("provisioning.model.ref") && owned("provisioning.host") && owned("provisioning.ports"));
        for spelling in catalogue.specs().iter().flat_map(flags::FlagSpec::spellings) {
            assert!(catalogue.find(spelling).is_some(), "{spelling}");
        }
    }
}

/// Spellings, negations, several values, and values behind `=`.
#[test]
fn flags_become_canonical() {
    let vllm = "/m/a b.gguf --host 127.0.0.1 --port 8081";
    check(
        Engine::Vllm,
        "-tp 2 --no_enforce_eager --served-model-name a b --seed=-1 --dtype bfloat16",
        &format!(
            "{vllm} --tensor-parallel-size 2 --no-enforce-eager --served-model-name a b --seed -1 --dtype bfloat16"
        ),
    );
    check(
        Engine::Vllm,
        "--tokenizer=-x --middleware a --middleware b",
        &format!("{vllm} --tokenizer=-x --middleware a --middleware b"),
    );
    check(
        Engine::Vllm,
        "--hf_overrides.rope.factor 4 --hf-overrides.list+ a --hf-overrides.list+=b -cc.mode=3 -O 2 --enable-chunked-prefill=False --runner pooling",
        &format!(
            "{vllm} --hf-overrides.rope.factor 4 --hf-overrides.list+ a --hf-overrides.list+ b --compilation-config.mode 3 --optimization-level 2 --no-enable-chunked-prefill --runner pooling"
        ),
    );
    check(
        Engine::Sglang,
        "--tensor-parallel-size 2 --lora-paths a b --mem-fraction-static 0.8",
        "--model-path /m/a b.gguf --host 127.0.0.1 --port 8081 --device cuda --tp-size 2 --lora-paths a b --mem-fraction-static 0.8",
    );
    check(
        Engine::Triton,
        "--log-verbose=1 --load-model a --load-model b --allow-grpc=false",
        "--model-repository /m/a b.gguf --http-address 127.0.0.1 --http-port 8081 --log-verbose 1 --load-model a --load-model b --allow-grpc off",
    );
    check(Engine::Tgi, "--quantize awq", "--model-id /m/a b.gguf --hostname 127.0.0.1 --port 8081 --quantize awq");
}

/// Only a document has keys: what takes a number or a word, or is not the pool's to give, is not known with one.
#[test]
fn only_documents_have_keys() {
    let notes = |pool: &[&str]| normalized(pool, &policy(Accel::Cuda), Catalogue::newest(Engine::Vllm)).unwrap().notes;
    assert_eq!(notes(&["--hf-overrides.x", "1"]), [""; 0]);
    for flag in ["--port.x", "--max-model-len.x", "--dtype.x"] {
        assert!(notes(&[flag, "1"])[0].contains("is not in the catalogue"), "{flag}");
    }
}

/// `renames.txt` of each engine.
#[test]
fn names_of_other_releases() {
    let line = |engine, pool: &[&str]| {
        let line = normalized(pool, &policy(Accel::Cuda), Catalogue::newest(engine)).unwrap();
        assert!(line.unverified.is_empty(), "{:?}", line.notes);
        line.pool_args().join(" ")
    };
    assert_eq!(line(Engine::Sglang, &["--tp", "2", "--dp=2"]), "--tp-size 2 --dp-size 2");
    assert_eq!(line(Engine::Vllm, &["--disable-log-requests"]), "--no-enable-log-requests");
}

#[test]
fn what_the_configuration_decides_is_no_flag() {
    for (engine, flag) in [
        (Engine::Vllm, "--model"),
        (Engine::Vllm, "--uds"),
        (Engine::Sglang, "--model"),
        (Engine::Sglang, "--device"),
        (Engine::Tgi, "-p"),
        (Engine::Triton, "--model-store"),
        (Engine::Triton, "--http-port"),
    ] {
        fails(engine, &[flag, "1"], "flags::owned");
    }
    fails(Engine::Tgi, &["--env"], "flags::ends_server");
}

/// EP-51
#[test]
fn secrets_become_variables_or_are_refused() {
    let line = normalized(&["--api-key", "S3cr3t"], &policy(Accel::Cuda), Catalogue::newest(Engine::Vllm)).unwrap();
    assert_eq!(line.secret_env.get("VLLM_API_KEY").unwrap().expose_secret(), "S3cr3t");
    let line = normalized(&["--api-key=S3cr3t"], &policy(Accel::Cuda), Catalogue::newest(Engine::Tgi)).unwrap();
    assert_eq!(line.secret_env.keys().collect::<Vec<_>>(), ["API_KEY"]);
    for (engine, pool) in [
        (Engine::Vllm, &["--api-key", "S3cr3t", "S3cr3t2"][..]),
        (Engine::Sglang, &["--api-key", "S3cr3t"]),
        (Engine::Sglang, &["--admin-api-key=S3cr3t"]),
        (Engine::Triton, &["--http-restricted-api", "model-repository:key=S3cr3t"]),
    ] {
        assert!(!fails(engine, pool, "flags::secret_in_flags").contains("S3cr3t"));
    }
}

/// Each parser has its own idea of a word that begins with a dash, and of a flag given twice.
#[test]
fn each_parser_has_its_rules() {
    let said = fails(Engine::Vllm, &["--tokenizer", "--seed"], "flags::dashed_value");
    assert!(said.contains("`--tokenizer=VALUE`"), "{said}");
    fails(Engine::Tgi, &["--max-batch-size", "-1"], "flags::dashed_value");
    fails(Engine::Sglang, &["--tokenizer-path", "--random-seed"], "flags::dashed_value");
    fails(Engine::Tgi, &["--dtype", "float16", "--dtype", "bfloat16"], "flags::twice");
    check(
        Engine::Triton,
        "--id --x",
        "--model-repository /m/a b.gguf --http-address 127.0.0.1 --http-port 8081 --id --x",
    );
    check(Engine::Vllm, "--seed 1 --seed 2", "/m/a b.gguf --host 127.0.0.1 --port 8081 --seed 2");
    fails(Engine::Vllm, &["--seed", "x"], "flags::bad_value");
    fails(Engine::Vllm, &["--seed", "1", "2"], "flags::stray_word");
}

#[test]
fn context_and_devices_become_flags() {
    let mut policy = policy(Accel::Cuda);
    policy.ctx = Some(4096);
    policy.devices = 2;
    let line = |engine, pool: &[&str]| normalized(pool, &policy, Catalogue::newest(engine)).map(|l| l.args.join(" "));
    assert!(line(Engine::Vllm, &[]).unwrap().ends_with("--max-model-len 4096 --tensor-parallel-size 2"));
    assert!(line(Engine::Vllm, &["-dp", "2"]).unwrap().ends_with("--max-model-len 4096 --data-parallel-size 2"));
    assert!(line(Engine::Sglang, &[]).unwrap().ends_with("--context-length 4096 --device cuda --tp-size 2"));
    assert!(line(Engine::Tgi, &[]).unwrap().ends_with("--max-total-tokens 4096 --num-shard 2"));
    assert_eq!(code(&line(Engine::Vllm, &["-tp", "3"]).unwrap_err()), "flags::too_many_shares");
    assert_eq!(code(&line(Engine::Vllm, &["--max-model-len", "1"]).unwrap_err()), "flags::contradiction");
    assert_eq!(line(Engine::Triton, &[]).unwrap_err().to_string(), "tritonserver has no flag for `ctx`");
    policy.tensor_split = Some(&[1.0, 1.0]);
    policy.ctx = None;
    let error = normalized(&[], &policy, Catalogue::newest(Engine::Vllm)).unwrap_err();
    assert_eq!(code(&error), "flags::no_flag");
}

#[test]
fn an_unknown_flag_is_a_suggestion() {
    let line = normalized(&["--max-model-length", "1"], &policy(Accel::Cuda), Catalogue::newest(Engine::Vllm)).unwrap();
    assert_eq!(line.unverified, ["--max-model-length"]);
    assert!(line.notes.concat().contains("did you mean `--max-model-len`?"), "{:?}", line.notes);
}

/// vLLM's other front end, whose help is laid out by clap.
#[test]
fn a_help_made_by_clap() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/help/vllm-rs-0.33.0.txt")).unwrap();
    let read = Catalogue::from_help(Engine::Vllm, &text, "vllm-rs", Trust::Live);
    assert_eq!((read.unread(), read.specs().len()), (0, 114));
    let spec = |name| read.find(name).unwrap().spec;
    assert_eq!(spec("--api-key").env.as_deref(), Some("VLLM_API_KEY"));
    assert_eq!((spec("--api-key").role, spec("--port").role), (Role::Secret, Role::Owned("provisioning.ports")));
    assert_eq!(spec("--port").default.as_deref(), Some("8000"));
    assert_eq!((spec("--lora-modules").value, spec("--hf-token").value), (Arity::Many, Arity::Optional));
    assert_eq!(spec("--enable-scale-out").values.to_string(), "true|false");
    assert!(read.find("--no-tokens-only").unwrap().negated);
    let tgi = Catalogue::newest(Engine::Tgi);
    assert_eq!(tgi.find("--quantize").unwrap().spec.values.to_string().split('|').count(), 10);
    assert_eq!(tgi.find("--trust-remote-code").unwrap().spec.value, Arity::None);
}
