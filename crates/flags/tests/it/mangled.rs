//! Real help texts, mangled: whatever an engine prints, and whatever a pool wrote, there is an answer that holds.
//!
//! `PROPTEST_CASES=100000 cargo test -p flags mangled` goes on for longer.

use flags::{Accel, Catalogue, Engine, FlagSpec, Trust, normalize};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::{policy, release};

#[derive(Clone, Copy, Debug)]
enum Damage {
    DropLine,
    JoinLines,
    DoubleLine,
    SwapLines,
    CutLine,
    Indent,
    Blank,
    Byte(char),
}

fn damage() -> impl Strategy<Value = (Damage, Index, Index)> {
    let kind = prop_oneof![
        Just(Damage::DropLine),
        Just(Damage::JoinLines),
        Just(Damage::DoubleLine),
        Just(Damage::SwapLines),
        Just(Damage::CutLine),
        Just(Damage::Indent),
        Just(Damage::Blank),
        select(vec!['-', ',', '<', '|', '=', ' ', '\t', '\u{1b}', 'ü', '\u{0}', '(', '.']).prop_map(Damage::Byte),
    ];
    (kind, any::<Index>(), any::<Index>())
}

fn mangle(help: &str, damages: &[(Damage, Index, Index)]) -> String {
    let mut lines: Vec<String> = help.lines().map(str::to_owned).collect();
    for (damage, line, place) in damages {
        if lines.len() < 2 {
            break;
        }
        let at = line.index(lines.len() - 1);
        let chars: Vec<char> = lines[at].chars().collect();
        let cut = place.index(chars.len() + 1);
        let (head, tail): (String, String) = (chars[..cut].iter().collect(), chars[cut..].iter().collect());
        match damage {
            Damage::DropLine => drop(lines.remove(at)),
            Damage::JoinLines => {
                let next = lines.remove(at + 1);
                lines[at].push_str(&next);
            }
            Damage::DoubleLine => lines.insert(at, lines[at].clone()),
            Damage::SwapLines => {
                let with = place.index(lines.len());
                lines.swap(at, with);
            }
            Damage::CutLine => lines[at] = head,
            Damage::Indent => lines[at].insert_str(0, "         "),
            Damage::Blank => lines[at] = format!("{head}  {tail}"),
            Damage::Byte(byte) => lines[at] = format!("{head}{byte}{tail}"),
        }
    }
    lines.join("\n")
}

fn releases() -> Vec<&'static str> {
    Catalogue::releases(Engine::LlamaServer).collect()
}

proptest! {
    #[test]
    fn mangled_helps_and_flags_of_any_release(
        name in select(releases()),
        other in select(releases()),
        damages in prop::collection::vec(damage(), 0..40),
        picks in prop::collection::vec((any::<Index>(), any::<Index>(), "[ -~]{0,6}|[0-9]{1,3}|on|off"), 0..8),
        live: bool,
    ) {
        let trust = if live { Trust::Live } else { Trust::Nearest };
        let engine = Catalogue::from_help(Engine::LlamaServer, &mangle(&release(name), &damages), "mangled", trust);
        for spelling in engine.specs().iter().flat_map(FlagSpec::spellings) {
            prop_assert!(engine.find(spelling).is_some(), "{}", spelling);
        }
        // Flags of another release, each with as many values as it takes there.
        let specs = Catalogue::nearest(Engine::LlamaServer, other).specs();
        let mut words = Vec::new();
        for (which, spelling, value) in &picks {
            let spec = which.get(specs);
            let spellings: Vec<&str> = spec.spellings().collect();
            words.push((*spelling.get(&spellings)).to_owned());
            words.extend((0..spec.value.count()).map(|_| value.clone()));
        }
        if let Ok(line) = normalize(&words, &policy(Accel::Cpu), &engine) {
            let again = normalize(line.pool_args(), &policy(Accel::Cpu), &engine).unwrap();
            prop_assert_eq!(&line.args, &again.args);
            prop_assert!(live || again.unverified.iter().all(|f| line.unverified.contains(f)));
        }
    }
}
