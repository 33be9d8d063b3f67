//! What a platform needs: operation names, injection, redaction. No sockets.
