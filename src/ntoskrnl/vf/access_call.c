/*
 * Exports that give away something of the machine when their arguments come from a request. Their
 * names are looked up once; afterwards a call of any other export costs one byte of a table.
 */
#include "include/nt_export.h"
#include "ke/ke_internal.h"
#include "vf/access_internal.h"

#define EXPORTS 8192

static const struct {
    const char *name;
    void (*check)(const char *name, const ULONG64 *arguments);
} calls[] = {
    {"", NULL}, /* 0 = nobody asks */
    {"MmMapIoSpace", vf_access_map_physical},
    {"MmMapIoSpaceEx", vf_access_map_physical},
    {"MmGetVirtualForPhysical", vf_access_map_physical},
    {"MmCopyMemory", vf_access_copy_memory},
    {"ZwMapViewOfSection", vf_access_map_view},
    {"READ_PORT_UCHAR", vf_access_port_call},
    {"READ_PORT_USHORT", vf_access_port_call},
    {"READ_PORT_ULONG", vf_access_port_call},
    {"WRITE_PORT_UCHAR", vf_access_port_call},
    {"WRITE_PORT_USHORT", vf_access_port_call},
    {"WRITE_PORT_ULONG", vf_access_port_call},
    {"READ_PORT_BUFFER_UCHAR", vf_access_port_call},
    {"READ_PORT_BUFFER_USHORT", vf_access_port_call},
    {"READ_PORT_BUFFER_ULONG", vf_access_port_call},
    {"WRITE_PORT_BUFFER_UCHAR", vf_access_port_call},
    {"WRITE_PORT_BUFFER_USHORT", vf_access_port_call},
    {"WRITE_PORT_BUFFER_ULONG", vf_access_port_call},
    {"HalGetBusData", vf_access_bus_data},
    {"HalSetBusData", vf_access_bus_data},
    {"HalGetBusDataByOffset", vf_access_bus_data},
    {"HalSetBusDataByOffset", vf_access_bus_data},
    {"ZwOpenProcess", vf_access_open_process},
    {"ZwOpenThread", vf_access_open_process},
    {"PsLookupProcessByProcessId", vf_access_look_up_process},
    {"PsLookupThreadByThreadId", vf_access_look_up_process},
    {"ObOpenObjectByPointer", vf_access_open_object},
    {"ZwTerminateProcess", vf_access_end_process},
    {"memcpy", vf_access_copy},
    {"memmove", vf_access_copy},
    {"RtlCopyMemory", vf_access_copy},
    {"RtlMoveMemory", vf_access_copy},
    {"RtlCopyMemoryNonTemporal", vf_access_copy},
    {"memset", vf_access_fill},
    {"RtlFillMemory", vf_access_fill},
    {"RtlZeroMemory", vf_access_fill},
    {"IoAllocateMdl", vf_access_describe_memory},
};

UCHAR vf_access_on;
static UCHAR call_of[EXPORTS]; /* by the number of the export's row: index in `calls` */

static void resolve(void)
{
    for (const struct nt_export *row = &nt_export_first + 1; row < &nt_export_last; row++) {
        kassert(row - &nt_export_first < EXPORTS);
        for (ULONG i = 1; i < ARRAY_COUNT(calls); i++)
            if (strcmp(calls[i].name, row->name) == 0)
                call_of[row - &nt_export_first] = (UCHAR)i;
    }
}

/* Whether a rule of this group is on. */
static BOOLEAN is_selected(void)
{
    const struct vf_rule *rule;

    for (ULONG i = 0; (rule = vf_rule(i)) != NULL; i++)
        if (rule->enabled && strncmp(rule->id, "RS-ACC-", 7) == 0)
            return TRUE;
    return FALSE;
}

void vf_access_initialize(void)
{
    if (!is_selected())
        return;
    resolve();
    vf_access_on = 1;
}

void vf_access_called(const struct nt_export *export, const ULONG64 *arguments)
{
    ULONG call = call_of[export - &nt_export_first];

    if (__builtin_expect(call != 0, 0) && !vf_access_is_idle())
        calls[call].check(calls[call].name, arguments);
}
