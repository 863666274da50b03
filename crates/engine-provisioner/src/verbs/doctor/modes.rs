//! The verdict of `doctor` about each mode, in one line.

use provisioner_core::{ModeCheckup, Refusal};

/// `mode       source     cpu alone; cuda: no NVIDIA driver was found [gpu::no_driver]`
pub(super) fn line(mode: &ModeCheckup) -> String {
    let ready: Vec<String> =
        mode.accelerators.iter().filter(|one| one.ready).map(|one| one.accelerator.to_string()).collect();
    let refused: Vec<(String, &Refusal)> =
        mode.accelerators.iter().filter_map(|one| Some((one.accelerator.to_string(), one.refusal.as_ref()?))).collect();
    let verdict = match (ready.as_slice(), refused.as_slice()) {
        (all, []) => format!("ready ({})", all.join(", ")),
        ([], [(_, first), ..]) => format!("not ready: {}", reason(first)),
        (some, [(name, first), ..]) => format!("ready ({}); not for {name}: {}", some.join(", "), reason(first)),
    };
    format!("{:<10} {:<10} {verdict}\n", "mode", mode.mode.to_string())
}

fn reason(refusal: &Refusal) -> String {
    let message = refusal.message.lines().next().unwrap_or_default();
    format!("{} [{}]", message.trim_end_matches("; looked at:").trim_end_matches(':'), refusal.code)
}

#[cfg(test)]
mod tests {
    use provisioner_core::{AcceleratorCheckup, cfg};

    use super::*;

    #[test]
    fn a_mode_is_one_line() {
        let one = |accelerator, code: Option<&str>| AcceleratorCheckup {
            accelerator,
            is_default: accelerator == cfg::Accelerator::Cuda,
            ready: code.is_none(),
            refusal: code.map(|code| Refusal {
                code: code.into(),
                message: "none was found; looked at:\n/x".into(),
                help: None,
            }),
        };
        let mode = |cuda, cpu| ModeCheckup {
            mode: cfg::ProvisioningMode::Binary,
            ready: true,
            accelerators: vec![one(cfg::Accelerator::Cuda, cuda), one(cfg::Accelerator::Cpu, cpu)],
        };
        assert_eq!(line(&mode(None, None)), "mode       binary     ready (cuda, cpu)\n");
        assert_eq!(
            line(&mode(Some("gpu::none"), None)),
            "mode       binary     ready (cpu); not for cuda: none was found [gpu::none]\n"
        );
        assert_eq!(
            line(&mode(Some("host::noexec"), Some("host::noexec"))),
            "mode       binary     not ready: none was found [host::noexec]\n"
        );
    }
}
