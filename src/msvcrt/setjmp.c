/*
 * setjmp and longjmp: the registers that the Microsoft x64 calling convention preserves, in the
 * layout of _JUMP_BUFFER (<setjmp.h>): Frame, Rbx, Rsp, Rbp, Rsi, Rdi, R12 to R15, Rip, MxCsr,
 * FpCsr, Xmm6 to Xmm15.
 *
 * Differs from Windows: longjmp restores the registers only. The __finally blocks of the frames
 * that it leaves do not run, as with a jump buffer whose Frame is 0.
 */
#include "crt.h"

int __cdecl crt_setjmp(void *buffer, void *frame);
void __cdecl crt_longjmp(void *buffer, int value);

/* RSP and RIP of the caller: the return address is on the stack when setjmp is entered. */
__asm__(".globl crt_setjmp\n"
        ".def crt_setjmp; .scl 2; .type 32; .endef\n"
        ".seh_proc crt_setjmp\n"
        "crt_setjmp:\n"
        ".seh_endprologue\n"
        "    movq %rdx, (%rcx)\n"
        "    movq %rbx, 8(%rcx)\n"
        "    leaq 8(%rsp), %rax\n"
        "    movq %rax, 16(%rcx)\n"
        "    movq %rbp, 24(%rcx)\n"
        "    movq %rsi, 32(%rcx)\n"
        "    movq %rdi, 40(%rcx)\n"
        "    movq %r12, 48(%rcx)\n"
        "    movq %r13, 56(%rcx)\n"
        "    movq %r14, 64(%rcx)\n"
        "    movq %r15, 72(%rcx)\n"
        "    movq (%rsp), %rax\n"
        "    movq %rax, 80(%rcx)\n"
        "    stmxcsr 88(%rcx)\n"
        "    fnstcw 92(%rcx)\n"
        "    movdqa %xmm6, 96(%rcx)\n"
        "    movdqa %xmm7, 112(%rcx)\n"
        "    movdqa %xmm8, 128(%rcx)\n"
        "    movdqa %xmm9, 144(%rcx)\n"
        "    movdqa %xmm10, 160(%rcx)\n"
        "    movdqa %xmm11, 176(%rcx)\n"
        "    movdqa %xmm12, 192(%rcx)\n"
        "    movdqa %xmm13, 208(%rcx)\n"
        "    movdqa %xmm14, 224(%rcx)\n"
        "    movdqa %xmm15, 240(%rcx)\n"
        "    xorl %eax, %eax\n"
        "    ret\n"
        ".seh_endproc\n");

/* setjmp returns `value` a second time, 1 when it is 0. */
__asm__(".globl crt_longjmp\n"
        ".def crt_longjmp; .scl 2; .type 32; .endef\n"
        ".seh_proc crt_longjmp\n"
        "crt_longjmp:\n"
        ".seh_endprologue\n"
        "    movl %edx, %eax\n"
        "    testl %eax, %eax\n"
        "    jnz 1f\n"
        "    incl %eax\n"
        "1:  movq 8(%rcx), %rbx\n"
        "    movq 16(%rcx), %rsp\n"
        "    movq 24(%rcx), %rbp\n"
        "    movq 32(%rcx), %rsi\n"
        "    movq 40(%rcx), %rdi\n"
        "    movq 48(%rcx), %r12\n"
        "    movq 56(%rcx), %r13\n"
        "    movq 64(%rcx), %r14\n"
        "    movq 72(%rcx), %r15\n"
        "    ldmxcsr 88(%rcx)\n"
        "    fnclex\n"
        "    fldcw 92(%rcx)\n"
        "    movdqa 96(%rcx), %xmm6\n"
        "    movdqa 112(%rcx), %xmm7\n"
        "    movdqa 128(%rcx), %xmm8\n"
        "    movdqa 144(%rcx), %xmm9\n"
        "    movdqa 160(%rcx), %xmm10\n"
        "    movdqa 176(%rcx), %xmm11\n"
        "    movdqa 192(%rcx), %xmm12\n"
        "    movdqa 208(%rcx), %xmm13\n"
        "    movdqa 224(%rcx), %xmm14\n"
        "    movdqa 240(%rcx), %xmm15\n"
        "    jmpq *80(%rcx)\n"
        ".seh_endproc\n");

NT_EXPORT_AS(_setjmp, crt_setjmp, 0, "pp");
NT_EXPORT_AS(_setjmpex, crt_setjmp, 0, "pp");
NT_EXPORT_AS(setjmp, crt_setjmp, 0, "pp");
NT_EXPORT_AS(__intrinsic_setjmp, crt_setjmp, 0, "pp");
NT_EXPORT_AS(__intrinsic_setjmpex, crt_setjmp, 0, "pp");
NT_EXPORT_AS(longjmp, crt_longjmp, 0, "pu");
