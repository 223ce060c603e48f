#!/bin/bash
# ringside irps: requests that a driver keeps, alone and below a stack of drivers.
#
#   RINGSIDE=build/ringside tests/cli/irps_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

sources=$top/tests/cli/live
stack=$top/examples/driver-stack

build() {
    "$ringside" cc "$sources/Keep.c" -o Keep.sys &&
        "$ringside" cc "$sources/keep_client.c" -o keep.exe &&
        "$ringside" cc -DFILTER_BELOW "$stack/Layer.c" -o FilterBelow.sys &&
        "$ringside" cc -DFILTER_ABOVE "$stack/Layer.c" -o FilterAbove.sys
}

# start SERVICE FILE: a driver of the machine.
start() {
    cp "$2" "$drive/$2" && exits 0 sc create "$1" type= kernel binPath= "C:\\$2" &&
        exits 0 sc start "$1"
}
begin() {
    exits 0 boot "$@" && start keep Keep.sys
}

nothing() {
    exits 0 irps && match out '^there are no requests in flight$' &&
        exits 0 irps --json && has_json out 'it == []'
}

# in_flight N: so many are.
in_flight() {
    "$ringside" irps --json > out && has_json out "len(it) == $1"
}

keeps() {
    "$ringside" exec keep.exe keep > keep.out 2>&1 < /dev/null &
    client=$!
    eventually in_flight 1
}
described() {
    exits 0 irps && match out '^IRP 0x[0-9a-f]+  IRP_MJ_DEVICE_CONTROL 0x222404, 5 bytes in, 7 out$' \
        '^       from keep.exe, process [0-9]+, thread [0-9]+, user mode$' \
        '^       cancel routine Keep.sys!keep_cancelled \(Keep.c:[0-9]+\)$' \
        '^  >  1  \\Device\\DriverStack of \\Driver\\keep  IRP_MJ_DEVICE_CONTROL, pending$' \
        '^1 request$'
}
described_json() {
    exits 0 irps --json && has_json out '
        it[0]["state"] == "sent" and it[0]["code"] == "0x222404" and it[0]["in"] == 5 and
        it[0]["out"] == 7 and it[0]["process_name"] == "keep.exe" and it[0]["user"] and
        it[0]["cancel_routine"]["function"] == "keep_cancelled" and
        [(l["location"], l["current"], l["driver"]) for l in it[0]["locations"]] ==
            [(1, True, "\\Driver\\keep")]'
}
own() {
    exits 0 exec keep.exe own && in_flight 2 && exits 0 irps &&
        match out '^IRP 0x[0-9a-f]+  IRP_MJ_INTERNAL_DEVICE_CONTROL 0x222404, ' \
            '^       of a driver, not of a thread$' 'pending, then Keep.sys!own_ended \(Keep.c:'
}
of_driver() {
    exits 0 irps --driver KEEP.sys --json && has_json out 'len(it) == 2' &&
        exits 0 irps --driver other && match out '^there are no requests in flight$'
}
released() {
    exits 0 exec keep.exe release && wait $client && match keep.out '^keep done$' && nothing
}
# Who looks keeps no program alive.
no_reference() {
    exits 0 trace start && keeps && exits 0 irps && exits 0 irps && exits 0 exec keep.exe release &&
        wait $client && exits 0 trace stop && exits 0 trace view --kind object_delete &&
        [ "$(grep -c ' Process ' out)" = 2 ] && [ "$(grep -c ' Thread ' out)" = 2 ]
}
through_a_stack() {
    start below FilterBelow.sys && start above FilterAbove.sys && keeps && exits 0 irps &&
        match out '^     3  a device without a name of .Driver.above  IRP_MJ_DEVICE_CONTROL$' \
            '^     2  a device without a name of .Driver.below  .*, then FilterAbove.sys!LayerCompletion \(Layer.c:' \
            '^  >  1  .Device.DriverStack of .Driver.keep  .*, pending, then FilterBelow.sys!LayerCompletion' &&
        in_flight 1 && exits 0 irps --driver above --json && has_json out 'len(it) == 1'
}
cancelled() { # its program goes away
    kill $client
    wait $client
    eventually in_flight 0
}
ends() {
    exits 0 shutdown
}

ok 'what the tests need is built' build
ok 'without a machine' refused 'default is not running' irps
ok 'boot' begin
ok 'nothing is in flight' nothing
ok 'a word too many' refused 'takes no words' irps keep
ok 'a driver keeps a request' keeps
ok 'as text' described
ok 'as JSON' described_json
ok "and one of the driver's own" own
ok 'of one driver' of_driver
ok 'all are released' released
ok 'looking holds nothing' no_reference
ok 'through a stack of drivers' through_a_stack
ok 'the program goes away' cancelled
ok 'shutdown' ends
rm -rf "$RINGSIDE_HOME"
ok 'boot with the verifier' begin --verify
ok 'verifier: nothing is in flight' nothing
ok 'verifier: a driver keeps a request' keeps
ok 'verifier: as text' described
ok "verifier: and one of the driver's own" own
ok 'verifier: all are released' released
finish
