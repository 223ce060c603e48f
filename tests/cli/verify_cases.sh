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

# ---- the pairs, one for each processor at a time ----

# pair NAME OPTIONS...: the checks of one driver, in a folder of its own; NAME.tap is there at last.
pair() {
    local name=$1
    shift
    mkdir "$name" && find . -maxdepth 1 -name '*.exe' -exec ln -s ../{} "$name" \; && cd "$name" || return
    ok "$name: $(said "$sources/$name.c" rule)" faulty "$name" "$@" > made
    ok "$name: repaired" repaired "$name" "$@" >> made
    mv made "../$name.tap"
}

# take FILE: count the checks that another process made, and print them under numbers of this one.
take() {
    local line
    while IFS= read -r line; do
        case $line in
        'ok '*) passed=$((passed + 1)) line="ok $((passed + failed)) - ${line#* - }" ;;
        'not ok '*) failed=$((failed + 1)) line="not ok $((passed + failed)) - ${line#* - }" ;;
        esac
        echo "$line"
    done < "$1"
}

# take_in_order NAMES...: those that are there. The number that were taken is added to $taken.
take_in_order() {
    local name
    for name; do
        [ -e "$name.tap" ] || return
        take "$name.tap"
        taken=$((taken + 1))
    done
}

# check_pairs PATTERN OPTIONS...: of all drivers but those whose rule matches $without.
check_pairs() {
    local pattern=$1 name names=() taken=0 processors
    shift
    processors=$(nproc)
    build_clients "$pattern"
    for name in $(cases "$pattern"); do
        [[ $(said "$sources/$name.c" rule) =~ ${without:-^$} ]] || names+=("$name")
    done
    for name in "${names[@]}"; do
        while [ "$(jobs -rp | wc -l)" -ge "$processors" ]; do
            wait -n
        done
        take_in_order "${names[@]:taken}"
        pair "$name" "$@" &
    done
    wait
    for name in "${names[@]:taken}"; do
        [ -e "$name.tap" ] || echo "not ok - $name: was not checked" > "$name.tap"
    done
    take_in_order "${names[@]:taken}"
    [ "${#names[@]}" -gt 0 ]
}
