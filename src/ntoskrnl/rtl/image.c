/*
 * Reading the headers of a PE image in memory.
 *
 * These routines believe what they read: they are for images that a loader has accepted. Whoever
 * reads a file that may be anything checks it first.
 */
#include "nt.h"

#include <ntimage.h>

#include "rtl.h"

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID base);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID base, BOOLEAN mapped_as_image, USHORT directory,
                                         PULONG size);
PVOID NTAPI RtlFindExportedRoutineByName(PVOID base, PCSZ name);

/**
 * The NT headers of an image.
 * @param base Of the image or of the file's contents.
 * IRQL: any, if the headers are resident.  Returns: the headers, or NULL if they are none.
 * Source: Windows documentation, ImageNtHeader; PE format specification.
 */
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID base)
{
    PIMAGE_DOS_HEADER dos = base;
    PIMAGE_NT_HEADERS headers;

    if (base == NULL || base == (PVOID)-1 || dos->e_magic != IMAGE_DOS_SIGNATURE)
        return NULL;
    headers = (PIMAGE_NT_HEADERS)((PUCHAR)base + dos->e_lfanew);
    return headers->Signature == IMAGE_NT_SIGNATURE ? headers : NULL;
}
NT_EXPORT(RtlImageNtHeader, HIGH_LEVEL, "p");

/* Where an address relative to the image lies in the file's contents, or NULL. */
static PVOID file_address(PUCHAR base, PIMAGE_NT_HEADERS headers, ULONG address)
{
    PIMAGE_SECTION_HEADER section = IMAGE_FIRST_SECTION(headers);

    if (address < headers->OptionalHeader.SizeOfHeaders)
        return base + address;
    for (USHORT index = 0; index < headers->FileHeader.NumberOfSections; index++, section++) {
        if (address >= section->VirtualAddress &&
            address - section->VirtualAddress < section->SizeOfRawData)
            return base + section->PointerToRawData + (address - section->VirtualAddress);
    }
    return NULL;
}

/**
 * The contents of a data directory (IMAGE_DIRECTORY_ENTRY_xxx).
 * @param mapped_as_image FALSE if `base` is the plain contents of the file.
 * @param size Receives its size in bytes; 0 if it is absent.
 * IRQL: any, if the image is resident.  Returns: its address, or NULL if it is absent.
 * Source: Windows documentation, ImageDirectoryEntryToData.
 */
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID base, BOOLEAN mapped_as_image, USHORT directory,
                                         PULONG size)
{
    /* A base that is tagged in its low bits is a file's contents, whatever the caller says. */
    bool file = !mapped_as_image || ((ULONG_PTR)base & 3) != 0;
    PUCHAR image = (PUCHAR)((ULONG_PTR)base & ~(ULONG_PTR)3);
    PIMAGE_NT_HEADERS headers = RtlImageNtHeader(image);
    PIMAGE_DATA_DIRECTORY entry;

    *size = 0;
    if (headers == NULL || directory >= headers->OptionalHeader.NumberOfRvaAndSizes)
        return NULL;
    entry = &headers->OptionalHeader.DataDirectory[directory];
    if (entry->VirtualAddress == 0)
        return NULL;
    *size = entry->Size;
    return file ? file_address(image, headers, entry->VirtualAddress)
                : image + entry->VirtualAddress;
}
NT_EXPORT(RtlImageDirectoryEntryToData, HIGH_LEVEL, "pbup");

/**
 * Finds an export of a mapped image by its name.
 * IRQL: PASSIVE_LEVEL.  Returns: its address; NULL if there is none, or if it is a forwarder.
 * Source: the exports of ntoskrnl.exe; PE format specification.
 */
PVOID NTAPI RtlFindExportedRoutineByName(PVOID base, PCSZ name)
{
    PUCHAR image = base;
    ULONG size;
    PIMAGE_EXPORT_DIRECTORY exports =
        RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size);
    const ULONG *names;
    ULONG low = 0;
    ULONG high;

    if (exports == NULL)
        return NULL;
    names = (const ULONG *)(image + exports->AddressOfNames);
    for (high = exports->NumberOfNames; low < high;) {
        ULONG middle = low + (high - low) / 2;
        int order = strcmp(name, (const char *)image + names[middle]);
        if (order == 0) {
            USHORT ordinal = ((const USHORT *)(image + exports->AddressOfNameOrdinals))[middle];
            ULONG address = ((const ULONG *)(image + exports->AddressOfFunctions))[ordinal];
            PUCHAR target = image + address;
            return target >= (PUCHAR)exports && target < (PUCHAR)exports + size ? NULL : target;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
NT_EXPORT(RtlFindExportedRoutineByName, PASSIVE_LEVEL, "ps");
