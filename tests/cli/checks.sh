# Sourced by the tests of the command: a scratch folder, and checks that print TAP-like lines.
#
#   ringside   the command to test, from the environment variable RINGSIDE
#   top        the source tree
#   $PWD       an empty folder, removed at the end
#
# A test ends with `finish`, which prints "N passed, N failed" and returns 1 when one failed; with
# ", N skipped" when `skip` was called.

set -u
: "${RINGSIDE:?the command to test}"
ringside=$(realpath -e "$RINGSIDE") || exit 1
top=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

passed=0 failed=0 skipped=0

# ok NAME COMMAND...: one check; what the command prints is shown when it fails.
ok() {
    local name=$1
    shift
    if "$@" > check.log 2>&1; then
        passed=$((passed + 1))
        echo "ok $((passed + failed)) - $name"
    else
        failed=$((failed + 1))
        echo "not ok $((passed + failed)) - $name"
        sed 's/^/#   /' check.log | head -30
    fi
}

# skip N WHY: so many checks cannot be made here.
skip() {
    skipped=$((skipped + $1))
    echo "SKIPPED $1: $2"
}

finish() {
    echo "$passed passed, $failed failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
    [ "$failed" = 0 ]
}

# call ARGUMENTS...: run the command; its output is in out and err, its exit code in $code.
call() {
    "$ringside" "$@" > out 2> err < /dev/null
    code=$?
}

# exits N ARGUMENTS...: run the command, and compare its exit code.
exits() {
    local wanted=$1
    shift
    call "$@"
    [ "$code" = "$wanted" ] && return
    echo "exit code $code instead of $wanted"
    cat out err
    return 1
}

# match FILE PATTERN...: each extended regular expression matches a line of the file.
match() {
    local file=$1 pattern
    shift
    for pattern; do
        grep -qE -- "$pattern" "$file" && continue
        echo "$file has no line like: $pattern"
        cat "$file"
        return 1
    done
}

# lacks FILE PATTERN: no line matches.
lacks() {
    if grep -E -- "$2" "$1"; then
        echo "... should not be in $1"
        return 1
    fi
}

# refused PATTERN ARGUMENTS...: exit code 100, nothing on standard output, one line that matches.
refused() {
    local pattern=$1
    shift
    exits 100 "$@" || return
    [ ! -s out ] || { echo "printed: $(cat out)"; return 1; }
    [ "$(wc -l < err)" = 1 ] || { echo "not one line:"; cat err; return 1; }
    match err "$pattern"
}

# has_json FILE EXPRESSION: the Python expression over the object `it` in the last line is true.
has_json() {
    tail -n 1 "$1" | python3 -c '
import json, sys
it = json.loads(sys.stdin.read())
if not eval("(" + sys.argv[1] + ")"):
    sys.exit(f"not true of {it}: {sys.argv[1]}")' "$2"
}

# on_terminal COMMAND...: run with a terminal as its standard streams; what it shows is in screen.
on_terminal() {
    script -qec "$(printf '%q ' "$@")" /dev/null < /dev/null > screen
}
