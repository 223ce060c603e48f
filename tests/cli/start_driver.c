/*
 * A driver that starts with the system. It says when it is called, by the name of its service, and
 * does what the values of its key Parameters say:
 *
 *   Status  what DriverEntry returns          Reinitialize  1 = register a routine to be called
 *                                             again, which asks for that once more; 2 = the same
 *                                             for boot-start drivers, once
 */
#include <ntddk.h>

static ULONG parameters[2]; /* Status, Reinitialize */
static WCHAR name_buffer[80];
static UNICODE_STRING name = {0, sizeof(name_buffer), name_buffer};

static void read_name(PUNICODE_STRING registry_path)
{
    UNICODE_STRING part = *registry_path;
    USHORT start = part.Length / sizeof(WCHAR);

    while (start > 0 && part.Buffer[start - 1] != L'\\')
        start--;
    part.Buffer += start;
    part.Length -= start * sizeof(WCHAR);
    RtlCopyUnicodeString(&name, &part);
}

static void read_parameters(PUNICODE_STRING registry_path)
{
    WCHAR path[200] = L"";
    UNICODE_STRING full = {0, sizeof(path) - sizeof(WCHAR), path};
    RTL_QUERY_REGISTRY_TABLE table[3];

    RtlZeroMemory(table, sizeof(table));
    table[0].Flags = table[1].Flags = RTL_QUERY_REGISTRY_DIRECT;
    table[0].Name = L"Status";
    table[1].Name = L"Reinitialize";
    table[0].EntryContext = &parameters[0];
    table[1].EntryContext = &parameters[1];
    RtlAppendUnicodeStringToString(&full, registry_path);
    RtlAppendUnicodeToString(&full, L"\\Parameters");
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, path, table, NULL, NULL);
}

static VOID NTAPI again(PDRIVER_OBJECT driver, PVOID context, ULONG count)
{
    DbgPrint("%wZ again %u %s\n", &name, count, (const char *)context);
    if (parameters[1] == 1 && count == 1)
        IoRegisterDriverReinitialization(driver, again, context);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    read_name(registry_path);
    read_parameters(registry_path);
    DbgPrint("%wZ entry\n", &name);
    if (parameters[1] == 1)
        IoRegisterDriverReinitialization(driver, again, "all");
    else if (parameters[1] == 2)
        IoRegisterBootDriverReinitialization(driver, again, "boot");
    return (NTSTATUS)parameters[0];
}
