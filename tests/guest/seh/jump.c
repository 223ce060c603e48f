/*
 * Unwinding that no `__except` block asks for: longjmp through termination handlers, and
 * STATUS_UNWIND_CONSOLIDATE, with which a language's run-time runs its own catch block.
 */
#include "seh_test.h"
#include <setjmp.h>

NTSYSAPI VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp,
                                PEXCEPTION_RECORD ExceptionRecord, PVOID ReturnValue,
                                PCONTEXT ContextRecord, PVOID HistoryTable);

#define UNWIND_CONSOLIDATE ((NTSTATUS)0x80000029) /* STATUS_UNWIND_CONSOLIDATE */

struct jump_test {
    struct event_log log;
    UCHAR *buffer;
    bool has_frame;
    ULONG64 frame;
    bool callback_raises;
};

/*
 * Call _setjmpex, and for its first return routine(test). The jump buffer and the frame's own
 * address, which identifies it to an unwind, are left in `test`. Returns what _setjmpex returned
 * last, or RAX at `call_with_jump_buffer_resume`.
 */
int call_with_jump_buffer(struct jump_test *test, void (*routine)(struct jump_test *));
extern UCHAR call_with_jump_buffer_resume[];
__asm__(".text\n"
        ".globl call_with_jump_buffer\n"
        ".globl call_with_jump_buffer_resume\n"
        ".seh_proc call_with_jump_buffer\n"
        "call_with_jump_buffer:\n"
        "pushq %rbx\n"
        ".seh_pushreg %rbx\n"
        "pushq %rsi\n"
        ".seh_pushreg %rsi\n"
        "subq $0x128, %rsp\n"
        ".seh_stackalloc 0x128\n"
        ".seh_endprologue\n"
        "movq %rcx, %rbx\n"
        "movq %rdx, %rsi\n"
        "leaq 0x20(%rsp), %rcx\n"
        "movq %rcx, 0x28(%rbx)\n" /* test->buffer */
        "movq %rsp, 0x38(%rbx)\n" /* test->frame */
        "xorl %edx, %edx\n"
        "cmpb $0, 0x30(%rbx)\n" /* test->has_frame */
        "cmovneq %rsp, %rdx\n"
        "callq _setjmpex\n"
        "testl %eax, %eax\n"
        "jnz call_with_jump_buffer_resume\n"
        "movq %rbx, %rcx\n"
        "callq *%rsi\n"
        "movl $-1, %eax\n"
        "call_with_jump_buffer_resume:\n"
        "addq $0x128, %rsp\n"
        "popq %rsi\n"
        "popq %rbx\n"
        "retq\n"
        ".seh_endproc\n");
_Static_assert(offsetof(struct jump_test, buffer) == 0x28 &&
                   offsetof(struct jump_test, has_frame) == 0x30 &&
                   offsetof(struct jump_test, frame) == 0x38,
               "call_with_jump_buffer stores here");

static NO_INLINE void jump_out(struct jump_test *test)
{
    __try {
        log_event(&test->log, 'a');
        longjmp(*(jmp_buf *)test->buffer, 7);
    } __finally {
        log_event(&test->log, 'b');
    }
}

GUEST_TEST(seh_longjmp_unwinds_to_frame)
{
    struct jump_test test = {.has_frame = true};
    int result = call_with_jump_buffer(&test, jump_out);

    ok(result == 7, "setjmp returned %d", result);
    ok_log(&test.log, "ab");
}

/* Without a frame in the buffer, longjmp loads the registers and runs no handler. */
GUEST_TEST(seh_longjmp_without_frame)
{
    struct jump_test test = {.has_frame = false};
    int result = call_with_jump_buffer(&test, jump_out);

    ok(result == 7, "setjmp returned %d", result);
    ok_log(&test.log, "a");
}

/* Runs after the unwind, above the stack of the frames that were left. */
static PVOID consolidate_callback(PEXCEPTION_RECORD record)
{
    struct jump_test *test = (struct jump_test *)record->ExceptionInformation[1];

    log_event(&test->log, 'c');
    if (test->callback_raises)
        raise_status(STATUS_NO_MEMORY);
    return call_with_jump_buffer_resume;
}

static NO_INLINE void unwind_and_consolidate(struct jump_test *test)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = UNWIND_CONSOLIDATE,
        .NumberParameters = 2,
        .ExceptionInformation = {(ULONG_PTR)consolidate_callback, (ULONG_PTR)test}};
    CONTEXT context;

    __try {
        log_event(&test->log, 'a');
        RtlUnwindEx((PVOID)test->frame, NULL, &record, NULL, &context, NULL);
    } __finally {
        log_event(&test->log, 'b');
    }
}

GUEST_TEST(seh_consolidate_calls_back_and_resumes)
{
    struct jump_test test = {0};

    call_with_jump_buffer(&test, unwind_and_consolidate);
    ok_log(&test.log, "abc");
}

/* The callback's caller is the target frame: no handler of the frames that were left runs again. */
GUEST_TEST(seh_consolidate_callback_raises)
{
    struct jump_test test = {.callback_raises = true};

    __try {
        call_with_jump_buffer(&test, unwind_and_consolidate);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        log_event(&test.log, 'd');
        ok_eq_status(GetExceptionCode(), STATUS_NO_MEMORY);
    }
    ok_log(&test.log, "abcd");
}

GUEST_TEST_FILE(seh_jump, GUEST_ROW(seh_longjmp_unwinds_to_frame),
                GUEST_ROW(seh_longjmp_without_frame),
                GUEST_ROW(seh_consolidate_calls_back_and_resumes),
                GUEST_ROW(seh_consolidate_callback_raises));
