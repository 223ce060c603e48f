#!/bin/bash
# reg.exe: several calls in one machine. Registration files are also read by registry/read_reg.py.
#
#   RINGSIDE=build/ringside tests/cli/reg_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

key='HKLM\Software\Test'
long='HKEY_LOCAL_MACHINE\Software\Test'
succeeded='The operation completed successfully.'
missing='ERROR: The system was unable to find the specified registry key or value.'

# reg CODE ARGUMENTS...: its exit code.
reg() {
    local wanted=$1
    shift
    exits "$wanted" reg "$@"
}

# says CODE OUTPUT ARGUMENTS...: exit code, and all of the output: standard output, then errors.
says() {
    local code=$1 expected=$2
    shift 2
    reg "$code" "$@" && diff -u <(printf '%s\n' "$expected") <(cat out err)
}

# answers LINE CODE OUTPUT ARGUMENTS...: the same with an answer to its question.
answers() {
    local line=$1 wanted=$2 expected=$3 code
    shift 3
    printf '%s' "$line" | "$ringside" reg "$@" > out 2> err
    code=$?
    diff -u <(printf '%s\n' "$expected") <(cat out err) && [ "$code" = "$wanted" ]
}

ok 'boot' exits 0 boot

# ---- add, query ----

ok 'the roots have keys' says 0 "
HKEY_LOCAL_MACHINE\\HARDWARE
HKEY_LOCAL_MACHINE\\SAM
HKEY_LOCAL_MACHINE\\SECURITY
HKEY_LOCAL_MACHINE\\SOFTWARE
HKEY_LOCAL_MACHINE\\SYSTEM" query HKLM
roots() {
    local root
    for root in HKLM HKCU HKCR HKU HKCC HKEY_LOCAL_MACHINE HKEY_CURRENT_USER HKEY_CLASSES_ROOT \
        HKEY_USERS HKEY_CURRENT_CONFIG hklm; do
        reg 0 query "$root" || return
    done
}
ok 'names of the roots' roots
add() {
    says 0 "$succeeded" add "$key" && reg 0 query "$key" && [ ! -s out ] || return
    local name type data
    while read -r name type data; do # the calls do not read: see `call`
        says 0 "$succeeded" add "$key" /v "$name" /t "$type" /d "$data" || return
    done << 'EOF'
text REG_SZ some text; "quoted" \ and a backslash
expand reg_expand_sz %SystemRoot%\x
number REG_DWORD 0x1F
large REG_DWORD 4294967295
quad REG_QWORD 0x123456789abcdef0
bytes REG_BINARY 00ff10A
nothing REG_NONE 0102
list REG_MULTI_SZ one\0two\0three
big REG_DWORD_BIG_ENDIAN 258
EOF
    says 0 "$succeeded" add "$key" /ve /d 'the default' &&
        says 0 "$succeeded" add "$key" /v empty &&
        says 0 "$succeeded" add "$key" /v Commas /t REG_MULTI_SZ /s , /d 'a,b' &&
        says 0 "$succeeded" add "$key\\Sub\\Deep" /v 'größe' /d '日本' &&
        says 0 "$succeeded" add "$key\\Sub\\Empty\\"
}
ok 'add' add
values="    text    REG_SZ    some text; \"quoted\" \\ and a backslash
    expand    REG_EXPAND_SZ    %SystemRoot%\\x
    number    REG_DWORD    0x1f
    large    REG_DWORD    0xffffffff
    quad    REG_QWORD    0x123456789abcdef0
    bytes    REG_BINARY    000FF10A
    nothing    REG_NONE    0102
    list    REG_MULTI_SZ    one\\0two\\0three
    big    REG_DWORD_BIG_ENDIAN    0x102
    (Default)    REG_SZ    the default
    empty    REG_SZ    
    Commas    REG_MULTI_SZ    a\\0b"
ok 'a key: values, then subkeys' says 0 "
$long
$values

$long\\Sub" query "$key"
ok 'a tree' says 0 "
$long
$values

$long\\Sub

$long\\Sub\\Deep
    größe    REG_SZ    日本

$long\\Sub\\Empty" query "$key" /s
ok 'one value' says 0 "
$long
    number    REG_DWORD    0x1f
" query "$key" /v NUMBER
ok 'the type as a number, another separator' says 0 "
$long
    list    REG_MULTI_SZ (7)    one|two|three
" query "$key" /v list /z /se '|'
ok 'the default value' says 0 "
$long
    (Default)    REG_SZ    the default
