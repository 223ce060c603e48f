#!/bin/bash
# Drivers that do what stops a Windows system: each ends in a report with the bug check that Windows
# has for it, and with the driver's function and source line on its stack. Never a signal, a hang or
# an exit code that is not documented.
#
#   RINGSIDE=build/ringside tests/cli/hostile_test.sh

. "$(dirname "$0")/checks.sh"

sources=$top/tests/guest/hostile
number='0x[0-9a-f]+'
request='open \\.\Hostile; ioctl 0x222000; close; sleep 2000'

# build NAME [OPTIONS...]: tests/guest/hostile/NAME.c becomes NAME.sys.
build() {
    local name=$1
    shift
    "$ringside" cc "$@" "$sources/$name.c" -o "$name.sys"
}

# play NAME WHERE: run the driver, and drive its device when WHERE is "request".
play() {
    local arguments=("$1.sys")
    [ "$2" = request ] && arguments+=(--do "$request")
    rm -f dump
    timeout 60 "$ringside" run --timeout 1 --json --dump dump "${arguments[@]}" > out 2> err < /dev/null
    code=$?
}

# in_source NAME [FUNCTION]: the stack has the function, at the line that is marked "fault".
in_source() {
    local line
    line=$(grep -n '/\* fault \*/' "$sources/$1.c" | cut -d: -f1)
    match err "^ +[0-9]+  $1\.sys\+$number  ${2-misbehave}  \($1\.c:$line\)$"
}

# A machine that stopped leaves a dump that is sound.
ended_with() { # CODE
    if [ "$code" = "$1" ]; then
        [ "$code" != 102 ] || python3 "$top/tests/cli/dump_parse.py" dump
        return
    fi
    echo "exit code $code instead of $1"
    cat out err
    return 1
}

# stops NAME WHERE CODE BUG-CHECK "P1, P2, P3, P4" [FUNCTION [OPTIONS...]]
# A parameter is an extended regular expression; "*" stands for any number.
stops() {
    local name=$1 where=$2 number_of=$3 bug_check=$4 parameters=${5//\*/$number} function=${6-misbehave}
    local options=("${@:7}")
    [ "$where" = request ] && options+=(-DON_REQUEST)
    build "$name" "${options[@]}" || return
    play "$name" "$where"
    ended_with 102 &&
        match err "^\*\*\* STOP $number_of $bug_check$" "^    \($parameters\)$" '^    [a-z]' \
            '^    on thread [0-9]+ of ' &&
        has_json err "it['result'] == 'bug check' and it['stop']['name'] == '$bug_check'" &&
        { [ -z "$function" ] || in_source "$name" "$function"; }
}

# In DriverEntry and in a dispatch routine: NT tells the two apart by the code, and so do we.
exception() { # NAME EXCEPTION WHERE [FUNCTION [OPTIONS...]]
    case $3 in
    entry) stops "$1" entry 0x0000007E SYSTEM_THREAD_EXCEPTION_NOT_HANDLED "0x$2, *, *, *" "${@:4}" ;;
    request)
        stops "$1" request 0x0000003B SYSTEM_SERVICE_EXCEPTION "0x$2, *, *, 0x0" "${@:4}" &&
            match err '^    serving IRP_MJ_DEVICE_CONTROL, code 0x00222000'
        ;;
    esac
}

# both NAME CODE BUG-CHECK PARAMETERS [FUNCTION]: the same report in DriverEntry and in a request.
both() {
    stops "$1" entry "${@:2}" && stops "$1" request "${@:2}"
}

exceptions() { # NAME CODE [FUNCTION]
    exception "$1" "$2" entry "${@:3}" && exception "$1" "$2" request "${@:3}"
}

in_kernel() { # NAME: the first frame is in the kernel and not in the driver
    match err '^ +0  ntoskrnl\.exe'
}

double_free() {
    both double_free 0x000000C2 BAD_POOL_CALLER '0x7, *, *, *' && in_kernel &&
        match err '^    1: 0x7  the pool block was freed already$' '^    4: 0x[0-9a-f]+  the block$' &&
        has_json err "it['stop']['meanings'][0] == 'the pool block was freed already' and it['stop']['parameters'][0] == '0x7'"
}

kernel_fault() {
    both dispatch_kernel_fault 0x0000000A IRQL_NOT_LESS_OR_EQUAL '0x1234567[0-9a-f], 0x2, 0x[01], *' &&
        in_kernel
}

