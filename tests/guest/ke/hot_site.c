/*
 * Privileged instructions in loops, inline in each form that compilers write: the hundredth time
 * they do what they did the first time, and nothing else.
 */
#include "../guest.h"

#define ROUNDS 40
#define REGISTERS 15
#define ARITHMETIC_FLAGS 0x8D5 /* OF SF ZF AF PF CF */
#define INTERRUPT_FLAG 0x202   /* and the bit that is always set */

/* Registers before and after a site: rax rcx rdx rbx rbp rsi rdi r8 … r15. */
struct processor {
    ULONG64 registers[REGISTERS];
    ULONG64 flags;
};

enum { RAX, RCX, RDX, RBX, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

/* void NAME(struct processor *state): run one instruction with these registers and flags. */
#define SITE(name, instruction)                                                                    \
    __attribute__((naked)) static void name(struct processor *state)                               \
    {                                                                                              \
        __asm__ volatile("pushq %rbx; pushq %rbp; pushq %rsi; pushq %rdi\n\t"                      \
                         "pushq %r12; pushq %r13; pushq %r14; pushq %r15\n\t"                      \
                         "pushq %rcx; pushq 120(%rcx); popfq\n\t"                                  \
                         "movq 0(%rcx), %rax; movq 16(%rcx), %rdx; movq 24(%rcx), %rbx\n\t"        \
                         "movq 32(%rcx), %rbp; movq 40(%rcx), %rsi; movq 48(%rcx), %rdi\n\t"       \
                         "movq 56(%rcx), %r8; movq 64(%rcx), %r9; movq 72(%rcx), %r10\n\t"         \
                         "movq 80(%rcx), %r11; movq 88(%rcx), %r12; movq 96(%rcx), %r13\n\t"       \
                         "movq 104(%rcx), %r14; movq 112(%rcx), %r15\n\t"                          \
                         "movq 8(%rcx), %rcx\n\t" instruction "\n\t"                               \
                         "pushfq; pushq %rcx; movq 16(%rsp), %rcx\n\t"                             \
                         "movq %rax, 0(%rcx); movq %rdx, 16(%rcx); movq %rbx, 24(%rcx)\n\t"        \
                         "movq %rbp, 32(%rcx); movq %rsi, 40(%rcx); movq %rdi, 48(%rcx)\n\t"       \
                         "movq %r8, 56(%rcx); movq %r9, 64(%rcx); movq %r10, 72(%rcx)\n\t"         \
                         "movq %r11, 80(%rcx); movq %r12, 88(%rcx); movq %r13, 96(%rcx)\n\t"       \
                         "movq %r14, 104(%rcx); movq %r15, 112(%rcx)\n\t"                          \
                         "popq 8(%rcx); popq 120(%rcx); addq $8, %rsp; cld\n\t"                    \
                         "popq %r15; popq %r14; popq %r13; popq %r12\n\t"                          \
                         "popq %rdi; popq %rsi; popq %rbp; popq %rbx; retq");                      \
    }

#define CR8_SITES(name)                                                                            \
    SITE(read_##name, "movq %cr8, %" #name)                                                        \
    SITE(write_##name, "movq %" #name ", %cr8")

CR8_SITES(rax)
CR8_SITES(rcx)
CR8_SITES(rdx)
CR8_SITES(rbx)
CR8_SITES(rbp)
CR8_SITES(rsi)
CR8_SITES(rdi)
CR8_SITES(r8)
CR8_SITES(r9)
CR8_SITES(r10)
CR8_SITES(r11)
CR8_SITES(r12)
CR8_SITES(r13)
CR8_SITES(r14)
CR8_SITES(r15)
SITE(disable, "cli")
SITE(enable, "sti")

static const struct {
    void (*read)(struct processor *state);
    void (*write)(struct processor *state);
} cr8_sites[REGISTERS] = {
    {read_rax, write_rax}, {read_rcx, write_rcx}, {read_rdx, write_rdx}, {read_rbx, write_rbx},
    {read_rbp, write_rbp}, {read_rsi, write_rsi}, {read_rdi, write_rdi}, {read_r8, write_r8},
    {read_r9, write_r9},   {read_r10, write_r10}, {read_r11, write_r11}, {read_r12, write_r12},
    {read_r13, write_r13}, {read_r14, write_r14}, {read_r15, write_r15},
};

/* Flags that differ from round to round, each of the six set and clear. */
static ULONG64 some_flags(int round)
{
    return ((ULONG64)round * 0x137 & ARITHMETIC_FLAGS) | INTERRUPT_FLAG;
}

static void fill(struct processor *state, int round)
{
    for (int i = 0; i < REGISTERS; i++)
        state->registers[i] = 0x1111111111111111ull * (ULONG64)(i + 1) + (ULONG64)round;
    state->flags = some_flags(round);
}

/* Registers and arithmetic flags as before; returns how many differ. */
static int differences(const struct processor *before, const struct processor *after)
{
    int count = 0;

    for (int i = 0; i < REGISTERS; i++)
        count += before->registers[i] != after->registers[i];
    return count + ((before->flags ^ after->flags) & ARITHMETIC_FLAGS ? 1 : 0);
}

GUEST_TEST(reading_cr8_changes_one_register)
{
    for (int number = 0; number < REGISTERS; number++) {
        int wrong = 0;

        for (int round = 0; round < ROUNDS; round++) {
            struct processor before, after;
            KIRQL old, irql = (KIRQL)(round % 3);

            fill(&before, round);
            after = before;
            KeRaiseIrql(irql, &old);
            cr8_sites[number].read(&after);
            KeLowerIrql(old);
            before.registers[number] = irql;
            wrong += differences(&before, &after);
        }
        ok(wrong == 0, "register %d: %d differences", number, wrong);
    }
}

GUEST_TEST(writing_cr8_changes_the_irql)
{
    for (int number = 0; number < REGISTERS; number++) {
        int wrong = 0;

        for (int round = 0; round < ROUNDS; round++) {
            struct processor before, after;
            KIRQL irql = (KIRQL)(round % 2 ? PASSIVE_LEVEL : 1 + round % 15);

            fill(&before, round);
            before.registers[number] = irql;
            after = before;
            cr8_sites[number].write(&after);
            wrong += differences(&before, &after) + (KeGetCurrentIrql() != irql);
        }
        ok(wrong == 0, "register %d: %d differences", number, wrong);
        ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

GUEST_TEST(cli_and_sti_change_no_register)
{
    int wrong = 0;

    for (int round = 0; round < ROUNDS; round++) {
        struct processor before, after;

        fill(&before, round);
        after = before;
        disable(&after);
        wrong += differences(&before, &after);
        after = before;
        enable(&after);
        wrong += differences(&before, &after);
    }
    ok_eq_int(wrong, 0);
}

static volatile LONG dpc_runs;

static VOID NTAPI count_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    InterlockedIncrement(&dpc_runs);
}

static __inline__ __attribute__((always_inline)) ULONG64 read_cr8(void)
{
    ULONG64 value;

    __asm__ volatile("movq %%cr8, %0" : "=r"(value) : : "memory");
    return value;
}

static __inline__ __attribute__((always_inline)) void write_cr8(ULONG64 value)
{
    __asm__ volatile("movq %0, %%cr8" : : "r"(value) : "memory");
}

GUEST_TEST(lowering_inline_delivers_dpcs)
{
    static KDPC dpc;
    int wrong = 0;

    dpc_runs = 0;
    KeInitializeDpc(&dpc, count_dpc, NULL);
    KeSetTargetProcessorDpc(&dpc, (CCHAR)KeGetCurrentProcessorNumber());
    for (int round = 0; round < ROUNDS; round++) {
        ULONG64 old = read_cr8();

        write_cr8(DISPATCH_LEVEL);
        if (round % 3) /* in other rounds there is nothing to do */
            KeInsertQueueDpc(&dpc, NULL, NULL);
        wrong += dpc_runs != round - (round + 2) / 3;
        write_cr8(old);
        wrong += dpc_runs != round + 1 - (round + 3) / 3;
    }
    ok_eq_int(wrong, 0);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

GUEST_TEST(lowering_to_dispatch_delivers_nothing)
{
    static KDPC dpc;
    int early = 0;

    dpc_runs = 0;
    KeInitializeDpc(&dpc, count_dpc, NULL);
    KeSetTargetProcessorDpc(&dpc, (CCHAR)KeGetCurrentProcessorNumber());
    for (int round = 0; round < ROUNDS; round++) {
        KIRQL old;

        KeRaiseIrql(DISPATCH_LEVEL, &old);
        KeInsertQueueDpc(&dpc, NULL, NULL);
        write_cr8(DISPATCH_LEVEL + 3);
        write_cr8(DISPATCH_LEVEL);
        early += dpc_runs != round;
        KeLowerIrql(old);
    }
    ok_eq_int(early, 0);
    ok_eq_int(dpc_runs, ROUNDS);
}

static ULONG64 exception_address(const EXCEPTION_POINTERS *pointers)
{
    return (ULONG64)pointers->ExceptionRecord->ExceptionAddress;
}

/* Inline, in the middle of a function with a frame: what the exception says, and where it is. */
static NTSTATUS try_to_write(ULONG64 value, ULONG64 *address)
{
    NTSTATUS status = STATUS_SUCCESS;
    volatile UCHAR frame[256];
    volatile ULONG64 site = 0;

    frame[value & 15] = 1;
    __try {
        __asm__ volatile("leaq 1f(%%rip), %%rax\n\tmovq %%rax, %0\n1:\tmovq %1, %%cr8"
                         : "=m"(site)
                         : "r"(value)
                         : "rax", "memory");
        write_cr8(PASSIVE_LEVEL);
    } __except (*address = exception_address(GetExceptionInformation()),
                EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
        *address -= site;
    }
    return status;
}

GUEST_TEST(bad_values_raise_at_the_site)
{
    int wrong = 0;

    for (int round = 0; round < ROUNDS; round++) {
        ULONG64 distance = 1;

        wrong += try_to_write(round % 15, &distance) != STATUS_SUCCESS;
        wrong += try_to_write(16 + round, &distance) != STATUS_ACCESS_VIOLATION;
        wrong += distance != 0;
    }
    ok_eq_int(wrong, 0);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* An exception in a frame that a site's jump leads back to: the stack is as it was. */
static NTSTATUS fault_behind_a_site(const volatile ULONG *pointer)
{
    __try {
        write_cr8(APC_LEVEL);
        write_cr8(PASSIVE_LEVEL);
        return (NTSTATUS)*pointer;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
}

GUEST_TEST(faults_behind_a_site_are_handled)
{
    int wrong = 0;

    for (int round = 0; round < ROUNDS; round++)
        wrong += fault_behind_a_site((const volatile ULONG *)0x10) != STATUS_ACCESS_VIOLATION;
    ok_eq_int(wrong, 0);
}

/* The loop jumps to the instruction behind each site. */
GUEST_TEST(code_behind_a_site_is_a_branch_target)
{
    ULONG64 count = ROUNDS, sum = 0, value = 100, passes = 0;

    __asm__ volatile("	jmp	2f\n"
                     "1:	movq	%%cr8, %[value]\n"
                     "2:	addq	%[value], %[sum]\n"
                     "	incq	%[passes]\n"
                     "	testq	$1, %[count]\n"
                     "	jnz	4f\n"
                     "	jmp	3f\n"
                     "3:	cli\n"
                     "4:	incq	%[sum]\n"
                     "	sti\n"
                     "	decq	%[count]\n"
                     "	jnz	1b\n"
                     : [value] "+r"(value), [sum] "+r"(sum), [passes] "+r"(passes),
                       [count] "+r"(count)
                     :
                     : "memory", "cc");
    ok_eq_int(passes, ROUNDS);
    ok_eq_int(sum, 100 + ROUNDS);
    ok_eq_int(value, PASSIVE_LEVEL);
}

/* Where runs are interleaved, breakpoints come and go on the instructions behind the sites. */
GUEST_TEST(shared_memory_behind_a_site)
{
    static volatile ULONG counters[3];
    ULONG64 irql = APC_LEVEL;

    counters[0] = counters[1] = counters[2] = 0;
    for (int round = 0; round < 5 * ROUNDS; round++) {
        KeGetCurrentIrql();
        __asm__ volatile("movq %[irql], %%cr8\n\t"
                         "incl (%[counters])\n\t"
                         "movq %[passive], %%cr8\n\t"
                         "incl 4(%[counters])\n\t"
                         "cli\n\t"
                         "incl 8(%[counters])\n\t"
                         "sti"
                         :
                         : [irql] "r"(irql), [passive] "r"((ULONG64)PASSIVE_LEVEL),
                           [counters] "r"(counters)
                         : "memory", "cc");
    }
    ok_eq_int(counters[0], 5 * ROUNDS);
    ok_eq_int(counters[1], 5 * ROUNDS);
    ok_eq_int(counters[2], 5 * ROUNDS);
}

/* Functions that end behind their site, without space between them. */
ULONG64 hot_site_end_one(void);
ULONG64 hot_site_end_two(ULONG64 irql);
__asm__(".text\n"
        ".globl hot_site_end_one, hot_site_end_two\n"
        "hot_site_end_one:\n"
        "        movq    %cr8, %rax\n"
        "        retq\n"
        "hot_site_end_two:\n"
        "        movq    %cr8, %rax\n"
        "        movq    %rcx, %cr8\n"
        "        retq\n");

GUEST_TEST(sites_at_the_end_of_functions)
{
    int wrong = 0;

    for (int round = 0; round < ROUNDS; round++) {
        wrong += hot_site_end_one() != PASSIVE_LEVEL;
        wrong += hot_site_end_two(APC_LEVEL) != PASSIVE_LEVEL;
        wrong += hot_site_end_one() != APC_LEVEL;
        wrong += hot_site_end_two(PASSIVE_LEVEL) != APC_LEVEL;
    }
    ok_eq_int(wrong, 0);
}

/* Nothing between them: each is part of what the one before it looks like. */
GUEST_TEST(sites_back_to_back)
{
    int wrong = 0;

    for (int round = 0; round < ROUNDS; round++) {
        ULONG64 first, second, third, fourth;

        __asm__ volatile("movq %%cr8, %0\n\t"
                         "movq %4, %%cr8\n\t"
                         "movq %%cr8, %1\n\t"
                         "cli\n\t"
                         "sti\n\t"
                         "cli\n\t"
                         "movq %5, %%cr8\n\t"
                         "sti\n\t"
                         "movq %%cr8, %2\n\t"
                         "movq %6, %%cr8\n\t"
                         "movq %%cr8, %3\n\t"
                         : "=&r"(first), "=&r"(second), "=&r"(third), "=&r"(fourth)
                         : "r"((ULONG64)DISPATCH_LEVEL), "r"((ULONG64)APC_LEVEL),
                           "r"((ULONG64)PASSIVE_LEVEL)
                         : "memory");
        wrong += first != PASSIVE_LEVEL || second != DISPATCH_LEVEL || third != APC_LEVEL ||
                 fourth != PASSIVE_LEVEL;
    }
    ok_eq_int(wrong, 0);
}

/* Timers are due when sti lets the processor notice. */
GUEST_TEST(sti_delivers_dpcs)
{
    static KDPC dpc;
    int wrong = 0;

    dpc_runs = 0;
    KeInitializeDpc(&dpc, count_dpc, NULL);
    KeSetTargetProcessorDpc(&dpc, (CCHAR)KeGetCurrentProcessorNumber());
    for (int round = 0; round < ROUNDS; round++) {
        __asm__ volatile("cli" : : : "memory");
        write_cr8(DISPATCH_LEVEL);
        KeInsertQueueDpc(&dpc, NULL, NULL);
        write_cr8(PASSIVE_LEVEL);
        wrong += dpc_runs != round;
        __asm__ volatile("sti\n\tnop" : : : "memory");
        wrong += dpc_runs != round + 1;
    }
    ok_eq_int(wrong, 0);
}

GUEST_TEST_FILE(hot_site, GUEST_ROW(reading_cr8_changes_one_register),
                GUEST_ROW(writing_cr8_changes_the_irql), GUEST_ROW(cli_and_sti_change_no_register),
                GUEST_ROW(lowering_inline_delivers_dpcs),
                GUEST_ROW(lowering_to_dispatch_delivers_nothing),
                GUEST_ROW(bad_values_raise_at_the_site),
                GUEST_ROW(faults_behind_a_site_are_handled),
                GUEST_ROW(code_behind_a_site_is_a_branch_target),
                GUEST_ROW(shared_memory_behind_a_site),
                GUEST_ROW(sites_at_the_end_of_functions), GUEST_ROW(sites_back_to_back),
                GUEST_ROW(sti_delivers_dpcs));
