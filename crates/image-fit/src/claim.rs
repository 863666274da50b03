//! Which variable of an image decides about CUDA, and what it asks for.

use crate::drivers::cuda_of_driver;
use crate::requirement::{Facts, Malformed, Property, Requirement, all};
use crate::{ImageConfig, Version};

/// The kind of variable that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// `NVIDIA_REQUIRE_*`, all of them together.
    Requirement,
    /// `CUDA_DRIVER_VERSION` of NGC's images, whose requirement is a placeholder.
    Placeholder,
    /// `CUDA_VERSION`, where no condition is left.
    CudaVersion,
}

/// What an image asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) source: Source,
    pub(crate) variable: String,
    pub(crate) value: String,
    /// The CUDA version that it asks for; `None` for conditions about other properties only.
    pub(crate) needs: Option<Version>,
    /// Whether the conditions are met; `None` where none is stated, or a fact is not known.
    pub(crate) met: Option<bool>,
    /// Whether only conditions on the GPU's architecture are not met.
    pub(crate) only_arch_unmet: bool,
    /// The CUDA version of the image's compat libraries; `None` where nothing says that it has any.
    pub(crate) compat: Option<Version>,
}

/// What an image asks for; `None` where no variable says anything about CUDA.
///
/// # Errors
/// The variable and the word that is not a condition.
pub(crate) fn claim(config: &ImageConfig, facts: &Facts<'_>) -> Result<Option<Claim>, (String, Malformed)> {
    let mut stated = Vec::new();
    for (name, value) in config.vars("NVIDIA_REQUIRE_") {
        // Which files of the host a Jetson's container needs: not a condition.
        if !name.starts_with("NVIDIA_REQUIRE_JETPACK") {
            let requirement = Requirement::parse(value).map_err(|malformed| (name.to_owned(), malformed))?;
            if !requirement.is_empty() {
                stated.push((name, value, requirement));
            }
        }
    }
    let cuda_version = config.var("CUDA_VERSION").and_then(|value| Some((value, cuda_version(value)?)));
    let dotted = cuda_version.filter(|(value, _)| value.contains('.')).map(|(_, version)| version);
    let floor = stated.iter().filter_map(|(_, _, requirement)| requirement.cuda_floor()).max();
    if let Some((value, needs)) = placeholder(config, &stated, dotted) {
        let (variable, value) = ("CUDA_DRIVER_VERSION".to_owned(), value.to_owned());
        let (source, needs, compat) = (Source::Placeholder, Some(needs), Some(needs));
        return Ok(Some(Claim { source, variable, value, needs, met: None, only_arch_unmet: false, compat }));
    }
    if stated.is_empty() {
        let claim = cuda_version.map(|(value, version)| Claim {
            source: Source::CudaVersion,
            variable: "CUDA_VERSION".into(),
            value: value.into(),
            needs: Some(version),
            met: None,
            only_arch_unmet: false,
            compat: dotted,
        });
        return Ok(claim);
    }
    let met = |without| all(stated.iter().map(|(_, _, requirement)| requirement.is_met(facts, without)));
    // The variable that is not met is the one that decides.
    let unmet = stated.iter().find(|(_, _, requirement)| requirement.is_met(facts, None) == Some(false));
    let usual = stated.iter().find(|(name, _, _)| *name == "NVIDIA_REQUIRE_CUDA");
    let Some((name, value, _)) = unmet.or(usual).or(stated.first()) else { return Ok(None) };
    let needs = floor.or(cuda_version.map(|(_, version)| version));
    let is_met = met(None);
    Ok(Some(Claim {
        source: Source::Requirement,
        variable: (*name).to_owned(),
        value: (*value).to_owned(),
        needs,
        met: is_met,
        only_arch_unmet: is_met == Some(false) && met(Some(Property::Arch)) == Some(true),
        compat: dotted.or(floor),
    }))
}

/// The driver of NGC's images and its CUDA version, where their requirement is the placeholder `cuda>=9.0` or absent.
fn placeholder<'a>(
    config: &'a ImageConfig,
    stated: &[(&str, &str, Requirement)],
    cuda_version: Option<Version>,
) -> Option<(&'a str, Version)> {
    let value = config.var("CUDA_DRIVER_VERSION")?;
    let cuda = cuda_of_driver(value.parse().ok()?).or(cuda_version)?;
    let is_placeholder = match stated {
        [] => true,
        [(_, _, only)] => {
            only.is_only_a_cuda_floor() && only.cuda_floor().is_some_and(|floor| floor.major() < cuda.major())
        }
        _ => false,
    };
    is_placeholder.then_some((value, cuda))
}

/// `CUDA_VERSION`: two to four numbers, or the suffix of a Python wheel such as `130`. Anything else says nothing.
fn cuda_version(value: &str) -> Option<Version> {
    if value.contains('.') {
        return value.parse().ok().map(Version::release);
    }
    let is_suffix = value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_digit());
    let (major, minor) = value.split_at_checked(2).filter(|_| is_suffix)?;
    Some(Version::new(major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_suffixes_of_wheels() {
        assert_eq!(cuda_version("12.8.0.038"), Some(Version::new(12, 8)));
        assert_eq!(cuda_version("130"), Some(Version::new(13, 0)));
        assert_eq!(cuda_version("128"), Some(Version::new(12, 8)));
        for text in ["", "13", "1300", "cu130", "12.x", "ééé", "+13", "1é"] {
            assert_eq!(cuda_version(text), None, "{text}");
        }
    }
}