missing_import() {
    build missing_import "$work/libmoon.a" || return
    play missing_import entry
    ended_with 104 && in_source missing_import &&
        match err 'ntoskrnl\.exe!KeFlyToTheMoon, called from missing_import\.sys'
}

build_import_library() {
    local dlltool
    dlltool=$(compgen -c | grep -E '^llvm-dlltool(-[0-9]+)?$' | sort -Vr | head -n 1)
    printf 'LIBRARY ntoskrnl.exe\nEXPORTS\nKeFlyToTheMoon\n' > moon.def &&
        "$dlltool" -m i386:x86-64 -d moon.def -l libmoon.a
}

deadlock() { # WHERE
    local options=()
    [ "$1" = request ] && options=(-DON_REQUEST)
    build wait_forever "${options[@]}" || return
    play wait_forever "$1"
    ended_with 102 && in_source wait_forever && match err '^\*\*\* DEADLOCK: ' &&
        has_json err 'it["result"] == "deadlock"'
}

# Who waits for what: two threads hold what the other one wants.
embrace() {
    build deadly_embrace || return
    play deadly_embrace entry
    ended_with 102 && in_source deadly_embrace &&
        match err '^      in deadly_embrace\.sys\+0x[0-9a-f]+  other_thread  \(deadly_embrace\.c:14\)$' ||
        return
    # The two lines name the same two threads, the other way round.
    sed -n 's/^  \(thread.*\) waits for a mutex that \(thread.*\) holds$/\1 - \2/p' err > waits
    [ "$(wc -l < waits)" = 2 ] && [ "$(sed -n '1s/\(.*\) - \(.*\)/\2 - \1/p' waits)" = "$(sed -n 2p waits)" ]
}

late_timer() {
    build slow_unload && build timer_left || return
    call run --json --dump dump slow_unload.sys timer_left.sys
    ended_with 102 && match err '^\*\*\* STOP 0x000000C7 TIMER_OR_DPC_INVALID$' \
        '^    \(0x0, ' '^    1: 0x0  a timer lies in memory of the driver$' '^    2: 0x[0-9a-f]+  the timer  timer_left\.sys'
}

no_unload() {
    build no_unload || return
    play no_unload entry
    ended_with 101 && match err '^ringside: no_unload\.sys: cannot be unloaded: '
}

entry_fails() {
    build entry_fails || return
    play entry_fails entry
    ended_with 101 && lacks err 'Hostile: unloaded' &&
        match err '^ringside: entry_fails\.sys: DriverEntry returned 0xC000009A \(STATUS_INSUFFICIENT_RESOURCES\)$'
}

ok 'an import library with a routine that no kernel has' build_import_library

ok 'write through NULL in DriverEntry' exception null_write c0000005 entry
ok 'write through NULL in a dispatch routine' exception null_write c0000005 request
ok '... and what the parameters are' match err \
    '^    1: 0xc0000005  the exception  STATUS_ACCESS_VIOLATION$' \
    '^    2: 0x[0-9a-f]+  where it was raised  null_write\.sys.*misbehave  \(null_write\.c:[0-9]+\)$'
ok '... and the request' match err '^  IRP 0x[0-9a-f]+ from user mode, flags ' \
    '^  devices: .Device.Hostile of .Driver.null_write$' \
    '^  >  1  IRP_MJ_DEVICE_CONTROL, minor 0, .Device.Hostile of .Driver.null_write$'
ok 'call through NULL' exceptions null_call c0000005
ok 'jump to an address that is not canonical' exceptions wild_jump c0000005
ok 'division by zero' exceptions divide c0000094
ok 'undefined instruction' exceptions undefined c000001d
ok 'breakpoint without a debugger' exceptions breakpoint 80000003
ok 'an exception that nothing handles' exceptions raise c000009a
ok 'write through NULL on a thread of its own' exception thread_fault c0000005 entry run
ok 'write through NULL in a DPC' both dpc_fault 0x000000D1 DRIVER_IRQL_NOT_LESS_OR_EQUAL \
    '0x0, 0x2, 0x1, *' deferred

ok 'undefined instruction in a DPC' both dpc_undefined 0x0000001E KMODE_EXCEPTION_NOT_HANDLED \
    '0xc000001d, *, *, *' deferred

ok 'kernel stack used up' both stack_overflow 0x0000007F UNEXPECTED_KERNEL_MODE_TRAP \
    '0x8, *, *, *' recurse
