//! `status` of every pool of a host, and `ls`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Place, Said, free_ports, named, pool};

/// Pools by name, with the pool's document.
fn by_name(said: &Said) -> std::collections::BTreeMap<String, Value> {
    let document = said.json();
    let pools = document["pools"].as_array().unwrap().iter();
    pools.map(|pool| (pool["pool_id"].as_str().unwrap().to_owned(), pool.clone())).collect()
}

/// The cells of each line of a table.
fn cells(text: &str) -> Vec<Vec<String>> {
    let cells =
        |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect();
    text.lines().map(cells).collect()
}

/// Seven pools in seven states on one screen: running, loading, silent for a changed file, exited, never started, with a
/// record that cannot be read, and of a file that is gone.
#[test]
fn every_pool_of_the_host_is_on_one_screen() {
    let place = Place::bare().env("NO_COLOR", "1");
    let (repo, model) = (testkit::tiny_llama_repo(place.path()), testkit::tiny_model(place.path()));
    let ports = free_ports(7);
    let names = ["ready", "loading", "changed", "exited", "never", "broken"];
    let text = |id: &str, port: u16| named(&pool(&repo.path, &model, &[port]), id);
    let all: String = names
        .iter()
        .zip(&ports)
        .map(|(id, port)| match *id {
            "loading" => text(id, *port).replace(
                "[pools.provisioning.source]",
                "[pools.provisioning.env]\nTINY_LOAD_MS = \"600000\"\n\n[pools.provisioning.source]",
            ),
            _ => text(id, *port),
        })
        .collect();
    place.write(&all);
    let other = place.path().join("other.toml");
    testkit::write(&other, &text("orphan", ports[6]));
    for id in ["ready", "changed", "exited", "broken"] {
        place.call(&["ensure", "--wait", "--pool", id]).done();
    }
    place.call(&["ensure", "--pool", "loading"]).done();
    place.call_bare(&["ensure", "--wait", "--config", other.to_str().unwrap()]).done();
    fs::remove_file(&other).unwrap();
    let exited = by_name(&place.call_bare(&["status", "--json"]))["exited"]["pid"].as_i64().unwrap();
    let exited = nix::unistd::Pid::from_raw(i32::try_from(exited).unwrap());
    nix::sys::signal::kill(exited, nix::sys::signal::Signal::SIGKILL).unwrap();
    let sound = fs::read_to_string(place.run_dir().join("broken/record.json")).unwrap();
    testkit::write(&place.run_dir().join("broken/record.json"), "{");
    let (before, rest) = all.split_once("id = \"changed\"").unwrap();
    place.write(&format!(
        "{before}id = \"changed\"{}",
        rest.replacen("flags = []", "flags = [\"--parallel\", \"2\"]", 1)
    ));
    let begin = Instant::now();
    let state = |pools: &std::collections::BTreeMap<String, Value>| pools["exited"]["state"].clone();
    while state(&by_name(&place.call_bare(&["status", "--json"]))) != "exited" {
        assert!(begin.elapsed() < Duration::from_secs(20));
    }

    // Without a configuration: what has a record, or of which something lives.
    let said = place.call_bare(&["status", "--json"]);
    let pools = by_name(&said);
    assert_eq!(said.code, 6, "one of them has exited");
    assert_eq!(pools.keys().collect::<Vec<_>>(), ["broken", "changed", "exited", "loading", "orphan", "ready"]);
    let of = |id: &str, name: &str| pools[id][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (of("ready", "state"), of("ready", "health"), of("ready", "drift")),
        ("running".into(), "ready".into(), "none".into())
    );
    assert_eq!((of("loading", "state"), of("loading", "drift")), ("starting".into(), "none".into()));
    assert_eq!((of("changed", "state"), of("changed", "drift")), ("running".into(), "changed".into()));
    assert_eq!((of("orphan", "state"), of("orphan", "drift")), ("running".into(), "file_gone".into()));
    assert_eq!(of("exited", "state"), "exited");
    assert_eq!(of("broken", "state"), "unreadable");
    assert!(of("broken", "why").contains("while an engine of this pool runs as process"), "{}", of("broken", "why"));
    assert!(of("ready", "pool_file").ends_with("pools.toml") && pools["ready"]["rss_bytes"].as_u64() > Some(4096));
    for id in ["ready", "loading", "changed", "orphan", "exited"] {
        let alone = place.call_bare(&["status", "--json", "--pool", id]).json();
        for name in ["state", "pid", "health", "port", "engine"] {
            assert_eq!(pools[id][name], alone[name], "{id}: {name}");
        }
    }

    // With one: its pools first, in its order.
    let shown = |columns: &str| place.call_with(&["status"], &[("COLUMNS", columns)]).stdout;
    let wide = cells(&shown("120"));
    let rows: Vec<[&str; 3]> =
        wide[..8].iter().map(|row| [row[0].as_str(), row[1].as_str(), row[row.len() - 1].as_str()]).collect();
    assert_eq!(
        rows,
        [
            ["pool", "state", "drift"],
            ["ready", "running", "none"],
            ["loading", "starting", "none"],
            ["changed", "running", "changed"],
            ["exited", "exited", "-"],
            ["never", "stopped", "-"],
            ["broken", "unreadable", "-"],
            ["orphan", "running", "file gone"],
        ]
    );
    assert_eq!(wide[0], ["pool", "state", "proof", "port", "uptime", "RAM", "version", "drift"], "no GPU, no column");
    assert_eq!((wide[1][2].as_str(), wide[1][3].as_str()), ("cpu", ports[0].to_string().as_str()));
    let narrow = shown("40").replace(&ports[0].to_string(), "P1").replace(&ports[1].to_string(), "P2");
    let narrow = narrow.replace(&ports[2].to_string(), "P3").replace(&ports[6].to_string(), "P7");
    let table: Vec<&str> = narrow.lines().take(8).collect();
    assert_eq!(
        table.join("\n"),
        "pool     state       port   drift\n\
         ready    running     P1  none\n\
         loading  starting    P2  none\n\
         changed  running     P3  changed\n\
         exited   exited      -      -\n\
         never    stopped     -      -\n\
         broken   unreadable  -      -\n\
         orphan   running     P7  file gone"
    );
    // How the killed engine exited is known to another process on newer kernels alone.
    assert!(narrow.contains("\nbroken: EOF while parsing an object at\n"), "{narrow}");
    assert!(narrow.lines().all(|line| line.chars().count() <= 40 || !line.contains(' ')), "{narrow}");
    testkit::write(&place.run_dir().join("broken/record.json"), &sound);
}

