#!/bin/bash
# A client that is killed at every point of its work leaves nothing behind: no request, no handle,
# no object, no memory. The driver keeps requests pending, and cancels them.
#
#   RINGSIDE=build/ringside tests/cli/kill_test.sh

. "$(dirname "$0")/checks.sh"

sources=$top/tests/cli/explore

nothing_left='"leaks":{"irps":0,"handles":0,"objects":0,"pool_blocks":0}'
killed='"exit_code":3221225786}' # STATUS_CONTROL_C_EXIT

# Kill at point 1, 2, 3 … until the client ends before it is reached.
every_point() { # OPTIONS...
    local point
    for point in $(seq 1 1000); do
        exits 0 run --json --kill-at "$point" "$@" driver.sys client.exe || return
        grep -qF "$nothing_left" err || {
            echo "point $point leaves something behind:"
            cat err
            return 1
        }
        grep -qF "$killed" err || break
    done
    grep -qF '"started":true,"exit_code":0}' err && [ "$point" -gt 30 ]
}

ok 'the driver is built' "$ringside" cc -DREPAIRED "$sources/cancel_race.c" -o driver.sys
ok 'the client is built' "$ringside" cc "$sources/race_client.c" -o client.exe
ok 'killed at every point' every_point
for seed in 1 2 3; do
    ok "the same in the order of seed $seed" every_point --explore 1 --seed $seed
done
finish
