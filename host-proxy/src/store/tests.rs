use std::sync::Barrier;

use minicbor::bytes::ByteArray;
use protocol::tlog::Frontier;
use tempfile::TempDir;

use super::*;

fn open() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    (directory, store)
}

fn entry(n: u64) -> SealedEntry {
    SealedEntry { leaf: n.to_be_bytes().to_vec().into(), sealed: vec![0xee; 40].into() }
}

fn record(id: u8, generation: u64, sealed: u8) -> RecordPut {
    RecordPut { id: ByteArray::from([id; 32]), generation, sealed: vec![sealed; 9].into() }
}

/// A batch of `count` entries, with a checkpoint that names its `mark`.
fn batch(size: u64, count: u64, mark: &str) -> Batch {
    Batch {
        size,
        entries: (size..size + count).map(entry).collect(),
        checkpoint: mark.to_owned(),
        records: vec![],
        ended: vec![],
    }
}

fn with(size: u64, records: &[RecordPut]) -> Batch {
    Batch { records: records.to_vec(), ..batch(size, 1, "c") }
}

#[test]
fn what_was_acknowledged_is_there_after_a_crash() {
    let (directory, store) = open();
    let put = Batch { records: vec![record(1, 1, 7)], ..batch(0, 3, "first") };
    assert_eq!(store.commit(&put).unwrap(), Committed::Now);
    // The file as it is while the process lives is what a killed process leaves behind.
    let crashed = tempfile::tempdir().unwrap();
    std::fs::copy(directory.path().join("vault.redb"), crashed.path().join("vault.redb")).unwrap();
    drop(store);
    for place in [&crashed, &directory] {
        let store = Store::open(place.path()).unwrap();
        assert_eq!(store.size().unwrap(), 3);
        assert_eq!(store.entries(1).unwrap(), vec![entry(1), entry(2)]);
        assert_eq!(store.record(&[1; 32], 1).unwrap(), Some(vec![7; 9]));
        assert_eq!(store.checkpoint().unwrap(), Some(b"first".to_vec()));
        assert_eq!(store.commit(&put).unwrap(), Committed::Before);
    }
}

#[test]
fn a_second_process_cannot_open_it() {
    let (directory, _store) = open();
    assert!(matches!(Store::open(directory.path()), Err(StoreError::Open(_))));
}

#[test]
fn the_same_batch_again_is_fine_and_adds_nothing() {
    let (_directory, store) = open();
    let put = Batch { records: vec![record(1, 1, 7)], ..batch(0, 2, "a") };
    assert_eq!(store.commit(&put).unwrap(), Committed::Now);
    assert_eq!(store.commit(&put).unwrap(), Committed::Before);
    assert_eq!(store.size().unwrap(), 2);
}

#[test]
fn refuses_a_batch_that_does_not_start_at_the_end() {
    let (_directory, store) = open();
    store.commit(&batch(0, 2, "a")).unwrap();
    for size in [0, 1, 3] {
        let error = store.commit(&batch(size, 1, "b")).unwrap_err();
        assert!(matches!(error, StoreError::LedgerConflict { size: 2, expected } if expected == size), "{error}");
    }
    assert_eq!((store.size().unwrap(), store.checkpoint().unwrap()), (2, Some(b"a".to_vec())));
}

