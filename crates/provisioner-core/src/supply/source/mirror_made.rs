//! A mirror of a repository that another call made between a plan and its execution.
//!
//! The rule: the plan shows that the mirror will be made; where it is there by then, git is asked whether it can be read
//! instead, and that is recorded with its reason and is no difference.

use crate::plan::{Action, Command, ExecutedAction};

/// Why git read a mirror that the plan would have made.
const MADE: &str = "another call made the mirror of the repository meanwhile";

/// Lets a planned command be left out where it only makes a mirror.
pub(super) fn skippable(action: Action) -> Action {
    match action {
        Action::Run(command) if makes(&command).is_some() => Action::Run(Command { skippable: true, ..command }),
        action => action,
    }
}

/// Gives the reason for commands that ran on a mirror which the plan would have made.
pub(super) fn explain(planned: &[Action], ran: &mut [ExecutedAction]) {
    let mirrors =
        planned.iter().filter_map(|action| if let Action::Run(planned) = action { makes(planned) } else { None });
    let mirrors: Vec<&str> = mirrors.collect();
    for done in ran.iter_mut().filter(|done| done.because.is_none()) {
        let Action::Run(command) = &done.action else { continue };
        let has = |wanted: &str| command.argv.iter().any(|word| word == wanted);
        let reads = has("rev-list") && has("--all") && mirrors.iter().any(|mirror| has(mirror));
        if reads {
            done.because = Some(MADE.into());
        }
    }
}

/// The mirror that a command makes.
fn makes(command: &Command) -> Option<&str> {
    let has = |word: &str| command.argv.iter().any(|known| known == word);
    command.argv.last().map(String::as_str).filter(|_| has("init") && has("--bare"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(argv: &[&str]) -> Action {
        Action::Run(Command { argv: argv.iter().map(|word| (*word).to_owned()).collect(), ..Command::default() })
    }

    #[test]
    fn only_the_mirror_of_the_plan_has_a_reason() {
        let init = skippable(run(&["git", "init", "--quiet", "--bare", "/cache/git/a.git"]));
        assert!(init.is_skippable() && !skippable(run(&["git", "init", "/tree"])).is_skippable());
        let read =
            |mirror: &str| ExecutedAction::of(run(&["git", "--git-dir", mirror, "rev-list", "--quiet", "--all"]), 0.1);
        let other = run(&["git", "--git-dir", "/cache/git/a.git", "rev-list", "--objects", "abc"]);
        let mut ran = vec![read("/cache/git/a.git"), read("/cache/git/b.git"), ExecutedAction::of(other, 0.1)];
        explain(&[init], &mut ran);
        assert_eq!(ran[0].because.as_deref(), Some(MADE));
        assert_eq!((&ran[1].because, &ran[2].because), (&None, &None));
    }
}
