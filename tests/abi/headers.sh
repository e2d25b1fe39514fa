#!/bin/sh
# Each SDK header compiles alone, in every language a plugin may be written in,
# and has no padding that it does not name.
#
# usage: headers.sh <include directory>
set -u

include_dir=$1
failures=0
checked=0

warnings='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wundef -Wwrite-strings -Wcast-qual -Werror'

# All headers at once, since each is compiled as a file of its own.
sources=$(mktemp -d)
trap 'rm -rf "$sources"' EXIT
headers=$(cd "$include_dir" && find nexus -name '*.h' | sort)
for header in $headers; do
    name=$(echo "$header" | tr / _ | sed 's/\.h$//')
    # Twice, so that guards are needed.
    printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
        tee "$sources/$name.c" >"$sources/$name.cpp"
done
count=$(echo "$headers" | wc -l)
[ "$count" -gt 20 ] || {
    echo "only $count headers in $include_dir"
    exit 1
}

supports() {
    echo | "$1" -x "$2" "-std=$3" -fsyntax-only - 2>/dev/null
}

# check <compiler> <c|c++> <standard> [<more options>]
check() {
    compiler=$1 language=$2 standard=$3
    shift 3
    if ! supports "$compiler" "$language" "$standard"; then
        echo "$compiler knows no $standard"
        return
    fi
    suffix=c
    [ "$language" = c ] || suffix=cpp
    checked=$((checked + count))
    "$compiler" "-std=$standard" -I "$include_dir" $warnings "$@" \
        -fsyntax-only "$sources"/*.$suffix || {
        echo "$compiler -std=$standard $*: a header does not compile alone"
        failures=$((failures + 1))
    }
}

check_compiler() {
    for standard in c11 c17 c2x; do
        check "$1" c "$standard"
    done
    for standard in c++11 c++17 c++20; do
        check "$2" c++ "$standard"
    done
}

check_compiler gcc g++
if command -v clang++-14 >/dev/null 2>&1; then
    check_compiler clang-14 clang++-14
else
    echo "clang-14 is not installed: headers are checked with gcc only"
fi

# Only what crosses the ABI; the rest is compiled into plugins.
rm -f "$sources"/nexus_util_* "$sources"/nexus_sdk.c
count=$(find "$sources" -name '*.c' | wc -l)
check gcc c c11 -Wpadded

echo "$checked compilations, $failures failed"
[ "$failures" -eq 0 ]
