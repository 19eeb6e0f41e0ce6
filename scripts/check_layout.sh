#!/usr/bin/env bash
# check_layout.sh MCUGEN DIRECTORY MODEL: generates C for each kind of kernels and checks its layout with clang-format.
set -euo pipefail
mcugen=$1 directory=$2 model=$3

for target in generic cortex-m0plus cortex-m4 cortex-m55; do
    generated=$directory/$(basename "$model")-$target
    "$mcugen" generate "$model" --target $target -o "$generated" --json >/dev/null
    clang-format --dry-run -Werror "$generated"/*.[ch]
    echo "clang-format $generated"
done
