/*
 * The parts of exception handling that need registers by name: capture and restore of a context,
 * calls of language handlers from frames that other walks can recognise, setjmp, stack probes.
 *
 * Every routine that moves the stack pointer carries unwind data, because a walk may pass through
 * it. Offsets are those of CONTEXT and of _JUMP_BUFFER; exception.c asserts CONTEXT's.
 */
#include "exception.h"

#define CONTEXT_CAPTURED 0x10000F /* control, integer, segments, floating point */
#define CONTEXT_FLOATING_POINT_BIT 0x8

#define CX_FLAGS 0x30
#define CX_MXCSR 0x34
#define CX_SEGMENTS 0x38
#define CX_EFLAGS 0x44
#define CX_RAX 0x78
#define CX_RCX 0x80
#define CX_RDX 0x88
#define CX_RBX 0x90
#define CX_RSP 0x98
#define CX_RBP 0xA0
#define CX_RSI 0xA8
#define CX_RDI 0xB0
#define CX_R8 0xB8
#define CX_R9 0xC0
#define CX_R10 0xC8
#define CX_R11 0xD0
#define CX_R12 0xD8
#define CX_R13 0xE0
#define CX_R14 0xE8
#define CX_R15 0xF0
#define CX_RIP 0xF8
#define CX_FLTSAVE 0x100
#define CX_XMM6 0x200

    .text

/* VOID RtlCaptureContext(PCONTEXT ContextRecord): the state of the caller after this call. */
    .globl RtlCaptureContext
    .p2align 4
    .seh_proc RtlCaptureContext
RtlCaptureContext:
    pushfq
    .seh_stackalloc 8
    .seh_endprologue
    movq %rax, CX_RAX(%rcx)
    movq %rcx, CX_RCX(%rcx)
    movq %rdx, CX_RDX(%rcx)
    movq %rbx, CX_RBX(%rcx)
    movq %rbp, CX_RBP(%rcx)
    movq %rsi, CX_RSI(%rcx)
    movq %rdi, CX_RDI(%rcx)
    movq %r8, CX_R8(%rcx)
    movq %r9, CX_R9(%rcx)
    movq %r10, CX_R10(%rcx)
    movq %r11, CX_R11(%rcx)
    movq %r12, CX_R12(%rcx)
    movq %r13, CX_R13(%rcx)
    movq %r14, CX_R14(%rcx)
    movq %r15, CX_R15(%rcx)
    movw %cs, CX_SEGMENTS + 0(%rcx)
    movw %ds, CX_SEGMENTS + 2(%rcx)
    movw %es, CX_SEGMENTS + 4(%rcx)
    movw %fs, CX_SEGMENTS + 6(%rcx)
    movw %gs, CX_SEGMENTS + 8(%rcx)
    movw %ss, CX_SEGMENTS + 10(%rcx)
    fxsave64 CX_FLTSAVE(%rcx)
    stmxcsr CX_MXCSR(%rcx)
    movl $CONTEXT_CAPTURED, CX_FLAGS(%rcx)
    movl (%rsp), %eax
    movl %eax, CX_EFLAGS(%rcx)
    leaq 16(%rsp), %rax
    movq %rax, CX_RSP(%rcx)
    movq 8(%rsp), %rax
    movq %rax, CX_RIP(%rcx)
    movq CX_RAX(%rcx), %rax
    addq $8, %rsp
    retq
    .seh_endproc

/*
 * void rtl_context_load(const CONTEXT *context). An interrupt return loads stack pointer, flags and
 * program counter in one instruction, so nothing is written to the resumed stack.
 */
    .globl rtl_context_load
    .p2align 4
    .seh_proc rtl_context_load
rtl_context_load:
    subq $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    movl %ss, %eax
    movq %rax, 32(%rsp)
    movq CX_RSP(%rcx), %rax
    movq %rax, 24(%rsp)
    movl CX_EFLAGS(%rcx), %eax
    movq %rax, 16(%rsp)
    movl %cs, %eax
    movq %rax, 8(%rsp)
    movq CX_RIP(%rcx), %rax
    movq %rax, (%rsp)
    testl $CONTEXT_FLOATING_POINT_BIT, CX_FLAGS(%rcx)
    jz 1f
    fxrstor64 CX_FLTSAVE(%rcx)
