/*
 * Binding a kernel image's imports, and looking routines up by name.
 *
 * An import that no module has gets a stub of its own, so that the driver loads and stops, named,
 * at the first call: never a silent success.
 */
#include "mm/mm_internal.h"
#include "vf/vf.h"
#include "kd/kd.h"
#include "kd/trace.h"

#define STUB_BYTES 32
#define FORWARD_LIMIT 8

/* Import stubs by address, for the message of the call. */
struct missing_import {
    char module[64];
    char name[128];
};

#define STUBS_PER_PAGE (PAGE_SIZE / STUB_BYTES)
#define STUB_TAG MM_POOL_TAG('M', 'm', 'S', 't')

static BOOLEAN resolve(const struct mm_image *module, const char *name, ULONG ordinal,
                       ULONG64 *address, ULONG depth);

/* "MODULE.Name" or "MODULE.#ordinal" */
static BOOLEAN resolve_forwarder(const char *forwarder, ULONG64 *address, ULONG depth)
{
    const char *dot = strrchr(forwarder, '.');
    char module[64];
    struct mm_image *image;
    SIZE_T length;

    if (!dot || depth > FORWARD_LIMIT)
        return FALSE;
    length = (SIZE_T)(dot - forwarder);
    if (length + 5 > sizeof(module))
        return FALSE;
    RtlCopyMemory(module, forwarder, length);
    RtlCopyMemory(module + length, ".exe", 5);
    image = mm_find_image(module);
    if (!image) {
        RtlCopyMemory(module + length, ".sys", 5);
        image = mm_find_image(module);
    }
    if (!image)
        return FALSE;
    return dot[1] == '#' ? resolve(image, NULL, (ULONG)atoi(dot + 2), address, depth)
                         : resolve(image, dot + 1, 0, address, depth);
}

static BOOLEAN resolve(const struct mm_image *module, const char *name, ULONG ordinal,
                       ULONG64 *address, ULONG depth)
{
    struct pe_export found;

    if (name ? !pe_export_find(&module->view, name, &found)
             : !pe_export_find_ordinal(&module->view, ordinal, &found))
        return FALSE;
    if (found.forwarder)
        return resolve_forwarder(found.forwarder, address, depth + 1);
    *address = module->base + found.rva;
    return TRUE;
}

/* The call of a missing import ends here: r10 = the stub's record. */
static DECLSPEC_NORETURN void missing_import_called(const struct missing_import *missing,
                                                    ULONG64 caller)
{
    kd_stop_missing_import(missing->module, missing->name, caller);
}

__asm__(".text\n\t"
        ".p2align 4\n"
        ".seh_proc mm_missing_import_entry\n"
        "mm_missing_import_entry:\n\t"
        "movq (%rsp), %rdx\n\t"
        "subq $40, %rsp\n\t"
        ".seh_stackalloc 40\n\t"
        ".seh_endprologue\n\t"
        "movq %r10, %rcx\n\t"
        "call mm_missing_import\n\t"
        "ud2\n"
        ".seh_endproc\n");
void mm_missing_import_entry(void);
DECLSPEC_NORETURN void mm_missing_import(const struct missing_import *missing, ULONG64 caller);
void mm_missing_import(const struct missing_import *missing, ULONG64 caller)
{
    missing_import_called(missing, caller);
}

/* movabs r10, record; movabs r11, entry; jmp r11 */
static void write_stub(UCHAR *code, const struct missing_import *record)
{
    static const UCHAR pattern[] = {0x49, 0xBA, 0, 0, 0, 0, 0, 0, 0,    0,    0x49, 0xBB,
                                    0,    0,    0, 0, 0, 0, 0, 0, 0x41, 0xFF, 0xE3};

    RtlCopyMemory(code, pattern, sizeof(pattern));
    *(ULONG64 UNALIGNED *)(code + 2) = (ULONG64)record;
    *(ULONG64 UNALIGNED *)(code + 12) = (ULONG64)mm_missing_import_entry;
}

/* Stubs live in executable pages of the image's own; they are written through the direct map. */
static ULONG64 make_stub(struct mm_image *image, const char *module, const char *name)
{
    ULONG page = image->stub_count / STUBS_PER_PAGE;
    struct missing_import *record;
    ULONG64 offset = (ULONG64)(image->stub_count % STUBS_PER_PAGE) * STUB_BYTES;

    if (page >= image->stub_pages)
        return 0;
    record = ExAllocatePoolWithTag(NonPagedPool, sizeof(*record), STUB_TAG);
    if (!record)
        return 0;
    strncpy(record->module, module, sizeof(record->module) - 1);
    record->module[sizeof(record->module) - 1] = 0;
    strncpy(record->name, name, sizeof(record->name) - 1);
    record->name[sizeof(record->name) - 1] = 0;
    image->stub_records[image->stub_count] = record;
    image->stub_count++;
    write_stub((UCHAR *)mm_direct(image->stub_frame + page) + offset, record);
    return image->stub_address + page * PAGE_SIZE + offset;
}

