//! Nothing: the package is its benchmark, in `benches/`.
