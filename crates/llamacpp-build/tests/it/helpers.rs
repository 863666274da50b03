//! ccache and a fast linker are used where they work, and named in the key; where they do not, the build goes without.

use std::fs;
use std::time::Duration;

use exec::{CommandSpec, Env, run};
use llamacpp_build::{BuildError, BuildRequest, Inputs, ToolId, identify};
use testkit::fake_tool;

use crate::support::Bench;

/// Both as programs that write down their calls and do what stands behind them.
fn with_helpers(bench: &Bench) -> BuildRequest {
    let mut request = bench.request(&bench.repo.commit);
    let (calls, tools) = (bench.at("calls"), bench.at("tools"));
    let calls = calls.display();
    let ld = Env::current().find("ld").unwrap();
    let ccache = format!(
        "[ \"$1\" = --version ] && exec echo 'ccache version 4.7.5'\necho ccache \"$CCACHE_DIR $CCACHE_BASEDIR\" \"$@\" >> '{calls}'\nexec \"$@\""
    );
    let mold = format!("echo mold \"$@\" >> '{calls}'\nexec {} \"$@\"", ld.display());
    let tool = |name: &str, script: &str| {
        let path = fake_tool(&tools, name, script);
        let spec = CommandSpec::new(&path, Duration::from_secs(10)).arg("--version");
        let version = run(&spec).unwrap().stdout_text().lines().next().unwrap().to_owned();
        Some(ToolId { path, version })
    };
    request.tools.ccache = tool("ccache", &ccache);
    request.tools.linker = tool("ld.mold", &mold);
    request
}

/// Every compiler is run by ccache, which works under the cache folder alone, and the server is linked by the linker
/// that the key names.
#[test]
fn both_are_used_and_in_the_key() {
    let bench = Bench::new();
    let request = with_helpers(&bench);
    let built = bench.build(&request).unwrap();
    let inputs = Inputs::of(&built.manifest).unwrap();
    assert!(inputs.tools.contains_key("ccache") && inputs.tools.contains_key("linker"));
    assert_eq!(inputs.definitions.get("CMAKE_EXE_LINKER_FLAGS").map(String::as_str), Some("-fuse-ld=mold"));
    let cached: Vec<_> = bench.calls("ccache", " -c ").into_iter().filter(|call| call.contains("main.cpp")).collect();
    let dir = bench.at("cache/v1/ccache");
    assert!(cached.len() == 1 && cached[0].contains(&format!("ccache {}", dir.display())), "{cached:?}");
    assert!(cached[0].contains("/cache/v1/staging/"), "{cached:?}");
    assert!(!bench.calls("mold", "llama-server").is_empty());

    let commit = bench.resolve(&request).unwrap();
    let key = |change: &dyn Fn(&mut BuildRequest)| {
        let mut request = request.clone();
        change(&mut request);
        identify(&request, &commit).unwrap().key()
    };
    let keys = [
        key(&|_| ()),
        key(&|request| request.tools.ccache = None),
        key(&|request| request.tools.linker = None),
        key(&|request| request.tools.linker.as_mut().unwrap().version = "mold 9".into()),
        key(&|request| request.tools.linker.as_mut().unwrap().path = "/usr/bin/ld".into()),
    ];
    assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), keys.len());
    request.tools.linker.iter().for_each(|linker| assert_eq!(linker.path.file_name().unwrap(), "ld.mold"));
}

/// What does not compile or link a small program is left out of the build, and nothing else changes.
#[test]
fn what_does_not_work_is_left_out() {
    let bench = Bench::new();
    let mut request = with_helpers(&bench);
    request.definitions = crate::support::definitions(&["-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,now"]);
    bench.tool("cmake", "echo \"CMake Error: $*\"; exit 1");
    let arguments = || match bench.build(&request) {
        Err(BuildError::Configure { .. }) => fs::read_to_string(bench.at("logs/configure.log")).unwrap(),
        other => panic!("{other:?}"),
    };
    let well = arguments();
    assert!(well.contains("COMPILER_LAUNCHER") && well.contains("-fuse-ld=mold -Wl,-z,now"), "{well}");
    for name in ["ccache", "ld.mold"] {
        fake_tool(&bench.at("tools"), name, "echo broken >&2; exit 1");
    }
    let ill = arguments();
    assert!(!ill.contains("COMPILER_LAUNCHER") && !ill.contains("-fuse-ld"), "{ill}");
    assert!(ill.contains("-DCMAKE_EXE_LINKER_FLAGS=-Wl,-z,now"), "{ill}");
    assert!(fs::read_dir(bench.at("cache/v1/staging")).unwrap().next().is_none());
}
