//! Ramdisks: "newc" cpio archives (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
//!
//! One tree has one archive: entries sorted by path, inode numbers counted from 1, owner 0, time 0, one link, hexadecimal in
//! capitals, zeros as padding, and the whole padded to 512 bytes.

use std::collections::BTreeMap;

const MAGIC: &[u8] = b"070701";
const HEADER: usize = 110;
const TRAILER: &str = "TRAILER!!!";
const BLOCK: usize = 512;
/// Longest path in bytes, without its NUL.
const MAX_PATH: usize = 255;

/// What stands at a path.
#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Directory,
    /// A file's content.
    File {
        /// Its bytes.
        data: Vec<u8>,
        /// Whether it may be executed.
        executable: bool,
    },
    /// A symbolic link's target.
    Link(String),
    /// A character device.
    Device {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
}

impl core::fmt::Debug for Node {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Directory => f.write_str("Directory"),
            Self::File { data, executable } => write!(f, "File({} bytes, executable {executable})", data.len()),
            Self::Link(target) => write!(f, "Link({target:?})"),
            Self::Device { major, minor } => write!(f, "Device({major}, {minor})"),
        }
    }
}

/// Why a tree can't be written or bytes are no archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CpioError {
    /// A path is empty, absolute, too long, not printable ASCII, or has an empty, `.` or `..` part.
    #[error("{0:?} is no relative path of printable ASCII")]
    Path(String),
    /// A parent is missing or no directory.
    #[error("{0:?} is in no directory of the archive")]
    Parent(String),
    /// Too large for the format.
    #[error("{0:?} is longer than 4 GiB")]
    TooLong(String),
    /// Not the magic of an entry.
    #[error("no entry of a newc archive at byte {0}")]
    Magic(usize),
    /// A field is not hexadecimal.
    #[error("the entry at byte {0} has a field that is not hexadecimal")]
    Field(usize),
    /// The archive ends within an entry.
    #[error("the archive ends within the entry at byte {0}")]
    Truncated(usize),
    /// A kind of file that a ramdisk of this project never holds.
    #[error("{path:?} has mode {mode:o}, which is not written here")]
    Mode {
        /// Its path.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// The same path twice.
    #[error("{0:?} stands in the archive twice")]
    Repeated(String),
    /// Read and written again it is not the same: other times, owners, order, padding.
    #[error("the archive is not in the form that its tree has here")]
    Form,
}

/// A tree of files. Its paths are relative and printable ASCII.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Node>);

impl Tree {
    /// An empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a node.
    ///
    /// # Errors
    /// When the path is malformed, taken, or in no directory of the tree.
    pub fn add(&mut self, path: &str, node: Node) -> Result<(), CpioError> {
        if !is_path(path) {
            return Err(CpioError::Path(path.to_owned()));
        }
        if let Some((parent, _)) = path.rsplit_once('/')
            && self.0.get(parent) != Some(&Node::Directory)
        {
            return Err(CpioError::Parent(path.to_owned()));
        }
        if self.0.contains_key(path) {
            return Err(CpioError::Repeated(path.to_owned()));
        }
        self.0.insert(path.to_owned(), node);
        Ok(())
    }

    /// Paths and nodes, sorted by path.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(path, node)| (path.as_str(), node))
    }

    /// What stands at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.0.get(path)
    }

    /// The archive.
    ///
    /// # Errors
    /// When a file is longer than the format can say.
    pub fn bytes(&self) -> Result<Vec<u8>, CpioError> {
        let mut out = Vec::new();
        for (inode, (path, node)) in (1_u32..).zip(&self.0) {
            let (mode, data, [major, minor]): (u32, &[u8], _) = match node {
                Node::Directory => (0o040_755, &[], [0, 0]),
                Node::File { data, executable: true } => (0o100_755, data, [0, 0]),
                Node::File { data, executable: false } => (0o100_644, data, [0, 0]),
                Node::Link(target) => (0o120_777, target.as_bytes(), [0, 0]),
                Node::Device { major, minor } => (0o020_600, &[], [*major, *minor]),
            };
            entry(&mut out, inode, mode, [major, minor], path, data)?;
        }
        entry(&mut out, 0, 0, [0, 0], TRAILER, &[])?;
        pad(&mut out, BLOCK);
        Ok(out)
    }

    /// Reads an archive of any tool, as far as it holds directories, files, links and character devices. Times, owners and order are not kept.
    ///
    /// # Errors
    /// When the bytes are no such archive.
    pub fn parse(archive: &[u8]) -> Result<Self, CpioError> {
        let mut tree = Self::new();
        let mut reader = Reader { archive, at: 0 };
        while let Some((path, mode, device, data)) = reader.entry()? {
            // Other tools name the root, and begin paths with it.
            let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
            if path == "." {
                continue;
            }
            let node = match mode & 0o170_000 {
                0o040_000 => Node::Directory,
                0o100_000 => Node::File { data: data.to_vec(), executable: mode & 0o111 != 0 },
                0o120_000 => Node::Link(String::from_utf8_lossy(data).into_owned()),
                0o020_000 => Node::Device { major: device[0], minor: device[1] },
                _ => return Err(CpioError::Mode { path, mode }),
            };
            tree.add(&path, node)?;
        }
        Ok(tree)
    }

    /// Reads an archive that is exactly what [`Tree::bytes`] gives for its tree.
    ///
    /// # Errors
    /// When it is not.
    pub fn parse_exact(archive: &[u8]) -> Result<Self, CpioError> {
        let tree = Self::parse(archive)?;
        if tree.bytes()? == archive { Ok(tree) } else { Err(CpioError::Form) }
    }
}

