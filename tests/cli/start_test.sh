#!/bin/bash
# Drivers that start with the system: in which order, what becomes of those that fail, and when
# their reinitialization routines run. The machine is booted through the C API (start_services.py).
#
#   RINGSIDE=build/ringside tests/cli/start_test.sh

. "$(dirname "$0")/checks.sh"

here=$top/tests/cli
library=$(dirname "$ringside")/libringside.so

# starts NAME SCENARIO EXPECTED: one check of what is printed.
starts() {
    printf '%s\n' "$2" | timeout 60 python3 "$here/start_services.py" "$library" c > out 2> err
    printf '%s\n' "$3" > expected
    ok "$1" diff -u expected out
}

mkdir -p c/Windows/System32/drivers c/other
ok "the driver builds" "$ringside" cc "$here/start_driver.c" -o c/driver.sys
cp c/driver.sys c/Windows/System32/drivers/Standard.sys
cp c/driver.sys c/Windows/System32/drivers/other.sys
cp c/driver.sys c/other/other.sys

starts "boot-start before system-start before auto-start; the others do not" \
'service A Start=2
service B Start=1
service C Start=0
service D Start=3
service E Start=4
service F Start=2 Type=16' \
'C entry
B entry
A entry
= 0x0'

starts "by group, listed ones first, none last" \
'groups first,second
service A Start=1
service B Start=1 Group="unlisted"
service C Start=1 Group="Second"
service D Start=1 Group="first"
service E Start=0 Group="second"' \
'E entry
D entry
C entry
B entry
A entry
= 0x0'

starts "inside a group by tag, as the list of the group has them" \
'groups first
tags first 7,3,5
service A Start=1 Group="first"
service B Start=1 Group="first" Tag=5
service C Start=1 Group="first" Tag=3
service D Start=1 Group="first" Tag=9
service E Start=1 Group="first" Tag=7' \
'E entry
C entry
B entry
A entry
D entry
= 0x0'

starts "what a driver depends on comes before it" \
'service A Start=2 DependOnService=[C,D]
service B Start=2 Group="late"
service C Start=2 DependOnGroup=[late]
service D Start=3' \
'B entry
C entry
D entry
A entry
= 0x0'

starts "what depends on a driver that fails does not start" \
'service A Start=2 DependOnService=[B]
service B Start=2 Parameters.Status=0xC0000001
service C Start=2 DependOnService=[Missing]
service D Start=2 DependOnGroup=[nobody]
service E Start=2 DependOnService=[F]
service F Start=2 DependOnService=[E]
service G Start=2 DependOnService=[H] ErrorControl=0
service H Start=4' \
'B entry
The B service failed to start: status 0xC0000001.
The A service does not start: what it depends on failed to start.
The C service does not start: what it depends on failed to start.
The D service does not start: what it depends on failed to start.
The F service does not start: what it depends on failed to start.
The E service does not start: what it depends on failed to start.
= 0x0'

starts "a group runs when one of its drivers does" \
'service A Start=2 DependOnGroup=[some]
service B Start=2 Group="some" Parameters.Status=0xC0000001 ErrorControl=0
service C Start=2 Group="some"' \
'B entry
C entry
A entry
= 0x0'

starts "an error that is ignored" \
'service A Start=1 ErrorControl=0 Parameters.Status=0xC0000001
service B Start=1' \
'A entry
B entry
= 0x0'

starts "a severe error" \
'service A Start=1 ErrorControl=2 Parameters.Status=0xC0000001
service B Start=2' \
'A entry
The A service failed to start: status 0xC0000001.
= 0x5a CRITICAL_SERVICE_FAILED 0xc0000001 2'

starts "a critical error" \
'service A Start=0 ErrorControl=3 ImagePath="C:\missing.sys"' \
'The A service failed to start: status 0xC0000034.
= 0x5a CRITICAL_SERVICE_FAILED 0xc0000034 3'

starts "reinitialization: boot-start drivers first, then all, then each after its entry" \
'service A Start=0 Parameters.Reinitialize=2
service B Start=0 Parameters.Reinitialize=1
service C Start=1 Parameters.Reinitialize=1
service D Start=2 Parameters.Reinitialize=1
service E Start=2' \
'A entry
B entry
A again 1 boot
C entry
B again 1 all
C again 1 all
B again 2 all
C again 2 all
D entry
D again 1 all
D again 2 all
E entry
= 0x0'

starts "a driver that fails is not called again" \
'service A Start=1 Parameters.Reinitialize=1 Parameters.Status=0xC0000001' \
'A entry
The A service failed to start: status 0xC0000001.
= 0x0'

starts "forms of ImagePath" \
'service A Start=2 ImagePath="\SystemRoot\System32\drivers\other.sys"
service B Start=2 ImagePath="\??\C:\other\other.sys"
service C Start=2 ImagePath="C:\other\other.sys"
service D Start=2 ImagePath="system32\drivers\other.sys"
service E Start=2 ImagePath="%SystemRoot%\system32\drivers\other.sys"
service Standard Start=2 ImagePath=
service F Start=2 ImagePath=' \
'A entry
B entry
C entry
D entry
E entry
The F service failed to start: status 0xC0000034.
Standard entry
= 0x0'

starts "a service that is to be deleted does not start" \
'service A Start=2 DeleteFlag=1
service B Start=2' \
'B entry
= 0x0'

starts "the second time only what does not run" \
'service A Start=2
again
service B Start=2' \
'A entry
= 0x0
B entry
= 0x0'
finish
