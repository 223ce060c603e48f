/*
 * What NtQuerySystemInformation lists, against what this program knows to be true: processes and
 * their threads (records must follow each other without gaps or overlaps), handles, modules.
 */
#include "check.h"

#include <stdlib.h>
#include <winternl.h>

typedef NTSTATUS(NTAPI *query_function)(ULONG class, PVOID buffer, ULONG length, PULONG needed);

enum { PROCESSES = 5, MODULES = 11, HANDLES = 16, EXTENDED_PROCESSES = 57, EXTENDED_HANDLES = 64 };

#define PROCESS_RECORD 0x100u
#define THREAD_RECORD 0x50u
#define EXTENDED_THREAD_RECORD 0x88u
#define MODULE_RECORD 0x128u
#define MISMATCH ((NTSTATUS)0xC0000004)

static query_function query;

static ULONG number(const BYTE *at)
{
    return *(const ULONG *)at;
}

static ULONG64 address(const BYTE *at)
{
    return *(const ULONG64 *)at;
}

/* The whole answer, in memory of its own. */
static BYTE *ask(ULONG class, ULONG *length)
{
    ULONG needed = 0;
    BYTE *buffer;

    CHECK(query(class, NULL, 0, &needed) == MISMATCH || class == MODULES);
    buffer = malloc(needed + 4096);
    memset(buffer, 0xCC, needed + 4096);
    CHECK(query(class, buffer, needed + 4096, length) == 0);
    return buffer;
}

/* One record; returns how many threads of it are this thread. */
static int check_process(const BYTE *at, const BYTE *end, ULONG thread_record)
{
    ULONG threads = number(at + 4), next = number(at);
    ULONG used = PROCESS_RECORD + threads * thread_record;
    const BYTE *limit = next ? at + next : end;
    const UNICODE_STRING *name = (const UNICODE_STRING *)(at + 0x38);
    int found = 0;

    CHECK(threads >= 1);
    CHECK(limit <= end && (ULONG)(limit - at) >= used && (next & 7) == 0);
    for (ULONG i = 0; i < threads; i++) {
        const BYTE *thread = at + PROCESS_RECORD + i * thread_record;

        CHECK(address(thread + 0x28) == address(at + 0x50)); /* it belongs to the process */
        found += address(thread + 0x30) == GetCurrentThreadId();
    }
    if (name->Length) {
        CHECK((const BYTE *)name->Buffer >= at + used);
        CHECK((const BYTE *)name->Buffer + name->Length + sizeof(WCHAR) <= limit);
        CHECK(name->Buffer[name->Length / sizeof(WCHAR)] == 0);
        CHECK(name->MaximumLength >= name->Length + sizeof(WCHAR));
    }
    return found;
}

static void test_processes(ULONG class, ULONG thread_record, DWORD child)
{
    ULONG length = 0, total = 0, me = 0, children = 0, system = 0, idle = 0, threads = 0;
    BYTE *buffer = ask(class, &length), *at = buffer;

    for (;; at += number(at)) {
        ULONG64 id = address(at + 0x50);

        total++;
        threads += check_process(at, buffer + length, thread_record);
        idle += id == 0;
        system += id == 4;
        children += id == child && address(at + 0x58) == GetCurrentProcessId();
        if (id == GetCurrentProcessId()) {
            me++;
            CHECK(number(at + 0x60) >= 1); /* handles */
        }
        if (!number(at) || at + number(at) >= buffer + length)
            break;
    }
    CHECK(number(at) == 0);
    CHECK(total >= 4 && idle == 1 && system == 1 && me == 1 && children == 1 && threads == 1);
    free(buffer);
}

static void test_handles(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL), copy = NULL;
    ULONG length = 0, found = 0, mine = 0;
    ULONG64 objects[2] = {0};
    DWORD count = 0;
    BYTE *buffer;

    DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, SYNCHRONIZE, FALSE, 0);
    CHECK(GetProcessHandleCount(GetCurrentProcess(), &count));
    buffer = ask(EXTENDED_HANDLES, &length);
    CHECK(length == 16 + address(buffer) * 40);
    for (ULONG64 i = 0; i < address(buffer); i++) {
        const BYTE *entry = buffer + 16 + i * 40;
        ULONG64 handle = address(entry + 16);

        if (address(entry + 8) != GetCurrentProcessId())
            continue;
        mine++;
        if (handle == (ULONG64)event && number(entry + 24) == EVENT_ALL_ACCESS)
            objects[found++ & 1] = address(entry);
        else if (handle == (ULONG64)copy && number(entry + 24) == SYNCHRONIZE)
            objects[found++ & 1] = address(entry);
    }
    CHECK(found == 2 && objects[0] == objects[1] && objects[0] >> 32 != 0);
    CHECK(mine == count);
    free(buffer);
    buffer = ask(HANDLES, &length);
    CHECK(length == 8 + number(buffer) * 24);
    free(buffer);
    CloseHandle(copy);
    CloseHandle(event);
}

static void test_modules(void)
{
    ULONG length = 0;
    BYTE *buffer = ask(MODULES, &length);
    ULONG count = number(buffer);

    CHECK(length == 8 + count * MODULE_RECORD && count >= 1);
    for (ULONG i = 0; i < count; i++) {
        const BYTE *module = buffer + 8 + i * MODULE_RECORD;
        ULONG64 base = address(module + 0x10), end = base + number(module + 0x18);
        USHORT name = *(const USHORT *)(module + 0x26);

        CHECK(base != 0 && end > base);
        CHECK(memchr(module + 0x28, 0, 256) != NULL && name < 256);
        CHECK(name == 0 || module[0x28 + name - 1] == '\\');
        for (ULONG j = 0; j < i; j++) {
            const BYTE *other = buffer + 8 + j * MODULE_RECORD;

            CHECK(address(other + 0x10) >= end ||
                  address(other + 0x10) + number(other + 0x18) <= base);
        }
    }
    free(buffer);
}

int main(int count, char **arguments)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION child;
    char program[MAX_PATH], line[MAX_PATH + 16];

    (void)arguments;
    if (count > 1) {
        Sleep(60000);
        return 0;
    }
    query = (query_function)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"),
                                                   "NtQuerySystemInformation");
    GetModuleFileNameA(NULL, program, sizeof(program));
    snprintf(line, sizeof(line), "\"%s\" child", program);
    CHECK(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    test_processes(PROCESSES, THREAD_RECORD, child.dwProcessId);
    test_processes(EXTENDED_PROCESSES, EXTENDED_THREAD_RECORD, child.dwProcessId);
    test_handles();
    test_modules();
    CHECK(TerminateProcess(child.hProcess, 1));
    WaitForSingleObject(child.hProcess, 30000);
    return check_summary();
}
