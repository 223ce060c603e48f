/*
 * The sandbox and system call dispatch. Each case runs in a child process, because there is no
 * way out of a sandbox; the child's exit status or signal is the result.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/sandbox.h"

#define DONE 42

static char folder_path[] = "/tmp/sandbox_test_XXXXXX";

/* Run `body` in a child; its return value is the exit status. Returns: the wait status. */
static int in_child(int (*body)(int folder))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        int folder = open(folder_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        _exit(body(folder));
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static bool enter(int folder, bool read_only)
{
    struct host_sandbox_options options = {.folder = folder, .read_only = read_only};
    enum host_sandbox_state state;

    return host_sandbox_enter(&options, &state) && state >= HOST_SANDBOX_CALLS;
}

static int open_beneath(int folder, const char *path, unsigned flags, unsigned resolve)
{
    struct open_how how = {.flags = flags, .resolve = resolve};

    if (flags & O_CREAT)
        how.mode = 0600;
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

static int work_as_usual(int folder)
{
    struct timespec now;
    char byte;
    void *memory;

    if (!enter(folder, false))
        return 1;
    memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, 4096, PROT_READ | PROT_EXEC) != 0 ||
        munmap(memory, 1 << 20) != 0)
        return 2;
    free(malloc(8 << 20));
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0 || getppid() <= 0)
        return 3;
    int file = open_beneath(folder, "new", O_RDWR | O_CREAT, RESOLVE_BENEATH);
    if (file < 0 || write(file, "x", 1) != 1 || pread(file, &byte, 1, 0) != 1 || byte != 'x')
        return 4;
    struct stat information;
    if (fstat(file, &information) != 0 || information.st_size != 1 || ftruncate(file, 9) != 0)
        return 5;
    close(file);
    if (mkdirat(folder, "d", 0700) != 0 || unlinkat(folder, "d", AT_REMOVEDIR) != 0 ||
        syscall(SYS_renameat2, folder, "new", folder, "old", 0) != 0 ||
        unlinkat(folder, "old", 0) != 0)
        return 6;
    return DONE;
}

#ifndef __SANITIZE_ADDRESS__ /* which must be able to open its own files */
static int cannot_leave_the_folder(int folder)
{
    if (!enter(folder, false))
        return 1;
    if (open_beneath(AT_FDCWD, "/etc/passwd", O_RDONLY, 0) >= 0 || errno != EPERM)
        return 2;
    if (open_beneath(folder, "../../etc/passwd", O_RDONLY, RESOLVE_BENEATH) >= 0)
        return 3;
    /* Without RESOLVE_BENEATH only Landlock is left to refuse. */
    if (open_beneath(folder, "/etc/passwd", O_RDONLY, 0) >= 0 || errno != EACCES)
        return 4;
    if (syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0)
        return 5;
    if (syscall(SYS_renameat2, folder, "kept", AT_FDCWD, "/tmp/stolen", 0) == 0)
        return 6;
    return DONE;
}
#endif

static int cannot_write_when_read_only(int folder)
{
    if (!enter(folder, true))
        return 1;
    if (open_beneath(folder, "kept", O_RDONLY, RESOLVE_BENEATH) < 0)
        return 2;
    if (open_beneath(folder, "kept", O_RDWR, RESOLVE_BENEATH) >= 0)
        return 3;
    if (open_beneath(folder, "other", O_RDWR | O_CREAT, RESOLVE_BENEATH) >= 0)
        return 4;
    if (unlinkat(folder, "kept", 0) == 0)
        return 5;
    return DONE;
}

static int starts_a_program(int folder)
{
    if (enter(folder, false))
        execl("/bin/true", "true", (char *)NULL);
    return 1;
}

static int opens_a_socket(int folder)
{
    if (enter(folder, false))
        socket(AF_INET, SOCK_STREAM, 0);
    return 1;
}

static int signals_its_parent(int folder)
{
    if (enter(folder, false))
        kill(getppid(), SIGUSR1);
    return 1;
}

static int aborts(int folder)
{
    if (enter(folder, false))
        abort();
    return 1;
}

static int is_disabled(int folder)
{
    struct host_sandbox_options options = {.disabled = true, .folder = folder};
    enum host_sandbox_state state = HOST_SANDBOX_FULL;

    if (!host_sandbox_enter(&options, &state) || state != HOST_SANDBOX_OFF)
        return 1;
    return open("/etc/passwd", O_RDONLY) >= 0 ? DONE : 2;
}

static void exits_done(int (*body)(int folder))
{
    int status = in_child(body);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), DONE);
}

static void dies_of(int (*body)(int folder), int number)
{
    int status = in_child(body);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), number);
}

static void allows_what_a_run_needs(void **state)
{
    (void)state;
    exits_done(work_as_usual);
    exits_done(is_disabled);
    dies_of(aborts, SIGABRT);
}

static void confines_paths(void **state)
{
    (void)state;
#ifndef __SANITIZE_ADDRESS__
    exits_done(cannot_leave_the_folder);
#endif
    exits_done(cannot_write_when_read_only);
}

static void kills_attacks(void **state)
{
    (void)state;
    dies_of(starts_a_program, SIGSYS);
    dies_of(opens_a_socket, SIGSYS);
    dies_of(signals_its_parent, SIGSYS);
}

/* A SIGSYS handler that answers the call itself, as the host does for guest code. */
static void answer(int number, siginfo_t *information, void *context)
{
    ucontext_t *interrupted = context;

    if (number == SIGSYS && information->si_code == 2 /* SYS_USER_DISPATCH */)
        interrupted->uc_mcontext.gregs[REG_RAX] = 1000 + information->si_syscall;
}

/* Makes a system call from outside of libc's range: `mov eax, 0x55; syscall; ret`. */
static int calls_from_guest_code(int folder)
{
    static const uint8_t code[] = {0xB8, 0x55, 0, 0, 0, 0x0F, 0x05, 0xC3};
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO};
    void *guest = mmap((void *)0x200000000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    long (*call)(void) = (long (*)(void))guest;

    if (guest == MAP_FAILED)
        return 1;
    memcpy(guest, code, sizeof(code));
    sigaction(SIGSYS, &action, NULL);
    if (!enter(folder, false) || !host_syscall_dispatch_enable())
        return 2;
    for (int i = 0; i < 100; i++)
        if (call() != 1000 + 0x55)
            return 3;
    if (getppid() <= 0) /* libc still reaches Linux */
        return 4;
    host_syscall_dispatch_disable();
    return call() == -EPERM ? DONE : 5; /* creat(2), now for the sandbox to refuse */
}

static void catches_guest_system_calls(void **state)
{
    (void)state;
    exits_done(calls_from_guest_code);
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder_path) == NULL)
        return -1;
    int folder = open(folder_path, O_PATH | O_DIRECTORY);
    close(openat(folder, "kept", O_CREAT | O_WRONLY, 0600));
    return close(folder);
}

static int remove_folder(void **state)
{
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "%s/kept", folder_path);
    unlink(path);
    return rmdir(folder_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_what_a_run_needs),
        cmocka_unit_test(confines_paths),
        cmocka_unit_test(kills_attacks),
        cmocka_unit_test(catches_guest_system_calls),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
