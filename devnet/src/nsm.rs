//! A security module in software, with a root of its own: for development networks and tests.
//!
//! What it signs differs from what AWS's signs in the root alone: same chain shape, same encoding, same limits, same locks.
//! Whoever reads the key in its directory can make documents that a devnet client believes, so it proves nothing about an enclave.

mod ca;
mod document;

use core::fmt::Write;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest;
use enclave::nsm::{Nsm, NsmError};
use sha2::{Digest, Sha384};

use ca::Identity;
pub use ca::{ModuleFiles, SoftwareNsmCa};
use document::Statement;

/// Registers that the module has.
const REGISTERS: u16 = 32;
/// The first register that an enclave may extend; those below are locked when it starts.
const FIRST_FREE: u16 = 16;
const MAX_USER_DATA: usize = 512;
const MAX_NONCE: usize = 512;
const MAX_PUBLIC_KEY: usize = 1024;

/// A security module of one enclave's boot.
#[derive(Debug)]
pub struct SoftwareNsm {
    ca: Arc<SoftwareNsmCa>,
    module_id: String,
    offset_seconds: i64,
    /// Says how many seconds more, each time that the clock is asked.
    offset_file: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    registers: BTreeMap<u16, Register>,
    identity: Identity,
}

#[derive(Clone, Copy, Debug)]
struct Register {
    value: [u8; 48],
    locked: bool,
}

impl SoftwareNsm {
    /// Starts a module under `ca` for an enclave that measures as `image` (PCR0, PCR1, PCR2) and whose parent's role
    /// measures as `role` (PCR3, all zero without one). Its clock is the system's and `offset_seconds`.
    ///
    /// # Errors
    /// When the operating system has no randomness, or the clock stands outside of the root's validity.
    pub fn boot(ca: Arc<SoftwareNsmCa>, image: [[u8; 48]; 3], role: [u8; 48], offset_seconds: i64) -> anyhow::Result<Self> {
        let instance = ca.instance_id();
        let module_id = format!("{instance}-enc{}", random_hex(17)?);
        let mut registers: BTreeMap<_, _> =
            (0..REGISTERS).map(|index| (index, Register { value: [0; 48], locked: index < FIRST_FREE })).collect();
        let [pcr0, pcr1, pcr2] = image;
        for (index, value) in [(0, pcr0), (1, pcr1), (2, pcr2), (3, role), (4, extended(&[0; 48], instance.as_bytes()))] {
            registers.insert(index, Register { value, locked: true });
        }
        let now = millis(offset_seconds).ok_or_else(|| anyhow::anyhow!("the clock stands before 1970"))? / 1000;
        let identity = ca.issue(&module_id, now)?;
        Ok(Self { ca, module_id, offset_seconds, offset_file: None, state: Mutex::new(State { registers, identity }) })
    }

    /// A clock that is moved while it runs: what the file says counts on top of the offset.
    #[must_use]
    pub fn with_offset_file(mut self, file: Option<PathBuf>) -> Self {
        self.offset_file = file;
        self
    }

    /// The enclave's name, as its documents state it.
    #[must_use]
    pub fn module_id(&self) -> &str {
        &self.module_id
    }

    /// Extends a register: SHA-384(old || `data`).
    ///
    /// # Errors
    /// [`NsmError::Locked`] or [`NsmError::NoRegister`].
    pub fn extend(&self, index: u16, data: &[u8]) -> Result<[u8; 48], NsmError> {
        let mut state = self.state();
        let register = state.registers.get_mut(&index).ok_or(NsmError::NoRegister(index))?;
        if register.locked {
            return Err(NsmError::Locked(index));
        }
        register.value = extended(&register.value, data);
        Ok(register.value)
    }

    /// Locks a register until the next boot; from then on documents state it.
    ///
    /// # Errors
    /// [`NsmError::Locked`] or [`NsmError::NoRegister`].
    pub fn lock(&self, index: u16) -> Result<(), NsmError> {
        let mut state = self.state();
        let register = state.registers.get_mut(&index).ok_or(NsmError::NoRegister(index))?;
        if register.locked {
            return Err(NsmError::Locked(index));
        }
        register.locked = true;
        Ok(())
    }

