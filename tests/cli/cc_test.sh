#!/bin/bash
# Tests of `ringside cc`: builds the examples and small sources, and looks at the images.
#
#   RINGSIDE=build/ringside tests/cli/cc_test.sh
#
# Prints TAP-like lines, and ends with "N passed, N failed". llvm-readobj and llvm-objdump (any of
# the versions that Debian names, or plain) must be installed.

set -u
ringside=$(realpath "${RINGSIDE:?the command to test}")
top=$(realpath "$(dirname "$0")/../..")
examples=$top/examples
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

find_tool() {
    local name
    for name in "$1"-{21,20,19,18,17,16} "$1"; do
        command -v "$name" && return
    done
    echo "cc_test.sh: $1 is not installed" >&2
    exit 1
}
readobj=$(find_tool llvm-readobj) || exit 1
objdump=$(find_tool llvm-objdump) || exit 1

passed=0 failed=0

# ok NAME COMMAND…: one check; what the command prints is shown when it fails.
ok() {
    local name=$1
    shift
    if "$@" > check.log 2>&1; then
        passed=$((passed + 1))
        echo "ok $((passed + failed)) - $name"
    else
        failed=$((failed + 1))
        echo "not ok $((passed + failed)) - $name"
        sed 's/^/#   /' check.log | head -20
    fi
}

cc() { "$ringside" cc "$@"; }
not() { ! "$@"; }
has() { grep -qE -- "$2" <<< "$1" || { echo "no match for: $2"; echo "$1"; return 1; }; }
lacks() { ! grep -E -- "$2" <<< "$1"; }

headers() { $readobj --file-headers "$1"; }
imported_modules() { $readobj --coff-imports "$1" | sed -n 's/^  Name: //p' | sort -u | xargs; }
imported_names() { $readobj --coff-imports "$1" | sed -n 's/^  Symbol: \([^ ]*\).*/\1/p'; }
# The flags of one section.
section() { $readobj -S "$1" | awk -v want="$2" '$1 == "Name:" { on = $2 == want } on'; }

# Compiles without a single message?
quiet() {
    local said
    if ! said=$(cc "$@" 2>&1) || [ -n "$said" ]; then
        echo "$said"
        return 1
    fi
}

# refused PATTERN ARGUMENTS…: one line that matches, exit code 100, and no output file.
refused() {
    local pattern=$1 said code
    shift
    said=$(cc "$@" 2>&1)
    code=$?
    [ "$code" = 100 ] || { echo "exit code $code"; return 1; }
    [ "$(wc -l <<< "$said")" = 1 ] || { echo "more than a line: $said"; return 1; }
    has "$said" "$pattern"
}

is_driver() {
    local text
    text=$(headers "$1")
    has "$text" 'Subsystem: IMAGE_SUBSYSTEM_NATIVE' && has "$text" 'DLL_CHARACTERISTICS_WDM_DRIVER' &&
        has "$text" 'DLL_CHARACTERISTICS_DYNAMIC_BASE' && lacks "$text" '^  CheckSum: 0x0$' &&
        has "$(section "$1" .pdata)" 'Name: .pdata' &&
        has "$(imported_modules "$1")" '^(ntoskrnl.exe|hal.dll ntoskrnl.exe)$'
}

# The entry point is the address of NAME in the symbol table of the image.
entry_is() {
    local rva base
    rva=$(headers "$1" | awk '$1 == "AddressOfEntryPoint:" { print $2 }')
    base=$(headers "$1" | awk '$1 == "ImageBase:" { print $2 }')
    has "$($objdump -d --no-show-raw-insn --start-address=$((rva + base)) \
        --stop-address=$((rva + base + 16)) "$1")" "<$2>:"
}

init_is_discarded() {
    local text
    text=$(section "$1" INIT)
    has "$text" IMAGE_SCN_MEM_DISCARDABLE && has "$text" IMAGE_SCN_MEM_EXECUTE &&
        lacks "$text" IMAGE_SCN_MEM_WRITE
}