1:
    movq CX_RAX(%rcx), %rax
    movq CX_RDX(%rcx), %rdx
    movq CX_RBX(%rcx), %rbx
    movq CX_RBP(%rcx), %rbp
    movq CX_RSI(%rcx), %rsi
    movq CX_RDI(%rcx), %rdi
    movq CX_R8(%rcx), %r8
    movq CX_R9(%rcx), %r9
    movq CX_R10(%rcx), %r10
    movq CX_R11(%rcx), %r11
    movq CX_R12(%rcx), %r12
    movq CX_R13(%rcx), %r13
    movq CX_R14(%rcx), %r14
    movq CX_R15(%rcx), %r15
    movq CX_RCX(%rcx), %rcx
    iretq
    .seh_endproc

/*
 * Call dispatcher->LanguageHandler(record, establisher, context, dispatcher). The dispatcher context
 * is kept in the frame, where the frame's own handler finds it.
 */
    .macro CALL_LANGUAGE_HANDLER name, handler, kinds:vararg
    .globl \name
    .p2align 4
    .seh_proc \name
    .seh_handler \handler, \kinds
\name:
    subq $RTL_HANDLER_FRAME_BYTES, %rsp
    .seh_stackalloc RTL_HANDLER_FRAME_BYTES
    .seh_endprologue
    movq %r9, RTL_HANDLER_FRAME_DISPATCHER(%rsp)
    callq *RTL_DISPATCHER_LANGUAGE_HANDLER(%r9)
    nop /* keeps the return address out of the epilogue, where no handler is called */
    addq $RTL_HANDLER_FRAME_BYTES, %rsp
    retq
    .seh_endproc
    .endm

    CALL_LANGUAGE_HANDLER rtl_call_exception_handler, rtl_nested_exception_handler, @except
    CALL_LANGUAGE_HANDLER rtl_call_unwind_handler, rtl_collided_unwind_handler, @except, @unwind

/*
 * void rtl_consolidate_frames(CONTEXT *context, EXCEPTION_RECORD *record). The frame looks like an
 * interrupt of `context`: a walk goes from here straight to the target frame, past the frames in
 * between, which are unwound but whose memory the called routine still uses.
 */
#define FRAME_BYTES 0x120 /* below the machine frame, which has 40 bytes */
#define FRAME_CONTEXT 0x20
#define FRAME_XMM6 0x30
#define FRAME_RBX 0xD0
#define FRAME_RBP 0xD8
#define FRAME_RSI 0xE0
#define FRAME_RDI 0xE8
#define FRAME_R12 0xF0
#define FRAME_R13 0xF8
#define FRAME_R14 0x100
#define FRAME_R15 0x108
#define MACHINE_FRAME_RIP (FRAME_BYTES + 0)
#define MACHINE_FRAME_RSP (FRAME_BYTES + 24)

    .globl rtl_consolidate_frames
    .p2align 4
    .seh_proc rtl_consolidate_frames
