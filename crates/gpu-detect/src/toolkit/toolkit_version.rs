//! Which CUDA version a toolkit is: from its `version.json`, otherwise from its compiler.

use std::path::Path;

use exec::{Env, ProbeCache};

use super::nvcc;

/// The version of the toolkit at `root`, or in a few words why it is unknown. A file that disagrees with the headers is
/// not believed.
pub(crate) fn of(
    root: &Path,
    compiler: &Path,
    headers: Option<(u32, u32)>,
    env: &Env,
    cache: &ProbeCache,
) -> Result<(u32, u32), String> {
    let file = std::fs::read_to_string(root.join("version.json")).ok();
    let agreed = |version: &(u32, u32)| headers.is_none_or(|headers| headers == *version);
    if let Some(version) = file.as_deref().and_then(in_version_json).filter(agreed) {
        return Ok(version);
    }
    let text = nvcc::ask(compiler, env, cache, "--version").map_err(|error| error.to_string())?;
    in_nvcc_output(&text).ok_or_else(|| "no version in its answer".into())
}

/// `{"cuda": {"name": "CUDA SDK", "version": "12.8.0"}, …}`
fn in_version_json(text: &str) -> Option<(u32, u32)> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    two_numbers(json.get("cuda")?.get("version")?.as_str()?)
}

/// `Cuda compilation tools, release 13.5, V13.5.37`
fn in_nvcc_output(text: &str) -> Option<(u32, u32)> {
    two_numbers(text.split_once("release ")?.1)
}

/// `12.8.0` or `13.5, V…` as (12, 8) or (13, 5), if it is a plausible version.
fn two_numbers(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.split_once('.')?;
    let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let version = (major.parse().ok()?, minor.parse().ok()?);
    (1..100).contains(&version.0).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_files() {
        let real = r#"{"cuda":{"name":"CUDA SDK","version":"12.4.1"},"cuda_nvcc":{"version":"12.4.131"}}"#;
        assert_eq!(in_version_json(real), Some((12, 4)));
        for odd in ["", "{}", "[]", r#"{"cuda":{"version":12}}"#, r#"{"cuda":{"version":"500.1"}}"#, "{\"cuda\":"] {
            assert_eq!(in_version_json(odd), None, "{odd}");
        }
    }

    #[test]
    fn compiler_output() {
        let real = "nvcc: NVIDIA (R) Cuda compiler driver\nCopyright (c) 2005-2026 NVIDIA Corporation\n\
            Built on Mon_Oct_12_19:25:48_PDT_2026\nCuda compilation tools, release 13.5, V13.5.37\n";
        assert_eq!(in_nvcc_output(real), Some((13, 5)));
        assert_eq!(in_nvcc_output("Cuda compilation tools, release 9.0, V9.0.176"), Some((9, 0)));
        assert_eq!(in_nvcc_output("release x.y"), None);
        assert_eq!(in_nvcc_output(""), None);
    }
}
