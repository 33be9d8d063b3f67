//! The suites: what each runs and what it needs.

use std::fmt::Write as _;

const INTEROP: &str = "e2e_interop";
const MACHINE: &str = "e2e_qemu";

/// What a suite runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runs {
    /// The test programs of one package, and the examples in its documentation.
    Package { package: &'static str, targets: Targets },
    /// A check in this program.
    Check(fn() -> anyhow::Result<u64>),
    /// A check that takes minutes of the processors: it goes on beside the test programs, many of which wait most of their time. It is told
    /// whether the workspace's programs are built.
    Beside(fn(bool) -> anyhow::Result<u64>),
}

/// Which test programs of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    /// All.
    All,
    /// Those in `tests/e2e*.rs`, which start the processes of a whole vault, but for the next two.
    EndToEnd,
    /// The one in `tests/e2e_interop.rs`, whose chain is made by others.
    Interop,
    /// The one in `tests/e2e_qemu.rs`, whose enclave is the image in a virtual machine.
    Machine,
    /// All others.
    InProcess,
}

impl Targets {
    /// Whether a test program of this name belongs to it.
    pub(crate) fn takes(self, target: &str) -> bool {
        match self {
            Self::All => true,
            Self::EndToEnd => target.starts_with("e2e") && target != INTEROP && target != MACHINE,
            Self::Interop => target == INTEROP,
            Self::Machine => target == MACHINE,
            Self::InProcess => !target.starts_with("e2e"),
        }
    }
}

