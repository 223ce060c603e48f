/*
 * Nonvolatile registers survive an exception: unwinding restores what the frames in between saved.
 */
#include "seh_test.h"

#define DEPTH 10
#define GENERAL_REGISTERS 8 /* rbx rbp rsi rdi r12 r13 r14 r15 */
#define XMM_REGISTERS 10    /* xmm6 … xmm15 */

struct register_image {
    ULONG64 general[GENERAL_REGISTERS];
    ULONG64 xmm[XMM_REGISTERS][2];
};

/*
 * Load the nonvolatile registers from `image`, call `routine(argument)`, and store them back there.
 * The frame saves the caller's registers and describes that, as any function must.
 */
void run_with_registers(struct register_image *image, void (*routine)(void *), void *argument);
__asm__(".text\n"
        ".globl run_with_registers\n"
        ".seh_proc run_with_registers\n"
        "run_with_registers:\n"
        ".irp register, rbx, rbp, rsi, rdi, r12, r13, r14, r15\n"
        "pushq %\\register\n"
        ".seh_pushreg %\\register\n"
        ".endr\n"
        "subq $0xD8, %rsp\n"
        ".seh_stackalloc 0xD8\n"
        ".irp number, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "movaps %xmm\\number, 0x30 + 16 * (\\number - 6)(%rsp)\n"
        ".endr\n"
        ".seh_savexmm %xmm6, 0x30\n"
        ".seh_savexmm %xmm7, 0x40\n"
        ".seh_savexmm %xmm8, 0x50\n"
        ".seh_savexmm %xmm9, 0x60\n"
        ".seh_savexmm %xmm10, 0x70\n"
        ".seh_savexmm %xmm11, 0x80\n"
        ".seh_savexmm %xmm12, 0x90\n"
        ".seh_savexmm %xmm13, 0xA0\n"
        ".seh_savexmm %xmm14, 0xB0\n"
        ".seh_savexmm %xmm15, 0xC0\n"
        ".seh_endprologue\n"
        "movq %rcx, 0x20(%rsp)\n"
        "movq 0x00(%rcx), %rbx\n"
        "movq 0x08(%rcx), %rbp\n"
        "movq 0x10(%rcx), %rsi\n"
        "movq 0x18(%rcx), %rdi\n"
        "movq 0x20(%rcx), %r12\n"
        "movq 0x28(%rcx), %r13\n"
        "movq 0x30(%rcx), %r14\n"
        "movq 0x38(%rcx), %r15\n"
        ".irp number, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "movups 0x40 + 16 * (\\number - 6)(%rcx), %xmm\\number\n"
        ".endr\n"
        "movq %r8, %rcx\n"
        "callq *%rdx\n"
        "movq 0x20(%rsp), %rcx\n"
        "movq %rbx, 0x00(%rcx)\n"
        "movq %rbp, 0x08(%rcx)\n"
        "movq %rsi, 0x10(%rcx)\n"
        "movq %rdi, 0x18(%rcx)\n"
        "movq %r12, 0x20(%rcx)\n"
        "movq %r13, 0x28(%rcx)\n"
        "movq %r14, 0x30(%rcx)\n"
        "movq %r15, 0x38(%rcx)\n"
        ".irp number, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "movups %xmm\\number, 0x40 + 16 * (\\number - 6)(%rcx)\n"
        "movaps 0x30 + 16 * (\\number - 6)(%rsp), %xmm\\number\n"
        ".endr\n"
        "addq $0xD8, %rsp\n"
        ".irp register, r15, r14, r13, r12, rdi, rsi, rbp, rbx\n"
        "popq %\\register\n"
        ".endr\n"
        "retq\n"
        ".seh_endproc\n");

#define NONVOLATILE_XMM                                                                            \
    "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/* Use up every nonvolatile register, so that this frame has to save them all. */
#define CLOBBER_NONVOLATILE(value)                                                                 \
    __asm__ volatile("movq %0, %%rbx\n movq %0, %%rsi\n movq %0, %%rdi\n movq %0, %%r12\n"         \
                     "movq %0, %%r13\n movq %0, %%r14\n movq %0, %%r15\n"                          \
                     "movq %0, %%xmm6\n movq %0, %%xmm7\n movq %0, %%xmm8\n movq %0, %%xmm9\n"     \
                     "movq %0, %%xmm10\n movq %0, %%xmm11\n movq %0, %%xmm12\n"                    \
                     "movq %0, %%xmm13\n movq %0, %%xmm14\n movq %0, %%xmm15"                      \
                     :                                                                             \
                     : "a"(value)                                                                  \
                     : "rbx", "rsi", "rdi", "r12", "r13", "r14", "r15", NONVOLATILE_XMM)

