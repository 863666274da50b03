//! Engines that an earlier release started.

use engine_store::Layout;

use super::*;
use crate::InstanceKind;
use crate::supply::Facts;
use crate::supply::source::sample;

fn runs(build: &str) -> Instance {
    Instance {
        kind: InstanceKind::Process { pid: 1 },
        facts: Facts::from([("build".to_owned(), build.to_owned())]),
        args: Vec::new(),
        host: "127.0.0.1".into(),
        port: 1,
        started_unix_s: 1,
        log: "/log".into(),
    }
}

/// EP-05: an engine that an earlier release started, from the build of this very request, is told apart from one of another
/// build. Its entry need not be there any more.
#[test]
fn an_engine_of_an_earlier_release_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(Layout::new(dir.path()).unwrap());
    let identity = identify(&sample::request(), &sample::commit()).unwrap();
    let (today, earlier) = (identity.key(), identity.earlier_key());
    let known = |running: Option<&Instance>, found: Option<&Entry>| {
        let known = runs_from(&store, &identity, found, running).unwrap();
        known.map(|build| (build.key, build.entry.is_some()))
    };
    assert_eq!(known(Some(&runs(earlier.as_str())), None), Some((earlier.clone(), false)));
    assert_eq!(known(Some(&runs(earlier.as_str())), Some(&sample::entry())), Some((earlier.clone(), false)));
    for other in [None, Some(&runs(today.as_str())), Some(&runs("another"))] {
        assert_eq!(known(other, None), None, "{other:?}");
    }
    // Where its entry proves to be the wanted build, it is an entry like any other.
    let mut proven = sample::entry();
    proven.manifest.key = earlier.clone();
    assert_eq!(known(Some(&runs(earlier.as_str())), Some(&proven)), None);
}
