//! All pools of a configuration in one call.

use std::fs;

use serde_json::Value;

use crate::support::{Place, Said, free_ports, named, pool};

/// A place whose file has these pools, each with its ports.
fn place_of(pools: &[(&str, &[u16])]) -> Place {
    let place = Place::bare();
    let (repo, model) = (testkit::tiny_llama_repo(place.path()), testkit::tiny_model(place.path()));
    let texts = pools.iter().map(|(id, ports)| named(&pool(&repo.path, &model, ports), id));
    place.write(&texts.collect::<String>());
    place
}

/// One field of each pool, in the order of the document.
fn each(said: &Said, pointer: &str) -> Vec<Value> {
    let document = said.json();
    let pools = document["pools"].as_array().unwrap().iter();
    pools.map(|pool| pool.pointer(pointer).cloned().unwrap_or_default()).collect()
}

/// One build for all of them, results in the order of the file, and the second call changes nothing.
#[test]
fn all_pools_run_by_one_build() {
    let ports = free_ports(4);
    let place = place_of(&[("d", &ports[..1]), ("a", &ports[1..2]), ("c", &ports[2..3]), ("b", &ports[3..])]);
    let said = place.call(&["ensure", "--all", "--wait", "--json", "--events", "jsonl"]).done();
    assert_eq!(each(&said, "/pool_id"), ["d", "a", "c", "b"]);
    assert_eq!(each(&said, "/outcome"), ["started"; 4]);
    assert_eq!(each(&said, "/engine/port"), ports);
    let built = said.events().iter().filter(|event| event["step"] == "build" && event["outcome"] == "done").count();
    assert_eq!(built, 1, "{}", said.stderr);
    assert_eq!(fs::read_dir(place.path().join("cache/v1/store")).unwrap().count(), 1);
    let again = place.call(&["ensure", "--all", "--wait", "--json"]).done();
    assert_eq!(each(&again, "/outcome"), ["already_running"; 4]);
    assert_eq!(each(&again, "/engine/process/pid"), each(&said, "/engine/process/pid"));
    let stopped = place.call(&["stop", "--all", "--json"]).done();
    assert_eq!(each(&stopped, "/stopped"), ["graceful"; 4]);
    let text = place.call(&["stop", "--all"]).done().stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "pool  result   detail        seconds");
    assert!(lines[1].starts_with("d     stopped  does not run  "), "{text}");
    assert_eq!(lines[5], "4 pools: 4 stopped");
}

/// Each failure is reported with its pool, hides no other pool, and the worst of them is the exit status.
#[test]
fn one_failure_does_not_hide_the_others() {
    let ports = free_ports(4);
    let place =
        place_of(&[("ok", &ports[..1]), ("no-model", &ports[1..2]), ("vllm", &ports[2..3]), ("fine", &ports[3..])]);
    let text = fs::read_to_string(place.pool_file()).unwrap();
    let (first, rest) = text.split_once("id = \"no-model\"").unwrap();
    let (second, rest) = rest.split_once("id = \"vllm\"").unwrap();
    let second = second.replace("tiny.gguf", "absent.gguf");
    let third = rest.replacen("engine = \"llamacpp\"", "engine = \"vllm\"", 1);
    place.write(&format!("{first}id = \"no-model\"{second}id = \"vllm\"{third}"));
    let said = place.call(&["ensure", "--all", "--json"]);
    assert_eq!(said.code, 2, "a file that asks for what is not supported is worse than a model that is not there");
    assert_eq!(each(&said, "/outcome"), ["started", "failed", "failed", "started"]);
    assert_eq!(each(&said, "/error/code")[1..3], ["model::missing", "pool::unsupported_engine"]);
    assert!(each(&said, "/error/help")[1].is_string(), "{said:?}");
    let text = place.call(&["prepare", "--all"]);
    assert!(text.stderr.contains("pool `no-model`:") && text.stderr.contains("pool `vllm`:"), "{text:?}");
    assert!(text.stderr.contains("fine: ") || !text.stderr.contains("..."), "lines name their pool: {text:?}");
    assert!(text.stdout.ends_with("4 pools: 2 prepared, 2 failed\n"), "{text:?}");
    let plan = place.call(&["plan", "--all", "--json", "--out", place.path().join("p.json").to_str().unwrap()]);
    assert_eq!(plan.code, 2);
    let document = plan.json();
    let planned: Vec<&Value> = document["plans"].as_array().unwrap().iter().map(|plan| &plan["pool_id"]).collect();
    assert_eq!(planned, ["ok", "no-model", "fine"]);
    assert_eq!(document["failed"][0]["pool_id"], "vllm");
    assert!(!place.path().join("p.json").exists(), "a file of some of the pools would be taken for all of them");
    let events = place.call(&["ensure", "--all", "--events", "jsonl"]).events();
    let errors: Vec<&Value> = events.iter().filter(|event| event["event"] == "error").map(|e| &e["pool_id"]).collect();
    assert_eq!(errors, ["no-model", "vllm"]);
}