ok 'stack pointer that points nowhere' both bad_stack_pointer 0x0000007F \
    UNEXPECTED_KERNEL_MODE_TRAP '0x8, *, *, *'
ok 'pool memory executed' both execute_pool 0x000000FC ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY \
    '*, *, *, *'
ok 'constant data written' both read_only_write 0x000000BE ATTEMPTED_WRITE_TO_READONLY_MEMORY \
    '*, *, *, *'
ok 'kernel memory that does not exist' both kernel_read 0x00000050 PAGE_FAULT_IN_NONPAGED_AREA \
    '0xffffd00012345678, 0x0, *, *'
ok 'bad address at DISPATCH_LEVEL' both dispatch_fault 0x000000D1 DRIVER_IRQL_NOT_LESS_OR_EQUAL \
    '0x12345678, 0x2, 0x0, *'
ok '... read' match err '^    2: 0x2  IRQL$' '^    3: 0x0  0 = read, 1 = write, 8 = execute$'
ok 'bad address given to the kernel at DISPATCH_LEVEL' kernel_fault

ok 'endless loop at PASSIVE_LEVEL' both spin 0x000000EA THREAD_STUCK_IN_DEVICE_DRIVER '*, 0x0, 0x0, 0x0'
ok 'endless loop at DISPATCH_LEVEL' both spin_dispatch 0x00000133 DPC_WATCHDOG_VIOLATION '0x1, *, 0x0, 0x0'
ok 'spin lock acquired twice' both spin_lock 0x00000133 DPC_WATCHDOG_VIOLATION '0x1, *, 0x0, 0x0'
ok 'wait at DISPATCH_LEVEL' both wait_dispatch 0x0000000A IRQL_NOT_LESS_OR_EQUAL '*, 0x2, *, *'
ok 'wait that nothing ends, in DriverEntry' deadlock entry
ok 'wait that nothing ends, in a dispatch routine' deadlock request
ok 'two mutexes in opposite orders' embrace
ok 'IRQL raised and not lowered, in a request' stops irql_leak request 0x0000004A \
    IRQL_GT_ZERO_AT_SYSTEM_SERVICE '*, 0x2, 0x0, 0x0' ''
ok '... and named in the report' match err '^    1: 0x[0-9a-f]+  the routine that returned so  irql_leak\.sys.*hostile_dispatch' \
    '^    2: 0x2  IRQL at its return$'
ok 'IRQL raised and not lowered, in DriverEntry' stops irql_leak entry 0x000000C8 \
    IRQL_UNEXPECTED_VALUE '0x20000, *, 0x0, 0x0' ''
ok '... and named in the report' match err '^    1: 0x20000  IRQL 2 instead of 0$' \
    '^    2: 0x[0-9a-f]+  the routine that returned so  irql_leak\.sys.*DriverEntry'

ok 'pool freed twice' double_free
ok 'stack freed as pool' both free_stack 0x000000C2 BAD_POOL_CALLER '0x(42|43|46|99), *, *, *'
ok 'user address freed as pool' both free_user 0x000000C2 BAD_POOL_CALLER '0x40, 0x12345670, *, 0x0'
ok 'middle of a pool block freed' both free_middle 0x00000019 BAD_POOL_HEADER '0x20, *, *, *'
ok 'pool block overrun' both pool_overrun 0x00000019 BAD_POOL_HEADER '0x20, *, *, *'
ok 'IRP completed twice' stops complete_twice request 0x00000044 MULTIPLE_IRP_COMPLETE_REQUESTS \
    '*, *, 0x0, 0x0'
ok '... and nobody holds it' match err '^    1: 0x[0-9a-f]+  the IRP$' \
    '^     1  IRP_MJ_DEVICE_CONTROL' '^  > +[0-9]+  none of them is current: it is complete'
ok 'IRP passed on without a stack location' stops no_stack_location request 0x00000035 \
    NO_MORE_IRP_STACK_LOCATIONS '*, 0x0, 0x0, 0x0'
ok 'IRP completed with STATUS_PENDING' stops complete_pending request 0x000000C9 \
    DRIVER_VERIFIER_IOMANAGER_VIOLATION '0x6, 0x103, *, 0x0'
ok 'IRP completed with its cancel routine' stops complete_cancelable request 0x000000C9 \
    DRIVER_VERIFIER_IOMANAGER_VIOLATION '0x7, *, *, 0x0'
ok '... and named' match err '^    2: 0x[0-9a-f]+  the cancel routine  complete_cancelable\.sys' \
    '^  cancel routine complete_cancelable\.sys'