" query "$key" /ve
ok 'a default value that is not set' says 0 "
$long\\Sub
    (Default)    REG_SZ    (value not set)
" query "$key\\Sub" /ve
ok 'no such key' says 1 "$missing" query "$key\\Nothing"
ok 'no such value' says 1 "$missing" query "$key" /v nothing2

# ---- search ----

ok 'search in keys, names and data' says 0 "
$long
    list    REG_MULTI_SZ    one\\0two\\0three

$long\\Sub\\Deep

End of search: 2 match(es) found." query "$key" /s /f EE
ok 'in data' says 0 "
$long
    list    REG_MULTI_SZ    one\\0two\\0three

End of search: 1 match(es) found." query "$key" /s /d /f two
ok 'in keys, exactly' says 0 "
$long\\Sub\\Deep

End of search: 1 match(es) found." query "$key" /s /k /e /f deep
ok 'with the case' says 1 "
End of search: 0 match(es) found." query "$key" /s /c /f DEEP
ok 'by type' says 0 "
$long
    expand    REG_EXPAND_SZ    %SystemRoot%\\x

End of search: 1 match(es) found." query "$key" /s /t REG_EXPAND_SZ
ok 'a name in a tree' says 0 "
$long\\Sub\\Deep
    größe    REG_SZ    日本

End of search: 1 match(es) found." query "$key" /s /v größe

# ---- what is wrong ----

usage() {
    local words
    while read -r words; do
        # shellcheck disable=SC2086
        reg 1 $words && match err '^ERROR: Invalid' 'Type "REG .*/\?" for usage' &&
            [ ! -s out ] || { echo "reg $words"; return 1; }
    done << 'EOF'
remove HKLM
query
query HKLX\Software
query HKLM\\\\Software
query HKLM /x
query HKLM /v
query HKLM /s /s
query HKLM /k
query HKLM /t REG_WORD
query HKLM /ve /v x
query HKLM /se ab
add HKLM\Software\Test /v x /t REG_DWORD /d twelve
add HKLM\Software\Test /v x /t REG_DWORD /d 0x100000000
add HKLM\Software\Test /v x /t REG_DWORD
add HKLM\Software\Test /v x /t REG_BINARY /d 0g
add HKLM\Software\Test /v x /t REG_MULTI_SZ /d a\0\0b
delete HKLM /f
delete HKLM\Software\Test /v x /va
compare HKLM\Software
EOF
}
ok 'command lines that are wrong' usage

# ---- questions ----

ok 'overwrite: no' answers $'n\n' 1 'Value empty exists, overwrite (Yes/No)? The operation was canceled by the user.' \
    add "$key" /v empty /d x
ok 'overwrite: yes, after a wrong answer' answers $'what\nYES\n' 0 \
    "Value empty exists, overwrite (Yes/No)? Value empty exists, overwrite (Yes/No)? $succeeded" \
    add "$key" /v empty /d x
ok 'overwrite without a question' says 0 "$succeeded" add "$key" /v empty /f
ok 'delete a value: the input ends' answers '' 1 \
    "Delete the registry value empty (Yes/No)? 
The operation was canceled by the user." delete "$key" /v empty
ok 'delete a key: no' answers 'n' 1 \
    "Permanently delete the registry key $long\\Sub (Yes/No)? The operation was canceled by the user." \
    delete "$key\\Sub"

# ---- export, import ----

