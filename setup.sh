#!/bin/sh
# Install the packages that building and testing need and that are missing. Debian 12 and 13,
# Ubuntu 24.04: they differ in the newest clang that they have.
set -eu

newest_clang() {
    for version in 21 20 19 18 17 16; do
        if apt-cache show "clang-$version" >/dev/null 2>&1; then
            echo "$version"
            return
        fi
    done
    echo "setup: no clang 16 or newer in the package lists" >&2
    exit 1
}

# For the tests of `ringside trace view`. Ubuntu's package chromium is a stub that installs a snap:
# without a real one those checks are skipped.
browser() {
    for package in chromium-headless-shell chromium; do
        if apt-cache policy "$package" 2>/dev/null | grep -E '^  (Candidate|Installed): ' |
            grep -qvE 'none|snap'; then
            echo "$package"
            return
        fi
    done
}

installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

common="cmake ninja-build gcc pkg-config gdb gcc-mingw-w64-x86-64-win32 g++-mingw-w64-x86-64-win32
        mingw-w64-x86-64-dev libzydis-dev libzycore-dev libdwarf-dev libseccomp-dev libcjson-dev
        libcmocka-dev libc6-dev zlib1g-dev libhivex-bin libncurses-dev python3 tmux zsh"

# A clang that is there is good enough; otherwise the newest one of the distribution.
have=""
missing=""
for version in 21 20 19 18 17 16; do
    if installed "clang-$version"; then
        have=$version
        break
    fi
done
for package in $common $(browser) ${have:+lld-$have llvm-$have clang-format-$have lldb-$have
        libclang-rt-$have-dev}; do
    installed "$package" || missing="$missing $package"
done
if [ -z "$have" ] || [ -n "$missing" ]; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq
    if [ -z "$have" ]; then
        version=$(newest_clang)
        missing="$missing clang-$version lld-$version llvm-$version clang-format-$version"
        missing="$missing lldb-$version libclang-rt-$version-dev"
    fi
    echo "setup: installing$missing"
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
fi
