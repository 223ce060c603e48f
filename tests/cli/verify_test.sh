#!/bin/bash
# The rules of the verifier: each driver of tests/guest/verify breaks one, which must be found and no
# other; repaired, nothing is found.
#
#   RINGSIDE=build/ringside tests/cli/verify_test.sh [PATTERN]

. "$(dirname "$0")/verify_cases.sh"

check_pairs "${1-}" && finish
