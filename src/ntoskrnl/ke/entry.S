/*
 * The few places where the stack itself changes: start-up, the control entry, context switch,
 * traps, and the way into and out of user mode. Everything else is C.
 *
 * Stack pictures are given where a frame has a layout that C code relies on. The unwind directives
 * let a stack walk pass through waiting threads.
 */
        .text

/* gs offsets: struct ke_pcr and struct _KTHREAD (ke.h asserts them). */
        .set PCR_CURRENT_THREAD, 0x188
        .set PCR_RSP_BASE, 0x1A8
        .set THREAD_TEB, 0xF0
        .set THREAD_PREVIOUS_MODE, 0x232

/* struct machine_trap */
        .set TRAP_RIP, 0x80
        .set TRAP_RFLAGS, 0x88
        .set TRAP_USER, 0xA8
        .set TRAP_FP_MASK, 0xB8
        .set TRAP_FP_STATE, 0xC0
        .set TRAP_RSP, 0x20

        .set THREAD_SERVICE_NUMBER, 0x80
        .set SYSTEM_CALL_COST, 10               /* simulated time of a system call: 1 us */
        .set STATUS_ACCESS_VIOLATION, 0xC0000005

/*
 * void ki_run_on_stack(void *stack_top, void (*function)(void *), void *argument)
 * Run a C function on another stack of this thread and come back.
 */
        .globl ki_run_on_stack
        .p2align 4
        .seh_proc ki_run_on_stack
ki_run_on_stack:
        pushq   %rbp
        .seh_pushreg %rbp
        movq    %rsp, %rbp
        .seh_setframe %rbp, 0
        .seh_endprologue
        leaq    -32(%rcx), %rsp
        movq    %r8, %rcx
        callq   *%rdx
        movq    %rbp, %rsp
        popq    %rbp
        retq
        .seh_endproc

/*
 * int64_t ki_control_entry(uint32_t operation, void *arguments), System V convention: the host
 * enters the kernel on the control thread. ki_control_leave(int64_t result) goes back to the host
 * from any depth: it ends the request in which the machine stopped.
 */
        .globl ki_control_entry
        .p2align 4
ki_control_entry:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, ki_host_stack(%rip)
        movq    ki_current_pcr(%rip), %rax
        rdgsbase %rcx                   /* mostly right already, and a write costs ten reads */
        cmpq    %rax, %rcx
        je      1f
        wrgsbase %rax
1:      movq    ki_control_stack(%rip), %rsp
        movl    %edi, %ecx
        movq    %rsi, %rdx
        xorl    %ebx, %ebx      /* nothing of the host that differs from run to run */
        xorl    %ebp, %ebp
        xorl    %r12d, %r12d
        xorl    %r13d, %r13d
        xorl    %r14d, %r14d
        xorl    %r15d, %r15d
        subq    $32, %rsp
        callq   ctl_dispatch
        movq    %rax, %rcx
        jmp     ki_control_leave

        .globl ki_control_leave
        .p2align 4
ki_control_leave:
        movq    %rcx, %rax
        movq    ki_host_stack(%rip), %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        retq

/*
 * void ki_switch_stack(PVOID *from, PVOID to): save what the Microsoft convention preserves on this
 * stack and the stack pointer in *from, continue where `to` was saved so. A new thread's stack is
 * built by ke_thread_initialize to look as if it had been.
 */
        .globl ki_switch_stack
        .p2align 4
        .seh_proc ki_switch_stack
ki_switch_stack:
        pushq   %rbx
        .seh_pushreg %rbx
        pushq   %rbp
        .seh_pushreg %rbp
        pushq   %rsi
        .seh_pushreg %rsi
        pushq   %rdi
        .seh_pushreg %rdi
        pushq   %r12
        .seh_pushreg %r12
        pushq   %r13
        .seh_pushreg %r13
        pushq   %r14
        .seh_pushreg %r14
        pushq   %r15
        .seh_pushreg %r15
        subq    $0xA8, %rsp
        .seh_stackalloc 0xA8
        .seh_endprologue
        movaps  %xmm6, 0x00(%rsp)
        movaps  %xmm7, 0x10(%rsp)
        movaps  %xmm8, 0x20(%rsp)
        movaps  %xmm9, 0x30(%rsp)
        movaps  %xmm10, 0x40(%rsp)
        movaps  %xmm11, 0x50(%rsp)
        movaps  %xmm12, 0x60(%rsp)
        movaps  %xmm13, 0x70(%rsp)
        movaps  %xmm14, 0x80(%rsp)
        movaps  %xmm15, 0x90(%rsp)
        stmxcsr 0xA0(%rsp)
        fnstcw  0xA4(%rsp)
        movq    %rsp, (%rcx)
        movq    %rdx, %rsp
        .globl ki_switch_stack_resume           /* where every thread that waits is */
