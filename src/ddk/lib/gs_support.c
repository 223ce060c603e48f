/*
 * Start-up and security support of a driver image in the style of Visual Studio: what such a driver
 * gets from BufferOverflowK.lib.
 *
 * - GsDriverEntry is the image's entry point. The loader writes a random value into
 *   __security_cookie, which it finds through the load configuration; a driver whose loader did not
 *   is stopped before DriverEntry with a fail-fast.
 * - Functions with buffers on the stack call __security_check_cookie before they return.
 * - Calls through pointers go through __guard_dispatch_icall_fptr. Both guard pointers have
 * defaults that allow every target; a loader with control flow guard replaces them.
 * - _load_config_used is the load configuration. The linker fills in the names that it defines
 *   (__guard_fids_table …).
 *
 * Source: PE format documentation, "The Load Configuration Structure"; Windows driver
 * documentation, "Control Flow Guard"; C run-time documentation, /GS and __fastfail.
 */
#include <wdm.h>

#define DEFAULT_SECURITY_COOKIE 0x00002B992DDFA232ULL

DRIVER_INITIALIZE DriverEntry;
DRIVER_INITIALIZE GsDriverEntry;

ULONG_PTR __security_cookie = DEFAULT_SECURITY_COOKIE;
ULONG_PTR __security_cookie_complement = ~DEFAULT_SECURITY_COOKIE;

NTSTATUS GsDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    if (__security_cookie == 0 || __security_cookie == DEFAULT_SECURITY_COOKIE)
        RtlFailFast(FAST_FAIL_GS_COOKIE_INIT);
    __security_cookie_complement = ~__security_cookie;
    return DriverEntry(DriverObject, RegistryPath);
}

/*
 * The cookie to check is in rcx. Callers rely on every other register but the flags being kept, so
 * this is not C. A good cookie's upper 16 bits are zero, by which a plain copy of a pointer fails.
 */
__asm__(".text\n"
        ".globl __security_check_cookie\n"
        "__security_check_cookie:\n"
        "    cmpq __security_cookie(%rip), %rcx\n"
        "    jne 1f\n"
        "    rolq $16, %rcx\n"
        "    testw $0xffff, %cx\n"
        "    jne 1f\n"
        "    retq\n"
        "1:  movl $2, %ecx\n" /* FAST_FAIL_STACK_COOKIE_CHECK_FAILURE */
        "    int $0x29\n");

/* The defaults of the two guard pointers: allow the call, and make it. The target is in rax. */
__asm__(".text\n"
        ".globl ringside_guard_check\n"
        "ringside_guard_check:\n"
        "    retq\n"
        ".globl ringside_guard_dispatch\n"
        "ringside_guard_dispatch:\n"
        "    jmpq *%rax\n");

void ringside_guard_check(void);
void ringside_guard_dispatch(void);

/* Constants to the driver; a loader with control flow guard writes them, then protects .rdata. */
void (*const __guard_check_icall_fptr)(void) = ringside_guard_check;
void (*const __guard_dispatch_icall_fptr)(void) = ringside_guard_dispatch;

/*
 * The load configuration, IMAGE_LOAD_CONFIG_DIRECTORY64 up to GuardLongJumpTargetCount. It is not a
 * C structure because GuardFlags takes 32 bits of a linker symbol, which no C initialiser can say.
 */
__asm__(".section .rdata,\"dr\"\n"
        ".balign 8\n"
        ".globl _load_config_used\n"
        "_load_config_used:\n"
        "1:  .long 2f - 1b\n"                     /* 0x00 Size */
        "    .zero 0x58 - 4\n"                    /* nothing of it is meant for drivers */
        "    .quad __security_cookie\n"           /* 0x58 SecurityCookie */
        "    .quad 0, 0\n"                        /* 0x60 SEHandlerTable, Count: x86 only */
        "    .quad __guard_check_icall_fptr\n"    /* 0x70 GuardCFCheckFunctionPointer */
        "    .quad __guard_dispatch_icall_fptr\n" /* 0x78 GuardCFDispatchFunctionPointer */
        "    .quad __guard_fids_table\n"          /* 0x80 GuardCFFunctionTable */
        "    .quad __guard_fids_count\n"          /* 0x88 GuardCFFunctionCount */
        "    .long __guard_flags\n"               /* 0x90 GuardFlags */
        "    .zero 12\n"                          /* 0x94 CodeIntegrity */
        "    .quad __guard_iat_table\n"           /* 0xA0 GuardAddressTakenIatEntryTable */
        "    .quad __guard_iat_count\n"           /* 0xA8 GuardAddressTakenIatEntryCount */
        "    .quad __guard_longjmp_table\n"       /* 0xB0 GuardLongJumpTargetTable */
        "    .quad __guard_longjmp_count\n"       /* 0xB8 GuardLongJumpTargetCount */
        "2:\n"
        ".text\n");
