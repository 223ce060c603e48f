/*
 * Modules of the process: finding, loading, attaching, unloading. The Ldr… routines take the loader
 * lock; the loader_… functions expect it held.
 *
 * Dependencies are attached before the module that imports them; the initialisation-order list is
 * the order in which entry points were called, and its reverse the order of detaching.
 */
#include "ntdll_internal.h"

static struct ntdll_module *program_module;

#define FOR_EACH_MODULE(module)                                                                    \
    for (LIST_ENTRY *link_ = ntdll.loader_data.InLoadOrderModuleList.Flink;                        \
         link_ != &ntdll.loader_data.InLoadOrderModuleList &&                                      \
         ((module) = CONTAINING_RECORD(link_, struct ntdll_module, entry.InLoadOrderLinks));       \
         link_ = link_->Flink)

struct ntdll_module *loader_find_by_base(const void *base)
{
    struct ntdll_module *module;

    FOR_EACH_MODULE(module)
    {
        if (module->entry.DllBase == base)
            return module;
    }
    return NULL;
}

struct ntdll_module *loader_find_by_address(const void *address)
{
    struct ntdll_module *module;

    if (ntdll.loader_data.InLoadOrderModuleList.Flink == NULL)
        return NULL;
    FOR_EACH_MODULE(module)
    {
        if ((ULONG64)address - (ULONG64)module->entry.DllBase < module->entry.SizeOfImage)
            return module;
    }
    return NULL;
}

/* By base name, or by full path when `name` has a directory. */
struct ntdll_module *loader_find_by_name(const UNICODE_STRING *name)
{
    struct ntdll_module *module;

    FOR_EACH_MODULE(module)
    {
        if (RtlEqualUnicodeString(&module->entry.BaseDllName, name, TRUE) ||
            RtlEqualUnicodeString(&module->entry.FullDllName, name, TRUE))
            return module;
    }
    return NULL;
}

/*
 * The module of that name, mapped and bound, loaded if it is not yet here; not attached.
 * @param name  with its extension
 */
NTSTATUS loader_load(const UNICODE_STRING *name, struct ntdll_module **result)
{
    UNICODE_STRING target = *name;
    WCHAR path[NTDLL_MAXIMUM_PATH];
    HANDLE file;

    loader_redirect_name(&target);
    *result = loader_find_by_name(&target);
    if (*result != NULL)
        return STATUS_SUCCESS;
    NTSTATUS status = loader_search(&target, path, ARRAY_COUNT(path), &file);

    if (!NT_SUCCESS(status))
        return status;
    UNICODE_STRING full;

    RtlInitUnicodeString(&full, path);
    *result = loader_find_by_name(&full);
    if (*result != NULL) {
        NtClose(file);
        return STATUS_SUCCESS;
    }
    status = loader_map_file(file, path, result);
    NtClose(file);
    if (!NT_SUCCESS(status))
        return status;
    status = loader_bind(*result);
    if (NT_SUCCESS(status))
        status = loader_tls_add_module(*result);
    if (!NT_SUCCESS(status)) {
        loader_module_free(*result);
        *result = NULL;
    }
    return status;
}

/* Attaches what the module imports, depth first: the DLLs that it names, and those that have the
 * functions when these are forwarded. */
static NTSTATUS attach_imports(struct ntdll_module *module)
{
    struct pe_import_cursor cursor;
    struct pe_import import;
    const char *previous = NULL;
    struct ntdll_module *exporter;
    NTSTATUS status = STATUS_SUCCESS;

    pe_import_start(&cursor, &module->view);
    while (NT_SUCCESS(status) && pe_import_next(&cursor, &import)) {
        if (import.module != previous) {
            previous = import.module;
            status = loader_load_imported(import.module, strlen(import.module), &exporter);
            if (NT_SUCCESS(status))
                status = loader_attach(exporter);
        }
        if (!NT_SUCCESS(status))
            break;
        exporter =
            loader_find_by_address(*(PVOID *)((char *)module->entry.DllBase + import.slot_rva));
        if (exporter != NULL)
            status = loader_attach(exporter);
    }
    return status;
}

/*
 * Calls the entry points of a module's imports and then its own, with DLL_PROCESS_ATTACH, unless
 * they have been called.
 * Returns: STATUS_SUCCESS, or STATUS_DLL_INIT_FAILED when an entry point refused.
 */
