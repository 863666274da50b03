//! What was proven of an engine's GPU, for people.

use std::fmt::Write;

use provisioner_core::{OnGpu, PoolStatus, PreparedEngine, ProofStage, ProofVerdict, cfg::Accelerator};

/// Whether it was not looked at yet whether a running engine is on its GPU.
pub(crate) fn is_due(prepared: &PreparedEngine) -> bool {
    prepared.accelerator == Accelerator::Cuda && prepared.proof(ProofStage::Running).is_none()
}

/// Where an engine is: `, on GPU 0 (742 MiB)`, or that it is not.
pub(crate) fn place(status: &PoolStatus) -> String {
    let verdict = status.gpu_proof.as_ref().map(|proof| proof.verdict);
    match verdict {
        Some(ProofVerdict::Proven) => format!(", on {}", list(&status.gpus)),
        Some(ProofVerdict::Denied) => format!(", NOT on {}", list(&status.gpus)),
        Some(ProofVerdict::Undecided) => format!(", undecided whether on {}", list(&status.gpus)),
        None => String::new(),
    }
}

/// What speaks against its use of a GPU, or leaves it open.
pub(crate) fn lines(status: &PoolStatus) -> String {
    let mut text = String::new();
    let Some(proof) = &status.gpu_proof else {
        if status.lives() && status.engine.as_ref().is_some_and(|engine| is_due(&engine.prepared)) {
            text.push_str("  gpu      not proven yet: that is looked at once the engine answers\n");
        }
        return text;
    };
    if proof.verdict != ProofVerdict::Proven {
        for line in &proof.evidence {
            // Writing to a `String` cannot fail.
            writeln!(text, "  gpu      {line}").ok();
        }
    }
    if proof.verdict == ProofVerdict::Denied {
        text.push_str("  help     `ensure --replace` stops it and starts another one [gpu::not_used]\n");
    }
    text
}

fn list(gpus: &[OnGpu]) -> String {
    let one = |gpu: &OnGpu| {
        let memory = gpu.memory_bytes.map_or_else(String::new, |bytes| format!(" ({} MiB)", bytes >> 20));
        format!("GPU {}{memory}", gpu.index)
    };
    if gpus.is_empty() { "a GPU".to_owned() } else { gpus.iter().map(one).collect::<Vec<_>>().join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(verdict: &str, gpus: &serde_json::Value, expected: &str, expected_lines: usize) {
        let proof = serde_json::json!({"stage": "running", "verdict": verdict, "evidence": ["fact"]});
        let status = serde_json::json!({"pool_id": "p", "state": "running", "gpu_proof": proof, "gpus": gpus});
        let status: PoolStatus = serde_json::from_value(status).unwrap();
        assert_eq!(place(&status), expected);
        assert_eq!(lines(&status).lines().count(), expected_lines);
    }

    #[test]
    fn a_status_names_the_gpu_or_what_is_missing() {
        let gpu =
            |index: u32, bytes: Option<u64>| serde_json::json!({"index": index, "uuid": "u", "memory_bytes": bytes});
        let one = serde_json::json!([gpu(0, Some(742 << 20))]);
        check("proven", &one, ", on GPU 0 (742 MiB)", 0);
        check("proven", &serde_json::json!([gpu(2, Some(1 << 20)), gpu(3, None)]), ", on GPU 2 (1 MiB), GPU 3", 0);
        check("denied", &serde_json::json!([gpu(0, None)]), ", NOT on GPU 0", 2);
        check("undecided", &serde_json::json!([]), ", undecided whether on a GPU", 1);
    }
}
