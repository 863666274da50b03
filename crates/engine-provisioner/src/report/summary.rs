//! The facts of a prepared engine as lines for people.

use std::fmt::Write;

use provisioner_core::{Artifact, PreparedEngine};

/// One fact a line.
pub(crate) fn of(prepared: &PreparedEngine) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a `String` cannot fail.
        writeln!(text, "  {name:<8} {value}").ok();
    };
    let source = format!("{}, {}", prepared.provisioning_mode, prepared.accelerator);
    line("engine", &format!("{} {} ({source})", prepared.engine, prepared.engine_version));
    if let Some(build) = &prepared.build_ref {
        line("build", build);
    }
    if let Some(digest) = &prepared.engine_digest {
        line("digest", digest);
    }
    if let Some(binary) = &prepared.binary_path {
        line("binary", &binary.display().to_string());
    }
    if let Some(Artifact::Remote { .. }) = &prepared.artifact {
        line("model", &prepared.model.reference);
    } else {
        line("model", &format!("{} ({})", prepared.model.path.display(), indicatif::HumanBytes(prepared.model.size)));
        line("flags", &exec::shell_line(&prepared.flags));
    }
    if !prepared.secret_env.is_empty() {
        line("secrets", &prepared.secret_env.join(" "));
    }
    line("proof", &prepared.proof_dir.display().to_string());
    text
}
