//! Decides whether a Nitro attestation document proves an expected image.
