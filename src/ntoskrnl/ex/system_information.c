/*
 * NtQuerySystemInformation and NtSetSystemInformation: the table of classes and the protocol of
 * lengths. The answers are made in system_information_*.c.
 */
#include "ex/system_information.h"

NTSTATUS NTAPI NtQuerySystemInformation(ULONG information_class, PVOID buffer, ULONG length,
                                        PULONG return_length);
NTSTATUS NTAPI NtSetSystemInformation(ULONG information_class, PVOID buffer, ULONG length);

#define INPUT_BYTES 16 /* what some classes read from the buffer first */

static const struct {
    ULONG number;
    NTSTATUS (*build)(struct ex_information *information);
} classes[] = {
    {0, ex_query_basic},
    {1, ex_query_processor},
    {2, ex_query_performance},
    {3, ex_query_time_of_day},
    {5, ex_query_processes},
    {8, ex_query_processor_performance},
    {9, ex_query_flags},
    {11, ex_query_modules},
    {16, ex_query_handles},
    {17, ex_query_objects},
    {22, ex_query_pool_tags},
    {23, ex_query_interrupts},
    {28, ex_query_time_adjustment},
    {33, ex_query_exceptions},
    {35, ex_query_debugger},
    {44, ex_query_time_zone},
    {50, ex_query_range_start},
    {55, ex_query_numa_map},
    {57, ex_query_extended_processes},
    {62, ex_query_basic}, /* as a 32-bit program would see it; there are none */
    {64, ex_query_extended_handles},
    {73, ex_query_logical_processors},
    {76, ex_query_firmware_table},
    {90, ex_query_boot_environment},
    {103, ex_query_code_integrity},
    {114, ex_query_basic},
    {145, ex_query_secure_boot},
    {149, ex_query_debugger_ex},
};

PVOID ex_information_allocate(struct ex_information *information, ULONG size)
{
    information->data = ExAllocatePoolWithTag(PagedPool, size, EX_TAG_INFORMATION);
    information->size = size;
    if (information->data)
        RtlZeroMemory(information->data, size);
    return information->data;
}

/* Tell the length and copy the answer, if the buffer's length allows. */
static NTSTATUS answer(const struct ex_information *information, PVOID buffer, ULONG length,
                       PULONG return_length, KPROCESSOR_MODE mode)
{
    NTSTATUS status = STATUS_SUCCESS;
    ULONG size = information->partial ? min(length, information->size) : information->size;

    if (return_length)
        status = ex_write_output(return_length, &size, sizeof(size), mode);
    if (!NT_SUCCESS(status))
        return status;
    if (length < size || (information->exact && length != size) ||
        (information->partial && length > information->size))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ex_write_output(buffer, information->data, size, mode);
    return NT_SUCCESS(status) ? information->status : status;
}

static NTSTATUS query(ULONG row, PVOID buffer, ULONG length, PULONG return_length,
                      KPROCESSOR_MODE mode)
{
    struct ex_information information = {.destination = (ULONG64)buffer};
    UCHAR input[INPUT_BYTES];
    NTSTATUS status = STATUS_SUCCESS;

    if (length >= sizeof(input)) {
        status = ex_read_input(input, buffer, sizeof(input), 1, mode);
        information.input = input;
    }
    if (NT_SUCCESS(status))
        status = classes[row].build(&information);
    if (NT_SUCCESS(status))
        status = answer(&information, buffer, length, return_length, mode);
    if (information.data)
        ExFreePoolWithTag(information.data, EX_TAG_INFORMATION);
    return status;
}

/*
 * Ask the system about itself.
 * @param information_class  SYSTEM_INFORMATION_CLASS; see the table above
 * @param length             room at `buffer`, bytes
 * @param return_length      NULL or receives what the answer takes
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_INFO_LENGTH_MISMATCH when the buffer is too small (some classes:
 * or too large); STATUS_INVALID_INFO_CLASS for a class that is not supported.
 * Source: Windows driver documentation, ZwQuerySystemInformation.
 */
NTSTATUS NTAPI NtQuerySystemInformation(ULONG information_class, PVOID buffer, ULONG length,
                                        PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    NTSTATUS status = ex_probe_output(buffer, length, sizeof(ULONG), mode);

    if (NT_SUCCESS(status) && return_length)
        status = ex_probe_output(return_length, sizeof(ULONG), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    for (ULONG row = 0; row < ARRAY_COUNT(classes); row++)
        if (classes[row].number == information_class)
            return query(row, buffer, length, return_length, mode);
    return STATUS_INVALID_INFO_CLASS;
}
NT_SERVICE(QuerySystemInformation, 4, PASSIVE_LEVEL, "upup");

/*
 * Change the system. No class can be set.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INVALID_INFO_CLASS. Differs from NT: for all classes.
 */
NTSTATUS NTAPI NtSetSystemInformation(ULONG information_class, PVOID buffer, ULONG length)
{
    (void)information_class, (void)buffer, (void)length;
    return STATUS_INVALID_INFO_CLASS;
}
NT_SERVICE(SetSystemInformation, 3, PASSIVE_LEVEL, "upu");
