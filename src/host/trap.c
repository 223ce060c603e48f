/*
 * Traps. A Linux signal that the guest caused becomes a `struct machine_trap` on the kernel stack,
 * and the signal handler returns into the kernel's trap entry, as hardware would. All policy is in
 * the kernel; this file only decides on which stack the frame is built.
 *
 * gs tells the mode: it holds the KPCR in kernel mode and the TEB in user mode. Signals do not
 * change it, so the handler reads it with rdgsbase.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "host/gdb.h"
#include "host/host.h"

#define SIGNAL_STACK_SIZE (64u << 10)
#define FP_SOFTWARE_BYTES_OFFSET 464 /* Linux keeps the size of the extended state here */
#define FP_XSTATE_MAGIC 0x46505853u
#define FP_LEGACY_SIZE 512u
#define FP_MAXIMUM_SIZE 8192u
#define RFLAGS_TRAP 0x100u
#define RFLAGS_DIRECTION 0x400u
#define RFLAGS_ALIGNMENT 0x40000u
#define HOME_SPACE 32u /* Microsoft calling convention */

static void *signal_stack;
static const int trap_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGVTALRM};

static uint64_t read_gs_base(void)
{
    uint64_t base;

    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

static void write_gs_base(uint64_t base)
{
    __asm__ volatile("wrgsbase %0" : : "r"(base));
}

static const int register_order[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

/* Which x86 vector the signal stands for. */
static uint64_t vector_of(int signal, const siginfo_t *info, const greg_t *registers)
{
    if (signal == SIGSYS)
        return MACHINE_VECTOR_SYSTEM_CALL;
    if (signal == SIGVTALRM)
        return MACHINE_VECTOR_WATCHDOG;
    if (signal == SIGBUS && info->si_code == BUS_ADRERR)
        return MACHINE_VECTOR_PAGE_FAULT;
    return (uint64_t)registers[REG_TRAPNO];
}

/* Size and component mask of the XSAVE area that Linux saved; legacy FXSAVE when it says nothing.
 */
static uint32_t fp_size(const uint8_t *fp, uint64_t *mask)
{
    uint32_t words[4];

    memcpy(words, fp + FP_SOFTWARE_BYTES_OFFSET, sizeof words);
    if (words[0] != FP_XSTATE_MAGIC) {
        *mask = 3;
        return FP_LEGACY_SIZE;
    }
    memcpy(mask, fp + FP_SOFTWARE_BYTES_OFFSET + 8, sizeof *mask);
    return words[1] > FP_MAXIMUM_SIZE ? FP_LEGACY_SIZE : words[1];
}

/* Choose the stack for the frame: the running kernel stack, its top, or the fault stack. */
static uint64_t choose_stack(const struct machine_processor *processor, uint64_t rsp, bool user,
                             uint64_t needed, uint64_t *overflow)
{
    *overflow = 0;
    if (user)
        return processor->trap_stack;
    if (rsp > processor->stack_low + needed && rsp <= processor->stack_high)
        return rsp;
    *overflow = 1;
    return processor->fault_stack;
}

static void build_trap(int signal, const siginfo_t *info, ucontext_t *context)
{
    struct machine_processor *processor = host.entries.processor;
    greg_t *registers = context->uc_mcontext.gregs;
    const uint8_t *fp = (const uint8_t *)context->uc_mcontext.fpregs;
    bool user = read_gs_base() != processor->kernel_gs;
    uint64_t fp_mask, overflow;
    uint32_t fp_bytes = fp_size(fp, &fp_mask);
    uint64_t needed = sizeof(struct machine_trap) + fp_bytes + 4096;
    uint64_t stack = choose_stack(processor, (uint64_t)registers[REG_RSP], user, needed, &overflow);
    uint64_t fp_at = (stack - 128 - fp_bytes) & ~63ull;
    struct machine_trap *trap =
        (struct machine_trap *)((fp_at - sizeof(struct machine_trap)) & ~63ull);

    memcpy((void *)fp_at, fp, fp_bytes);
    for (int i = 0; i < 16; i++)
        trap->registers[i] = (uint64_t)registers[register_order[i]];
    trap->rip = (uint64_t)registers[REG_RIP];
    trap->rflags = (uint64_t)registers[REG_EFL];
    trap->vector = vector_of(signal, info, registers);
    trap->error = (uint64_t)registers[REG_ERR];
    trap->address = trap->vector == MACHINE_VECTOR_PAGE_FAULT ? (uint64_t)info->si_addr : 0;
    trap->user = user;
    trap->stack_overflow = overflow;
    trap->fp_mask = fp_mask;
    trap->fp_state = fp_at;

    registers[REG_RCX] = (greg_t)trap;
    registers[REG_RIP] = (greg_t)host.entries.trap;
    registers[REG_RSP] = (greg_t)((uint64_t)trap - HOME_SPACE);
    registers[REG_EFL] &= ~(greg_t)(RFLAGS_TRAP | RFLAGS_DIRECTION | RFLAGS_ALIGNMENT);
    processor->debugger = host_gdb_listens();
    write_gs_base(processor->kernel_gs);
}

/* A raw system call of host code (a statically linked sanitizer, say): perform it for the caller.
 */
static void forward_system_call(greg_t *r)
{
    r[REG_RAX] =
        syscall(r[REG_RAX], r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]);
}

/* Code of Linux programs and libraries. A wild jump elsewhere, even to NULL, is the guest's. */
static bool is_host_code(uint64_t rip)
{
    return (rip >= MACHINE_USER_END && rip < MACHINE_STUB_START) ||
           (rip >= MACHINE_SYSTEM_END && rip < 1ull << 47);
}

/* Kernel code that is about to change stacks runs on another one for a moment: not then. */
static bool watchdog_may_interrupt(uint64_t rsp)
{
    const struct machine_processor *processor = host.entries.processor;

    return host.in_guest && processor && !processor->switching &&
           (read_gs_base() != processor->kernel_gs ||
            (rsp > processor->stack_low && rsp <= processor->stack_high));
}

static void on_signal(int signal, siginfo_t *info, void *opaque)
{
    ucontext_t *context = opaque;
    greg_t *registers = context->uc_mcontext.gregs;
    uint64_t rip = (uint64_t)registers[REG_RIP];

    if (signal == SIGVTALRM && !watchdog_may_interrupt((uint64_t)registers[REG_RSP]))
        return;
    if (signal == SIGVTALRM && !is_host_code(rip))
        host_gdb_poll(); /* a debugger came: no code of the host was interrupted */
    if (host.in_guest && !is_host_code(rip))
        build_trap(signal, info, context);
    else if (signal == SIGSYS)
        forward_system_call(registers);
    else if (signal != SIGVTALRM)
        host_fatal("signal %d in host code at 0x%llx, address 0x%llx", signal,
                   (unsigned long long)rip, (unsigned long long)info->si_addr);
}

void host_traps_install(void)
{
    stack_t stack = {.ss_size = SIGNAL_STACK_SIZE};
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    signal_stack =
        mmap(NULL, SIGNAL_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (signal_stack == MAP_FAILED)
        host_fatal("no memory for the signal stack");
    stack.ss_sp = signal_stack;
    sigaltstack(&stack, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof trap_signals / sizeof *trap_signals; i++)
        sigaction(trap_signals[i], &action, NULL);
}

void host_traps_remove(void)
{
    stack_t stack = {.ss_flags = SS_DISABLE};

    for (size_t i = 0; i < sizeof trap_signals / sizeof *trap_signals; i++)
        signal(trap_signals[i], SIG_DFL);
    sigaltstack(&stack, NULL);
    munmap(signal_stack, SIGNAL_STACK_SIZE);
}

void host_watchdog_start(unsigned milliseconds)
{
    struct timeval slice = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    struct itimerval timer = {.it_interval = slice, .it_value = slice};

    setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

void host_watchdog_stop(void)
{
    struct itimerval timer = {0};

    setitimer(ITIMER_VIRTUAL, &timer, NULL);
}
