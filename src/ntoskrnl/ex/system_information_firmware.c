/*
 * NtQuerySystemInformation: firmware tables. The machine has SMBIOS data ('RSMB') that name it, and
 * no ACPI tables.
 */
#include "ex/ex.h"
#include "ex/system_information.h"

#define PROVIDER_SMBIOS 0x52534D42u /* 'RSMB' */
#define PROVIDER_ACPI 0x41435049u   /* 'ACPI' */
#define PROVIDER_MEMORY 0x4649524Du /* 'FIRM' */

enum { ACTION_ENUMERATE = 0, ACTION_GET = 1 };

struct firmware_table {
    ULONG ProviderSignature;
    ULONG Action;
    ULONG TableID;
    ULONG TableBufferLength;
    UCHAR TableBuffer[];
};

/* RawSMBIOSData, version 2.8, with the structures BIOS, System and End-of-Table. */
static const UCHAR smbios[] =
    "\0\2\10\0"         /* calling method, major, minor, revision */
    "\0\0\0\0"          /* length of what follows: filled in */
    "\0\x18\0\0"        /* BIOS information, 24 bytes, handle 0 */
    "\1\2\0\xF0\3\0"    /* vendor 1, version 2, segment 0xF000, date 3, 64 KiB */
    "\10\0\0\0\0\0\0\0" /* characteristics: not supported */
    "\0\0\1\0\xFF\xFF"  /* extension, release 1.0, no controller firmware */
    "Ringside\0"
    "1.0\0"
    "01/01/2020\0\0"
    "\1\x1B\1\0" /* system information, 27 bytes, handle 1 */
    "\1\2\3\4"   /* manufacturer, product, version, serial number */
    "\x52\x69\x6E\x67\x73\x69\x64\x65\0\0\0\0\0\0\0\1" /* UUID */
    "\6\0\0" /* wake-up: power switch; no SKU, no family */
    "Ringside\0"
    "Simulated machine\0"
    "1.0\0"
    "RS-0000001\0\0"
    "\x7F\4\2\0\0"; /* end of table; the string literal's NUL ends its strings */

#define SMBIOS_HEADER 8

/*
 * The header, and the table if TableBufferLength says that there is room for it; else
 * STATUS_BUFFER_TOO_SMALL with the length in the header.
 */
static NTSTATUS reply(struct ex_information *information, const struct firmware_table *request,
                      const void *data, ULONG size)
{
    BOOLEAN fits = request->TableBufferLength >= size;
    struct firmware_table *table =
        ex_information_allocate(information, sizeof(*table) + (fits ? size : 0));

    if (!table)
        return STATUS_INSUFFICIENT_RESOURCES;
    *table = *request;
    table->TableBufferLength = size;
    if (fits)
        RtlCopyMemory(table->TableBuffer, data, size);
    else
        information->status = STATUS_BUFFER_TOO_SMALL;
    return STATUS_SUCCESS;
}

ULONG ex_smbios_copy(UCHAR *to, ULONG size)
{
    static const ULONG length = sizeof(smbios) - SMBIOS_HEADER;

    if (size >= sizeof(smbios)) {
        RtlCopyMemory(to, smbios, sizeof(smbios));
        RtlCopyMemory(to + 4, &length, sizeof(length));
    }
    return sizeof(smbios);
}

static NTSTATUS smbios_reply(struct ex_information *information,
                             const struct firmware_table *request)
{
    static const ULONG only_table = 0;
    UCHAR data[sizeof(smbios)];

    if (request->Action == ACTION_ENUMERATE)
        return reply(information, request, &only_table, sizeof(only_table));
    if (request->Action != ACTION_GET)
        return STATUS_INVALID_PARAMETER;
    ex_smbios_copy(data, sizeof(data));
    return reply(information, request, data, sizeof(data));
}

NTSTATUS ex_query_firmware_table(struct ex_information *information)
{
    struct firmware_table request;

    if (!information->input)
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlCopyMemory(&request, information->input, sizeof(request));
    switch (request.ProviderSignature) {
    case PROVIDER_SMBIOS:
        return smbios_reply(information, &request);
    case PROVIDER_ACPI:
    case PROVIDER_MEMORY:
        return request.Action == ACTION_ENUMERATE ? reply(information, &request, NULL, 0)
                                                  : STATUS_NOT_FOUND;
    default:
        return STATUS_NOT_IMPLEMENTED;
    }
}
