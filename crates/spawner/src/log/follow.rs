//! The engine's log as it grows, line by line, made safe to print.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::Duration;

use crate::log::files;
use crate::log::tail::neutral;
use crate::{PoolDir, SpawnError, Status, status};

/// How much is read at once.
const CHUNK: u64 = 64 << 10;

/// The longest line; a longer one is told in pieces.
const LONGEST: usize = 64 << 10;

/// How often an engine that writes nothing is looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// The lines of a log, as they come. It ends when the pool has no engine that could write more.
///
/// It goes on over the log's being set aside and over a new start. Reading stops with the first error.
#[derive(Debug)]
pub struct Follow {
    dir: PoolDir,
    file: Option<File>,
    /// The end of the file, no whole line yet.
    rest: Vec<u8>,
    ready: VecDeque<String>,
    over: bool,
}

/// Follows the log from its last `lines` lines on, of those in its last 64 KiB. The lines hold no control characters,
/// as with [`log_tail`](crate::log_tail).
pub fn follow(dir: &PoolDir, lines: usize) -> Result<Follow, SpawnError> {
    let mut follow = Follow { dir: dir.clone(), file: None, rest: Vec::new(), ready: VecDeque::new(), over: false };
    if let Some(mut file) = files::open(dir, false)? {
        let mut skip = || {
            let size = file.metadata()?.len();
            file.seek(SeekFrom::Start(size.saturating_sub(CHUNK)))
        };
        skip().map_err(SpawnError::io("read", dir.log_file()))?;
        follow.file = Some(file);
        follow.read()?;
        let surplus = follow.ready.len().saturating_sub(lines);
        follow.ready.drain(..surplus);
    }
    Ok(follow)
}

impl Iterator for Follow {
    type Item = Result<String, SpawnError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(Ok(line));
            }
            if self.over {
                return None;
            }
            if let Err(error) = self.advance() {
                self.over = true;
                return Some(Err(error));
            }
        }
    }
}

impl Follow {
    /// Reads what there is, or waits a moment for more.
    fn advance(&mut self) -> Result<(), SpawnError> {
        // Asked before the read: what a dead engine wrote is all there.
        let ended = !matches!(status(&self.dir)?, Status::Running { .. } | Status::Foreign { .. });
        if self.read()? || self.reopen()? {
            return Ok(());
        }
        if ended {
            self.end_line();
            self.over = true;
        } else {
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Reads the next part of the file; says whether there was any.
    fn read(&mut self) -> Result<bool, SpawnError> {
        let Some(file) = &mut self.file else {
            return Ok(false);
        };
        let mut part = Vec::new();
        file.take(CHUNK).read_to_end(&mut part).map_err(SpawnError::io("read", self.dir.log_file()))?;
        self.rest.extend_from_slice(&part);
        while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
            self.cut(end, 1);
        }
        while self.rest.len() > LONGEST {
            let begins_char = |at: &usize| self.rest.get(*at).is_some_and(|b| b & 0xC0 != 0x80);
            let end = (LONGEST - 3..=LONGEST).rev().find(begins_char).unwrap_or(LONGEST);
            self.cut(end, 0);
        }
        Ok(!part.is_empty())
    }

    /// Goes on at the beginning of the file where it was emptied, or of the one that took its place.
    fn reopen(&mut self) -> Result<bool, SpawnError> {
        let io = || SpawnError::io("read", self.dir.log_file());
        let current = files::open(&self.dir, false)?;
        let (Some(new), Some(old)) = (&current, &mut self.file) else {
            let found = current.is_some();
            self.file = current.or(self.file.take());
            return Ok(found);
        };
        let (new, now) = (new.metadata().map_err(io())?, old.metadata().map_err(io())?);
        let same = (new.dev(), new.ino()) == (now.dev(), now.ino());
        if same && now.len() >= old.stream_position().map_err(io())? {
            return Ok(false);
        }
        self.file = current;
        self.end_line();
        Ok(true)
    }

    fn end_line(&mut self) {
        if !self.rest.is_empty() {
            self.cut(self.rest.len(), 0);
        }
    }

    /// Takes the first `end` bytes as a line, and leaves out the `skip` bytes after it.
    fn cut(&mut self, end: usize, skip: usize) {
        let line: Vec<u8> = self.rest.drain(..(end + skip).min(self.rest.len())).collect();
        let line = line.get(..end).unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.ready.push_back(neutral(&String::from_utf8_lossy(line)));
    }
}
