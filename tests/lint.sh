#!/bin/bash
# Structure and style: sizes, include boundaries, formatting, shell scripts.
# Prints each violation and a closing count.
set -u
cd "$(dirname "$0")/.." || exit 2
violations=0

complain() {
    echo "lint: $*"
    violations=$((violations + 1))
}

mapfile -t sources < <(git ls-files 'src/*.c' 'src/*.h' 'src/*.S' 'include/*.h' 'tests/*.c' 'examples/*.c')

# Files: 1,200 lines at most.
for file in "${sources[@]}"; do
    lines=$(wc -l <"$file")
    [[ $lines -le 1200 ]] || complain "$file: $lines lines (limit 1200)"
done

# Functions: 70 lines at most. A body starts with "{" and ends with "}" in the first column.
while read -r line; do complain "$line"; done < <(awk '
    FNR == 1 { start = 0 }
    /^\{/ { start = FNR }
    /^\}/ { if (start && FNR - start + 1 > 72)
                print FILENAME ":" start ": a function of " FNR - start - 1 " lines (limit 70)"
            start = 0 }' $(git ls-files 'src/*.c'))

# Boundaries: the kernel and the DLLs know no Linux; only src/host and the CLI include libc headers
# of the host; a component's internal header stays in its folder.
while read -r line; do complain "$line: a host header in guest code"; done < <(
    grep -nE '#include <(stdio|stdlib|string|unistd|errno|fcntl|signal|sys/[a-z]+|linux/.*)\.h>' \
        $(git ls-files 'src/ntoskrnl/*' 'src/hal/*' 'src/ntdll/*' 'src/kernel32/*' 'src/advapi32/*' \
            'src/setupapi/*' 'src/cfgmgr32/*' 'src/machine/*' 'src/pe/*' | grep -E '\.[chS]$'))
while IFS=: read -r file _ include; do
    component=$(sed -n 's/.*"\([a-z0-9]*\)\/[a-z0-9_]*internal\.h".*/\1/p' <<<"$include")
    [[ -z $component || $file == */"$component"/* ]] && continue
    # ps and ke share the edge of user mode; ctl, ex and vf look into ke.s dispatcher. What
    # NtQuerySystemInformation lists are the insides of other components.
    [[ $component == ke && $file =~ /(ps|ctl|ex|vf)/ ]] && continue
    [[ $file == */ex/system_information* ]] && continue
    [[ $file == */fs/fs_internal.h ]] && continue # the file systems are built on the insides of io
    complain "$file: includes the internal header of $component"
done < <(grep -nE '#include "[a-z0-9]+/[a-z0-9_]*internal\.h"' $(git ls-files 'src/ntoskrnl/*.[ch]'))

# Words that have no place in the project.
while read -r line; do complain "$line"; done < <(
    git grep -nIE '(/work/|/tmp/[a-z]+/|\b(TODO|FIXME|XXX)\b)' -- src include examples docs README.md |
        grep -v 'C:\\' )

# Formatting: as .clang-format says, for the version that make setup installs.
if command -v clang-format-19 >/dev/null; then
    while read -r file; do complain "$file: not formatted (make format)"; done < <(
        for file in $(git ls-files 'src/*.c' 'src/*.h' 'include/*.h' 'tests/unit/*' 'tests/fuzz/*.c'); do
            clang-format-19 "$file" | cmp -s - "$file" || echo "$file"
        done)
else
    echo "lint: no clang-format-19, so formatting is not checked"
fi

if command -v shellcheck >/dev/null; then
    shellcheck -S warning -e SC2046,SC2148,SC2154,SC2034 $(git ls-files '*.sh' .ci/run) || violations=$((violations + 1))
else
    echo "lint: no shellcheck, so shell scripts are not checked"
fi

echo "lint: ${#sources[@]} files, $violations violations"
[[ $violations == 0 ]]
