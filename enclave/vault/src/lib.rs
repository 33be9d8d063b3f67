//! The state machine that joins the stages of a request, and its ledger.
