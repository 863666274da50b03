//! EP-02, EP-20: engines from archives, packed by the real tar and served by a loopback server or as a file.

use std::fs;
use std::path::{Path, PathBuf};

use provisioner_core::cfg::PoolConfig;
use provisioner_core::{Artifact, Bundle, Cache, CheckVerdict, Outcome, PinKind, Pins, Started, Status, StepKind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::shell;
use testkit::web::{Authority, Web};

use crate::support::{World, code};

/// An archive like a release of llama.cpp: `NAME/bin/llama-server` and a library beside it.
fn release(world: &World, name: &str) -> PathBuf {
    let built = world.ensure(&world.pool(&json!({})));
    world.stop("demo");
    let program = built.prepared.binary_path.unwrap();
    let archive = world.path().join(name);
    let script = "cd \"$1\" && mkdir -p rel/llama-b1/bin && cp -r \"$(dirname \"$2\")/.\" rel/llama-b1/bin/ \
                  && echo text > rel/llama-b1/LICENSE && mkdir -p rel/llama-b1/completions \
                  && echo text > rel/llama-b1/completions/llama-server && ln -sf llama-server rel/llama-b1/bin/server-link \
                  && cd rel && tar -caf \"$3\" llama-b1";
    shell(script, &[world.path(), &program, &archive]);
    archive
}

fn checksum(path: &Path) -> String {
    let digest = Sha256::digest(fs::read(path).unwrap());
    digest.iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// A pool of mode `binary` with this section.
fn pool(world: &World, id: &str, binary: &Value, more: &Value) -> PoolConfig {
    let mut change = json!({ "mode": "binary", "source": null, "binary": binary });
    for (key, value) in more.as_object().unwrap() {
        change[key] = value.clone();
    }
    world.named(id, &change)
}

fn file_url(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// EP-20, EP-43: from a file of this host to an engine that runs; the second pool finds it in the store.
#[test]
fn an_archive_becomes_a_running_engine() {
    let world = World::new();
    let archive = release(&world, "release.tar.gz");
    let install_dir = world.path().join("opt/llama");
    let section = json!({
        "url": file_url(&archive), "checksum": checksum(&archive), "strip": 1, "install_dir": install_dir,
    });
    let first = pool(&world, "first", &section, &json!({}));
    let plan = world.plan(&first);
    let kinds: Vec<_> = plan.steps.iter().map(|step| step.kind).collect();
    assert_eq!(kinds[..4], [StepKind::Accelerator, StepKind::Download, StepKind::Unpack, StepKind::Prove], "{plan}");
    assert!(plan.blocked().is_none(), "{plan}");
    assert!(plan.placeholders.iter().any(|placeholder| placeholder.name == "program"), "{plan}");
    world.calls();
    let ensured = world.ensure(&first);
    assert_eq!(world.calls(), Vec::<String>::new(), "no tool of a build is needed");
    assert_eq!(ensured.started, Started::Now);
    let prepared = ensured.prepared;
    assert!(prepared.engine_version.starts_with(|first: char| first.is_ascii_digit()), "{}", prepared.engine_version);
    let program = prepared.binary_path.unwrap();
    assert!(program.ends_with("files/bin/llama-server"), "{}", program.display());
    assert_eq!(fs::read_link(&install_dir).unwrap(), program.parent().unwrap().parent().unwrap());
    let Some(Artifact::Program { provenance: Some(provenance), digest: Some(_), .. }) = prepared.artifact else {
        unreachable!("{:?}", prepared.artifact)
    };
    let provenance: Value = serde_json::from_slice(&fs::read(provenance).unwrap()).unwrap();
    assert_eq!(
        (&provenance["program"], &provenance["archive"]),
        (&json!("bin/llama-server"), &json!(checksum(&archive)))
    );
    let fit: Value = serde_json::from_slice(&fs::read(prepared.proof_dir.join("fit.json")).unwrap()).unwrap();
    assert!(fit["libraries"].to_string().contains("libc.so.6"), "{fit}");
    // Its proof holds, and says of which archive it is.
    let report = Bundle::read(&prepared.proof_dir).unwrap().verify().unwrap();
    assert!(report.holds(), "{report:?}");
    let of_archive = report.checks.iter().find(|check| check.what == "archive's digest in provenance.json").unwrap();
    assert_eq!((of_archive.verdict, &of_archive.detail), (CheckVerdict::Holds, &checksum(&archive)));
    // What ran is what was planned.
    let executed = world.executed("first");
    assert_eq!(executed.differences, [], "{executed:?}");
    assert_eq!(executed.values["program"], "bin/llama-server");
    // A second pool: from the store, also where the archive is gone.
    fs::remove_file(&archive).unwrap();
    let second = pool(
        &world,
        "second",
        &json!({ "url": section["url"], "checksum": section["checksum"], "strip": 1 }),
        &json!({}),
    );
    let plan = world.plan(&second);
    assert_eq!(plan.step(&StepKind::Download.into()).unwrap().cache, Some(Cache::Hit), "{plan}");
    assert_eq!(world.ensure(&second).prepared.binary_path, Some(program));
    // And the first is left alone.
    assert_eq!(world.ensure(&first).started, Started::Already);
}

/// EP-20: by https, where the pool allows it; one download for two callers.
#[test]
fn an_archive_is_downloaded_by_https_once() {
    let mut world = World::new();
    let archive = release(&world, "release.tar.xz");
    let authority = Authority::create(world.path());
    let web = Web::file(Some(&authority), fs::read(&archive).unwrap());
    let pairs = [
        ("PATH", world.path().join("tools")),
        ("HOME", world.path().join("home")),
        ("SSL_CERT_FILE", authority.file.clone()),
    ];
    world.settings.env = exec::Env::from_pairs(pairs);
    let section = json!({ "url": format!("{}/llama.tar.xz", web.url), "checksum": checksum(&archive), "strip": 1 });
    let refused = pool(&world, "demo", &section, &json!({}));
    assert_eq!(code(world.try_ensure(&refused)), "pool::downloads_not_allowed");
    assert!(web.asked().is_empty());
    let allowed = json!({ "allow_binary_downloads": true });
    let (one, two) = (pool(&world, "one", &section, &allowed), pool(&world, "two", &section, &allowed));
    let programs = std::thread::scope(|scope| {
        let callers = [&one, &two].map(|pool| scope.spawn(|| world.provider(pool).prepare(pool.clone()).unwrap()));
        callers.map(|caller| caller.join().unwrap().binary_path.unwrap())
    });
    assert_eq!(programs[0], programs[1]);
    assert_eq!(web.asked().len(), 1);
    // The archive itself is not kept beside what it became.
    let kept = fs::read_dir(world.settings.cache_dir.join("v1/downloads")).unwrap().flatten();
    assert!(kept.map(|entry| entry.path()).all(|path| path.extension().is_some_and(|extension| extension == "lock")));
    let outcomes = [world.executed("one"), world.executed("two")].map(|executed| {
        let step = executed.steps.iter().find(|step| step.id == StepKind::Download.into()).unwrap().outcome;
        (executed.differences.len(), step)
    });
    assert!(outcomes.iter().all(|(differences, _)| *differences == 0), "{outcomes:?}");
    assert!(outcomes.iter().any(|(_, outcome)| *outcome == Outcome::Done), "{outcomes:?}");
}

/// A lock downloads an archive to show its digest; what it accepted is not downloaded a second time.
#[test]
fn what_lock_downloaded_is_kept_for_the_pool() {
    let mut world = World::new();
    let archive = release(&world, "release.tar.gz");
    let authority = Authority::create(world.path());
    let web = Web::file(Some(&authority), fs::read(&archive).unwrap());
    world.settings.env = world.settings.env.clone().with("SSL_CERT_FILE", &authority.file);
    let section = json!({ "url": format!("{}/llama.tar.gz?release=b1", web.url), "strip": 1 });
    let forbidden = pool(&world, "demo", &section, &json!({}));
    let lock = |pool: &PoolConfig, world: &World| {
        let ids = [pool.id.clone()];
        provisioner_core::lock(std::slice::from_ref(pool), &ids, None, &[PinKind::Archive], &world.settings)
    };
    assert_eq!(code(lock(&forbidden, &world)), "pool::downloads_not_allowed");
    let wanted = pool(&world, "demo", &section, &json!({ "allow_binary_downloads": true }));
    let locked = lock(&wanted, &world).unwrap();
    let pin = locked.file.pools[&wanted.id].archive.clone().unwrap();
    assert_eq!((pin.digest.to_string(), pin.url.ends_with("?release=b1")), (checksum(&archive), true), "{pin:?}");
    assert_eq!(web.asked().len(), 1);
    world.settings.pins = Some(std::sync::Arc::new(Pins { file: locked.file, locked: true }));
    assert_eq!(world.ensure(&wanted).started, Started::Now);
    assert_eq!(web.asked().len(), 1, "it is here already");
}

/// Without a checksum nothing is run, and `plan` says so.
#[test]
fn what_cannot_be_checked_is_not_run() {
    let world = World::new();
    let archive = world.path().join("x.tar.gz");
    let section = json!({ "url": file_url(&archive) });
    let of = |section: &Value| pool(&world, "demo", section, &json!({}));
    let plan = world.plan(&of(&section));
    let step = plan.blocked().unwrap();
    assert!(matches!(&step.status, Status::Blocked { code: Some(code), .. } if code == "pool::no_checksum"), "{plan}");
    assert_eq!(code(world.try_ensure(&of(&section))), "pool::no_checksum");
    assert_eq!(
        code(world.provider(&of(&section)).plan(pool(&world, "demo", &Value::Null, &json!({})))),
        "pool::no_binary"
    );
    let sum = format!("sha256:{}", "0".repeat(64));
    let absent = json!({ "url": file_url(&archive), "checksum": sum });
    assert_eq!(code(world.try_ensure(&of(&absent))), "download::no_file");
    shell("echo hello > \"$1\"", &[&archive]);
    assert_eq!(code(world.try_ensure(&of(&absent))), "download::digest");
    // What is none of ours is left alone.
    let right = json!({ "url": file_url(&archive), "checksum": checksum(&archive) });
    assert_eq!(code(world.try_ensure(&of(&right))), "download::unknown_archive");
    assert!(archive.exists() && !world.pool_dir("demo").record_file().exists());
    let store = world.settings.cache_dir.join("v1/store");
    assert_eq!(fs::read_dir(store).map(Iterator::count).unwrap_or_default(), 0);
}

/// The verdict comes before the start: another machine, a script, a library that no host has, no server at all.
#[test]
fn what_does_not_fit_is_named_before_it_runs() {
    let world = World::new();
    let make = |name: &str, script: &str| {
        let archive = world.path().join(format!("{name}.tar.gz"));
        let script = format!("mkdir \"$1/{name}\" && cd \"$1/{name}\" && {script} && tar -czf \"$2\" .");
        shell(&script, &[world.path(), &archive]);
        archive
    };
    let missing = "echo 'int f(void) { return 0; }' > f.c && cc -shared -fPIC f.c -o libnowhere.so.7 -Wl,-soname,libnowhere.so.7 \
                   && echo 'int f(void); int main(void) { return f(); }' > m.c && cc m.c -o llama-server ./libnowhere.so.7 && rm libnowhere.so.7";
    let arm = "cc -x c -o llama-server - <<< 'int main(void) { return 0; }'";
    let arm = arm
        .replace(" <<< 'int main(void) { return 0; }'", "")
        .replace("cc -x", "echo 'int main(void) { return 0; }' | cc -x")
        + " && printf '\\267' | dd of=llama-server bs=1 seek=18 conv=notrunc 2>/dev/null";
    let newer = "echo 'int main(void) { return 0; }' | cc -x c -o llama-server - && sed -i 's/GLIBC_2\\.34/GLIBC_2.99/g' llama-server";
    // As much of 10 GB of zeros as it takes to say that it is so much.
    let bomb = "truncate -s 10G llama-server && (tar -c llama-server | head -c 120M) 2>/dev/null | gzip -1 > \"$2\"; rm llama-server; \
                exit 0";
    for (name, script, expected) in [
        ("missing", missing, "fit::library"),
        ("arm", &arm, "fit::machine"),
        (
            "script",
            "printf '#!/bin/sh\\necho version: 1\\n' > llama-server && chmod +x llama-server",
            "fit::not_a_program",
        ),
        ("glibc", newer, "fit::symbols"),
        ("bomb", bomb, "download::too_much"),
        ("other", "touch README llama-cli", "download::no_program"),
        ("silent", "echo 'int main(void) { return 0; }' | cc -x c -o llama-server -", "fit::does_not_answer"),
        ("dies", "echo 'int main(void) { return 3; }' | cc -x c -o llama-server -", "fit::does_not_answer"),
    ] {
        let archive = make(name, script);
        let section = json!({ "url": file_url(&archive), "checksum": checksum(&archive) });
        let result = world.try_ensure(&pool(&world, "demo", &section, &json!({})));
        let text = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
        assert_eq!(code(result), expected, "{name}: {text}");
    }
    let store = world.settings.cache_dir.join("v1/store");
    assert_eq!(fs::read_dir(store).unwrap().count(), 0);
    let staging = world.settings.cache_dir.join("v1/staging");
    assert_eq!(fs::read_dir(staging).unwrap().count(), 0);
}

/// A folder of the operator's is never replaced by the link.
#[test]
fn install_dir_is_a_link_or_an_error() {
    let world = World::new();
    let archive = release(&world, "release.tar.zst");
    let dir = world.path().join("opt");
    fs::create_dir(&dir).unwrap();
    let section = json!({ "url": file_url(&archive), "checksum": checksum(&archive), "strip": 1, "install_dir": dir });
    let wanted = pool(&world, "demo", &section, &json!({}));
    assert_eq!(code(world.try_ensure(&wanted)), "pool::install_dir");
    fs::remove_dir(&dir).unwrap();
    // Nor is a link of the operator's.
    let link = |to: &Path| {
        fs::remove_file(&dir).ok();
        std::os::unix::fs::symlink(to, &dir).unwrap();
    };
    for to in ["/nonexistent", "home", "v1/store"] {
        link(to.as_ref());
        assert_eq!(code(world.try_ensure(&wanted)), "pool::install_dir");
        assert_eq!(fs::read_link(&dir).unwrap(), Path::new(to));
    }
    // One that was made from here is turned, also where its entry is gone.
    link(&world.settings.cache_dir.join("v1/store/0123/files"));
    world.ensure(&wanted);
    assert!(dir.join("bin/llama-server").is_file());
    // A link that was turned away is turned back, and the engine is left alone.
    fs::remove_file(&dir).unwrap();
    world.provider(&wanted).prepare(wanted.clone()).unwrap();
}

/// A host that lost what an engine of the store needs is refused before the start, and not by the loader after it; an engine
/// that runs is left alone, and what fits is remembered.
#[test]
fn a_stored_engine_is_held_to_this_host_at_each_start() {
    let mut world = World::new();
    let archive = release(&world, "release.tar.gz");
    let section = json!({ "url": file_url(&archive), "checksum": checksum(&archive), "strip": 1 });
    let wanted = pool(&world, "demo", &section, &json!({}));
    assert_eq!(world.ensure(&wanted).started, Started::Now);
    let bare = world.path().join("bare");
    let host = std::mem::replace(&mut world.settings.system_root, bare);
    fs::create_dir(&world.settings.system_root).unwrap();
    assert_eq!(world.ensure(&wanted).started, Started::Already);
    world.stop("demo");
    let plan = world.plan(&wanted);
    let blocked = plan.step(&StepKind::Prove.into()).unwrap();
    assert!(
        matches!(&blocked.status, Status::Blocked { code: Some(code), .. } if code == "fit::interpreter"),
        "{plan}"
    );
    assert_eq!(code(world.try_ensure(&wanted)), "fit::interpreter");
    world.settings.system_root = host;
    assert_eq!(world.ensure(&wanted).started, Started::Now);
    let remembered = fs::read_dir(world.settings.cache_dir.join("v1/answers")).unwrap().flatten();
    assert_eq!(remembered.filter(|entry| entry.path().extension().is_some_and(|e| e == "fits")).count(), 1);
}
