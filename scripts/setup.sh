#!/usr/bin/env bash
# Sets up what the Makefile's targets need.
#
#   scripts/setup.sh python [EXTRA]...   a virtual environment in .venv with mcugen and these extras of pyproject.toml
#   scripts/setup.sh packages            every system package that the whole test suite can use, as far as they are had
#
# What is there already is left alone. System packages are named before apt installs them; sudo is used for apt only,
# and only by users other than root. Where apt is absent or refuses, `packages` says what stays missing and succeeds.
# VENV names another directory than .venv.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=${VENV:-.venv}
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
    "gdb-multiarch:gdb-multiarch:a debugger inside emulated kernels"
    "cppcheck:cppcheck:the generated C under the rules of MISRA C"
    "chromium:chromium:the page of mcugen report in a browser"
    "chromedriver:chromium-driver:the same, driven by tests"
    "/usr/include/newlib/c++:libstdc++-arm-none-eabi-newlib:C++ callers on Cortex-M"
    "/usr/share/datasets/fashion-mnist:dataset-fashion-mnist:accuracy on 10,000 images"
)

# Further compilers, of which every release of Debian and Ubuntu has others.
readonly OPTIONAL=(
    "gcc-11:gcc-11:the generated C under an older GCC"
    "gcc-13:gcc-13:the generated C under a newer GCC"
    "gcc-14:gcc-14:the generated C under a newer GCC"
)

say() { printf '%s\n' "$*"; }

die() {
    say "$*" >&2
    exit 1
}

# Installs packages, after it has named them; fails where apt is absent or refuses.
apt_install() {
    say "Installing with apt: $*"
    as_root apt-get install -y -q --no-install-recommends "$@"
}

# Fetches apt's lists, once.
apt_update() {
    [ -z "${updated:-}" ] || return 0
    as_root apt-get update -qq && updated=yes
}

# Runs apt-get with its arguments as root, without questions.
as_root() {
    command -v apt-get >/dev/null || { say "There is no apt-get here." && return 1; }
    if [ "$(id -u)" -eq 0 ]; then
        DEBIAN_FRONTEND=noninteractive "$@"
    elif command -v sudo >/dev/null; then
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    else
        say "There is no sudo here, and only root may run $1." && return 1
    fi
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
    if [ ${#wanted[@]} -gt 0 ]; then
        say "mcugen needs: ${wanted[*]}"
        { apt_update && apt_install "${wanted[@]}"; } ||
            die "Install the like of ${wanted[*]} with your system's own tools, then try again."
    fi
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

# Prints "package: what for" of every tool among the arguments that is not there.
missing_tools() {
    local entry name package purpose
    for entry in "$@"; do
        IFS=: read -r name package purpose <<<"$entry"
        if [[ $name == /* ]]; then
            [ -e "$name" ] || say "$package: $purpose"
        else
            command -v "$name" >/dev/null || say "$package: $purpose"
        fi
    done
}

# Prints the packages among the arguments that this system's distribution has.
available() {
    local package
    for package in "$@"; do
        [ -z "$(apt-cache madison "$package" 2>/dev/null)" ] || say "$package"
    done
}

install_packages() {
    local wanted=() optional=() had=()
    mapfile -t wanted < <(missing_tools "${TOOLS[@]}" | cut -d: -f1 | sort -u)
    mapfile -t optional < <(missing_tools "${OPTIONAL[@]}" | cut -d: -f1 | sort -u)
    # The run time of clang's sanitizers is part of clang in some releases, and a package of its own in others.
    if ! clang -fsanitize=address -x c -o /dev/null - <<<'int main(void) { return 0; }' 2>/dev/null; then
        optional+=(libclang-rt-dev)
    fi
    if [ ${#wanted[@]} -gt 0 ]; then
        say "System packages that tests use and that are not here: ${wanted[*]}"
        apt_update || say "apt's lists cannot be fetched."
    fi
    mapfile -t had < <(available "${wanted[@]}" "${optional[@]}")
    # All at once; where that is refused, each by itself, so that one does not keep away the others.
    if [ ${#had[@]} -gt 0 ] && ! apt_install "${had[@]}"; then
        local package
        for package in "${had[@]}"; do
            apt_install "$package" || say "apt refuses $package"
        done
    fi
    report_missing
}

report_missing() {
    local missing
    missing=$(missing_tools "${TOOLS[@]}")
    [ -n "$missing" ] || return 0
    say "Not installed, so the tests that need them are left out:"
    say "$missing" | sed 's/^/    /'
}

case ${1:-} in
    python) set_up_python "${@:2}" ;;
    packages) install_packages ;;
    *) die "usage: scripts/setup.sh python [EXTRA]... | packages" ;;
esac
