/*
 * Kernel images: ntoskrnl.exe itself, and everything that is loaded into the kernel.
 *
 * An image is laid out in physical frames through the direct map, relocated and bound there, and
 * only then mapped at its address, section by section with the protections that its headers ask
 * for. Sections that share a page get the union of their protections, as on NT.
 */
#include "mm/mm_internal.h"
#include "kd/kd.h"
#include "ps/ps.h"
#include "kd/trace.h"
#include "rtl/exception.h"
#include "vf/event.h"

LIST_ENTRY PsLoadedModuleList;
NT_EXPORT_DATA(PsLoadedModuleList);

#define IMAGE_TAG MM_POOL_TAG('M', 'm', 'L', 'd')

ULONG mm_image_protection(unsigned protection)
{
    return (protection & PE_READ ? MACHINE_READ : 0) | (protection & PE_WRITE ? MACHINE_WRITE : 0) |
           (protection & PE_EXECUTE ? MACHINE_EXECUTE : 0);
}

/* What KLDR_DATA_TABLE_ENTRY starts with; drivers walk PsLoadedModuleList through it. */
struct loader_entry {
    LIST_ENTRY InLoadOrderLinks;
    PVOID ExceptionTable;
    ULONG ExceptionTableSize;
    PVOID GpValue;
    PVOID NonPagedDebugInfo;
    PVOID DllBase; /* 0x30 */
    PVOID EntryPoint;
    ULONG SizeOfImage;          /* 0x40 */
    UNICODE_STRING FullDllName; /* 0x48 */
    UNICODE_STRING BaseDllName; /* 0x58 */
    ULONG Flags;                /* 0x68 */
    USHORT LoadCount;
    USHORT SignatureInfo;
    PVOID SectionPointer;
    ULONG CheckSum;
    ULONG CoverageSectionSize;
    PVOID CoverageSection;
    PVOID LoadedImports;
    PVOID Spare;
    ULONG SizeOfImageNotRounded;
    ULONG TimeDateStamp;
    struct mm_image *image; /* ours */
};
C_ASSERT(FIELD_OFFSET(struct loader_entry, BaseDllName) == 0x58);

#define SIGNED_FLAGS 0x20 /* the bit that ObRegisterCallbacks' signature check looks at */

static struct mm_image *image_of_link(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, struct loader_entry, InLoadOrderLinks)->image;
}

struct mm_image *mm_image_of(ULONG64 address)
{
    for (LIST_ENTRY *link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList;
         link = link->Flink) {
        struct mm_image *image = image_of_link(link);

        if (address - image->base < image->size)
            return image;
    }
    return NULL;
}

BOOLEAN mm_is_kernel_code(ULONG64 address)
{
    return address - ke_parameters.kernel_base < ke_parameters.kernel_size;
}

struct mm_image *mm_find_image(const char *name)
{
    UNICODE_STRING wanted;
    WCHAR text[64];
    ULONG length = 0;

    while (name[length] && length < ARRAY_COUNT(text)) {
        text[length] = (UCHAR)name[length];
        length++;
    }
    wanted.Buffer = text;
    wanted.Length = wanted.MaximumLength = (USHORT)(length * sizeof(WCHAR));
    for (LIST_ENTRY *link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList;
         link = link->Flink)
        if (RtlEqualUnicodeString(&image_of_link(link)->name, &wanted, TRUE))
            return image_of_link(link);
    return NULL;
}

static BOOLEAN copy_name(PUNICODE_STRING to, PCUNICODE_STRING from)
{
    to->Buffer = ExAllocatePoolWithTag(NonPagedPool, from->Length + sizeof(WCHAR), IMAGE_TAG);
    if (!to->Buffer)
        return FALSE;
    to->Length = from->Length;
    to->MaximumLength = (USHORT)(from->Length + sizeof(WCHAR));
    RtlCopyMemory(to->Buffer, from->Buffer, from->Length);
    to->Buffer[from->Length / sizeof(WCHAR)] = 0;
    return TRUE;
}

