#!/bin/bash
# pnputil.exe: driver packages from their INF file to a device, and back; catalogues; files that are
# wrong.
#
#   RINGSIDE=build/ringside tests/cli/pnputil_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

sources=$top/tests/cli/package
example=$top/examples/test-driver
services='HKLM\System\CurrentControlSet\Services'
classes='HKLM\System\CurrentControlSet\Control\Class'

pnputil() {
    local wanted=$1
    shift
    exits "$wanted" pnputil "$@"
}

# values KEY PATTERN...: lines of reg query.
values() {
    exits 0 reg query "$1" && shift && match out "$@"
}

# fresh NAME: a folder of the drive with the package of the example.
fresh() {
    rm -rf "${drive:?}/$1"
    mkdir -p "$drive/$1"
    cp TestDriver.sys "$example/TestDriver.inf" "$drive/$1"
}

build() {
    "$ringside" cc "$example/TestDriver.c" -o TestDriver.sys &&
        "$ringside" cc "$example/TestDriverClient.c" -o TestDriverClient.exe &&
        "$ringside" cc "$top/examples/first-driver/FirstDriver.c" -o FirstDriver.sys &&
        "$ringside" cc "$top/tests/cli/interfaces_device.c" -o interfaces_device.sys &&
        "$ringside" cc "$top/tests/cli/interfaces_client.c" -o client.exe -lsetupapi -lcfgmgr32
}
ok 'what the tests need is built' build
ok 'boot' exits 0 boot
fresh package

# ---- the example: add, install, use, list, delete ----

nothing() {
    pnputil 0 /enum-drivers && match out '^No published driver packages' &&
        pnputil 3 /enum-devices && match out '^No devices were found'
}
ok 'no packages, no devices' nothing
adds() {
    pnputil 0 /add-driver 'C:\package\TestDriver.inf' && diff -u - out << 'EOF'
PnP Utility

Adding driver package:  C:\package\TestDriver.inf
The catalogue TestDriver.cat is not there: the files are not checked.
Driver package added successfully.
Published Name:         oem0.inf

Total driver packages:  1
Added driver packages:  1
EOF
}
ok 'add' adds
stored() {
    local store=$drive/Windows/System32/DriverStore/FileRepository
    cmp "$drive/Windows/INF/oem0.inf" "$example/TestDriver.inf" &&
        cmp "$store"/testdriver.inf_amd64_*/TestDriver.sys TestDriver.sys &&
        [ ! -e "$drive/Windows/System32/drivers/TestDriver.sys" ] &&
        exits 1 reg query "$services\\TestDriver"
}
ok 'it is in the store, and not installed' stored
installs() {
    pnputil 0 /add-driver 'C:\package\TestDriver.inf' /install &&
        match out 'added successfully. .Already exists in the system.$' \
            '^Published Name: +oem0.inf$' '^Driver package installed on device: ROOT.TESTDRIVER.0000$' &&
        cmp "$drive/Windows/System32/drivers/TestDriver.sys" TestDriver.sys
}
ok 'install' installs
ok 'the device serves a program' exits 0 exec TestDriverClient.exe
ok '... through the driver' match out '^Power state D0.$'
in_registry() {
    values "$services\\TestDriver" 'Type    REG_DWORD    0x1$' 'Start    REG_DWORD    0x3$' \
        'ErrorControl    REG_DWORD    0x1$' 'DisplayName    REG_SZ    TestDriver service$' \
        'ImagePath    REG_EXPAND_SZ    .*System32.drivers.TestDriver.sys$' &&
        values 'HKLM\System\CurrentControlSet\Enum\ROOT\TESTDRIVER\0000' \
            'HardwareID    REG_MULTI_SZ    Root.TestDriver$' 'Class    REG_SZ    Sample$' \
            'Mfg    REG_SZ    Ringside examples$' 'Service    REG_SZ    TestDriver$' &&
        values "$classes\\{78A1C341-4539-11D3-B88D-00C04FAD5171}" 'Default.    REG_SZ    Samples$' \
            'Class    REG_SZ    Sample$' 'Icon    REG_SZ    -5$' &&
        values "$classes\\{78A1C341-4539-11D3-B88D-00C04FAD5171}\\0000" \
            'InfPath    REG_SZ    oem0.inf$' 'InfSection    REG_SZ    TestDriver_Device$' \
            'InfSectionExt    REG_SZ    .NT$' 'DriverVersion    REG_SZ    1.0.0.0$'
}
ok 'service, device and class are in the registry' in_registry
ok 'again: nothing to do' pnputil 0 /add-driver 'C:\package\*.inf' /install
ok '... and it says so' match out 'is up-to-date on device: ROOT.TESTDRIVER.0000$'
lists() {
    pnputil 0 /enum-drivers && diff -u - out << 'EOF' &&
PnP Utility

Published Name:     oem0.inf
Original Name:      TestDriver.inf
Provider Name:      Ringside examples
Class Name:         Sample
Class GUID:         {78A1C341-4539-11D3-B88D-00C04FAD5171}
Driver Version:     01/01/2024 1.0.0.0
Signer Name:        Unknown

EOF
        pnputil 0 /enum-devices /class sample && diff -u - out << 'EOF' &&
PnP Utility

Instance ID:                ROOT\TESTDRIVER\0000
Device Description:         TestDriver device
Class Name:                 Sample
Class GUID:                 {78A1C341-4539-11D3-B88D-00C04FAD5171}
Manufacturer Name:          Ringside examples
Status:                     Started
Driver Name:                oem0.inf

EOF
        pnputil 0 /enum-devices /instanceid 'root\testdriver\0000' &&
        pnputil 3 /enum-devices /class Ports
}
ok 'the lists' lists
in_use() {
    pnputil 1 /delete-driver oem0.inf &&
        match err 'oem0.inf: One or more devices are presently installed' &&
        exits 0 exec TestDriverClient.exe
}
ok 'a package that is in use stays' in_use

