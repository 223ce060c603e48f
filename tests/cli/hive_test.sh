#!/bin/bash
# A registry that outlives its machine: what a driver and a program write is there in the next one,
# and other tools read it in the hive files.
#
#   RINGSIDE=build/ringside tests/cli/hive_test.sh

. "$(dirname "$0")/checks.sh"

here=$top/tests/cli
tools=$(dirname "$ringside")/tests

# booted NAME ARGUMENTS...: run a machine; what it says is in NAME.
booted() {
    local name=$1
    shift
    timeout 60 "$tools/hive_boot" registry "$@" > "$name" 2>&1 < /dev/null
}

# says FILE PATTERN EXPECTED: the lines that match, one after the other.
says() {
    grep -aoE "$2" "$1" > found
    diff -u <(printf '%s\n' "$3") found
}

# value HIVE KEY NAME EXPECTED: what hivexget finds.
value() {
    diff <(printf '%s\n' "$4") <(hivexget "registry/$1" "$2" "$3")
}

ok "the driver builds" "$ringside" cc "$here/hive_driver.c" -o hive_driver.sys
ok "the client builds" "$ringside" cc "$here/hive_client.c" -o client.exe

ok "the first machine runs" booted first --keep-journal hive_driver.sys client.exe one
ok "its registry is new" says first '^hive: .*' 'hive: the key is new
hive: the key with a class is new
hive: the volatile key is new
hive: the key behind the link failed
hive: start 1
hive: its class is Test class'
ok "for programs, too" says first '^[S.].*!.*|flush.*' 'SOFTWARE\Hive test!Text: missing
SOFTWARE\Hive test!Gone: missing
SOFTWARE\Hive test\Renamed!Text: missing
.DEFAULT\Software\Hive test!Text: missing
SOFTWARE\Microsoft\Windows NT\CurrentVersion!ProductName: Windows 10 Pro
SOFTWARE\Microsoft\Windows NT\CurrentVersion!EditionID: Professional
flush: 0'
ok "without a commit only the journal has it" [ "$(ls registry)" = journal ]

second='hive: the key is there
hive: the key with a class is there
hive: the volatile key is new
hive: the key behind the link is new
hive: start 2
hive: its class is Test class
hive: a value of 100000 bytes, sum 12471600'
programs='SOFTWARE\Hive test!Text: one
SOFTWARE\Hive test!Gone: missing
SOFTWARE\Hive test\Renamed!Text: under another name
.DEFAULT\Software\Hive test!Text: the user'"'"'s
SOFTWARE\Microsoft\Windows NT\CurrentVersion!ProductName: Windows 10 Test
SOFTWARE\Microsoft\Windows NT\CurrentVersion!EditionID: Professional
flush: 0'
ok "the second machine runs" booted second hive_driver.sys client.exe two
ok "what the driver wrote is there" says second '^hive: .*' "$second"
ok "what the program wrote is there" says second '^[S.].*!.*|flush.*' "$programs"

ok "the third machine runs, from hive files" booted third hive_driver.sys client.exe three
ok "what the driver wrote is still there" says third '^hive: .*' \
    "$(sed 's/start 2/start 3/; s/link is new/link is there/' <<< "$second")"
ok "what the program wrote is still there" says third '^[S.].*!.*|flush.*' \
    "${programs/Text: one/Text: two}"

# A hive without contents needs no file.
ok "there are hive files" [ "$(ls registry | tr '\n' ' ')" = \
    "DEFAULT SOFTWARE SYSTEM journal " ]
ok "the journal is empty" [ ! -s registry/journal ]
ok "hivexget: CurrentControlSet is ControlSet001" \
    value SYSTEM '\ControlSet001\Control\HiveTest' Starts 3
ok "hivexget: the control set" value SYSTEM '\Select' Current 1
ok "hivexget: a program's text" value SOFTWARE '\Hive test' Text three
ok "hivexget: the user's text" value DEFAULT '\Software\Hive test' Text "the user's"
ok "no volatile keys" bash -c \
    'hivexml registry/SYSTEM | grep -q HiveTest && ! hivexml registry/SYSTEM | grep -E "Volatile|CurrentControlSet\""'

# as_we_do FOLDER NAME: another reader of hives finds the same keys, times, types and data.
as_we_do() {
    hivexml "$1/$2" > xml && "$tools/hive_dump" "$1" "$2" > dump &&
        python3 "$here/hive_xml.py" dump < xml
}

for hive in registry/*[A-Z0-9]; do
    ok "hivexml reads $(basename "$hive") as we do" as_we_do registry "$(basename "$hive")"
done
"$tools/hive_dump" --sample sample
ok "hivexml reads values of every type and size" as_we_do sample SYSTEM
ok "hivexml reads many keys and deep ones" as_we_do sample SOFTWARE

printf 'cd \\ControlSet001\\Control\\HiveTest\nsetval 1\nStarts\ndword:65\nadd By hivexsh\ncommit\nquit\n' |
    hivexsh -w registry/SYSTEM > /dev/null
ok "a machine runs from what hivexsh wrote" booted fourth hive_driver.sys client.exe four
ok "and finds it" match fourth 'hive: start 66'

truncate -s 5000 registry/SOFTWARE
ok "a damaged hive is refused" eval '! booted fifth hive_driver.sys client.exe'
ok "with its name and the reason" says fifth '.*' \
    'hive_boot: open: registry/SOFTWARE: too short for a registry hive'
finish
