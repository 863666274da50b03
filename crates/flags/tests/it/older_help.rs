//! Help texts in the layouts of older releases are read as well.

use crate::support::{code, normalized, policy};
use flags::{Accel, Arity, Catalogue, Engine, Trust};

/// Late 2024 to mid 2025: column 40, switches without pairs, two values for scaled adapters.
const Y2025: &str = "\
usage: ./llama-server [options]

----- common params -----

-h,    --help, --usage                  print usage and exit
-fa,   --flash-attn                     enable Flash Attention (default: disabled)
                                        (env: LLAMA_ARG_FLASH_ATTN)
-e,    --escape                         process escapes sequences (\\n, \\r, \\t)
--no-escape                             do not process escape sequences
-nkvo, --no-kv-offload                  disable KV offload
                                        (env: LLAMA_ARG_NO_KV_OFFLOAD)
-ngl,  --gpu-layers, --n-gpu-layers N   number of layers to store in VRAM
                                        (env: LLAMA_ARG_N_GPU_LAYERS)
-sm,   --split-mode {none,layer,row}    how to split the model across multiple GPUs, one of:
                                        - none: use one GPU only
                                        --row: not an option, a description
--lora-scaled FNAME SCALE               path to LoRA adapter with user defined scaling (can be repeated to use
                                        multiple adapters)
--api-key KEY                           API key to use for authentication (default: none)


----- example-specific params -----

--no-context-shift                      disables context shift on infinite text generation
";

/// Mid 2024: indented, more so without a short spelling, column 34, a title per group.
const Y2024: &str = "\
general:

  -h,    --help, --usage          print usage and exit
  -t,    --threads N              number of threads to use during generation (default: 8)
  -ctk,  --cache-type-k TYPE      KV cache data type for K (default: f16)
                                  --no-such, a description

server:

         --host HOST              ip address to listen (default: 127.0.0.1)
  -ngl,  --gpu-layers N           number of layers to store in VRAM
  --control-vector-layer-range START END
                                  layer range to apply the control vector(s) to, start and end inclusive
";

/// 2023: each spelling with its own value, some without a comma between them, column 24.
const Y2023: &str = "\
usage: ./server [options]

options:
  -h, --help            show this help message and exit
  -v, --verbose         verbose output (default: disabled)
  -t N, --threads N     number of threads to use during computation (default: 8)
  -ngl N, --n-gpu-layers N
                        number of layers to store in VRAM
  -ts SPLIT --tensor-split SPLIT
                        how to split tensors across multiple GPUs, comma-separated list of proportions, e.g. 3,1
  --rope-scaling {none,linear,yarn}
                        RoPE frequency scaling method
";

#[track_caller]
fn check(help: &str, spelling: &str, name: &str, value: Arity) {
    let catalogue = Catalogue::from_help(Engine::LlamaServer, help, "sample", Trust::Live);
    assert_eq!(catalogue.unread(), 0);
    let found = catalogue.find(spelling).unwrap();
    assert_eq!(found.spec.name, name);
    assert_eq!(found.spec.value, value);
    assert!(!found.negated);
}

#[test]
fn of_2025() {
    check(Y2025, "-fa", "--flash-attn", Arity::None);
    check(Y2025, "--no-escape", "--no-escape", Arity::None);
    check(Y2025, "-nkvo", "--no-kv-offload", Arity::None);
    check(Y2025, "--gpu-layers", "--n-gpu-layers", Arity::One);
    check(Y2025, "--lora-scaled", "--lora-scaled", Arity::Exactly(2));
    let catalogue = Catalogue::from_help(Engine::LlamaServer, Y2025, "sample", Trust::Live);
    assert_eq!(catalogue.specs().len(), 10);
    assert_eq!(catalogue.find("--api-key").unwrap().spec.env, None);
    assert!(catalogue.find("--row").is_none());
}

