use ct_merkle::HashableLeaf;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use protocol::tlog::{
    Frontier, Hash, ProofError, consistency, entries_path, inclusion, leaf_hash, node_hash, path_of_last, tile_path,
    verify_consistency, verify_inclusion,
};
use sha2::Sha256;
use std::collections::HashMap;
use tlog_tiles::{HashReader, Tile};

const MOST: u64 = 70;

fn leaf(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// A log with every node it ever completed, and its roots by size.
#[derive(Default)]
struct Log {
    frontier: Frontier,
    nodes: HashMap<(u32, u64), Hash>,
    roots: Vec<Hash>,
}

impl Log {
    fn of(size: u64) -> Self {
        let mut log = Self::default();
        log.roots.push(log.frontier.root());
        for index in 0..size {
            log.frontier.append(leaf_hash(&leaf(index)), |level, index, hash| {
                assert!(log.nodes.insert((level, index), hash).is_none());
            });
            log.roots.push(log.frontier.root());
        }
        log
    }

    fn get(&self) -> impl Fn(u32, u64) -> Option<Hash> {
        |level, index| self.nodes.get(&(level, index)).copied()
    }

    fn root(&self, size: u64) -> &Hash {
        &self.roots[usize::try_from(size).unwrap()]
    }
}

/// The other implementation's view of the same nodes.
struct Theirs<'a>(&'a Log);

impl HashReader for Theirs<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let hash = |index: &u64| {
            let (level, at) = tlog_tiles::split_stored_hash_index(*index);
            tlog_tiles::Hash(self.0.nodes[&(u32::from(level), at)])
        };
        Ok(indexes.iter().map(hash).collect())
    }
}

#[derive(Clone)]
struct Leaf(Vec<u8>);

impl HashableLeaf for Leaf {
    fn hash<H: ct_merkle::digest::Update>(&self, hasher: &mut H) {
        hasher.update(&self.0);
    }
}

