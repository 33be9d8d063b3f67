//! The one test command: installs what each suite needs and runs it.
