#!/bin/bash
# The dump of a machine that stopped, read by a parser of its own and by lldb.
#
#   RINGSIDE=build/ringside tests/cli/dump_test.sh

. "$(dirname "$0")/checks.sh"

hostile=$top/tests/guest/hostile
request='open \\.\Hostile; ioctl 0x222000; close; sleep 2000'

builds() {
    local name
    for name in null_write double_free complete_pending deadly_embrace dispatch_fault; do
        "$ringside" cc -DON_REQUEST "$hostile/$name.c" -o "$name.sys" || return
    done
    "$ringside" cc "$hostile/entry_fails.c" -o quiet.sys
}

# dumped NAME EXPRESSION [OPTIONS...]: run the driver with --dump; the dump is sound, and the
# expression is true.
dumped() {
    call run --timeout 1 --json --dump "$1.dmp" "${@:3}" "$1.sys" --do "$request"
    [ "$code" = 102 ] || { echo "exit code $code"; cat err; return 1; }
    python3 "$top/tests/cli/dump_parse.py" "$1.dmp" "$2"
}
says() { # NAME EXPRESSION: of a dump that is there
    python3 "$top/tests/cli/dump_parse.py" "$1.dmp" "$2"
}

# What stands at the program counter is what the file has there.
has_code() {
    python3 - null_write.sys <<'END' > code.hex
import struct, sys
data = open(sys.argv[1], "rb").read()
header = struct.unpack_from("<I", data, 0x3C)[0]
sections, = struct.unpack_from("<H", data, header + 6)
at = header + 24 + struct.unpack_from("<H", data, header + 20)[0]
for i in range(sections):
    name, size, rva, raw_size, raw = struct.unpack_from("<8sIIII", data, at + 40 * i)
    if name.startswith(b".text"):
        print(rva, data[raw:raw + min(size, raw_size)].hex())
END
    local rva text
    read -r rva text < code.hex
    says null_write "memory(address, 8) == bytes.fromhex('$text')[address - modules['null_write.sys']['base'] - $rva:][:8]"
}

# last_events OPTION...: the report ends with what the driver did last.
last_events() {
    call run "$@" double_free.sys --do "$request"
    sed -n '/^last events$/,/^$/p' err > events
    [ "$(wc -l < events)" = 66 ] && tail -n 2 events > last &&
        match last '^ +[0-9.]+ us +[0-9]+:[0-9]+  P   call +ntoskrnl\.exe!ExFreePoolWithTag\(0x.* caller=double_free\.sys\+0x'
}
no_last_events() {
    call run double_free.sys --do "$request"
    match err '^stack$' && lacks err '^last events$'
}

# Places in a driver that is gone by the time of the stop keep their names.
names_unloaded() {
    "$ringside" cc "$hostile/timer_left.c" -o timer_left.sys &&
        "$ringside" cc "$top/examples/first-driver/FirstDriver.c" -o gone.sys || return
    call run --verify timer_left.sys gone.sys
    match err '^\*\*\* STOP 0x000000C7' 'caller=gone\.sys\+0x'
}

# No stop, no dump; and what was in the file is gone.
stays_empty() {
    echo old > empty.dmp
    call run --dump empty.dmp quiet.sys
    [ -e empty.dmp ] && [ ! -s empty.dmp ]
}

# The modules and the thread of a program are there, too.
of_a_program() {
    cat > client.c <<'END'
#include <windows.h>

int main(void)
{
    HANDLE device = CreateFileA("\\\\.\\Hostile", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);

    DeviceIoControl(device, 0x222000, NULL, 0, NULL, 0, &(DWORD){0}, NULL);
    return 1;
}
END
    "$ringside" cc client.c -o client.exe || return
    call run --dump client.dmp null_write.sys client.exe
    says client "{'null_write.sys', 'client.exe', 'ntdll.dll', 'kernel32.dll'} <= {m.lower() for m in modules} and \
        all(m['path'].startswith('C:\\\\') for m in modules.values()) and \
        modules['client.exe']['path'] == r'C:\client.exe' and returns_to('null_write.sys') and \
        f'thread {thread} of client.exe (process {process})' in comment"
}

# The C API: rs_dump before the stop and, outside the sandbox, after it.
api() { # before|after
    cat > api.py <<'END'
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("seed", ctypes.c_uint64), ("memory", ctypes.c_uint32),
                ("clock", ctypes.c_uint32), ("drive", ctypes.c_char_p), ("no_sandbox", ctypes.c_bool)]
