#!/bin/sh
# format.sh SOURCE - every C file is as clang-format 14 would write it.
set -eu
cd "$1"
find lib policy milter tests -name '*.[ch]' | xargs "$(command -v clang-format-14 || echo clang-format)" --dry-run -Werror
