//! Where the libraries of a toolkit are that moved or is gone: by plain facts, and with a program that was really linked.

use super::*;
use crate::supply::source::sample;

#[test]
fn a_library_is_looked_for_where_the_loader_does() {
    let need = |search: &str| Needed {
        file: "/store/k/bin/llama-server".into(),
        library: "libcudart.so.12".into(),
        search: vec![search.to_owned()],
    };
    let judge = |search: &str, there: &str, cached: bool| {
        let exists = |path: &Path| path == Path::new(there);
        judge(&[need(search)], &["/lib64".into()], &["/opt/cuda/lib64".into()], exists, |_| cached)
    };
    assert_eq!(judge("/usr/local/cuda/lib64", "/usr/local/cuda/lib64/libcudart.so.12", false), Libraries::Found);
    assert_eq!(judge("$ORIGIN/../lib", "/store/k/bin/../lib/libcudart.so.12", false), Libraries::Found);
    assert_eq!(judge("/gone", "/lib64/libcudart.so.12", false), Libraries::Found);
    assert_eq!(judge("/gone", "/nowhere", true), Libraries::Found);
    assert_eq!(judge("/gone", "/opt/cuda/lib64/libcudart.so.12", false), Libraries::In("/opt/cuda/lib64".into()));
    let Libraries::Gone(gone) = judge("/gone", "/nowhere", false) else { panic!("it is nowhere") };
    assert_eq!((gone.library.as_str(), gone.searched), ("libcudart.so.12", vec!["/gone".to_owned()]));
}

/// A program that is linked with the toolkit's library by a search path, as CMake links it; then the toolkit moves, and goes.
#[test]
fn a_program_whose_toolkit_moved() {
    let dir = tempfile::tempdir().unwrap();
    let script = "cd \"$1\" && mkdir -p old/lib64 bin && echo 'int cudart(void) { return 0; }' > cudart.c \
                  && cc -shared -fPIC cudart.c -o old/lib64/libcudart.so.12 -Wl,-soname,libcudart.so.12 \
                  && echo 'int cudart(void); int main(void) { return cudart(); }' > main.c \
                  && cc main.c -o bin/llama-server old/lib64/libcudart.so.12 -Wl,-rpath,\"$1/old/lib64\"";
    testkit::shell(script, &[dir.path()]);
    let program = dir.path().join("bin/llama-server");
    let choice = |root: &str| {
        let mut choice = sample::cuda();
        choice.root = dir.path().join(root);
        choice
    };
    let named = dir.path().join("named");
    let look = |root: &str, named: &[PathBuf]| of(&program, &choice(root), dir.path(), named);
    assert_eq!(look("old", &[]), Libraries::Found);
    std::fs::rename(dir.path().join("old"), dir.path().join("new")).unwrap();
    assert_eq!(look("new", &[]), Libraries::In(dir.path().join("new/lib64")));
    std::fs::rename(dir.path().join("new/lib64"), &named).unwrap();
    assert_eq!(look("new", std::slice::from_ref(&named)), Libraries::Found, "the pool's own search path has it");
    let Libraries::Gone(gone) = look("new", &[]) else { panic!("it is nowhere") };
    assert_eq!((gone.file, gone.library.as_str()), (program.clone(), "libcudart.so.12"));
    assert_eq!(gone.searched, [dir.path().join("old/lib64").display().to_string()]);
    // A program without CUDA, a script, and one that is not there lack nothing.
    for other in ["/bin/sh", "/etc/passwd", "/nonexistent"] {
        assert_eq!(of(Path::new(other), &choice("new"), dir.path(), &[]), Libraries::Found, "{other}");
    }
}
