/*
 * Lists of processes, threads and modules. A snapshot handle is a record in the heap with the
 * kernel's process list; modules are those of the calling process. See kernel32.h.
 */
#include "kernel32.h"

#include <tlhelp32.h>

#define SNAPSHOT_LIMIT (16u << 20)

struct snapshot {
    HANDLE event; /* its value is the handle, so that CloseHandle works */
    struct snapshot *next;
    DWORD flags;
    DWORD process_id;
    DWORD process_at, thread_at, module_at; /* next entry of each list */
    PVOID list;                             /* SYSTEM_PROCESS_INFORMATION records */
};

/* The record as the kernel writes it, with the names that <winternl.h> hides. */
struct process_record {
    ULONG next_offset;
    ULONG thread_count;
    UCHAR reserved0[0x38 - 8];
    UNICODE_STRING name; /* 0x38 */
    LONG base_priority;  /* 0x48 */
    PVOID process_id;    /* 0x50 */
    PVOID parent_id;     /* 0x58 */
    ULONG handle_count;
    ULONG session_id;
    UCHAR reserved1[0x100 - 0x68];
    struct {
        UCHAR times[0x20];
        PVOID start_address;
        CLIENT_ID client_id; /* 0x28 */
        LONG priority;       /* 0x38 */
        LONG base_priority;
        UCHAR reserved[0x50 - 0x40];
    } threads[];
};

USER_OFFSET(process_record, process_id, 0x50);
USER_OFFSET(process_record, threads, 0x100);

static struct snapshot *snapshots;
static SRWLOCK snapshots_lock = SRWLOCK_INIT;

PVOID base_read_system_list(SYSTEM_INFORMATION_CLASS information_class)
{
    for (ULONG size = 0x10000; size <= SNAPSHOT_LIMIT; size *= 2) {
        PVOID buffer = base_allocate(size);

        if (buffer == NULL)
            return NULL;
        NTSTATUS status = NtQuerySystemInformation(information_class, buffer, size, NULL);

        if (NT_SUCCESS(status))
            return buffer;
        base_free(buffer);
        if (status != STATUS_INFO_LENGTH_MISMATCH) {
            base_result(status);
            return NULL;
        }
    }
    base_error(ERROR_BAD_LENGTH);
    return NULL;
}

/* Forgets the snapshots whose handles have been closed since. */
static void drop_closed(void)
{
    OBJECT_HANDLE_FLAG_INFORMATION information;

    for (struct snapshot **link = &snapshots; *link != NULL;) {
        struct snapshot *snapshot = *link;

        if (NT_SUCCESS(NtQueryObject(snapshot->event, USER_OBJECT_HANDLE_FLAGS, &information,
                                     sizeof(information), NULL))) {
            link = &snapshot->next;
            continue;
        }
        *link = snapshot->next;
        base_free(snapshot->list);
        base_free(snapshot);
    }
}

/* Takes a snapshot. */
HANDLE WINAPI CreateToolhelp32Snapshot(DWORD flags, DWORD process_id)
{
    struct snapshot *snapshot = base_allocate(sizeof(*snapshot));

    if (snapshot == NULL)
        return INVALID_HANDLE_VALUE;
    *snapshot = (struct snapshot){.flags = flags, .process_id = process_id};
    bool wants_list = flags & (TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD);

    if (wants_list)
        snapshot->list = base_read_system_list(SystemProcessInformation);
    if (!wants_list || snapshot->list != NULL)
        snapshot->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (snapshot->event == NULL) {
        base_free(snapshot->list);
        base_free(snapshot);
        return INVALID_HANDLE_VALUE;
    }
    RtlAcquireSRWLockExclusive((PRTL_SRWLOCK)&snapshots_lock);
    drop_closed();
    snapshot->next = snapshots;
    snapshots = snapshot;
    RtlReleaseSRWLockExclusive((PRTL_SRWLOCK)&snapshots_lock);
    return snapshot->event;
}
NT_EXPORT(CreateToolhelp32Snapshot, 0, "uu");

static struct snapshot *find_snapshot(HANDLE handle, DWORD flag)
{
    struct snapshot *found = NULL;

