#!/bin/bash
# The rules of the verifier under other schedules, on two processors: what breaks a rule is found,
# by that rule alone, and what keeps it is never blamed.
#
#   RINGSIDE=build/ringside tests/cli/verify_explore_test.sh [PATTERN]

. "$(dirname "$0")/verify_cases.sh"

without='^RS-ONLY-' # they compare runs, which --explore does not
check_pairs "${1-}" --explore 20 && finish