# ---- the device after a reboot ----

device='^  ROOT.TESTDRIVER.0000 +TestDriver '
tree() {
    exits 0 devtree && match out '^HTREE.ROOT.0 ' "$@"
}
restarted() {
    exits 0 reboot && tree "$device started +- .*TestDriver device " &&
        exits 0 exec TestDriverClient.exe &&
        pnputil 0 /enum-devices /class sample && match out '^Status: +Started$'
}
ok 'the device starts with the system' restarted
problem() { # CODE NAME: the device is there, and does not work
    exits 0 reboot && tree "$device problem +$1 CM_PROB_$2 " &&
        exits 1 exec TestDriverClient.exe
}
disabled() {
    exits 0 sc config TestDriver start= disabled && problem 32 DISABLED_SERVICE &&
        exits 0 sc config TestDriver start= demand && exits 0 sc start TestDriver &&
        tree "$device started " && exits 0 exec TestDriverClient.exe
}
ok 'its service is disabled: until it may start' disabled
no_image() {
    local image=$drive/Windows/System32/drivers/TestDriver.sys
    mv "$image" kept.sys && problem 39 DRIVER_FAILED_LOAD && cp kept.sys "$image" &&
        exits 0 sc start TestDriver && tree "$device started "
}
ok 'its driver is not there' no_image
no_service() {
    local key=$services\\TestDriver
    exits 0 reg export "$key" 'C:\service.reg' && exits 0 reg delete "$key" /f &&
        problem 40 DRIVER_SERVICE_KEY_INVALID && exits 0 reg import 'C:\service.reg' &&
        exits 0 reboot && tree "$device started "
}
ok 'its service is not there' no_service
by_hand() { # a device that only a service made is no installed one
    exits 0 sc stop TestDriver && exits 0 sc create ByHand type= kernel binPath= 'C:\package\TestDriver.sys' &&
        exits 0 sc start ByHand && tree '^  ROOT.BYHAND.0000 +ByHand +started ' &&
        exits 0 reboot && tree "$device started " && lacks out BYHAND &&
        exits 0 sc delete ByHand && exits 0 reg delete 'HKLM\System\CurrentControlSet\Enum\ROOT\BYHAND' /f
}
ok 'a device of a service that was started by hand does not' by_hand
interface() {
    fresh interface && rm "$drive/interface/TestDriver.inf" &&
        sed 's/TestDriver/interfaces_device/g' "$example/TestDriver.inf" \
            > "$drive/interface/interfaces_device.inf" &&
        cp interfaces_device.sys "$drive/interface" &&
        pnputil 0 /add-driver 'C:\interface\interfaces_device.inf' /install && exits 0 reboot &&
        tree '^  ROOT.INTERFACES_DEVICE.0000 .* started .*\{5eed3000-' || return
    call exec client.exe
    match out '^the device says olleh' &&
        pnputil 0 /delete-driver oem1.inf /uninstall && tree "$device started " &&
        lacks out INTERFACES_DEVICE
}
ok 'a device with an interface: programs open it by that' interface
deletes() {
    pnputil 0 /delete-driver oem0.inf /uninstall && match out '^Driver package uninstalled.$' \
        '^Driver package deleted successfully.$' && [ ! -e "$drive/Windows/INF/oem0.inf" ] &&
        [ -z "$(ls "$drive/Windows/System32/DriverStore/FileRepository")" ] && nothing &&
        exits 1 exec TestDriverClient.exe && exits 1 reg query 'HKLM\System' /s /f TestDriver
}
ok 'delete with its device and service: nothing is left' deletes
ok 'a package that is not there' pnputil 1 /delete-driver oem0.inf
forced() {
    pnputil 0 /add-driver 'C:\package\TestDriver.inf' /install &&
        pnputil 0 /delete-driver oem0.inf /force && exits 0 exec TestDriverClient.exe &&
        exits 0 'do' 'pnp remove TestDriver' && exits 0 reg delete "$services\\TestDriver" /f
    exits 0 reboot
}
ok 'delete by force: the device stays' forced

