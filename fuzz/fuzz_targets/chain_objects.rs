//! Light-client objects byte by byte: bootstrap, update, finality and optimistic update of every layout. The layout follows from the
//! slots in the bytes, the first byte chooses the object.
#![no_main]

#[path = "../chain/tree.rs"]
mod tree;
#[allow(dead_code, reason = "it signs nothing")]
#[path = "../chain/world.rs"]
mod world;

use std::cell::RefCell;

use chain::{Checkpoint, Message, Slot, accept_checkpoint};
use libfuzzer_sys::fuzz_target;
use world::{Block, Client, network};

thread_local! {
    static CLIENT: RefCell<Client> = RefCell::new(Block::new(320).client().expect("a bootstrap of Electra"));
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    let now = u64::MAX / 2;
    match kind % 4 {
        0 => {
            let network = network();
            let checkpoint = Checkpoint { slot: Slot(320), root: [1; 32] };
            let accepted =
                accept_checkpoint(checkpoint, 1, 1, &network, network.time_of(checkpoint.slot)).expect("it is not old");
            assert!(Client::bootstrap(network, accepted, bytes).is_err(), "no object has this root");
        }
        kind => CLIENT.with_borrow_mut(|client| {
            let before = (client.finalized(), client.attested());
            let message = match kind {
                1 => Message::Update(bytes),
                2 => Message::Finality(bytes),
                _ => Message::Optimistic(bytes),
            };
            // Seeds are signed: they, and nothing else, may advance the client.
            if client.advance(message, now).is_err() {
                assert_eq!((client.finalized(), client.attested()), before);
            }
        }),
    }
});
