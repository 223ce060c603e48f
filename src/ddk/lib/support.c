/*
 * What clang expects of a C run-time library in a driver of the mingw target, and ntoskrnl.exe
 * exports under another name. Linked into drivers as a library: only what is called gets in.
 */

/* The stack probe keeps the size in rax, as the kernel's __chkstk does. */
__asm__(".text\n"
        ".globl ___chkstk_ms\n"
        "___chkstk_ms:\n"
        "    jmp *__imp___chkstk(%rip)\n");

/* A pure virtual function was called. */
__asm__(".text\n"
        ".globl __cxa_pure_virtual\n"
        "__cxa_pure_virtual:\n"
        "    jmp *__imp__purecall(%rip)\n");
