/*
 * From an open file to a module in the PEB's lists: section, view, relocation.
 *
 * A module that is here is not bound: its imports still hold what the linker wrote.
 */
#include "ntdll_internal.h"

/* The last component of a path, as a part of the same buffer. */
static UNICODE_STRING base_name_of(const UNICODE_STRING *path)
{
    USHORT start = path->Length / sizeof(WCHAR);

    while (start > 0 && path->Buffer[start - 1] != L'\\' && path->Buffer[start - 1] != L'/')
        start--;
    return (UNICODE_STRING){path->Length - start * sizeof(WCHAR),
                            path->MaximumLength - start * sizeof(WCHAR), path->Buffer + start};
}

static void link_module(struct user_loader_entry *entry)
{
    struct user_loader_data *data = &ntdll.loader_data;

    entry->InLoadOrderLinks.Flink = &data->InLoadOrderModuleList;
    entry->InLoadOrderLinks.Blink = data->InLoadOrderModuleList.Blink;
    data->InLoadOrderModuleList.Blink->Flink = &entry->InLoadOrderLinks;
    data->InLoadOrderModuleList.Blink = &entry->InLoadOrderLinks;

    entry->InMemoryOrderLinks.Flink = &data->InMemoryOrderModuleList;
    entry->InMemoryOrderLinks.Blink = data->InMemoryOrderModuleList.Blink;
    data->InMemoryOrderModuleList.Blink->Flink = &entry->InMemoryOrderLinks;
    data->InMemoryOrderModuleList.Blink = &entry->InMemoryOrderLinks;
}

/*
 * Makes the record of an image that is mapped already and links it.
 * @param path  full DOS path
 */
NTSTATUS loader_module_create(PVOID base, const WCHAR *path, struct ntdll_module **result)
{
    const IMAGE_NT_HEADERS *headers =
        (const void *)((const char *)base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    USHORT path_bytes = (USHORT)(wcslen(path) * sizeof(WCHAR));
    struct ntdll_module *module = RtlAllocateHeap(user_peb()->ProcessHeap, HEAP_ZERO_MEMORY,
                                                  sizeof(*module) + path_bytes + sizeof(WCHAR));
    struct pe_error error;

    if (module == NULL)
        return STATUS_NO_MEMORY;
    if (!pe_view_open(&module->view, base, headers->OptionalHeader.SizeOfImage, &error)) {
        ntdll_print("ringside: %ls: %s\n", path, error.text);
        RtlFreeHeap(user_peb()->ProcessHeap, 0, module);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    struct user_loader_entry *entry = &module->entry;
    WCHAR *copy = (WCHAR *)(module + 1);

    memcpy(copy, path, path_bytes + sizeof(WCHAR));
    entry->DllBase = base;
    entry->SizeOfImage = module->view.headers.size_of_image;
    entry->EntryPoint =
        module->view.headers.entry_rva ? (char *)base + module->view.headers.entry_rva : NULL;
    entry->FullDllName = (UNICODE_STRING){path_bytes, path_bytes + sizeof(WCHAR), copy};
    entry->BaseDllName = base_name_of(&entry->FullDllName);
    entry->TimeDateStamp = module->view.headers.timestamp;
    entry->OriginalBase = module->view.headers.image_base;
    entry->ObsoleteLoadCount = 1;
    entry->ReferenceCount = 1;
    if (module->view.headers.file_characteristics & PE_FILE_DLL)
        entry->Flags |= USER_LOADER_IMAGE_DLL;
    link_module(entry);
    *result = module;
    return STATUS_SUCCESS;
}

static void unlink(LIST_ENTRY *link)
{
    if (link->Flink == NULL)
        return;
    link->Flink->Blink = link->Blink;
    link->Blink->Flink = link->Flink;
}

/* Forgets a module and unmaps its image. */
void loader_module_free(struct ntdll_module *module)
{
    unlink(&module->entry.InLoadOrderLinks);
    unlink(&module->entry.InMemoryOrderLinks);
    unlink(&module->entry.InInitializationOrderLinks);
    NtUnmapViewOfSection(NtCurrentProcess(), module->entry.DllBase);
    RtlFreeHeap(user_peb()->ProcessHeap, 0, module);
}

/* Changes the protection of one section; for all sections that are not writable by themselves. */
static NTSTATUS protect_section(struct ntdll_module *module, const struct pe_section *section,
                                bool writable)
{
    unsigned access = pe_section_protection(section->characteristics);
    PVOID address = (char *)module->entry.DllBase + section->rva;
    SIZE_T size = section->virtual_size;
    ULONG protection = writable ? PAGE_READWRITE : PAGE_READONLY;
    ULONG previous;

    if ((access & PE_WRITE) || size == 0)
        return STATUS_SUCCESS;
    if (access & PE_EXECUTE)
        protection = writable ? PAGE_EXECUTE_READWRITE : PAGE_EXECUTE_READ;
    return NtProtectVirtualMemory(NtCurrentProcess(), &address, &size, protection, &previous);
}

static NTSTATUS protect_image(struct ntdll_module *module, bool writable)
{
    struct pe_section section;
    NTSTATUS status = STATUS_SUCCESS;

    for (unsigned i = 0; NT_SUCCESS(status) && pe_view_section_at(&module->view, i, &section); i++)
        status = protect_section(module, &section, writable);
    return status;
}

/* The headers are read-only too; pe_relocate() records the new base in them. */
static NTSTATUS protect_headers(struct ntdll_module *module, ULONG protection)
{
    PVOID address = module->entry.DllBase;
    SIZE_T size = module->view.headers.size_of_headers;
    ULONG previous;

    return NtProtectVirtualMemory(NtCurrentProcess(), &address, &size, protection, &previous);
}

/* Makes the image fit its address, unless it does already: the kernel may have done it. */
NTSTATUS loader_relocate(struct ntdll_module *module)
{
    struct pe_error error;

    if (module->view.headers.image_base == (ULONG64)module->entry.DllBase)
        return STATUS_SUCCESS;
    NTSTATUS status = protect_image(module, true);

    if (NT_SUCCESS(status))
        status = protect_headers(module, PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        return status;
    if (!pe_relocate(&module->view, (ULONG64)module->entry.DllBase, &error)) {
        ntdll_print("ringside: %wZ: %s\n", &module->entry.FullDllName, error.text);
        return STATUS_CONFLICTING_ADDRESSES;
    }
    protect_headers(module, PAGE_READONLY);
    return protect_image(module, false);
}

/*
 * Maps the image in `file` and makes its module.
 * @param path  full DOS path of the file
 * Returns: STATUS_SUCCESS; STATUS_INVALID_IMAGE_FORMAT for what is not an x64 image; what the
 * section services return.
 */
NTSTATUS loader_map_file(HANDLE file, const WCHAR *path, struct ntdll_module **module)
{
    HANDLE section;
    PVOID base = NULL;
    SIZE_T size = 0;
    NTSTATUS status = NtCreateSection(
        &section, SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE | SECTION_QUERY, NULL,
        NULL, PAGE_EXECUTE, SEC_IMAGE, file);

    if (!NT_SUCCESS(status))
        return status;
    status = NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, 1, 0,
                                PAGE_EXECUTE_READ);
    NtClose(section);
    if (!NT_SUCCESS(status))
        return status;
    status = loader_module_create(base, path, module);
    if (!NT_SUCCESS(status)) {
        NtUnmapViewOfSection(NtCurrentProcess(), base);
        return status;
    }
    status = loader_relocate(*module);
    if (!NT_SUCCESS(status)) {
        loader_module_free(*module);
        *module = NULL;
    }
    return status;
}
