/*
 * The two places where the kernel enters user mode again: to deliver an exception and to deliver
 * an APC. In both it has put a CONTEXT, the state to come back to, at the top of the stack.
 *
 * The unwind data describes that CONTEXT: each routine builds a machine frame (RIP, CS, EFLAGS,
 * RSP, SS) from it, so a walk goes on in the interrupted code, with its registers. That is how a
 * handler's RtlUnwindEx reaches the frame that was interrupted.
 *
 *   rsp ──► 0x20 bytes for the callee
 *           5 × 8 machine frame, 8 of padding
 *           CONTEXT (0x4D0)                  ◄── rsp at entry
 *           EXCEPTION_RECORD at CONTEXT + 0x4F0
 */
#define CONTEXT_P1_HOME 0x00
#define CONTEXT_P2_HOME 0x08
#define CONTEXT_P3_HOME 0x10
#define CONTEXT_P4_HOME 0x18
#define CONTEXT_CS 0x38
#define CONTEXT_SS 0x42
#define CONTEXT_EFLAGS 0x44
#define CONTEXT_RBX 0x90
#define CONTEXT_RSP 0x98
#define CONTEXT_RBP 0xA0
#define CONTEXT_RSI 0xA8
#define CONTEXT_RDI 0xB0
#define CONTEXT_R12 0xD8
#define CONTEXT_R13 0xE0
#define CONTEXT_R14 0xE8
#define CONTEXT_R15 0xF0
#define CONTEXT_RIP 0xF8
#define CONTEXT_XMM6 0x200
#define EXCEPTION_RECORD_OFFSET 0x4F0

#define FRAME_BYTES 0x50 /* from rsp to the CONTEXT */
#define MACHINE_FRAME 0x20

/* At entry rsp is the CONTEXT; afterwards r10 is. The machine frame is what .seh_pushframe means:
   at MACHINE_FRAME above rsp; the saved registers lie at their places in the CONTEXT. */
.macro ENTER_FROM_KERNEL
        .seh_pushframe
        .seh_stackalloc MACHINE_FRAME
        .seh_savereg %rbx, FRAME_BYTES + CONTEXT_RBX
        .seh_savereg %rbp, FRAME_BYTES + CONTEXT_RBP
        .seh_savereg %rsi, FRAME_BYTES + CONTEXT_RSI
        .seh_savereg %rdi, FRAME_BYTES + CONTEXT_RDI
        .seh_savereg %r12, FRAME_BYTES + CONTEXT_R12
        .seh_savereg %r13, FRAME_BYTES + CONTEXT_R13
        .seh_savereg %r14, FRAME_BYTES + CONTEXT_R14
        .seh_savereg %r15, FRAME_BYTES + CONTEXT_R15
        .seh_savexmm %xmm6, FRAME_BYTES + CONTEXT_XMM6
        .seh_savexmm %xmm7, FRAME_BYTES + CONTEXT_XMM6 + 0x10
        .seh_savexmm %xmm8, FRAME_BYTES + CONTEXT_XMM6 + 0x20
        .seh_savexmm %xmm9, FRAME_BYTES + CONTEXT_XMM6 + 0x30
        .seh_savexmm %xmm10, FRAME_BYTES + CONTEXT_XMM6 + 0x40
        .seh_savexmm %xmm11, FRAME_BYTES + CONTEXT_XMM6 + 0x50
        .seh_savexmm %xmm12, FRAME_BYTES + CONTEXT_XMM6 + 0x60
        .seh_savexmm %xmm13, FRAME_BYTES + CONTEXT_XMM6 + 0x70
        .seh_savexmm %xmm14, FRAME_BYTES + CONTEXT_XMM6 + 0x80
        .seh_savexmm %xmm15, FRAME_BYTES + CONTEXT_XMM6 + 0x90
        .seh_endprologue
        cld
        movq    %rsp, %r10
        subq    $FRAME_BYTES, %rsp
        movq    CONTEXT_RIP(%r10), %rax
        movq    %rax, MACHINE_FRAME + 0x00(%rsp)
        movzwl  CONTEXT_CS(%r10), %eax
        movq    %rax, MACHINE_FRAME + 0x08(%rsp)
        movl    CONTEXT_EFLAGS(%r10), %eax
        movq    %rax, MACHINE_FRAME + 0x10(%rsp)
        movq    CONTEXT_RSP(%r10), %rax
        movq    %rax, MACHINE_FRAME + 0x18(%rsp)
        movzwl  CONTEXT_SS(%r10), %eax
        movq    %rax, MACHINE_FRAME + 0x20(%rsp)
.endm

        .text

/* An exception happened in user mode. */
        .globl  KiUserExceptionDispatcher
        .p2align 4
        .seh_proc KiUserExceptionDispatcher
KiUserExceptionDispatcher:
        ENTER_FROM_KERNEL
        leaq    EXCEPTION_RECORD_OFFSET(%r10), %rcx
        movq    %r10, %rdx
        call    ntdll_dispatch_exception
        int3
        .seh_endproc

/* A user APC is due: call P4Home(P1Home, P2Home, P3Home, context), then go on. */
        .globl  KiUserApcDispatcher
        .p2align 4
        .seh_proc KiUserApcDispatcher
KiUserApcDispatcher:
        ENTER_FROM_KERNEL
        movq    CONTEXT_P1_HOME(%r10), %rcx
        movq    CONTEXT_P2_HOME(%r10), %rdx
        movq    CONTEXT_P3_HOME(%r10), %r8
        movq    CONTEXT_P4_HOME(%r10), %rax
        movq    %r10, %r9
        call    *%rax
        leaq    FRAME_BYTES(%rsp), %rcx
        movl    $1, %edx
        call    NtContinue
        int3
        .seh_endproc

        .section .drectve,"yni"
        .ascii  " -export:KiUserExceptionDispatcher -export:KiUserApcDispatcher"