page_is_kept() {
    local text
    text=$(section "$1" PAGE)
    has "$text" IMAGE_SCN_MEM_EXECUTE && lacks "$text" IMAGE_SCN_MEM_DISCARDABLE
}

has_line_numbers() { has "$($objdump -d -l "$1")" "$2:[0-9]+"; }

is_msvc_style() {
    local load
    load=$($readobj --coff-load-config "$1")
    has "$load" 'SecurityCookie: 0x[1-9A-F]' && has "$load" 'CF_INSTRUMENTED' &&
        has "$load" 'GuardCFCheckDispatch: 0x[1-9A-F]' &&
        has "$load" 'GuardCFFunctionCount: [1-9]' &&
        has "$($readobj --coff-debug-directory "$1")" 'Type: CodeView' && [ -s "${1%.sys}.pdb" ]
}

# The entry point of this style stops with a fail-fast (int 29h) when the cookie was not set.
entry_checks_cookie() {
    local rva base
    rva=$(headers "$1" | awk '$1 == "AddressOfEntryPoint:" { print $2 }')
    base=$(headers "$1" | awk '$1 == "ImageBase:" { print $2 }')
    has "$($objdump -d --no-show-raw-insn --start-address=$((rva + base)) \
        --stop-address=$((rva + base + 80)) "$1")" 'int\s+.0x29'
}

test_driver_examples() {
    local style=$1 name source flags
    while read -r name source flags; do
        # shellcheck disable=SC2086
        ok "$style: $name compiles without a message" \
            quiet --style "$style" -Wall -Wextra $flags "$examples/$source" -o "$style-$name.sys"
        ok "$style: $name is a driver that imports only from the kernel" is_driver "$style-$name.sys"
    done <<- END
	FirstDriver first-driver/FirstDriver.c
	MyDriver my-driver/MyDriver.c
	ExampleDirect example-io/Example.c -DIO_DIRECT
	ExampleBuffered example-io/Example.c -DIO_BUFFERED
	ExampleNeither example-io/Example.c -DIO_NEITHER
	Example example-io/original-faults/Example.c
	TestDriver test-driver/TestDriver.c
	SecondDriver second-driver/SecondDriver.cpp
	END
    ok "$style: INIT is discardable" init_is_discarded "$style-ExampleDirect.sys"
    ok "$style: PAGE stays" page_is_kept "$style-ExampleDirect.sys"
    ok "$style: line numbers (C)" has_line_numbers "$style-FirstDriver.sys" 'FirstDriver\.c'
    ok "$style: line numbers (C++)" has_line_numbers "$style-SecondDriver.sys" 'SecondDriver\.cpp'
}

test_program_examples() {
    local source name
    for source in first-driver/FirstDriverClient.c my-driver/driverClient.cpp \
        example-io/Example{Client,Reader,Loader}.c test-driver/TestDriverClient.c \
        second-driver/SecondDriverClient.cpp second-driver/Victim.cpp; do
        name=$(basename "${source%.*}")
        ok "$name compiles without a message" quiet -Wall -Wextra "$examples/$source" -o "$name.exe"
        ok "$name is a console program" \
            has "$(headers "$name.exe")" 'Subsystem: IMAGE_SUBSYSTEM_WINDOWS_CUI'
        ok "$name needs no DLL of mingw" \
            has "$(imported_modules "$name.exe")" '^(ADVAPI32.dll )?KERNEL32.dll msvcrt.dll$'
    done
}

