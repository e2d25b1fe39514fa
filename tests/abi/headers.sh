#!/bin/sh
# Each SDK header compiles alone, in every language a plugin may be written in.
#
# usage: headers.sh <include directory>
set -u

include_dir=$1
failures=0
checked=0

# The argument is the header as a plugin includes it, e.g. nexus/plugin.h.
check_header() {
    header=$1 compiler=$2 language=$3 standard=$4
    checked=$((checked + 1))
    printf '#include <%s>\n' "$header" |
        "$compiler" -x "$language" "-std=$standard" -I "$include_dir" \
            -Wall -Wextra -Wpedantic -Werror -fsyntax-only - ||
        {
            echo "$header: does not compile alone: $compiler -std=$standard"
            failures=$((failures + 1))
        }
}

check_compilers() {
    header=$1
    for standard in c11 c17; do
        check_header "$header" gcc c "$standard"
        if [ "$have_clang" ]; then
            check_header "$header" clang-14 c "$standard"
        fi
    done
    for standard in c++11 c++17; do
        check_header "$header" g++ c++ "$standard"
        if [ "$have_clang" ]; then
            check_header "$header" clang++-14 c++ "$standard"
        fi
    done
}

have_clang=
if command -v clang++-14 >/dev/null 2>&1; then
    have_clang=yes
else
    echo "clang-14 is not installed: headers are checked with gcc only"
fi

for path in $(find "$include_dir" -name '*.h' 2>/dev/null | sort); do
    check_compilers "${path#"$include_dir"/}"
done

echo "$checked compilations, $failures failed"
[ "$failures" -eq 0 ]
