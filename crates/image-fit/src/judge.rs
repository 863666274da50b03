//! Asks the rules, for each GPU of a pool.

use crate::claim::claim;
use crate::requirement::{Facts, Malformed};
use crate::rules::{Ask, Case, RULES, Rule};
use crate::{Gpu, Host, ImageConfig, Outcome, Verdict, Version};

/// Decides whether `host` can run the image with this configuration. `reference` is the image's name: its words show what
/// an image without variables is for. With several GPUs the one that decides most strictly counts.
pub fn judge(config: &ImageConfig, reference: &str, host: &Host) -> Verdict {
    with_rules(&RULES, config, reference, host)
}

fn with_rules(rules: &[(Rule, Ask)], config: &ImageConfig, reference: &str, host: &Host) -> Verdict {
    let unknown = [Gpu { brand: "unknown".into(), architecture: None }];
    let gpus = if host.gpus.is_empty() { &unknown[..] } else { &host.gpus[..] };
    let verdicts: Vec<Verdict> = gpus.iter().map(|gpu| one(rules, config, reference, host, gpu)).collect();
    let has = |outcome| verdicts.iter().any(|verdict| verdict.outcome == outcome);
    let mixed = has(Outcome::RunCompat) && has(Outcome::MaskCompat);
    let strictest = verdicts.into_iter().max_by_key(|verdict| match verdict.outcome {
        Outcome::Refuse => 4,
        Outcome::Undecided => 3,
        Outcome::RunCompat => 2,
        Outcome::MaskCompat => 1,
        Outcome::Run => 0,
    });
    match strictest {
        Some(verdict) if mixed && verdict.outcome == Outcome::RunCompat => Verdict {
            outcome: Outcome::Refuse,
            why: "the GPUs of the pool differ: one needs the image's compat libraries, and another must not find them"
                .into(),
            ..verdict
        },
        Some(verdict) => verdict,
        None => one(rules, config, reference, host, &Gpu::default()),
    }
}

/// The verdict for one GPU.
fn one(rules: &[(Rule, Ask)], config: &ImageConfig, reference: &str, host: &Host, gpu: &Gpu) -> Verdict {
    let ceiling = host.ceiling();
    let facts = Facts {
        cuda: ceiling,
        driver: host.driver_version(),
        arch: gpu.architecture.map(|(major, minor)| Version::new(major, minor)),
        brand: if gpu.brand.is_empty() { "unknown" } else { &gpu.brand },
    };
    let (claim, malformed) = match claim(config, &facts) {
        Ok(claim) => (claim, None),
        Err((variable, Malformed(word))) => (None, Some((variable, word))),
    };
    let case = Case { config, reference, host, gpu, ceiling, claim };
    // Without a condition that can be read, only the rules about platforms are asked.
    let readable = |rule: Rule| malformed.is_none() || rule == Rule::R10;
    let decided = rules.iter().filter(|(rule, _)| readable(*rule)).find_map(|(_, ask)| ask(&case));
    decided.unwrap_or_else(|| match malformed {
        Some((variable, word)) => Verdict {
            variable: Some(variable.clone()),
            ..case.verdict(Outcome::Undecided, None, format!("`{word}` in {variable} is not a condition"))
        },
        None if ceiling.is_none() => {
            case.verdict(Outcome::Undecided, None, "the CUDA version that the driver provides is not known")
        }
        None => case.verdict(Outcome::Undecided, None, "a fact about the GPU that the image asks for is not known"),
    })
}

#[cfg(test)]
mod tests;
