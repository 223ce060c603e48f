#!/bin/sh
# Build the drivers and programs that the bench measures, run it, and write build/bench.json.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
out=$build/bench
mkdir -p "$out"

# compile SOURCE NAME
compile() {
    "$build/ringside" cc "$1" -o "$out/$2"
}

compile tests/bench/BenchDriver.c Bench.sys
compile tests/bench/BenchStack.c BenchStack.sys
compile tests/bench/BenchThreads.c BenchThreads.sys
compile tests/bench/BenchClient.c BenchClient.exe
compile examples/first-driver/FirstDriver.c FirstDriver.sys
compile examples/first-driver/FirstDriverClient.c FirstDriverClient.exe
compile examples/second-driver/SecondDriver.cpp SecondDriver.sys
compile examples/second-driver/SecondDriverClient.cpp SecondDriverClient.exe
compile examples/second-driver/Victim.cpp Victim.exe

# Thread ids are the same in every run with as many processors, so one run tells Victim.exe's.
echo > "$out/line.txt"
thread=$("$build/ringside" run --quiet --processors 2 "$out/Victim.exe" < "$out/line.txt" |
    sed -n 's/^Thread \([0-9]*\):.*/\1/p' | head -n 1)
"$build/bench_program" "$out" "$(realpath "$build/ringside")" "$thread" "$build/bench.json"
