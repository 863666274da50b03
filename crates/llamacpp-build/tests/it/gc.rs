//! What the cache holds is listed, verified and collected; what is in use is never touched.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use durable::Lock;
use engine_store::{CacheItem, FRESH, GcPolicy, Kept, Store, Verdict};
use llamacpp_build::{BuildKey, identify};

use crate::support::{Bench, definitions};

const DAY: Duration = Duration::from_hours(24);

fn unused_for(path: &Path, age: Duration) {
    File::open(path).and_then(|dir| dir.set_modified(SystemTime::now() - age)).unwrap();
}

/// F24: by age and by size, the longest unused first; never what runs, what is locked or what was used just now; a dry
/// run says the same and changes nothing. What a use is, is written down.
#[test]
fn the_longest_unused_goes_and_what_is_in_use_stays() {
    let bench = Bench::quick();
    let request = bench.request(&bench.repo.commit);
    let commit = bench.resolve(&request).unwrap();
    let built = bench.build(&request).unwrap();
    let store = Store::new(bench.layout());
    let mut keys = Vec::new();
    // More entries of the same bytes: collecting reads sizes and times, not manifests.
    for i in 1..4 {
        let mut request = request.clone();
        request.definitions = definitions(&[&format!("-DCMAKE_CXX_FLAGS=-DN={i}")]);
        let key = identify(&request, &commit).unwrap().key();
        let dir = built.dir.with_file_name(key.as_str());
        fs::create_dir_all(dir.join("bin")).unwrap();
        fs::copy(built.binary(), dir.join("bin/llama-server")).unwrap();
        keys.push(key);
    }
    keys.push(built.manifest.key.clone());
    let days = |i: usize| DAY * u32::try_from(10 * (4 - i)).unwrap();
    let age =
        || keys.iter().enumerate().for_each(|(i, key)| unused_for(&built.dir.with_file_name(key.as_str()), days(i)));
    age();
    let listed = store.list().unwrap();
    assert_eq!(listed.iter().map(|stored| &stored.key).collect::<Vec<_>>(), keys.iter().collect::<Vec<_>>());
    assert!(listed.iter().all(|stored| stored.bytes > 10_000));
    assert_eq!(listed.iter().map(|stored| stored.manifest.is_some()).collect::<Vec<_>>(), [false, false, false, true]);

    let runs = BTreeSet::from([keys[1].clone()]);
    let lock = Lock::acquire(&bench.at(&format!("cache/v1/locks/build-{}", keys[2])), "test", Duration::ZERO).unwrap();
    let mut policy = GcPolicy { max_age: Some(DAY * 15), max_bytes: None, dry_run: true };
    let expected = |key: &BuildKey, kept| (built.dir.with_file_name(key.as_str()), kept);
    let all = [expected(&keys[0], None), expected(&keys[1], Some(Kept::Runs)), expected(&keys[2], Some(Kept::Locked))];
    let seen = |report: &engine_store::GcReport| {
        report.items.iter().map(|item| (item.path.clone(), item.kept)).collect::<Vec<_>>()
    };
    let dry = store.gc(&policy, &runs, SystemTime::now()).unwrap();
    assert_eq!((seen(&dry), store.list().unwrap().len()), (all.to_vec(), 4));
    assert_eq!(dry.bytes_before - dry.bytes_after, listed[0].bytes);
    policy.dry_run = false;
    let wet = store.gc(&policy, &runs, SystemTime::now()).unwrap();
    assert_eq!(wet, dry);
    drop(lock);
    let left: Vec<_> = store.list().unwrap().into_iter().map(|stored| stored.key).collect();
    assert_eq!(left, keys[1..]);
    assert!(bench.cached("staging").is_empty() && !bench.cached("git").is_empty());

    // Used by a build, it is the youngest; and one used just now stays even if nothing else would make it fit.
    unused_for(&built.dir, DAY * 300);
    assert!(store.take(&keys[3]).unwrap().is_some());
    assert_eq!(store.list().unwrap().last().unwrap().key, keys[3]);
    let policy = GcPolicy { max_age: None, max_bytes: Some(0), dry_run: false };
    let report = store.gc(&policy, &BTreeSet::new(), SystemTime::now()).unwrap();
    assert_eq!(bench.cached("store"), std::slice::from_ref(&built.dir));
    assert!(report.items.iter().any(|item| item.kept == Some(Kept::Fresh)));
    let later = SystemTime::now() + FRESH * 2;
    unused_for(&built.dir, DAY);
    let report = store.gc(&policy, &BTreeSet::new(), later).unwrap();
    assert!(bench.cached("store").is_empty() && report.items.iter().any(|item| item.item == CacheItem::Entry));
    assert_eq!(Store::new(engine_store::Layout::new(&bench.at("none")).unwrap()).list().unwrap().len(), 0);
}

/// F10, F38: a verification reads every byte, whatever is remembered; what is damaged is set aside, what somebody works
/// on is left alone, and what damaged entries and dead builds left is collected.
#[test]
fn a_verification_reads_every_byte() {
    let bench = Bench::quick();
    let request = bench.request(&bench.repo.commit);
    let built = bench.build(&request).unwrap();
    let (store, key) = (Store::new(bench.layout()), built.manifest.key.clone());
    unused_for(&built.dir, DAY);
    let used = fs::metadata(&built.dir).unwrap().modified().unwrap();
    assert_eq!(store.verify(&key).unwrap(), Verdict::Sound);
    assert_eq!(fs::metadata(&built.dir).unwrap().modified().unwrap(), used, "no use of it");
    {
        let path = bench.at(&format!("cache/v1/locks/build-{key}"));
        let _lock = Lock::acquire(&path, "test", Duration::ZERO).unwrap();
        assert_eq!(store.verify(&key).unwrap(), Verdict::Busy);
    }
    // A disk that changes a byte changes no date, so the memory must not count.
    OpenOptions::new().write(true).open(built.binary()).unwrap().write_all_at(b"!", 4000).unwrap();
    assert_eq!(store.verify(&key).unwrap(), Verdict::Damaged);
    assert_eq!(store.verify(&key).unwrap(), Verdict::Absent);
    assert_eq!(bench.cached("bad").len(), 1);
    fs::create_dir(bench.at("cache/v1/staging/dead")).unwrap();
    let young = store.gc(&GcPolicy::default(), &BTreeSet::new(), SystemTime::now()).unwrap();
    assert!(young.items.is_empty(), "a next build may go on from it, and somebody look at it");
    let report = store.gc(&GcPolicy::default(), &BTreeSet::new(), SystemTime::now() + DAY * 2).unwrap();
    assert!(report.items.iter().all(|item| item.item == CacheItem::Leftover && item.kept.is_none()));
    assert!(report.items.len() == 2 && bench.cached("bad").is_empty() && bench.cached("staging").is_empty());
}
