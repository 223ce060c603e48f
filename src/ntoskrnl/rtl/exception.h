/*
 * Structured exception handling for x64: what the other components may use, and what they provide.
 *
 * The same source is compiled twice, into ntoskrnl.exe and into ntdll.dll. A map of its files:
 *
 *   function_lookup.c  from a program counter to its image and its .pdata record
 *   unwind.c           one frame: unwind codes, chained records, RtlVirtualUnwind
 *   epilogue.c         one frame: is this program counter in an epilogue, and what is left of it
 *   exception.c        all frames: dispatch (first pass), RtlUnwindEx (second pass), raising
 *   seh.c              the language handler of C (`__try`), longjmp, _local_unwind
 *   stack_walk.c       back traces
 *   context.S          capture and restore of registers, calls of handlers, stack probes
 *   seh_kernel.c       ntoskrnl.exe only: ExRaise…, and the hooks that a kernel leaves empty
 *   function_table.c   ntdll.dll only: function tables of generated code
 *
 * An exception goes through two passes. The first (rtl_dispatch_exception) asks the language
 * handler of each frame, from the innermost out, and changes nothing. A handler that accepts the
 * exception calls RtlUnwindEx, the second pass, which runs the termination handlers on the way to
 * the accepting frame and resumes there.
 *
 * Invariants, because a driver's image and a driver's stack are not trusted:
 * - a walk reads stack words only inside the limits of the current stack;
 * - unwind data is read only inside the image that it belongs to;
 * - every step of a walk moves the stack pointer up, so every walk ends.
 */
#ifndef RINGSIDE_RTL_EXCEPTION_H
#define RINGSIDE_RTL_EXCEPTION_H

/* Offsets that context.S shares with the C structures; exception.c asserts that they agree. */
#define RTL_DISPATCHER_LANGUAGE_HANDLER 0x30
#define RTL_HANDLER_FRAME_BYTES 0x28
#define RTL_HANDLER_FRAME_DISPATCHER 0x20

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>

#ifndef UNW_FLAG_NHANDLER
#define UNW_FLAG_NHANDLER 0x0
#define UNW_FLAG_EHANDLER 0x1
#define UNW_FLAG_UHANDLER 0x2
#define UNW_FLAG_CHAININFO 0x4

/* One row of .pdata. All three are offsets from the image base. */
typedef struct _RUNTIME_FUNCTION {
    ULONG BeginAddress;
    ULONG EndAddress;
    ULONG UnwindData;
} RUNTIME_FUNCTION, *PRUNTIME_FUNCTION;

typedef PRUNTIME_FUNCTION (*PGET_RUNTIME_FUNCTION_CALLBACK)(ULONG64 ControlPc, PVOID Context);

#define UNWIND_HISTORY_TABLE_SIZE 12
#define UNWIND_HISTORY_TABLE_NONE 0
#define UNWIND_HISTORY_TABLE_GLOBAL 1
#define UNWIND_HISTORY_TABLE_LOCAL 2

typedef struct _UNWIND_HISTORY_TABLE_ENTRY {
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
} UNWIND_HISTORY_TABLE_ENTRY, *PUNWIND_HISTORY_TABLE_ENTRY;

/* Function records that the first pass met, so that the second need not search for them. */
typedef struct _UNWIND_HISTORY_TABLE {
    ULONG Count;
    UCHAR LocalHint;
    UCHAR GlobalHint;
    UCHAR Search;
    UCHAR Once;
    ULONG64 LowAddress;
    ULONG64 HighAddress;
    UNWIND_HISTORY_TABLE_ENTRY Entry[UNWIND_HISTORY_TABLE_SIZE];
} UNWIND_HISTORY_TABLE, *PUNWIND_HISTORY_TABLE;

/* What a language handler learns about the frame that it is asked for. */
typedef struct _DISPATCHER_CONTEXT {
    ULONG64 ControlPc;
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
    ULONG64 EstablisherFrame;
    ULONG64 TargetIp;
    PCONTEXT ContextRecord;
    PEXCEPTION_ROUTINE LanguageHandler;
    PVOID HandlerData;
    PUNWIND_HISTORY_TABLE HistoryTable;
    ULONG ScopeIndex;
    ULONG Fill0;
} DISPATCHER_CONTEXT, *PDISPATCHER_CONTEXT;

/* Where each nonvolatile register of a frame was saved. */
typedef struct _KNONVOLATILE_CONTEXT_POINTERS {
    PM128A FloatingContext[16];
    PULONG64 IntegerContext[16];
} KNONVOLATILE_CONTEXT_POINTERS, *PKNONVOLATILE_CONTEXT_POINTERS;

/* The handler data of `__C_specific_handler`: the guarded ranges of a function, innermost first. */
typedef struct _SCOPE_TABLE_AMD64 {
    ULONG Count;
    struct {
        ULONG BeginAddress;
        ULONG EndAddress;
        ULONG HandlerAddress; /* filter, or termination handler; 1 = a filter that says 1 */
        ULONG JumpTarget;     /* the `__except` block; 0 = this is a `__finally` */
    } ScopeRecord[1];
} SCOPE_TABLE_AMD64, *PSCOPE_TABLE_AMD64;
#endif

