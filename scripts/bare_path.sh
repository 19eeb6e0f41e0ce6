#!/usr/bin/env bash
# Fills DIRECTORY with links to the commands of PATH, all but those that only some tests need, and prints it: the PATH of
# a machine without cross compilers, emulators, clang, CMake, gdb, cppcheck and Chromium.
#
#   PATH=$(scripts/bare_path.sh DIRECTORY) make test-fast
set -euo pipefail

readonly HIDDEN='arm-none-eabi-*|riscv64-unknown-elf-*|xtensa-*|qemu-*|clang*|g++*|gcc-[0-9]*|gdb*|cppcheck*|cmake*|ctest*|chrom*|micropython'
directory=$(realpath -m "$1")
rm -rf "$directory"
mkdir -p "$directory"
IFS=: read -ra searched <<<"$PATH"
shopt -s extglob nullglob
for from in "${searched[@]}"; do
    [[ $from != */.venv/bin ]] || continue
    for command in "$from"/!($HIDDEN); do
        # The first of a name counts, as on PATH.
        [ -e "$directory/${command##*/}" ] || ln -s "$(realpath -s "$command")" "$directory/${command##*/}"
    done
done
printf '%s\n' "$directory"
