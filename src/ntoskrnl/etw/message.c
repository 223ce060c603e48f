/*
 * The interface of WPP software tracing: messages that are a GUID, a number and arguments, written
 * to a logger whose handle the driver got when its provider was enabled.
 */
#include "etw/etw_internal.h"

#define TRACE_MESSAGE_MAXIMUM 0x10000 /* bytes: TRACE_MESSAGE_MAXIMUM_SIZE of evntrace.h */

NTSTATUS __cdecl WmiTraceMessage(TRACEHANDLE logger, ULONG flags, LPGUID guid, ULONG number, ...);
NTSTATUS NTAPI WmiTraceMessageVa(TRACEHANDLE logger, ULONG flags, LPGUID guid, USHORT number,
                                 va_list arguments);

static struct etw_enable_context logger_of(TRACEHANDLE handle)
{
    struct etw_enable_context logger;

    RtlCopyMemory(&logger, &handle, sizeof(logger));
    return logger;
}

static NTSTATUS check_logger(TRACEHANDLE handle)
{
    return etw_enabled() && logger_of(handle).logger == ETW_SESSION_ID ? STATUS_SUCCESS
                                                                       : STATUS_INVALID_HANDLE;
}

static NTSTATUS write_message(TRACEHANDLE logger, LPGUID guid, USHORT number, va_list arguments)
{
    static const GUID none;
    EVENT_DESCRIPTOR descriptor = {.Id = number, .Level = logger_of(logger).level};
    EVENT_DATA_DESCRIPTOR data[MAX_EVENT_DATA_DESCRIPTORS];
    struct kd_trace_etw event = {
        .provider = guid ? guid : &none, .descriptor = &descriptor, .name = "", .data = data};
    NTSTATUS status = check_logger(logger);
    SIZE_T bytes = 0;

    if (!NT_SUCCESS(status))
        return status;
    while (event.count < MAX_EVENT_DATA_DESCRIPTORS) {
        const void *address = va_arg(arguments, const void *);
        SIZE_T size;

        if (!address)
            break;
        size = va_arg(arguments, SIZE_T);
        bytes += size;
        if (size > TRACE_MESSAGE_MAXIMUM || bytes > TRACE_MESSAGE_MAXIMUM)
            return STATUS_BUFFER_OVERFLOW;
        data[event.count++] =
            (EVENT_DATA_DESCRIPTOR){.Ptr = (ULONGLONG)address, .Size = (ULONG)size};
    }
    KD_TRACE(etw(&event));
    return STATUS_SUCCESS;
}

/*
 * Write a message.
 * @param logger  handle from the provider's callback, or WmiQueryTraceInformation
 * @param flags   TRACE_MESSAGE_…: which headers a log file would have; the trace has them all
 * @param guid    of the message's source file; NULL = none
 * @param number  of the message in it: 16 bits, the rest of its register is arbitrary
 * @param ...     pairs of address and size, SIZE_T bytes, of the arguments; a NULL address ends
 * them IRQL: any. Returns STATUS_SUCCESS, STATUS_INVALID_HANDLE when the logger does not run, or
 * STATUS_BUFFER_OVERFLOW for more than 64 KiB.
 * Source: Windows driver documentation, WmiTraceMessage.
 */
NTSTATUS __cdecl WmiTraceMessage(TRACEHANDLE logger, ULONG flags, LPGUID guid, ULONG number, ...)
{
    va_list arguments;
    NTSTATUS status;

    (void)flags;
    va_start(arguments, number);
    status = write_message(logger, guid, (USHORT)number, arguments);
    va_end(arguments);
    return status;
}
NT_EXPORT(WmiTraceMessage, HIGH_LEVEL, "qupu.");

/* As WmiTraceMessage. Source: Windows driver documentation, WmiTraceMessageVa. */
NTSTATUS NTAPI WmiTraceMessageVa(TRACEHANDLE logger, ULONG flags, LPGUID guid, USHORT number,
                                 va_list arguments)
{
    (void)flags;
    return write_message(logger, guid, number, arguments);
}
NT_EXPORT(WmiTraceMessageVa, HIGH_LEVEL, "qupup");

static NTSTATUS reply(PVOID to, ULONG length, PULONG required, const void *from, ULONG size)
{
    if (required)
        *required = size;
    if (length < size)
        return STATUS_BUFFER_TOO_SMALL;
    if (!to)
        return STATUS_INVALID_PARAMETER;
    RtlCopyMemory(to, from, size);
    return STATUS_SUCCESS;
}

/* WNODE_HEADER.HistoricalContext: where the request to enable events has the logger's handle. */
#define WNODE_LOGGER_OFFSET 8

/*
 * Facts about a logger.
 * @param class     TraceIdClass … TraceEnableLevelClass of the logger in `buffer`;
 *                  GlobalLoggerHandleClass, EventLoggerHandleClass and AllLoggerHandlesClass of the
 *                  machine
 * @param length    of `information`, bytes
 * @param required  receives the bytes needed; or NULL
 * @param buffer    the WNODE_HEADER that enabled the provider
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER
 * without a buffer, STATUS_NOT_FOUND for a logger that does not run, STATUS_INVALID_PARAMETER_1
 * for another class.
 * Source: Windows driver documentation, WmiQueryTraceInformation.
 */
NTSTATUS NTAPI WmiQueryTraceInformation(TRACE_INFORMATION_CLASS class, PVOID information,
                                        ULONG length, PULONG required, PVOID buffer)
{
    struct etw_enable_context logger = etw_session();
    ULONG level;

    if (class <= TraceEnableLevelClass) {
        if (!buffer)
            return STATUS_INVALID_PARAMETER;
        RtlCopyMemory(&logger, (UCHAR *)buffer + WNODE_LOGGER_OFFSET, sizeof(logger));
    }
    level = logger.level;
    switch (class) {
    case TraceIdClass: {
        ULONG id = logger.logger;

        return reply(information, length, required, &id, sizeof(id));
    }
    case TraceHandleClass:
        return reply(information, length, required, &logger, sizeof(logger));
    case TraceEnableFlagsClass:
        return reply(information, length, required, &logger.flags, sizeof(logger.flags));
    case TraceEnableLevelClass:
        return reply(information, length, required, &level, sizeof(level));
    case GlobalLoggerHandleClass:
    case TraceHandleByNameClass:
        return STATUS_NOT_FOUND;
    case EventLoggerHandleClass:
    case AllLoggerHandlesClass:
        return etw_enabled() ? reply(information, length, required, &logger, sizeof(logger))
                             : STATUS_NOT_FOUND;
    default:
        return STATUS_INVALID_PARAMETER_1;
    }
}
NT_EXPORT(WmiQueryTraceInformation, PASSIVE_LEVEL, "upupp");
