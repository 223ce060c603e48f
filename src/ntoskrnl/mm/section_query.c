/*
 * What sections tell about themselves, and what file systems ask about the sections of a file.
 */
#include "mm/mm_internal.h"
#include "ob/ob.h"

enum section_information_class {
    SECTION_CLASS_BASIC = 0,
    SECTION_CLASS_IMAGE = 1,
};

struct section_basic_information {
    PVOID BaseAddress;
    ULONG AllocationAttributes;
    LARGE_INTEGER MaximumSize;
};
C_ASSERT(sizeof(struct section_basic_information) == 24);

struct section_image_information {
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize;
    SIZE_T CommittedStackSize;
    ULONG SubSystemType;
    USHORT SubSystemMinorVersion;
    USHORT SubSystemMajorVersion;
    USHORT OperatingSystemMinorVersion;
    USHORT OperatingSystemMajorVersion;
    USHORT ImageCharacteristics;
    USHORT DllCharacteristics;
    USHORT Machine;
    BOOLEAN ImageContainsCode;
    UCHAR ImageFlags;
    ULONG LoaderFlags;
    ULONG ImageFileSize;
    ULONG CheckSum;
};
C_ASSERT(sizeof(struct section_image_information) == 64);

union section_information {
    struct section_basic_information basic;
    struct section_image_information image;
};

NTSTATUS NTAPI NtQuerySection(HANDLE handle, ULONG information_class, PVOID buffer, SIZE_T length,
                              PSIZE_T return_length);

static void describe_image(const struct mm_segment *segment,
                           struct section_image_information *information)
{
    struct pe_image image;

    if (!pe_open(&image, segment->image, segment->image_size, NULL))
        kassert(!"the image was valid at creation");
    information->TransferAddress = (PVOID)(image.headers.image_base + image.headers.entry_rva);
    information->MaximumStackSize = image.headers.stack_reserve;
    information->CommittedStackSize = image.headers.stack_commit;
    information->SubSystemType = image.headers.subsystem;
    information->SubSystemMinorVersion = image.headers.minor_subsystem_version;
    information->SubSystemMajorVersion = image.headers.major_subsystem_version;
    information->OperatingSystemMinorVersion = image.headers.minor_os_version;
    information->OperatingSystemMajorVersion = image.headers.major_os_version;
    information->ImageCharacteristics = image.headers.file_characteristics;
    information->DllCharacteristics = image.headers.dll_characteristics;
    information->Machine = IMAGE_FILE_MACHINE_AMD64;
    information->ImageContainsCode = image.headers.entry_rva != 0;
    information->ImageFileSize = (ULONG)segment->image_size;
    information->CheckSum = image.headers.checksum;
}

static NTSTATUS describe(const struct mm_section *section, ULONG information_class,
                         union section_information *information, ULONG *size)
{
    RtlZeroMemory(information, sizeof(*information));
    if (information_class == SECTION_CLASS_BASIC) {
        *size = sizeof(information->basic);
        information->basic.AllocationAttributes = section->attributes;
        information->basic.MaximumSize.QuadPart = (LONGLONG)section->bytes;
        return STATUS_SUCCESS;
    }
    if (!(section->attributes & SEC_IMAGE))
        return STATUS_SECTION_NOT_IMAGE;
    *size = sizeof(information->image);
    describe_image(section->segment, &information->image);
    return STATUS_SUCCESS;
}

static NTSTATUS return_information(PVOID buffer, PSIZE_T return_length,
                                   const union section_information *information, ULONG size)
{
    __try {
        if (ke_previous_mode() == UserMode) {
            ProbeForWrite(buffer, size, sizeof(ULONG));
            if (return_length)
                ProbeForWrite(return_length, sizeof(*return_length), sizeof(*return_length));
        }
        RtlCopyMemory(buffer, information, size);
        if (return_length)
            *return_length = size;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/*
 * Describe a section.
 * @param information_class  0: SECTION_BASIC_INFORMATION; 1: SECTION_IMAGE_INFORMATION
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH,
 * STATUS_SECTION_NOT_IMAGE.
 * Source: the behaviour of NtQuerySection, undocumented.
 */
NTSTATUS NTAPI NtQuerySection(HANDLE handle, ULONG information_class, PVOID buffer, SIZE_T length,
                              PSIZE_T return_length)
{
    union section_information information;
    struct mm_section *section;
    ULONG size = 0;
    NTSTATUS status;

    if (information_class > SECTION_CLASS_IMAGE)
        return STATUS_INVALID_INFO_CLASS;
    if (length < (information_class == SECTION_CLASS_BASIC ? sizeof(information.basic)
                                                           : sizeof(information.image)))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ObReferenceObjectByHandle(handle, SECTION_QUERY, mm_section_type, ke_previous_mode(),
                                       (PVOID *)&section, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = describe(section, information_class, &information, &size);
    ObDereferenceObject(section);
    return NT_SUCCESS(status) ? return_information(buffer, return_length, &information, size)
                              : status;
}
NT_SERVICE(QuerySection, 5, PASSIVE_LEVEL, "hupqp");

/*
 * TRUE: no image section keeps the file from being written or deleted. Views of images are copies.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, MmFlushImageSection.
 */
BOOLEAN NTAPI MmFlushImageSection(PSECTION_OBJECT_POINTERS pointers, MMFLUSH_TYPE type)
{
    if (type == MmFlushForDelete)
        return pointers->DataSectionObject == NULL;
    return TRUE;
}
NT_EXPORT(MmFlushImageSection, APC_LEVEL, "pu");

/*
 * Whether a file may be cut to a size: not while a section of it is longer.
 * @param size  NULL = 0 bytes
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, MmCanFileBeTruncated.
 */
BOOLEAN NTAPI MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS pointers, PLARGE_INTEGER size)
{
    const struct mm_segment *segment = pointers->DataSectionObject;

    return !segment || (size && (ULONG64)size->QuadPart >= segment->bytes);
}
NT_EXPORT(MmCanFileBeTruncated, APC_LEVEL, "pp");

/*
 * Whether a file has no sections any more. IRQL: <= APC_LEVEL.
 * @param delay_close  not looked at: segments end with their last reference
 * Source: Windows driver documentation, MmForceSectionClosed.
 */
BOOLEAN NTAPI MmForceSectionClosed(PSECTION_OBJECT_POINTERS pointers, BOOLEAN delay_close)
{
    (void)delay_close;
    return pointers->DataSectionObject == NULL;
}
NT_EXPORT(MmForceSectionClosed, APC_LEVEL, "pb");