ki_switch_stack_resume:
        movaps  0x00(%rsp), %xmm6
        movaps  0x10(%rsp), %xmm7
        movaps  0x20(%rsp), %xmm8
        movaps  0x30(%rsp), %xmm9
        movaps  0x40(%rsp), %xmm10
        movaps  0x50(%rsp), %xmm11
        movaps  0x60(%rsp), %xmm12
        movaps  0x70(%rsp), %xmm13
        movaps  0x80(%rsp), %xmm14
        movaps  0x90(%rsp), %xmm15
        ldmxcsr 0xA0(%rsp)
        fldcw   0xA4(%rsp)
        addq    $0xA8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rdi
        popq    %rsi
        popq    %rbp
        popq    %rbx
        retq
        .seh_endproc

/* First instruction of every new thread: ki_switch_context returns to here. */
        .globl ki_thread_start
        .p2align 4
        .seh_proc ki_thread_start
ki_thread_start:
        subq    $32, %rsp
        .seh_stackalloc 32
        .seh_endprologue
        callq   ki_thread_startup
        ud2
        .seh_endproc

/*
 * Trap entry: the host has built a struct machine_trap above rsp and put its address into rcx.
 * ki_resume(trap) continues the interrupted code with every register restored.
 */
        .globl ki_trap_entry
        .p2align 4
        .seh_proc ki_trap_entry
ki_trap_entry:
        .seh_pushframe                          /* an unwind goes on in the interrupted code */
        movl    %ss, %eax
        pushq   %rax
        pushq   TRAP_RSP(%rcx)
        pushq   TRAP_RFLAGS(%rcx)
        movl    %cs, %eax
        pushq   %rax
        pushq   TRAP_RIP(%rcx)
        pushq   0x18(%rcx)                      /* the interrupted rbx */
        .seh_pushreg %rbx
        subq    $32, %rsp
        .seh_stackalloc 32
        .seh_endprologue
        movq    %rcx, %rbx
        leaq    40(%rsp), %rdx                  /* where an unwind finds the interrupted rip */
        callq   ki_trap
        movq    %rbx, %rcx
        jmp     ki_resume
        .seh_endproc

        .globl ki_resume
        .p2align 4
ki_resume:
        movq    %rcx, %rbx
        movq    TRAP_FP_STATE(%rbx), %rcx
        movl    TRAP_FP_MASK(%rbx), %eax
        movl    TRAP_FP_MASK+4(%rbx), %edx
        cmpq    $3, TRAP_FP_MASK(%rbx)
        je      1f
        xrstor64 (%rcx)
        jmp     2f
1:      fxrstor64 (%rcx)
2:      cmpq    $0, TRAP_USER(%rbx)
        je      3f
        movq    %gs:PCR_CURRENT_THREAD, %rax
        movq    THREAD_TEB(%rax), %rax
        wrgsbase %rax
3:      movl    %ss, %eax
        pushq   %rax
        pushq   TRAP_RSP(%rbx)
        pushq   TRAP_RFLAGS(%rbx)
        movl    %cs, %eax
        pushq   %rax
        pushq   TRAP_RIP(%rbx)
        movq    0x00(%rbx), %rax
        movq    0x08(%rbx), %rcx
        movq    0x10(%rbx), %rdx
        movq    0x28(%rbx), %rbp
        movq    0x30(%rbx), %rsi
        movq    0x38(%rbx), %rdi
        movq    0x40(%rbx), %r8
        movq    0x48(%rbx), %r9
        movq    0x50(%rbx), %r10
        movq    0x58(%rbx), %r11
        movq    0x60(%rbx), %r12
        movq    0x68(%rbx), %r13
        movq    0x70(%rbx), %r14
        movq    0x78(%rbx), %r15
        movq    0x18(%rbx), %rbx
        iretq