static UNICODE_STRING base_name(PCUNICODE_STRING path)
{
    USHORT start = path->Length / sizeof(WCHAR);
    UNICODE_STRING name;

    while (start > 0 && path->Buffer[start - 1] != L'\\')
        start--;
    name.Buffer = path->Buffer + start;
    name.Length = name.MaximumLength = (USHORT)(path->Length - start * sizeof(WCHAR));
    return name;
}

static BOOLEAN insert_loader_entry(struct mm_image *image)
{
    struct loader_entry *entry = ExAllocatePoolWithTag(NonPagedPool, sizeof(*entry), IMAGE_TAG);

    if (!entry)
        return FALSE;
    RtlZeroMemory(entry, sizeof(*entry));
    entry->DllBase = (PVOID)image->base;
    entry->EntryPoint = (PVOID)image->entry;
    entry->SizeOfImage = (ULONG)image->size;
    entry->FullDllName = image->path;
    entry->BaseDllName = image->name;
    entry->Flags = SIGNED_FLAGS;
    entry->LoadCount = 1;
    entry->CheckSum = image->view.headers.checksum;
    entry->TimeDateStamp = image->view.headers.timestamp;
    entry->image = image;
    image->loader_entry = entry;
    InsertTailList(&PsLoadedModuleList, &entry->InLoadOrderLinks);
    return TRUE;
}

/* Page protections of an image: the union over the sections that touch each page. */
static ULONG page_protection(const struct mm_image *image, ULONG64 page)
{
    struct pe_section section;
    ULONG protection = 0;

    if (image->view.headers.section_alignment < PAGE_SIZE)
        return MACHINE_READ | MACHINE_WRITE | MACHINE_EXECUTE;
    if (page * PAGE_SIZE < image->view.headers.size_of_headers)
        protection |= MACHINE_READ;
    for (unsigned i = 0; pe_view_section_at(&image->view, i, &section); i++) {
        ULONG64 first = section.rva / PAGE_SIZE;
        ULONG64 last = (section.rva + (ULONG64)section.virtual_size - 1) / PAGE_SIZE;

        if (section.virtual_size && page >= first && page <= last)
            protection |= mm_image_protection(pe_section_protection(section.characteristics));
    }
    return protection ? protection : MACHINE_READ;
}

/* Map the image with as few host mappings as its protections allow. */
static BOOLEAN map_image(const struct mm_image *image)
{
    ULONG64 pages = image->size / PAGE_SIZE;

    for (ULONG64 page = 0; page < pages;) {
        ULONG protection = page_protection(image, page);
        ULONG64 end = page + 1;

        while (end < pages && page_protection(image, end) == protection)
            end++;
        if (!mm_map(image->base + page * PAGE_SIZE, image->frame + page, end - page, protection))
            return FALSE;
        page = end;
    }
    return TRUE;
}

/*
 * The /GS cookie: the compiler's default value makes a driver stop itself, so it is replaced, as
 * the NT loader does. The CFG pointers keep their default targets, which accept every call.
 */
static void set_security_cookie(struct mm_image *image)
{
    struct pe_load_config config;
    ULONG64 *cookie;

    if (!pe_load_config(&image->view, image->base, &config) || !config.security_cookie)
        return;
    cookie = pe_view_at(&image->view, config.security_cookie, sizeof(*cookie));
    if (!cookie)
        return;
    mm.cookie = mm.cookie * 6364136223846793005ull + 1442695040888963407ull;
    *cookie = (mm.cookie >> 16 & 0x0000FFFFFFFFFFFFull) | 1;
}

static void tell(const struct mm_image *image, void (*visit)(const struct machine_image *info))
{
    struct machine_image info = {.base = image->base,
                                 .size = image->size,
                                 .file = image->file,
                                 .file_size = image->file_size,
                                 .timestamp = image->view.headers.timestamp,
                                 .checksum = image->view.headers.checksum};
    char name[128], path[260];

    kd_to_utf8(&image->name, name, sizeof(name));
    kd_to_utf8(&image->path, path, sizeof(path));
    info.name = name;
    info.path = path;
    visit(&info);
}