/* Each frame is `variable` bytes deep as well, which makes the compiler use a frame register. */
static NO_INLINE int descend(int depth, bool has_variable_frame)
{
    volatile char *space = NULL;

    if (has_variable_frame) {
        space = __builtin_alloca((size_t)depth * 48 + 16);
        space[0] = 1;
    }
    CLOBBER_NONVOLATILE((ULONG64)depth * 0x0101010101010101);
    int result = depth ? descend(depth - 1, has_variable_frame) : read_in_leaf(bad_pointer());
    CLOBBER_NONVOLATILE((ULONG64)result);
    return result + (space ? space[0] : 0);
}

struct scenario {
    bool has_variable_frame;
    bool caught;
};

/* Has no use for most nonvolatile registers itself: their values come from the unwinding alone. */
static NO_INLINE void catch_from_depth(void *argument)
{
    struct scenario *scenario = argument;

    __try {
        descend(DEPTH, scenario->has_variable_frame);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        scenario->caught = true;
    }
}

static void check_registers(bool has_variable_frame)
{
    struct register_image image;
    struct scenario scenario = {.has_variable_frame = has_variable_frame};

    for (int i = 0; i < GENERAL_REGISTERS; i++)
        image.general[i] = 0x1111111100000000ull + (ULONG64)i;
    for (int i = 0; i < XMM_REGISTERS; i++) {
        image.xmm[i][0] = 0x2222222200000000ull + (ULONG64)i;
        image.xmm[i][1] = 0x3333333300000000ull + (ULONG64)i;
    }
    run_with_registers(&image, catch_from_depth, &scenario);
    ok(scenario.caught, "not caught");
    for (int i = 0; i < GENERAL_REGISTERS; i++)
        ok(image.general[i] == 0x1111111100000000ull + (ULONG64)i, "register %d is %x", i,
           (unsigned int)image.general[i]);
    for (int i = 0; i < XMM_REGISTERS; i++)
        ok(image.xmm[i][0] == 0x2222222200000000ull + (ULONG64)i &&
               image.xmm[i][1] == 0x3333333300000000ull + (ULONG64)i,
           "xmm%d is %x", i + 6, (unsigned int)image.xmm[i][0]);
}

GUEST_TEST(seh_registers_after_ten_frames)
{
    check_registers(false);
}

GUEST_TEST(seh_registers_after_ten_variable_frames)
{
    check_registers(true);
}

/* The frame that catches has a frame register itself, and its variables are found through it. */
GUEST_TEST(seh_catch_in_variable_frame)
{
    volatile size_t bytes = 100;
    volatile char *space = __builtin_alloca(bytes);
    volatile int state = 1;

    space[99] = 42;
    __try {
        state = 2;
        descend(3, true);
        state = 3;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        state += 10;
    }
    ok(state == 12, "state %d", state);
    ok(space[99] == 42, "stack memory %d", space[99]);
}

/* A function whose fault is in the prologue-less part, between two calls, and in the epilogue. */
void fault_at_epilogue(void);
__asm__(".text\n"
        ".globl fault_at_epilogue\n"
        ".seh_proc fault_at_epilogue\n"
        "fault_at_epilogue:\n"
        "pushq %rbx\n"
        ".seh_pushreg %rbx\n"
        "subq $32, %rsp\n"
        ".seh_stackalloc 32\n"
        ".seh_endprologue\n"
        "movl $0x5555, %ebx\n"
        "addq $32, %rsp\n"
        "popq %rbx\n"
        "jmpq *fault_target(%rip)\n"
        ".seh_endproc\n"
        ".data\n"
        "fault_target: .quad 0x8000000000000000\n"
        ".text\n");

static NO_INLINE void catch_at_epilogue(void *argument)
{
    struct scenario *scenario = argument;

    __try {
        fault_at_epilogue();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        scenario->caught = true;
    }
}

/* The last instruction of an epilogue faults: the frame is gone, only the return address is left.
 */
GUEST_TEST(seh_fault_in_epilogue)
{
    struct register_image image = {.general = {7, 0, 0, 0, 0, 0, 0, 0}};
    struct scenario scenario = {0};

    run_with_registers(&image, catch_at_epilogue, &scenario);
    ok(scenario.caught, "not caught");
    ok(image.general[0] == 7, "rbx is %x", (unsigned int)image.general[0]);
}

GUEST_TEST_FILE(seh_unwind_registers, GUEST_ROW(seh_registers_after_ten_frames),
                GUEST_ROW(seh_registers_after_ten_variable_frames),
                GUEST_ROW(seh_catch_in_variable_frame), GUEST_ROW(seh_fault_in_epilogue));
