#!/bin/bash
# Files that are no drivers: each is refused with one clear line, and leaves nothing behind. And a
# few hundred drivers with random damage: whatever they are, the exit code is a documented one.
#
#   RINGSIDE=build/ringside tests/cli/bad_image_test.sh

. "$(dirname "$0")/checks.sh"

mutants=300 seed=1

build_good() {
    "$ringside" cc "$top/examples/first-driver/FirstDriver.c" -o good.sys &&
        python3 "$top/tests/cli/bad_image.py" table good.sys table > table.txt &&
        python3 "$top/tests/cli/bad_image.py" mutate good.sys mutants $mutants $seed
}

# refuses FILE PATTERN: exit code 101 and one line.
refuses() {
    exits 101 run --quiet "table/$1.sys" || return
    [ "$(wc -l < err)" = 1 ] || { echo 'not one line:'; cat err; return 1; }
    match err "^ringside: $1\.sys: .*($2)"
}

# All of them in one machine, twice: after the second time all counts are as after the first.
leaves_nothing() {
    python3 "$top/tests/cli/bad_image_counts.py" "$(dirname "$ringside")/libringside.so" table/*.sys
}

# The driver's own code is damaged at times, so it may also stop the machine, or be fine.
documented_codes() {
    local file bad=0
    for file in mutants/*.sys; do
        timeout 30 "$ringside" run --quiet --timeout 1 "$file" > out 2> err < /dev/null
        code=$?
        case $code in
        0 | 100 | 101 | 102 | 103 | 104) ;;
        *)
            echo "$file: exit code $code"
            head -n 5 err
            bad=$((bad + 1))
            ;;
        esac
    done
    [ "$bad" = 0 ]
}

ok 'the files are made' build_good
ok 'the driver that they are made from is good' exits 0 run good.sys
while read -r name pattern; do
    ok "refused: $name" refuses "$name" "$pattern"
done < table.txt
ok 'refused images leave nothing behind' leaves_nothing
ok "$mutants drivers with random damage end with a documented code" documented_codes

finish
