//! One report from the results of all parts that ran: Markdown to read, JSON to compare.

use std::fmt::Write;

use serde_json::{Value, json};

use super::host::GpuHost;
use crate::args::GpuPart;
use crate::failure::Result;

/// Writes `report.md` and `report.json`, and returns the Markdown.
pub(super) fn write(host: &GpuHost) -> Result<String> {
    let [facts, build, proofs] = GpuPart::ALL.map(|part| host.kept(part.name()).unwrap_or_default());
    let date = facts.pointer("/machine/line").and_then(Value::as_str).and_then(|line| line.split(',').next());
    let document =
        json!({ "format": 1, "date": date, "about": host.about, "facts": facts, "build": build, "proofs": proofs });
    let text = markdown(&document);
    host.raw("report.json", format!("{document:#}\n").as_bytes())?;
    host.raw("report.md", text.as_bytes())?;
    println!("report: {}", host.work.join("report/report.md").display());
    Ok(text)
}

/// The report as text; a part that did not run has no section.
fn markdown(document: &Value) -> String {
    let mut text = "# llama.cpp on a GPU\n".to_owned();
    let at = |place: &str| document.pointer(place).unwrap_or(&Value::Null);
    if at("/facts").is_object() {
        text += &machine(at("/facts/machine"), at("/facts/gpus"), at("/about/product"));
    }
    if at("/facts/gpu") == &Value::Bool(false) {
        text += "\nNo NVIDIA GPU here: nothing was measured.\n";
        return text;
    }
    text += &build(at("/build"));
    text += &proofs(at("/proofs/proofs"));
    let figures = [at("/facts/figures"), at("/proofs/figures")];
    text += &times("What calls cost, median from call to exit", figures.into_iter().flat_map(items));
    text += &agreement(at("/facts"));
    text += &nvml(at("/facts/nvml"));
    text
}

fn machine(machine: &Value, gpus: &Value, product: &Value) -> String {
    let mut text = format!("\n{}\n\n", shown(machine.get("line")));
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            writeln!(text, "- {name}: {value}").ok();
        }
    };
    row("GPUs (name, memory in MiB, driver, compute capability)", shown(Some(gpus)).replace('\n', "; "));
    row("kernel module", shown(machine.get("kernel_module")));
    row("memory", shown(machine.get("memory")));
    row("distribution", shown(machine.get("distribution")));
    let tools = machine.get("tools").and_then(Value::as_object).into_iter().flatten();
    row(
        "tools",
        tools.map(|(name, version)| format!("{name}: {}", shown(Some(version)))).collect::<Vec<_>>().join("; "),
    );
    row("product", shown(Some(product)));
    text
}

fn build(build: &Value) -> String {
    let Some(true) = build.get("built").and_then(Value::as_bool) else {
        let product = build.get("product").map(|product| format!("\n## Build\n\nNot built: {product}\n"));
        return product.unwrap_or_default();
    };
    let mut text = times("Build", items(build.get("phases").unwrap_or(&Value::Null)));
    let whole = build.get("milliseconds").and_then(Value::as_f64).unwrap_or_default();
    writeln!(text, "| `prepare`, from call to exit | {} |", duration(whole)).ok();
    if let Some(bytes) = build.get("binary_bytes").and_then(Value::as_u64) {
        writeln!(text, "| the engine's binary | {} MB |", bytes / 1_000_000).ok();
    }
    let names =
        [("/architectures", "architectures"), ("/engine/engine_version", "engine"), ("/ninja/steps", "ninja's steps")];
    for (name, value) in names.map(|(place, name)| (name, shown(build.pointer(place)))) {
        // Without ninja there are no steps.
        if !value.is_empty() {
            writeln!(text, "| {name} | {value} |").ok();
        }
    }
    let Some(ninja) = build.get("ninja").filter(|ninja| ninja.is_object()) else { return text };
    text += "\n| kind of step | steps | sum | mean | largest |\n| --- | ---: | ---: | ---: | ---: |\n";
    for kind in items(ninja.get("kinds").unwrap_or(&Value::Null)) {
        let seconds = |name: &str| kind.get(name).and_then(Value::as_f64).unwrap_or_default();
        let [sum, mean, largest] = ["seconds", "mean_seconds", "largest_seconds"].map(seconds);
        let (name, steps) = (shown(kind.get("kind")), shown(kind.get("steps")));
        writeln!(text, "| {name} | {steps} | {sum:.1} s | {mean:.2} s | {largest:.1} s |").ok();
    }
    let slowest = items(ninja.get("slowest").unwrap_or(&Value::Null)).map(|step| {
        let name = shown(step.get("output"));
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        format!("`{name}` {:.1} s", step.get("seconds").and_then(Value::as_f64).unwrap_or_default())
    });
    writeln!(text, "\nSlowest steps: {}.", slowest.collect::<Vec<_>>().join(", ")).ok();
    text
}

fn proofs(proofs: &Value) -> String {
    let mut rows = items(proofs).peekable();
    if rows.peek().is_none() {
        return String::new();
    }
    let mut text =
        "\n## Proofs\n\n| proof | condition | verdict by nvidia-smi | the product |\n| --- | --- | --- | --- |\n"
            .to_owned();
    let mut notes = String::new();
    for proof in rows {
        let [name, condition, verdict] = ["name", "condition", "verdict"].map(|key| shown(proof.get(key)));
        let product = proof.get("product").map(reported).unwrap_or_default();
        writeln!(text, "| {name} | {condition} | **{verdict}** | {product} |").ok();
        let evidence = items(proof.get("notes").unwrap_or(&Value::Null)).map(|note| shown(Some(note)));
        writeln!(notes, "- {name}: {}", evidence.collect::<Vec<_>>().join("; ").replace('\n', " ")).ok();
    }
    text + "\nEvidence:\n\n" + &notes
}

