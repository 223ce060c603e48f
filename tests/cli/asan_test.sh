#!/bin/bash
# The host side built with the address and undefined-behaviour sanitizers: a machine boots and runs
# driver and client, by the command and by the C API, without a report or a leak.
#
#   RINGSIDE=build/ringside tests/cli/asan_test.sh
#
# The PE modules are those beside the command, so only the host side is compiled.

. "$(dirname "$0")/checks.sh"

find_clang() {
    local name
    for name in clang-{21,20,19,18,17,16} clang; do
        command -v "$name" && return
    done
}
clang=$(find_clang) || { echo 'clang is not installed'; exit 1; }
run_time=$("$clang" -print-file-name=libclang_rt.asan-x86_64.so)
example=$top/examples/my-driver
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0

build() {
    cmake -S "$top" -B asan -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER="$clang" \
        -DRINGSIDE_SANITIZE=ON -DRINGSIDE_MODULES="$(dirname "$ringside")" &&
        ninja -C asan ringside_library ringside
}

examples() {
    "$ringside" cc "$example/MyDriver.c" -o MyDriver.sys &&
        "$ringside" cc "$example/driverClient.cpp" -o driverClient.exe
}

# clean EXIT_CODE COMMAND...: ends so, and no sanitizer says a word.
clean() {
    local wanted=$1 code
    shift
    timeout 60 "$@" > out 2>&1 < /dev/null
    code=$?
    cat out
    [ "$code" = "$wanted" ] && lacks out 'Sanitizer|runtime error'
}

# The C API, by a program that is itself built with the sanitizers.
cat > api.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <ringside/ringside.h>

int main(int argc, char **argv)
{
    struct rs_options options = {.size = sizeof options, .no_sandbox = true};
    struct rs_machine *machine;
    uint64_t file;
    uint32_t code = 1;

    (void)argv;
    for (int i = 0; i < 2; i++) {
        if (!rs_ok(rs_boot(&options, &machine)) ||
            !rs_ok(rs_driver_load(machine, "MyDriver.sys", NULL)) ||
            !rs_ok(rs_open(machine, "\\\\.\\MyDriver", RS_READ | RS_WRITE, &file)) ||
            !rs_ok(rs_close(machine, file)) ||
            !rs_ok(rs_run(machine, "driverClient.exe", NULL, &code)) ||
            !rs_ok(rs_driver_unload(machine, "MyDriver")))
            return 2;
        rs_shutdown(machine);
    }
    if (argc > 1)
        for (int i = 0; i < 100; i++)
            *(volatile char *)malloc(100) = 1; /* a leak */
    return (int)code;
}
END
build_api() {
    "$clang" -g -fsanitize=address,undefined -shared-libasan -I"$top/include" api.c -o api -Lasan \
        -lringside -Wl,-rpath,"$PWD/asan" -Wl,-rpath,"$(dirname "$run_time")"
}

leak_is_found() {
    timeout 60 ./api leak > out 2>&1 < /dev/null
    match out 'LeakSanitizer: detected memory leaks'
}

ok 'the host side builds' build
ok 'driver and client of the example' examples
ok 'driver and client under the sanitizers' clean 0 asan/ringside run MyDriver.sys -- driverClient.exe
ok 'a client without its driver' clean 1 asan/ringside run driverClient.exe
ok 'trace, JSON and the C: folder' clean 0 asan/ringside run --trace run.jsonl --json=run.json \
    --c-drive . MyDriver.sys -- driverClient.exe
ok 'the C API builds' build_api
ok 'the C API, two machines in turn' clean 0 ./api
ok 'a leak would be found' leak_is_found

finish
