/*
 * KUSER_SHARED_DATA at its fixed kernel address, through a constant as compilers emit it, and
 * through an address that no loader can see beforehand. Each instruction on the page must have the
 * result and the flags that it has on a copy of the same bytes in ordinary memory.
 */
#include "../guest.h"

#define SHARED 0xFFFFF78000000000ull
#define NT_MAJOR_VERSION 0x26C
#define NT_SYSTEM_ROOT 0x030
#define FLAGS 0x8D5 /* overflow, sign, zero, adjust, parity, carry */

/* The address of a byte of the page, computed so that it is no constant in the code. */
static PUCHAR hidden(ULONG offset)
{
    ULONG64 half = SHARED >> 1;

    __asm__ volatile("" : "+r"(half));
    return (PUCHAR)((half << 1) + offset);
}

GUEST_TEST(constant_addresses)
{
    ULONG64 by_register;
    ULONG major;
    WCHAR drive;

    __asm__ volatile("movabsq $0xFFFFF7800000026C, %0\n\tmovl (%0), %1"
                     : "=&r"(by_register), "=r"(major));
    ok_eq_int(major, 10);
    __asm__ volatile("movabsq $0xFFFFF7800000026C, %%r11\n\tmovl (%%r11), %0"
                     : "=r"(major)
                     :
                     : "r11");
    ok_eq_int(major, 10);
    __asm__ volatile("movabsl 0xFFFFF7800000026C, %0" : "=a"(major));
    ok_eq_int(major, 10);
    __asm__ volatile("movabsw 0xFFFFF78000000030, %0" : "=a"(drive));
    ok_eq_int(drive, L'C');
    ok_eq_int(*(volatile ULONG *)(SHARED + NT_MAJOR_VERSION), 10);
}

GUEST_TEST(tick_count_is_the_kernels)
{
    volatile KSYSTEM_TIME *ticks = (volatile KSYSTEM_TIME *)hidden(0x320);
    LARGE_INTEGER count;

    KeQueryTickCount(&count);
    ok(count.LowPart - ticks->LowPart <= 1, "%u %u", count.LowPart, ticks->LowPart);
}

struct outcome {
    ULONG64 rax, rbx, rdx, flags;
};

/* Run one instruction that has its memory operand at (%rsi). */
#define RUN(text, outcome_, address)                                                               \
    __asm__ volatile("pushq %[flags_in]\n\tpopfq\n\t" text "\n\tpushfq\n\tpopq %[flags]"           \
                     : "+a"((outcome_).rax), "+b"((outcome_).rbx),                                 \
                       "+d"((outcome_).rdx), [flags] "=r"((outcome_).flags)                        \
                     : [flags_in] "r"((ULONG64)0x203), "S"(address)                                \
                     : "rcx", "memory", "cc")

static ULONG64 next_random(ULONG64 *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 8 ^ *state << 40;
}

/* The same instruction on the page and on a copy, with the same registers. */
#define SAME(text)                                                                                 \
    do {                                                                                           \
        struct outcome page, copied;                                                               \
                                                                                                   \
        page.rax = next_random(&random);                                                           \
        page.rbx = next_random(&random);                                                           \
        page.rdx = next_random(&random);                                                           \
        if (i == 0)                                                                                \
            RtlCopyMemory(&page.rax, copy + offset, sizeof(page.rax));                             \
        copied = page;                                                                             \
        RUN(text, page, hidden(offset));                                                           \
        RUN(text, copied, copy + offset);                                                          \
        ok(page.rax == copied.rax && page.rbx == copied.rbx && page.rdx == copied.rdx,             \
           "%s at %x: %llx %llx %llx, not %llx %llx %llx", text, offset, page.rax, page.rbx,       \
           page.rdx, copied.rax, copied.rbx, copied.rdx);                                          \
        ok(((page.flags ^ copied.flags) & FLAGS) == 0, "%s at %x: flags %llx, not %llx", text,     \
           offset, page.flags, copied.flags);                                                      \
    } while (0)

static void compare_moves(PUCHAR copy, ULONG offset, ULONG i, ULONG64 random)
{
    SAME("movb (%%rsi), %%al");
    SAME("movb (%%rsi), %%ah");
    SAME("movw (%%rsi), %%ax");
    SAME("movl (%%rsi), %%eax");
    SAME("movq (%%rsi), %%rax");
    SAME("movzbl (%%rsi), %%eax");
    SAME("movzbw (%%rsi), %%ax");
    SAME("movzwl (%%rsi), %%eax");
    SAME("movsbq (%%rsi), %%rax");
    SAME("movswl (%%rsi), %%eax");
    SAME("movslq (%%rsi), %%rax");
}

