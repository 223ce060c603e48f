#!/bin/bash
# A driver that protects a process with ObRegisterCallbacks: what a client can no longer do to it.
#
#   RINGSIDE=build/ringside tests/cli/handle_guard_test.sh

. "$(dirname "$0")/checks.sh"

here=$top/tests/cli

ok "the driver builds" "$ringside" cc "$here/handle_guard.c" -o handle_guard.sys
ok "the client builds" "$ringside" cc "$here/handle_guard_client.c" -o client.exe
mkdir c && cp client.exe c/victim.exe
timeout 60 "$ringside" run --c-drive c handle_guard.sys client.exe > out 2> err < /dev/null
code=$?

ok "protection works, and ends" [ "$code" = 0 ]
ok "each check holds" match out '^failures: 0'
ok "opens are seen, in the client" match err '^guard: process opened in client.exe, IRQL 0'
ok "threads, too" match err '^guard: thread opened in client.exe, IRQL 0'
ok "duplicates, too" match err '^guard: process duplicated in client.exe, IRQL 0'
finish