ULONG mm_count_imports(const struct pe_view *view)
{
    struct pe_import_cursor cursor;
    struct pe_import import;
    ULONG count = 0;

    pe_import_start(&cursor, view);
    while (pe_import_next(&cursor, &import))
        count++;
    return count;
}

/* Room for the worst case, made only when the first import is missing. */
static BOOLEAN prepare_stubs(struct mm_image *image)
{
    ULONG count = mm_count_imports(&image->view);
    ULONG64 pages = (count + STUBS_PER_PAGE - 1) / STUBS_PER_PAGE;

    image->stub_records =
        ExAllocatePoolWithTag(NonPagedPool, count * sizeof(*image->stub_records), STUB_TAG);
    image->stub_address = mm_reserve_system(pages);
    image->stub_frame = mm_allocate_frames(pages);
    if (!image->stub_records || !image->stub_address || image->stub_frame == MM_NO_FRAME)
        return FALSE;
    image->stub_pages = (ULONG)pages;
    return mm_map(image->stub_address, image->stub_frame, pages, MACHINE_READ | MACHINE_EXECUTE);
}

void mm_release_imports(struct mm_image *image)
{
    for (ULONG i = 0; i < image->stub_count; i++)
        ExFreePoolWithTag(image->stub_records[i], STUB_TAG);
    if (image->stub_pages) {
        mm_unmap(image->stub_address, image->stub_pages);
        mm_free_frames(image->stub_frame, image->stub_pages);
        mm_release_system(image->stub_address, image->stub_pages);
    }
    if (image->stub_records)
        ExFreePoolWithTag(image->stub_records, STUB_TAG);
    mm_trace_stubs_release(image);
}

/* A module that an import names: loaded already, or one of ours that is loaded now. */
static struct mm_image *import_module(const char *name)
{
    struct mm_image *module = mm_find_image(name);
    WCHAR buffer[128] = L"\\SystemRoot\\System32\\drivers\\";
    UNICODE_STRING path = {.Buffer = buffer, .MaximumLength = sizeof(buffer)};
    SIZE_T at = wcslen(buffer);

    if (module || at + strlen(name) + 1 > ARRAY_COUNT(buffer))
        return module;
    for (SIZE_T i = 0; name[i]; i++)
        buffer[at++] = (UCHAR)name[i];
    path.Length = (USHORT)(at * sizeof(WCHAR));
    return NT_SUCCESS(mm_load_image(&path, &module)) ? module : NULL;
}

static NTSTATUS bind_one(struct mm_image *image, const struct pe_import *import)
{
    struct mm_image *module = import_module(import->module);
    ULONG64 *slot = pe_view_at(&image->view, import->slot_rva, sizeof(*slot));
    char ordinal[16];
    const char *name = import->name;

    if (!slot)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (module && resolve(module, import->name, import->ordinal, slot, 0)) {
        if (__builtin_expect(ke_parameters.trace || ke_interleaving || vf_on, 0))
            *slot = mm_trace_stub(image, import->module, import->name, *slot);
        return STATUS_SUCCESS;
    }
    if (!name) {
        kd_format(ordinal, sizeof(ordinal), "#%u", import->ordinal);
        name = ordinal;
    }
    if (!image->stub_pages && !prepare_stubs(image))
        return STATUS_INSUFFICIENT_RESOURCES;
    *slot = make_stub(image, import->module, name);
    return *slot ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS mm_bind_imports(struct mm_image *image)
{
    struct pe_import_cursor cursor;
    struct pe_import import;

    pe_import_start(&cursor, &image->view);
    while (pe_import_next(&cursor, &import)) {
        NTSTATUS status = bind_one(image, &import);

        if (!NT_SUCCESS(status))
            return status;
    }
    if (cursor.failed) {
        kd_print_loader_error(&image->path, cursor.error.text);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    return STATUS_SUCCESS;
}

/*
 * The address of a kernel or HAL routine by name; NULL when there is none.
 * @param name  the exact name of an export of ntoskrnl.exe or hal.dll
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, MmGetSystemRoutineAddress.
 */
PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING name)
{
    static const char *const modules[] = {"ntoskrnl.exe", "hal.dll"};
    char text[128];

    kd_to_utf8(name, text, sizeof(text));
    for (ULONG i = 0; i < ARRAY_COUNT(modules); i++) {
        struct mm_image *module = mm_find_image(modules[i]);
        ULONG64 address;

        if (!module || !resolve(module, text, 0, &address, 0))
            continue;
        if (__builtin_expect(ke_parameters.trace || ke_interleaving, 0))
            address = mm_trace_stub_of_caller((ULONG64)_ReturnAddress(), modules[i], text, address);
        return (PVOID)address;
    }
    return NULL;
}
NT_EXPORT(MmGetSystemRoutineAddress, PASSIVE_LEVEL, "U");
