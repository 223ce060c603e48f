/*
 * The devices that drivers have made since the rules were turned on, and the control codes that
 * were sent to them: machine/device_access.h, for the report of a run. And RS-ACC-006, which joins
 * both: a code that reaches something dangerous, on a device that anyone may open.
 */
#include "io/io.h"
#include "kd/kd.h"
#include "mm/mm.h"
#include "vf/access_internal.h"

VF_RULE(open_to_anyone) = {
    .id = "RS-ACC-006",
    .title = "anyone may send a dangerous control code",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "create the device with IoCreateDeviceSecure, an SDDL string such as "
              "SDDL_DEVOBJ_SYS_ALL_ADM_ALL, and FILE_DEVICE_SECURE_OPEN, and let the code require "
              "FILE_READ_ACCESS | FILE_WRITE_ACCESS",
    .rationale =
        "A device that is created without security can be opened by every user and from every "
        "sandbox that reaches it. Whoever opens it controls the machine as far as the code does.",
    .reference = "Windows driver documentation, Controlling Device Access",
};

#define ACCESS_OF(code) ((code) >> 14 & 3u)

static struct {
    struct machine_devices table;
    PDEVICE_OBJECT objects[MACHINE_DEVICES]; /* NULL = deleted; its row stays */
} devices;

/* ---- rows ---- */

struct machine_device *vf_access_row(PDEVICE_OBJECT device, PFILE_OBJECT file)
{
    if (file && file->DeviceObject)
        device = file->DeviceObject;
    for (ULONG64 i = 0; i < devices.table.count; i++)
        if (devices.objects[i] == device)
            return &devices.table.rows[i];
    return NULL;
}

static BOOLEAN full_name(PDEVICE_OBJECT device, char *text, SIZE_T size)
{
    ULONG64 buffer[64];
    POBJECT_NAME_INFORMATION information = (POBJECT_NAME_INFORMATION)buffer;
    ULONG length;

    if (!ob_name_of(device)->Length ||
        !NT_SUCCESS(ObQueryNameString(device, information, sizeof(buffer), &length)))
        return FALSE;
    kd_to_utf8(&information->Name, text, size);
    return TRUE;
}

/* A driver that was loaded again makes the same device: it goes on in the same row. */
static struct machine_device *row_for(const char *name)
{
    struct machine_devices *table = &devices.table;

    for (ULONG64 i = 0; i < table->count; i++)
        if (!devices.objects[i] && strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    if (table->count == MACHINE_DEVICES) {
        table->dropped++;
        return NULL;
    }
    return &table->rows[table->count++];
}

/* What may change while the device lives. */
static void refresh(struct machine_device *row, PDEVICE_OBJECT device)
{
    row->secure_open = (device->Characteristics & FILE_DEVICE_SECURE_OPEN) != 0;
    row->exclusive = (device->Flags & DO_EXCLUSIVE) != 0;
    vf_access_describe_security(row, device);
}

static void name_driver(struct machine_device *row, PDRIVER_OBJECT driver)
{
    kd_to_utf8(&driver->DriverName, row->driver, sizeof(row->driver));
}

void vf_access_device_created(PDEVICE_OBJECT device)
{
    struct machine_device *row;
    char name[sizeof(row->name)];

    if (!vf_access_on || !full_name(device, name, sizeof(name)))
        return;
    row = row_for(name);
    if (!row)
        return;
    devices.objects[row - devices.table.rows] = device;
    RtlCopyMemory(row->name, name, sizeof(name));
    name_driver(row, device->DriverObject);
    row->of_kernel = !device->DriverObject->DriverStart;
    refresh(row, device);
}

void vf_access_device_deleted(PDEVICE_OBJECT device)
{
    struct machine_device *row = vf_access_row(device, NULL);

    if (!row)
        return;
    refresh(row, device);
    devices.objects[row - devices.table.rows] = NULL;
}

static void add_link(struct machine_device *row, const char *link)
{
    for (ULONG i = 0; i < row->link_count; i++)
        if (_stricmp(row->links[i], link) == 0)
            return;
    if (row->link_count < MACHINE_DEVICE_LINKS)
        strcpy(row->links[row->link_count++], link);
}

void vf_access_link_created(PCUNICODE_STRING link, PCUNICODE_STRING target)
{
    struct machine_device *row = devices.table.rows;
    char name[sizeof(row->links[0])], device[sizeof(row->name)];

    if (!vf_access_on)
        return;
    kd_to_utf8(link, name, sizeof(name));
    kd_to_utf8(target, device, sizeof(device));
    for (ULONG64 i = 0; i < devices.table.count; i++, row++)
        if (devices.objects[i] && _stricmp(row->name, device) == 0)
            add_link(row, name);
}

const struct machine_devices *vf_access_devices(void)
{
    if (!vf_access_on)
        return NULL;
    for (ULONG64 i = 0; i < devices.table.count; i++)
        if (devices.objects[i])
            refresh(&devices.table.rows[i], devices.objects[i]);
    return &devices.table;
}

/* ---- requests ---- */

void vf_access_count_open(PDEVICE_OBJECT device, PFILE_OBJECT file)
{
    struct machine_device *row = vf_access_row(device, file);

    if (!row)
        return;
    row->opens++;
    if (row->of_kernel) /* who serves it is the driver on top of its stack */
        name_driver(row, device->DriverObject);
    refresh(row, devices.objects[row - devices.table.rows]);
}

static struct machine_device_code *code_row(struct machine_device *row, ULONG code)
{
    for (ULONG i = 0; i < row->code_count; i++)
        if (row->codes[i].code == code)
            return &row->codes[i];
    return NULL;
}

void vf_access_count_code(struct machine_device *row, ULONG code)
{
    struct machine_device_code *entry = code_row(row, code);

    if (!entry && row->code_count == MACHINE_DEVICE_CODES) {
        row->other_codes++;
        return;
    }
    if (!entry) {
        entry = &row->codes[row->code_count++];
        *entry = (struct machine_device_code){.code = code};
    }
    entry->requests++;
}

/*
 * Whether an ordinary user can send the code: the two access bits of a code are FILE_READ_DATA and
 * FILE_WRITE_DATA, and with FILE_ANY_ACCESS any handle will do.
 */
static BOOLEAN anyone_may_send(const struct machine_device *row, ULONG code)
{
    ULONG needed = ACCESS_OF(code);

    return row->anyone && (row->anyone & needed) == needed;
}

void vf_access_mark(const struct vf_access_request *request, enum machine_reach reach,
                    const struct vf_place *place)
{
    struct machine_device *row = request->device;
    struct machine_device_code *entry;

    if (!row || request->major != IRP_MJ_DEVICE_CONTROL)
        return;
    entry = code_row(row, request->code);
    if (entry)
        entry->reached |= (uint32_t)reach;
    if (anyone_may_send(row, request->code))
        vf_report_at(&open_to_anyone, place, NULL, NULL,
                     "anyone may open %s and send control code 0x%08x, which takes an address, a "
                     "register, a port or a process from its sender",
                     row->name, request->code);
}