#[test]
fn roots_are_those_of_two_other_implementations() {
    let log = Log::of(300);
    let mut tree = MemoryBackedTree::<Sha256, Leaf>::new();
    for size in 1..=300_u64 {
        tree.push(Leaf(leaf(size - 1)));
        assert_eq!(tree.root().as_bytes().as_slice(), log.root(size), "{size}");
        assert_eq!(tlog_tiles::tree_hash(size, &Theirs(&log)).unwrap().0, *log.root(size), "{size}");
    }
    assert_eq!(hex::encode(log.root(0)), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn inclusion_paths_are_theirs_and_verify_in_both() {
    let log = Log::of(MOST);
    for size in 1..=MOST {
        for index in 0..size {
            let path = inclusion(index, size, &log.get()).unwrap();
            let theirs = tlog_tiles::prove_record(size, index, &Theirs(&log)).unwrap();
            assert_eq!(path, theirs.iter().map(|hash| hash.0).collect::<Vec<_>>(), "{index} of {size}");
            let hash = leaf_hash(&leaf(index));
            assert_eq!(verify_inclusion(&hash, index, size, &path, log.root(size)), Ok(()));
            let (root, hash) = (tlog_tiles::Hash(*log.root(size)), tlog_tiles::Hash(hash));
            assert!(tlog_tiles::check_record(&theirs, size, root, index, hash).is_ok());
        }
    }
    assert_eq!(inclusion(3, 3, &log.get()), None);
    assert_eq!(inclusion(0, MOST + 1, &log.get()), None);
}

#[test]
fn consistency_proofs_are_theirs_and_verify() {
    let log = Log::of(MOST);
    for new in 1..=MOST {
        for old in 1..=new {
            let proof = consistency(old, new, &log.get()).unwrap();
            let theirs = tlog_tiles::prove_tree(new, old, &Theirs(&log)).unwrap();
            assert_eq!(proof, theirs.iter().map(|hash| hash.0).collect::<Vec<_>>(), "{old} of {new}");
            assert_eq!(verify_consistency(old, log.root(old), new, log.root(new), &proof), Ok(()));
        }
    }
    assert_eq!(consistency(0, 5, &log.get()), None);
    assert_eq!(consistency(6, 5, &log.get()), None);
}

#[test]
fn t55_an_inclusion_proof_with_a_wrong_index_size_root_leaf_or_length_is_refused() {
    let log = Log::of(MOST);
    for (index, size) in [(0, 1), (0, 2), (3, 7), (6, 7), (40, 41), (63, 64), (64, 70)] {
        let path = inclusion(index, size, &log.get()).unwrap();
        let (hash, root) = (leaf_hash(&leaf(index)), log.root(size));
        assert_eq!(verify_inclusion(&hash, size, size, &path, root), Err(ProofError::Range));
        assert_eq!(verify_inclusion(&hash, index, 0, &path, root), Err(ProofError::Range));
        assert_eq!(verify_inclusion(&hash, index, size, &path, log.root(size - 1)), Err(ProofError::Root));
        assert_eq!(verify_inclusion(&leaf_hash(b"other"), index, size, &path, root), Err(ProofError::Root));
        for other in (0..size).filter(|other| *other != index) {
            assert!(verify_inclusion(&hash, other, size, &path, root).is_err(), "{other} of {size}");
        }
        let longer = [path.clone(), vec![[0; 32]]].concat();
        assert_eq!(verify_inclusion(&hash, index, size, &longer, root), Err(ProofError::Length));
        if let Some((_, shorter)) = path.split_last() {
            assert_eq!(verify_inclusion(&hash, index, size, shorter, root), Err(ProofError::Length));
        }
        for place in 0..path.len() {
            let mut changed = path.clone();
            changed[place][31] ^= 1;
            assert_eq!(verify_inclusion(&hash, index, size, &changed, root), Err(ProofError::Root));
        }
        // An inner node is not a leaf.
        assert!(verify_inclusion(root, 0, 1, &[], root).is_ok());
        assert_ne!(leaf_hash(&[hash, *root].concat()), node_hash(&hash, root));
    }
}

#[test]
fn t55_a_consistency_proof_with_a_wrong_size_root_or_length_is_refused() {
    let log = Log::of(MOST);
    for (old, new) in [(1, 2), (1, 7), (3, 7), (4, 7), (6, 7), (8, 64), (40, 70), (64, 70)] {
        let proof = consistency(old, new, &log.get()).unwrap();
        let (first, second) = (log.root(old), log.root(new));
        assert_eq!(verify_consistency(0, log.root(0), new, second, &[]), Err(ProofError::Range));
        assert_eq!(verify_consistency(new, second, old, first, &proof), Err(ProofError::Range));
        assert_eq!(verify_consistency(old, &[9; 32], new, second, &proof), Err(ProofError::Root));
        assert_eq!(verify_consistency(old, first, new, &[9; 32], &proof), Err(ProofError::Root));
        assert!(verify_consistency(old + 1, log.root(old + 1), new, second, &proof).is_err());
        let longer = [proof.clone(), vec![[0; 32]]].concat();
        assert_eq!(verify_consistency(old, first, new, second, &longer), Err(ProofError::Length));
        let shorter = &proof[..proof.len() - 1];
        assert_eq!(verify_consistency(old, first, new, second, shorter), Err(ProofError::Length));
        for place in 0..proof.len() {
            let mut changed = proof.clone();
            changed[place][0] ^= 1;
            assert_eq!(verify_consistency(old, first, new, second, &changed), Err(ProofError::Root));
        }
    }
    let root = log.root(9);
    assert_eq!(verify_consistency(9, root, 9, root, &[]), Ok(()));
    assert_eq!(verify_consistency(9, root, 9, root, &[[0; 32]]), Err(ProofError::Length));
    // Two roots for one size: an equivocating log.
    assert_eq!(verify_consistency(9, root, 9, log.root(8), &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(3, log.root(3), 7, log.root(7), &[]), Err(ProofError::Length));
}

#[test]
fn the_path_of_the_next_leaf_is_known_before_it_is_appended() {
    let mut before = Frontier::default();
    for index in 0..200_u64 {
        let (path, hash) = (path_of_last(&before), leaf_hash(&leaf(index)));
        before.append(hash, |_, _, _| {});
        assert_eq!(verify_inclusion(&hash, index, index + 1, &path, &before.root()), Ok(()));
    }
}

#[test]
fn a_frontier_is_written_down_and_read_back() {
    let log = Log::of(45);
    let read = Frontier::from_parts(45, log.frontier.peaks().to_vec()).unwrap();
    assert_eq!(read, log.frontier);
    assert_eq!(Frontier::from_parts(45, log.frontier.peaks()[1..].to_vec()), None);
    assert_eq!(Frontier::from_parts(44, log.frontier.peaks().to_vec()), None);
}

#[test]
fn tile_paths_are_those_of_the_specification() {
    assert_eq!(tile_path(0, 1_234_067, None), "tile/0/x001/x234/067");
    assert_eq!(tile_path(2, 0, Some(17)), "tile/2/000.p/17");
    assert_eq!(entries_path(1_000, Some(255)), "tile/entries/x001/000.p/255");
    assert_eq!(entries_path(7, None), "tile/entries/007");
    // The other implementation writes Go's form, with the height in front.
    for (level, index, width) in [(0, 0, 256), (1, 999, 3), (3, 1_000, 256), (0, 987_654_321, 255)] {
        let theirs = Tile::new(8, level, index, width, false).path();
        let ours = tile_path(level, index, u8::try_from(width).ok());
        assert_eq!(ours, theirs.replacen("tile/8/", "tile/", 1));
    }
}
