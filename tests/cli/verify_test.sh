#!/bin/bash
# The rules of the verifier: each driver of tests/guest/verify breaks one, which must be found and no
# other; repaired, nothing is found. The tops of the sources say how to show it (verify.h).
#
#   RINGSIDE=build/ringside tests/cli/verify_test.sh [PATTERN]

. "$(dirname "$0")/checks.sh"

sources=$top/tests/guest/verify
pattern=${1-}

# said SOURCE KEY: the rest of the line "// KEY: …" at the top of a source.
said() {
    sed -n "s|^// $2: *||p" "$1" | head -n 1
}

# play DRIVER SOURCE: run it as its source says; findings are in result.json.
play() {
    local driver=$1 source=$2 client script options=()
    client=$(said "$source" client)
    script=$(said "$source" "do")
    read -ra options <<< "$(said "$source" options)"
    if [ -n "$client" ]; then
        set -- "${client%.c}.exe"
    else
        set -- --do "${script:-open \\\\.\\Verify; ioctl 0x222000; close}"
    fi
    timeout 60 "$ringside" run --verify --timeout 1 --json=result.json "${options[@]}" \
        "$driver" "$@" > out 2> err < /dev/null
    code=$?
}

rules_found() {
    grep -oE '^RS-[A-Z]+-[0-9]+' err | sort -u | tr '\n' ' '
}

faulty() { # NAME
    local source=$sources/$1.c rule wanted
    rule=$(printf '%s\n' "$(said "$source" rule)" $(said "$source" also) | sort | paste -sd ' ')
    wanted=$(said "$source" exit)
    "$ringside" cc "$source" -o "$1.sys" || return
    play "$1.sys" "$source"
    [ "$code" = "${wanted:-103}" ] && [ "$(rules_found)" = "$rule " ] && return
    echo "exit code $code, found: $(rules_found), wanted: $rule"
    cat out err
    return 1
}

repaired() { # NAME
    local source=$sources/$1.c wanted
    "$ringside" cc -DREPAIRED "$source" -o "$1.sys" || return
    play "$1.sys" "$source"
    wanted=$(said "$source" repaired-exit)
    [ "$code" = "${wanted:-0}" ] && [ -z "$(rules_found)" ] && return
    echo "exit code $code, found: $(rules_found)"
    cat out err
    return 1
}

for source in "$sources"/*.c; do
    client=$(said "$source" client)
    [ -n "$client" ] && [ ! -e "${client%.c}.exe" ] &&
        "$ringside" cc "$sources/$client" -o "${client%.c}.exe"
done
for source in "$sources"/*"$pattern"*.c; do
    name=$(basename "$source" .c)
    [ -n "$(said "$source" rule)" ] || continue # a client
    ok "$name: $(said "$source" rule)" faulty "$name"
    ok "$name: repaired" repaired "$name"
done
finish