fn is_path(path: &str) -> bool {
    path.len() <= MAX_PATH
        && path != TRAILER
        && path.bytes().all(|byte| (0x21..0x7f).contains(&byte))
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn entry(out: &mut Vec<u8>, inode: u32, mode: u32, device: [u32; 2], path: &str, data: &[u8]) -> Result<(), CpioError> {
    let long = |_| CpioError::TooLong(path.to_owned());
    let size = u32::try_from(data.len()).map_err(long)?;
    let name = u32::try_from(path.len().saturating_add(1)).map_err(long)?;
    out.extend_from_slice(MAGIC);
    let [major, minor] = device;
    // inode, mode, uid, gid, links, mtime, size, device (2), device that it is (2), name's length, check
    for field in [inode, mode, 0, 0, 1, 0, size, 0, 0, major, minor, name, 0] {
        out.extend_from_slice(format!("{field:08X}").as_bytes());
    }
    out.extend_from_slice(path.as_bytes());
    out.push(0);
    pad(out, 4);
    out.extend_from_slice(data);
    pad(out, 4);
    Ok(())
}

fn pad(out: &mut Vec<u8>, to: usize) {
    out.resize(out.len().next_multiple_of(to), 0);
}

struct Reader<'a> {
    archive: &'a [u8],
    at: usize,
}

type Entry<'a> = (String, u32, [u32; 2], &'a [u8]);

impl<'a> Reader<'a> {
    fn entry(&mut self) -> Result<Option<Entry<'a>>, CpioError> {
        let start = self.at;
        let header = self.take(HEADER, start)?;
        let fields = header.strip_prefix(MAGIC).ok_or(CpioError::Magic(start))?;
        let mut values = fields.chunks_exact(8).map(|field| hexadecimal(field).ok_or(CpioError::Field(start)));
        let mut next = || values.next().unwrap_or(Err(CpioError::Field(start)));
        let [_, mode, _, _, _, _, size, _, _, major, minor, name, _] =
            [next()?, next()?, next()?, next()?, next()?, next()?, next()?, next()?, next()?, next()?, next()?, next()?, next()?];
        let length = |value| usize::try_from(value).map_err(|_| CpioError::Truncated(start));
        let path = self.take(length(name)?, start)?;
        let path = path.strip_suffix(&[0]).and_then(|path| core::str::from_utf8(path).ok());
        let path = path.ok_or_else(|| CpioError::Path(String::new()))?.to_owned();
        self.align(start)?;
        let data = self.take(length(size)?, start)?;
        self.align(start)?;
        if path != TRAILER {
            return Ok(Some((path, mode, [major, minor], data)));
        }
        // A second archive could follow; the kernel would unpack it too.
        let rest = self.archive.get(self.at..).unwrap_or_default();
        if rest.iter().all(|byte| *byte == 0) { Ok(None) } else { Err(CpioError::Magic(self.at)) }
    }

    fn take(&mut self, count: usize, start: usize) -> Result<&'a [u8], CpioError> {
        let end = self.at.checked_add(count).ok_or(CpioError::Truncated(start))?;
        let taken = self.archive.get(self.at..end).ok_or(CpioError::Truncated(start))?;
        self.at = end;
        Ok(taken)
    }

    fn align(&mut self, start: usize) -> Result<(), CpioError> {
        let to = self.at.checked_next_multiple_of(4).ok_or(CpioError::Truncated(start))?;
        self.take(to.saturating_sub(self.at), start).map(|_| ())
    }
}

fn hexadecimal(field: &[u8]) -> Option<u32> {
    if !field.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(core::str::from_utf8(field).ok()?, 16).ok()
}