/// What a part of a suite needs that cargo does not bring.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// The packages of this folder's lockfile, and node to run them.
    Npm { folder: &'static str, for_what: &'static str },
    /// node alone.
    Node { for_what: &'static str },
    /// Rust's standard library for another target.
    Target { target: &'static str, for_what: &'static str },
    /// A program of the machine.
    Program { program: &'static str, for_what: &'static str },
    /// The packages of this folder's `requirements.txt`, in an environment beside it, and python to run them.
    Pip { folder: &'static str, for_what: &'static str },
    /// A `python3`, with its standard library alone.
    Python { for_what: &'static str },
    /// QEMU with the nitro-enclave machine, and a vsock backend: built once from Debian's source, which takes minutes.
    Qemu { for_what: &'static str },
}

/// What building the enclave image takes.
const IMAGE: &[Need] = &[
    Need::Target { target: crate::image::TARGET, for_what: "the enclave image" },
    Need::Program { program: "musl-gcc", for_what: "the enclave image" },
    Need::Program { program: "flex", for_what: "the enclave image's kernel" },
    Need::Program { program: "bison", for_what: "the enclave image's kernel" },
    Need::Program { program: "bc", for_what: "the enclave image's kernel" },
];

/// One suite.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suite {
    /// What is typed.
    pub(crate) name: &'static str,
    /// One line for the help.
    pub(crate) about: &'static str,
    /// What it runs.
    pub(crate) runs: Runs,
    /// Without these a part of it can't run.
    pub(crate) needs: &'static [Need],
}

const fn package(name: &'static str, package: &'static str, about: &'static str) -> Suite {
    Suite { name, about, runs: Runs::Package { package, targets: Targets::All }, needs: &[] }
}

/// All, in the order in which they run: what is quick and what others rest on first.
pub(crate) const ALL: &[Suite] = &[
    Suite {
        name: "docs",
        about: "every test and every file that the documents name is there",
        runs: Runs::Check(crate::docs::check),
        needs: &[],
    },
    Suite {
        name: "tcb",
        about: "the crates that end in the image are the listed ones, and devnet is none of them",
        runs: Runs::Check(crate::tcb::check),
        needs: &[],
    },
    package("xtask", "xtask", "this command's own tests"),
    Suite {
        name: "contracts",
        about: "the contracts' rules in revm and in Foundry; the artifacts are what the compiler makes of the sources (node)",
        runs: Runs::Package { package: "contracts-bindings", targets: Targets::All },
        needs: &[Need::Npm { folder: "contracts-bindings/contracts", for_what: "compiling the contracts again, and forge" }],
    },
    Suite {
        name: "protocol",
        about: "bytes, limits, versions, vectors; other implementations agree (node, python3)",
        runs: Runs::Package { package: "protocol", targets: Targets::All },
        needs: &[
            Need::Npm { folder: "enclave/protocol/interop", for_what: "Oblivious HTTP against another implementation" },
            Need::Python { for_what: "the signing vectors in another language" },
        ],
    },
    package("chain", "chain", "light client and state proofs"),
    Suite {
        name: "no-std",
        about: "the light client without an operating system (rustup)",
        runs: Runs::Check(crate::bare::check),
        needs: &[Need::Target { target: crate::bare::TARGET, for_what: "the light client without an operating system" }],
    },
    Suite {
        name: "policy",
        about: "authenticate, prove, decide; another node's eth_call agrees (node)",
        runs: Runs::Package { package: "policy", targets: Targets::All },
        needs: &[Need::Npm { folder: "enclave/policy/anvil", for_what: "deciding as another node does" }],
    },
    package("credential", "credential", "records, keys and what erases them"),
    Suite {
        name: "platform",
        about: "presets: operation names, injection, tokens, signatures, redaction; published SDKs sign alike (node)",
        runs: Runs::Package { package: "platform", targets: Targets::All },
        needs: &[Need::Npm { folder: "enclave/platform/sdks", for_what: "signing as published SDKs do" }],
    },
    package("vault", "vault", "the conversations and the ledger"),
    package("enclave", "enclave", "transport, egress, entropy, boot"),
    package("verifier", "attestation-verifier", "attestation documents"),
    Suite {
        name: "wasm",
        about: "the verifier in WebAssembly: its size, and a real document (node, rustup)",
        runs: Runs::Check(crate::wasm::check),
        needs: &[
            Need::Node { for_what: "the verifier in WebAssembly" },
            Need::Target { target: crate::wasm::TARGET, for_what: "the verifier in WebAssembly" },
        ],
    },
    package("eif", "eif-build", "the image's format: writer, strict reader, measurements"),
    Suite {
        name: "image",
        about: "the enclave image is the same from two folders, and small enough (rustup, musl-gcc and what builds a kernel; minutes)",
        runs: Runs::Beside(crate::image::check),
        needs: IMAGE,
    },
    package("beacon", "beacon-api", "what beacon nodes answer, as bytes"),
    package("host", "host-proxy", "API, stores, chain feed, relay"),
    package("client", "client", "SDK and the pst-vault command"),
    Suite {
        name: "devnet",
        about: "the local chain, the software security module, the mock storefront",
        runs: Runs::Package { package: "devnet", targets: Targets::InProcess },
        needs: &[],
    },
    Suite {
        name: "e2e",
        about: "a whole vault in its processes: demo, canary, kills, walk-throughs, every platform, an SDK (minutes; node, python3)",
        runs: Runs::Package { package: "devnet", targets: Targets::EndToEnd },
        needs: &[
            Need::Npm { folder: "contracts-bindings/contracts", for_what: "the walk-through of a policy, with forge" },
            Need::Pip { folder: "devnet/python", for_what: "a published SDK through the adapter" },
        ],
    },
    Suite {
        name: "interop",
        about: "a vault on a real execution client under a real beacon state transition (node)",
        runs: Runs::Package { package: "devnet", targets: Targets::Interop },
        needs: &[Need::Npm { folder: "devnet/interop", for_what: "a chain that others make" }],
    },
    Suite {
        name: "qemu",
        about: "the image itself in QEMU's nitro-enclave machine: attestation, the demo, kills, a tampered image (apt, minutes)",
        runs: Runs::Package { package: "devnet", targets: Targets::Machine },
        needs: &[IMAGE[0], IMAGE[1], IMAGE[2], IMAGE[3], IMAGE[4], Need::Qemu { for_what: "the image in a virtual machine" }],
    },
];

/// The names that can be typed.
pub(crate) fn names() -> Vec<&'static str> {
    ALL.iter().map(|suite| suite.name).collect()
}

/// The suites with these names, or all.
pub(crate) fn chosen(names: &[String]) -> Vec<Suite> {
    ALL.iter().filter(|suite| names.is_empty() || names.iter().any(|name| name == suite.name)).copied().collect()
}

/// The table of suites for `--help`.
pub(crate) fn help() -> String {
    let mut text = String::from("Suites:\n");
    for suite in ALL {
        let _ = writeln!(text, "  {:<10}  {}", suite.name, suite.about);
    }
    text.push_str("\nWith CI=true a part that can't run, because something is not installed, is a failure.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once() {
        let mut names = names();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_member_of_the_workspace_has_a_suite() {
        let output =
            crate::repository::cargo().args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).output().unwrap();
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for member in metadata["packages"].as_array().unwrap() {
            let name = member["name"].as_str().unwrap();
            assert!(ALL.iter().any(|suite| matches!(suite.runs, Runs::Package { package, .. } if package == name)), "{name}");
        }
    }

    #[test]
    fn each_test_program_is_in_one_suite() {
        for target in ["devnet", "light", "e2e", "e2e_kills", "e2e_interop", "e2e_qemu"] {
            let takers =
                [Targets::EndToEnd, Targets::Interop, Targets::Machine, Targets::InProcess].map(|targets| targets.takes(target));
            assert_eq!(takers.iter().filter(|takes| **takes).count(), 1, "{target}");
        }
    }
}