test_styles() {
    ok "gnu: the entry point is DriverEntry" entry_is gnu-FirstDriver.sys DriverEntry
    for name in FirstDriver ExampleNeither SecondDriver; do
        ok "msvc: $name has cookie, guard tables, CodeView and PDB" is_msvc_style "msvc-$name.sys"
        ok "msvc: $name checks its cookie first" entry_checks_cookie "msvc-$name.sys"
    done
    cat > guarded.c <<- 'END'
	#include <ntddk.h>
	NTSTATUS Guarded(PDRIVER_DISPATCH routine, PIRP irp)
	{
	    CHAR text[64];

	    RtlZeroMemory(text, sizeof(text));
	    return routine((PDEVICE_OBJECT)(PVOID)text, irp);
	}
	END
    ok "msvc: an object with a buffer and an indirect call" quiet --style msvc -c guarded.c -o guarded.o
    ok "… checks the cookie" has "$($readobj --symbols guarded.o)" 'Name: __security_check_cookie'
    ok "… and the target" has "$($readobj --symbols guarded.o)" 'Name: __guard_dispatch_icall_fptr'
    ok "gnu: no load configuration" has "$(headers gnu-FirstDriver.sys)" 'LoadConfigTableRVA: 0x0'

    cat > entry.c <<- 'END'
	#include <ntddk.h>
	DRIVER_INITIALIZE Start;
	NTSTATUS Start(PDRIVER_OBJECT d, PUNICODE_STRING r)
	{
	    (void)d;
	    (void)r;
	    return STATUS_SUCCESS;
	}
	END
    ok "--entry" quiet entry.c --entry Start -o entry.sys
    ok "--entry takes effect" entry_is entry.sys Start
    ok "a missing entry point is the linker's error" not cc entry.c -o missing.sys
}

test_exceptions() {
    cat > load.c <<- 'END'
	#include <ntddk.h>
	int Load(const int *p)
	{
	    __try {
	        return *p;
	    } __except (EXCEPTION_EXECUTE_HANDLER) {
	        return -1;
	    }
	}
	END
    cp load.c load.cpp
    local language
    for language in c cpp; do
        ok "a load in __try reaches its handler (.$language)" quiet -c load.$language -o load.o
        ok "… and has one in .pdata (.$language)" has "$($readobj -u load.o)" 'ExceptionHandler'
    done
    echo 'int f(void) { return "__try"[0]; } // __try' > none.cpp
    ok "__try in a comment or a string does not count" \
        lacks "$(cc --print-command -c none.cpp)" async-exceptions
    printf '#include "load.cpp"\n' > includes.cpp
    ok "__try in an included file does" has "$(cc --print-command -c includes.cpp)" async-exceptions
    cat > user.cpp <<- 'END'
	#include <windows.h>
	#include <stdio.h>
	struct Cleanup {
	    ~Cleanup() { puts("destroyed"); }
	};
	static void Destroy(void (*work)())
	{
	    Cleanup cleanup;

	    work();
	}
	static void Work() { puts("working"); }
	int main()
	{
	    void (*volatile work)() = Work;

	    Destroy(work);
	    __try {
	        *(volatile int *)nullptr = 1;
	    } __except (EXCEPTION_EXECUTE_HANDLER) {
	        printf("caught\n");
	    }
	}
	END
    ok "__try in a C++ program with destructors" quiet user.cpp -o user.exe
    ok "… which clang cannot combine with C++ exceptions" \
        has "$(cc --print-command user.cpp -o user.exe)" ' -fno-exceptions .* -fasync-exceptions '
}