ok 'IRP of a program freed' stops free_request request 0x000000C9 \
    DRIVER_VERIFIER_IOMANAGER_VIOLATION '0x2, *, 0x0, 0x0'
ok 'IRP freed twice' both free_irp_twice 0x00000044 MULTIPLE_IRP_COMPLETE_REQUESTS '*, *, 0x0, 0x0'
ok 'freed IRP sent' stops call_freed_irp request 0x00000044 MULTIPLE_IRP_COMPLETE_REQUESTS \
    '*, *, 0x0, 0x0'
ok 'IRP of no thread not kept by its completion routine' stops own_irp_not_kept request \
    0x0000000A IRQL_NOT_LESS_OR_EQUAL '*, 0x2, 0x1, *'
ok 'complete IRP cancelled' stops cancel_completed request 0x00000048 \
    CANCEL_STATE_IN_COMPLETED_IRP '*, *, 0x0, 0x0'
ok 'open of a file with a handle undone' stops cancel_open_file request 0x000000E8 \
    INVALID_CANCEL_OF_FILE_OPEN '*, *, 0x0, 0x0'
ok 'cancelled while holding the cancel lock' both cancel_lock_twice 0x00000133 \
    DPC_WATCHDOG_VIOLATION '0x1, *, 0x0, 0x0'
ok 'remove lock released with a wrong tag' stops remove_lock_tag request 0x000000C4 \
    DRIVER_VERIFIER_DETECTED_VIOLATION '0xd5, *, *, 0x0' misbehave -DDBG=1
ok 'object dereferenced too often' both dereference 0x00000018 REFERENCE_BY_POINTER '*, *, *, *'
ok 'unloaded with a timer that is armed' late_timer

# What the report says of parameters, request and device; the last events with --verify.
explained() { # NAME PATTERN...
    build "$1" -DON_REQUEST || return
    call run --verify --timeout 1 "$1.sys" --do 'open \\.\Hostile; ioctl 0x222000 in="abc"'
    match err '^      0000  61 62 63 +abc$' \
        '^    serving IRP_MJ_DEVICE_CONTROL, code 0x00222000 \(FILE_DEVICE_UNKNOWN, function 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS\), 3 bytes in, 0 bytes out$' \
        "^  IRP $number from user mode, " "^  devices: .Device.Hostile of .Driver.$1$" \
        "^    $number: FILE_DEVICE_UNKNOWN, flags $number.*, 1 open file" \
        '^  >  1  IRP_MJ_DEVICE_CONTROL, ' "${@:2}" &&
        [ "$(sed -n '/^last events$/,/^$/p' err | wc -l)" = 66 ]
}
ok 'the report of 0xD1' explained dispatch_fault '^    1: 0x12345678  the address that was used$' \
    '^    2: 0x2  IRQL$' '^    3: 0x0  0 = read, 1 = write, 8 = execute$' \
    "^    4: $number  the instruction that did it  dispatch_fault\.sys\+$number  misbehave  \(dispatch_fault\.c:[0-9]+\)$"
ok 'the report of 0x0A' explained dispatch_kernel_fault '^    2: 0x2  IRQL$' \
    "^    4: $number  the instruction that did it  ntoskrnl\.exe\+"
ok 'the report of 0xC4' explained remove_lock_tag \
    '^    1: 0xd5  a remove lock was released with a tag that is not held$' \
    "^    2: $number  the remove lock" "^    3: $number  the tag"

ok 'KeBugCheckEx' both bug_check 0xDEADF00D UNKNOWN_BUGCHECK_CODE '0x1, 0x2, 0x123456789abcdef0, 0x4'
ok 'a bug check callback that faults' both bad_callback 0x000000E2 MANUALLY_INITIATED_CRASH \
    '0x1, 0x2, 0x3, 0x4'
ok 'stack cookie overwritten' stops stack_smash entry 0x00000139 KERNEL_SECURITY_CHECK_FAILURE \
    '0x2, *, *, 0x0' misbehave --style msvc
ok '... and explained' match err '^    1: 0x2  a stack buffer was overrun \(/GS cookie\)$'
ok '__fastfail' both fast_fail 0x00000139 KERNEL_SECURITY_CHECK_FAILURE '0x3, *, *, 0x0'
ok 'a routine that no kernel has' missing_import

ok 'no DriverUnload routine' no_unload
ok 'DriverEntry fails' entry_fails

finish
