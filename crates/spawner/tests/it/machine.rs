//! Any order of starts, stops, crashes and damage, against a model: the promises hold after every step.

use proptest::prelude::*;

use crate::support::{LONG, Pool, Stranger, engines_in, sh, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use spawner::{Life, Record, Settled, SpawnError, State, Status, Stopped, observe, settle, status, stop, watch};

#[derive(Clone, Copy, Debug)]
enum Step {
    Start,
    StartThatEnds,
    Stop,
    /// The engine's leader is killed; its worker goes on.
    Crash,
    /// The whole engine is gone, as after a reboot with its record left.
    Vanish,
    Reboot,
    /// A stop that was killed after it had noted itself.
    HalfStop,
    LosePidFile,
    TearRecord,
    LoseRecord,
    /// The record names a stranger.
    PointElsewhere,
    /// What an `ensure` does before it chooses a port.
    Settle,
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    prop_oneof![
        4 => Just(Start), 1 => Just(StartThatEnds), 3 => Just(Stop), 2 => Just(Crash), 1 => Just(Vanish),
        1 => Just(Reboot), 1 => Just(HalfStop), 1 => Just(LosePidFile), 1 => Just(TearRecord), 1 => Just(LoseRecord),
        1 => Just(PointElsewhere), 2 => Just(Settle), 2 => Just(Look),
    ]
}

/// What should be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    /// No record and no process.
    Nothing,
    /// An engine that its record owns.
    Owned,
    /// An engine whose stop was interrupted.
    Stopping,
    /// A record whose engine is dead; its worker may live, and the record still owns it.
    Dead,
    /// A record that says nothing, or none, and no process.
    Useless,
    /// An engine whose record was lost or damaged by another program: it is not doubled, and a stop ends it.
    Lost,
}

const SCRIPT: &str = "sleep 60 & exec sleep 60";

fn murder(pids: &[i32]) {
    for pid in pids {
        kill(Pid::from_raw(*pid), Signal::SIGKILL).ok();
    }
}

struct World {
    pool: Pool,
    stranger: Stranger,
    model: Model,
    /// The record as it last was on disk.
    record: Option<Record>,
}

