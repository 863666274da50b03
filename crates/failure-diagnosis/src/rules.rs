//! The table: every failure that is known, in order of precedence.
//!
//! The order says which of two things in one log is the cause: what a container runtime could not set up, what the machine
//! ran out of, then CUDA, then CMake, then the sources, the linker, the files; what only says that something failed comes
//! last.

mod cmake;
mod compile;
mod container;
mod cuda;
mod cuda_toolkit;
mod dependencies;
mod files;
mod git;
mod last;
mod link;
mod resources;
mod run;

use crate::Phase;
use crate::pattern::{Pattern, logged, said, status};

/// One failure.
pub(super) struct Rule {
    /// Its stable name.
    pub(super) code: &'static str,
    /// When it can happen.
    pub(super) phases: &'static [Phase],
    /// How it shows: any of these. All take the names that `cause` and `remedy` use outside of `[…]`.
    pub(super) any: &'static [Pattern],
    /// What happened, as a template.
    pub(super) cause: &'static str,
    /// What to do, as a template.
    pub(super) remedy: &'static str,
}

/// While something is built; ninja may run CMake again, so both phases belong together.
const BUILDING: &[Phase] = &[Phase::Configure, Phase::Build];
const ALWAYS: &[Phase] = &Phase::ALL;
/// git is run before a build, and by CMake and scripts in it.
const FETCHING: &[Phase] = &[Phase::Fetch, Phase::Configure, Phase::Build];
const RUNNING: &[Phase] = &[Phase::Run, Phase::Container];
const FETCHING_OR_RUNNING: &[Phase] = &[Phase::Fetch, Phase::Run, Phase::Container];
/// Only where it is known that the engine runs in a container: the same words have another remedy there.
const CONTAINED: &[Phase] = &[Phase::Container];

pub(super) static TABLE: &[&[Rule]] = &[
    run::nccl::SHARED_MEMORY,
    run::threads::RULES,
    container::user_namespace::RULES,
    container::storage::RULES,
    container::cdi::RULES,
    container::toolkit::RULES,
    container::image::RULES,
    container::registry::RULES,
    container::network::RULES,
    container::cgroup::RULES,
    container::device::RULES,
    container::runtime::RULES,
    container::engine::RULES,
    resources::RULES,
    run::loader::RULES,
    run::arguments::RULES,
    run::side_files::RULES,
    run::driver::RULES,
    run::memory::RULES,
    run::kernels::RULES,
    run::nccl::RULES,
    run::python::RULES,
    run::hub::RULES,
    run::files::RULES,
    run::model::RULES,
    git::RULES,
    dependencies::RULES,
    cuda::RULES,
    cuda_toolkit::RULES,
    cmake::RULES,
    compile::RULES,
    link::RULES,
    files::RULES,
    last::RULES,
    container::no_gpu::RULES,
    run::no_gpu::RULES,
    run::crash::RULES,
];

pub(super) use run::READY;

/// Whether a rule stays true of an engine that was ready afterwards: that it sees no GPU.
pub(super) fn outlasts_readiness(rule: &Rule) -> bool {
    run::no_gpu::RULES.iter().chain(container::no_gpu::RULES).any(|other| other.code == rule.code)
}

/// What is worth knowing beside the failure itself; templates use it in `[…]`.
pub(super) static FACTS: &[Pattern] = &[
    status("-- Found CUDAToolkit: {include*} (found version \"{toolkit}\")"),
    status("-- The CUDA compiler identification is NVIDIA {nvcc_version#}"),
    status("-- The CXX compiler identification is {cxx*}"),
    status("-- Package '{pkg}', required by"),
    status("-- No package '{pkg}' found"),
    logged("failed to fit params to free device memory: {fit*}"),
    said("FAILED: [code={exit#}] {target}"),
    said("FAILED: {target}"),
    said("make: *** [{makefile}: {target}] Error "),
    said("]: *** [{makefile}: {target}] Error "),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::pattern::{fill, names};

    fn rules() -> impl Iterator<Item = &'static Rule> {
        TABLE.iter().flat_map(|part| part.iter())
    }

    const AREAS: [&str; 11] =
        ["build", "cdi", "cmake", "container", "cuda", "engine", "gpu", "image", "link", "registry", "source"];

    #[test]
    fn codes_are_an_area_and_a_name() {
        for rule in rules() {
            let (area, name) = rule.code.split_once("::").expect(rule.code);
            assert!(AREAS.contains(&area), "{}", rule.code);
            assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", rule.code);
        }
    }

    #[test]
    fn every_pattern_takes_what_the_texts_need() {
        let facts: BTreeSet<_> = FACTS.iter().flat_map(|fact| names(fact.text)).collect();
        for rule in rules() {
            for pattern in rule.any {
                let known = names(pattern.text);
                let captures: Vec<_> = known.iter().map(|name| (*name, "X".to_owned())).collect();
                for text in [rule.cause, rule.remedy] {
                    assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", rule.code);
                    // With only its own places a template is whole, and says nothing of its syntax.
                    let filled = fill(text, &captures);
                    assert!(!filled.contains(['{', '}', '[', ']']), "{}: {filled}", rule.code);
                    let optional: Vec<&str> =
                        text.split('[').skip(1).filter_map(|part| part.split_once(']')).map(|(part, _)| part).collect();
                    for name in names(text) {
                        let is_optional = optional.iter().any(|part| part.contains(&format!("{{{name}}}")));
                        assert!(
                            known.contains(&name) || (is_optional && (facts.contains(name) || taken(rule, name))),
                            "{}: `{}` does not take {name}",
                            rule.code,
                            pattern.text
                        );
                    }
                }
            }
        }
    }

    fn taken(rule: &Rule, name: &str) -> bool {
        rule.any.iter().any(|pattern| names(pattern.text).contains(&name))
    }

    #[test]
    fn patterns_are_long_enough_to_search_for() {
        for pattern in rules().flat_map(|rule| rule.any).chain(FACTS) {
            assert!(pattern.anchor().len() >= 4, "{}", pattern.text);
            assert!(!pattern.text.contains("  ") && !pattern.text.contains('`'), "{}: is cleaned away", pattern.text);
        }
    }
}