# ---- all directives ----

full() {
    mkdir -p "$drive/full/two/deep"
    cp "$sources/Full.inf" "$drive/full"
    cp TestDriver.sys "$drive/full/source.sys"
    echo plain > "$drive/full/plain.txt"
    echo sub > "$drive/full/two/deep/sub.txt"
    printf '%s\n' REGEDIT4 '[HKEY_LOCAL_MACHINE\Software\Full]' '"kept"="old"' '"removed"="x"' \
        '"unwanted"="x"' '"grown"=hex(7):61,00,62,00,00' '"shrunk"=hex(7):61,00,62,00,63,00,00' \
        '[HKEY_LOCAL_MACHINE\Software\Full\Tree\Deep]' > "$drive/before.reg"
    exits 0 reg import 'C:\before.reg' && pnputil 0 /add-driver 'C:\full\Full.inf' /install &&
        match out 'installed on device: ROOT.FULL.0000$'
}
ok 'a package with all directives' full
files() {
    cmp "$drive/Windows/System32/drivers/full.sys" TestDriver.sys &&
        [ ! -e "$drive/Windows/System32/drivers/helper.sys" ] &&
        [ "$(cat "$drive/Windows/System32/plain.txt")" = plain ] &&
        [ "$(cat "$drive/Windows/Full/Sub/sub.txt")" = sub ]
}
ok 'its files' files
written() {
    values 'HKLM\Software\Full' 'Default.    REG_SZ    the default$' \
        'text    REG_SZ    Company, "Inc."$' 'expand    REG_EXPAND_SZ    %SystemRoot%.x$' \
        'list    REG_MULTI_SZ    one.0two.0three$' 'number    REG_DWORD    0xffffffff$' \
        'bytes of a number    REG_DWORD    0x12345678$' 'bytes    REG_BINARY    0102FEFF$' \
        'quad    REG_QWORD    0x1$' 'nothing    REG_NONE    AA$' 'kept    REG_SZ    old$' \
        'grown    REG_MULTI_SZ    a.0b.0c$' 'shrunk    REG_MULTI_SZ    a.0c$' 'Only the key$' &&
        lacks out 'removed|unwanted|absent|Tree'
}
ok 'its values' written
described() {
    values "$services\\Full" 'DisplayName    REG_SZ    A device of all kinds$' \
        'Description    REG_SZ    Of "all" kinds$' 'Group    REG_SZ    Extended Base$' &&
        values "$services\\Full\\Parameters" 'Number    REG_DWORD    0x2a$' \
            'Text    REG_SZ    in the service; with a semicolon$' &&
        values "$services\\FullHelper" 'Start    REG_DWORD    0x4$' &&
        values 'HKLM\System\CurrentControlSet\Enum\ROOT\FULL\0000\Device Parameters' \
            'Parameter    REG_DWORD    0x7$' &&
        values "$classes\\{4D36E97D-E325-11CE-BFC1-08002BE10318}\\0000" \
            'InDriverKey    REG_SZ    hkr$' 'DriverDesc    REG_SZ    A device of all kinds$'
}
ok 'its services, its device' described
ok 'and it goes' pnputil 0 /delete-driver oem0.inf /uninstall
ok '... with both services' exits 1 reg query "$services" /f Full /k