NTSTATUS loader_attach(struct ntdll_module *module)
{
    struct user_loader_data *data = &ntdll.loader_data;
    LIST_ENTRY *link = &module->entry.InInitializationOrderLinks;

    if (module->entry.Flags & USER_LOADER_ENTRY_PROCESSED)
        return STATUS_SUCCESS;
    module->entry.Flags |= USER_LOADER_ENTRY_PROCESSED;
    NTSTATUS status = attach_imports(module);

    if (!NT_SUCCESS(status))
        return status;
    if (module != program_module) {
        link->Flink = &data->InInitializationOrderModuleList;
        link->Blink = data->InInitializationOrderModuleList.Blink;
        data->InInitializationOrderModuleList.Blink->Flink = link;
        data->InInitializationOrderModuleList.Blink = link;
    }
    module->attached = true;
    module->entry.Flags |= USER_LOADER_ATTACH_CALLED;
    PVOID reserved = ntdll.process_state == NTDLL_PROCESS_STARTING ? (PVOID)1 : NULL;

    if (loader_call_module(module, DLL_PROCESS_ATTACH, reserved))
        return STATUS_SUCCESS;
    module->attached = false;
    ntdll_print("ringside: %wZ refused to start (DLL_PROCESS_ATTACH returned FALSE)\n",
                &module->entry.BaseDllName);
    return STATUS_DLL_INIT_FAILED;
}

/* The modules that the kernel mapped: the program first, then this DLL. */
static NTSTATUS adopt_first_modules(PVOID ntdll_base)
{
    const UNICODE_STRING *image = &user_peb()->ProcessParameters->ImagePathName;
    WCHAR path[NTDLL_MAXIMUM_PATH];
    struct ntdll_module *self;

    if (image->Length + sizeof(WCHAR) > sizeof(path))
        return STATUS_NAME_TOO_LONG;
    memcpy(path, image->Buffer, image->Length);
    path[image->Length / sizeof(WCHAR)] = 0;
    NTSTATUS status = loader_module_create(user_peb()->ImageBaseAddress, path, &program_module);

    if (!NT_SUCCESS(status))
        return status;
    program_module->entry.Flags |= USER_LOADER_STATIC;
    status = loader_relocate(program_module);
    if (!NT_SUCCESS(status))
        return status;
    status = loader_module_create(ntdll_base, L"C:\\Windows\\System32\\ntdll.dll", &self);
    if (!NT_SUCCESS(status))
        return status;
    self->bound = true;
    self->entry.Flags |= USER_LOADER_STATIC | USER_LOADER_ENTRY_PROCESSED;
    return STATUS_SUCCESS;
}

static void initialize_list(LIST_ENTRY *list)
{
    list->Flink = list->Blink = list;
}

/*
 * Builds the module lists of a new process, loads what the program imports and attaches it.
 * Returns: STATUS_SUCCESS; a failure of the loader, which has said why on standard error.
 */
NTSTATUS loader_start_process(PVOID ntdll_base)
{
    struct user_loader_data *data = &ntdll.loader_data;
    struct ntdll_module *module;
    NTSTATUS status;

    data->Length = sizeof(*data);
    initialize_list(&data->InLoadOrderModuleList);
    initialize_list(&data->InMemoryOrderModuleList);
    initialize_list(&data->InInitializationOrderModuleList);
    RtlEnterCriticalSection(&ntdll.loader_lock);
    status = adopt_first_modules(ntdll_base);
    if (NT_SUCCESS(status))
        status = loader_bind(program_module);
    if (NT_SUCCESS(status))
        status = loader_tls_add_module(program_module);
    if (NT_SUCCESS(status))
        status = loader_tls_add_thread();
    data->Initialized = TRUE;
    if (NT_SUCCESS(status)) {
        FOR_EACH_MODULE(module)
        module->entry.Flags |= USER_LOADER_STATIC;
        status = loader_attach(program_module);
    }
    RtlLeaveCriticalSection(&ntdll.loader_lock);
    return status;
}

/* A copy of a DLL's name with ".dll" added when it has no extension; a final dot means "none". */
static NTSTATUS complete_name(const UNICODE_STRING *name, WCHAR *buffer, ULONG size,
                              UNICODE_STRING *result)
{
    size_t length = name->Length / sizeof(WCHAR);
    bool has_dot = false;

    if (length == 0 || length + 5 > size)
        return length == 0 ? STATUS_DLL_NOT_FOUND : STATUS_NAME_TOO_LONG;
    for (size_t i = 0; i < length; i++) {
        buffer[i] = name->Buffer[i] == L'/' ? L'\\' : name->Buffer[i];
        if (buffer[i] == L'\\')
            has_dot = false;
        else if (buffer[i] == L'.')
            has_dot = true;
    }
    if (buffer[length - 1] == L'.')
        length--;
    else if (!has_dot) {
        memcpy(buffer + length, L".dll", 4 * sizeof(WCHAR));
        length += 4;
    }
    buffer[length] = 0;
    *result =
        (UNICODE_STRING){(USHORT)(length * sizeof(WCHAR)), (USHORT)(size * sizeof(WCHAR)), buffer};
    return STATUS_SUCCESS;
}