/// An engine that is prepared is listed until it runs, and again once it does not; what is gone of it is named.
#[test]
fn what_is_prepared_and_does_not_run_is_listed() {
    let place = Place::new().env("COLUMNS", "120").env("NO_COLOR", "1");
    let nothing = place.call_bare(&["ls"]).done().stdout;
    assert_eq!(nothing, "no engine is prepared that does not run\n");
    assert_eq!(place.call_bare(&["status"]).done().stdout.lines().count(), 1);
    place.call(&["prepare"]).done();
    let text = place.call_bare(&["ls"]).done().stdout;
    let rows = cells(&text);
    assert_eq!(rows[0], ["pool", "engine", "version", "model", "age", "state"], "{text}");
    assert_eq!(
        (rows[1][0].as_str(), rows[1][3].as_str(), rows[1][5].as_str()),
        ("tiny", "tiny.gguf", "ready"),
        "{text}"
    );
    place.call(&["ensure", "--wait"]).done();
    assert_eq!(place.call_bare(&["ls", "--json"]).done().json()["pools"], serde_json::json!([]));
    place.edit("flags = []", "flags = [\"--parallel\", \"2\"]");
    place.call(&["prepare"]).done();
    let pools = place.call_bare(&["ls", "--json"]).done().json();
    assert_eq!(pools["pools"][0]["another_runs"], true, "{pools}");
    place.call(&["stop"]).done();
    fs::rename(place.path().join("tiny.gguf"), place.path().join("away.gguf")).unwrap();
    let text = place.call_bare(&["ls"]).done().stdout;
    assert!(text.contains("incomplete") && text.contains("tiny: the model `"), "{text}");
}

/// `--watch` looks again until its reader is gone: a line of JSON each time.
#[test]
fn a_watch_looks_again() {
    let place = Place::new();
    place.call(&["ensure", "--wait"]).done();
    let mut child =
        place.command(&[], &["status", "--watch=1", "--json"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..2 {
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(line["pools"][0]["pool_id"], "tiny", "{line}");
    }
    place.call(&["stop"]).done();
    let gone = lines
        .find(|line| serde_json::from_str::<Value>(line.as_ref().unwrap()).unwrap()["pools"] == serde_json::json!([]));
    assert!(gone.is_some());
    drop(lines);
    let begin = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begin.elapsed() > Duration::from_secs(20) => panic!("it watches on without a reader"),
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    assert_eq!(status.code(), Some(141), "its reader is gone");
}