# ---- a driver without devices ----

primitive() {
    mkdir -p "$drive/first"
    cp FirstDriver.sys "$drive/first"
    sed -e '/^\[Manufacturer\]/,$d' "$example/TestDriver.inf" | sed 's/TestDriver/FirstDriver/' |
        cat - <(printf '%s\n' '[DefaultInstall.NTamd64]' 'CopyFiles = Files' '[Files]' \
            'FirstDriver.sys' '[DefaultInstall.NTamd64.Services]' \
            'AddService = FirstDriver,,Service' '[Service]' 'ServiceType = 1' 'StartType = 3' \
            'ErrorControl = 1' 'ServiceBinary = %12%\FirstDriver.sys' '[Strings]' \
            'ManufacturerName = "x"' 'ClassName = "x"' 'DiskName = "x"') \
        > "$drive/first/FirstDriver.inf"
    pnputil 0 /add-driver 'C:\first\FirstDriver.inf' /install &&
        match out '^Driver package installed.$' && values "$services\\FirstDriver" 'Start .*0x3$' &&
        cmp FirstDriver.sys "$drive/Windows/System32/drivers/FirstDriver.sys"
}
ok 'a driver without devices' primitive
ok 'it goes' pnputil 0 /delete-driver oem0.inf /uninstall
ok '... with its service' exits 1 reg query "$services\\FirstDriver"

# ---- catalogues ----

catalogue() {
    python3 "$sources/make_catalogue.py" "$drive/package/TestDriver.cat" "$@" \
        "$drive/package/TestDriver.inf" "$drive/package/TestDriver.sys"
}
trusted() {
    local options
    for options in "" --sha1 --no-names; do
        fresh package
        # shellcheck disable=SC2086
        catalogue $options && pnputil 0 /add-driver 'C:\package\TestDriver.inf' &&
            match out '^Catalogue TestDriver.cat .its signature is not verified.:$' \
                '^  TestDriver.inf +hash matches the catalogue$' \
                '^  TestDriver.sys +hash matches the catalogue$' &&
            pnputil 0 /delete-driver oem0.inf || return
    done
}
ok 'hashes match: SHA-256, SHA-1, without names' trusted
checksum() { # what signing changes does not count
    fresh package && catalogue &&
        python3 - "$drive/package/TestDriver.sys" << 'EOF' &&
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
start = struct.unpack_from("<I", data, 0x3C)[0] + 24
struct.pack_into("<I", data, start + 64, 0x12345678)
struct.pack_into("<II", data, start + 0x70 + 32, len(data), 16)
open(sys.argv[1], "wb").write(data + b"a signature 1234")
EOF
        pnputil 0 /add-driver 'C:\package\TestDriver.inf' &&
        match out '^  TestDriver.sys +hash matches' && pnputil 0 /delete-driver oem0.inf
}
ok 'a signature in the image does not change its hash' checksum
tampered() {
    fresh package && catalogue && printf 'x' >> "$drive/package/TestDriver.sys" &&
        pnputil 1 /add-driver 'C:\package\TestDriver.inf' /install &&
        match out '^  TestDriver.inf +hash matches' '^  TestDriver.sys +differs from the catalogue$' &&
        match err 'TestDriver.inf: the hash of a file is not in the catalogue' && nothing
}
ok 'a file that was changed' tampered
foreign() {
    fresh package && python3 "$sources/make_catalogue.py" "$drive/package/TestDriver.cat" \
        "$drive/package/TestDriver.inf" && pnputil 1 /add-driver 'C:\package\TestDriver.inf' &&
        match out '^  TestDriver.sys +is not in the catalogue$' && nothing
}
ok 'a file that it does not have' foreign
no_catalogue() {
    fresh package && printf 'not a catalogue' > "$drive/package/TestDriver.cat" &&
        pnputil 1 /add-driver 'C:\package\TestDriver.inf' && match err 'the file is no catalogue' &&
        : > "$drive/package/TestDriver.cat" && pnputil 1 /add-driver 'C:\package\TestDriver.inf' &&
        match err 'the file is no catalogue'
}
ok 'a file that is no catalogue' no_catalogue
shortened() { # each of these is refused, and none ends the program otherwise
    fresh package && catalogue && cp "$drive/package/TestDriver.cat" whole.cat || return
    local size
    size=$(stat -c %s whole.cat)
    for at in 1 2 5 20 24 40 60 $((size / 2)) $((size - 1)); do
        head -c "$at" whole.cat > "$drive/package/TestDriver.cat"
        pnputil 1 /add-driver 'C:\package\TestDriver.inf' && match err 'TestDriver.cat: ' || return
    done
    for at in 1 3 20 24 28 45 60 80 100 130 160 200 240; do
        cp whole.cat "$drive/package/TestDriver.cat"
        printf '\xff' | dd of="$drive/package/TestDriver.cat" bs=1 seek="$at" conv=notrunc 2> /dev/null
        call pnputil /add-driver 'C:\package\TestDriver.inf' # or a byte that says nothing
        if [ "$code" = 0 ]; then
            pnputil 0 /delete-driver oem0.inf || return
        elif [ "$code" != 1 ] || ! match err 'TestDriver.inf: '; then
            return 1
        fi
    done
}
ok 'catalogues that are cut short or damaged' shortened