# What driver source expects of the kit's headers and libraries, once in C and once in C++.
write_kit_source() {
    cat <<- 'END'
	#include <ntifs.h>
	#include <ntstrsafe.h>
	#include <wdmsec.h>
	#include <stdio.h>
	#ifdef __cplusplus
	extern "C"
	#endif
	DRIVER_INITIALIZE DriverEntry;
	_Dispatch_type_(IRP_MJ_CREATE) DRIVER_DISPATCH Create;
	_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_
	NTSTATUS Use(_In_reads_bytes_(size) const void *data, ULONG size);

	_Use_decl_annotations_ NTSTATUS Use(const void *data, ULONG size)
	{
	    char buffer[8192];

	    RtlCopyMemory(buffer, data, size);
	    DbgPrint("%s\n", buffer);
	    return STATUS_SUCCESS;
	}
	_Use_decl_annotations_ NTSTATUS Create(PDEVICE_OBJECT device, PIRP irp)
	{
	    UNREFERENCED_PARAMETER(device);
	    UNREFERENCED_PARAMETER(irp);
	    return STATUS_NOT_IMPLEMENTED;
	}
	_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
	{
	    WCHAR wide[64];
	    CHAR narrow[64];
	    UNICODE_STRING name;
	    LARGE_INTEGER now;
	    LONG bits = 0;
	    KIRQL irql;
	    HANDLE key;
	    PVOID memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'tseT');

	    if (memory)
	        ExFreePoolWithTag(memory, 'tseT');
	    memory = ExAllocatePoolZero(NonPagedPoolNx, 64, 'tseT');
	    if (memory)
	        ExFreePoolWithTag(memory, 'tseT');
	    KeRaiseIrql(DISPATCH_LEVEL, &irql);
	    KdPrint(("IRQL %d\n", KeGetCurrentIrql()));
	    KeLowerIrql(irql);
	    KeLowerIrql(KeRaiseIrqlToDpcLevel());
	    KeQuerySystemTimePrecise(&now);
	    if (InterlockedBitTestAndSet(&bits, 3) || InterlockedBitTestAndReset(&bits, 2))
	        return STATUS_UNSUCCESSFUL;
	    if (!NT_SUCCESS(IoOpenDriverRegistryKey(driver, DriverRegKeyParameters, KEY_READ, 0, &key)))
	        return STATUS_UNSUCCESSFUL;
	    ZwClose(key);
	    (void)RtlStringCbPrintfA(narrow, sizeof(narrow), "%wZ", path);
	    RtlInitEmptyUnicodeString(&name, wide, sizeof(wide));
	    (void)RtlUnicodeStringPrintf(&name, L"\\Device\\%d", bits);
	    swprintf(wide, L"%d", bits);
	    switch (bits) {
	    case 0x80002000:
	        return Use(narrow, 64);
	    }
	    return IoCreateDeviceSecure(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE,
	                                &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, &driver->DeviceObject);
	}
	END
}

test_kit() {
    local style extension names
    write_kit_source > kit.c
    write_kit_source > kit.cpp
    sed 's/DriverEntry/Second/g; s/Create;/Create2;/; s/\(Create\)(/\12(/; s/Use(/Use2(/' kit.c > kit2.c
    for style in gnu msvc; do
        for extension in c cpp; do
            ok "$style: the kit in .$extension" quiet --style $style kit.$extension -o kit.sys
            ok "$style: only kernel imports (.$extension)" is_driver kit.sys
            names=$(imported_names kit.sys | xargs)
            ok "$style: IRQL routines are imported (.$extension)" \
                has "$names" 'KeGetCurrentIrql KeLowerIrql.* KeRaiseIrqlToDpcLevel.* KfRaiseIrql'
            ok "$style: no access to CR8 (.$extension)" lacks "$($objdump -d kit.sys)" '%cr8'
            ok "$style: the stack probe is the kernel's (.$extension)" has "$names" '__chkstk'
            ok "$style: swprintf is the kernel's (.$extension)" has "$names" '(^| )swprintf( |$)'
            ok "$style: wdmsec is linked in (.$extension)" has "$names" 'ZwSetSecurityObject'
        done
        ok "$style: ntstrsafe.h in two files, C and C++ mixed" \
            quiet --style $style kit.cpp kit2.c entry.c -o mixed.sys
    done
}