void mm_visit_images(void (*visit)(const struct machine_image *info))
{
    for (LIST_ENTRY *link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList;
         link = link->Flink)
        tell(image_of_link(link), visit);
}

void mm_announce_image(const struct machine_image *info)
{
    ke_machine->image_loaded(info);
    KD_TRACE(image_load(info));
}

static void free_image(struct mm_image *image)
{
    if (image->loader_entry) {
        RemoveEntryList((LIST_ENTRY *)image->loader_entry);
        ExFreePoolWithTag(image->loader_entry, IMAGE_TAG);
    }
    mm_release_imports(image);
    if (image->base) {
        mm_unmap(image->base, image->size / PAGE_SIZE);
        mm_release_image(image->base, image->size);
    }
    if (image->frame)
        mm_free_frames(image->frame, image->size / PAGE_SIZE);
    if (image->file)
        ke_machine->image_release(image->file);
    if (image->name.Buffer)
        ExFreePoolWithTag(image->name.Buffer, IMAGE_TAG);
    if (image->path.Buffer)
        ExFreePoolWithTag(image->path.Buffer, IMAGE_TAG);
    ExFreePoolWithTag(image, IMAGE_TAG);
}

/* Say in one line why the file is refused; the host adds nothing to it. */
static NTSTATUS refuse(PCUNICODE_STRING path, const char *why)
{
    kd_print_loader_error(path, why);
    return STATUS_INVALID_IMAGE_FORMAT;
}

static NTSTATUS place(struct mm_image *image, PCUNICODE_STRING path, const struct pe_image *file)
{
    struct pe_error error;
    ULONG64 pages = (file->headers.size_of_image + PAGE_SIZE - 1) / PAGE_SIZE;

    if (file->headers.subsystem != PE_SUBSYSTEM_NATIVE)
        return refuse(path, "a user-mode image (its subsystem is not native)");
    image->size = pages * PAGE_SIZE;
    image->frame = mm_allocate_frames(pages);
    if (image->frame == MM_NO_FRAME) {
        image->frame = 0;
        refuse(path, "an image that does not fit into the memory of the machine");
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    pe_layout(file, mm_direct(image->frame));
    if (!pe_view_open(&image->view, mm_direct(image->frame), image->size, &error))
        return refuse(path, error.text);
    image->base = mm_reserve_image(image->size);
    if (!image->base)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!pe_relocate(&image->view, image->base, &error))
        return refuse(path, error.text);
    if (file->headers.entry_rva)
        image->entry = image->base + file->headers.entry_rva;
    return STATUS_SUCCESS;
}

/*
 * Load an image into the kernel: driver, or a module that a driver imports.
 * Returns STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INVALID_IMAGE_FORMAT (the reason is printed),
 * STATUS_INVALID_IMAGE_WIN_32 for another processor's, STATUS_INSUFFICIENT_RESOURCES,
 * STATUS_IMAGE_ALREADY_LOADED.
 */
NTSTATUS mm_load_image(PCUNICODE_STRING path, struct mm_image **loaded)
{
    UNICODE_STRING name = base_name(path);
    struct mm_image *image;
    struct pe_image file;
    struct pe_error error;
    char path_utf8[520];
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    image = ExAllocatePoolWithTag(NonPagedPool, sizeof(*image), IMAGE_TAG);
    if (!image)
        return status;
    RtlZeroMemory(image, sizeof(*image));
    if (!copy_name(&image->path, path) || !copy_name(&image->name, &name))
        goto fail;
    kd_to_utf8(path, path_utf8, sizeof(path_utf8));
    status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (!ke_machine->image_open(path_utf8, &image->file, &image->file_size))
        goto fail;
    status = STATUS_INVALID_IMAGE_FORMAT;
    if (!pe_open(&file, image->file, image->file_size, &error)) {
        refuse(path, error.text);
        if (error.other_machine)
            status = STATUS_INVALID_IMAGE_WIN_32;
        goto fail;
    }
    status = place(image, path, &file);
    if (NT_SUCCESS(status))
        status = mm_bind_imports(image);
    if (!NT_SUCCESS(status))
        goto fail;
    set_security_cookie(image);
    mm_redirect_shared_data(image);
    status = STATUS_INSUFFICIENT_RESOURCES;
    if (!map_image(image) || !insert_loader_entry(image))
        goto fail;
    tell(image, mm_announce_image);
    mm_watch_pageable(image);
    ps_announce_image(NULL, &image->path, image->base, image->size);
    *loaded = image;
    return STATUS_SUCCESS;
fail:
    free_image(image);
    return status;
}

