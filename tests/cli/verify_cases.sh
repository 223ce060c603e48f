# Sourced by the tests of the verifier's rules: the drivers of tests/guest/verify, each of which
# breaks one rule, and keeps it when compiled with -DREPAIRED. The tops of the sources say how to
# show it (verify.h).

. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

sources=$top/tests/guest/verify

# said SOURCE KEY: the rest of the line "// KEY: …" at the top of a source.
said() {
    sed -n "s|^// $2: *||p" "$1" | head -n 1
}

# cases PATTERN: the names of the drivers.
cases() {
    local source
    for source in "$sources"/*"$1"*.c; do
        grep -q '^// rule: ' "$source" && basename "$source" .c # else it is a client
    done
}

# build_clients PATTERN: the programs that drivers are shown with.
build_clients() {
    local name client
    for name in $(cases "$1"); do
        client=$(said "$sources/$name.c" client)
        [ -z "$client" ] || [ -e "${client%.c}.exe" ] ||
            "$ringside" cc "$sources/$client" -o "${client%.c}.exe"
    done
}

# play NAME OPTIONS...: run it as its source says.
play() {
    local source=$sources/$1.c driver=$1.sys client script options=()
    shift
    client=$(said "$source" client)
    script=$(said "$source" "do")
    read -ra options <<< "$(said "$source" options)"
    options+=("$@")
    if [ -n "$client" ]; then
        set -- "${client%.c}.exe"
    else
        set -- --do "${script:-open \\\\.\\Verify; ioctl 0x222000; close}"
    fi
    timeout 60 "$ringside" run --verify --timeout 1 "${options[@]}" "$driver" "$@" \
        > out 2> err < /dev/null
    code=$?
}

# The rules that the last run names, each once.
rules_found() {
    grep -oE '^RS-[A-Z]+-[0-9]+' err | sort -u | paste -sd ' '
}

# came_to EXIT-CODE RULES: the last run ended so, and found these.
came_to() {
    [ "$code" = "$1" ] && [ "$(rules_found)" = "$2" ] && return
    echo "exit code $code instead of $1, found: $(rules_found), wanted: $2"
    cat out err
    return 1
}

# faulty NAME OPTIONS...: the rule is found, and no other; of `without`, none is looked for.
faulty() {
    local name=$1 source=$sources/$1.c wanted
    shift
    "$ringside" cc "$source" -o "$name.sys" || return
    play "$name" "$@"
    # shellcheck disable=SC2046 # the words of "also"
    wanted=$(printf '%s\n' "$(said "$source" rule)" $(said "$source" also) |
        grep -vE "${without:-^$}" | sort | paste -sd ' ')
    came_to "$(exit_of "$source" exit 103)" "$wanted"
}

# repaired NAME OPTIONS...: nothing is found.
repaired() {
    local name=$1
    shift
    "$ringside" cc -DREPAIRED "$sources/$name.c" -o "$name.sys" || return
    play "$name" "$@"
    came_to "$(exit_of "$sources/$name.c" repaired-exit 0)" ''
}

exit_of() { # SOURCE KEY DEFAULT
    local code
    code=$(said "$1" "$2")
    echo "${code:-$3}"
}
