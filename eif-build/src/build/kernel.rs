//! The kernel, made from Debian's sources with `kernel.config`, once: the result is kept under the hash of everything that it is made of.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use anyhow::{Context, Result, ensure};

use super::inputs::{Input, Inputs, Kind, digest};
use super::{place, step};

/// What Debian calls the sources.
const PACKAGE: &str = "linux-source-6.12";
const CONFIG: &str = "eif-build/image/kernel.config";
const RESULT: &str = "bzImage";
/// The steps below; another number is another kernel in the cache.
const RECIPE: &str = "kernel 1";

/// The kernel, from the cache or made now.
pub(crate) fn get(inputs: &Inputs, source: &Path, cache: &Path) -> Result<Vec<u8>> {
    let config = inputs.file(source, CONFIG)?;
    let expected = inputs.named(RESULT)?;
    let kept = cache.join(format!("{}.bzImage", key(inputs)?));
    // Two builds at once make one kernel.
    let _alone = alone(cache)?;
    if let Ok(kernel) = fs::read(&kept) {
        if expected.demand(&digest(&kernel)).is_ok() {
            eprintln!("kernel: from {}", kept.display());
            return Ok(kernel);
        }
        eprintln!("kernel: {} is not the expected one, so it is made anew", kept.display());
    }
    let package = package(inputs.named(PACKAGE)?, cache)?;
    let kernel = make(&package, &config, cache)?;
    let found = digest(&kernel);
    let checked = expected.demand(&found);
    if checked.is_err() {
        // Not under the name that is taken from the cache: it is there to be compared.
        let other = cache.join(format!("refused-{found}.bzImage"));
        place::put(&other, &kernel)?;
        eprintln!("kernel: what came out is {}", other.display());
    }
    checked?;
    place::put(&kept, &kernel)?;
    Ok(kernel)
}

/// Holds the cache until it is dropped, or the process ends.
fn alone(cache: &Path) -> Result<File> {
    fs::create_dir_all(cache).with_context(|| format!("{} can't be made", cache.display()))?;
    let lock = File::create(cache.join("kernel.lock"))?;
    if lock.try_lock().is_err() {
        eprintln!("kernel: another build uses {}; waiting for it", cache.display());
        lock.lock()?;
    }
    Ok(lock)
}

/// The hash of what the kernel is made of and by.
fn key(inputs: &Inputs) -> Result<String> {
    let mut all = RECIPE.to_owned();
    let tools = inputs.all.iter().filter(|input| input.kind == Kind::Tool);
    for input in [inputs.named(PACKAGE)?, inputs.named(CONFIG)?].into_iter().chain(tools) {
        all.push('\n');
        all.push_str(&input.sha256);
    }
    Ok(digest(all.as_bytes()).chars().take(32).collect())
}

/// The package's file, fetched if the cache lacks it.
fn package(input: &Input, cache: &Path) -> Result<PathBuf> {
    let file = cache.join(format!("{}_{}_all.deb", input.name, input.version));
    if !file.exists() {
        fs::create_dir_all(cache).with_context(|| format!("{} can't be made", cache.display()))?;
        let folder = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(cache)?;
        eprintln!("kernel: fetching {} {} (153 MB)", input.name, input.version);
        let mut apt = step::clean("apt-get");
        apt.current_dir(folder.path()).args(["download", "-q"]).arg(format!("{}={}", input.name, input.version));
        step::run(&mut apt, "apt-get download", &folder.path().join("log")).with_context(|| gone(input, &file))?;
        let name = file.file_name().context("no name")?;
        let fetched = fs::read(folder.path().join(name)).with_context(|| gone(input, &file))?;
        input.demand(&digest(&fetched))?;
        place::put(&file, &fetched)?;
    }
    input.demand(&digest(&fs::read(&file)?)).with_context(|| format!("{} is not the package; remove it", file.display()))?;
    Ok(file)
}

fn gone(input: &Input, file: &Path) -> String {
    format!(
        "no network, no package list (`apt-get update`), or the archive replaced {} {} by a newer one.\n\
         The old one is still in Debian's archive of snapshots: put it at {}, with SHA-256 {}.\n\
         Another version is another kernel and another image; `apt-cache madison {}` lists those on offer",
        input.name,
        input.version,
        file.display(),
        input.sha256,
        input.name
    )
}

/// Makes it in a folder of its own, which is gone afterwards.
fn make(package: &Path, config: &[u8], cache: &Path) -> Result<Vec<u8>> {
    let folder = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(cache)?;
    let at = folder.path();
    let log = at.join("log");
    eprintln!("kernel: unpacking");
    let mut unpack = step::clean("sh");
    unpack.current_dir(at).args(["-e", "-c"]).arg(
        "dpkg-deb --extract \"$0\" package; mkdir source; tar --extract --file package/usr/src/linux-source-*.tar.* --directory source --strip-components 1; rm -r package",
    );
    unpack.arg(fs::canonicalize(package)?);
    step::run(&mut unpack, "unpacking the kernel's sources", &log)?;
    fs::write(at.join("wanted"), config)?;

    eprintln!("kernel: compiling, some 6 minutes of processor time");
    let script = "make -s O=../out tinyconfig; ./scripts/kconfig/merge_config.sh -m -O ../out ../out/.config ../wanted; make -s O=../out olddefconfig; \
                  make -s O=../out -j \"$0\" bzImage";
    let mut compile = step::clean("sh");
    compile.current_dir(at.join("source")).args(["-e", "-c", script]).arg(available_parallelism()?.to_string());
    compile.env("KBUILD_BUILD_TIMESTAMP", "Thu Jan 1 00:00:00 UTC 1970").env("KBUILD_BUILD_VERSION", "1");
    compile.env("KBUILD_BUILD_USER", "build").env("KBUILD_BUILD_HOST", "build");
    step::run(&mut compile, "compiling the kernel", &log)?;
    let made = fs::read_to_string(at.join("out/.config"))?;
    for line in String::from_utf8_lossy(config).lines().filter(|line| line.starts_with("CONFIG_")) {
        ensure!(made.lines().any(|made| made == line), "the kernel has no {line}, which {CONFIG} wants");
    }
    Ok(fs::read(at.join("out/arch/x86/boot/bzImage"))?)
}
