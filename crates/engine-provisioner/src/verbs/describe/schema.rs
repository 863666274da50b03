//! `schema`: the JSON Schema of the configuration or of another document, for editors and validators.

use provisioner_core::{DocumentKind, document_schema};

use crate::args::SchemaOf;
use crate::exit::Exit;
use crate::failure::Result;
use crate::report;

pub(crate) fn run(of: SchemaOf) -> Result<Exit> {
    let kind = match of {
        SchemaOf::Pool => DocumentKind::Pool,
        SchemaOf::Plan => DocumentKind::Plan,
        SchemaOf::Executed => DocumentKind::Executed,
        SchemaOf::Event => DocumentKind::Event,
        SchemaOf::Summary => DocumentKind::Summary,
        SchemaOf::Record => DocumentKind::Record,
        SchemaOf::Proof => DocumentKind::Proof,
        SchemaOf::Lock => DocumentKind::Lock,
    };
    report::result(true, &document_schema(kind), String::new)?;
    Ok(Exit::Done)
}