    RtlAcquireSRWLockShared((PRTL_SRWLOCK)&snapshots_lock);
    for (struct snapshot *snapshot = snapshots; snapshot != NULL; snapshot = snapshot->next) {
        if (snapshot->event == handle && (snapshot->flags & flag))
            found = snapshot;
    }
    RtlReleaseSRWLockShared((PRTL_SRWLOCK)&snapshots_lock);
    if (found == NULL)
        base_error(ERROR_INVALID_HANDLE);
    return found;
}

/* The index-th process of the list, or NULL. */
static const struct process_record *process_at(const struct snapshot *snapshot, DWORD index)
{
    const char *at = snapshot->list;

    for (; index > 0; index--) {
        ULONG offset = ((const struct process_record *)at)->next_offset;

        if (offset == 0)
            return NULL;
        at += offset;
    }
    return (const struct process_record *)at;
}

/* The next process. */
WINBOOL WINAPI Process32NextW(HANDLE handle, LPPROCESSENTRY32W entry)
{
    struct snapshot *snapshot = find_snapshot(handle, TH32CS_SNAPPROCESS);

    if (snapshot == NULL)
        return FALSE;
    const struct process_record *record = process_at(snapshot, snapshot->process_at);

    if (record == NULL)
        return base_error(ERROR_NO_MORE_FILES);
    snapshot->process_at++;
    DWORD size = entry->dwSize;

    memset(entry, 0, sizeof(*entry));
    entry->dwSize = size;
    entry->th32ProcessID = (DWORD)(ULONG_PTR)record->process_id;
    entry->th32ParentProcessID = (DWORD)(ULONG_PTR)record->parent_id;
    entry->cntThreads = record->thread_count;
    entry->pcPriClassBase = record->base_priority;
    if (record->name.Buffer == NULL) {
        memcpy(entry->szExeFile, L"[System Process]", 17 * sizeof(WCHAR));
        return TRUE;
    }
    size_t length = record->name.Length / sizeof(WCHAR);

    memcpy(entry->szExeFile, record->name.Buffer,
           (length < MAX_PATH ? length : MAX_PATH - 1) * sizeof(WCHAR));
    return TRUE;
}
NT_EXPORT(Process32NextW, 0, "hp");

/* The first process. */
WINBOOL WINAPI Process32FirstW(HANDLE handle, LPPROCESSENTRY32W entry)
{
    struct snapshot *snapshot = find_snapshot(handle, TH32CS_SNAPPROCESS);

    if (snapshot == NULL)
        return FALSE;
    snapshot->process_at = 0;
    return Process32NextW(handle, entry);
}
NT_EXPORT(Process32FirstW, 0, "hp");

static void narrow_process(const PROCESSENTRY32W *wide, PROCESSENTRY32 *entry)
{
    DWORD size = entry->dwSize;

    memcpy(entry, wide, __builtin_offsetof(PROCESSENTRY32W, szExeFile));
    entry->dwSize = size;
    base_narrow(wide->szExeFile, (DWORD)wcslen(wide->szExeFile), entry->szExeFile,
                sizeof(entry->szExeFile));
}

/* The first process. */
WINBOOL WINAPI Process32First(HANDLE handle, LPPROCESSENTRY32 entry)
{
    PROCESSENTRY32W wide = {.dwSize = sizeof(wide)};

    if (!Process32FirstW(handle, &wide))
        return FALSE;
    narrow_process(&wide, entry);
    return TRUE;
}
NT_EXPORT(Process32First, 0, "hp");

/* The next process. */
WINBOOL WINAPI Process32Next(HANDLE handle, LPPROCESSENTRY32 entry)
{
    PROCESSENTRY32W wide = {.dwSize = sizeof(wide)};

    if (!Process32NextW(handle, &wide))
        return FALSE;
    narrow_process(&wide, entry);
    return TRUE;
}
NT_EXPORT(Process32Next, 0, "hp");

/* The next thread of any process. */
WINBOOL WINAPI Thread32Next(HANDLE handle, LPTHREADENTRY32 entry)
{
    struct snapshot *snapshot = find_snapshot(handle, TH32CS_SNAPTHREAD);
    const struct process_record *record;

    if (snapshot == NULL)
        return FALSE;
    DWORD index = snapshot->thread_at;

    for (DWORD i = 0; (record = process_at(snapshot, i)) != NULL;
         index -= record->thread_count, i++) {
        if (index >= record->thread_count)
            continue;
        snapshot->thread_at++;
        *entry = (THREADENTRY32){
            .dwSize = sizeof(*entry),
            .th32ThreadID = (DWORD)(ULONG_PTR)record->threads[index].client_id.UniqueThread,
            .th32OwnerProcessID = (DWORD)(ULONG_PTR)record->process_id,
            .tpBasePri = record->threads[index].base_priority,
        };
        return TRUE;
    }
    return base_error(ERROR_NO_MORE_FILES);
}
NT_EXPORT(Thread32Next, 0, "hp");

