//! Flags of parts that an engine has only when it is built with an option.

use crate::catalogue::spelling::dashed;
use crate::engine::Engine;

/// The option of CMake that this flag needs, where it needs one.
pub(crate) fn of(engine: Engine, spelling: &str) -> Option<&'static str> {
    let spelling = dashed(spelling);
    let lines = engine.options().lines().filter(|line| line.starts_with('-'));
    lines.filter_map(|line| line.split_once(' ')).find(|(flag, _)| *flag == spelling).map(|(_, option)| option.trim())
}
