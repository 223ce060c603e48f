/*
 * RtlVirtualUnwind on hand-made functions: each unwind code, epilogues of both versions, chains.
 *
 * A case is a function of 64 code bytes with its unwind data, and a stack whose n-th word is
 * 0x1000 + n. The context's stack pointer is at word 8, so a restored register tells from where.
 */
#include "seh_test.h"

typedef struct {
    ULONG begin;
    ULONG end;
    ULONG unwind_data;
} function_row;

NTSYSAPI PVOID NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                      function_row *FunctionEntry, PCONTEXT ContextRecord,
                                      PVOID *HandlerData, PULONG64 EstablisherFrame,
                                      PVOID ContextPointers);

#define CODE_BYTES 64
#define INFO_BYTES 48
#define STACK_WORDS 64
#define FIRST_WORD 8
#define WORD(n) (0x1000ull + (n))

struct image {
    UCHAR code[CODE_BYTES];
    UCHAR info[INFO_BYTES];
    UCHAR chained[INFO_BYTES]; /* at offset 112, of a row that a chained record may name */
};

static __attribute__((aligned(16))) ULONG64 stack[STACK_WORDS];

struct unwind_case {
    const char *name;
    UCHAR code[12]; /* the function's last bytes */
    UCHAR info[INFO_BYTES];
    UCHAR chained[INFO_BYTES];
    ULONG pc;        /* offset in the function */
    ULONG rbp_word;  /* RBP points at this stack word */
    ULONG rbx_word;  /* RBX is restored from this word; 0 = unchanged */
    ULONG xmm6_word; /* XMM6 is restored from this word; 0 = unchanged */
    ULONG rip_word;
    ULONG64 rsp_word; /* the stack pointer afterwards points at this word */
};

#define CODE(offset, operation, info) (offset), (operation) | (info) << 4
#define PUSH_RBX(offset) CODE(offset, 0, 3)