/*
 * The system-call gate, reached by a jump from ntdll's stubs with the contract of `syscall`:
 * eax = service number, r10 rdx r8 r9 = arguments 1 to 4, the rest on the user stack above the
 * return address and home space. Runs on the thread's kernel stack:
 *
 *   RspBase - 0x08  user rsp
 *   RspBase - 0x10  user rip
 *   below           alignment, arguments N … 5, home space of the service routine
 *
 * A fault while the arguments are copied is the caller's: trap.c continues it at
 * ki_system_call_fault.
 */
        .globl ki_system_call_gate
        .p2align 4
ki_system_call_gate:
        movq    %rsp, %r11
        movq    ki_current_pcr(%rip), %rcx
        wrgsbase %rcx
        movq    %gs:PCR_RSP_BASE, %rsp
        pushq   %r11
        movq    %gs:PCR_CURRENT_THREAD, %rcx
        movl    %eax, THREAD_SERVICE_NUMBER(%rcx)
        incq    ki_system_calls(%rip)
        cmpl    ki_service_limit(%rip), %eax
        jb      1f
        movl    ki_service_limit(%rip), %eax    /* the row behind the last: unknown number */
1:      movl    %eax, %eax
        shlq    $4, %rax
        leaq    ki_service_table(%rip), %rcx
        addq    %rcx, %rax
        movl    8(%rax), %ecx                   /* arguments on the stack */

        .globl ki_copy_arguments_start
ki_copy_arguments_start:
        pushq   (%r11)
        testl   $1, %ecx
        jz      2f
        pushq   $0
2:      testl   %ecx, %ecx
        jz      4f
3:      pushq   0x20(%r11,%rcx,8)
        decl    %ecx
        jnz     3b
        .globl ki_copy_arguments_end
ki_copy_arguments_end:

4:      subq    $32, %rsp
        movq    %r10, %rcx
        callq   *(%rax)

ki_system_call_return:
        movq    ki_clock_now(%rip), %rcx
        addq    $SYSTEM_CALL_COST, %rcx
        movq    %rcx, ki_clock_now(%rip)
        cmpq    ki_clock_due(%rip), %rcx
        jae     6f
        cmpb    $0, ki_exit_work(%rip)
        jne     6f
5:      movq    %gs:PCR_RSP_BASE, %rcx
        movq    -8(%rcx), %r11
        movq    %gs:PCR_CURRENT_THREAD, %rcx
        movq    THREAD_TEB(%rcx), %rcx
        wrgsbase %rcx
        movq    %r11, %rsp
        retq
6:      movq    %rax, %rcx
        callq   ki_system_call_exit
        jmp     5b

        .globl ki_system_call_fault
ki_system_call_fault:
        movq    %gs:PCR_RSP_BASE, %rsp
        subq    $(0x10 + 32), %rsp
        movl    $STATUS_ACCESS_VIOLATION, %eax
        jmp     ki_system_call_return

/*
 * Zw… routines jump here with rax = the Nt… routine: run it with PreviousMode = KernelMode. In a
 * thread that is in kernel mode already that is a plain jump.
 */
        .globl ki_zw_call
        .p2align 4
ki_zw_call:
        movq    %gs:PCR_CURRENT_THREAD, %r10
        cmpb    $0, THREAD_PREVIOUS_MODE(%r10)
        jne     ki_zw_call_from_user
        jmpq    *%rax

        .p2align 4
        .seh_proc ki_zw_call_from_user
ki_zw_call_from_user:
        pushq   %rbp
        .seh_pushreg %rbp
        subq    $0xA0, %rsp
        .seh_stackalloc 0xA0
        .seh_endprologue
        movb    $0, THREAD_PREVIOUS_MODE(%r10)
        movups  0xD0(%rsp), %xmm0               /* arguments 5 … 18 */
        movups  %xmm0, 0x20(%rsp)
        movups  0xE0(%rsp), %xmm0
        movups  %xmm0, 0x30(%rsp)
        movups  0xF0(%rsp), %xmm0
        movups  %xmm0, 0x40(%rsp)
        movups  0x100(%rsp), %xmm0
        movups  %xmm0, 0x50(%rsp)
        movups  0x110(%rsp), %xmm0
        movups  %xmm0, 0x60(%rsp)
        movups  0x120(%rsp), %xmm0
        movups  %xmm0, 0x70(%rsp)
        movups  0x130(%rsp), %xmm0
        movups  %xmm0, 0x80(%rsp)
        callq   *%rax
        movq    %gs:PCR_CURRENT_THREAD, %r10
        movb    $1, THREAD_PREVIOUS_MODE(%r10)
        addq    $0xA0, %rsp
        popq    %rbp
        retq
        .seh_endproc
