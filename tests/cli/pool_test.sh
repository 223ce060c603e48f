#!/bin/bash
# `ringside pool`: a driver that leaks, seen by its tag, with and without the verifier, and in a
# machine that stays up.
#
#   RINGSIDE=build/ringside tests/cli/pool_test.sh

. "$(dirname "$0")/checks.sh"
. "$top/tests/cli/machine.sh"

tool=$(dirname "$ringside")/tools/pool.exe
verify=()

cat > Leaky.c <<'SOURCE'
#include <ntddk.h>

static DRIVER_UNLOAD unload;
DRIVER_INITIALIZE DriverEntry;

static PVOID kept[3];

static VOID unload(PDRIVER_OBJECT driver)
{
    (void)driver;
    for (ULONG i = 0; i < 3; i++)
        ExFreePoolWithTag(kept[i], 'kaeL');
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    driver->DriverUnload = unload;
    for (ULONG i = 0; i < 5; i++)
        ExFreePoolWithTag(ExAllocatePoolWithTag(PagedPool, 40, 'kaeL'), 'kaeL');
    for (ULONG i = 0; i < 3; i++)
        kept[i] = ExAllocatePoolWithTag(NonPagedPoolNx, 8192, 'kaeL');
    ExFreePool(ExAllocatePoolWithTag(PagedPool, 16, 'lia'));
    ExFreePool(ExAllocatePoolWithTag(PagedPool, 16, 'rvaS' | PROTECTED_POOL));
    return STATUS_SUCCESS;
}
SOURCE
ok "the driver builds" "$ringside" cc Leaky.c -o Leaky.sys

# pool N ARGUMENTS...: run it beside the driver; its exit code is to be N.
pool() {
    local wanted=$1
    shift
    timeout 60 "$ringside" run --quiet "${verify[@]}" Leaky.sys "$tool" "$@" \
        > out 2> err < /dev/null
    code=$?
    [ "$code" = "$wanted" ] && return
    echo "exit code $code instead of $wanted"
    cat out err
    return 1
}

# sorted COLUMN: the numbers of that column descend, but for the header and the sum.
sorted() {
    sed '1d;$d' out | awk -v c="$1" '{ print $c }' > column
    [ "$(wc -l < column)" -gt 10 ] && sort -nrc column
}

# prints EXPRESSION: the output is JSON, and the expression over `it` is true.
prints() {
    tr -d '\n' < out > line
    has_json line "$1"
}

# refuses CODE TEXT ARGUMENTS...: that exit code, and one line of error.
refuses() {
    local wanted=$1 text=$2
    shift 2
    pool "$wanted" "$@" && [ "$(cat err)" = "$text" ] && [ ! -s out ] && return
    cat out err
    return 1
}

ok "pool" pool 0
ok "the driver's rows" match out '^TAG +TYPE +ALLOCS +FREES +DIFF +BYTES +PER ALLOC$' \
    '^Leak +Nonp +3 +0 +3 +24576 +8192$' '^Leak +Pag +5 +5 +0 +0 +-$' '^ail +Pag +1 +1 +0 ' \
    '^Savr +Pag +1 +1 +0 '
ok "by bytes" sorted 6
sums() {
    sed 1d out | awk '{ for (i = 3; i <= 6; i++) s[i] += $1 == "TOTAL" ? -$i : $i }
        END { exit s[3] || s[4] || s[5] || s[6] || NR < 10 }'
}
ok "the last line is the sum" sums
ok "--sort allocs" pool 0 --sort allocs
ok "by allocations" sorted 3
ok "--sort diff" pool 0 --sort diff
ok "by blocks" sorted 5
ok "--sort tag" pool 0 --sort tag
by_tag() { sed '1d;$d' out | awk '{ print $1 }' > column && LC_ALL=C sort -c column; }
ok "by tag" by_tag
ok "--tag" pool 0 --tag Leak
only_this() {
    diff - out << 'TABLE'
TAG    TYPE  ALLOCS  FREES  DIFF  BYTES  PER ALLOC
Leak   Nonp       3      0     3  24576       8192
Leak   Pag        5      5     0      0          -
TOTAL  -          8      5     3  24576       8192
TABLE
}
ok "only this one" only_this
patterns() {
    local pattern
    for pattern in 'L?ak' 'Le*' 'Leak*'; do
        pool 0 --tag "$pattern" && only_this || return
    done
}
ok "patterns" patterns
ok "a shorter tag" pool 0 --tag ail --json
ok "is JSON" prints 'it == [{"tag": "ail", "type": "Pag", "allocs": 1, "frees": 1,
    "diff": 0, "bytes": 0, "bytes_per_alloc": None}]'
ok "all as JSON" pool 0 --json
ok "without the sum" prints 'len(it) > 10 and all(
    t["diff"] == t["allocs"] - t["frees"] and t["type"] in ("Pag", "Nonp") for t in it) and
    [t["diff"] for t in it if t["tag"] == "Leak"] == [3, 0] and
    "TOTAL" not in [t["tag"] for t in it]'
verify=(--verify=RS-MEM)
ok "with the verifier" pool 0 --tag Leak
ok "its special pool counts, too" match out '^Leak +Nonp +3 +0 +3 +24576 ' '^Leak +Pag +5 +5 +0 +0 '
verify=()

ok "no such tag" refuses 1 'pool: no pool memory was allocated with the tag nope' --tag nope
ok "case counts" refuses 1 'pool: no pool memory was allocated with the tag leak' --tag leak
ok "too long a tag" refuses 2 'pool: Leaky is no tag; see pool --help' --tag Leaky
ok "a bad order" refuses 2 'pool: size is no order; see pool --help' --sort size
ok "an argument" refuses 2 'pool: one argument too many: Leak; see pool --help' Leak
ok "--help" pool 0 --help
ok "says how" match out '^usage: pool ' '^Examples$' '^Exit codes: 0 '

# ---- a machine that stays up ----

# counts COUNT: the driver has so many blocks of non-paged pool.
counts() {
    exits 0 pool --tag Leak --json &&
        prints "[t['diff'] for t in it if t['type'] == 'Nonp'] == [$1]"
}
machine() {
    exits 0 boot && cp Leaky.sys "$drive" &&
        exits 0 sc create Leaky type= kernel binPath= 'C:\Leaky.sys' && exits 0 sc start Leaky &&
        counts 3 && exits 0 sc stop Leaky && counts 0 && exits 0 shutdown
}
ok "a machine counts while drivers come and go" machine
finish