/// Two pools that ask for one port: the plan names the first, which gets it, also where both are started at once.
#[test]
fn a_port_is_given_to_one_pool() {
    let ports = free_ports(2);
    let place = place_of(&[("first", &ports[..1]), ("second", &ports[..]), ("third", &ports[..1])]);
    let plan = place.call(&["plan", "--all", "--json"]);
    let document = plan.json();
    let start = |at: usize| document["plans"][at]["steps"].as_array().unwrap().last().unwrap().clone();
    assert!(start(0)["detail"].as_str().unwrap().ends_with(&format!(":{}", ports[0])), "{}", start(0));
    assert!(start(1)["detail"].as_str().unwrap().ends_with(&format!(":{}", ports[1])), "{}", start(1));
    assert_eq!((plan.code, &start(2)["code"]), (7, &"port::taken".into()), "{}", start(2));
    let reason = start(2)["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains(&format!("{} by pool `first`, which is started before this one", ports[0])), "{reason}");
    // A plan of one pool alone is about that pool alone.
    place.call(&["plan", "--pool", "third"]).done();
    let said = place.call(&["ensure", "--all", "--json"]);
    assert_eq!((said.code, each(&said, "/outcome")), (7, vec!["started".into(), "started".into(), "failed".into()]));
    assert_eq!(each(&said, "/engine/port")[..2], [ports[0], ports[1]]);
    assert_eq!(each(&said, "/error/code")[2], "port::taken");
}

/// One approved file for all pools, executed for all of them, by two calls at once: one engine each. A pool whose plan is
/// stale is refused and the others run.
#[test]
fn a_plan_of_all_pools_is_executed_for_all() {
    let ports = free_ports(3);
    let place = place_of(&[("a", &ports[..1]), ("b", &ports[1..2]), ("c", &ports[2..])]);
    let name = place.path().join("p.json").display().to_string();
    place.call(&["plan", "--all", "--out", &name]).done();
    let text = fs::read_to_string(place.pool_file()).unwrap();
    let (before, last) = text.rsplit_once("flags = []").unwrap();
    place.write(&format!("{before}flags = [\"--parallel\", \"3\"]{last}"));
    let both = std::thread::scope(|scope| {
        let call = || place.call(&["ensure", "--all", "--plan", &name, "--json"]);
        let both = [scope.spawn(call), scope.spawn(call)];
        both.map(|call| call.join().unwrap())
    });
    for said in &both {
        assert_eq!((said.code, &each(said, "/error/code")[2]), (7, &"plan::stale".into()), "{said:?}");
        assert!(each(said, "/error/message")[2].as_str().unwrap().contains("--parallel"), "{said:?}");
    }
    let pids = |said: &Said| each(said, "/engine/process/pid")[..2].to_vec();
    assert_eq!(pids(&both[0]), pids(&both[1]));
    assert_eq!(place.call(&["status", "--pool", "c"]).code, 6);
}

/// Builds of different engines come one after another where `--builds` says so, and each is made.
#[test]
fn builds_are_capped() {
    let ports = free_ports(3);
    let place = place_of(&[("a", &ports[..1]), ("b", &ports[1..2]), ("c", &ports[2..])]);
    let text = fs::read_to_string(place.pool_file()).unwrap();
    let mut pieces = text.split("ref = \"main\"\n");
    let first = pieces.next().unwrap();
    let flags = |at: usize| format!("build = {{ cmake_flags = [\"-DCMAKE_CXX_FLAGS=-DVARIANT={at}\"] }}");
    let rest: Vec<String> =
        pieces.enumerate().map(|(at, piece)| format!("ref = \"main\"\n{}\n{piece}", flags(at))).collect();
    place.write(&format!("{first}{}", rest.concat()));
    let said = place.call(&["prepare", "--all", "--json", "--events", "jsonl"]).done();
    assert_eq!(fs::read_dir(place.path().join("cache/v1/store")).unwrap().count(), 3);
    let mut building = Vec::new();
    for event in said.events() {
        let is_build = event["step"] == "configure" || event["step"] == "build";
        let pool = event["pool_id"].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str() {
            Some("begin") if is_build => building.push(pool),
            Some("end") if is_build => building.retain(|known| *known != pool),
            _ => {}
        }
        assert!(building.len() <= 1, "{building:?}");
    }
    for id in ["a", "b", "c"] {
        let executed: Value =
            serde_json::from_slice(&fs::read(place.run_dir().join(id).join("executed.json")).unwrap()).unwrap();
        assert!(executed["differences"].is_null(), "{id}: one repository, first used by all of them: {executed}");
    }
    let plain = place.call(&["prepare", "--builds", "2"]);
    assert_eq!(plain.code, 2, "{plain:?}");
}

/// The table for people, at two widths.
#[test]
fn the_summary_fits_its_reader() {
    let ports = free_ports(2);
    let place = place_of(&[("embeddings", &ports[..1]), ("chat", &ports[1..])]).env("NO_COLOR", "1");
    place.call(&["ensure", "--all"]).done();
    let masked = |columns: &str| {
        let place = &place;
        let text = place.call_with(&["ensure", "--all"], &[("COLUMNS", columns)]).done().stdout;
        let text = text.replace(&ports[0].to_string(), "PORT1").replace(&ports[1].to_string(), "PORT2");
        text.replace(" 0.0", " T").replace(" 0.1", " T").replace(" 0.2", " T").replace(" 0.3", " T")
    };
    assert_eq!(
        masked("120"),
        "pool        result           detail                  seconds\n\
         embeddings  already running  http://127.0.0.1:PORT1  T\n\
         chat        already running  http://127.0.0.1:PORT2  T\n\
         2 pools: 2 already running\n"
    );
    assert_eq!(
        masked("40"),
        "pool        result\n\
         embeddings  already running\n\
         chat        already running\n\
         2 pools: 2 already running\n"
    );
}
