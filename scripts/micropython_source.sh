#!/usr/bin/env bash
# Fetches MicroPython's source tree, Debian's package of it, and prints where it lies: the MPY_DIR of the tests.
#
#   export MPY_DIR=$(scripts/micropython_source.sh [DIRECTORY])     by default build/micropython
#
# Uses this system's Debian mirror with a configuration of apt of its own, so neither root nor deb-src lines are needed
# and nothing of the system changes. A tree that is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly SUITE=trixie # the first release whose package is new enough (1.25)
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
directory=$(realpath -m "${1:-build/micropython}")

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

if [ ! -f "$directory/py/dynruntime.mk" ]; then
    command -v apt-get >/dev/null || die "There is no apt-get here: clone MicroPython and set MPY_DIR to it."
    [ -f "$KEYRING" ] || die "Debian's keys are not here ($KEYRING): clone MicroPython and set MPY_DIR to it."
    mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
        head -n 1 | tr -d ' ') || true
    [ -n "$mirror" ] || die "apt names no Debian mirror here: clone MicroPython and set MPY_DIR to it."
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    mkdir -p "$scratch"/{lists,cache,parts,source}
    printf 'deb-src [signed-by=%s] %s %s main\n' "$KEYRING" "$mirror" "$SUITE" >"$scratch/sources.list"
    options=(-qq -o "Dir::Etc::SourceList=$scratch/sources.list" -o "Dir::Etc::SourceParts=$scratch/parts"
        -o "Dir::State::Lists=$scratch/lists" -o "Dir::Cache=$scratch/cache" -o APT::Sandbox::User=)
    apt-get "${options[@]}" update >&2
    (cd "$scratch/source" && apt-get "${options[@]}" source --download-only micropython >&2)
    mkdir -p "$(dirname "$directory")" "$scratch/tree"
    tar -xf "$scratch"/source/*.orig.tar.* -C "$scratch/tree" --strip-components 1
    mv "$scratch/tree" "$directory"
fi
printf '%s\n' "$directory"
