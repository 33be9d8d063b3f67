//! Secret types, sealed records and the key hierarchy.
