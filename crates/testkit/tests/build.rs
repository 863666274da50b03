//! The fixture builds in seconds, and what it builds behaves as the real server does where our tests rely on it.
//! One test, because each would have to build again.
#![expect(clippy::unwrap_used, reason = "a failed setup is a failed test")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use exec::{CommandSpec, Env, Exit, Output, run};
use testkit::{tiny_llama_repo, tiny_model};

fn tool(name: &str) -> CommandSpec {
    let env = Env::current();
    CommandSpec::new(env.find(name).unwrap(), Duration::from_mins(2)).inherit(&env, &["PATH"])
}

fn cmake(source: &Path, args: [String; 3], build: &Path) {
    let configure = tool("cmake").args(args).arg(build).cwd(source);
    run(&configure).unwrap().require_success(&configure).unwrap();
    let compile = tool("cmake").args(["--build".into(), build.display().to_string(), "--parallel=2".into()]);
    let compile = compile.args(["--target", "llama-server"]);
    run(&compile).unwrap().require_success(&compile).unwrap();
}

#[test]
fn the_server_builds_and_behaves() {
    let dir = tempfile::tempdir().unwrap();
    let repo = tiny_llama_repo(dir.path());
    let build = dir.path().join("build");
    cmake(&repo.path, ["-DLLAMA_BUILD_SERVER=ON", "-DBUILD_SHARED_LIBS=OFF", "-B"].map(String::from), &build);
    let server = build.join("bin/llama-server");
    the_version_names_the_commit(&server, &repo.commit);
    devices_are_listed_on_stdout(&server);
    an_unknown_argument_is_an_error(&server);
    a_model_that_is_not_gguf_is_an_error(&server);
    it_loads_then_answers_then_goes_when_asked(&server, &tiny_model(dir.path()));
}

fn output(server: &Path, args: &[&str]) -> Output {
    run(&CommandSpec::new(server, Duration::from_secs(10)).args(args.iter().copied())).unwrap()
}

fn the_version_names_the_commit(server: &Path, commit: &str) {
    let output = output(server, &["--version"]);
    let text = output.stderr_tail(2);
    assert!(text.starts_with(&format!("version: 0.5.0-tiny (build 2, commit {})", &commit[..7])), "{text}");
    assert_eq!(output.exit, Exit::Code(0));
    assert!(output.stdout.is_empty());
}

fn devices_are_listed_on_stdout(server: &Path) {
    assert_eq!(output(server, &["--list-devices"]).stdout_text(), "Available devices:\n  (none)\n");
}

fn an_unknown_argument_is_an_error(server: &Path) {
    let output = output(server, &["--bogus"]);
    assert_eq!((output.exit, output.stderr_tail(1)), (Exit::Code(1), "error: invalid argument: --bogus".into()));
}

fn a_model_that_is_not_gguf_is_an_error(server: &Path) {
    let output = output(server, &["--model", "/etc/passwd", "--port", &free_port().to_string()]);
    assert_eq!(output.exit, Exit::Code(1));
    assert!(output.stderr_tail(20).contains("expected 'GGUF'"));
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn ask(port: u16, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).ok()?;
    Some(reply)
}

fn it_loads_then_answers_then_goes_when_asked(server: &Path, model: &Path) {
    let port = free_port();
    let spec = CommandSpec::new(server, Duration::from_secs(4))
        .args(["--model", &model.to_string_lossy(), "--port", &port.to_string()])
        .env("TINY_LOAD_MS", "400")
        .env("LLAMA_API_KEY", "key");
    let engine = std::thread::spawn(move || run(&spec));
    let mut seen = Vec::new();
    let started = Instant::now();
    while seen.last() != Some(&"200") && started.elapsed() < Duration::from_secs(4) {
        let reply = ask(port, "GET /health HTTP/1.1\r\n\r\n").unwrap_or_default();
        let status = ["200", "503"].into_iter().find(|status| reply.starts_with(&format!("HTTP/1.1 {status}")));
        if status.is_some_and(|status| seen.last() != Some(&status)) {
            seen.extend(status);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(seen, ["503", "200"]);
    let body = r#"{"messages":[{"role":"user","content":"say \"hi\""}]}"#;
    let chat = |auth: &str| {
        let head = format!("POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {}{auth}\r\n\r\n", body.len());
        ask(port, &(head + body)).unwrap()
    };
    assert!(chat("").starts_with("HTTP/1.1 401"));
    let answer = chat("\r\nAuthorization: Bearer key");
    assert!(answer.contains(r#""content":"You said: say \"hi\""#), "{answer}");
    // The run's deadline asks it to go; it must not need to be killed.
    let asked = Instant::now();
    assert!(matches!(engine.join().unwrap(), Err(exec::ExecError::TimedOut { .. })));
    assert!(asked.elapsed() < Duration::from_secs(15));
}
