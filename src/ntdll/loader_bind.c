/*
 * Imports and exports: filling a module's import address table.
 *
 * An import that no module has is bound to a stub of its own. The stub ends the process and says
 * which function is missing and who called it; a program that never calls it is not disturbed.
 */
#include "ntdll_internal.h"

/* What a stub reports. Allocated with the stub, never freed: the import may be called any time. */
struct missing_import {
    UCHAR code[24];
    char text[PE_MODULE_NAME_LIMIT + 160];
};

DECLSPEC_NORETURN void ntdll_missing_import(const struct missing_import *import,
                                            const void *caller);

/* Called by every stub: r10 = its record, the return address of the caller on the stack. */
__asm__(".text\n\t.p2align 4\nntdll_missing_import_entry:\n\t"
        "movq %r10, %rcx\n\t"
        "movq (%rsp), %rdx\n\t"
        "andq $-16, %rsp\n\t"
        "subq $32, %rsp\n\t"
        "call ntdll_missing_import\n\t"
        "int3\n\t");
extern const char ntdll_missing_import_entry[];

__attribute__((used)) void ntdll_missing_import(const struct missing_import *import,
                                                const void *caller)
{
    char where[160];

    ntdll_describe_address(caller, where, sizeof(where));
    ntdll_fail(STATUS_ENTRYPOINT_NOT_FOUND, "unimplemented: %s, called from %s\n", import->text,
               where);
}

/* mov r10, record; mov rax, entry; jmp rax */
static void write_stub(struct missing_import *stub)
{
    ULONG64 record = (ULONG64)stub;
    ULONG64 entry = (ULONG64)ntdll_missing_import_entry;

    memcpy(stub->code, "\x49\xBA", 2);
    memcpy(stub->code + 2, &record, 8);
    memcpy(stub->code + 10, "\x48\xB8", 2);
    memcpy(stub->code + 12, &entry, 8);
    memcpy(stub->code + 20, "\xFF\xE0", 2);
}

static PVOID make_stub(const struct pe_import *import)
{
    static char *page;
    static SIZE_T left;
    ULONG previous;

    if (left < sizeof(struct missing_import)) {
        SIZE_T size = 0x10000;
        PVOID base = NULL;

        if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                                MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE)))
            return NULL;
        page = base;
        left = size;
    } else {
        PVOID base = page;
        SIZE_T size = sizeof(struct missing_import);

        NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_EXECUTE_READWRITE, &previous);
    }
    struct missing_import *stub = (struct missing_import *)page;
    SIZE_T size = (sizeof(*stub) + 15) & ~(SIZE_T)15;
    PVOID base = page;

    write_stub(stub);
    if (import->name != NULL)
        _snprintf(stub->text, sizeof(stub->text) - 1, "%s!%s", import->module, import->name);
    else
        _snprintf(stub->text, sizeof(stub->text) - 1, "%s!#%u", import->module, import->ordinal);
    NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_EXECUTE_READ, &previous);
    page += size;
    left -= size;
    return stub;
}

/* Loads a DLL by the name that stands in an import table, with ".dll" added when it has none. */
NTSTATUS loader_load_imported(const char *name, size_t length, struct ntdll_module **module)
{
    WCHAR buffer[PE_MODULE_NAME_LIMIT + 4];
    bool has_extension = false;
    size_t i;

    for (i = 0; i < length && i < PE_MODULE_NAME_LIMIT; i++) {
        buffer[i] = (UCHAR)name[i];
        has_extension |= name[i] == '.';
    }
    if (!has_extension) {
        memcpy(buffer + i, L".dll", 4 * sizeof(WCHAR));
        i += 4;
    }
    UNICODE_STRING string = {(USHORT)(i * sizeof(WCHAR)), sizeof(buffer), buffer};

    return loader_load(&string, module);
}

/* "MODULE.Name" or "MODULE.#12". */
static NTSTATUS follow_forwarder(const char *forwarder, PVOID *address)
{
    const char *dot = strrchr(forwarder, '.');
    struct ntdll_module *target;
    ULONG ordinal = 0;

    if (dot == NULL)
        return STATUS_INVALID_IMAGE_FORMAT;
    NTSTATUS status = loader_load_imported(forwarder, (size_t)(dot - forwarder), &target);

    if (!NT_SUCCESS(status))
        return status;
    if (dot[1] != '#')
        return loader_find_export(target, dot + 1, 0, address);
    for (const char *digit = dot + 2; *digit >= '0' && *digit <= '9' && ordinal < 0x10000; digit++)
        ordinal = ordinal * 10 + (ULONG)(*digit - '0');
    return loader_find_export(target, NULL, ordinal, address);
}

/*
 * The address of an export, forwarders followed.
 * @param name  NULL: by ordinal
 * Returns: STATUS_SUCCESS; STATUS_ENTRYPOINT_NOT_FOUND, STATUS_ORDINAL_NOT_FOUND; for a forwarder
 * also what loading its module returns.
 */
