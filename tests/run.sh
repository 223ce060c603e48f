#!/bin/bash
# All tests: unit (host), guest (drivers and programs inside a machine), cli, examples, fuzz smoke.
# One progress line per test, the output of those that fail, a closing count. Exit 0 when all pass.
#
#   tests/run.sh [PATTERN]    only tests whose name contains PATTERN
#   EXPLORE=N tests/run.sh    guest tests under N seeds of --explore (default 10, 0 = not at all)
set -u
cd "$(dirname "$0")/.." || exit 2
root=$PWD
build=${BUILD:-$root/build}
export RINGSIDE=${RINGSIDE:-$build/ringside}
pattern=${1:-}
explore=${EXPLORE:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
skipped=0
started=$SECONDS

# run NAME COMMAND…: count one test; its output is shown when it fails.
run() {
    local name=$1 begin=$SECONDS counts
    shift
    [[ -n $pattern && $name != *"$pattern"* ]] && return
    if timeout -k 5 $((120 + 4 * explore)) bash -c '"$@"' run "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
        counts=$(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$work/out" | tail -n 1)
        [[ $counts =~ ([0-9]+)" skipped" ]] && skipped=$((skipped + BASH_REMATCH[1]))
        printf 'ok      %-40s %3ds  %s\n' "$name" $((SECONDS - begin)) "$counts"
    else
        local status=$?
        failed=$((failed + 1))
        printf 'FAILED  %-40s exit %d\n' "$name" $status
        tail -n 60 "$work/out" | sed 's/^/    /'
    fi
}

# A guest test driver: all files of one folder; passes when every file says "0 failed". The file
# "options" of the folder, if there is one, has options of the run.
guest_driver() {
    local folder=$1 list="" sources=() source name options=()
    for source in "$folder"/*.c; do
        name=$(sed -n 's/.*GUEST_TEST_FILE(\([a-z0-9_]*\),.*/\1/p' "$source")
        [[ -n $name ]] && list="$list X($name)" && sources+=("$source")
    done
    name=$work/guest_$(basename "$folder").sys
    "$RINGSIDE" cc -Wno-everything "-DGUEST_FILES=$list" tests/guest/guest_main.c "${sources[@]}" \
        -o "$name" || return 1
    mkdir -p "$work/c"
    [[ -e $folder/options ]] && read -ra options <"$folder/options"
    "$RINGSIDE" run "${options[@]}" --quiet --no-unload --c-drive "$work/c" "$name" 2>&1 | tee "$work/guest.log"
    [[ ${PIPESTATUS[0]} == 0 ]] || return 1
    [[ $(grep -c '^guest: .* passed, 0 failed' "$work/guest.log") == "${#sources[@]}" ]] || return 1
    explore "${options[@]}" --no-unload "$name"
}

# A guest program: exits with 0 when all its checks pass.
guest_program() {
    local source=$1 name
    name=$work/$(basename "${source%.*}").exe
    "$RINGSIDE" cc -fno-builtin -D__USE_MINGW_ANSI_STDIO=0 "$source" -o "$name" || return 1
    rm -rf "$work/c" && mkdir -p "$work/c"
    "$RINGSIDE" run --quiet --c-drive "$work/c" "$name" </dev/null && explore "$name"
}

# The same run under other schedules, on two processors. What passed once must always pass.
explore() {
    [[ $explore == 0 ]] && return
    rm -rf "$work/c" && mkdir -p "$work/c"
    "$RINGSIDE" run --explore "$explore" --quiet --c-drive "$work/c" "$@" </dev/null
}

export -f guest_driver guest_program explore
export work explore

for test in "$build"/tests/unit/*_test; do
    [[ -x $test ]] && run "unit $(basename "$test")" "$test"
done
[[ -x $build/tests/pe_fuzz ]] &&
    run "fuzz pe (smoke)" "$build/tests/pe_fuzz" "$build/tests/pe_seed.sys" --runs 100000 --seed 1
for folder in tests/guest/*/; do
    case $(basename "$folder") in
    crt | user)
        for source in "$folder"*.c; do
            [[ -e $source ]] || continue
            run "guest program $(basename "$folder")/$(basename "$source")" guest_program "$source"
        done
        ;;
    hostile) ;; # they stop the machine: tests/cli/hostile_test.sh
    verify) ;;  # they break rules: tests/cli/verify_test.sh
    *) run "guest driver $(basename "$folder")" guest_driver "${folder%/}" ;;
    esac
done
for script in tests/cli/*_test.sh tests/examples/*_test.sh; do
    [[ -e $script ]] && run "${script#tests/}" bash "$script"
done

echo
echo "took $((SECONDS - started)) s"
echo "$passed passed, $failed failed$([[ $skipped == 0 ]] || echo "; checks skipped: $skipped")"
[[ $failed == 0 && $passed -gt 0 ]]
