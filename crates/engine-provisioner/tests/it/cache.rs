//! The engines that are kept.

use crate::support::Place;

/// EP-16: what is kept is listed, checked and collected, and what runs stays.
#[test]
fn kept_engines_are_looked_after() {
    let place = Place::new();
    assert_eq!(place.call_bare(&["cache", "ls", "--json"]).done().json()["entries"].as_array().unwrap().len(), 0);
    let binary = place.call(&["ensure", "--json"]).done().json()["binary_path"].as_str().unwrap().to_owned();
    let listed = place.call_bare(&["cache", "ls", "--json"]).done().json();
    assert_eq!(listed["entries"][0]["runs"], true, "{listed}");
    assert!(place.call_bare(&["cache", "verify"]).done().stdout.contains("sound"));

    let gc = place.call_bare(&["cache", "gc", "--max-size", "0", "--json"]).done().json();
    assert!(gc["items"].as_array().unwrap().iter().any(|item| item["kept"] == "runs"), "{gc}");
    assert!(std::path::Path::new(&binary).is_file(), "an engine that runs was removed");

    place.call(&["stop"]).done();
    let mut bytes = std::fs::read(&binary).unwrap();
    bytes.push(0);
    durable::replace(binary.as_ref(), &bytes).unwrap();
    let verified = place.call_bare(&["cache", "verify"]);
    assert_eq!(verified.code, 4, "{verified:?}");
    assert!(verified.stdout.contains("damaged"));
    assert!(place.call_bare(&["cache", "ls"]).done().stdout.contains("no engine is kept"));
}
