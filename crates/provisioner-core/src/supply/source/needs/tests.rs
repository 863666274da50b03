//! What a pool asks of its host.

use gpu_detect::{Conflict, Releases, Remedy};

use llamacpp_build::Definition;

use super::*;
use crate::pool::sample::desired;
use crate::supply::source::sample::wish;

fn asked(definitions: &[&str], reference: &str, tree: Option<bool>) -> Vec<Tool> {
    let mut wish = wish();
    wish.source.reference = reference.into();
    wish.definitions = definitions.iter().map(|text| Definition::parse(text).unwrap()).collect();
    headers(&wish, || tree).iter().map(Need::tool).collect()
}

/// EP-20: headers are asked for where the source at hand would use them, and nowhere else. The releases: libcurl was an
/// option until b7735.
#[test]
fn headers_are_asked_for_by_definitions_alone() {
    use Tool::{CurlHeaders as Curl, OpensslHeaders as Openssl};
    let on = ["-DLLAMA_CURL=ON"];
    assert_eq!(asked(&[], "b5640", Some(true)), [], "our own default is without");
    assert_eq!(asked(&on, "b5640", None), [Curl]);
    assert_eq!(asked(&on, "b7735", None), [Curl]);
    assert_eq!(asked(&on, "b7736", Some(true)), []);
    assert_eq!(asked(&on, "v0.5.0", None), [], "nothing is demanded of a source that nobody has seen");
    assert_eq!(asked(&on, "master", Some(false)), []);
    assert_eq!(asked(&on, "3191462de7a26e2f94a9f4ae2e2cd0a7d8d8cd1d", Some(true)), [Curl]);
    assert_eq!(asked(&["-DLLAMA_CURL=ON", "-DLLAMA_CURL=off"], "b5640", None), [], "the last one counts");
    assert_eq!(asked(&["-DLLAMA_OPENSSL:BOOL=1"], "v0.5.0", None), [Openssl]);
    assert_eq!(asked(&["-DLLAMA_SERVER_SSL=ON", "-DLLAMA_CURL=YES"], "b4753", None), [Curl, Openssl]);
}

fn lacking(first: (u32, u32), last: Option<(u32, u32)>) -> Conflict {
    let remedy = Remedy { change: "install CUDA 12.9".into(), ..Remedy::default() };
    let (gpus, candidates, looked) = (Vec::new(), Vec::new(), Vec::new());
    Conflict {
        gpus,
        candidates,
        looked,
        fits: Releases { first, last },
        remedy,
        family: None,
        distribution: Box::default(),
    }
}

/// The toolkit in the list is the one that serves these GPUs: what CUDA 13 dropped needs CUDA 12.
#[test]
fn the_toolkit_is_one_that_fits() {
    let asked =
        |fits: Option<Conflict>| further(&[], fits.as_ref(), Path::new("/")).iter().map(Need::tool).collect::<Vec<_>>();
    assert_eq!(asked(None), []);
    assert_eq!(asked(Some(lacking((11, 8), None))), [Tool::Nvcc]);
    assert_eq!(asked(Some(lacking((11, 1), Some((12, 9))))), [Tool::Nvcc12]);
    assert_eq!(
        asked(Some(lacking((6, 5), Some((11, 8))))),
        [],
        "no distribution has one; the GPU's error says what to do"
    );
    assert_eq!(asked(Some(lacking((13, 0), Some((12, 9))))), [], "none fits");
}

#[test]
fn old_compilers_are_refused_for_releases_that_are_known_to_need_newer_ones() {
    for (reference, known) in [
        ("b4753", true),
        ("refs/tags/b10361", true),
        ("v0.5.0", true),
        ("b3889", false),
        ("master", false),
        ("vulkan", false),
        ("b4753-fix", false),
        ("b0c1d2e3f4b0c1d2e3f4b0c1d2e3f4b0c1d2e3f4", false),
    ] {
        let mut wish = wish();
        wish.source.reference = reference.into();
        let told = build(&desired(), &wish).iter().any(|need| {
            *need == Need::from(Tool::Cxx).at_least(Version::new(8, 0, 0), "llama.cpp is written in C++17")
        });
        assert_eq!(told, known, "{reference}");
    }
}
