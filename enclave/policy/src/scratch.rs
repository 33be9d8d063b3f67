//! Memory that runs of the EVM take and give back.
//!
//! A frame has a stack of 32 kB. Making those of a decision anew at every run costs as much as many an instruction, and with some allocators a
//! system call each. So a thread keeps the frames of its last run. Nothing of one run is read by the next: revm sets all of a frame when
//! it is entered, as it does for every call of one transaction and every transaction of one block.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use revm::context_interface::FrameStack;
use revm::handler::EthFrame;

/// Bytes of EVM memory that are kept. A run that took more gives them back to the system.
const KEPT: usize = 64 << 10;

thread_local! {
    static LAST: Cell<Option<Scratch>> = const { Cell::new(None) };
}

/// The frames of one run, and the memory that they share.
pub(crate) struct Scratch {
    pub(crate) frames: FrameStack<EthFrame>,
    pub(crate) memory: Rc<RefCell<Vec<u8>>>,
}

impl Scratch {
    /// What this thread's last run gave back, or new.
    pub(crate) fn take() -> Self {
        LAST.take().unwrap_or_else(|| Self { frames: FrameStack::new(), memory: Rc::default() })
    }

    /// Gives it back for the thread's next run.
    pub(crate) fn give_back(mut self) {
        self.frames.clear();
        let Ok(mut memory) = self.memory.try_borrow_mut() else { return };
        memory.clear();
        memory.shrink_to(KEPT);
        drop(memory);
        LAST.set(Some(self));
    }
}
