#!/bin/sh
# Build the bench's driver and client, run it, and write build/bench.json.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
out=$build/bench
mkdir -p "$out"
"$build/ringside" cc tests/bench/BenchDriver.c -o "$out/Bench.sys"
"$build/ringside" cc tests/bench/BenchClient.c -o "$out/BenchClient.exe"
"$build/bench_program" "$out/Bench.sys" "$out/BenchClient.exe" "$build/ringside" "$build/bench.json"