UCHAR *mm_writable_code(ULONG64 address)
{
    const struct mm_image *image = mm_image_of(address);
    ULONG64 entry = mm_page_entry(address);

    if (!image || mm_is_kernel_code(address) || !entry || entry & MM_PTE_NO_EXECUTE)
        return NULL;
    return (UCHAR *)mm_direct(image->frame) + (address - image->base);
}

void mm_unload_image(struct mm_image *image)
{
    ke_interleave_forget(image->base, image->base + image->size);
    ke_hot_sites_forget(image->base, image->base + image->size);
    KD_TRACE(image_unload(image->base, image->size, &image->path));
    VF(image_gone(image->base, image->size, &image->name));
    ke_machine->image_unloaded(image->base);
    free_image(image);
}

/* After DriverEntry: discardable sections become inaccessible, as NT frees them. */
void mm_discard_init_sections(struct mm_image *image)
{
    struct pe_section section;

    if (image->view.headers.section_alignment < PAGE_SIZE)
        return;
    for (unsigned i = 0; pe_view_section_at(&image->view, i, &section); i++) {
        ULONG64 pages = (section.virtual_size + PAGE_SIZE - 1ull) / PAGE_SIZE;

        if (!pages || !pe_section_is_init(&section))
            continue;
        ke_interleave_forget(image->base + section.rva,
                             image->base + section.rva + pages * PAGE_SIZE);
        ke_hot_sites_forget(image->base + section.rva,
                            image->base + section.rva + pages * PAGE_SIZE);
        mm_protect(image->base + section.rva, pages, MACHINE_NONE);
    }
}

/* The kernel finds itself in the list first, as on NT. */
void mm_images_initialize(void)
{
    static struct mm_image kernel;
    static UNICODE_STRING name = RTL_CONSTANT_STRING(L"ntoskrnl.exe");
    static UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\SystemRoot\\system32\\ntoskrnl.exe");
    struct pe_error error;

    InitializeListHead(&PsLoadedModuleList);
    mm.cookie = ke_parameters.seed ^ 0x2B992DDFA232ull;
    kernel.base = ke_parameters.kernel_base;
    kernel.size = ke_parameters.kernel_size;
    kernel.frame = ke_parameters.kernel_frame;
    kernel.name = name;
    kernel.path = path;
    kernel.references = 1;
    if (!pe_view_open(&kernel.view, mm_direct(kernel.frame), kernel.size, &error) ||
        !insert_loader_entry(&kernel))
        kassert(!"the kernel image is valid");
    /* The host mapped it; the page tables learn of it here. */
    for (ULONG64 page = 0; page < kernel.size / PAGE_SIZE; page++)
        mm_record_mapping(kernel.base + page * PAGE_SIZE, kernel.frame + page,
                          page_protection(&kernel, page));
}

BOOLEAN rtl_image_of_pc(ULONG64 pc, ULONG64 *base, ULONG64 *size)
{
    struct mm_image *image = mm_image_of(pc);

    if (!image)
        return FALSE;
    *base = image->base;
    *size = image->size;
    return TRUE;
}

BOOLEAN rtl_image_is_readable(ULONG64 address, ULONG64 bytes)
{
    return mm_is_address_valid(address) && mm_is_address_valid(address + bytes - 1);
}