static const struct unwind_case cases[] = {
    {.name = "alloc small, push",
     .info = {1, 5, 2, 0, CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 20,
     .rbx_word = 12,
     .rip_word = 13,
     .rsp_word = 14},
    {.name = "inside the prologue",
     .info = {1, 5, 2, 0, CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 1,
     .rbx_word = 8,
     .rip_word = 9,
     .rsp_word = 10},
    {.name = "before the prologue",
     .info = {1, 5, 2, 0, CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 0,
     .rip_word = 8,
     .rsp_word = 9},
    {.name = "alloc large, 16 bits",
     .info = {1, 5, 2, 0, CODE(5, 1, 0), 20, 0},
     .pc = 20,
     .rip_word = 28,
     .rsp_word = 29},
    {.name = "alloc large, 32 bits",
     .info = {1, 5, 3, 0, CODE(5, 1, 1), 160, 0, 0, 0},
     .pc = 20,
     .rip_word = 28,
     .rsp_word = 29},
    {.name = "saved registers",
     .info = {1, 9, 6, 0, CODE(9, 8, 6), 1, 0, CODE(8, 4, 3), 5, 0, CODE(5, 2, 15), CODE(0, 2, 0)},
     .pc = 20,
     .rbx_word = 13,
     .xmm6_word = 10,
     .rip_word = 25,
     .rsp_word = 26},
    {.name = "saved registers, far",
     .info = {1, 9, 7, 0, CODE(9, 9, 6), 32, 0, 0, 0, CODE(8, 5, 3), 56, 0, 0, 0, CODE(5, 2, 15)},
     .pc = 20,
     .rbx_word = 15,
     .xmm6_word = 12,
     .rip_word = 24,
     .rsp_word = 25},
    {.name = "frame register",
     .info = {1, 9, 3, 0x25, CODE(9, 3, 0), CODE(5, 2, 7), PUSH_RBX(1)},
     .pc = 20,
     .rbp_word = 24,
     .rbx_word = 28,
     .rip_word = 29,
     .rsp_word = 30},
    {.name = "chained record",
     .info = {1 | 4 << 3, 0, 1, 0, CODE(0, 2, 0), 0, 0, 0, 0, 0, 0, CODE_BYTES, 0, 0, 0, 112},
     .chained = {1, 1, 1, 0, PUSH_RBX(1)},
     .pc = 20,
     .rbx_word = 9,
     .rip_word = 10,
     .rsp_word = 11},
    {.name = "epilogue: add, pop, ret",
     .code = {0x48, 0x83, 0xC4, 0x20, 0x5B, 0xC3},
     .info = {1, 5, 2, 0, CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 58,
     .rbx_word = 12,
     .rip_word = 13,
     .rsp_word = 14},
    {.name = "epilogue: pop, ret",
     .code = {0x48, 0x83, 0xC4, 0x20, 0x5B, 0xC3},
     .info = {1, 5, 2, 0, CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 62,
     .rbx_word = 8,
     .rip_word = 9,
     .rsp_word = 10},
    {.name = "epilogue: lea, pop, ret",
     .code = {0x48, 0x8D, 0x65, 0x10, 0x5B, 0xC3},
     .info = {1, 9, 3, 0x05, CODE(9, 3, 0), CODE(5, 2, 1), PUSH_RBX(1)},
     .pc = 58,
     .rbp_word = 20,
     .rbx_word = 22,
     .rip_word = 23,
     .rsp_word = 24},
    {.name = "epilogue: jmp out of the function",
     .code = {0x5B, 0xE9, 0, 1, 0, 0},
     .info = {1, 5, 2, 0, CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 59,
     .rip_word = 8,
     .rsp_word = 9},
    {.name = "no epilogue: jmp inside the function",
     .code = {0x5B, 0xEB, 0xE0, 0xCC, 0xCC, 0xCC},
     .info = {1, 5, 2, 0, CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 59,
     .rbx_word = 12,
     .rip_word = 13,
     .rsp_word = 14},
    {.name = "version 2: listed epilogue at the end",
     .code = {0x90, 0x90, 0x90, 0x90, 0x5B, 0xC3},
     .info = {2, 5, 4, 0, CODE(2, 6, 1), CODE(0, 6, 0), CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 62,
     .rbx_word = 8,
     .rip_word = 9,
     .rsp_word = 10},
    {.name = "version 2: listed epilogue before the end",
     .code = {0x5B, 0xC3, 0xCC, 0xCC, 0xCC, 0xCC},
     .info = {2, 5, 4, 0, CODE(2, 6, 0), CODE(6, 6, 0), CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 59,
     .rip_word = 8,
     .rsp_word = 9},
    {.name = "version 2: outside every listed epilogue",
     .code = {0x5B, 0xC3, 0xCC, 0xCC, 0xCC, 0xCC},
     .info = {2, 5, 4, 0, CODE(2, 6, 0), CODE(6, 6, 0), CODE(5, 2, 3), PUSH_RBX(1)},
     .pc = 30,
     .rbx_word = 12,
     .rip_word = 13,
     .rsp_word = 14},
};

static void build_image(const struct unwind_case *test, struct image *image)
{
    ULONG code_start = CODE_BYTES - 6;

    for (ULONG i = 0; i < CODE_BYTES; i++)
        image->code[i] = i < code_start ? 0x90 : test->code[i - code_start];
    for (ULONG i = 0; i < INFO_BYTES; i++) {
        image->info[i] = test->info[i];
        image->chained[i] = test->chained[i];
    }
    for (ULONG i = 0; i < STACK_WORDS; i++)
        stack[i] = WORD(i);
}

static void check_case(const struct unwind_case *test)
{
    static __attribute__((aligned(16))) struct image image;
    static CONTEXT context;
    function_row row = {0, CODE_BYTES, CODE_BYTES};
    PVOID handler_data = NULL;
    ULONG64 establisher = 0;

    build_image(test, &image);
    context.Rsp = (ULONG64)&stack[FIRST_WORD];
    context.Rbp = (ULONG64)&stack[test->rbp_word];
    context.Rbx = 1;
    context.Xmm6.Low = 2;
    context.Xmm6.High = 3;
    RtlVirtualUnwind(0, (ULONG64)&image, (ULONG64)&image + test->pc, &row, &context, &handler_data,
                     &establisher, NULL);

    ok(context.Rip == WORD(test->rip_word), "%s: rip %x", test->name, (unsigned int)context.Rip);
    ok(context.Rsp == (ULONG64)&stack[test->rsp_word], "%s: rsp at word %d", test->name,
       (int)((context.Rsp - (ULONG64)stack) / 8));
    ok(context.Rbx == (test->rbx_word ? WORD(test->rbx_word) : 1), "%s: rbx %x", test->name,
       (unsigned int)context.Rbx);
    ok(context.Xmm6.Low == (test->xmm6_word ? WORD(test->xmm6_word) : 2) &&
           (ULONG64)context.Xmm6.High == (test->xmm6_word ? WORD(test->xmm6_word + 1) : 3),
       "%s: xmm6 %x", test->name, (unsigned int)context.Xmm6.Low);
}

GUEST_TEST(seh_virtual_unwind_cases)
{
    for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_case(&cases[i]);
}

/* The stack that an interrupt leaves: error code, rip, cs, flags, rsp, ss. */
GUEST_TEST(seh_virtual_unwind_machine_frame)
{
    static const struct unwind_case test = {.info = {1, 0, 2, 0, CODE(0, 2, 0), CODE(0, 10, 1)}};
    static struct image image;
    static CONTEXT context;
    function_row row = {0, CODE_BYTES, CODE_BYTES};
    PVOID handler_data = NULL;
    ULONG64 establisher = 0;

    build_image(&test, &image);
    context.Rsp = (ULONG64)&stack[FIRST_WORD];
    RtlVirtualUnwind(0, (ULONG64)&image, (ULONG64)&image + 20, &row, &context, &handler_data,
                     &establisher, NULL);
    ok(context.Rip == WORD(10) && context.Rsp == WORD(13), "rip %x, rsp %x",
       (unsigned int)context.Rip, (unsigned int)context.Rsp);
}

GUEST_TEST(seh_virtual_unwind_bad_code)
{
    static const struct unwind_case test = {.info = {1, 0, 1, 0, CODE(0, 13, 0)}};
    static struct image image;
    static CONTEXT context;
    function_row row = {0, CODE_BYTES, CODE_BYTES};
    PVOID handler_data = NULL;
    ULONG64 establisher = 0;
    NTSTATUS status = STATUS_SUCCESS;

    build_image(&test, &image);
    context.Rsp = (ULONG64)&stack[FIRST_WORD];
    __try {
        RtlVirtualUnwind(0, (ULONG64)&image, (ULONG64)&image + 20, &row, &context, &handler_data,
                         &establisher, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ok_eq_status(status, STATUS_BAD_FUNCTION_TABLE);
}

GUEST_TEST_FILE(seh_virtual_unwind, GUEST_ROW(seh_virtual_unwind_cases),
                GUEST_ROW(seh_virtual_unwind_machine_frame),
                GUEST_ROW(seh_virtual_unwind_bad_code));
