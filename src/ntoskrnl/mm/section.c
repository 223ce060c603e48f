/*
 * Section objects: what NtCreateSection makes. A section is a segment with a size and the most
 * that its views may do; view.c maps it.
 */
#include "mm/mm_internal.h"
#include "io/io.h"
#include "ob/ob.h"
#include "vf/owned.h"

POBJECT_TYPE mm_section_type;
NT_EXPORT_DIRECTIVE("MmSectionObjectType=mm_section_type,data");

#define KIND (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE)
#define KNOWN_ATTRIBUTES                                                                           \
    (KIND | SEC_FILE | SEC_NOCACHE | SEC_WRITECOMBINE | SEC_LARGE_PAGES | SEC_BASED)

NTSTATUS NTAPI NtOpenSection(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtCreateSectionEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                 PLARGE_INTEGER maximum_size, ULONG protection,
                                 ULONG allocation_attributes, HANDLE file, PVOID parameters,
                                 ULONG count);
NTSTATUS NTAPI NtExtendSection(HANDLE handle, PLARGE_INTEGER size);
NTSTATUS NTAPI MmCreateSection(PVOID *section, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                               PLARGE_INTEGER maximum_size, ULONG protection,
                               ULONG allocation_attributes, HANDLE file_handle, PFILE_OBJECT file);

ACCESS_MASK mm_section_access(ULONG protection)
{
    switch (protection & 0xFF) {
    case PAGE_READWRITE:
        return SECTION_MAP_READ | SECTION_MAP_WRITE;
    case PAGE_EXECUTE:
        return SECTION_MAP_EXECUTE;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
        return SECTION_MAP_EXECUTE | SECTION_MAP_READ;
    case PAGE_EXECUTE_READWRITE:
        return SECTION_MAP_EXECUTE | SECTION_MAP_READ | SECTION_MAP_WRITE;
    case PAGE_NOACCESS:
        return 0;
    default:
        return SECTION_MAP_READ;
    }
}

static ACCESS_MASK file_access(ULONG protection)
{
    ACCESS_MASK map = mm_section_access(protection);

    return (map & SECTION_MAP_READ ? FILE_READ_DATA : 0) |
           (map & SECTION_MAP_WRITE ? FILE_WRITE_DATA : 0) |
           (map & SECTION_MAP_EXECUTE ? FILE_EXECUTE : 0);
}

static void destroy_section(PVOID object)
{
    struct mm_section *section = object;

    if (section->segment)
        mm_segment_release(section->segment);
}

