/*
 * The `syscall` instruction, without ntdll: it takes the NT service table, by the numbers that
 * Windows 10 (19041) has.
 *
 *   raw_syscall                 checks of NT services
 *   raw_syscall linux CALL      for tests/cli/sandbox_test.sh: ask Linux, by its own convention,
 * from here raw_syscall library CALL    the same with a `syscall` instruction of the host's C
 * library
 *
 * CALL is write, open, socket, execve or exit. These say "refused: …" when they come back, and have
 * no other effect. On Windows the two forms are meaningless.
 */
#include <stdlib.h>

#include "check.h"
#include <winternl.h>

#define SERVICE_WRITE_FILE 0x08
#define SERVICE_CLOSE 0x0F
#define SERVICE_QUERY_SYSTEM_TIME 0x5A
#define SERVICE_UNKNOWN 0xFFF
#define INVALID_SYSTEM_SERVICE ((LONG)0xC000001C)
#define INVALID_HANDLE ((LONG)0xC0000008)
#define ACCESS_VIOLATION ((LONG)0xC0000005)

/* A service with up to nine arguments: four in registers, the rest above the home space. */
LONG raw_service(ULONG number, const ULONG_PTR *arguments);
__asm__(".globl raw_service\nraw_service:\n\t"
        "pushq %rsi\n\tpushq %rdi\n\tsubq $0x58, %rsp\n\t"
        "movl %ecx, %eax\n\tmovq %rdx, %rsi\n\t"
        "movq 0x20(%rsi), %rcx\n\tmovq %rcx, 0x28(%rsp)\n\t"
        "movq 0x28(%rsi), %rcx\n\tmovq %rcx, 0x30(%rsp)\n\t"
        "movq 0x30(%rsi), %rcx\n\tmovq %rcx, 0x38(%rsp)\n\t"
        "movq 0x38(%rsi), %rcx\n\tmovq %rcx, 0x40(%rsp)\n\t"
        "movq 0x40(%rsi), %rcx\n\tmovq %rcx, 0x48(%rsp)\n\t"
        "movq 0x00(%rsi), %r10\n\tmovq 0x08(%rsi), %rdx\n\t"
        "movq 0x10(%rsi), %r8\n\tmovq 0x18(%rsi), %r9\n\t"
        "syscall\n\t"
        "addq $0x58, %rsp\n\tpopq %rdi\n\tpopq %rsi\n\tretq");

/* `syscall` with the registers of Linux, here or, when `instruction` is not NULL, there. */
LONG_PTR linux_call(LONG number, const void *first, ULONG_PTR second, ULONG_PTR third,
                    const void *instruction);
__asm__(".globl linux_call\nlinux_call:\n\t"
        "pushq %rsi\n\tpushq %rdi\n\tsubq $0x48, %rsp\n\t"
        "movl %ecx, %eax\n\tmovq %rdx, %rdi\n\tmovq %r8, %rsi\n\tmovq %r9, %rdx\n\t"
        "movq 0x80(%rsp), %rcx\n\txorl %r10d, %r10d\n\txorl %r8d, %r8d\n\txorl %r9d, %r9d\n\t"
        "testq %rcx, %rcx\n\tjnz 1f\n\t"
        "syscall\n\tjmp 2f\n"
        "1:\tcallq *%rcx\n"
        "2:\taddq $0x48, %rsp\n\tpopq %rdi\n\tpopq %rsi\n\tretq");

static void test_services(void)
{
    static char text[] = "written by a raw system call\n";
    ULONG_PTR close[9] = {0x7770};
    LARGE_INTEGER now = {0}, later;
    ULONG_PTR time[9] = {(ULONG_PTR)&now}, nowhere[9] = {16};
    IO_STATUS_BLOCK iosb = {0};
    ULONG_PTR write[9] = {(ULONG_PTR)GetStdHandle(STD_OUTPUT_HANDLE),
                          0,
                          0,
                          0,
                          (ULONG_PTR)&iosb,
                          (ULONG_PTR)text,
                          sizeof text - 1,
                          0,
                          0};

    CHECK(raw_service(SERVICE_UNKNOWN, close) == INVALID_SYSTEM_SERVICE);
    CHECK(raw_service(SERVICE_CLOSE, close) == INVALID_HANDLE);
    CHECK(raw_service(SERVICE_QUERY_SYSTEM_TIME, time) == 0);
    GetSystemTimeAsFileTime((FILETIME *)&later);
    CHECK(now.QuadPart != 0 && llabs(later.QuadPart - now.QuadPart) < 10000000);
    CHECK(raw_service(SERVICE_QUERY_SYSTEM_TIME, nowhere) == ACCESS_VIOLATION);
    CHECK(raw_service(SERVICE_WRITE_FILE, write) == 0);
    CHECK(iosb.Information == sizeof text - 1);
}

/* A `syscall; ret` or `syscall; cmp` of a library of the host, found from its thread's block. */
static const void *find_instruction(void)
{
    const UCHAR *block, *at;

    __asm__("movq %%fs:0, %0" : "=r"(block));
    at = (const UCHAR *)((ULONG_PTR)block & ~0xFFFull);
    for (int page = 0; page < 16384; page++, at += 0x1000) {
        __try {
            for (int i = 0; i < 0xFFD; i++)
                if (at[i] == 0x0F && at[i + 1] == 0x05 && at[i + 2] == 0xC3)
                    return at + i;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
        }
    }
    return NULL;
}

static int ask_linux(const char *call, const void *instruction)
{
    static const char text[] = "reached Linux\n", program[] = "/bin/true", file[] = "../marker";
    LONG_PTR result = 0;

    if (strcmp(call, "write") == 0)
        result = linux_call(1, (const void *)1, (ULONG_PTR)text, sizeof text - 1, instruction);
    else if (strcmp(call, "open") == 0)
        result = linux_call(2, file, 0102, 0600, instruction);
    else if (strcmp(call, "socket") == 0)
        result = linux_call(41, (const void *)2, 1, 0, instruction);
    else if (strcmp(call, "execve") == 0)
        result = linux_call(59, program, 0, 0, instruction);
    else if (strcmp(call, "exit") == 0)
        result = linux_call(231, (const void *)77, 0, 0, instruction);
    printf("refused: 0x%llx\n", (unsigned long long)result);
    return 0;
}

int main(int argc, char **argv)
{
    const void *instruction = NULL;

    setbuf(stdout, NULL);
    if (argc > 2) {
        if (strcmp(argv[1], "library") == 0) {
            instruction = find_instruction();
            printf("instruction: %s\n", instruction ? "found" : "none");
            if (!instruction)
                return 3;
        }
        return ask_linux(argv[2], instruction);
    }
    test_services();
    return check_summary();
}
