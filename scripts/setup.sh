#!/usr/bin/env bash
# Sets up what the Makefile's targets need.
#
#   scripts/setup.sh python [EXTRA]...   a virtual environment in .venv with mcugen and these extras of pyproject.toml
#   scripts/setup.sh packages            every system package that the whole test suite can use
#   scripts/setup.sh missing             says which of those are missing and what is left out without them
#
# What is there already is left alone. System packages are named before apt installs them; sudo is used for apt only,
# and only by users other than root.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=.venv
readonly TORCH=torch==2.13.0

# command or directory: package: what for.
readonly TOOLS=(
    "cc:gcc:the C compiler of mcugen validate"
    "ld:binutils:the linker"
    "cmake:cmake:generated libraries built by CMake"
    "g++:g++:the Arduino example"
    "clang:clang:the generated C under a second compiler"
    "clang-format:clang-format:the layout of the generated C"
    "arm-none-eabi-gcc:gcc-arm-none-eabi:Cortex-M"
    "qemu-system-arm:qemu-system-arm:emulated Cortex-M"
    "riscv64-unknown-elf-gcc:gcc-riscv64-unknown-elf:RISC-V"
    "qemu-system-riscv32:qemu-system-misc:emulated RISC-V"
    "xtensa-lx106-elf-gcc:gcc-xtensa-lx106:Xtensa, as in the ESP8266: the nearest to the ESP32's that is packaged"
    "qemu-system-xtensa:qemu-system-misc:emulated Xtensa"
    "/usr/lib/xtensa-lx106-elf/include/stdint.h:picolibc-xtensa-lx106-elf:the C library of Xtensa"
    "/usr/lib/arm-none-eabi/newlib:libnewlib-arm-none-eabi:the C library of Cortex-M"
    "/usr/lib/picolibc/riscv64-unknown-elf:picolibc-riscv64-unknown-elf:the C library of RISC-V"
    "chromium:chromium:the page of mcugen report in a browser"
    "chromedriver:chromium-driver:the same, driven by tests"
    "/usr/share/datasets/fashion-mnist:dataset-fashion-mnist:accuracy on 10,000 images"
)

say() { printf '%s\n' "$*"; }

die() {
    say "$*" >&2
    exit 1
}

apt_install() {
    say "Installing with apt: $*"
    command -v apt-get >/dev/null || die "There is no apt-get here: install the like with your system's own tools."
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "There is no sudo here. As root: apt-get install $*"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# Prints a Python of at least 3.10; fails if there is none.
find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python3.10; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            say "$candidate"
            return
        fi
    done
    return 1
}

compiles_c() {
    local scratch
    scratch=$(mktemp -d)
    printf '#include <stdio.h>\n#include <stdint.h>\nint main(void) { return puts("") < 0; }\n' >"$scratch/main.c"
    local status=0
    cc -o "$scratch/main" "$scratch/main.c" 2>/dev/null || status=1
    rm -r "$scratch"
    return $status
}

# A Python that can make virtual environments, and a C compiler with its headers.
set_up_system() {
    local wanted=()
    if ! python=$(find_python); then
        wanted+=(python3 python3-venv)
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        wanted+=("$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')")
    fi
    compiles_c || wanted+=(gcc libc6-dev)
    [ ${#wanted[@]} -eq 0 ] || apt_install "${wanted[@]}"
    python=$(find_python) || die "mcugen needs Python 3.10 or newer, which this system's packages do not have."
}

set_up_python() {
    local python
    set_up_system
    local extras
    extras=$(IFS=, && say "$*")
    # A stamp an extra: what was installed from, and where, as an environment cannot be moved.
    local stamp="$VENV/.installed-${extras:-mcugen}" state
    state="$PWD $("$python" --version) $(cksum <pyproject.toml)"
    if [ -x "$VENV/bin/mcugen" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then
        return
    fi
    if ! "$VENV/bin/python" -c '' 2>/dev/null || ! "$VENV/bin/pip" --version >/dev/null 2>&1; then
        say "Making a virtual environment in $VENV with $("$python" --version)"
        "$python" -m venv --clear "$VENV"
    fi
    # By itself and in this release, of which package indexes for machines without a GPU have a build that needs none.
    if [[ " $* " == *" torch "* || " $* " == *" sweep "* ]]; then
        "$VENV/bin/python" -m pip install --disable-pip-version-check "$TORCH"
    fi
    say "Installing mcugen${extras:+ with what its $extras extras name} into $VENV"
    "$VENV/bin/python" -m pip install --disable-pip-version-check -e ".${extras:+[$extras]}"
    say "$state" >"$stamp"
}

# Prints "package: what for" of every tool that is not there.
missing_tools() {
    local entry name package purpose
    for entry in "${TOOLS[@]}"; do
        IFS=: read -r name package purpose <<<"$entry"
        if [[ $name == /* ]]; then
            [ -e "$name" ] || say "$package: $purpose"
        else
            command -v "$name" >/dev/null || say "$package: $purpose"
        fi
    done
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_tools | cut -d: -f1)
    [ ${#packages[@]} -eq 0 ] || apt_install "${packages[@]}"
    # The run time of clang's sanitizers is part of clang in some releases, and a package of its own in others.
    if ! clang -fsanitize=address -x c -o /dev/null - <<<'int main(void) { return 0; }' 2>/dev/null; then
        apt_install libclang-rt-dev
    fi
}

report_missing() {
    local missing
    missing=$(missing_tools)
    [ -n "$missing" ] || return 0
    say "Not installed, so the tests that need them are left out:"
    say "$missing" | sed 's/^/    /'
    say "\`make packages\` installs them with apt."
}

case ${1:-} in
    python) set_up_python "${@:2}" ;;
    packages) install_packages ;;
    missing) report_missing ;;
    *) die "usage: scripts/setup.sh python [EXTRA]... | packages | missing" ;;
esac