NTSTATUS loader_find_export(struct ntdll_module *module, const char *name, ULONG ordinal,
                            PVOID *address)
{
    static int depth; /* a chain of forwarders that never ends is an error; the lock is held */
    struct pe_export export;
    NTSTATUS status;

    if (name != NULL ? !pe_export_find(&module->view, name, &export)
                     : !pe_export_find_ordinal(&module->view, ordinal, &export))
        return name != NULL ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    if (export.forwarder == NULL) {
        *address = (char *)module->entry.DllBase + export.rva;
        return STATUS_SUCCESS;
    }
    if (depth > 16)
        return STATUS_INVALID_IMAGE_FORMAT;
    depth++;
    status = follow_forwarder(export.forwarder, address);
    depth--;
    return status;
}

/* The section that is writable while its part of the import table is filled. */
struct writable_section {
    PVOID address;
    SIZE_T size;
    ULONG previous; /* protection to go back to */
};

static void restore_section(struct writable_section *writable)
{
    ULONG ignored;

    if (writable->size != 0)
        NtProtectVirtualMemory(NtCurrentProcess(), &writable->address, &writable->size,
                               writable->previous, &ignored);
    writable->size = 0;
}

static NTSTATUS make_slot_writable(struct ntdll_module *module, ULONG rva,
                                   struct writable_section *writable)
{
    PVOID slot = (char *)module->entry.DllBase + rva;
    struct pe_section section;

    if (writable->size != 0 && (ULONG64)slot - (ULONG64)writable->address < writable->size)
        return STATUS_SUCCESS;
    restore_section(writable);
    for (unsigned i = 0; pe_view_section_at(&module->view, i, &section); i++) {
        if (rva < section.rva || rva - section.rva >= section.virtual_size)
            continue;
        if (pe_section_protection(section.characteristics) & PE_WRITE)
            return STATUS_SUCCESS;
        writable->address = (char *)module->entry.DllBase + section.rva;
        writable->size = section.virtual_size;
        return NtProtectVirtualMemory(NtCurrentProcess(), &writable->address, &writable->size,
                                      PAGE_READWRITE, &writable->previous);
    }
    return STATUS_INVALID_IMAGE_FORMAT;
}

/* Copies the module name of an import before anything can change the image under it. */
static NTSTATUS load_imported(struct ntdll_module *importer, const char *name,
                              struct ntdll_module **module)
{
    NTSTATUS status = loader_load_imported(name, strlen(name), module);

    if (status == STATUS_DLL_NOT_FOUND)
        ntdll_print("ringside: %s was not found; %wZ imports it\n", name,
                    &importer->entry.BaseDllName);
    else if (!NT_SUCCESS(status))
        ntdll_print("ringside: %s cannot be loaded (0x%08x); %wZ imports it\n", name,
                    (unsigned)status, &importer->entry.BaseDllName);
    return status;
}

static NTSTATUS bind_one(struct ntdll_module *module, const struct pe_import *import,
                         struct ntdll_module *exporter, struct writable_section *writable)
{
    PVOID address;
    NTSTATUS status = loader_find_export(exporter, import->name, import->ordinal, &address);

    if (!NT_SUCCESS(status))
        address = make_stub(import);
    if (address == NULL)
        return STATUS_NO_MEMORY;
    status = make_slot_writable(module, import->slot_rva, writable);
    if (NT_SUCCESS(status))
        *(PVOID *)((char *)module->entry.DllBase + import->slot_rva) = address;
    return status;
}

/*
 * Loads what a module imports, recursively, and fills its import address table.
 * Returns: STATUS_SUCCESS; STATUS_DLL_NOT_FOUND with a line on standard error that names the DLL.
 */
NTSTATUS loader_bind(struct ntdll_module *module)
{
    struct pe_import_cursor cursor;
    struct pe_import import;
    struct writable_section writable = {NULL, 0, 0};
    struct ntdll_module *exporter = NULL;
    const char *exporter_name = NULL;
    NTSTATUS status = STATUS_SUCCESS;

    if (module->bound)
        return STATUS_SUCCESS;
    module->bound = true; /* first, so that two DLLs may import each other */
    pe_import_start(&cursor, &module->view);
    while (NT_SUCCESS(status) && pe_import_next(&cursor, &import)) {
        if (import.module != exporter_name) {
            restore_section(&writable);
            status = load_imported(module, import.module, &exporter);
            exporter_name = import.module;
        }
        if (NT_SUCCESS(status))
            status = bind_one(module, &import, exporter, &writable);
    }
    restore_section(&writable);
    if (NT_SUCCESS(status) && cursor.failed) {
        ntdll_print("ringside: %wZ: %s\n", &module->entry.BaseDllName, cursor.error.text);
        status = STATUS_INVALID_IMAGE_FORMAT;
    }
    return status;
}
