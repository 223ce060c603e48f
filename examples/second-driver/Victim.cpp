// A program with a thread of its own, for SecondDriverClient to work on.
//
// It prints the thread's id and priority, and again for each line on its standard input; the end of
// the input ends it. The priority is the kernel's, which NtQueryInformationThread tells; what
// GetThreadPriority tells is only the offset within the process's priority class.
#include <windows.h>
#include <stdio.h>

struct ThreadBasicInformation {
    LONG ExitStatus;
    PVOID TebBaseAddress;
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
    ULONG_PTR AffinityMask;
    LONG Priority;
    LONG BasePriority;
};

typedef LONG(NTAPI *QueryInformationThread)(HANDLE, int, PVOID, ULONG, PULONG);

static DWORD WINAPI WaitForEnd(PVOID end)
{
    return WaitForSingleObject(static_cast<HANDLE>(end), INFINITE);
}

static void PrintPriority(QueryInformationThread query, HANDLE thread, DWORD threadId)
{
    ThreadBasicInformation information;

    if (query(thread, 0 /* ThreadBasicInformation */, &information, sizeof(information), nullptr) <
        0) {
        printf("Thread %lu: unknown priority\n", threadId);
    } else {
        printf("Thread %lu: priority %ld (GetThreadPriority %d)\n", threadId,
               information.Priority, GetThreadPriority(thread));
    }
    fflush(stdout);
}

int main()
{
    auto query = reinterpret_cast<QueryInformationThread>(reinterpret_cast<void *>(
        GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationThread")));
    auto end = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    DWORD threadId;
    auto thread = CreateThread(nullptr, 0, WaitForEnd, end, 0, &threadId);

    if (query == nullptr || end == nullptr || thread == nullptr) {
        printf("No thread (error=%lu)\n", GetLastError());
        return 1;
    }
    SetThreadPriority(thread, THREAD_PRIORITY_HIGHEST); // 8 + 2 in a process of normal class

    PrintPriority(query, thread, threadId);
    char line[16];
    while (fgets(line, sizeof(line), stdin) != nullptr)
        PrintPriority(query, thread, threadId);

    SetEvent(end);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(end);
    return 0;
}
