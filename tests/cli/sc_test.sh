#!/bin/bash
# The service control program: what it prints and returns, for each command and each error, with the
# state of the services kept from one call to the next; and its command line.
#
#   RINGSIDE=build/ringside tests/cli/sc_test.sh
#
# The transcript (sc_transcript.txt) marks the end of lines that end with blanks by a bar.

. "$(dirname "$0")/checks.sh"

here=$top/tests/cli

# play FILE: do the commands of a file; what they print is in out.
play() {
    cp "$1" c/commands.txt
    timeout 100 "$ringside" run --quiet --c-drive c first.sys client.exe > raw 2> err < /dev/null
    code=$?
    sed 's/ \+$/&|/' raw | tr -d '\r' > out
}

# is_usage COMMAND ARGUMENTS: the call is refused, and told how COMMAND is called.
is_usage() {
    echo "sc $2" > commands
    play commands
    match out "USAGE:" "sc <server> $1 " "^= 1639$"
}

mkdir c
ok "drivers and client build" eval '
    "$ringside" cc "$here/sc_driver.c" -o first.sys &&
    "$ringside" cc "$here/sc_driver.c" -o c/plain.sys &&
    "$ringside" cc -DNO_UNLOAD "$here/sc_driver.c" -o c/stays.sys &&
    "$ringside" cc -DENTRY=STATUS_UNSUCCESSFUL "$here/sc_driver.c" -o c/fails.sys &&
    "$ringside" cc -DENTRY=STATUS_ACCESS_DENIED "$here/sc_driver.c" -o c/denied.sys &&
    "$ringside" cc "$here/sc_client.c" -o client.exe'
cp client.exe c/
echo "not an image" > c/text.sys
python3 - c/plain.sys c/other.sys <<'PYTHON'
import sys
image = bytearray(open(sys.argv[1], "rb").read())
header = int.from_bytes(image[0x3C:0x40], "little")
image[header + 4 : header + 6] = b"\x4c\x01"  # the machine: a 32-bit image
open(sys.argv[2], "wb").write(image)
PYTHON

play "$here/sc_commands.txt"
ok "the commands end" [ "$code" = 0 ]
ok "transcript" diff -u "$here/sc_transcript.txt" out
ok "drivers of file systems have objects of their own" match err '^\\FileSystem\\Other: entry'
ok "a driver in use is unloaded when it is not" [ "$(grep -c 'Plain: unloaded' err)" = 4 ]

ok "create without a path" is_usage create 'create Plain type= kernel'
ok "an unknown type" is_usage create 'create Plain type= strange binPath= C:\plain.sys'
ok "an option without a value" is_usage config 'config Plain start='
ok "an unknown option" is_usage config 'config Plain color= red'
ok "a control that is no number" is_usage control 'control Plain x'
ok "too few arguments" is_usage start 'start'
echo 'sc' > commands
play commands
ok "without a command" match out '^          qdescription ' '^= 1639$'
echo 'sc nothing' > commands
play commands
ok "an unknown command" match out '^\*\*\* Unrecognized Command \*\*\*$' '^= 1639$'
echo 'sc \\elsewhere query Plain' > commands
play commands
ok "another machine" match out '^\[SC\] OpenSCManager FAILED 1722:$' '^= 1722$'
ok "started from a file of the host" \
    exits 0 run --quiet --c-drive c first.sys "$(dirname "$ringside")/tools/sc.exe" query first
ok "lines end with LF" lacks out $'\r'
finish
