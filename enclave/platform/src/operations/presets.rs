//! The tables that are compiled in.

use std::sync::LazyLock;

use super::table::{Table, TableError};

macro_rules! presets {
    ($($id:literal),* $(,)?) => {
        [$(include_str!(concat!($id, "/operations.json"))),*]
    };
}

/// The files, one for each preset.
const FILES: &[&str] = &include!("../../presets/list.in");

/// Parsed once. A file that is no table is left out, so that what it would name is refused; a test keeps that from being built, and
/// [`tables`] says so at boot.
static TABLES: LazyLock<Vec<Result<Table, TableError>>> = LazyLock::new(|| FILES.iter().map(|text| Table::parse(text)).collect());

/// All tables.
///
/// # Errors
/// [`TableError`] of the first file that is none.
pub fn tables() -> Result<Vec<&'static Table>, TableError> {
    TABLES.iter().map(|table| table.as_ref().map_err(Clone::clone)).collect()
}

/// Those that are tables.
pub(super) fn all() -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter_map(|table| table.as_ref().ok())
}

/// The table of a preset.
pub(crate) fn of(preset: &str) -> Option<&'static Table> {
    all().find(|table| table.preset == preset)
}