static void compare_arithmetic(PUCHAR copy, ULONG offset, ULONG i, ULONG64 random)
{
    SAME("addb (%%rsi), %%al");
    SAME("addw (%%rsi), %%ax");
    SAME("addl (%%rsi), %%eax");
    SAME("addq (%%rsi), %%rax");
    SAME("adcb (%%rsi), %%bh");
    SAME("adcq (%%rsi), %%rax");
    SAME("subb (%%rsi), %%al");
    SAME("subl (%%rsi), %%eax");
    SAME("subq (%%rsi), %%rax");
    SAME("sbbw (%%rsi), %%ax");
    SAME("sbbq (%%rsi), %%rax");
    SAME("andl (%%rsi), %%eax");
    SAME("orw (%%rsi), %%ax");
    SAME("xorq (%%rsi), %%rax");
}

static void compare_comparisons(PUCHAR copy, ULONG offset, ULONG i, ULONG64 random)
{
    SAME("cmpb (%%rsi), %%al");
    SAME("cmpb %%al, (%%rsi)");
    SAME("cmpw (%%rsi), %%ax");
    SAME("cmpl (%%rsi), %%eax");
    SAME("cmpq %%rax, (%%rsi)");
    SAME("cmpb $0, (%%rsi)");
    SAME("cmpl $-1, (%%rsi)");
    SAME("cmpq $10, (%%rsi)");
    SAME("testb $1, (%%rsi)");
    SAME("testl %%eax, (%%rsi)");
    SAME("testq %%rbx, (%%rsi)");
}

/* Of the flags of a product only carry and overflow are defined: the others are made equal. */
static void compare_products(PUCHAR copy, ULONG offset, ULONG i, ULONG64 random)
{
#define PRODUCT(text) SAME(text "\n\tseto %%bl\n\tsetc %%bh\n\txorl %%ecx, %%ecx")
    PRODUCT("imulw (%%rsi), %%ax");
    PRODUCT("imull (%%rsi), %%eax");
    PRODUCT("imulq (%%rsi), %%rax");
    PRODUCT("mulb (%%rsi)");
    PRODUCT("mulw (%%rsi)");
    PRODUCT("mull (%%rsi)");
    PRODUCT("mulq (%%rsi)");
}

GUEST_TEST(instructions_do_what_they_do_elsewhere)
{
    /* Bytes that do not change while the test runs: the system root, versions, features, zeros. */
    static const ULONG offsets[] = {0x030, 0x032, 0x034, 0x260, 0x26C, 0x274, 0x27A, 0x800};
    static UCHAR copy[0x1000];

    for (ULONG n = 0; n < ARRAYSIZE(offsets); n++)
        RtlCopyMemory(copy + offsets[n], (PVOID)hidden(offsets[n]), sizeof(ULONG64));
    for (ULONG n = 0; n < ARRAYSIZE(offsets); n++) {
        for (ULONG i = 0; i < 4; i++) {
            compare_moves(copy, offsets[n], i, 4 * n + i);
            compare_arithmetic(copy, offsets[n], i, 4 * n + i);
            compare_comparisons(copy, offsets[n], i, 4 * n + i);
            compare_products(copy, offsets[n], i, 4 * n + i);
        }
    }
}

/* Not integer instructions: string moves, SSE, bit tests. */
GUEST_TEST(other_instructions)
{
    WCHAR root[12] = {0};
    PUCHAR from = hidden(NT_SYSTEM_ROOT);
    PWCHAR to = root;
    ULONG64 count = 20;
    UCHAR vector[16] __attribute__((aligned(16)));
    UCHAR carry;

    __asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
    ok_eq_wstr(root, L"C:\\Windows");
    __asm__ volatile("movups (%1), %%xmm0\n\tmovaps %%xmm0, %0"
                     : "=m"(vector)
                     : "r"(hidden(NT_SYSTEM_ROOT))
                     : "xmm0");
    ok(RtlEqualMemory(vector, L"C:\\Windo", 16), "SSE load");
    __asm__ volatile("btl $1, (%1)\n\tsetc %0" : "=q"(carry) : "r"(hidden(NT_MAJOR_VERSION)));
    ok_eq_int(carry, 1);
}

GUEST_TEST_FILE(shared_data, GUEST_ROW(constant_addresses), GUEST_ROW(tick_count_is_the_kernels),
                GUEST_ROW(instructions_do_what_they_do_elsewhere), GUEST_ROW(other_instructions));
