//! The tables that are compiled in.

use std::sync::LazyLock;

use super::table::{Table, TableError};

/// The files, one for each preset.
const FILES: [&str; 20] = [
    include_str!("../../presets/airwallex/operations.json"),
    include_str!("../../presets/alibaba/operations.json"),
    include_str!("../../presets/aliexpress/operations.json"),
    include_str!("../../presets/amazon-sp/operations.json"),
    include_str!("../../presets/coupang/operations.json"),
    include_str!("../../presets/ebay/operations.json"),
    include_str!("../../presets/etsy/operations.json"),
    include_str!("../../presets/generic/operations.json"),
    include_str!("../../presets/lazada/operations.json"),
    include_str!("../../presets/mercado-libre/operations.json"),
    include_str!("../../presets/payoneer/operations.json"),
    include_str!("../../presets/paypal/operations.json"),
    include_str!("../../presets/shein/operations.json"),
    include_str!("../../presets/shopee/operations.json"),
    include_str!("../../presets/shopify-admin/operations.json"),
    include_str!("../../presets/stripe/operations.json"),
    include_str!("../../presets/temu/operations.json"),
    include_str!("../../presets/tiktok-shop/operations.json"),
    include_str!("../../presets/walmart/operations.json"),
    include_str!("../../presets/woocommerce/operations.json"),
];

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
