#!/bin/bash
# Asynchronous clients of a device: a driver whose requests end as their sender says, and programs
# that send them in every way. Each program prints a line for each check; nothing may leak.
#
#   RINGSIDE=build/ringside tests/cli/async_test.sh

. "$(dirname "$0")/checks.sh"

here=$top/tests/cli
mkdir c

# client NAME: run async_NAME.exe; every check is printed, and all are good.
client() {
    exits 0 run --json --quiet --c-drive c async.sys "c/async_$1.exe" || return
    lacks out '^(failed|#)' && match out '^[1-9][0-9]* ok, 0 failed' &&
        has_json err 'it["leaks"] == {"irps": 0, "handles": 0, "objects": 0, "pool_blocks": 0}'
}

# Two runs are the same to the byte: what is traced has all times and thread switches.
repeats() {
    for run in 1 2; do
        call run --quiet --trace trace$run.txt --c-drive c async.sys c/async_share.exe || return
    done
    cmp trace1.txt trace2.txt
}

ok "the driver builds" "$ringside" cc "$here/async_driver.c" -o async.sys
for name in overlapped port apc cancel share pool pipe; do
    ok "the client $name builds" "$ringside" cc "$here/async_$name.c" -o "c/async_$name.exe"
done
ok "overlapped and synchronous requests" client overlapped
ok "completion ports" client port
ok "completion routines, APCs and waits" client apc
ok "cancelling" client cancel
ok "handles and processes" client share
ok "thread pools" client pool
ok "pipes" client pipe
ok "a run repeats" repeats
finish