/* The first thread. */
WINBOOL WINAPI Thread32First(HANDLE handle, LPTHREADENTRY32 entry)
{
    struct snapshot *snapshot = find_snapshot(handle, TH32CS_SNAPTHREAD);

    if (snapshot == NULL)
        return FALSE;
    snapshot->thread_at = 0;
    return Thread32Next(handle, entry);
}
NT_EXPORT(Thread32First, 0, "hp");

/* The next module of this process. */
WINBOOL WINAPI Module32NextW(HANDLE handle, LPMODULEENTRY32W entry)
{
    struct snapshot *snapshot = find_snapshot(handle, TH32CS_SNAPMODULE);
    const LIST_ENTRY *head = &user_peb()->Ldr->InLoadOrderModuleList;
    const LIST_ENTRY *link = head->Flink;

    if (snapshot == NULL)
        return FALSE;
    if (snapshot->process_id != 0 && snapshot->process_id != GetCurrentProcessId())
        return base_error(ERROR_ACCESS_DENIED);
    for (DWORD i = 0; i < snapshot->module_at && link != head; i++)
        link = link->Flink;
    if (link == head)
        return base_error(ERROR_NO_MORE_FILES);
    snapshot->module_at++;
    const struct user_loader_entry *module =
        CONTAINING_RECORD(link, struct user_loader_entry, InLoadOrderLinks);
    DWORD size = entry->dwSize;

    memset(entry, 0, sizeof(*entry));
    entry->dwSize = size;
    entry->th32ModuleID = 1;
    entry->th32ProcessID = GetCurrentProcessId();
    entry->GlblcntUsage = entry->ProccntUsage = module->ReferenceCount;
    entry->modBaseAddr = module->DllBase;
    entry->modBaseSize = module->SizeOfImage;
    entry->hModule = module->DllBase;
    _snwprintf(entry->szModule, MAX_MODULE_NAME32, L"%wZ", &module->BaseDllName);
    _snwprintf(entry->szExePath, MAX_PATH - 1, L"%wZ", &module->FullDllName);
    return TRUE;
}
NT_EXPORT(Module32NextW, 0, "hp");

/* The first module of this process: the program. */
WINBOOL WINAPI Module32FirstW(HANDLE handle, LPMODULEENTRY32W entry)
{
    struct snapshot *snapshot = find_snapshot(handle, TH32CS_SNAPMODULE);

    if (snapshot == NULL)
        return FALSE;
    snapshot->module_at = 0;
    return Module32NextW(handle, entry);
}
NT_EXPORT(Module32FirstW, 0, "hp");

static void narrow_module(const MODULEENTRY32W *wide, MODULEENTRY32 *entry)
{
    DWORD size = entry->dwSize;

    memcpy(entry, wide, __builtin_offsetof(MODULEENTRY32W, szModule));
    entry->dwSize = size;
    base_narrow(wide->szModule, (DWORD)wcslen(wide->szModule), entry->szModule,
                sizeof(entry->szModule));
    base_narrow(wide->szExePath, (DWORD)wcslen(wide->szExePath), entry->szExePath,
                sizeof(entry->szExePath));
}

/* The first module of this process. */
WINBOOL WINAPI Module32First(HANDLE handle, LPMODULEENTRY32 entry)
{
    MODULEENTRY32W wide = {.dwSize = sizeof(wide)};

    if (!Module32FirstW(handle, &wide))
        return FALSE;
    narrow_module(&wide, entry);
    return TRUE;
}
NT_EXPORT(Module32First, 0, "hp");

/* The next module of this process. */
WINBOOL WINAPI Module32Next(HANDLE handle, LPMODULEENTRY32 entry)
{
    MODULEENTRY32W wide = {.dwSize = sizeof(wide)};

    if (!Module32NextW(handle, &wide))
        return FALSE;
    narrow_module(&wide, entry);
    return TRUE;
}
NT_EXPORT(Module32Next, 0, "hp");