    /// The value of a register and whether it is locked.
    ///
    /// # Errors
    /// [`NsmError::NoRegister`].
    pub fn describe(&self, index: u16) -> Result<([u8; 48], bool), NsmError> {
        let register = *self.state().registers.get(&index).ok_or(NsmError::NoRegister(index))?;
        Ok((register.value, register.locked))
    }

    /// A panic while the lock was held can't leave a register half written.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Nsm for SoftwareNsm {
    fn attest(&self, user_data: &[u8], public_key: &[u8], nonce: &[u8]) -> Result<Vec<u8>, NsmError> {
        if user_data.len() > MAX_USER_DATA || public_key.len() > MAX_PUBLIC_KEY || nonce.len() > MAX_NONCE {
            return Err(NsmError::TooLong);
        }
        let timestamp_ms = self.now_ms()?;
        let mut state = self.state();
        if !state.identity.serves(timestamp_ms / 1000) {
            state.identity = self.ca.issue(&self.module_id, timestamp_ms / 1000).map_err(|_| NsmError::Failed)?;
        }
        let pcrs = state.registers.iter().filter(|(_, register)| register.locked);
        let statement = Statement {
            module_id: &self.module_id,
            timestamp_ms,
            pcrs: pcrs.map(|(index, register)| (*index, register.value)).collect(),
            public_key,
            user_data,
            nonce,
        };
        statement.sign(&state.identity).map_err(|_| NsmError::Failed)
    }

    fn extend_and_lock(&self, index: u16, data: &[u8]) -> Result<(), NsmError> {
        if self.extend(index, data)? != extended(&[0; 48], data) {
            return Err(NsmError::AlreadyExtended(index));
        }
        self.lock(index)
    }

    fn random(&self) -> Result<[u8; 32], NsmError> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NsmError::Failed)?;
        Ok(bytes)
    }

    fn pcrs(&self) -> Result<[[u8; 48]; 3], NsmError> {
        Ok([self.describe(0)?.0, self.describe(1)?.0, self.describe(2)?.0])
    }

    fn now_ms(&self) -> Result<u64, NsmError> {
        let more = match &self.offset_file {
            Some(file) => fs::read_to_string(file).ok().and_then(|said| said.trim().parse().ok()).ok_or(NsmError::Failed)?,
            None => 0,
        };
        self.offset_seconds.checked_add(more).and_then(millis).ok_or(NsmError::Failed)
    }
}

/// PCR0, PCR1 and PCR2 of an enclave that is a program instead of an image: each changes when a byte of the program does.
///
/// # Errors
/// When the program can't be read.
pub fn measure_executable(path: &Path) -> io::Result<[[u8; 48]; 3]> {
    // A program that was built for tests is large, and each enclave that starts reads all of it: by the faster of two implementations.
    let content = digest::digest(&digest::SHA384, &fs::read(path)?);
    Ok([b"kernel, program", b"kernel and boot", b"program, alone "].map(|part| {
        let measured = Sha384::new().chain_update(part).chain_update(content).finalize();
        extended(&[0; 48], &measured)
    }))
}

fn extended(old: &[u8; 48], data: &[u8]) -> [u8; 48] {
    Sha384::new().chain_update(old).chain_update(data).finalize().into()
}

fn millis(offset_seconds: i64) -> Option<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(now.as_millis()).ok()?.checked_add_signed(offset_seconds.checked_mul(1000)?)
}

fn random_hex(digits: usize) -> anyhow::Result<String> {
    let mut bytes = vec![0; digits];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(hex_digits(&bytes, digits))
}

/// The first `digits` hexadecimal digits of `bytes`.
fn hex_digits(bytes: &[u8], digits: usize) -> String {
    let mut text = bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    text.truncate(digits);
    text
}
