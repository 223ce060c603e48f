#!/bin/bash
# A machine that stays up is killed at random points, the server, its machine or both: every change
# of services and of the registry that was acknowledged is there afterwards, and the hives are
# readable by other tools.
#
#   RINGSIDE=build/ringside tests/cli/machine_kill_test.sh [ROUNDS [SEED]]

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

build() { "$ringside" cc "$top/tests/cli/machine/keeper.c" -o keeper.exe; }
killed() {
    timeout 300 python3 "$top/tests/cli/machine/kill.py" "$ringside" "$@" || return
}
ok 'the program that changes things' build
ok 'killed at random points' killed "${1:-200}" "${2:-1}"
grep 'times killed' check.log
finish