/* Programs may not map physical memory, whatever their token says: as since Windows Server 2003. */
static NTSTATUS open_section(OB_OPEN_REASON reason, KPROCESSOR_MODE mode, PEPROCESS process,
                             PVOID object, ACCESS_MASK *granted, ULONG handle_count)
{
    struct mm_section *section = object;

    (void)reason, (void)process, (void)granted, (void)handle_count;
    if (mode == UserMode && section->segment && section->segment->physical)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* The object takes over the reference to the segment, also when it cannot be made. */
static NTSTATUS make_section(POBJECT_ATTRIBUTES attributes, KPROCESSOR_MODE mode,
                             const struct mm_section *content, struct mm_section **created)
{
    NTSTATUS status = ObCreateObject(mode, mm_section_type, attributes, mode, NULL,
                                     sizeof(**created), 0, 0, (PVOID *)created);

    if (!NT_SUCCESS(status)) {
        mm_segment_release(content->segment);
        return status;
    }
    **created = *content;
    return STATUS_SUCCESS;
}

static NTSTATUS file_size(HANDLE file, ULONG64 *bytes)
{
    FILE_STANDARD_INFORMATION information;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = ZwQueryInformationFile(file, &iosb, &information, sizeof(information),
                                             FileStandardInformation);

    if (!NT_SUCCESS(status))
        return status == STATUS_INVALID_DEVICE_REQUEST ? STATUS_INVALID_FILE_FOR_SECTION : status;
    if (information.Directory)
        return STATUS_INVALID_FILE_FOR_SECTION;
    *bytes = (ULONG64)information.EndOfFile.QuadPart;
    return STATUS_SUCCESS;
}

/* A writable section that is longer than its file makes the file longer. */
static NTSTATUS extend_file(HANDLE file, ULONG64 bytes)
{
    FILE_END_OF_FILE_INFORMATION information = {.EndOfFile.QuadPart = (LONGLONG)bytes};
    IO_STATUS_BLOCK iosb;

    return ZwSetInformationFile(file, &iosb, &information, sizeof(information),
                                FileEndOfFileInformation);
}

static NTSTATUS data_segment(HANDLE handle, PFILE_OBJECT file, ULONG64 bytes,
                             struct mm_section *section)
{
    BOOLEAN writable = (file_access(section->protection) & FILE_WRITE_DATA) != 0;
    ULONG64 length;
    NTSTATUS status = file_size(handle, &length);

    if (!NT_SUCCESS(status))
        return status;
    section->bytes = bytes ? bytes : length;
    if (section->bytes == 0)
        return STATUS_MAPPED_FILE_SIZE_ZERO;
    if (section->bytes > length && !writable)
        return STATUS_SECTION_TOO_BIG;
    if (section->bytes > length)
        status = extend_file(handle, section->bytes);
    if (NT_SUCCESS(status))
        status = mm_segment_of_file(file, max(section->bytes, length), length, &section->segment);
    if (NT_SUCCESS(status) && writable)
        section->segment->writable = TRUE;
    return status;
}

static NTSTATUS image_segment(HANDLE handle, PFILE_OBJECT file, struct mm_section *section)
{
    ULONG64 length;
    NTSTATUS status = file_size(handle, &length);

    if (NT_SUCCESS(status))
        status = mm_segment_of_image(file, length, &section->segment);
    if (NT_SUCCESS(status))
        section->bytes = section->segment->bytes;
    return status;
}

static NTSTATUS file_segment(HANDLE handle, ULONG64 bytes, KPROCESSOR_MODE mode,
                             struct mm_section *section)
{
    PFILE_OBJECT file;
    NTSTATUS status = ObReferenceObjectByHandle(handle, file_access(section->protection),
                                                IoFileObjectTypeObject, mode, (PVOID *)&file, NULL);

    if (!NT_SUCCESS(status))
        return status;
    if (section->attributes & SEC_IMAGE)
        status = image_segment(handle, file, section);
    else
        status = data_segment(handle, file, bytes, section);
    ObDereferenceObject(file);
    return status;
}

static NTSTATUS memory_segment(ULONG64 bytes, struct mm_section *section)
{
    if (section->attributes & SEC_IMAGE)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (bytes == 0)
        return STATUS_INVALID_PARAMETER_4;
    if (bytes >> PAGE_SHIFT >= 1ull << 28)
        return STATUS_SECTION_TOO_BIG;
    section->bytes = bytes;
    return mm_segment_create(bytes, NULL, &section->segment);
}

static NTSTATUS check_attributes(ULONG protection, ULONG attributes)
{
    ULONG kind = attributes & KIND;

    if (attributes & ~KNOWN_ATTRIBUTES || kind == 0 || kind & (kind - 1))
        return STATUS_INVALID_PARAMETER_6;
    if (attributes & SEC_LARGE_PAGES)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (attributes & SEC_BASED)
        NOT_IMPLEMENTED("SEC_BASED");
    if (!mm_is_page_protection(protection) || protection & (PAGE_NOACCESS | PAGE_GUARD))
        return STATUS_INVALID_PAGE_PROTECTION;
    return STATUS_SUCCESS;
}

static NTSTATUS create_section(POBJECT_ATTRIBUTES attributes, ULONG64 bytes, ULONG protection,
                               ULONG allocation_attributes, HANDLE file, KPROCESSOR_MODE mode,
                               struct mm_section **created)
{
    struct mm_section section = {.protection = protection, .attributes = allocation_attributes};
    NTSTATUS status = check_attributes(protection, allocation_attributes);

    if (!NT_SUCCESS(status))
        return status;
    status = file ? file_segment(file, bytes, mode, &section) : memory_segment(bytes, &section);
    if (!NT_SUCCESS(status))
        return status;
    if (file)
        section.attributes |= SEC_FILE;
    return make_section(attributes, mode, &section, created);
}

static NTSTATUS capture_size(PLARGE_INTEGER pointer, KPROCESSOR_MODE mode, ULONG64 *bytes)
{
    *bytes = 0;
    if (!pointer)
        return STATUS_SUCCESS;
    __try {
        if (mode == UserMode)
            ProbeForRead(pointer, sizeof(*pointer), sizeof(ULONG));
        *bytes = (ULONG64)pointer->QuadPart;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS return_handle(PHANDLE pointer, HANDLE handle)
{
    __try {
        if (ke_previous_mode() == UserMode)
            ProbeForWrite(pointer, sizeof(*pointer), sizeof(*pointer));
        *pointer = handle;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ObCloseHandle(handle, ke_previous_mode());
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/*
 * Create a section.
 * @param maximum_size           bytes; NULL or 0 = as long as the file
 * @param protection             PAGE_…: the most that a view may do
 * @param allocation_attributes  SEC_COMMIT, SEC_RESERVE or SEC_IMAGE, with SEC_NOCACHE …
 * @param file                   NULL = memory that the paging file would back
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INVALID_PARAMETER_4 (neither file nor size),
 * STATUS_INVALID_PARAMETER_6, STATUS_INVALID_PAGE_PROTECTION, STATUS_INVALID_FILE_FOR_SECTION,
 * STATUS_MAPPED_FILE_SIZE_ZERO, STATUS_SECTION_TOO_BIG, STATUS_INVALID_IMAGE_NOT_MZ,
 * STATUS_INVALID_IMAGE_FORMAT, STATUS_COMMITMENT_LIMIT, and what the object manager and the file
 * system say. Differs from NT: SEC_RESERVE is SEC_COMMIT; the content of a data file is read at
 * creation and written back when a view is unmapped or flushed. Files of C: and their views always
 * agree. Source: Windows driver documentation, ZwCreateSection.
 */
NTSTATUS NTAPI NtCreateSection(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                               PLARGE_INTEGER maximum_size, ULONG protection,
                               ULONG allocation_attributes, HANDLE file)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct mm_section *section;
    HANDLE created;
    ULONG64 bytes;
    NTSTATUS status = capture_size(maximum_size, mode, &bytes);

    if (NT_SUCCESS(status))
        status = create_section(attributes, bytes, protection, allocation_attributes, file, mode,
                                &section);
    if (!NT_SUCCESS(status))
        return status;
    status = ObInsertObject(section, NULL, access, 0, NULL, &created);
    return NT_SUCCESS(status) ? return_handle(handle, created) : status;
}
NT_SERVICE(CreateSection, 7, PASSIVE_LEVEL, "puppuuh");

/* The extended parameters are not supported. */
NTSTATUS NTAPI NtCreateSectionEx(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                 PLARGE_INTEGER maximum_size, ULONG protection,
                                 ULONG allocation_attributes, HANDLE file, PVOID parameters,
                                 ULONG count)
{
    if (parameters || count)
        NOT_IMPLEMENTED("extended parameters");
    return NtCreateSection(handle, access, attributes, maximum_size, protection,
                           allocation_attributes, file);
}
NT_SERVICE(CreateSectionEx, 9, PASSIVE_LEVEL, "puppuuhpu");

/*
 * Create a section that is a pointer and not a handle.
 * @param file  must be NULL: the file is given by its handle
 * Source: MmCreateSection, undocumented but exported.
 */
NTSTATUS NTAPI MmCreateSection(PVOID *section, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                               PLARGE_INTEGER maximum_size, ULONG protection,
                               ULONG allocation_attributes, HANDLE file_handle, PFILE_OBJECT file)
{
    NTSTATUS status;

    (void)access;
    if (file)
        NOT_IMPLEMENTED("a section of a file object without a handle");
    status = create_section(attributes, maximum_size ? (ULONG64)maximum_size->QuadPart : 0,
                            protection, allocation_attributes, file_handle, KernelMode,
                            (struct mm_section **)section);
    if (NT_SUCCESS(status))
        VF(object_referenced(*section, __builtin_return_address(0)));
    return status;
}
NT_EXPORT(MmCreateSection, PASSIVE_LEVEL, "puppuuhF");

/*
 * Open a named section. IRQL: PASSIVE_LEVEL. Returns what the object manager says; programs get
 * STATUS_ACCESS_DENIED for \Device\PhysicalMemory.
 * Source: Windows driver documentation, ZwOpenSection.
 */
NTSTATUS NTAPI NtOpenSection(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    HANDLE opened;
    NTSTATUS status = ObOpenObjectByName(attributes, mm_section_type, ke_previous_mode(), NULL,
                                         access, NULL, &opened);

    return NT_SUCCESS(status) ? return_handle(handle, opened) : status;
}
NT_SERVICE(OpenSection, 3, PASSIVE_LEVEL, "pup");

/*
 * Make the section of a data file longer; the file grows when the section is written back.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SECTION_NOT_EXTENDED for other sections.
 * Source: the behaviour of NtExtendSection, undocumented.
 */
NTSTATUS NTAPI NtExtendSection(HANDLE handle, PLARGE_INTEGER size)
{
    struct mm_section *section;
    ULONG64 bytes;
    NTSTATUS status = capture_size(size, ke_previous_mode(), &bytes);

    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, SECTION_EXTEND_SIZE, mm_section_type,
                                       ke_previous_mode(), (PVOID *)&section, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (!section->segment->file)
        status = STATUS_SECTION_NOT_EXTENDED;
    else if (bytes > section->segment->bytes)
        status = mm_segment_extend(section->segment, bytes);
    if (NT_SUCCESS(status))
        section->bytes = max(section->bytes, bytes);
    ObDereferenceObject(section);
    return status;
}
NT_SERVICE(ExtendSection, 2, PASSIVE_LEVEL, "hp");

/* Vendor drivers open this by name to reach physical addresses. */
static void create_physical_memory(void)
{
    static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    struct mm_section content = {.protection = PAGE_EXECUTE_READWRITE, .attributes = SEC_COMMIT};
    OBJECT_ATTRIBUTES attributes;
    struct mm_section *section;
    HANDLE handle;

    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(mm_segment_create_physical(&content.segment)))
        kassert(!"memory for the physical memory section");
    content.bytes = content.segment->bytes;
    if (!NT_SUCCESS(make_section(&attributes, KernelMode, &content, &section)) ||
        !NT_SUCCESS(ObInsertObject(section, NULL, SECTION_ALL_ACCESS, 0, NULL, &handle)))
        kassert(!"the physical memory section");
    ObCloseHandle(handle, KernelMode);
}

void mm_sections_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"Section",
        .pool = PagedPool,
        .valid_access = SECTION_ALL_ACCESS | SYNCHRONIZE,
        .mapping = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
                    STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                    STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
        .waitable_offset = OB_NOT_WAITABLE,
        .open = open_section,
        .destroy = destroy_section,
    };

    if (!NT_SUCCESS(ob_type_create(&info, &mm_section_type)))
        kassert(!"the type Section");
    create_physical_memory();
}
