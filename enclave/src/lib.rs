//! The only code of the measured image that does I/O: boot, vsock, NSM, egress TLS.
