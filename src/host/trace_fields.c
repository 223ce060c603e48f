/*
 * What each type of trace record consists of, in the order in which it is shown, and the names of
 * values.
 */
#include <string.h>

#include "host/trace_format.h"

#define OPTIONAL .optional = true
#define BARE .bare = true
#define ONLY_JSON .only_json = true
#define FIELD(kind_, record, member, name_, ...)                                                   \
    {.name = name_,                                                                                \
     .kind = HOST_TRACE_##kind_,                                                                   \
     .size = sizeof(((struct record *)0)->member),                                                 \
     .offset = offsetof(struct record, member),                                                    \
     ##__VA_ARGS__}
#define LIST(record, member, name_)                                                                \
    {.name = name_,                                                                                \
     .kind = HOST_TRACE_HEX_LIST,                                                                  \
     .offset = offsetof(struct record, member),                                                    \
     .count = sizeof(((struct record *)0)->member) / 8}
#define WHOLE_TEXT(name_, ...) {.name = name_, .kind = HOST_TRACE_TEXT, ##__VA_ARGS__}

static const char *const lock_kinds[] = {"spin lock", "mutex", NULL};
static const char *const stop_reasons[] = {"shutdown",        "bug check", "deadlock",
                                           "not implemented", "internal",  NULL};
static const char *const severities[] = {"error", "warning", "note", NULL};
static const char *const thread_states[] = {"initialized", "ready",   "running", "standby",
                                            "terminated",  "waiting", NULL};
static const char *const wait_reasons[] = {"",
                                           "Executive",
                                           "FreePage",
                                           "PageIn",
                                           "PoolAllocation",
                                           "DelayExecution",
                                           "Suspended",
                                           "UserRequest",
                                           "WrExecutive",
                                           "WrFreePage",
                                           "WrPageIn",
                                           "WrPoolAllocation",
                                           "WrDelayExecution",
                                           "WrSuspended",
                                           "WrUserRequest",
                                           "WrSpare0",
                                           "WrQueue",
                                           "WrLpcReceive",
                                           "WrLpcReply",
                                           "WrVirtualMemory",
                                           "WrPageOut",
                                           "WrRendezvous",
                                           "WrKeyedEvent",
                                           NULL};

static const struct host_trace_field irp_fields[] = {
    FIELD(MAJOR, trace_irp, major, "major", BARE),
    FIELD(DECIMAL, trace_irp, minor, "minor", OPTIONAL),
    WHOLE_TEXT("device", BARE),
    FIELD(CONTROL, trace_irp, code, "control", OPTIONAL, BARE),
    FIELD(DECIMAL, trace_irp, input_length, "in"),
    FIELD(DECIMAL, trace_irp, output_length, "out"),
    FIELD(DECIMAL, trace_irp, offset, "offset", OPTIONAL),
    FIELD(DECIMAL, trace_irp, user, "user"),
    FIELD(DECIMAL, trace_irp, location, "location"),
    FIELD(HEX, trace_irp, irp, "irp"),
    FIELD(HEX, trace_irp, device, "device_object"),
    FIELD(HEX, trace_irp, file, "file_object", OPTIONAL),
    FIELD(CODE, trace_irp, routine, "routine", OPTIONAL, ONLY_JSON),
    FIELD(BYTES, trace_irp, input_size, "input", OPTIONAL),
    FIELD(BYTES, trace_irp, direct_size, "direct", OPTIONAL),
};

static const struct host_trace_field irp_result_fields[] = {
    FIELD(MAJOR, trace_irp_result, major, "major", BARE),
    FIELD(DECIMAL, trace_irp_result, minor, "minor", OPTIONAL),
    WHOLE_TEXT("device", BARE),
    FIELD(CONTROL, trace_irp_result, code, "control", OPTIONAL, BARE),
    FIELD(STATUS, trace_irp_result, status, "status", BARE),
    FIELD(DECIMAL, trace_irp_result, information, "information"),
    FIELD(DECIMAL, trace_irp_result, location, "location", OPTIONAL),
    FIELD(HEX, trace_irp_result, irp, "irp"),
    FIELD(HEX, trace_irp_result, device, "device_object", OPTIONAL),
    FIELD(BYTES, trace_irp_result, output_size, "output", OPTIONAL),
};

static const struct host_trace_field irp_return_fields[] = {
    FIELD(MAJOR, trace_irp_result, major, "major", BARE),
    FIELD(STATUS, trace_irp_result, status, "status", BARE),
    FIELD(HEX, trace_irp_result, irp, "irp"),
    FIELD(HEX, trace_irp_result, device, "device_object"),
};

static const struct host_trace_field irp_up_fields[] = {
    WHOLE_TEXT("device", OPTIONAL, BARE),
    FIELD(STATUS, trace_irp_up, status, "status", BARE),
    FIELD(DECIMAL, trace_irp_up, location, "location", OPTIONAL),
    FIELD(HEX, trace_irp_up, irp, "irp"),
    FIELD(HEX, trace_irp_up, device, "device_object", OPTIONAL),
    FIELD(CODE, trace_irp_up, routine, "routine"),
};

static const struct host_trace_field irp_end_fields[] = {
    FIELD(STATUS, trace_irp_result, status, "status", BARE),
    FIELD(DECIMAL, trace_irp_result, information, "information"),
    FIELD(HEX, trace_irp_result, irp, "irp"),
};

static const struct host_trace_field irp_cancel_fields[] = {
    WHOLE_TEXT("device", BARE),
    FIELD(HEX, trace_irp_cancel, irp, "irp"),
    FIELD(HEX, trace_irp_cancel, device, "device_object", OPTIONAL),
    FIELD(CODE, trace_irp_cancel, routine, "routine", OPTIONAL),
};

static const struct host_trace_field export_fields[] = {
    WHOLE_TEXT("function", BARE),
    {.name = "arguments", .kind = HOST_TRACE_ARGUMENTS, .bare = true},
    FIELD(CODE, trace_export, caller, "caller"),
};

static const struct host_trace_field debug_print_fields[] = {
    FIELD(DECIMAL, trace_debug_print, component, "component"),
    FIELD(DECIMAL, trace_debug_print, level, "level"),
    WHOLE_TEXT("text", BARE),
};

static const struct host_trace_field object_fields[] = {
    FIELD(TEXT_HEAD, trace_object, type_size, "type", BARE),
    FIELD(TEXT_TAIL, trace_object, type_size, "name", OPTIONAL, BARE),
    FIELD(HEX, trace_object, object, "object"),
};

static const struct host_trace_field handle_fields[] = {
    FIELD(HEX, trace_handle, handle, "handle", BARE),
    FIELD(TEXT_HEAD, trace_handle, type_size, "type", BARE),
    FIELD(TEXT_TAIL, trace_handle, type_size, "name", OPTIONAL, BARE),
    FIELD(DECIMAL, trace_handle, owner, "owner"),
    FIELD(HEX, trace_handle, access, "access"),
    FIELD(HEX, trace_handle, object, "object"),
};

static const struct host_trace_field pool_fields[] = {
    FIELD(TAG, trace_pool, tag, "tag", BARE),
    FIELD(HEX, trace_pool, address, "address", BARE),
    FIELD(DECIMAL, trace_pool, size, "size"),
    FIELD(DECIMAL, trace_pool, paged, "paged"),
};

static const struct host_trace_field lock_fields[] = {
    FIELD(CHOICE, trace_lock, kind, "kind", BARE, .names = lock_kinds),
    FIELD(HEX, trace_lock, lock, "lock", BARE),
};

static const struct host_trace_field irql_fields[] = {
    FIELD(DECIMAL, trace_irql, from, "from"),
    FIELD(DECIMAL, trace_irql, to, "to"),
};

static const struct host_trace_field dpc_fields[] = {
    FIELD(CODE, trace_dpc, routine, "routine", BARE),
    FIELD(HEX, trace_dpc, dpc, "dpc"),
    FIELD(HEX, trace_dpc, context, "context"),
    LIST(trace_dpc, arguments, "arguments"),
};

static const struct host_trace_field timer_fields[] = {
    FIELD(HEX, trace_timer, timer, "timer", BARE),
    FIELD(DECIMAL, trace_timer, due, "due_100ns"),
    FIELD(DECIMAL, trace_timer, period, "period_ms", OPTIONAL),
    FIELD(HEX, trace_timer, dpc, "dpc", OPTIONAL),
};

static const struct host_trace_field thread_create_fields[] = {
    FIELD(DECIMAL, trace_thread, process, "new_process"),
    FIELD(DECIMAL, trace_thread, thread, "new_thread"),
    FIELD(CODE, trace_thread, start, "start"),
    FIELD(DECIMAL, trace_thread, priority, "priority"),
};

static const struct host_trace_field thread_exit_fields[] = {
    FIELD(STATUS, trace_thread, status, "status", BARE),
};

static const struct host_trace_field switch_fields[] = {
    FIELD(DECIMAL, trace_switch, process, "to_process"),
    FIELD(DECIMAL, trace_switch, thread, "to_thread"),
    FIELD(DECIMAL, trace_switch, priority, "priority"),
    FIELD(CHOICE, trace_switch, state, "state", .names = thread_states),
    FIELD(CHOICE, trace_switch, wait_reason, "wait", OPTIONAL, .names = wait_reasons),
};

static const struct host_trace_field process_create_fields[] = {
    FIELD(DECIMAL, trace_process, process, "new_process"),
    FIELD(DECIMAL, trace_process, parent, "parent", OPTIONAL),
    WHOLE_TEXT("image", BARE),
};

static const struct host_trace_field process_exit_fields[] = {
    FIELD(STATUS, trace_process, status, "status", BARE),
    WHOLE_TEXT("image", BARE),
};

static const struct host_trace_field exception_fields[] = {
    FIELD(STATUS, trace_exception, code, "code", BARE),
    FIELD(CODE, trace_exception, address, "address"),
    FIELD(HEX, trace_exception, flags, "flags"),
    FIELD(DECIMAL, trace_exception, user, "user"),
    FIELD(DECIMAL, trace_exception, information_count, "parameters"),
    LIST(trace_exception, information, "information"),
};

static const struct host_trace_field image_fields[] = {
    WHOLE_TEXT("path", BARE),
    FIELD(HEX, trace_image, base, "base"),
    FIELD(HEX, trace_image, size, "size"),
    FIELD(HEX, trace_image, timestamp, "timestamp", OPTIONAL),
    FIELD(HEX, trace_image, checksum, "checksum", OPTIONAL),
    FIELD(DECIMAL, trace_image, process, "image_process", OPTIONAL),
};

static const struct host_trace_field system_call_fields[] = {
    WHOLE_TEXT("name", BARE),
    FIELD(HEX, trace_system_call, number, "number"),
};

static const struct host_trace_field system_return_fields[] = {
    WHOLE_TEXT("name", BARE),
    FIELD(HEX, trace_system_call, number, "number"),
    FIELD(STATUS, trace_system_call, status, "status", BARE),
};

#define GUID_FIELD(member, name_, ...)                                                             \
    {.name = name_,                                                                                \
     .kind = HOST_TRACE_GUID,                                                                      \
     .size = 8,                                                                                    \
     .offset = offsetof(struct trace_etw, member),                                                 \
     ##__VA_ARGS__}

static const struct host_trace_field etw_fields[] = {
    GUID_FIELD(provider, "provider", BARE),
    FIELD(TEXT_HEAD, trace_etw, name_size, "provider_name", OPTIONAL, BARE),
    FIELD(TEXT_TAIL, trace_etw, name_size, "text", OPTIONAL, BARE),
    FIELD(DECIMAL, trace_etw, id, "id"),
    FIELD(DECIMAL, trace_etw, version, "version", OPTIONAL),
    FIELD(DECIMAL, trace_etw, channel, "channel", OPTIONAL),
    FIELD(DECIMAL, trace_etw, level, "level"),
    FIELD(DECIMAL, trace_etw, opcode, "opcode", OPTIONAL),
    FIELD(DECIMAL, trace_etw, task, "task", OPTIONAL),
    FIELD(HEX, trace_etw, keyword, "keyword"),
    GUID_FIELD(activity, "activity", OPTIONAL),
    GUID_FIELD(related, "related", OPTIONAL),
    FIELD(DECIMAL, trace_etw, length, "length"),
    FIELD(BYTES, trace_etw, data_size, "data", OPTIONAL),
};

static const struct host_trace_field device_fields[] = {
    FIELD(TEXT_HEAD, trace_device, driver_size, "driver", BARE),
    FIELD(TEXT_TAIL, trace_device, driver_size, "device", OPTIONAL, BARE),
    FIELD(HEX, trace_device, type, "type"),
    FIELD(HEX, trace_device, device, "device_object"),
    FIELD(HEX, trace_device, driver, "driver_object"),
};

static const struct host_trace_field attach_fields[] = {
    FIELD(TEXT_HEAD, trace_attach, device_size, "device", BARE),
    FIELD(TEXT_TAIL, trace_attach, device_size, "below"),
    FIELD(HEX, trace_attach, device, "device_object"),
    FIELD(HEX, trace_attach, below, "below_object"),
};

static const struct host_trace_field link_fields[] = {
    FIELD(TEXT_HEAD, trace_link, link_size, "link", BARE),
    FIELD(TEXT_TAIL, trace_link, link_size, "target", OPTIONAL),
};

static const struct host_trace_field finding_fields[] = {
    FIELD(TEXT_NEXT, trace_finding, rule_size, "rule", BARE),
    FIELD(CHOICE, trace_finding, severity, "severity", BARE, .names = severities),
    FIELD(TEXT_NEXT, trace_finding, title_size, "title", BARE),
    FIELD(TEXT_NEXT, trace_finding, message_size, "message", BARE),
    FIELD(HEX, trace_finding, irp, "irp", OPTIONAL),
    FIELD(TEXT_NEXT, trace_finding, advice_size, "advice", OPTIONAL),
    FIELD(STACK, trace_finding, stack_size, "stack"),
};

static const struct host_trace_field stop_fields[] = {
    FIELD(CHOICE, trace_stop, reason, "reason", BARE, .names = stop_reasons),
    FIELD(HEX, trace_stop, code, "code"),
    FIELD(TEXT_HEAD, trace_stop, name_size, "name", BARE),
    LIST(trace_stop, parameters, "parameters"),
    FIELD(TEXT_TAIL, trace_stop, name_size, "cause"),
};

#define LAYOUT(type, name, record, fields)                                                         \
    [type] = {name, sizeof(struct record), sizeof(fields) / sizeof *(fields), fields}

static const struct host_trace_layout layouts[TRACE_TYPES] = {
    LAYOUT(TRACE_IRP_SEND, "irp_send", trace_irp, irp_fields),
    LAYOUT(TRACE_IRP_PASS, "irp_pass", trace_irp, irp_fields),
    LAYOUT(TRACE_IRP_PEND, "irp_pend", trace_irp_result, irp_result_fields),
    LAYOUT(TRACE_IRP_CANCEL, "irp_cancel", trace_irp_cancel, irp_cancel_fields),
    LAYOUT(TRACE_IRP_COMPLETE, "irp_complete", trace_irp_result, irp_result_fields),
    LAYOUT(TRACE_EXPORT, "call", trace_export, export_fields),
    LAYOUT(TRACE_DEBUG_PRINT, "debug_print", trace_debug_print, debug_print_fields),
    LAYOUT(TRACE_OBJECT_CREATE, "object_create", trace_object, object_fields),
    LAYOUT(TRACE_OBJECT_DELETE, "object_delete", trace_object, object_fields),
    LAYOUT(TRACE_HANDLE_OPEN, "handle_open", trace_handle, handle_fields),
    LAYOUT(TRACE_HANDLE_CLOSE, "handle_close", trace_handle, handle_fields),
    LAYOUT(TRACE_POOL_ALLOCATE, "pool_allocate", trace_pool, pool_fields),
    LAYOUT(TRACE_POOL_FREE, "pool_free", trace_pool, pool_fields),
    LAYOUT(TRACE_LOCK_ACQUIRE, "lock_acquire", trace_lock, lock_fields),
    LAYOUT(TRACE_LOCK_RELEASE, "lock_release", trace_lock, lock_fields),
    LAYOUT(TRACE_IRQL_RAISE, "irql_raise", trace_irql, irql_fields),
    LAYOUT(TRACE_IRQL_LOWER, "irql_lower", trace_irql, irql_fields),
    LAYOUT(TRACE_DPC_QUEUE, "dpc_queue", trace_dpc, dpc_fields),
    LAYOUT(TRACE_DPC_RUN, "dpc_run", trace_dpc, dpc_fields),
    LAYOUT(TRACE_TIMER_SET, "timer_set", trace_timer, timer_fields),
    LAYOUT(TRACE_TIMER_EXPIRE, "timer_expire", trace_timer, timer_fields),
    LAYOUT(TRACE_THREAD_CREATE, "thread_create", trace_thread, thread_create_fields),
    LAYOUT(TRACE_THREAD_SWITCH, "thread_switch", trace_switch, switch_fields),
    LAYOUT(TRACE_THREAD_EXIT, "thread_exit", trace_thread, thread_exit_fields),
    LAYOUT(TRACE_PROCESS_CREATE, "process_create", trace_process, process_create_fields),
    LAYOUT(TRACE_PROCESS_EXIT, "process_exit", trace_process, process_exit_fields),
    LAYOUT(TRACE_EXCEPTION, "exception", trace_exception, exception_fields),
    LAYOUT(TRACE_IMAGE_LOAD, "image_load", trace_image, image_fields),
    LAYOUT(TRACE_IMAGE_UNLOAD, "image_unload", trace_image, image_fields),
    LAYOUT(TRACE_SYSTEM_CALL, "system_call", trace_system_call, system_call_fields),
    LAYOUT(TRACE_SYSTEM_RETURN, "system_return", trace_system_call, system_return_fields),
    LAYOUT(TRACE_ETW, "etw", trace_etw, etw_fields),
    LAYOUT(TRACE_STOP, "stop", trace_stop, stop_fields),
    LAYOUT(TRACE_IRP_RETURN, "irp_return", trace_irp_result, irp_return_fields),
    LAYOUT(TRACE_IRP_UP, "irp_up", trace_irp_up, irp_up_fields),
    LAYOUT(TRACE_IRP_UP_RETURN, "irp_up_return", trace_irp_up, irp_up_fields),
    LAYOUT(TRACE_IRP_END, "irp_end", trace_irp_result, irp_end_fields),
    LAYOUT(TRACE_DEVICE_CREATE, "device_create", trace_device, device_fields),
    LAYOUT(TRACE_DEVICE_DELETE, "device_delete", trace_device, device_fields),
    LAYOUT(TRACE_DEVICE_ATTACH, "device_attach", trace_attach, attach_fields),
    LAYOUT(TRACE_DEVICE_DETACH, "device_detach", trace_attach, attach_fields),
    LAYOUT(TRACE_LINK_CREATE, "link_create", trace_link, link_fields),
    LAYOUT(TRACE_LINK_DELETE, "link_delete", trace_link, link_fields),
    LAYOUT(TRACE_FINDING, "finding", trace_finding, finding_fields),
};

const struct host_trace_layout *host_trace_layout_of(uint16_t type)
{
    return type < TRACE_TYPES && layouts[type].name ? &layouts[type] : NULL;
}

const struct host_trace_layout *host_trace_layout_named(const char *name, uint16_t *type)
{
    for (*type = 0; *type < TRACE_TYPES; ++*type)
        if (layouts[*type].name && strcmp(layouts[*type].name, name) == 0)
            return &layouts[*type];
    return NULL;
}

uint64_t host_trace_value(const struct host_trace_record *record,
                          const struct host_trace_field *field)
{
    uint64_t value = 0; /* records are little-endian, as x64 is */

    memcpy(&value, record->payload + field->offset, field->size);
    return value;
}

bool host_trace_is_left_out(const struct host_trace_record *record,
                            const struct host_trace_field *field, uint64_t value)
{
    if (!field->optional)
        return false;
    switch ((enum host_trace_kind)field->kind) {
    case HOST_TRACE_TEXT:
    case HOST_TRACE_TEXT_HEAD:
    case HOST_TRACE_TEXT_TAIL: {
        struct host_trace_used used = {0};

        return host_trace_text_part(record, field, &used).size == 0;
    }
    case HOST_TRACE_GUID: {
        static const uint8_t none[16];

        return memcmp(record->payload + field->offset, none, sizeof none) == 0;
    }
    default:
        return value == 0;
    }
}

const char *host_trace_choice(const struct host_trace_field *field, uint64_t value)
{
    for (uint64_t i = 0; field->names[i]; i++)
        if (i == value)
            return field->names[i];
    return NULL;
}

const char *host_trace_major(uint64_t major)
{
    static const char *const names[] = {
        "IRP_MJ_CREATE",
        "IRP_MJ_CREATE_NAMED_PIPE",
        "IRP_MJ_CLOSE",
        "IRP_MJ_READ",
        "IRP_MJ_WRITE",
        "IRP_MJ_QUERY_INFORMATION",
        "IRP_MJ_SET_INFORMATION",
        "IRP_MJ_QUERY_EA",
        "IRP_MJ_SET_EA",
        "IRP_MJ_FLUSH_BUFFERS",
        "IRP_MJ_QUERY_VOLUME_INFORMATION",
        "IRP_MJ_SET_VOLUME_INFORMATION",
        "IRP_MJ_DIRECTORY_CONTROL",
        "IRP_MJ_FILE_SYSTEM_CONTROL",
        "IRP_MJ_DEVICE_CONTROL",
        "IRP_MJ_INTERNAL_DEVICE_CONTROL",
        "IRP_MJ_SHUTDOWN",
        "IRP_MJ_LOCK_CONTROL",
        "IRP_MJ_CLEANUP",
        "IRP_MJ_CREATE_MAILSLOT",
        "IRP_MJ_QUERY_SECURITY",
        "IRP_MJ_SET_SECURITY",
        "IRP_MJ_POWER",
        "IRP_MJ_SYSTEM_CONTROL",
        "IRP_MJ_DEVICE_CHANGE",
        "IRP_MJ_QUERY_QUOTA",
        "IRP_MJ_SET_QUOTA",
        "IRP_MJ_PNP",
    };

    return major < sizeof names / sizeof *names ? names[major] : NULL;
}

/* ---- control codes: device type << 16 | access << 14 | function << 2 | method ---- */

const char *host_trace_device_type(uint32_t type)
{
    static const struct {
        uint32_t type;
        const char *name;
    } names[] = {
        {0x01, "FILE_DEVICE_BEEP"},
        {0x02, "FILE_DEVICE_CD_ROM"},
        {0x07, "FILE_DEVICE_DISK"},
        {0x08, "FILE_DEVICE_DISK_FILE_SYSTEM"},
        {0x09, "FILE_DEVICE_FILE_SYSTEM"},
        {0x0B, "FILE_DEVICE_KEYBOARD"},
        {0x0F, "FILE_DEVICE_MOUSE"},
        {0x11, "FILE_DEVICE_NAMED_PIPE"},
        {0x12, "FILE_DEVICE_NETWORK"},
        {0x15, "FILE_DEVICE_NULL"},
        {0x1B, "FILE_DEVICE_SERIAL_PORT"},
        {0x22, "FILE_DEVICE_UNKNOWN"},
        {0x23, "FILE_DEVICE_VIDEO"},
        {0x24, "FILE_DEVICE_VIRTUAL_DISK"},
        {0x29, "FILE_DEVICE_8042_PORT"},
        {0x2D, "FILE_DEVICE_MASS_STORAGE"},
        {0x2F, "FILE_DEVICE_KS"},
        {0x32, "FILE_DEVICE_ACPI"},
        {0x39, "FILE_DEVICE_KSEC"},
        {0x50, "FILE_DEVICE_CONSOLE"},
        {0x56, "MOUNTDEVCONTROLTYPE_VOLUME"},
        {0x6D, "MOUNTMGRCONTROLTYPE"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type)
            return names[i].name;
    return NULL;
}

const char *host_trace_method(uint32_t code)
{
    static const char *const names[] = {"METHOD_BUFFERED", "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT",
                                        "METHOD_NEITHER"};

    return names[code & 3];
}

const char *host_trace_access(uint32_t code)
{
    static const char *const names[] = {"FILE_ANY_ACCESS", "FILE_READ_ACCESS", "FILE_WRITE_ACCESS",
                                        "FILE_READ_ACCESS | FILE_WRITE_ACCESS"};

    return names[code >> 14 & 3];
}