odd_values() { # what quotes cannot hold, lines that are long, a name with quotes
    printf '%s\n' 'Windows Registry Editor Version 5.00' '' "[$long\\Odd]" \
        '"no end"=hex(1):41,00,42,00' '"odd size"=hex(1):41,00,42' '"lines"="one' 'two"' \
        '"short"=dword:1' '"wrong size"=hex(4):01,02' '"quad"=hex(b):1,2,3,4,5,6,7,8' \
        '"type 0x1234"=hex(1234):ff' '"a \"name\" with \\"="x"' \
        "\"long\"=hex:$(for i in $(seq 0 199); do printf '%02x,' "$i"; done)ff" \
        > "$drive/odd.reg"
    says 0 "$succeeded" import 'C:\odd.reg' && says 0 "
$long\\Odd
    lines    REG_SZ    one
two
" query "$key\\Odd" /v lines
}
ok 'values of all forms' odd_values
steering() { # nothing that a driver has written steers a terminal
    printf '%s\n' REGEDIT4 "[$long\\Odd]" '"steer"=hex(1):1b,5b,32,4a,9b,07,00' > "$drive/x.reg"
    says 0 "$succeeded" import 'C:\x.reg' && reg 0 query "$key\\Odd" /v steer &&
        match out '    steer    REG_SZ    .x1B.2J.*.x07$' && ! grep -q $'[\x1b\x07]' out &&
        reg 0 delete "$key\\Odd" /v steer /f
}
ok 'control characters are spelled out' steering
exports() {
    says 0 "$succeeded" export "$key" 'C:\one.reg' &&
        python3 "$top/tests/cli/registry/read_reg.py" "$drive/one.reg" > parsed &&
        match parsed "Test	quad	b	f0debc9a78563412$" "Test	large	4	ffffffff$" \
            "Odd	no end	1	41004200$" "Odd	odd size	1	410042$" "Odd	wrong size	4	0102$" \
            "Odd	lines	1	6f006e0065000d000a0074" "Odd	type 0x1234	1234	ff$" \
            'Odd	a "name" with \\	1	78000000$' "Test	@	1	" "Deep	größe	1	e565" &&
        [ "$(grep -c '\\Empty$' parsed)" = 1 ] && [ "$(wc -l < parsed)" = 27 ]
}
ok 'export, as python reads it' exports
round_trip() {
    says 0 "$succeeded" delete "$key" /f && says 1 "$missing" query "$key" &&
        says 0 "$succeeded" import 'C:\one.reg' && says 0 "$succeeded" export "$key" 'C:\two.reg' &&
        cmp "$drive/one.reg" "$drive/two.reg"
}
ok 'delete, import, export: the same file' round_trip
ok 'a file that exists: no' answers 'n' 1 \
    'File C:\two.reg already exists. Overwrite (Yes/No)? The operation was canceled by the user.' \
    export "$key\\Sub" 'C:\two.reg'
ok 'and it is the same' cmp "$drive/one.reg" "$drive/two.reg"
ok 'a file that exists: /y' says 0 "$succeeded" export "$key\\Sub" 'C:\two.reg' /y
ok 'no such file' reg 1 import 'C:\nothing.reg'
ok 'is said' match err 'ERROR: C:\\nothing.reg: '
ok 'no such folder' reg 1 export "$key" 'C:\nothing\x.reg'

imports() { # imports FILE: it succeeds
    says 0 "$succeeded" import "C:\\$1"
}
changes() {
    printf '%s\r\n' 'Windows Registry Editor Version 5.00' '; a comment' '' "[$long]" '"empty"=-' \
        '"never there"=-' '@="new" ; and a comment' "  \"blanks\"  =  dword:0000000A" \
        "[-$long\\Sub]" "[-$long\\Never]" '[HKLM\Software\Test\New]' '"list"=hex(7):61,\' \
        '  00,00,00, \' '    00,00' > "$drive/changes.reg"
    imports changes.reg && says 1 "$missing" query "$key\\Sub" &&
        says 1 "$missing" query "$key" /v empty && reg 0 query "$key" /s &&
        match out 'Default.    REG_SZ    new$' 'blanks    REG_DWORD    0xa$' 'list    REG_MULTI_SZ    a$'
}
ok 'values and keys are deleted, lines go on' changes
encodings() {
    local text="[$long]"$'\r\n"größe"="日本"\r\n' header='Windows Registry Editor Version 5.00'
    local file
    printf '%s\r\n\r\n%s' "$header" "$text" > "$drive/plain.reg"
    { printf '\xef\xbb\xbf'; cat "$drive/plain.reg"; } > "$drive/mark.reg"
    { printf '\xff\xfe'; iconv -f UTF-8 -t UTF-16LE "$drive/plain.reg"; } > "$drive/wide.reg"
    for file in plain mark wide; do
        reg 0 add "$key" /v größe /d x /f && imports $file.reg && reg 0 query "$key" /v größe &&
            match out '    größe    REG_SZ    日本$' || return
    done
}
ok 'UTF-8, with its mark, UTF-16' encodings
version_4() {
    printf 'REGEDIT4\n\n[%s]\n"ansi"="gr\xf6\xdfe"\n"expand4"=hex(2):25,78,25,00\n"list4"=hex(7):61,00,62,00,00\n"bytes4"=hex:61,00' \
        "$long" > "$drive/old.reg"
    imports old.reg && reg 0 query "$key" && match out 'ansi    REG_SZ    größe$' \
        'expand4    REG_EXPAND_SZ    %x%$' 'list4    REG_MULTI_SZ    a\\0b$' \
        'bytes4    REG_BINARY    6100$'
}
ok 'REGEDIT4 in the ANSI code page' version_4

