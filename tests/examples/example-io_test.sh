#!/bin/bash
# The third tutorial: three ways to move data, and dynamic loading. See examples/example-io/README.md.

. "$(dirname "$0")/../cli/checks.sh"
source=$top/examples/example-io

build() {
    local name
    "$ringside" cc -DIO_DIRECT "$source/Example.c" -o ExampleDirect.sys &&
        "$ringside" cc -DIO_BUFFERED "$source/Example.c" -o ExampleBuffered.sys &&
        "$ringside" cc -DIO_NEITHER "$source/Example.c" -o ExampleNeither.sys || return
    for name in ExampleClient ExampleReader ExampleLoader; do
        "$ringside" cc "$source/$name.c" -o $name.exe || return
    done
    mkdir drive && cp ExampleDirect.sys drive/example.sys
}

# writes KIND: the client's text appears in the debug output. Where `close` is, is not fixed.
writes() { # Direct
    exits 0 run --quiet "Example$1.sys" ExampleClient.exe || return
    echo '22 bytes written.' | diff - out &&
        match err "^Example: DriverEntry \\(${1,} I/O\\)$" '^Example: create$' \
            '^Example: Hello from user mode!$' '^Example: close$' '^Example: unloaded$'
}

# The reader runs while the driver still has what the client wrote.
reads() {
    exits 0 run --quiet "Example$1.sys" --background ExampleClient.exe ExampleReader.exe &&
        match out '^22 bytes read: Hello from user mode!' '^1 texts written so far\.$'
}

bad_requests() { # Direct
    exits 0 run --quiet "Example$1.sys" --do 'open \\.\Example
        write "not terminated" expect=STATUS_INVALID_PARAMETER
        write zero:129 expect=STATUS_INVALID_BUFFER_SIZE
        write zero:0 expect=STATUS_INVALID_BUFFER_SIZE
        ioctl 0x222004 expect=STATUS_INVALID_DEVICE_REQUEST
        ioctl CTL_CODE(0x22,0x800,0,0) out=3 expect=STATUS_BUFFER_TOO_SMALL
        write "ab\0"; read 2 expect=STATUS_BUFFER_TOO_SMALL; read 10 expect="ab\0"
        close; open \Device\Example expect=STATUS_SUCCESS'
}

# A file of the device's namespace: FILE_DEVICE_SECURE_OPEN leaves it to the driver.
loader() {
    echo | "$ringside" run --quiet --c-drive drive ExampleLoader.exe > out 2> err || return
    printf 'Driver started. Press Enter to stop it.\nDriver stopped.\n' | diff - out &&
        printf 'Example: %s\n' 'DriverEntry (direct I/O)' unloaded | diff - err
}

loader_and_client() {
    echo | "$ringside" run --quiet --c-drive drive --background ExampleLoader.exe \
        ExampleClient.exe > out 2> err || return
    printf '%s\n' 'Driver started. Press Enter to stop it.' '22 bytes written.' 'Driver stopped.' |
        diff - out && match err '^Example: Hello from user mode!$' '^Example: unloaded$'
}

no_file() {
    exits 1 run --quiet ExampleLoader.exe && match out '^StartService failed: 2$'
}

not_loaded() {
    exits 1 run --quiet ExampleClient.exe && match out '^CreateFile failed: 2$'
}

# The driver of original-faults: requests that are never completed are left over at the end.
faults() {
    "$ringside" cc "$source/original-faults/Example.c" -o Faults.sys || return
    exits 0 run Faults.sys ExampleClient.exe && match err '^Hello from user mode!$' '^leaks +[0-9]+ IRP'
}

ok 'drivers and programs are built' build
for kind in Direct Buffered Neither; do
    ok "${kind,}: write" writes $kind
    ok "${kind,}: read" reads $kind
    ok "${kind,}: requests that are wrong" bad_requests $kind
done
ok 'before the driver is started there is no device' not_loaded
ok 'the loader installs, starts, stops and deletes the driver' loader
ok 'a client uses the driver while the loader waits for Enter' loader_and_client
ok 'the loader without the file of the driver' no_file
ok 'original-faults: a request that is never completed' faults

finish
