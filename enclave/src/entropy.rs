//! Entropy: the security module's and the kernel's together, so that either alone is enough.

use std::fs::File;
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::boot::BootError;
use crate::nsm::Nsm;

const LABEL: &[u8] = b"pst-vault/entropy/v1";
const KERNEL: &str = "/dev/urandom";

/// Seeds for conversations, from one generator per boot.
pub(crate) struct Entropy(Mutex<ChaCha20Rng>);

impl Entropy {
    /// SHA-256(label || 32 bytes of the module || 32 bytes of the kernel) seeds the generator.
    pub(crate) fn gather(nsm: &dyn Nsm) -> Result<Self, BootError> {
        let module = Zeroizing::new(nsm.random()?);
        let mut kernel = Zeroizing::new([0; 32]);
        File::open(KERNEL).and_then(|mut file| file.read_exact(kernel.as_mut_slice())).map_err(|_| BootError::KernelEntropy)?;
        if *module == [0; 32] || *kernel == [0; 32] {
            return Err(BootError::KernelEntropy);
        }
        let seed: Zeroizing<[u8; 32]> =
            Zeroizing::new(Sha256::new().chain_update(LABEL).chain_update(*module).chain_update(*kernel).finalize().into());
        Ok(Self(Mutex::new(ChaCha20Rng::from_seed(*seed))))
    }

    /// 32 fresh bytes.
    pub(crate) fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut seed);
        seed
    }

    /// Lends the generator itself.
    pub(crate) fn with<R>(&self, draw: impl FnOnce(&mut ChaCha20Rng) -> R) -> R {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
