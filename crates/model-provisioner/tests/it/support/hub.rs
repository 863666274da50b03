//! A hub on loopback: the routes of the Hugging Face hub that its command uses, with the faults a test asks for.
//!
//! Routes as in huggingface_hub 2.4: `/api/models/…` (info, revision, tree, refs, search), `/…/resolve/…` with the hub's
//! headers, and a redirect to another path for files in large file storage, which serves `Range`.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{Answer, Request};

/// A file; its digest is computed once, so that a large one is served at the speed of the connection.
#[derive(Debug)]
pub(crate) struct Blob {
    bytes: Vec<u8>,
    sha256: String,
}

/// A repository at one commit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Commit {
    pub(crate) files: BTreeMap<String, Arc<Blob>>,
}

/// A repository.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repo {
    /// Commits by their id.
    pub(crate) commits: BTreeMap<String, Commit>,
    /// Branches and tags.
    pub(crate) refs: BTreeMap<String, String>,
}

/// What the hub is like.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) repos: BTreeMap<String, Repo>,
    /// Answers that come in place of the right one: a part of the path, how often, the answer.
    pub(crate) instead: Vec<(String, usize, Answer)>,
    /// After so many bytes of a file the connection is closed.
    pub(crate) cut_at: Option<usize>,
    /// After so many bytes of a file nothing comes any more.
    pub(crate) stall_at: Option<usize>,
    /// How long each 64 KiB of a file take.
    pub(crate) pace: Option<Duration>,
    /// Where files in large file storage are redirected to: another name of this host.
    pub(crate) storage: String,
    /// Digests that are announced for files in place of theirs.
    pub(crate) lies: BTreeMap<String, String>,
    /// All requests: method, path, range, token.
    pub(crate) log: Vec<String>,
}