impl World {
    fn take(&mut self, step: Step) {
        let alive = matches!(self.model, Model::Owned | Model::Stopping | Model::Lost);
        match step {
            Step::Start => match (self.model, self.pool.start(&sh(SCRIPT))) {
                (Model::Owned, Err(SpawnError::AlreadyRunning { pid, .. })) => {
                    assert_eq!(Some(pid), self.record.as_ref().map(|record| record.pid));
                }
                (Model::Lost, Err(SpawnError::RecordUnreadable { .. })) => {}
                (Model::Owned | Model::Lost, other) => panic!("{other:?}"),
                (_, started) => {
                    self.record = Some(started.unwrap().record);
                    self.model = Model::Owned;
                    until("its worker runs", || engines_in(&self.pool.dir).len() == 2);
                }
            },
            Step::StartThatEnds => {
                let ended = self.pool.start(&crate::support::sh_that_ends("sleep 60 & exit 1"));
                match (self.model, ended) {
                    (Model::Owned, Err(SpawnError::AlreadyRunning { .. }))
                    | (Model::Lost, Err(SpawnError::RecordUnreadable { .. })) => {}
                    (Model::Owned | Model::Lost, other) => panic!("{other:?}"),
                    (_, Err(SpawnError::ExitedEarly { .. })) => self.model = Model::Nothing,
                    (_, other) => panic!("{other:?}"),
                }
            }
            Step::Stop => match (self.model, stop(&self.pool.lock(), LONG)) {
                (Model::Nothing, Ok(Stopped::NothingRecorded))
                | (Model::Useless, Ok(Stopped::AlreadyGone | Stopped::NothingRecorded))
                | (Model::Dead, Ok(Stopped::AlreadyGone | Stopped::Graceful))
                | (Model::Owned | Model::Stopping | Model::Lost, Ok(Stopped::Graceful)) => self.model = Model::Nothing,
                (model, other) => panic!("{model:?}: {other:?}"),
            },
            Step::Settle => match (self.model, settle(&self.pool.lock())) {
                (Model::Owned, Ok(Settled::Running(record))) => {
                    assert_eq!(Some(&record), self.record.as_ref());
                    assert!(self.pool.dir.pid_file().exists());
                }
                (Model::Lost, Err(SpawnError::RecordUnreadable { .. })) => {}
                (Model::Nothing | Model::Stopping | Model::Dead | Model::Useless, Ok(Settled::Free(_))) => {
                    assert_eq!(engines_in(&self.pool.dir), Vec::<i32>::new());
                    // The record of a stop that was interrupted is gone, that of an engine that exited is kept.
                    if !self.pool.dir.record_file().exists() {
                        self.model = Model::Nothing;
                    }
                }
                (model, other) => panic!("{model:?}: {other:?}"),
            },
            Step::Crash if matches!(self.model, Model::Owned | Model::Stopping) => {
                let record = self.record.clone().unwrap();
                let watch = watch(&record).unwrap().unwrap();
                murder(&[record.pid]);
                assert!(watch.wait(LONG).unwrap().is_some());
                self.model = Model::Dead;
            }
            Step::Vanish if alive => {
                let watch = self.record.as_ref().and_then(|record| watch(record).unwrap());
                murder(&engines_in(&self.pool.dir));
                until("all are gone", || engines_in(&self.pool.dir).is_empty());
                // A process gives its environment back a moment before it has ended.
                if let Some(watch) = watch {
                    assert!(watch.wait(LONG).unwrap().is_some());
                }
                self.model = if self.model == Model::Lost { Model::Useless } else { Model::Dead };
            }
            // A boot leaves no process.
            Step::Reboot if self.model == Model::Dead => {
                murder(&engines_in(&self.pool.dir));
                until("all are gone", || engines_in(&self.pool.dir).is_empty());
                self.pool.write_record(&Record { boot_id: "before".into(), ..self.record.clone().unwrap() });
                self.model = Model::Useless;
            }
            Step::HalfStop if self.model == Model::Owned => {
                self.pool.write_record(&Record { state: State::Stopping, ..self.record.clone().unwrap() });
                self.model = Model::Stopping;
            }
            Step::LosePidFile => drop(std::fs::remove_file(self.pool.dir.pid_file())),
            Step::TearRecord if alive => {
                durable::replace(&self.pool.dir.record_file(), b"{\"schema\": 1, \"po").unwrap();
                self.model = Model::Lost;
            }
            Step::LoseRecord if alive => {
                std::fs::remove_file(self.pool.dir.record_file()).ok();
                self.model = Model::Lost;
            }
            Step::PointElsewhere if self.model == Model::Dead => {
                let (pid, pidfd_inode) = (self.stranger.pid(), 0);
                self.pool.write_record(&Record { pid, pidfd_inode, ..self.record.clone().unwrap() });
            }
            _ => {}
        }
    }

    fn check(&mut self) {
        let (seen, running) = (status(&self.pool.dir).unwrap(), engines_in(&self.pool.dir));
        let state = |record: &Record| record.state;
        match (self.model, &seen) {
            (Model::Nothing, Status::Absent) => assert!(running.is_empty()),
            (Model::Owned, Status::Running { record, .. }) => {
                assert_eq!((Some(record), state(record)), (self.record.as_ref(), State::Running));
                assert!(running.contains(&record.pid) && running.len() == 2, "{running:?}");
            }
            (Model::Stopping, Status::Running { record, .. }) => assert_eq!(state(record), State::Stopping),
            (Model::Dead, Status::Exited { .. } | Status::Stale { .. }) => assert!(running.len() < 2, "{running:?}"),
            (Model::Useless, Status::Stale { .. } | Status::Unreadable { .. } | Status::Absent) => {
                assert!(running.is_empty());
            }
            (Model::Lost, Status::Unreadable { .. } | Status::Absent) => assert!(!running.is_empty()),
            other => panic!("{other:?}"),
        }
        let life = observe(self.pool.root.path(), "pool").unwrap().life;
        let expected: &[Life] = match self.model {
            Model::Nothing | Model::Useless => &[Life::Nothing],
            Model::Owned => &[Life::Running, Life::Starting],
            Model::Stopping => &[Life::Stopping],
            Model::Dead => &[Life::LeaderGone, Life::StaleAlive, Life::Nothing],
            Model::Lost => &[Life::Unrecorded],
        };
        assert!(expected.contains(&life), "{:?}: {life:?}", self.model);
        self.stranger.assert_unharmed();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        murder(&engines_in(&self.pool.dir));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// F24: promises 1, 4, 5, 6 and 7.
    #[test]
    fn every_order_keeps_the_promises(steps in proptest::collection::vec(step(), 1..14)) {
        let (pool, stranger) = (Pool::new(), Stranger::new());
        let mut world = World { pool, stranger, model: Model::Nothing, record: None };
        for step in steps {
            world.take(step);
            world.check();
        }
    }
}
