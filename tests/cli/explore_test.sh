#!/bin/bash
# --explore finds races in drivers, and its seeds repeat them; drivers without the race pass.
#
#   RINGSIDE=build/ringside tests/cli/explore_test.sh

. "$(dirname "$0")/checks.sh"

sources=$top/tests/cli/explore
seeds=1000

build() { # NAME OUTPUT [OPTIONS...]
    local name=$1 output=$2
    shift 2
    "$ringside" cc "$@" "$sources/$name.c" -o "$output"
}

# The race is found; the seed is in $seed.
found() { # NAME STOP-CODE
    exits 102 run --explore $seeds "$1.sys" race_client.exe || return
    match err "^\*\*\* STOP 0x000000$2 " '^explore: seed [0-9]+: bug check' \
        "^ +[0-9]+  $1\.sys\+0x[0-9a-f]+  .*\.[ch]:[0-9]+\)$" || return
    seed=$(sed -n 's/^explore: repeat it with --explore 1 --seed \([0-9]*\)$/\1/p' err)
    [ -n "$seed" ]
}

# The seed shows the same bug check again, with the same trace each time.
repeats() { # NAME STOP-CODE
    for i in 1 2; do
        exits 102 run --explore 1 --seed "$seed" --trace "trace$i.txt" "$1.sys" race_client.exe ||
            return
        match err "^\*\*\* STOP 0x000000$2 " || return
    done
    cmp trace1.txt trace2.txt && [ "$(wc -l < trace1.txt)" -gt 100 ]
}

# Without --explore the race does not show.
hidden() {
    exits 0 run --quiet "$1.sys" race_client.exe
}

repaired() {
    build "$1" "$1_repaired.sys" -DREPAIRED &&
        exits 0 run --explore 300 "$1_repaired.sys" race_client.exe &&
        match err '^explore: 300 seeds, none failed; 2 processors'
}

json() {
    exits 102 run --explore $seeds --json check_then_act.sys race_client.exe &&
        tail -n 1 err | python3 -c '
import json, sys
result = json.load(sys.stdin)
assert result["result"] == "bug check", result
assert result["exit_code"] == 102 and result["failed_seed"] + 1 <= result["seeds"] + 64'
}

# A run may write to its C: folder without the others noticing.
own_folder() {
    mkdir -p c && echo kept > c/file.txt
    exits 0 run --explore 20 --c-drive c --do 'open C:\file.txt; write "changed"' &&
        [ "$(cat c/file.txt)" = kept ]
}

usage() {
    exits 100 run --explore 2 --trace t.txt race_client.exe && match err 'use --explore 1' &&
        exits 100 run --explore 2 --clock real race_client.exe && match err 'virtual clock' &&
        exits 100 run --processors 65 race_client.exe
}

ok 'the client is built' "$ringside" cc "$sources/race_client.c" -o race_client.exe
for race in unlocked_list:C2 check_then_act:C2 cancel_race:44; do
    name=${race%:*} stop=${race#*:}
    ok "$name is built" build "$name" "$name.sys"
    ok "$name: nothing shows in the ordinary order" hidden "$name"
    ok "$name: found within $seeds seeds" found "$name" "$stop"
    ok "$name: the seed repeats it" repeats "$name" "$stop"
    ok "$name: repaired, nothing is found" repaired "$name"
done
ok '--json' json
ok 'each run has its own C: folder' own_folder
ok 'what does not go together is refused' usage
finish