#[test]
fn of_2024() {
    check(Y2024, "-t", "--threads", Arity::One);
    check(Y2024, "-ngl", "--n-gpu-layers", Arity::One);
    check(Y2024, "--host", "--host", Arity::One);
    check(Y2024, "--control-vector-layer-range", "--control-vector-layer-range", Arity::Exactly(2));
    let catalogue = Catalogue::from_help(Engine::LlamaServer, Y2024, "sample", Trust::Live);
    assert!(catalogue.find("--no-such").is_none());
    assert_eq!(catalogue.specs().len(), 6);
}

/// EP-40
#[test]
fn of_2023() {
    check(Y2023, "-t", "--threads", Arity::One);
    check(Y2023, "-v", "--verbose", Arity::None);
    check(Y2023, "-ngl", "--n-gpu-layers", Arity::One);
    check(Y2023, "--gpu-layers", "--n-gpu-layers", Arity::One);
    check(Y2023, "-ts", "--tensor-split", Arity::One);
    check(Y2023, "--rope-scaling", "--rope-scaling", Arity::One);
}

#[test]
fn spellings_may_go_on_in_the_next_line() {
    let help = "-a, --one-spelling-of-it,\n       --another-spelling-of-it N    what it does\n                        (env: X)\n";
    check(help, "-a", "--another-spelling-of-it", Arity::One);
    let catalogue = Catalogue::from_help(Engine::LlamaServer, help, "sample", Trust::Live);
    assert_eq!(catalogue.find("-a").unwrap().spec.env.as_deref(), Some("X"));
}

#[test]
fn a_hint_may_be_set_apart() {
    check("-x,  --xx  TYPE,N\n                        what it does\n", "-x", "--xx", Arity::One);
    check("-x,  --xx      TODO\n", "-x", "--xx", Arity::None);
}

#[test]
fn lines_that_cannot_be_read_are_counted() {
    for help in ["--x:N what it is", "--ünder N   x", "-a, --b$, --c   x", "--x ONE TWO THREE FOUR FIVE   x"] {
        let catalogue = Catalogue::from_help(Engine::LlamaServer, help, "sample", Trust::Live);
        assert_eq!(catalogue.unread(), 1, "{help}");
        assert_eq!(catalogue.specs().len(), 1, "only the layer flag is always there");
    }
}

#[test]
fn a_text_that_is_no_help_lists_only_the_layer_flag() {
    for text in ["", "\n\n", "Segmentation fault\n", "- a\n- b\n", "-1 x\n"] {
        let catalogue = Catalogue::from_help(Engine::LlamaServer, text, "sample", Trust::Live);
        assert_eq!(catalogue.unread(), 0);
        assert_eq!(catalogue.specs().len(), 1);
        assert_eq!(catalogue.find("--ngl").unwrap().spec.name, "--n-gpu-layers");
    }
}

/// ik_llama.cpp, whose help is still written by hand, leaves out `--alias` and says of some switches only how to turn them
/// off. What no engine of those days knew is an error there too.
#[test]
fn a_help_written_by_hand_leaves_flags_out() {
    let fork = "usage: llama-server [options]\n\ngeneral:\n\n  -c,    --ctx-size N             size (default: 0)\n  -no-fmoe, --no-fused-moe        disable fused MoE (default: enabled)\n  -mla,  --mla-use                enable MLA (default: 3)\n";
    let catalogue = Catalogue::from_help(Engine::LlamaServer, fork, "./fork", Trust::Live);
    let line = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        normalized(&words, &policy(Accel::Cuda), &catalogue)
    };
    let said = line("--alias name -fmoe -mla 3").unwrap();
    assert_eq!(said.pool_args().join(" "), "--alias name --mla-use 3");
    assert_eq!(said.unverified, ["--alias"]);
    assert_eq!(code(&line("--jinja").unwrap_err()), "flags::unknown");
    let printed = fork.replace("general:", "----- common params -----");
    let catalogue = Catalogue::from_help(Engine::LlamaServer, &printed, "./engine", Trust::Live);
    let unknown = normalized(&["--alias", "name"], &policy(Accel::Cuda), &catalogue).unwrap_err();
    assert_eq!(code(&unknown), "flags::unknown");
}
