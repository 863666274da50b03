//! Which of the pool's GPUs an engine uses, by its own normalised flags. Pure.

/// The positions of the GPUs that are used, among `count` that the engine is given.
pub type DevicesUsed = fn(flags: &[String], count: usize) -> Vec<usize>;

/// All that it is given.
pub(crate) fn all(_: &[String], count: usize) -> Vec<usize> {
    (0..count).collect()
}

/// llama-server: those that `--device` names; of them the `--main-gpu` alone under `--split-mode none`, otherwise those
/// with a share in `--tensor-split`.
/// <https://github.com/ggml-org/llama.cpp/blob/master/src/llama.cpp> (`llama_model_load_from_file_impl`)
pub(crate) fn llama_server(flags: &[String], count: usize) -> Vec<usize> {
    let named = value(flags, &["--device", "-dev"]).map(|names| {
        let number = |name: &str| name.trim().strip_prefix("CUDA")?.parse::<usize>().ok();
        names.split(',').filter_map(number).filter(|number| *number < count).collect::<Vec<_>>()
    });
    let used = named.unwrap_or_else(|| all(flags, count));
    if value(flags, &["--split-mode", "-sm"]) == Some("none") {
        let main = value(flags, &["--main-gpu", "-mg"]).and_then(|main| main.parse().ok()).unwrap_or(0);
        return used.get(main).copied().into_iter().collect();
    }
    let shares: Vec<f32> = value(flags, &["--tensor-split", "-ts"])
        .map(|shares| shares.split([',', '/']).map(|share| share.trim().parse().unwrap_or(0.0)).collect())
        .unwrap_or_default();
    if shares.iter().all(|share| *share <= 0.0) {
        return used;
    }
    let has_share = |place: usize| shares.get(place).is_some_and(|share| *share > 0.0);
    used.into_iter().enumerate().filter(|(place, _)| has_share(*place)).map(|(_, device)| device).collect()
}

/// Whether llama-server was asked for all of a model's layers: by a number that reaches them, or by `all`. A smaller
/// number is the pool's own, and so are `auto` and `--fit`.
pub(crate) fn llama_server_asks_all(flags: &[String], layers: u32) -> bool {
    if value(flags, &["--fit", "-fit"]).is_some_and(|fit| fit != "off") {
        return false;
    }
    match value(flags, &["--n-gpu-layers", "--gpu-layers", "-ngl"]) {
        None | Some("auto") => false,
        Some("all") => true,
        // -1 is `auto`, and -2 and below are `all`.
        Some(number) => number.parse::<i64>().is_ok_and(|number| number >= i64::from(layers) || number < -1),
    }
}

/// Nothing is known of layers.
pub(crate) fn asks_nothing(_: &[String], _: u32) -> bool {
    false
}

/// The last value of a flag, in either spelling: `--flag value` and `--flag=value`.
fn value<'a>(flags: &'a [String], names: &[&str]) -> Option<&'a str> {
    let at = |(place, word): (usize, &'a String)| {
        if names.contains(&word.as_str()) {
            return flags.get(place + 1).map(String::as_str);
        }
        names.iter().find_map(|name| word.strip_prefix(name)?.strip_prefix('='))
    };
    flags.iter().enumerate().filter_map(at).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_gpus_that_flags_leave() {
        for (line, count, expected) in [
            ("--model m", 2, &[0_usize, 1] as &[_]),
            ("--split-mode none", 2, &[0]),
            ("--split-mode none --main-gpu 1", 2, &[1]),
            ("--split-mode none --main-gpu 7", 2, &[]),
            ("--split-mode=layer --main-gpu 1", 2, &[0, 1]),
            ("--tensor-split 3,0,1", 3, &[0, 2]),
            ("--tensor-split 0,0", 2, &[0, 1]),
            ("--tensor-split 1", 2, &[0]),
            ("--tensor-split 0/1", 2, &[1]),
            ("--device CUDA1", 2, &[1]),
            ("--device CUDA1,CUDA0 --split-mode none --main-gpu 1", 2, &[0]),
            ("--device CUDA1,CUDA2 --tensor-split 0,1", 3, &[2]),
            ("--device CUDA9", 2, &[]),
            ("--device none", 2, &[]),
            ("-sm none -sm layer", 2, &[0, 1]),
            ("--split-mode", 1, &[0]),
        ] {
            assert_eq!(llama_server(&words(line), count), expected, "{line}");
        }
    }

    #[test]
    fn all_layers_are_asked_for_by_a_number_that_reaches_them() {
        for (line, expected) in [
            ("--n-gpu-layers 999", true),
            ("--n-gpu-layers 31", true),
            ("--n-gpu-layers 30", false),
            ("--n-gpu-layers all", true),
            ("--n-gpu-layers -2", true),
            ("--n-gpu-layers -1", false),
            ("--n-gpu-layers auto", false),
            ("--n-gpu-layers 999 --fit on", false),
            ("--n-gpu-layers 999 --fit off", true),
            ("--n-gpu-layers x", false),
            ("", false),
        ] {
            assert_eq!(llama_server_asks_all(&words(line), 31), expected, "{line}");
        }
    }
}