# ---- files that are wrong ----

# wrong LINE REASON SED...: the changed file is refused in one line that names that of the file;
# LINE 0 = none.
wrong() {
    local line=$1 reason=$2
    shift 2
    fresh package
    sed "$@" "$example/TestDriver.inf" > "$drive/package/TestDriver.inf"
    [ "$line" = 0 ] && line='' || line=":$(line_of "$line")"
    pnputil 1 /add-driver 'C:\package\TestDriver.inf' /install &&
        [ "$(wc -l < err)" = 1 ] && match err "^C:.package.TestDriver.inf$line: $reason" && return
    echo "of: $* (line $line)"
    cat err
    return 1
}

# line_of PATTERN: the line of the changed file that begins with it.
line_of() {
    grep -n "^$1" "$drive/package/TestDriver.inf" | head -n 1 | cut -d: -f1
}

table() {
    local line reason script
    while IFS='|' read -r line reason script; do
        wrong "$line" "$reason" "$script" || return
    done << 'EOF'
Provider|.*a quote is not closed|s/^Provider.*/Provider = "not closed/
= x|.*nothing is before an equal sign|s/^Provider.*/= x/
.Version|the line of a section name|s/^\[Version\]/[Version/
.Version|the line of a section name|s/^\[Version\]/[Version] x/
\[ *\]|the line of a section name|s/^\[Strings\]/[ ]/
loose|a section name was expected|1s/.*/loose = text/
0|there is no \[Version\]|s/^Signature.*//
0|there is no \[Version\]|s/^Signature.*/Signature = "$Other$"/
Signature|\[Version\] has no Provider|s/^Provider.*//
Signature|\[Version\] has no DriverVer|s/^DriverVer.*//
DriverVer|DriverVer is mm/dd/yyyy|s/^DriverVer.*/DriverVer = 2024-01-01,1.0.0.0/
DriverVer|.*is no version|s/^DriverVer.*/DriverVer = 01\/01\/2024,1.0.0.70000/
ClassGuid|ClassGuid .* is no GUID|s/^ClassGuid.*/ClassGuid = {78A1C341}/
Provider|%Nobody% is not in .Strings.|s/^Provider.*/Provider = %Nobody%/
0|there is neither|s/^\[Manufacturer\]/[Nobody]/
%Manuf.*Standard|there is no section .Standard.NTamd64|s/^\[Standard.NTamd64\]/[Standard.NTx86]/
0|no model is for this system|s/Standard,NTamd64/Standard,NTx86/
%Device.*TestDriver_Device|there is no section .TestDriver_Device|s/^\[TestDriver_Device.NT\]/[Other]/
%Device.*TestDriver_Device|a model wants a hardware ID|s/, Root.TestDriver$//
CopyFiles|there is no section .Drivers_Dir|s/^\[Drivers_Dir\]/[Other]/
TestDriver.sys$|TestDriver.sys is not in .SourceDisksFiles|s/^TestDriver.sys = 1//
TestDriver.sys$|disk 2 of TestDriver.sys|s/^TestDriver.sys = 1/TestDriver.sys = 2/
\.\.|"..\\x.sys" is no name of a file|s/^TestDriver.sys$/..\\x.sys/
0|Missing.sys: |s/^TestDriver.sys/Missing.sys/
TestDriver.sys$|.*no known directory|s/^DefaultDestDir.*/DefaultDestDir = 99/
AddService|there is no section .TestDriver_Service|s/^\[TestDriver_Service\]/[Other]/
AddService|AddService wants a section|s/^AddService.*/AddService = TestDriver,2/
AddService|the flags are no number|s/^SPSVCINST_ASSOC.*//
DisplayName|.*has no ServiceType|s/^ServiceType.*//
StartType|9 is no StartType|s/^StartType.*/StartType = 9/
DisplayName|.*has no ServiceBinary|s/^ServiceBinary.*//
ServiceBinary|.*is not in .Strings|s/^ServiceBinary.*/ServiceBinary = %99%\\x.sys/
0|.TestDriver_Device.NT.Services. has no AddService of a service with the flag 2|s/^AddService = TestDriver,[^,]*/AddService = TestDriver,0/
CopyFiles = Drivers_Dir|there is no section .x|s/^CopyFiles.*/&, x/
Include|Include is not supported|s/^CopyFiles.*/Include = machine.inf/
HKXX|HKXX is no root key|s/^CopyFiles.*/AddReg = Bad\n[Bad]\nHKXX,,x/
EOF
}
ok 'files that are wrong: the line and the reason' table
binary() { # no file of this kind ends the program otherwise than in one line
    local i
    for i in 1 2 3 4 5 6 7 8; do
        fresh package
        python3 - "$i" "$example/TestDriver.inf" > "$drive/package/TestDriver.inf" << 'EOF'
import random, sys
random.seed(int(sys.argv[1]))
data = bytearray(open(sys.argv[2], "rb").read())
if random.random() < 0.5:
    data = data[: random.randrange(40, len(data) - 200)]
for _ in range(60):
    data[random.randrange(len(data))] = random.choice(b'"\\%[]=,;\0\r\n\xff')
sys.stdout.buffer.write(data)
EOF
        call pnputil /add-driver 'C:\package\TestDriver.inf'
        [ "$code" -lt 2 ] && [ "$(wc -l < err)" -le 1 ] || { cat out err; return 1; }
        [ "$code" = 1 ] || pnputil 0 /delete-driver oem0.inf || return
    done
}
ok 'files at random' binary
encodings() {
    local form
    for form in utf-16 utf-8-sig; do
        fresh package
        python3 -c 'import sys; text = open(sys.argv[1]).read().replace("Ringside examples", "Größe")
open(sys.argv[2], "w", encoding=sys.argv[3]).write(text)' "$example/TestDriver.inf" \
            "$drive/package/TestDriver.inf" $form
        pnputil 0 /add-driver 'C:\package\TestDriver.inf' && pnputil 0 /enum-drivers &&
            match out '^Provider Name:      Größe$' && pnputil 0 /delete-driver oem0.inf || return
    done
}
ok 'UTF-16 and UTF-8' encodings
usage() {
    local words
    while read -r words; do
        # shellcheck disable=SC2086
        pnputil 87 $words && match err 'see pnputil /\?$' || return
    done << 'EOF'
/nothing
/add-driver
/add-driver C:\x.inf /whatever
/delete-driver /force
/enum-devices /class
EOF
    pnputil 0 '/?' && match out '/add-driver'
}
ok 'command lines that are wrong' usage

finish
