#!/bin/bash
# The fifth tutorial, end to end: build the driver and its programs, and boost a thread's priority.
# Every command is shown before it runs; what follows is its output.
#
#   make run        or, with another build:  RINGSIDE=build/ringside examples/second-driver/run.sh
set -eu

source=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$(dirname "$source")")
ringside=$(realpath "${RINGSIDE:-$top/build/ringside}")
output=$(dirname "$ringside")/examples
mkdir -p "$output"
cd "$output"

bold='' dim='' plain=''
[[ -t 1 && -z ${NO_COLOR-} ]] && bold=$'\033[1m' dim=$'\033[2m' plain=$'\033[0m'

say() {
    printf '\n%s# %s%s\n' "$dim" "$*" "$plain"
}

# show WORDS...: the command as one would type it.
show() {
    local word line=''
    for word; do
        [[ $word == *[' \;']* ]] && word="'$word'"
        line+=" ${word/#$source/examples/second-driver}"
    done
    printf '%s$ ringside%s%s\n' "$bold" "$line" "$plain"
}

# Standard error comes along, so that both are in the order in which they were printed.
run() {
    show "$@"
    "$ringside" "$@" 2>&1 < /dev/null
}

# The same with one empty line as standard input.
run_with_line() {
    show "$@" | sed 's/\$ /$ echo | /'
    echo | "$ringside" "$@" 2>&1
}

say 'A driver and two programs, from ordinary Windows source.'
run cc "$source/SecondDriver.cpp" -o SecondDriver.sys
run cc "$source/SecondDriverClient.cpp" -o SecondDriverClient.exe
run cc "$source/Victim.cpp" -o Victim.exe

say 'The victim has a thread of its own and prints its priority; again for each line that it reads.'
run run --quiet Victim.exe | tee victim.log
id=$(sed -n 's/^Thread \([0-9]*\):.*/\1/p' victim.log | head -n 1)

say "Ids are the same in every run: $id. Without the driver there is nobody to ask for more:"
run run --quiet SecondDriverClient.exe "$id" 31 || true

say 'With it: the victim runs in the background, the client asks, then the victim reads a line.'
run_with_line run SecondDriver.sys --background Victim.exe SecondDriverClient.exe "$id" 31

say 'The driver checks what it is asked for: 87 is ERROR_INVALID_PARAMETER.'
run run --quiet SecondDriver.sys SecondDriverClient.exe "$id" 32 || true

say "What was built is in ${output#"$top"/}. What to look for: ${source#"$top"/}/README.md"
