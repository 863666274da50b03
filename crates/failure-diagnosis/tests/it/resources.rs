//! Space, memory, limits, signals, files.

use failure_diagnosis::Phase::{Build, Configure};

use crate::support::check;

#[test]
fn no_space() {
    for log in [
        "FAILED: a.o\n/usr/bin/c++ -c a.cpp\nfatal error: error writing to /tmp/ccdwQLCb.s: No space left on device\ncompilation terminated.\n",
        "/tmp/ccdw.s: Assembler messages:\n{standard input}: Fatal error: can't close x.o: No space left on device\n",
        "/usr/bin/ld: final link failed: No space left on device\ncollect2: error: ld returned 1 exit status\n",
        "ninja: error: WriteFile(x.rsp): Unable to create file. No space left on device\n",
        "ninja: warning: bad deps log signature or version; starting over\nninja: fatal: writing to build log: No space left on device\n",
        "ccache: error: failed to write to /c/tmp.1: No space left on device\n",
        "nvFatbin error: could not write: Disk quota exceeded\n",
        "ar: libggml.a: No space left on device\nmake[2]: *** [x] Error 1\n",
    ] {
        check(Build, log, "build::no_space", &[]);
    }
    check(
        Configure,
        "CMake Error: Cannot open file for write: /b/x.tmp\nCMake Error: : System Error: No space left on device\n",
        "build::no_space",
        &[],
    );
}

#[test]
fn out_of_memory() {
    for (log, fact) in [
        ("c++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\n", "cc1plus"),
        ("g++: internal compiler error: Killed (program cc1plus)\nPlease submit a full bug report,\n", "cc1plus"),
        ("nvcc error   : 'cicc' died due to signal 9 (Kill signal)\n", "cicc"),
        ("31.55 nvcc error   : 'cudafe++' died due to signal 9 (Kill signal)\n", "cudafe++"),
        ("collect2: fatal error: ld terminated with signal 9 [Killed]\ncompilation terminated.\n", "`ld`"),
        ("make[2]: *** [src/CMakeFiles/a.dir/build.make:76: src/a.cpp.o] Error 137\n", "src/a.cpp.o"),
        (
            "FAILED: [code=137] src/a.cpp.o \n/usr/bin/c++ -c a.cpp\nninja: build stopped: subcommand failed.\n",
            "src/a.cpp.o",
        ),
        ("/bin/sh: line 1: 12345 Killed                  /usr/bin/c++ -c a.cpp\n", "/usr/bin/c++"),
        ("/opt/cuda/bin/nvcc -x cu -c a.cu\nKilled\n[27/230] Building CUDA object b.cu.o\n", ""),
        ("clang++: error: unable to execute command: Killed\nclang++: error: clang frontend command failed\n", ""),
        ("cc1plus: out of memory allocating 65536 bytes after a total of 9 bytes\n", ""),
        ("virtual memory exhausted: Cannot allocate memory\n", ""),
        ("LLVM ERROR: out of memory\nAllocation failed\n", ""),
        ("terminate called after throwing an instance of 'std::bad_alloc'\n", ""),
        ("ninja: fatal: posix_spawn: Cannot allocate memory\n", ""),
        ("/usr/bin/ld: final link failed: memory exhausted\n", ""),
        ("fatal: Out of memory, malloc failed (tried to allocate 4096 bytes)\n", ""),
        ("ERROR: failed to solve: process \"/bin/sh -c make\" did not complete successfully: exit code: 137\n", ""),
        ("a.cu(3): catastrophic error: out of memory\n1 catastrophic error detected\n", ""),
    ] {
        check(Build, log, "build::out_of_memory", &[fact]);
    }
}

#[test]
fn a_killed_compiler_outranks_what_its_death_causes() {
    let log = "FAILED: a.o\nc++ -c a.cpp\nc++: fatal error: Killed signal terminated program cc1plus\nFAILED: b.o\nc++ -c b.cpp\nb.cpp:1:1: error: expected ';'\n";
    check(Build, log, "build::out_of_memory", &["`a.o`"]);
}

#[test]
fn limits() {
    for (log, code) in [
        ("ninja: fatal: posix_spawn: Resource temporarily unavailable\n", "build::too_many_processes"),
        ("/bin/sh: fork: retry: Resource temporarily unavailable\n", "build::too_many_processes"),
        ("ninja: fatal: pipe: Too many open files\n", "build::too_many_files"),
        ("c++: fatal error: File size limit exceeded signal terminated program as\n", "build::file_too_large"),
        ("ninja: fatal: posix_spawn: Argument list too long\n", "build::arguments_too_long"),
        ("ninja: error: mkdir(a/b): File name too long\n", "build::path_too_long"),
        (
            "terminate called after throwing an instance of 'std::system_error'\n  what(): Resource temporarily unavailable\n",
            "build::too_many_processes",
        ),
        ("ninja: build stopped: interrupted by user.\n", "build::interrupted"),
        ("##[error]The operation was canceled.\n", "build::interrupted"),
        ("make[1]: *** [CMakeFiles/Makefile2:100: all] Interrupt\n", "build::interrupted"),
        ("c++: fatal error: Terminated signal terminated program cc1plus\n", "build::interrupted"),
        ("nvcc error   : 'ptxas' died due to signal 2 \n", "build::interrupted"),
    ] {
        check(Build, log, code, &[]);
    }
}

#[test]
fn files() {
    for (log, code, fact) in [
        (
            "CMake Error: Cannot open file for write: /b/CMakeCache.txt.tmp1\nCMake Error: : System Error: Permission denied\n",
            "build::permission_denied",
            "/b/CMakeCache.txt.tmp1",
        ),
        ("ninja: error: opening build log: Permission denied\n", "build::permission_denied", ""),
        ("/bin/sh: 1: /opt/cuda/bin/nvcc: Permission denied\n", "build::permission_denied", "/opt/cuda/bin/nvcc"),
        (
            "Fatal error: can't create /bäckerei/müll/a.o: Permission denied\n",
            "build::permission_denied",
            "/bäckerei/müll/a.o",
        ),
        ("Assembler messages:\nFatal error: can't create a.o: Read-only file system\n", "build::read_only", "a.o"),
        ("/usr/bin/ld: final link failed: Input/output error\n", "build::io_error", ""),
        (
            "./tool: error while loading shared libraries: /tmp/x/libfoo.so: failed to map segment from shared object: Operation not permitted\n",
            "build::permission_denied",
            "noexec",
        ),
        ("Fatal error: can't create x/a.o: No such file or directory\n", "build::folder_gone", "x/a.o"),
        (
            "ccache: error: Failed to create temporary file for /run/user/0/t: Permission denied\n",
            "build::ccache",
            "Failed to create temporary file",
        ),
        ("ccache: FATAL: Failed to open /c/tmp.1: No such file or directory\n", "build::ccache", "/c/tmp.1"),
        (
            "ninja: error: manifest 'build.ninja' still dirty after 100 tries, perhaps system time is not set\n",
            "build::clock_skew",
            "",
        ),
        (
            "make[2]: Warning: File 'x.o' has modification time 3600 s in the future\nmake[2]: warning:  Clock skew detected.  Your build may be incomplete.\n",
            "build::clock_skew",
            "",
        ),
    ] {
        check(Build, log, code, &[fact]);
    }
}