test_builds() {
    cp "$examples/my-driver/MyDriver.c" 'with space.c'
    ok "a name with a space" quiet 'with space.c' -o 'with space.sys'
    ok "debug build: KdPrint prints" has "$(strings 'with space.sys')" 'MyDriver: unloaded'
    ok "--release" quiet --release 'with space.c' -o release.sys
    ok "release build: KdPrint is silent" lacks "$(strings release.sys)" 'MyDriver: unloaded'
    ok "the user's -D replaces ours" quiet -DDBG=0 'with space.c' -o nodbg.sys
    ok "… and takes effect" lacks "$(strings nodbg.sys)" 'MyDriver: unloaded'
    ok "-O2 is the default" has "$(cc --print-command entry.c -o x.sys)" ' -O2 '
    ok "the user's -O replaces it" lacks "$(cc --print-command -O0 entry.c -o x.sys)" ' -O2 '
    ok "-E prints the preprocessed text" has "$(cc -E entry.c)" 'return \(\(NTSTATUS\)0x00000000\)'
    ok "-c makes an object" quiet -c entry.c -o entry.o
    ok "an object can be linked" quiet entry.o --entry Start -o object.sys
    ok "--print-command runs nothing" not test -e x.sys
    ok "the printed lines can be run" \
        bash -ec "$(cc --print-command entry.c --entry Start -o printed.sys) && test -s printed.sys"
    echo '#include <windows.h>
int wmain(int c, wchar_t **v) { return c + CreateFile(v[0], 0, 0, 0, 3, 0, 0) == 0; }' > wide.c
    ok "wmain makes a Unicode program" quiet -Wno-int-conversion wide.c -o wide.exe
    ok "… that calls CreateFileW" has "$(imported_names wide.exe)" '^CreateFileW$'
    echo '#include <iostream>
#include <string>
int main() { try { throw std::string("x"); } catch (const std::string &s) { std::cout << s; } }' > std.cpp
    ok "a C++ program with the C++ library" quiet std.cpp -o std.exe
    ok "… needs no DLL of mingw" has "$(imported_modules std.exe)" '^KERNEL32.dll msvcrt.dll$'
    echo '__declspec(dllexport) int Answer(void) { return 42; }' > answer.c
    ok "a library" quiet answer.c -o answer.dll
    ok "… exports its function" has "$($readobj --coff-exports answer.dll)" 'Name: Answer'
}

test_refusals() {
    local code
    ok "no -o" refused 'is missing' entry.c
    ok "a wrong extension" refused 'must end in \.sys' entry.c -o entry.bin
    ok "no source" refused 'no source file' -o x.sys
    ok "a source that is not there" refused 'nowhere.c: No such file' nowhere.c -o x.sys
    ok "a wrong style" refused '--style is gnu or msvc' --style borland entry.c -o x.sys
    ok "--style msvc for a program" refused 'is for drivers' --style msvc entry.c -o x.exe
    ok "an option without its argument" refused '-I needs an argument' entry.c -o x.sys -I
    RINGSIDE_CLANG=/bin/false ok "a clang that is none" refused 'RINGSIDE_CLANG=/bin/false' entry.c -o x.sys
    RINGSIDE_DDK=/nowhere ok "a kit that is not there" refused 'RINGSIDE_DDK=/nowhere' entry.c -o x.sys
    echo 'int f(void) { return nothing; }' > broken.c
    cc broken.c -o broken.sys > /dev/null 2>&1
    code=$?
    ok "an error in the source is clang's exit code" test $code = 1
    ok "… and leaves no image" not test -e broken.sys
    TMPDIR=$work/tmp && mkdir "$TMPDIR" && export TMPDIR
    cc broken.c -o broken.sys > /dev/null 2>&1
    cc entry.c --entry Start -o x.sys
    ok "no temporary file stays" test -z "$(ls -A "$TMPDIR")"
    ok "--help" has "$(cc --help)" '^usage: ringside cc'
}

test_driver_examples gnu
test_driver_examples msvc
test_program_examples
test_styles
test_exceptions
test_kit
test_builds
test_refusals

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
