#!/bin/sh
# A plugin exports its entry and nothing else; the server exports nothing; the
# names in the libraries a plugin is linked with are ours.
#
# usage: exports.sh <build directory>
set -u

build_dir=$1
failures=0

# Not ours: versioned names (stderr@GLIBC_2.2.5), data that the linker copies
# from a library into the program, and the marks it puts around the sections.
exports_of() {
    nm -D --defined-only "$1" |
        awk '$NF !~ /@|^(__bss_start|_edata|_end)$/ { print $NF }' | xargs
}

# Test plugins may lack the entry on purpose, so several answers can be right.
expect_exports() {
    file=$1
    shift
    found=$(exports_of "$file")
    for allowed in "$@"; do
        [ "$found" = "$allowed" ] && return
    done
    echo "$file: exports '$found', expected '$1'"
    failures=$((failures + 1))
}

# Static libraries: every name that another object file can see.
expect_prefix() {
    library=$1 prefix=$2
    names=$(nm -g --defined-only "$library" | awk 'NF == 3 { print $NF }')
    [ "$names" ] || {
        echo "$library: defines nothing"
        failures=$((failures + 1))
    }
    for name in $names; do
        case $name in
        $prefix*) ;;
        *)
            echo "$library: defines $name, names begin with $prefix"
            failures=$((failures + 1))
            ;;
        esac
    done
}

for plugin in "$build_dir"/plugins/*.so "$build_dir"/examples/*.so \
    "$build_dir"/tests/abi/*/*.so; do
    [ -e "$plugin" ] && expect_exports "$plugin" nexus_plugin_v1
done
for plugin in "$build_dir"/tests/plugins/*.so; do
    [ -e "$plugin" ] && expect_exports "$plugin" nexus_plugin_v1 ''
done
[ -e "$build_dir/nexusd" ] && expect_exports "$build_dir/nexusd" ''
# Its own malloc(), to count what a plugin under trial allocates.
[ -e "$build_dir/nexusctl" ] && expect_exports "$build_dir/nexusctl" \
    'aligned_alloc calloc free malloc memalign posix_memalign realloc reallocarray'
expect_prefix "$build_dir/libnexus_sdk.a" nx_
# As it is installed, with the kernel inside.
expect_prefix "$build_dir/sdk/libnexus_fake_host.a" fake_

[ "$failures" -eq 0 ]
