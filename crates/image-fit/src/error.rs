//! Why an image is refused, with the tag to look for and the override.

use miette::Diagnostic;
use thiserror::Error;

use crate::{Rule, Verdict, Version};

/// An image that a host cannot run.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum ImageError {
    /// The driver provides an older CUDA version than the image needs, and the image does not list it.
    #[error("`{image}` needs {} ({variable}), and the driver {}provides {}: {why}",
        cuda(*needs), driver.as_ref().map_or_else(String::new, |driver| format!("{driver} ")), cuda(*host))]
    #[diagnostic(code(image::driver_too_old), help("{}", remedy(*host, *newer, *may_override)))]
    DriverTooOld {
        /// The image.
        image: String,
        /// The CUDA version that it asks for.
        needs: Option<Version>,
        /// The variable of the image that says so.
        variable: String,
        /// The driver's version.
        driver: Option<String>,
        /// The CUDA version that the driver provides.
        host: Option<Version>,
        /// The reason.
        why: String,
        /// The first branch of drivers that would do.
        newer: Option<u32>,
        /// Whether an override has a chance.
        may_override: bool,
    },
    /// The image has no code for the GPU's architecture.
    #[error("`{image}` has no code for this GPU: {why}")]
    #[diagnostic(
        code(image::card_unsupported),
        help(
            "take an image that is built for this GPU, or build from source (mode = \"source\"); `override_requirement = true` in `provisioning.container` starts it all the same"
        )
    )]
    CardUnsupported {
        /// The image.
        image: String,
        /// The reason, with variable and architecture.
        why: String,
    },
    /// A pool on CUDA, and an image for another accelerator.
    #[error("`{image}` is not for NVIDIA GPUs: {why}")]
    #[diagnostic(code(image::no_cuda), help("take the image for CUDA, or write the accelerator that it is for"))]
    NoCuda {
        /// The image.
        image: String,
        /// The reason.
        why: String,
    },
    /// The image is made for another machine, system or kind of Arm host.
    #[error("`{image}` is for another platform: {why}")]
    #[diagnostic(code(image::wrong_platform), help("{help}"))]
    WrongPlatform {
        /// The image.
        image: String,
        /// The reason.
        why: String,
        /// What to do.
        help: &'static str,
    },
}

impl ImageError {
    pub(crate) fn of(verdict: &Verdict, image: &str) -> Self {
        let (image, why) = (image.to_owned(), verdict.why.clone());
        match verdict.rule {
            Some(Rule::R10) => {
                Self::WrongPlatform { image, why, help: "take a tag that has an image for this machine" }
            }
            Some(Rule::R8) => {
                let help = "on a Jetson take an `-igpu` or `l4t` image, elsewhere one that is not made for a Jetson";
                Self::WrongPlatform { image, why, help }
            }
            Some(Rule::R9) => Self::NoCuda { image, why },
            Some(Rule::R7) => Self::CardUnsupported { image, why },
            Some(Rule::R1 | Rule::R2 | Rule::R3 | Rule::R4 | Rule::R6) | None => Self::DriverTooOld {
                image,
                needs: verdict.needs,
                variable: verdict.variable.clone().unwrap_or_default(),
                driver: verdict.driver.clone(),
                host: verdict.host_cuda,
                why,
                newer: verdict.driver_needed,
                may_override: verdict.if_overridden.is_some(),
            },
        }
    }
}

fn cuda(version: Option<Version>) -> String {
    version.map_or_else(|| "another CUDA".to_owned(), |version| format!("CUDA {version}"))
}

fn remedy(host: Option<Version>, newer: Option<u32>, may_override: bool) -> String {
    let tag = host.map_or_else(
        || "take a tag that is built on an older CUDA version".to_owned(),
        |host| format!("take a tag that is built on CUDA {host} or older"),
    );
    let driver = newer.map_or_else(|| "a newer driver".to_owned(), |branch| format!("driver {branch} or newer"));
    let by_hand = "; `override_requirement = true` in `provisioning.container` starts it all the same";
    format!("{tag}, or install {driver}{}", if may_override { by_hand } else { "" })
}