static void unload(struct ntdll_module *module)
{
    if (module->attached)
        loader_call_module(module, DLL_PROCESS_DETACH, NULL);
    loader_tls_remove_module(module);
    loader_module_free(module);
}

/*
 * Loads a DLL, or counts another reference to one that is loaded.
 * @param path             ignored: the search order is fixed
 * @param characteristics  ignored
 * @param name             file name or path; ".dll" is added when it has no extension
 * @param base             receives the DLL's address
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_DLL_NOT_FOUND; STATUS_DLL_INIT_FAILED;
 * STATUS_INVALID_IMAGE_FORMAT.
 */
NTSTATUS NTAPI LdrLoadDll(PWSTR path, PULONG characteristics, PUNICODE_STRING name, PVOID *base)
{
    WCHAR buffer[NTDLL_MAXIMUM_PATH];
    UNICODE_STRING full;
    struct ntdll_module *module;

    (void)path, (void)characteristics;
    NTSTATUS status = complete_name(name, buffer, ARRAY_COUNT(buffer), &full);

    if (!NT_SUCCESS(status))
        return status;
    RtlEnterCriticalSection(&ntdll.loader_lock);
    UNICODE_STRING target = full;

    loader_redirect_name(&target);
    module = loader_find_by_name(&target);
    bool loaded_before = module != NULL;

    if (!loaded_before)
        status = loader_load(&full, &module);
    else
        module->entry.ReferenceCount++;
    if (NT_SUCCESS(status)) {
        status = loader_attach(module);
        if (NT_SUCCESS(status))
            *base = module->entry.DllBase;
        else if (!loaded_before)
            unload(module);
    }
    RtlLeaveCriticalSection(&ntdll.loader_lock);
    return status;
}
NT_EXPORT(LdrLoadDll, 0, "wpUp");

/*
 * Gives back one reference to a DLL; the last one detaches and unmaps it. The DLLs that it had
 * brought with it stay: only what was loaded by name goes.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_DLL_NOT_FOUND when `base` is no module.
 * Differs from NT: DLLs that were loaded as imports of an unloaded DLL stay loaded.
 */
NTSTATUS NTAPI LdrUnloadDll(PVOID base)
{
    NTSTATUS status = STATUS_SUCCESS;

    RtlEnterCriticalSection(&ntdll.loader_lock);
    struct ntdll_module *module = loader_find_by_base(base);

    if (module == NULL) {
        status = STATUS_DLL_NOT_FOUND;
    } else if (!(module->entry.Flags & USER_LOADER_STATIC) && --module->entry.ReferenceCount == 0) {
        unload(module);
    }
    RtlLeaveCriticalSection(&ntdll.loader_lock);
    return status;
}
NT_EXPORT(LdrUnloadDll, 0, "p");

/*
 * Finds a loaded DLL by name, without counting a reference.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_DLL_NOT_FOUND.
 */
NTSTATUS NTAPI LdrGetDllHandle(PWSTR path, PULONG characteristics, PUNICODE_STRING name,
                               PVOID *base)
{
    WCHAR buffer[NTDLL_MAXIMUM_PATH];
    UNICODE_STRING full;

    (void)path, (void)characteristics;
    NTSTATUS status = complete_name(name, buffer, ARRAY_COUNT(buffer), &full);

    if (!NT_SUCCESS(status))
        return status;
    loader_redirect_name(&full);
    RtlEnterCriticalSection(&ntdll.loader_lock);
    struct ntdll_module *module = loader_find_by_name(&full);

    if (module != NULL)
        *base = module->entry.DllBase;
    RtlLeaveCriticalSection(&ntdll.loader_lock);
    return module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}
NT_EXPORT(LdrGetDllHandle, 0, "wpUp");

/*
 * The address of an exported function or variable.
 * @param name     NULL: by ordinal
 * @param ordinal  used when `name` is NULL
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_ENTRYPOINT_NOT_FOUND; STATUS_ORDINAL_NOT_FOUND;
 * STATUS_DLL_NOT_FOUND when `base` is no module.
 */