# broken LINE REASON: line 4 of a file is wrong; nothing of the file is done.
broken() {
    printf '%s\n' 'Windows Registry Editor Version 5.00' "[$long\\Broken]" '"first"="1"' "$1" \
        > "$drive/broken.reg"
    reg 1 import 'C:\broken.reg' && match err "^ERROR: C:\\\\broken.reg:4: $2" &&
        [ "$(wc -l < err)" = 1 ] && [ ! -s out ] && says 1 "$missing" query "$key\\Broken"
}
wrong_files() {
    local line reason
    while IFS='|' read -r line reason; do
        broken "$line" "$reason" || { echo "of: $line"; return 1; }
    done << 'EOF'
text|a line begins with
[HKLM\Software|the closing bracket
[HKLM\Software] x|.*behind the bracket
[Software\X]|a key begins with
[HKLM\a\\b]|a key begins with
[-HKLM]|a root cannot be deleted
"name|the closing quote
"name" "x"|.*followed by =
"name"=|data is
"name"=text|data is
"name"="text|the closing quote
"name"="text" x|.*behind the data
"name"="C:\temp"|a backslash in quotes
"name"=dword:|dword: wants
"name"=dword:123456789|dword: wants
"name"=dword:0x10|dword: wants
"name"=dword:12 34|.*behind the data
"name"=hex:1g|bytes are separated
"name"=hex:123|a byte is one or two
"name"=hex:01 02|bytes are separated
"name"=hex(:00|hex.type. wants
"name"=hex(x):00|hex.type. wants
"name"=hex 00|hex wants a colon
"name"=-x|.*behind the data
@|.*followed by =
EOF
}
ok 'files that are wrong: the line is named, nothing is done' wrong_files
no_header() {
    printf '[%s]\n' "$long" > "$drive/x.reg" && reg 1 import 'C:\x.reg' &&
        match err 'x.reg:1: the file does not begin with' && : > "$drive/x.reg" &&
        reg 1 import 'C:\x.reg' && match err 'x.reg:1: ' &&
        head -c 300 /dev/zero > "$drive/x.reg" && reg 1 import 'C:\x.reg' && match err 'x.reg:1: '
}
ok 'a file without its first line' no_header
before_key() {
    printf 'REGEDIT4\n"x"="y"\n' > "$drive/x.reg" && reg 1 import 'C:\x.reg' &&
        match err ':2: a value comes before' &&
        printf 'REGEDIT4\n[-%s]\n"x"="y"\n' "$long" > "$drive/x.reg" && reg 1 import 'C:\x.reg' &&
        match err ':3: a value cannot be below' && reg 0 query "$key"
}
ok 'a value without a key' before_key

# ---- copy, compare ----

compares() {
    says 0 "$succeeded" copy "$key" 'HKCU\Copy' /s /f && reg 0 compare "$key" 'HKCU\Copy' /s &&
        match out '^Result Compared:  Identical$' && lacks out '^[<>=]' &&
        reg 0 add 'HKCU\Copy' /v number /t REG_DWORD /d 5 /f && reg 0 add 'HKCU\Copy\More' &&
        says 2 "< Value:  $long  number  REG_DWORD  0x1f
> Value:  HKEY_CURRENT_USER\\Copy  number  REG_DWORD  0x5
> Key:  HKEY_CURRENT_USER\\Copy\\More

Result Compared:  Different

$succeeded" compare "$key" 'HKCU\Copy' /s &&
        says 0 "= Value:  $long  large  REG_DWORD  0xffffffff

Result Compared:  Identical

$succeeded" compare "$key" 'HKCU\Copy' /v large /os &&
        reg 1 compare "$key" 'HKCU\Nothing' && reg 1 compare "$key" 'HKCU\Copy' /v nothing2
}
ok 'copy and compare' compares
ok 'a key is not copied into itself' reg 1 copy "$key" "$key\\Inside" /s
ok 'delete all values' says 0 "$succeeded" delete 'HKCU\Copy' /va /f
ok 'the subkeys stay' says 0 "
HKEY_CURRENT_USER\\Copy\\More
HKEY_CURRENT_USER\\Copy\\New
HKEY_CURRENT_USER\\Copy\\Odd" query 'HKCU\Copy'

finish