#[test]
fn t11_of_two_writers_at_one_size_exactly_one_wins() {
    let (_directory, store) = open();
    for size in 0..20 {
        let start = Barrier::new(2);
        let results: Vec<_> = std::thread::scope(|scope| {
            let writers = ["a", "b"].map(|mark| {
                let (store, start) = (&store, &start);
                scope.spawn(move || {
                    start.wait();
                    store.commit(&batch(size, 1, mark)).is_ok()
                })
            });
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(results.iter().filter(|won| **won).count(), 1);
        assert_eq!(store.size().unwrap(), size + 1);
    }
}

#[test]
fn keeps_the_newest_two_generations_and_serves_the_one_that_is_asked_for() {
    let (_directory, store) = open();
    assert_eq!(store.record(&[1; 32], 1).unwrap(), None);
    for generation in 1..=4_u8 {
        let put = [record(1, generation.into(), generation), record(2, generation.into(), 9)];
        store.commit(&with(u64::from(generation) - 1, &put)).unwrap();
        for asked in 0..=5_u8 {
            let kept = asked > 0 && asked <= generation && asked + 2 > generation;
            assert_eq!(store.record(&[1; 32], asked.into()).unwrap(), kept.then(|| vec![asked; 9]));
        }
    }
    let table = store.database.begin_read().unwrap().open_table(RECORDS).unwrap();
    let kept: Vec<_> = table.iter().unwrap().map(|entry| entry.unwrap().0.value().1).collect();
    assert_eq!(kept, [3, 4, 3, 4]);
    assert_eq!(store.record(&[3; 32], 1).unwrap(), None);
}

#[test]
fn what_is_over_goes_with_the_batch_that_says_so_and_not_without_it() {
    let (_directory, store) = open();
    let of = |generation| store.record(&[1; 32], generation).unwrap().map(|sealed| sealed[0]);
    let over = |id: u8, generation| RecordEnd { id: ByteArray::from([id; 32]), generation };
    store.commit(&with(0, &[record(1, 1, 1)])).unwrap();
    store.commit(&with(1, &[record(1, 2, 2)])).unwrap();
    // At another size than the ledger's, and with a record that can't be: nothing of it happened.
    let ended = vec![over(1, 1)];
    assert!(store.commit(&Batch { ended: ended.clone(), ..batch(1, 1, "c") }).is_err());
    assert!(store.commit(&Batch { ended: ended.clone(), ..with(2, &[record(1, 2, 9)]) }).is_err());
    assert_eq!((of(1), of(2)), (Some(1), Some(2)));
    store.commit(&Batch { ended: ended.clone(), ..batch(2, 1, "c") }).unwrap();
    assert_eq!((of(1), of(2)), (None, Some(2)));
    // What is not there is over already; another record's is its own.
    store.commit(&Batch { ended: vec![over(1, 1), over(2, 2)], ..batch(3, 1, "c") }).unwrap();
    assert_eq!(of(2), Some(2));
    // The newest is lost: the next one takes its place beside the one before it.
    store.commit(&with(4, &[record(1, 3, 3)])).unwrap();
    store.commit(&Batch { ended: vec![over(1, 3)], ..with(5, &[record(1, 4, 4)]) }).unwrap();
    assert_eq!((of(2), of(3), of(4)), (Some(2), None, Some(4)));
    // What is brought and over at once is nothing.
    let both = Batch { ended: vec![over(1, 5)], ..with(6, &[record(1, 5, 5)]) };
    assert!(matches!(store.commit(&both), Err(StoreError::Limits)));
}

#[test]
fn refuses_a_generation_that_is_not_newer_and_then_writes_nothing() {
    let (_directory, store) = open();
    store.commit(&with(0, &[record(1, 5, 5)])).unwrap();
    for (generation, sealed) in [(5, 6), (4, 5), (1, 1)] {
        let error = store.commit(&with(1, &[record(2, 1, 1), record(1, generation, sealed)])).unwrap_err();
        assert!(matches!(error, StoreError::RecordConflict { current: 5, generation: g } if g == generation), "{error}");
        assert_eq!((store.size().unwrap(), store.record(&[2; 32], 1).unwrap()), (1, None));
    }
    // The very same generation in another batch, and a gap.
    store.commit(&with(1, &[record(1, 5, 5)])).unwrap();
    store.commit(&with(2, &[record(1, 8, 8)])).unwrap();
    assert_eq!(store.record(&[1; 32], 8).unwrap(), Some(vec![8; 9]));
}

#[test]
fn refuses_what_is_over_the_limits() {
    let (_directory, store) = open();
    let large = SealedEntry { leaf: vec![0; 1].into(), sealed: vec![0; limits::LEDGER_BODY + 1].into() };
    let leaf = SealedEntry { leaf: vec![0; 65_536].into(), sealed: vec![0; 1].into() };
    let record = RecordPut { sealed: vec![0; limits::RECORD + 1].into(), ..record(1, 1, 1) };
    for put in [
        batch(0, 65, "c"),
        Batch { entries: vec![large], ..batch(0, 0, "c") },
        Batch { entries: vec![leaf], ..batch(0, 0, "c") },
        with(0, &[record]),
    ] {
        assert!(matches!(store.commit(&put), Err(StoreError::Limits)));
    }
}

#[test]
fn answers_with_no_more_entries_than_a_frame_holds() {
    let (_directory, store) = open();
    let large = SealedEntry { leaf: vec![1].into(), sealed: vec![0; limits::LEDGER_BODY].into() };
    store.commit(&Batch { entries: vec![large; 64], ..batch(0, 0, "c") }).unwrap();
    let first = store.entries(0).unwrap().len();
    assert!(first > 0 && first < 64, "{first}");
    assert_eq!(store.entries(64).unwrap(), vec![]);
}

#[test]
fn serves_the_tiles_of_its_leaves() {
    let (_directory, store) = open();
    let mut frontier = Frontier::default();
    let mut first_256 = [0; 32];
    for size in (0..576).step_by(64) {
        store.commit(&batch(size, 64, "c")).unwrap();
        for n in size..size + 64 {
            frontier.append(tlog::leaf_hash(&entry(n).leaf), |_, _, _| {});
            if frontier.size() == 256 {
                first_256 = frontier.root();
            }
        }
    }
    let tile = |path: &str| store.tile(&Tile::parse(path).unwrap()).unwrap();
    let leaves = tile("0/000").unwrap();
    assert_eq!((leaves.len(), &leaves[..32]), (256 * 32, &tlog::leaf_hash(&entry(0).leaf)[..]));
    assert_eq!(tile("0/001").unwrap()[..32], tlog::leaf_hash(&entry(256).leaf));
    assert_eq!(tile("0/002.p/64").unwrap().len(), 64 * 32);
    assert_eq!(tile("0/002.p/1").unwrap(), tlog::leaf_hash(&entry(512).leaf));
    let level_1 = tile("1/000.p/2").unwrap();
    assert_eq!((level_1.len(), &level_1[..32]), (64, &first_256[..]));
    for absent in ["0/002", "0/002.p/65", "0/003.p/1", "1/000", "1/000.p/3", "2/000.p/1", "entries/002", "entries/003.p/1"] {
        assert_eq!(tile(absent), None, "{absent}");
    }
    let bundle = tile("entries/002.p/2").unwrap();
    let expected = [&[0, 8][..], &512_u64.to_be_bytes(), &[0, 8], &513_u64.to_be_bytes()].concat();
    assert_eq!(bundle, expected);
    // The whole tree's root from tiles alone: two subtrees of 256 and one of 64.
    let fold = |mut layer: Vec<[u8; 32]>| {
        while layer.len() > 1 {
            layer = layer.chunks(2).map(|pair| tlog::node_hash(&pair[0], &pair[1])).collect();
        }
        layer[0]
    };
    let hashes = |bytes: Vec<u8>| bytes.chunks(32).map(|hash| hash.try_into().unwrap()).collect::<Vec<[u8; 32]>>();
    let root = tlog::node_hash(&fold(hashes(level_1)), &fold(hashes(tile("0/002.p/64").unwrap())));
    assert_eq!(root, frontier.root());
}
