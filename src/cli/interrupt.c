/*
 * Ctrl-C: leaving the machine in the middle of its work.
 *
 * The handler jumps out of whatever the process is doing. That is sound in code of drivers and
 * programs, which hold none of our locks, and in a system call that waits. Elsewhere (the C library
 * may be changing its heap) a timer asks again soon. A second Ctrl-C ends the process at once.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "cli.h"
#include "interrupt.h"

#define RETRY_US 1000
/* Programs and libraries of Linux lie from here on; images of drivers and programs do not. */
#define HOST_CODE_FIRST 0x400000000000ull
#define HOST_CODE_LAST 0x5FFFFFFFFFFFull
#define GUEST_CODE_END 0x700000000000ull

static sigjmp_buf leave;
static volatile sig_atomic_t interrupts;

static bool is_guest_code(uint64_t address)
{
    return address < HOST_CODE_FIRST || (address > HOST_CODE_LAST && address < GUEST_CODE_END);
}

/* An interrupted system call: the signal came while `syscall`, two bytes back, was waiting. */
static bool is_waiting(uint64_t address)
{
    static const uint8_t system_call[] = {0x0F, 0x05};

    return memcmp((const void *)(address - sizeof system_call), system_call, sizeof system_call) ==
           0;
}

static void on_interrupt(int number, siginfo_t *info, void *opaque)
{
    const ucontext_t *context = opaque;
    uint64_t address = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    struct itimerval soon = {.it_value = {.tv_usec = RETRY_US}};

    (void)info;
    interrupts += number == SIGINT;
    if (interrupts > 1) /* again, because the first did not help */
        _exit(CLI_EXIT_INTERRUPT);
    if (is_guest_code(address) || is_waiting(address))
        siglongjmp(leave, 1);
    setitimer(ITIMER_REAL, &soon, NULL);
}

static void set_handlers(void (*handler)(int, siginfo_t *, void *))
{
    static const int signals[] = {SIGINT, SIGALRM};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};

    if (handler)
        action.sa_sigaction = handler;
    else
        action.sa_handler = SIG_DFL;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

/* As for a process that was started in the background, or with nohup. */
static bool is_ignored(void)
{
    struct sigaction action;

    return sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool interrupt_call(void (*work)(void *context), void *context)
{
    if (sigsetjmp(leave, 1) != 0) {
        set_handlers(NULL);
        return false;
    }
    if (is_ignored()) {
        work(context);
        return true;
    }
    set_handlers(on_interrupt);
    work(context);
    set_handlers(NULL);
    return true;
}
