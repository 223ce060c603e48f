#!/bin/bash
# The sandbox seen from inside: a program that wants out, by system calls or by paths.
#
#   RINGSIDE=build/ringside tests/cli/sandbox_test.sh

. "$(dirname "$0")/checks.sh"

mkdir -p drive/inside
echo secret > secret.txt
echo inside > drive/inside/file.txt
ln -s ../secret.txt drive/link.txt
ln -s .. drive/up
ln -s "$PWD/secret.txt" drive/absolute.txt
ln -s inside drive/within

cat > paths.c <<'END'
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        HANDLE file = CreateFileA(argv[i], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0,
                                  NULL);

        printf("%s: %s\n", argv[i], file == INVALID_HANDLE_VALUE ? "refused" : "opened");
        if (file != INVALID_HANDLE_VALUE)
            WriteFile(file, "broken", 6, &(DWORD){0}, NULL), CloseHandle(file);
    }
    return 0;
}
END

raw() { call run --quiet --c-drive drive raw.exe "$@"; cat out err; }

# A raw `syscall` of the program is a service of NT, whatever its number means to Linux.
is_service() {
    raw linux "$1"
    lacks out 'reached Linux' && [ "$code" != 77 ] && [ ! -e marker ] && [ ! -e drive/marker ] &&
        { match err '^\*\*\* unimplemented: Nt[A-Za-z]*: system service' 2> /dev/null ||
            match out '^refused: 0x'; }
}

# A `syscall` instruction of the host's C library reaches the filter.
is_refused() {
    raw library "$1"
    match out '^instruction: found' '^refused: 0xffffffffffffffff' && [ ! -e marker ]
}
kills() {
    raw library "$1"
    [ "$code" = 159 ] && match out '^instruction: found' && lacks out '^refused'
}

# On Windows, too, nothing is above the root: `..` there stays.
stays_at_root() {
    opened_path 'C:\..\..\root.txt' && [ -e drive/root.txt ] && [ ! -e root.txt ] && [ ! -e ../root.txt ]
}

# refused_path PATH...: none can be opened; what lies outside is as it was.
refused_path() {
    local path
    call run --quiet --c-drive drive paths.exe "$@"
    cat out
    for path; do grep -qxF -- "$path: refused" out || { echo "not refused: $path"; return 1; }; done
    [ "$(cat secret.txt)" = secret ] && [ ! -e new.txt ]
}
opened_path() {
    call run --quiet --c-drive drive paths.exe "$1"
    cat out err
    grep -qxF -- "$1: opened" out
}
no_drive() {
    call run --quiet paths.exe 'C:\new.txt' 'C:\inside\file.txt'
    [ ! -e new.txt ] && [ "$(cat secret.txt)" = secret ] && lacks out 'file.txt: opened.*inside'
}

ok 'the programs compile' "$ringside" cc "$top/tests/guest/user/raw_syscall.c" -o raw.exe
ok '... both' "$ringside" cc paths.c -o paths.exe
for name in write open socket execve exit; do
    ok "a raw $name does not reach Linux" is_service $name
done
ok 'open through the C library is refused' is_refused open
ok 'a socket through the C library ends the process' kills socket
ok 'execve through the C library ends the process' kills execve
ok 'a path inside' opened_path 'C:\inside\file.txt'
ok 'a link inside' opened_path 'C:\within\file.txt'
ok '.. at the root' stays_at_root
ok 'paths above C:' refused_path 'C:\inside\..\..\new.txt\x' '\\.\C:\..\..\secret.txt' \
    '\\?\C:\..\secret.txt' 'C:\../../etc/passwd'
ok 'links out of C:' refused_path 'C:\link.txt' 'C:\absolute.txt' 'C:\up\secret.txt' 'C:\up\new.txt'
ok 'other drives and networks' refused_path 'D:\x' 'Z:\etc\passwd' '\\server\share\x'
ok 'Linux paths' refused_path '/etc/passwd/' '\\.\GLOBALROOT\etc\passwd' '/proc/self/mem'
ok 'without --c-drive nothing is written' no_drive

finish
