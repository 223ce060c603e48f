#!/bin/sh
# Write a module-definition file: the names in BASE.def, then those of a mingw-w64 import library
# that BASE.def does not have. A name without code of its own in the library is data.
#   make_def.sh llvm-nm libntoskrnl.a BASE.def > all.def
set -eu
nm=$1 library=$2 base=$3

cat "$base"
"$nm" "$library" 2>/dev/null | awk -v base="$base" '
    BEGIN {
        while ((getline line < base) > 0) {
            split(line, word, " ")
            known[word[1]] = 1
        }
    }
    $2 == "T" { code[$3] = 1 }
    $3 ~ /^__imp_/ { imported[substr($3, 7)] = 1 }
    END {
        for (name in imported)
            if (!(name in known))
                print name (name in code ? "" : " DATA")
    }' | LC_ALL=C sort