#ifndef EXCEPTION_UNWINDING
#define EXCEPTION_UNWINDING 0x2
#define EXCEPTION_EXIT_UNWIND 0x4
#define EXCEPTION_STACK_INVALID 0x8
#define EXCEPTION_NESTED_CALL 0x10
#define EXCEPTION_TARGET_UNWIND 0x20
#define EXCEPTION_COLLIDED_UNWIND 0x40
#define EXCEPTION_UNWIND                                                                           \
    (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND | EXCEPTION_TARGET_UNWIND |                       \
     EXCEPTION_COLLIDED_UNWIND)
#endif

/* ── Exports that the DDK headers do not declare ─────────────────────────────────────────────── */

PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase,
                                               PUNWIND_HISTORY_TABLE HistoryTable);
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                          PRUNTIME_FUNCTION FunctionEntry, PCONTEXT ContextRecord,
                                          PVOID *HandlerData, PULONG64 EstablisherFrame,
                                          PKNONVOLATILE_CONTEXT_POINTERS ContextPointers);
VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord,
                       PVOID ReturnValue, PCONTEXT ContextRecord,
                       PUNWIND_HISTORY_TABLE HistoryTable);
VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord,
                     PVOID ReturnValue);
VOID RtlRestoreContext(PCONTEXT ContextRecord, PEXCEPTION_RECORD ExceptionRecord);
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);
DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status);
PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage);
VOID _local_unwind(PVOID TargetFrame, PVOID TargetIp);
BOOLEAN __cdecl RtlAddFunctionTable(PRUNTIME_FUNCTION FunctionTable, ULONG EntryCount,
                                    ULONG64 BaseAddress);
BOOLEAN __cdecl RtlInstallFunctionTableCallback(ULONG64 TableIdentifier, ULONG64 BaseAddress,
                                                ULONG Length,
                                                PGET_RUNTIME_FUNCTION_CALLBACK Callback,
                                                PVOID Context, PCWSTR OutOfProcessCallbackDll);
BOOLEAN __cdecl RtlDeleteFunctionTable(PRUNTIME_FUNCTION FunctionTable);

/* ── What other components call ──────────────────────────────────────────────────────────────── */

/*
 * The first pass. TRUE: a handler corrected the cause and `context` (which handlers may have
 * changed) is to be resumed, by RtlRestoreContext or by the trap exit. FALSE: nobody took it; the
 * record's flags then say EXCEPTION_STACK_INVALID if the walk could not reach the stack's end.
 * Does not return when a handler unwinds. `record->ExceptionAddress` must be filled in.
 */
BOOLEAN rtl_dispatch_exception(EXCEPTION_RECORD *record, CONTEXT *context);

/* Raise `record` in the state `context`: dispatch, then resume it or rtl_unhandled_exception. */
DECLSPEC_NORETURN void rtl_raise_in_context(EXCEPTION_RECORD *record, CONTEXT *context);

struct rtl_frame {
    ULONG64 pc;         /* frame 0: the instruction; later frames: the return address */
    ULONG64 sp;         /* stack pointer at that instruction */
    ULONG64 image_base; /* 0 if `pc` is in no image */
};

/*
 * Walk from `start` (frame 0) outwards and store at most `count` frames; returns how many. Never
 * faults: reads stack words only inside the limits, which are those of the current stack or the
 * range [low, high) that the second form is given. Stops at the first frame that is not credible.
 */
size_t rtl_walk_stack(const CONTEXT *start, struct rtl_frame *frames, size_t count);
size_t rtl_walk_stack_within(const CONTEXT *start, ULONG64 low, ULONG64 high,
                             struct rtl_frame *frames, size_t count);

/*
 * Would an exception at `start` reach a filter of a __try block? Only frames of code that
 * `is_asked` accepts count. As careful as rtl_walk_stack.
 */
bool rtl_is_guarded(const CONTEXT *start, bool (*is_asked)(ULONG64 pc));

/* ── What each module (ntoskrnl.exe, ntdll.dll) provides ─────────────────────────────────────── */

/* The loaded image that contains `pc`: its base and its size in bytes. FALSE: no image. */
BOOLEAN rtl_image_of_pc(ULONG64 pc, ULONG64 *base, ULONG64 *size);

/* Can these bytes be read without a fault? Asked for bytes inside an image, where a section may
 * have been discarded (INIT) or protected; not asked for stack words. */
BOOLEAN rtl_image_is_readable(ULONG64 address, ULONG64 bytes);

/* The current stack: readable addresses from `low` up to, not including, `high`. */
void rtl_stack_limits(ULONG64 *low, ULONG64 *high);

/* Nobody took the exception. Kernel: bug check 0x1E. User: NtRaiseException, second chance. */
DECLSPEC_NORETURN void rtl_unhandled_exception(EXCEPTION_RECORD *record, CONTEXT *context);

/* Vectored exception handlers, asked before any frame. TRUE: continue execution. */
BOOLEAN rtl_exception_call_vectored(EXCEPTION_RECORD *record, CONTEXT *context);

/* Vectored continue handlers, told before execution continues. */
void rtl_exception_call_continue(EXCEPTION_RECORD *record, CONTEXT *context);

/* A function record of code that is in no image, and the base that it counts from; or NULL. */
PRUNTIME_FUNCTION rtl_function_table_lookup(ULONG64 pc, ULONG64 *base);

#endif
#endif
