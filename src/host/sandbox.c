/*
 * The sandbox: a seccomp filter for system calls, and Landlock for paths.
 *
 * Three answers to a call:
 *   allowed  what the host side does after boot (`allowed_calls`, `add_argument_rules`)
 *   killed   what only an attack does: start a program, trace a process, open a socket, change
 *            the kernel (`killed_calls`). The process ends with SIGSYS, so that nobody can go on
 *            after a first try.
 *   EPERM    everything else: libc and sanitizers probe harmless calls and live with a refusal.
 *
 * The filter sees arguments, not what pointers lead to: it can require that openat2 starts at the
 * C: folder, but not RESOLVE_BENEATH, which is in memory. The host always sets it; against a
 * caller who does not, Landlock confines the process to the folder. Linux before 5.13 has no
 * Landlock: the state then says so.
 *
 * Builds with AddressSanitizer keep the calls of its leak checker and symbolizer; they are made
 * by developers, who run their own drivers.
 */
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/prctl.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sanitizer.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF 0
#define PR_SYS_DISPATCH_ON 1
#endif

#define LIBC_START 0x700000000000ul
#define LIBC_SIZE 0x0FFFFFFFFFFFul

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int allowed_calls[] = {
    /* open descriptors */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(getdents64),
    SCMP_SYS(fallocate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    /* memory */
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(membarrier),
    SCMP_SYS(mincore),
    /* time */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(timer_create),
    SCMP_SYS(timer_settime),
    SCMP_SYS(timer_gettime),
    SCMP_SYS(timer_getoverrun),
    SCMP_SYS(timer_delete),
    SCMP_SYS(setitimer),
    SCMP_SYS(getitimer),
    /* signals */
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    /* the process itself */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrandom),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(getrusage),
};

static const int killed_calls[] = {
    /* programs and processes */
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(kcmp),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    /* network and other processes' objects */
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(shmget),
    SCMP_SYS(shmat),
    SCMP_SYS(msgget),
    SCMP_SYS(mq_open),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    /* the kernel and the machine */
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(swapon),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(capset),
    SCMP_SYS(personality),
#ifndef HOST_ADDRESS_SANITIZER
    SCMP_SYS(ptrace),
#endif
};

#ifdef HOST_ADDRESS_SANITIZER
static const int sanitizer_calls[] = {
    SCMP_SYS(clone),     SCMP_SYS(getdents),
    SCMP_SYS(ptrace),    SCMP_SYS(wait4),
    SCMP_SYS(readlink),  SCMP_SYS(prctl),
    SCMP_SYS(open),      SCMP_SYS(openat),
    SCMP_SYS(stat),      SCMP_SYS(newfstatat),
    SCMP_SYS(getuid),    SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64), SCMP_SYS(sched_getaffinity),
};
#endif

/* Calls that start at a directory: only from the C: folder. Renaming has two of them. */
static const int folder_calls[] = {
    SCMP_SYS(openat2),  SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(unlinkat), SCMP_SYS(mkdirat),    SCMP_SYS(utimensat),
};

static int add_calls(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int result = 0;

    for (size_t i = 0; i < count && result == 0; i++)
        result = seccomp_rule_add(filter, action, calls[i], 0);
    return result;
}

static int add_folder_rules(scmp_filter_ctx filter, int folder)
{
    struct scmp_arg_cmp from = SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (unsigned)folder);
    struct scmp_arg_cmp to = SCMP_A2(SCMP_CMP_MASKED_EQ, UINT32_MAX, (unsigned)folder);
    int result = 0;

    for (size_t i = 0; i < COUNT(folder_calls) && result == 0; i++)
        result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, folder_calls[i], 1, &from);
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(renameat2), 2, from, to);
    return result;
}

/* Calls of which only some uses are allowed. */
static int add_argument_rules(scmp_filter_ctx filter)
{
    static const unsigned long terminal_requests[] = {TIOCGWINSZ, TCGETS};
    pid_t self = getpid();
    int result = 0;

    for (size_t i = 0; i < COUNT(terminal_requests) && result == 0; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, terminal_requests[i]));
    if (result == 0) /* abort() and raise() */
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)self, 0));
#ifndef HOST_ADDRESS_SANITIZER
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                                  SCMP_A0(SCMP_CMP_EQ, PR_SET_SYSCALL_USER_DISPATCH, 0));
#endif
    /* glibc's fstat(). It also lets others be asked about by path: metadata only, no contents. */
    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                                  SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH, 0));
    return result;
}

static int load_filter(int folder)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int result = filter != NULL ? 0 : -ENOMEM;

    if (result == 0)
        result = add_calls(filter, SCMP_ACT_ALLOW, allowed_calls, COUNT(allowed_calls));
    if (result == 0)
        result = add_calls(filter, SCMP_ACT_KILL_PROCESS, killed_calls, COUNT(killed_calls));
    if (result == 0)
        result = add_argument_rules(filter);
    if (result == 0 && folder >= 0)
        result = add_folder_rules(filter, folder);
#ifdef HOST_ADDRESS_SANITIZER
    if (result == 0)
        result = add_calls(filter, SCMP_ACT_ALLOW, sanitizer_calls, COUNT(sanitizer_calls));
#endif
    if (result == 0)
        result = seccomp_load(filter);
    if (filter != NULL)
        seccomp_release(filter);
    return result;
}

/* All rights to paths that Landlock of ABI 1 knows, and what later ABIs added. */
static uint64_t handled_rights(long abi)
{
    uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* EXECUTE … MAKE_SYM */

    if (abi >= 2)
        rights |= 1u << 13; /* link and rename between folders */
    if (abi >= 3)
        rights |= 1u << 14; /* truncate */
    return rights;
}

#ifdef HOST_ADDRESS_SANITIZER
/* The leak checker reads /proc, reports read the program and its sources. */
static void allow_sanitizer_paths(int ruleset)
{
    struct landlock_path_beneath_attr root = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
        .parent_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
    };

    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &root, 0);
    close(root.parent_fd);
}
#endif

/* Confine paths to `folder`, or to none for -1. Returns: false when Linux has no Landlock. */
static bool confine_paths(int folder, bool read_only)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return false;
    struct landlock_ruleset_attr attributes = {.handled_access_fs = handled_rights(abi)};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
    if (ruleset < 0)
        return false;

    uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    uint64_t changing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                        LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                        LANDLOCK_ACCESS_FS_MAKE_REG | (attributes.handled_access_fs & (3u << 13));
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = read_only ? reading : reading | changing,
        .parent_fd = folder,
    };
#ifdef HOST_ADDRESS_SANITIZER
    allow_sanitizer_paths(ruleset);
#endif
    bool done = (folder < 0 || syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                                       &beneath, 0) == 0) &&
                syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return done;
}

bool host_sandbox_enter(const struct host_sandbox_options *options, enum host_sandbox_state *state)
{
    enum host_sandbox_state ignored;

    if (state == NULL)
        state = &ignored;
    *state = HOST_SANDBOX_OFF;
    if (options->disabled)
        return true;
    *state = HOST_SANDBOX_FAILED;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    /* Paths first: the filter no longer lets Landlock's calls through. */
    bool paths = confine_paths(options->folder, options->read_only);
    int result = load_filter(options->folder);
    if (result != 0) {
        errno = -result;
        return false;
    }
    *state = paths ? HOST_SANDBOX_FULL : HOST_SANDBOX_CALLS;
    return true;
}

bool host_syscall_dispatch_enable(void)
{
    return prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, LIBC_START, LIBC_SIZE, NULL) ==
           0;
}

void host_syscall_dispatch_disable(void)
{
    prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
}
