//! A disk that is full while an archive arrives or is unpacked: a code, no half of anything, and what arrived is resumed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use exec::CommandSpec;
use testkit::web::{Authority, Web};
use testkit::{is_root, shell};

use crate::support::{Place, Said, of_archive, pool, ports, sum};

/// A pool whose engine is this archive.
fn place(archive: &Path, url: &str, place: Place) -> Place {
    let model = testkit::tiny_model(place.path());
    place.write(&of_archive(&pool("/nonexistent".as_ref(), &model, &ports()), url, Some(&sum(archive))));
    place
}

/// An archive of some megabytes that do not get smaller by packing.
fn archive(dir: &Path) -> std::path::PathBuf {
    let archive = dir.join("large.tar.gz");
    let script = "mkdir \"$1/large\" && cd \"$1/large\" && cp /bin/true llama-server && head -c 6M /dev/urandom >weights \
                  && tar -czf \"$2\" .";
    shell(script, &[dir, &archive]);
    archive
}

/// Prepares with a cache folder of so many kilobytes, which goes afterwards; what is in it then is listed.
fn prepare_in(place: &Place, kilobytes: u32) -> (Said, String) {
    let (cache, list) = (place.path().join("cache"), place.path().join("list"));
    fs::create_dir_all(&cache).unwrap();
    let map_root = if is_root() { "-m" } else { "-rm" };
    let script = format!(
        "mount -t tmpfs -o size={kilobytes}k none \"$1\" && list=\"$2\" cache=\"$1\" && shift 2 && \"$@\"; code=$?; \
         (cd \"$cache\" && find . -type f) >\"$list\"; exit $code"
    );
    let spec = CommandSpec::new("/usr/bin/unshare", Duration::from_mins(1))
        .args([map_root, "--", "/bin/sh", "-c", &script, "sh"])
        .arg(&cache)
        .arg(&list)
        .arg(env!("CARGO_BIN_EXE_engine-provisioner"));
    let file = place.pool_file().display().to_string();
    let said = place.run(spec, &["prepare", "--json", "--config", &file], &[]);
    (said, fs::read_to_string(&list).unwrap())
}

#[track_caller]
fn refused(said: &Said) -> String {
    let error = said.json()["error"].clone();
    assert_eq!((said.code, error["code"].as_str()), (4, Some("download::disk_full")), "{said:?}");
    error["message"].as_str().unwrap().to_owned()
}

/// EP-20: unpacking ends with the disk; the store has nothing of it, and no half of it stays to fill the disk.
#[test]
fn a_disk_that_is_full_while_unpacking_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let archive = archive(dir.path());
    let place = place(&archive, &format!("file://{}", archive.display()), Place::bare());
    for kilobytes in [1024, 4096, 6000] {
        let (said, left) = prepare_in(&place, kilobytes);
        let message = refused(&said);
        assert!(message.contains("weights"), "{message}");
        assert!(!left.contains("/store/") && !left.contains("weights"), "{left}");
    }
}

/// EP-20: a download is refused before it begins where the disk has no room for it.
#[test]
fn a_disk_without_room_for_a_download_is_named_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let archive = archive(dir.path());
    let bare = Place::bare();
    let authority = Authority::create(bare.path());
    let web = Web::file(Some(&authority), fs::read(&archive).unwrap());
    let place = place(&archive, &format!("{}/x.tar.gz", web.url), bare.env("SSL_CERT_FILE", &authority.file));
    let (said, left) = prepare_in(&place, 2048);
    let message = refused(&said);
    assert!(message.contains("bytes free"), "{message}");
    assert!(!left.contains("/store/"), "{left}");
    // Room for the archive, and not for what is in it.
    let (said, left) = prepare_in(&place, 8192);
    refused(&said);
    assert!(!left.contains("/store/") && left.contains("/downloads/"), "what arrived is kept: {left}");
}
