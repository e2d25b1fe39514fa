#!/bin/sh
# A plugin that does one thing wrong does not pass, and the report says what.
#
# usage: caught.sh <nexusctl> <plugin> <check> <text of its line>
set -u

nexusctl=$1
plugin=$2
check=$3
text=$4

output=$("$nexusctl" plugin check --time-limit "${TIME_LIMIT:-120}" "$plugin" \
    2>&1)
code=$?
printf '%s\n' "$output"
[ "$code" -eq 1 ] || {
    echo "exit code $code, expected 1"
    exit 1
}
printf '%s\n' "$output" | grep -q "^FAIL  $check  *.*$text" || {
    echo "expected: FAIL  $check ... $text"
    exit 1
}
