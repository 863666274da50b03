//! `schema`: the JSON Schema of the configuration, for editors and validators.

use provisioner_core::cfg::json_schema;

use crate::exit::Exit;
use crate::failure::Result;
use crate::report;

pub(crate) fn run() -> Result<Exit> {
    report::result(true, &json_schema(), String::new)?;
    Ok(Exit::Done)
}
