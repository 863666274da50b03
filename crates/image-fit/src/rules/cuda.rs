//! R1 to R6: the driver's CUDA version against what the image asks for.

use super::{Case, Rule};
use crate::claim::{Claim, Source};
use crate::drivers::{Branch, branch};
use crate::{Outcome, Verdict, Version};

/// What rules R1 to R6 compare: what the image asks for, its CUDA version, and that of the driver.
fn facts<'a>(case: &'a Case<'_>) -> Option<(&'a Claim, Option<Version>, Version)> {
    let claim = case.claim.as_ref()?;
    Some((claim, claim.needs, case.ceiling?))
}

/// R1: the driver provides at least what the image asks for. Compat libraries of an older version than the driver's must not be
/// found (error 803); a consumer GPU must not find newer ones either (error 804), which is R3.
pub(super) fn new_enough(case: &Case<'_>) -> Option<Verdict> {
    let (claim, needs, ceiling) = facts(case)?;
    if claim.met == Some(false) || needs.is_some_and(|needs| ceiling < needs) {
        return None;
    }
    if claim.source == Source::Requirement && claim.met.is_none() {
        return None;
    }
    let rule = Some(Rule::R1);
    let variable = &claim.variable;
    Some(match claim.compat {
        Some(compat) if compat < ceiling => case.verdict(
            Outcome::MaskCompat,
            rule,
            format!("the driver is newer than the image, whose compat libraries must not be found first ({variable})"),
        ),
        Some(compat) if compat > ceiling && case.gpu.is_consumer() => return None,
        Some(compat) if compat > ceiling => case.verdict(
            Outcome::Run,
            rule,
            format!("it runs with or without the image's compat libraries ({variable})"),
        ),
        _ => case.verdict(Outcome::Run, rule, format!("the driver provides what the image asks for ({variable})")),
    })
}

/// R2: an older driver, brand and branch are listed, and the GPU has forward compatibility: only the image's compat libraries make
/// it run. NGC's images have them for long-lived branches.
pub(super) fn forward_compatible(case: &Case<'_>) -> Option<Verdict> {
    let (claim, needs, ceiling) = facts(case)?;
    if needs? <= ceiling || case.gpu.is_consumer() {
        return None;
    }
    let rule = Some(Rule::R2);
    match claim.source {
        Source::Requirement if claim.met == Some(true) => {
            let doubt =
                if case.gpu.has_brand() { "" } else { "; the GPU's brand is not known, so only the proof shows it" };
            let why = format!("brand and driver are listed, and the image's compat libraries are needed{doubt}");
            Some(case.verdict(Outcome::RunCompat, rule, why))
        }
        Source::Placeholder => match branch(case.host.driver_version()?) {
            Branch::LongLived if case.gpu.has_brand() => {
                let why =
                    "a long-lived branch of drivers on a data center GPU, and the image's compat libraries are needed";
                Some(case.verdict(Outcome::RunCompat, rule, why))
            }
            Branch::LongLived => {
                let why = "the GPU's brand is not known, so neither is whether it has forward compatibility";
                Some(case.verdict(Outcome::Undecided, rule, why))
            }
            Branch::Unknown => {
                let why = "it is not known whether the image's compat libraries take this branch of drivers";
                Some(case.verdict(Outcome::Undecided, rule, why))
            }
            Branch::ShortLived => None,
        },
        Source::Requirement | Source::CudaVersion => None,
    }
}

/// R3: GeForce and Titan are listed by some images and have no forward compatibility all the same. The same major version carries them
/// without the compat libraries; an older one does not.
pub(super) fn listed_consumer(case: &Case<'_>) -> Option<Verdict> {
    let (claim, needs, ceiling) = facts(case)?;
    if !case.gpu.is_consumer() || claim.source == Source::Placeholder || claim.met == Some(false) {
        return None;
    }
    let rule = Some(Rule::R3);
    if needs.is_none_or(|needs| needs <= ceiling) {
        let newer = claim.compat.filter(|compat| *compat > ceiling)?;
        let why = format!(
            "the image's compat libraries are of CUDA {newer}, newer than the driver: on this GPU they end in error 804"
        );
        return Some(case.verdict(Outcome::MaskCompat, rule, why));
    }
    if claim.met != Some(true) {
        return None;
    }
    if needs?.major() == ceiling.major() {
        let why = "the image lists this brand, and the same major version carries it; its compat libraries would end in error 804";
        return Some(case.verdict(Outcome::MaskCompat, rule, why));
    }
    let why = "the image lists this brand, but an older major version needs forward compatibility, which this GPU does not have";
    Some(Verdict { if_overridden: Some(Outcome::RunCompat), ..case.verdict(Outcome::Refuse, rule, why) })
}

/// R4: the conditions are not met although the major version is the image's, or newer.
pub(super) fn same_major(case: &Case<'_>) -> Option<Verdict> {
    let (claim, needs, ceiling) = facts(case)?;
    if claim.met != Some(false) || needs.is_some_and(|needs| ceiling.major() < needs.major()) {
        return None;
    }
    let rule = Some(Rule::R4);
    let switch = "NVIDIA_DISABLE_REQUIRE";
    if config_disables(case.config.var(switch)) {
        let why =
            "the image switches its own conditions off, and the same major version carries it without compat libraries";
        let variable = Some(switch.to_owned());
        return Some(Verdict { variable, ..case.verdict(Outcome::MaskCompat, rule, why) });
    }
    let why = if case.gpu.is_consumer() {
        "the image does not list this brand; the major version is the same, so it would run with the check off and the compat libraries hidden"
    } else {
        "the image does not list this brand with this branch of drivers"
    };
    Some(Verdict { if_overridden: Some(Outcome::MaskCompat), ..case.verdict(Outcome::Refuse, rule, why) })
}

/// R6: an older major version that is not listed; a version without any list; NGC's images where R2 does not help.
pub(super) fn older_major(case: &Case<'_>) -> Option<Verdict> {
    let (claim, needs, ceiling) = facts(case)?;
    let needs = needs?;
    let too_old = ceiling < needs;
    let same = ceiling.major() == needs.major();
    let (applies, why) = match claim.source {
        Source::Requirement => (claim.met == Some(false), "an older major version that the image does not list"),
        Source::CudaVersion if same => {
            (too_old, "the image lists no older driver; the same major version would run without its compat libraries")
        }
        Source::CudaVersion => (too_old, "an older major version, and the image lists no older driver"),
        Source::Placeholder if case.gpu.is_consumer() => {
            (too_old, "NVIDIA's images have no compatibility mode for this GPU: the server would start without it")
        }
        Source::Placeholder => {
            (too_old, "the compat libraries of NVIDIA's images are for long-lived branches of drivers")
        }
    };
    let if_overridden = Some(if same { Outcome::MaskCompat } else { Outcome::RunCompat });
    applies.then(|| Verdict { if_overridden, ..case.verdict(Outcome::Refuse, Some(Rule::R6), why) })
}

/// `NVIDIA_DISABLE_REQUIRE` is a boolean as Go reads it.
fn config_disables(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "t" | "T" | "true" | "TRUE" | "True"))
}