/// The running hub. Its threads end with the process.
pub(crate) struct Hub {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Hub {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let storage = format!("http://localhost:{port}");
        let state = Arc::new(Mutex::new(State { storage, ..State::default() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { port, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Adds a commit with these files and lets `main` name it; the commit's id.
    pub(crate) fn push(&self, repo: &str, files: &[(&str, Vec<u8>)]) -> String {
        let blob = |bytes: &Vec<u8>| Arc::new(Blob { bytes: bytes.clone(), sha256: sha256(bytes) });
        let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), blob(bytes))).collect();
        let mut state = self.state();
        let repo = state.repos.entry(repo.to_owned()).or_default();
        let id = format!("{:040x}", repo.commits.len() + 0xabc0);
        repo.commits.insert(id.clone(), Commit { files });
        repo.refs.insert("main".into(), id.clone());
        id
    }

    /// Answers the next `times` requests whose path holds `part` with `answer`.
    pub(crate) fn instead(&self, part: &str, times: usize, answer: Answer) {
        self.state().instead.push((part.to_owned(), times, answer));
    }

    /// How many requests for the content of files there were.
    pub(crate) fn downloads(&self) -> usize {
        self.state()
            .log
            .iter()
            .filter(|line| line.starts_with("GET") && (line.contains("/lfs/") || line.contains("/resolve/")))
            .count()
    }
}

fn serve(stream: &TcpStream, shared: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream.try_clone().unwrap();
    while let Some(request) = Request::read(&mut reader) {
        let token = request.header("authorization").unwrap_or("-").to_owned();
        let range = request.header("range").unwrap_or("-").to_owned();
        let found = {
            let mut state = shared.lock().unwrap();
            state.log.push(format!("{} {} {range} {token}", request.method, request.path));
            instead(&mut state, &request).map_or_else(|| route(&state, &request), Found::Answer)
        };
        let sent = match found {
            Found::Answer(answer) => answer.send(&request, &mut writer),
            Found::File(blob, answer) => send_file(&blob.bytes, answer, &request, &mut writer, shared),
        };
        if sent.is_err() {
            return;
        }
    }
}

enum Found {
    Answer(Answer),
    File(Arc<Blob>, Answer),
}

fn instead(state: &mut State, request: &Request) -> Option<Answer> {
    let entry = state.instead.iter_mut().find(|(part, times, _)| *times > 0 && request.path.contains(part.as_str()))?;
    entry.1 -= 1;
    Some(entry.2.clone())
}

fn route(state: &State, request: &Request) -> Found {
    let path = request.path.trim_start_matches('/');
    if let Some(digest) = path.strip_prefix("lfs/") {
        let files =
            state.repos.values().flat_map(|repo| repo.commits.values()).flat_map(|commit| commit.files.values());
        return match files.clone().find(|blob| blob.sha256 == digest) {
            Some(blob) => Found::File(Arc::clone(blob), Answer::new(200).header("ETag", format!("\"{digest}\""))),
            None => Found::Answer(Answer::new(404)),
        };
    }
    if let Some(rest) = path.strip_prefix("api/models/") {
        return Found::Answer(api(state, rest, request));
    }
    if path == "api/models" {
        let all: Vec<Value> = state.repos.keys().map(|id| json!({ "id": id, "modelId": id })).collect();
        return Found::Answer(Answer::json(&json!(all)));
    }
    match path.split_once("/resolve/").and_then(|(repo, rest)| Some((repo, rest.split_once('/')?))) {
        Some((repo, (revision, file))) => resolve(state, repo, revision, file),
        None => Found::Answer(Answer::new(404)),
    }
}

fn missing_repo() -> Answer {
    Answer::refusal(404, "RepoNotFound", "Repository not found")
}

fn api(state: &State, rest: &str, request: &Request) -> Answer {
    let mut parts = rest.splitn(4, '/');
    let id = [parts.next(), parts.next()].map(Option::unwrap_or_default).join("/");
    let Some(repo) = state.repos.get(&id) else { return missing_repo() };
    let verb = parts.next().unwrap_or("revision");
    let revision = parts.next().unwrap_or("main");
    if verb == "refs" {
        let branches: Vec<Value> = repo
            .refs
            .iter()
            .map(|(name, commit)| json!({ "name": name, "ref": format!("refs/heads/{name}"), "targetCommit": commit }))
            .collect();
        return Answer::json(&json!({ "branches": branches, "tags": [], "converts": [] }));
    }
    let Some((commit, files)) = at(repo, revision) else {
        return Answer::refusal(404, "RevisionNotFound", "Invalid rev id");
    };
    if verb == "tree" {
        let files = files.files.iter().map(|(name, blob)| tree_entry(state, name, blob));
        return Answer::json(&json!(files.collect::<Vec<_>>()));
    }
    let blobs = request.query.contains("blobs");
    let siblings: Vec<Value> = files
        .files
        .iter()
        .map(|(name, blob)| if blobs { sibling(state, name, blob) } else { json!({ "rfilename": name }) })
        .collect();
    Answer::json(&json!({ "id": id, "modelId": id, "sha": commit, "siblings": siblings, "private": false }))
}

fn at<'a>(repo: &'a Repo, revision: &str) -> Option<(String, &'a Commit)> {
    let commit = repo.refs.get(revision).cloned().unwrap_or_else(|| revision.to_owned());
    repo.commits.get(&commit).map(|files| (commit, files))
}

/// Weights are in large file storage, other files are not.
fn in_lfs(name: &str) -> bool {
    [".gguf", ".safetensors", ".bin"].iter().any(|end| name.ends_with(end))
}

fn digest(state: &State, name: &str, blob: &Blob) -> String {
    state.lies.get(name).unwrap_or(&blob.sha256).clone()
}

fn sibling(state: &State, name: &str, blob: &Blob) -> Value {
    let mut file = json!({ "rfilename": name, "size": blob.bytes.len(), "blobId": &blob.sha256[..40] });
    if in_lfs(name) {
        file["lfs"] = json!({ "sha256": digest(state, name, blob), "size": blob.bytes.len(), "pointerSize": 134 });
    }
    file
}

fn tree_entry(state: &State, name: &str, blob: &Blob) -> Value {
    let mut file = json!({ "type": "file", "path": name, "size": blob.bytes.len(), "oid": &blob.sha256[..40] });
    if in_lfs(name) {
        file["lfs"] = json!({ "oid": digest(state, name, blob), "size": blob.bytes.len(), "pointerSize": 134 });
    }
    file
}

fn resolve(state: &State, repo: &str, revision: &str, name: &str) -> Found {
    let Some(repo) = state.repos.get(repo) else { return Found::Answer(missing_repo()) };
    let Some((commit, files)) = at(repo, revision) else {
        return Found::Answer(Answer::refusal(404, "RevisionNotFound", "Invalid rev id"));
    };
    let Some(blob) = files.files.get(name) else {
        return Found::Answer(Answer::refusal(404, "EntryNotFound", "Entry not found").header("X-Repo-Commit", commit));
    };
    let digest = digest(state, name, blob);
    if in_lfs(name) {
        let answer = Answer::new(302)
            .header("X-Repo-Commit", commit)
            .header("X-Linked-Size", blob.bytes.len().to_string())
            .header("X-Linked-Etag", format!("\"{digest}\""))
            .header("ETag", "\"pointer\"")
            .header("Location", format!("{}/lfs/{}", state.storage, blob.sha256));
        return Found::Answer(answer);
    }
    let answer = Answer::new(200).header("X-Repo-Commit", commit).header("ETag", format!("\"{}\"", &digest[..40]));
    Found::File(Arc::clone(blob), answer)
}

fn send_file(
    bytes: &[u8],
    mut answer: Answer,
    request: &Request,
    stream: &mut TcpStream,
    shared: &Mutex<State>,
) -> std::io::Result<()> {
    let (first, last) = request.range().unwrap_or((0, None));
    let end = last.map_or(bytes.len(), |last| (last + 1).min(bytes.len()));
    let part = bytes.get(first..end).unwrap_or_default();
    if request.range().is_some() {
        answer.status = 206;
        answer = answer.header("Content-Range", format!("bytes {first}-{}/{}", end.max(1) - 1, bytes.len()));
    }
    stream.write_all(&answer.header("Accept-Ranges", "bytes").head(part.len()))?;
    if request.method == "HEAD" {
        return stream.flush();
    }
    let mut at = first;
    for chunk in part.chunks(64 << 10) {
        let (cut, stall, pace) = {
            let state = shared.lock().unwrap();
            (state.cut_at, state.stall_at, state.pace)
        };
        if cut.is_some_and(|cut| at >= cut) {
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        if stall.is_some_and(|stall| at >= stall) {
            thread::sleep(Duration::from_mins(10));
        }
        if let Some(pace) = pace {
            thread::sleep(pace);
        }
        stream.write_all(chunk)?;
        at += chunk.len();
    }
    stream.flush()
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    use sha2::{Digest, Sha256};

    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}