rtl_consolidate_frames:
    /* Described as if all were saved before the first instruction: no fault can happen until the
     * call, and a prologue may have only 255 bytes. */
    .seh_pushframe
    .seh_stackalloc FRAME_BYTES
    .seh_savexmm %xmm6, FRAME_XMM6 + 0x00
    .seh_savexmm %xmm7, FRAME_XMM6 + 0x10
    .seh_savexmm %xmm8, FRAME_XMM6 + 0x20
    .seh_savexmm %xmm9, FRAME_XMM6 + 0x30
    .seh_savexmm %xmm10, FRAME_XMM6 + 0x40
    .seh_savexmm %xmm11, FRAME_XMM6 + 0x50
    .seh_savexmm %xmm12, FRAME_XMM6 + 0x60
    .seh_savexmm %xmm13, FRAME_XMM6 + 0x70
    .seh_savexmm %xmm14, FRAME_XMM6 + 0x80
    .seh_savexmm %xmm15, FRAME_XMM6 + 0x90
    .seh_savereg %rbx, FRAME_RBX
    .seh_savereg %rbp, FRAME_RBP
    .seh_savereg %rsi, FRAME_RSI
    .seh_savereg %rdi, FRAME_RDI
    .seh_savereg %r12, FRAME_R12
    .seh_savereg %r13, FRAME_R13
    .seh_savereg %r14, FRAME_R14
    .seh_savereg %r15, FRAME_R15
    .seh_endprologue
    subq $(FRAME_BYTES + 40), %rsp
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
    movaps CX_XMM6 + 16 * \number(%rcx), %xmm0
    movaps %xmm0, FRAME_XMM6 + 16 * \number(%rsp)
    .endr
    .macro COPY_REGISTER from, to
    movq \from(%rcx), %rax
    movq %rax, \to(%rsp)
    .endm
    COPY_REGISTER CX_RBX, FRAME_RBX
    COPY_REGISTER CX_RBP, FRAME_RBP
    COPY_REGISTER CX_RSI, FRAME_RSI
    COPY_REGISTER CX_RDI, FRAME_RDI
    COPY_REGISTER CX_R12, FRAME_R12
    COPY_REGISTER CX_R13, FRAME_R13
    COPY_REGISTER CX_R14, FRAME_R14
    COPY_REGISTER CX_R15, FRAME_R15
    COPY_REGISTER CX_RIP, MACHINE_FRAME_RIP
    COPY_REGISTER CX_RSP, MACHINE_FRAME_RSP
    movq %rcx, FRAME_CONTEXT(%rsp)
    movq %rdx, %rcx
    callq *0x20(%rdx) /* record->ExceptionInformation[0] */
    movq FRAME_CONTEXT(%rsp), %rcx
    movq %rax, CX_RIP(%rcx)
    callq rtl_context_load
    int3
    .seh_endproc

/*
 * int _setjmpex(_JUMP_BUFFER *buffer, void *frame): `frame` is the caller's establisher frame, to
 * which longjmp unwinds; 0 makes longjmp a plain jump. _setjmp is the same on x64.
 */
    .globl _setjmp
    .globl _setjmpex
    .p2align 4
_setjmp:
_setjmpex:
    movq %rdx, 0x00(%rcx)
    movq %rbx, 0x08(%rcx)
    leaq 8(%rsp), %rax
    movq %rax, 0x10(%rcx)
    movq %rbp, 0x18(%rcx)
    movq %rsi, 0x20(%rcx)
    movq %rdi, 0x28(%rcx)
    movq %r12, 0x30(%rcx)
    movq %r13, 0x38(%rcx)
    movq %r14, 0x40(%rcx)
    movq %r15, 0x48(%rcx)
    movq (%rsp), %rax
    movq %rax, 0x50(%rcx)
    stmxcsr 0x58(%rcx)
    fnstcw 0x5C(%rcx)
    movaps %xmm6, 0x60(%rcx)
    movaps %xmm7, 0x70(%rcx)
    movaps %xmm8, 0x80(%rcx)
    movaps %xmm9, 0x90(%rcx)
    movaps %xmm10, 0xA0(%rcx)
    movaps %xmm11, 0xB0(%rcx)
    movaps %xmm12, 0xC0(%rcx)
    movaps %xmm13, 0xD0(%rcx)
    movaps %xmm14, 0xE0(%rcx)
    movaps %xmm15, 0xF0(%rcx)
    xorl %eax, %eax
    retq

/*
 * Stack probe: RAX = bytes that the caller is about to allocate. Touches each page on the way down,
 * in order, so that a guard page is met before anything beyond it. Changes no register.
 */
    .globl __chkstk
    .globl ___chkstk_ms
    .p2align 4
    .seh_proc __chkstk
__chkstk:
___chkstk_ms:
    pushq %rcx
    .seh_pushreg %rcx
    pushq %rax
    .seh_pushreg %rax
    .seh_endprologue
    leaq 24(%rsp), %rcx
    cmpq $0x1000, %rax
    jb 2f
1:
    subq $0x1000, %rcx
    testb $0, (%rcx)
    subq $0x1000, %rax
    cmpq $0x1000, %rax
    jae 1b
2:
    subq %rax, %rcx
    testb $0, (%rcx)
    popq %rax
    popq %rcx
    retq
    .seh_endproc
