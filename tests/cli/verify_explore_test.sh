#!/bin/bash
# The rules of the verifier under other schedules, on two processors: what breaks a rule is found,
# by that rule alone, and what keeps it is never blamed.
#
#   RINGSIDE=build/ringside tests/cli/verify_explore_test.sh [PATTERN]

. "$(dirname "$0")/verify_cases.sh"

seeds=20
without='^RS-ONLY-' # they compare runs, which --explore does not

# half NUMBER: every second driver, in a folder of its own, so that two processors have work.
half() {
    local number=0 name
    mkdir "$1" && find . -maxdepth 1 -name '*.exe' -exec cp {} "$1" \; && cd "$1" || return
    for name in $(cases "$pattern"); do
        [ $((number++ % 2)) = "$1" ] || continue
        [[ $(said "$sources/$name.c" rule) =~ $without ]] && continue
        ok "$name: $(said "$sources/$name.c" rule)" faulty "$name" --explore $seeds
        ok "$name: repaired" repaired "$name" --explore $seeds
    done
}

pattern=${1-}
build_clients "$pattern"
half 0 > first &
(half 1) > second
wait
cat first second
passed=$(cat first second | grep -c '^ok ')
failed=$(cat first second | grep -c '^not ok ')
[ $((passed + failed)) -gt 0 ] && finish