NTSTATUS NTAPI LdrGetProcedureAddress(PVOID base, PANSI_STRING name, ULONG ordinal, PVOID *address)
{
    char buffer[512];
    NTSTATUS status;

    if (name != NULL) {
        if (name->Length >= sizeof(buffer))
            return STATUS_ENTRYPOINT_NOT_FOUND;
        memcpy(buffer, name->Buffer, name->Length);
        buffer[name->Length] = 0;
    }
    RtlEnterCriticalSection(&ntdll.loader_lock);
    struct ntdll_module *module = loader_find_by_base(base);

    if (module == NULL)
        status = STATUS_DLL_NOT_FOUND;
    else
        status = loader_find_export(module, name != NULL ? buffer : NULL, ordinal, address);
    RtlLeaveCriticalSection(&ntdll.loader_lock);
    return status;
}
NT_EXPORT(LdrGetProcedureAddress, 0, "pAup");

/*
 * Stops the thread attach and detach calls to a DLL.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_DLL_NOT_FOUND.
 */
NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID base)
{
    RtlEnterCriticalSection(&ntdll.loader_lock);
    struct ntdll_module *module = loader_find_by_base(base);

    if (module != NULL)
        module->entry.Flags |= USER_LOADER_NO_THREAD_CALLS;
    RtlLeaveCriticalSection(&ntdll.loader_lock);
    return module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}
NT_EXPORT(LdrDisableThreadCalloutsForDll, 0, "p");

/*
 * Counts a reference to a loaded DLL.
 * @param flags  bit 0: the DLL is never unloaded again
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_DLL_NOT_FOUND.
 */
NTSTATUS NTAPI LdrAddRefDll(ULONG flags, PVOID base)
{
    RtlEnterCriticalSection(&ntdll.loader_lock);
    struct ntdll_module *module = loader_find_by_base(base);

    if (module != NULL && (flags & 1))
        module->entry.Flags |= USER_LOADER_STATIC;
    else if (module != NULL)
        module->entry.ReferenceCount++;
    RtlLeaveCriticalSection(&ntdll.loader_lock);
    return module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}
NT_EXPORT(LdrAddRefDll, 0, "up");

/*
 * The loader's record of the module that contains an address.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_NO_MORE_ENTRIES.
 */
NTSTATUS NTAPI LdrFindEntryForAddress(PVOID address, struct user_loader_entry **entry)
{
    RtlEnterCriticalSection(&ntdll.loader_lock);
    struct ntdll_module *module = loader_find_by_address(address);

    *entry = module != NULL ? &module->entry : NULL;
    RtlLeaveCriticalSection(&ntdll.loader_lock);
    return module != NULL ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
}
NT_EXPORT(LdrFindEntryForAddress, 0, "pp");

/*
 * Takes the lock under which DLLs are loaded and attached.
 * @param flags        bit 1: do not wait
 * @param disposition  receives 1 (taken) or 2 (not free; only with bit 1); may be NULL without it
 * @param cookie       receives what LdrUnlockLoaderLock wants
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER_3.
 */
NTSTATUS NTAPI LdrLockLoaderLock(ULONG flags, PULONG disposition, PULONG_PTR cookie)
{
    if (cookie == NULL)
        return STATUS_INVALID_PARAMETER_3;
    *cookie = 0;
    if (flags & 2) {
        if (!RtlTryEnterCriticalSection(&ntdll.loader_lock)) {
            if (disposition != NULL)
                *disposition = 2;
            return STATUS_SUCCESS;
        }
    } else {
        RtlEnterCriticalSection(&ntdll.loader_lock);
    }
    if (disposition != NULL)
        *disposition = 1;
    *cookie = (ULONG_PTR)user_thread_id() << 16 | 1;
    return STATUS_SUCCESS;
}
NT_EXPORT(LdrLockLoaderLock, 0, "upp");

/*
 * Releases the loader lock.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER_2 for a cookie that
 * LdrLockLoaderLock did not give to this thread.
 */
NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG flags, ULONG_PTR cookie)
{
    (void)flags;
    if (cookie == 0)
        return STATUS_SUCCESS;
    if (cookie != ((ULONG_PTR)user_thread_id() << 16 | 1))
        return STATUS_INVALID_PARAMETER_2;
    RtlLeaveCriticalSection(&ntdll.loader_lock);
    return STATUS_SUCCESS;
}
NT_EXPORT(LdrUnlockLoaderLock, 0, "uq");
