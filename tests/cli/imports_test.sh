#!/bin/bash
# Tests of `ringside imports`.
#
#   RINGSIDE=build/ringside tests/cli/imports_test.sh

. "$(dirname "$0")/checks.sh"

dlltool=
for name in llvm-dlltool-{21,20,19,18,17,16} llvm-dlltool; do
    command -v "$name" > /dev/null && { dlltool=$name; break; }
done
[ "$dlltool" ] || { echo "imports_test.sh: llvm-dlltool is not installed" >&2; exit 1; }

# A driver that imports two routines that exist nowhere, one of them by number.
make_driver() {
    printf 'LIBRARY ntoskrnl.exe\nEXPORTS\nKeFlyToTheMoon\n' > moon.def
    printf 'LIBRARY moon.sys\nEXPORTS\nMoonPhase @7 NONAME\n' > phase.def
    "$dlltool" -m i386:x86-64 -d moon.def -l libmoon.a &&
        "$dlltool" -m i386:x86-64 -d phase.def -l libphase.a || return
    cat > Moon.c <<- 'END'
	#include <ntddk.h>
	NTSYSAPI VOID NTAPI KeFlyToTheMoon(VOID);
	NTSYSAPI VOID NTAPI MoonPhase(VOID);
	DRIVER_INITIALIZE DriverEntry;
	NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
	{
	    UNICODE_STRING name;
	    RtlInitUnicodeString(&name, path->Buffer);
	    DbgPrint("%p\n", driver);
	    KeFlyToTheMoon();
	    MoonPhase();
	    return STATUS_SUCCESS;
	}
	END
    "$ringside" cc Moon.c libmoon.a libphase.a -o Moon.sys
}

lists_all() {
    exits 0 imports Moon.sys &&
        match out '^ntoskrnl\.exe +RtlInitUnicodeString +implemented$' \
            '^ntoskrnl\.exe +DbgPrint +implemented$' '^ntoskrnl\.exe +KeFlyToTheMoon +missing$' \
            '^moon\.sys +#7 +missing$' &&
        tail -n 1 out > last && match last '^[0-9]+ imports, 2 missing$'
}

lists_missing() {
    exits 0 imports --missing Moon.sys && [ "$(wc -l < out)" = 3 ] && lacks out implemented
}

prints_json() {
    exits 0 imports --json Moon.sys && [ "$(wc -l < out)" = 1 ] || return
    has_json out 'it["missing"] == 2 and it["count"] == len(it["imports"])' &&
        has_json out '{"module": "moon.sys", "name": "#7", "implemented": False, "delayed": False}
            in it["imports"]' &&
        has_json out 'all(i["implemented"] for i in it["imports"] if i["name"] == "DbgPrint")' ||
        return
    exits 0 imports --json --missing Moon.sys && has_json out 'len(it["imports"]) == 2'
}

knows_programs() {
    printf '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n' > hello.c
    "$ringside" cc hello.c -o hello.exe && exits 0 imports --check hello.exe &&
        match out '^KERNEL32\.dll .* implemented$' ' 0 missing$'
}

# An API set stands for a DLL, and a forwarder for the export of another module.
follows_names() {
    printf 'LIBRARY api-ms-win-core-file-l1-1-0.dll\nEXPORTS\nCreateFileW\nHeapAlloc\nNoSuchFile\n' > set.def
    "$dlltool" -m i386:x86-64 -d set.def -l libset.a || return
    cat > names.c <<- 'END'
	__declspec(dllimport) void CreateFileW(void);
	__declspec(dllimport) void HeapAlloc(void);
	__declspec(dllimport) void NoSuchFile(void);
	int main(void)
	{
	    CreateFileW();
	    HeapAlloc();
	    NoSuchFile();
	    return 0;
	}
	END
    "$ringside" cc names.c libset.a -o names.exe && exits 0 imports names.exe &&
        match out '^api-ms-win-core-file-l1-1-0\.dll +CreateFileW +implemented$' \
            '^api-ms-win-core-file-l1-1-0\.dll +HeapAlloc +implemented$' \
            '^api-ms-win-core-file-l1-1-0\.dll +NoSuchFile +missing$'
}

refuses_file() {
    exits 101 imports "$1" && [ "$(wc -l < err)" = 1 ] && match err "^ringside: $1: $2" &&
        [ ! -s out ]
}

head -c 300 /dev/zero > zero.sys
: > empty.sys

ok 'a driver with missing imports is built' make_driver
head -c 700 Moon.sys > cut.sys
ok 'all imports' lists_all
ok '--missing' lists_missing
ok '--json' prints_json
ok '--check finds what is missing' exits 1 imports --check Moon.sys
ok '--check of a program that lacks nothing' knows_programs
ok 'API sets' follows_names
ok 'no file' refuses_file none.sys 'No such file'
ok 'a folder' refuses_file . 'Is a directory|not a regular file'
ok 'an empty file' refuses_file empty.sys '.'
ok 'zeroes' refuses_file zero.sys '.'
ok 'a file cut short' refuses_file cut.sys '.'
ok 'no argument' refused 'a file is missing' imports
ok 'two files' refused 'one file at a time' imports Moon.sys Moon.sys

finish
