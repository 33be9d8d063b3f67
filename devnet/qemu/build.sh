#!/bin/bash
# Builds, once, what boots an enclave image without Nitro hardware: QEMU with the nitro-enclave machine, its two boot ROMs and the vsock backend.
# Prints the folder that holds them; everything else goes to stderr. README.md beside this file says what is needed and why it is so.
#
#   build.sh            build unless it is there
#   build.sh --check    only say whether it is there, or could be built here (exit 3: it could not)
#   build.sh --lacking  only say which packages it needs that are not installed
set -euo pipefail
umask 022
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${PST_VAULT_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/pst-vault}
suite=trixie
started=$SECONDS

say() { printf '  [%3d s] %s\n' $((SECONDS - started)) "$*" >&2; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }
cannot() { printf '%s\n' "$*" >&2; exit 3; }

# The name of what is built is a hash of all that decides about it, the system's libraries among it: QEMU is linked with them.
system=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown}-${VERSION_ID:-unknown}" || echo unknown)
inputs=("$here/build.sh" "$here/inputs.lock" "$here/requirements.txt" "$here/backend/Cargo.lock" "$here"/patches/*.patch)
hash=$({ cat "${inputs[@]}"; echo "$system $(uname -m)"; } | sha256sum | cut -c1-16)
made=$cache/qemu-$hash

built() { [ -x "$made/qemu" ] && "$made/qemu" --version >/dev/null 2>&1 && "$made/vhost-device-vsock" --version >/dev/null 2>&1; }

# --- What the build needs ---------------------------------------------------------------------------------------------------------------
packages=(build-essential ninja-build pkg-config python3-venv libcbor-dev libgnutls28-dev libglib2.0-dev libfdt-dev zlib1g-dev dpkg-dev patch xz-utils)

lacking() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

if [ "${1:-}" = --lacking ]; then
  if command -v dpkg-query >/dev/null; then lacking; fi
  exit 0
fi

may_build() {
  [ "$(uname -m)" = x86_64 ] || cannot "QEMU with the nitro-enclave machine is built for x86_64 hosts alone; this is $(uname -m)"
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || cannot "QEMU's source and ROMs come from Debian $suite by apt, which is not here"
  command -v cargo >/dev/null || cannot "cargo is not in PATH"
  local lack
  lack=$(lacking | tr '\n' ' ')
  if [ -n "$lack" ] && [ "$(id -u)" != 0 ]; then
    cannot "not installed, and this is not root: as root, apt-get install --no-install-recommends $lack"
  fi
}

if built; then echo "$made"; exit 0; fi
may_build
if [ "${1:-}" = --check ]; then exit 0; fi

mkdir -p "$cache"
exec 9>"$cache/qemu.lock"
flock -n 9 || { say "another build runs; waiting for it"; flock 9; }
if built; then echo "$made"; exit 0; fi

free=$(df -Pk "$cache" | awk 'NR == 2 { print $4 }')
[ "$free" -ge 1572864 ] || fail "$cache has $((free / 1024)) MiB free; the build takes 1.5 GiB while it runs and 16 MiB after. PST_VAULT_CACHE names another folder."

work=$cache/qemu-$hash.part
rm -rf "$work"
mkdir -p "$work/out"
log=$work/build.log
trap 'status=$?; if [ $status -ne 0 ] && [ -s "$log" ]; then tail -n 25 "$log" >&2; mv "$log" "$made.log"; echo "the whole log: $made.log" >&2; fi; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# An input is the listed one, or it is not used.
expect() { # name file where-to-get-it
  local want have
  want=$(awk -v name="$1" '$1 == name { print $3 }' "$here/inputs.lock")
  have=$(sha256sum "$2" | cut -d' ' -f1)
  [ "$want" = "$have" ] || fail "$1: expected SHA-256 $want, found $have. It comes from $3; another version there means a change to devnet/qemu/inputs.lock."
}

# --- Packages ---------------------------------------------------------------------------------------------------------------------------
lack=$(lacking)
if [ -n "$lack" ]; then
  say "apt-get install" $lack
  { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $lack; } >>"$log" 2>&1 ||
    fail "apt-get could not install what the build needs"
fi

# --- Sources: from the archive that this machine already uses, in a list of its own, so that the machine's is not touched ----------------------
say "QEMU's source and ROMs from Debian $suite"
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
[ -n "$archive" ] || fail "apt names no archive"
archive=${PST_VAULT_DEBIAN_ARCHIVE:-$archive}
apt=$work/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\n' "$archive" "$suite" >"$apt/list.sources"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
if [ -f "$keys" ]; then echo "Signed-By: $keys" >>"$apt/list.sources"; fi
own=(-q -o "Dir::Etc::sourcelist=$apt/list.sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt" -o APT::Sandbox::User=)
(
  cd "$apt" &&
    apt-get "${own[@]}" update &&
    apt-get "${own[@]}" source --download-only "qemu/$suite" &&
    apt-get "${own[@]}" download "qemu-system-data/$suite" &&
    dpkg-deb -x qemu-system-data_*.deb data
) >>"$log" 2>&1 || fail "Debian $suite could not be reached through $archive (PST_VAULT_DEBIAN_ARCHIVE names another mirror)"
tarball=$(awk '$1 ~ /^qemu_/ { print $1 }' "$here/inputs.lock")
[ -f "$apt/$tarball" ] || fail "$tarball: not in Debian $suite any more, which has $(cd "$apt" && ls qemu_*.orig.tar.*). Change devnet/qemu/inputs.lock."
expect "$tarball" "$apt/$tarball" "source package qemu of Debian $suite"
for rom in qboot.rom linuxboot_dma.bin; do
  expect "$rom" "$apt/data/usr/share/qemu/$rom" "package qemu-system-data of Debian $suite"
  cp "$apt/data/usr/share/qemu/$rom" "$work/out/"
done

# --- QEMU: the Debian tarball has no wheels for meson and no firmware, and needs neither here ----------------------------------------------------
say "QEMU: configure"
mkdir "$work/qemu"
tar -xf "$apt/$tarball" -C "$work/qemu" --strip-components=1
for change in "$here"/patches/qemu-*.patch; do patch -p1 -s -d "$work/qemu" <"$change" >>"$log"; done
python3 -m venv "$work/python"
"$work/python/bin/pip" -q --disable-pip-version-check install --require-hashes --no-deps -r "$here/requirements.txt" >>"$log" 2>&1 ||
  fail "pip could not install what is listed in devnet/qemu/requirements.txt"
(
  cd "$work/qemu" &&
    sed -i 's/unpack_edk2_blobs = bzip2.found()/unpack_edk2_blobs = false/' meson.build &&
    echo 'CONFIG_NITRO_ENCLAVE=y' >configs/devices/x86_64-softmmu/nitro.mak &&
    mkdir build &&
    cd build &&
    ../configure --python="$work/python/bin/python3" --target-list=x86_64-softmmu --without-default-features --without-default-devices \
      --with-devices-x86_64=nitro --enable-system --enable-kvm --enable-tcg --enable-libcbor --enable-gnutls --enable-vhost-user \
      --enable-fdt=system --disable-install-blobs --disable-docs --disable-tools --disable-guest-agent --disable-werror
) >>"$log" 2>&1 || fail "QEMU: configure failed"
say "QEMU: 1300 steps, some two minutes on two cores"
ninja -C "$work/qemu/build" qemu-system-x86_64 >>"$log" 2>&1 || fail "QEMU does not build"
strip -o "$work/out/qemu" "$work/qemu/build/qemu-system-x86_64"

# --- The vsock backend, by the project's toolchain (rust-toolchain.toml counts in this folder) ---------------------------------------------------
say "vsock backend"
cd "$here"
cargo fetch -q --locked --manifest-path backend/Cargo.toml >>"$log" 2>&1 || fail "cargo could not fetch the vsock backend's source"
crate=$(ls "${CARGO_HOME:-$HOME/.cargo}"/registry/cache/*/vhost-device-vsock-0.3.0.crate | head -n 1)
expect vhost-device-vsock.crate "$crate" "the package registry of cargo"
mkdir "$work/backend"
tar -xzf "$crate" -C "$work/backend" --strip-components=1
for change in "$here"/patches/vhost-device-vsock-*.patch; do patch -p1 -s -d "$work/backend" <"$change"; done
CARGO_TARGET_DIR=$work/backend/target cargo install -q --locked --path "$work/backend" --root "$work/backend/root" >>"$log" 2>&1 ||
  fail "the vsock backend does not build"
cp "$work/backend/root/bin/vhost-device-vsock" "$work/out/"

# --- All or nothing ---------------------------------------------------------------------------------------------------------------------
rm -rf "$made"
mv "$work/out" "$made"
built || fail "what was built does not start"
say "done: $made"
echo "$made"
