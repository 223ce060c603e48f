#!/bin/bash
# Tests of the statements `interrupt` and `wire`, and of IoConnectInterruptEx by device.
#
#   RINGSIDE=build/ringside tests/cli/interrupt_test.sh

. "$(dirname "$0")/checks.sh"

# runs N SCRIPT: the exit code is N; the driver's output is in err, the script's in out.
runs() {
    exits "$1" run --quiet Interrupt.sys --do "open \\\\.\\Interrupt; $2"
}

wire='wire \Device\Interrupt'

compiles() {
    "$ringside" cc "$top/tests/cli/interrupt_driver.c" -o Interrupt.sys
}

by_vector() {
    runs 0 'ioctl 0x22200c in=hex:61000000; interrupt 0x61' &&
        match err '^line, irql 6, context good$' '^dpc, irql 2, device good$' &&
        match out '^interrupt 0x61$'
}

# The line of the device; nobody serves the vector before the connection and after its end.
by_line() {
    runs 0 "$wire line 0x72; interrupt 0x72 expect=STATUS_NOT_FOUND; ioctl 0x222000; interrupt 0x72
        ioctl 0x222010; interrupt 0x72 expect=STATUS_NOT_FOUND" &&
        [ "$(grep -c '^line, irql 7' err)" = 1 ] && match out 'no driver has connected vector 0x72'
}

# All messages run at the highest of their IRQLs; message 0 is not claimed by the driver.
by_message() {
    runs 0 "$wire message 0x50 0x90 0x71; ioctl 0x222004; interrupt 0x71; interrupt 0x90
        interrupt 0x50 expect=STATUS_UNSUCCESSFUL; ioctl 0x222010
        interrupt 0x71 expect=STATUS_NOT_FOUND" &&
        match err '^3 messages at irql 9, the last on vector 0x71$' \
            '^message 2, irql 9, context good$' '^message 1, irql 9' '^message 0, irql 9'
}

falls_back() {
    runs 0 "$wire line 0x72; ioctl 0x222004 expect=STATUS_NOT_FOUND
        ioctl 0x222008 out=4 expect=hex:02000000; interrupt 0x72" &&
        match err '^line, irql 7, context good$'
}

prefers_messages() {
    runs 0 "$wire message 0x50 0x51; ioctl 0x222008 out=4 expect=hex:03000000; interrupt 0x51" &&
        match err '^message 1, irql 5'
}

without_resources() {
    runs 0 "ioctl 0x222000 expect=STATUS_NOT_FOUND; ioctl 0x222008 expect=STATUS_NOT_FOUND
        $wire message 0x50; ioctl 0x222000 expect=STATUS_NOT_FOUND
        ioctl 0x222014 expect=STATUS_INVALID_PARAMETER"
}

inactive_messages() {
    runs 0 "$wire message 0x50 0x51; ioctl 0x222004; ioctl 0x222018
        interrupt 0x51 expect=STATUS_NOT_FOUND; ioctl 0x22201c; interrupt 0x51"
}

# A message that cannot be connected undoes those before it.
taken_vector() {
    runs 0 "$wire message 0x50 0x51 0x50; ioctl 0x222004 expect=STATUS_INVALID_PARAMETER
        interrupt 0x51 expect=STATUS_NOT_FOUND"
}

nobody_connected() {
    runs 1 'interrupt 0x61' && match out 'STATUS_NOT_FOUND' 'no driver has connected vector 0x61' &&
        runs 1 'interrupt 0xd1' && match out 'no driver has connected vector 0xd1'
}

refuses_wires() {
    runs 0 "$wire line 0x50 0x51 expect=STATUS_INVALID_PARAMETER
        $wire message 0x20 expect=STATUS_INVALID_PARAMETER
        wire \\Device\\Nothing line 0x50 expect=STATUS_OBJECT_NAME_NOT_FOUND"
}

refuses_statements() {
    refused '1:11: 0x100 is not a number from 0 to 255' run Interrupt.sys --do 'interrupt 0x100' &&
        refused 'a vector such as 0x51 is missing' run Interrupt.sys --do 'interrupt' &&
        refused 'edge is neither line nor message' run Interrupt.sys --do "$wire edge 0x50" &&
        refused 'on=1 is not understood' run Interrupt.sys --do 'interrupt 0x50 on=1'
}

returns_at_other_irql() {
    call run --quiet Interrupt.sys --do \
        'open \\.\Interrupt; ioctl 0x222020; ioctl 0x22200c in=hex:61000000; interrupt 0x61'
    [ "$code" = 102 ] && match err 'IRQL_UNEXPECTED_VALUE'
}

nothing_leaks() {
    exits 0 run --json Interrupt.sys --do "open \\\\.\\Interrupt; $wire message 0x50 0x51
        ioctl 0x222004; interrupt 0x51" &&
        has_json err 'all(count == 0 for count in it["leaks"].values())'
}

ok 'a driver' compiles
ok 'a vector' by_vector
ok 'the line of a device' by_line
ok 'the messages of a device' by_message
ok 'no messages: the fallback routine' falls_back
ok 'messages go before the fallback routine' prefers_messages
ok 'a device without interrupts' without_resources
ok 'inactive messages' inactive_messages
ok 'a message that is taken' taken_vector
ok 'a vector that nobody has connected' nobody_connected
ok 'interrupts that a device cannot have' refuses_wires
ok 'statements that are wrong' refuses_statements
ok 'a routine that returns at another IRQL' returns_at_other_irql
ok 'nothing leaks' nothing_leaks

finish
