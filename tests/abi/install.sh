#!/bin/sh
# The installed SDK is enough: the example builds against it, out of tree, and
# the installed server loads it.
#
# usage: install.sh <build directory>
set -eu

build_dir=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build_dir" --prefix "$work/root" >"$work/install.log"
cp -r "$work/root/share/nexus/examples/echo" "$work/echo"

cmake -S "$work/echo" -B "$work/by-cmake" \
    -DCMAKE_PREFIX_PATH="$work/root" >"$work/cmake.log"
cmake --build "$work/by-cmake" >>"$work/cmake.log"

plugin=$work/by-cmake/echo.so
exports=$(nm -D --defined-only "$plugin" | awk '{ print $NF }' | xargs)
[ "$exports" = nexus_plugin_v1 ] || {
    echo "$plugin exports '$exports'"
    exit 1
}

cat >"$work/nexus.conf" <<CONF
plugins = ( { name = "chat"; }, { name = "echo"; path = "$plugin"; } );
CONF
"$work/root/bin/nexusd" --config "$work/nexus.conf" --check \
    --set "data_dir=$work/data" \
    --set "plugin_dir=$(dirname "$(find "$work/root" -name chat.so)")"