machine, file = ctypes.c_void_p(), ctypes.c_uint64()
options = Options(size=ctypes.sizeof(Options), no_sandbox=True)
assert library.rs_boot(ctypes.byref(options), ctypes.byref(machine)) == 0
assert library.rs_dump(machine, b"no/such/folder/x") != 0
if sys.argv[2] == "before":
    assert library.rs_dump(machine, b"api.dmp") == 0
assert library.rs_driver_load(machine, b"null_write.sys", None) == 0
library.rs_open(machine, b"\\\\.\\Hostile", 0xC0000000, ctypes.byref(file))
library.rs_ioctl(machine, file, 0x222000, None, ctypes.c_size_t(0), None, ctypes.c_size_t(0), None)
if sys.argv[2] == "after":
    assert library.rs_dump(machine, b"api.dmp") == 0
library.rs_shutdown(machine)
END
    rm -f api.dmp
    python3 api.py "$(dirname "$ringside")/libringside.so" "$1" &&
        says api "code == 0x3B and module_of(address) == 'null_write.sys'"
}

# bt of lldb, which finds the driver's file beside the dump.
debugger=$(compgen -c | grep -E '^lldb(-[0-9]+)?$' | sort -Vr | head -n 1)
lldb_reads() {
    [ -n "$debugger" ] || { echo 'there is no lldb: make setup'; return 1; }
    "$debugger" --no-lldbinit -b -o "settings set target.exec-search-paths $work $(dirname "$ringside")/kernel" \
        -o "target create -c null_write.dmp" -o 'thread list' -o 'image list' -o 'bt' > out 2> err
    match out 'Core file .* \(x86_64\) was loaded' 'stop reason = Exception 0x0*3b' \
        'null_write\.sys' 'ntoskrnl\.exe' \
        'frame #0: .*null_write\.sys`misbehave.* at null_write\.c:[0-9]+' \
        'frame #1: .*null_write\.sys`hostile_dispatch'
}

ok 'the drivers compile' builds
ok 'an exception in a request' dumped null_write \
    "code == 0x3B and parameters[0] == 0xC0000005 and len(parameters) == 4 and parameters[1] == address"
ok '... in the driver' says null_write "module_of(address) == 'null_write.sys'"
ok '... with the code there' has_code
ok '... with the stack' says null_write \
    "returns_to('null_write.sys') and returns_to('ntoskrnl.exe') and len(threads) > 4"
ok '... with the other threads, which wait in the kernel' says null_write \
    "all(module_of(t['rip']) == 'ntoskrnl.exe' and len(t['stack']) > 64 for i, t in threads.items() if i != thread)"
ok '... with paths that Windows has' says null_write \
    "modules['null_write.sys']['path'] == r'C:\Windows\System32\drivers\null_write.sys'"
ok '... with the PDB record' says null_write "len(modules['null_write.sys']['guid']) == 16"
ok '... with the version of Windows' says null_write "system == {'processors': 1, 'version': (10, 0, 19041)}"
ok '... with the report' says null_write "'SYSTEM_SERVICE_EXCEPTION' in comment and 'null_write.c' in comment"
ok '... with the IRP' says null_write \
    "word(int(comment.split('IRP 0x')[1].split()[0], 16)) & 0xFFFF == 6"
ok 'a double free: the pool block is there' dumped double_free \
    "code == 0xC2 and parameters[0] == 7 and memory(parameters[3], 16) is not None"
ok 'an IRP among the parameters' dumped complete_pending \
    "code == 0xC9 and word(parameters[2]) & 0xFFFF == 6"
ok 'a request of a program' of_a_program
ok 'two processors' dumped null_write "code == 0x3B and system['processors'] == 2" --processors 2
ok 'a fault at DISPATCH_LEVEL' dumped dispatch_fault "code == 0xD1 and module_of(address)"
ok 'a deadlock' dumped deadly_embrace "code == 0xC0000194 and returns_to('deadly_embrace.sys') and \
    sum(returns_to('deadly_embrace.sys', i) for i in threads) == 2"
ok 'the last events with --trace' last_events --trace trace.jsonl
ok 'no events without either' no_last_events
ok 'the last events of a driver that is unloaded' names_unloaded
ok 'no stop: an empty file' stays_empty
ok 'a file that cannot be made' refused 'no/such/x\.dmp: No such file' run --dump no/such/x.dmp null_write.sys
ok 'not of many runs' refused '--dump records one run' run --explore 5 --dump x.dmp null_write.sys
ok 'C API: asked for before the stop' api before
ok 'C API: asked for after it' api after
ok 'lldb shows the stack' lldb_reads

finish