/// How the product ended a call.
fn reported(product: &Value) -> String {
    let Some(exit) = product.get("exit").and_then(Value::as_str) else { return String::new() };
    let code = product.get("code").and_then(Value::as_str).map(|code| format!(", `{code}`")).unwrap_or_default();
    format!("{exit}{code}")
}

fn times<'a>(title: &str, rows: impl Iterator<Item = &'a Value>) -> String {
    let mut text = format!("\n## {title}\n\n| what | figure |\n| --- | ---: |\n");
    let empty = text.len();
    for row in rows {
        let time = row.get("milliseconds").and_then(Value::as_f64).unwrap_or_default();
        writeln!(text, "| {} | {} |", shown(row.get("what")), duration(time)).ok();
    }
    if text.len() == empty { String::new() } else { text }
}

fn agreement(facts: &Value) -> String {
    if !facts.is_object() {
        return String::new();
    }
    let number = |key: &str| facts.get(key).and_then(Value::as_u64).unwrap_or(0);
    let differ: Vec<String> =
        items(facts.get("differ").unwrap_or(&Value::Null)).map(|line| shown(Some(line))).collect();
    let differ = if differ.is_empty() { "none differs".to_owned() } else { format!("differ: {}", differ.join("; ")) };
    format!(
        "\n## `gpus` beside nvidia-smi\n\n{} facts agree with `nvidia-smi -L`, {} with `nvidia-smi -q`; {differ}.\n\n```text\n{}\n```\n",
        number("agree_with_list"),
        number("agree_with_query"),
        shown(facts.get("gpu_facts"))
    )
}

/// One row for each call, one column for each session.
fn nvml(nvml: &Value) -> String {
    let calls: Vec<&Value> = items(nvml.get("calls").unwrap_or(&Value::Null)).collect();
    if calls.is_empty() {
        return String::new();
    }
    let mut names: Vec<&Value> = Vec::new();
    for name in calls.iter().filter_map(|call| call.get("call")) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut text =
        "\n## NVML, call by call (ms)\n\n| call | first session | again | no attach |\n| --- | ---: | ---: | ---: |\n"
            .to_owned();
    for name in names {
        let cell = |session: &str| {
            let call = calls
                .iter()
                .find(|call| call.get("call") == Some(name) && call.get("session") == Some(&session.into()));
            let time = call.and_then(|call| call.get("microseconds")).and_then(Value::as_f64);
            time.map(|time| format!("{:.2}", time / 1000.0)).unwrap_or_default()
        };
        writeln!(text, "| {} | {} | {} | {} |", shown(Some(name)), cell("first"), cell("again"), cell("no attach"))
            .ok();
    }
    text
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// Text without quotes; nothing for `null`.
fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn duration(milliseconds: f64) -> String {
    if milliseconds < 1000.0 { format!("{milliseconds:.1} ms") } else { format!("{:.2} s", milliseconds / 1000.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_section_for_each_part_that_ran() {
        let machine = json!({ "line": "2026-11-28, X, 16 cores, Linux 6.", "tools": { "git": "git version 2.47" } });
        let calls = json!([
            { "session": "first", "call": "name", "microseconds": 210, "error": null },
            { "session": "again", "call": "name", "microseconds": 1500, "error": null },
        ]);
        let facts = json!({
            "gpu": true, "machine": machine, "gpus": "H100, 81559\nH100, 81559", "agree_with_list": 2, "agree_with_query": 5,
            "differ": [], "gpu_facts": "11 of 11", "nvml": { "calls": calls },
            "figures": [{ "what": "`gpus`", "milliseconds": 64.25 }],
        });
        let text = markdown(&json!({ "facts": facts }));
        assert!(text.contains("H100, 81559; H100, 81559\n"), "{text}");
        assert!(text.contains("| `gpus` | 64.2 ms |\n") && text.contains("| name | 0.21 | 1.50 |  |\n"), "{text}");
        assert!(!text.contains("## Build") && !text.contains("## Proofs"), "{text}");

        let kinds =
            json!([{ "kind": "CUDA", "steps": 2, "seconds": 6.0, "mean_seconds": 3.0, "largest_seconds": 4.0 }]);
        let ninja =
            json!({ "steps": 348, "kinds": kinds, "slowest": [{ "output": "a/fattn.cu.o", "seconds": 80.25 }] });
        let build = json!({ "built": true, "milliseconds": 316_000.0, "binary_bytes": 82_000_000, "ninja": ninja,
            "phases": [{ "what": "configuring", "milliseconds": 4200.0 }] });
        let proof = json!({ "name": "mask", "condition": "hidden", "verdict": "holds", "notes": ["a", "b"],
            "product": { "exit": "exit code 3", "code": "gpu::hidden" } });
        let text = markdown(&json!({ "facts": facts, "build": build, "proofs": { "proofs": [proof], "figures": [] } }));
        for part in [
            "| configuring | 4.20 s |\n| `prepare`, from call to exit | 316.00 s |\n",
            "| CUDA | 2 | 6.0 s | 3.00 s | 4.0 s |\n",
            "Slowest steps: `fattn.cu.o` 80.2 s.",
            "| mask | hidden | **holds** | exit code 3, `gpu::hidden` |\n",
            "- mask: a; b\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn without_a_gpu_nothing_is_claimed() {
        let text = markdown(&json!({ "facts": { "gpu": false, "machine": { "line": "A machine." } } }));
        assert!(text.ends_with("No NVIDIA GPU here: nothing was measured.\n") && !text.contains("agree"), "{text}");
    }
}
