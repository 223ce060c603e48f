#!/bin/bash
# What `cmake --install` puts into a prefix: the command with its driver kit, the library for C
# programs through pkg-config, manual pages and completion. The tree that it was built in is not needed.
#
#   RINGSIDE=build/ringside tests/cli/install_test.sh

. "$(dirname "$0")/checks.sh"

prefix=$PWD/prefix
installed=$prefix/bin/ringside
example=$top/examples/my-driver

install_prefix() { cmake --install "$(dirname "$ringside")" --prefix "$prefix"; }

compiles() {
    "$installed" cc "$example/MyDriver.c" -o MyDriver.sys &&
        "$installed" cc "$example/driverClient.cpp" -o driverClient.exe
}

uses_own_kit() {
    "$installed" cc --print-command "$example/MyDriver.c" -o x.sys > out
    match out "$prefix/bin/\.\./share/ringside/ddk" && lacks out "$(dirname "$ringside")/ddk"
}

runs() {
    "$installed" run MyDriver.sys -- driverClient.exe > out 2> err < /dev/null
    cat out err
    match out '^Device opened successfully'
}

# The installed library, not that of the tree.
own_library() {
    ldd "$installed" > out
    match out "libringside\.so\.0 => $prefix/"
}

cat > api.c <<'END'
#include <ringside/ringside.h>

int main(void)
{
    struct rs_machine *machine;
    uint64_t file;

    if (!rs_ok(rs_boot(NULL, &machine)) || !rs_ok(rs_driver_load(machine, "MyDriver.sys", NULL)) ||
        !rs_ok(rs_open(machine, "\\\\.\\MyDriver", RS_READ | RS_WRITE, &file)))
        return 1;
    rs_shutdown(machine);
    return 0;
}
END
package() {
    local folder flags
    folder=$(dirname "$(find "$prefix" -name ringside.pc)")
    flags=$(PKG_CONFIG_PATH=$folder pkg-config --cflags --libs ringside) || return
    echo "$flags"
    # shellcheck disable=SC2086 # a list of words
    cc api.c -o api $flags && LD_LIBRARY_PATH=$(dirname "$folder") ./api
}

cplusplus() {
    command -v c++ > /dev/null || return 0
    echo '#include <ringside/ringside.h>
int main() { return rs_ok(RS_SUCCESS) ? 0 : 1; }' > api.cpp
    c++ -Wall -Wextra -Werror -I"$prefix/include" api.cpp -o api_cpp && ./api_cpp
}

manual_pages() {
    local verb
    for verb in '' -run -cc -imports -help -version; do
        [ -s "$prefix/share/man/man1/ringside$verb.1" ] || { echo "no ringside$verb.1"; return 1; }
    done
    command -v man > /dev/null || return 0
    MANPATH=$prefix/share/man man -P cat ringside-run > out && match out -- '--c-drive'
}

completion() {
    local shells=$prefix/share
    bash -c 'source "$1" && complete -p ringside' bash \
        "$shells/bash-completion/completions/ringside" > out && match out '_ringside ringside$' &&
        match "$shells/zsh/site-functions/_ringside" '^#compdef ringside$'
}

staged() {
    DESTDIR=$PWD/stage cmake --install "$(dirname "$ringside")" --prefix /usr &&
        [ -x stage/usr/bin/ringside ] && stage/usr/bin/ringside version
}

ok 'install' install_prefix
ok 'the installed command uses the installed library' own_library
ok 'the installed command compiles driver and client' compiles
ok 'the installed command uses the installed kit' uses_own_kit
ok 'the installed command runs them' runs
ok 'pkg-config, and a C program' package
ok 'a C++ program' cplusplus
ok 'manual pages' manual_pages
ok 'completion for bash and zsh' completion
ok 'install below DESTDIR' staged

finish
