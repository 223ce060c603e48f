/*
 * The trace's buffer, and the events that consist of numbers.
 *
 * Records gather in `trace.buffer`, which goes to the host when it is full, after each request of
 * the C API, before an image goes away, and when the machine stops. One thread runs at a time and
 * nothing here waits, so there is no lock; a trap of the watchdog in the middle of a record can
 * only stop the machine.
 */
#include "kd/trace_internal.h"
#include "io/io.h"
#include "mm/mm.h"
#include "ps/ps.h"

#define BUFFER_BYTES 0x10000
/* The longest record: header and payload, text, two buffers of a request. */
#define RECORD_LIMIT (512 + TRACE_TEXT_LIMIT + 2 * TRACE_BUFFER_LIMIT)

UCHAR kd_tracing;

static struct {
    ULONG64 sequence;
    ULONG used;                  /* bytes of finished records */
    struct trace_header *record; /* the one being built */
    UCHAR buffer[BUFFER_BYTES] __attribute__((aligned(8)));
} trace;

void kd_trace_initialize(void)
{
    kd_tracing = ke_parameters.trace == MACHINE_TRACE_ON;
}

void kd_trace_switch(BOOLEAN on)
{
    kd_trace_flush();
    kd_tracing = on && ke_parameters.trace != MACHINE_TRACE_OFF;
}

void kd_trace_flush(void)
{
    if (trace.used)
        ke_machine->trace_write(trace.buffer, trace.used);
    trace.used = 0;
}

/* ---- one record ---- */

void *kd_trace_begin(enum trace_type type, ULONG payload_size)
{
    PETHREAD thread = ps_current_thread();
    struct trace_header *record;

    if (trace.used + RECORD_LIMIT > BUFFER_BYTES)
        kd_trace_flush();
    record = trace.record = (struct trace_header *)(trace.buffer + trace.used);
    RtlZeroMemory(record, sizeof(*record) + payload_size);
    record->time = ke_interrupt_time();
    if (thread->Tcb.Process) { /* the boot thread belongs to none, and is no more than a KTHREAD */
        record->process = (ULONG)(ULONG_PTR)thread->Cid.UniqueProcess;
        record->thread = (ULONG)(ULONG_PTR)thread->Cid.UniqueThread;
    }
    record->type = (USHORT)type;
    record->irql = ke_irql();
    record->processor = (UCHAR)ke_prcb()->Number;
    record->payload_size = payload_size;
    kd_tracing = FALSE; /* what it takes to make the record is no event: a key's name needs pool */
    return record + 1;
}

static UCHAR *end_of_record(void)
{
    struct trace_header *record = trace.record;

    return (UCHAR *)(record + 1) + record->payload_size + record->text_size + record->data_size;
}

ULONG kd_trace_text(const char *text, SIZE_T size)
{
    SIZE_T room = TRACE_TEXT_LIMIT - trace.record->text_size;
    ULONG added = (ULONG)(size < room ? size : room);

    RtlCopyMemory(end_of_record(), text, added);
    trace.record->text_size += added;
    return added;
}

ULONG kd_trace_text_of(PCUNICODE_STRING text)
{
    static char utf8[TRACE_TEXT_LIMIT];

    kd_to_utf8(text, utf8, sizeof(utf8));
    return kd_trace_text(utf8, strlen(utf8));
}

ULONG kd_trace_data(const void *data, ULONG size)
{
    ULONG room = 2 * TRACE_BUFFER_LIMIT - trace.record->data_size;

    if (size > room)
        size = room;
    RtlCopyMemory(end_of_record(), data, size);
    trace.record->data_size += size;
    return size;
}

void kd_trace_end(void)
{
    ULONG size = (ULONG)(end_of_record() - (UCHAR *)trace.record);
    ULONG rounded = (size + 7) & ~7u;

    RtlZeroMemory((UCHAR *)trace.record + size, rounded - size);
    trace.record->size = rounded;
    trace.record->sequence = ++trace.sequence;
    trace.used += rounded;
    kd_tracing = TRUE;
}

/* ---- the machine's memory, read through the direct map ---- */

ULONG kd_trace_peek(ULONG64 address, void *to, ULONG size)
{
    ULONG done = 0;

    while (done < size) {
        ULONG64 at = address + done;
        ULONG offset = (ULONG)(at & (PAGE_SIZE - 1));
        ULONG piece = PAGE_SIZE - offset < size - done ? PAGE_SIZE - offset : size - done;
        ULONG64 frame = mm_frame_of(at);

        if (frame >= ke_parameters.memory_pages) /* not mapped, or not memory */
            break;
        RtlCopyMemory((UCHAR *)to + done, (UCHAR *)mm_direct(frame) + offset, piece);
        done += piece;
    }
    return done;
}

ULONG kd_trace_memory(ULONG64 address, ULONG size)
{
    ULONG copied;

    if (size > TRACE_BUFFER_LIMIT)
        size = TRACE_BUFFER_LIMIT;
    copied = kd_trace_peek(address, end_of_record(), size);
    trace.record->data_size += copied;
    return copied;
}

ULONG kd_trace_mdl(const MDL *mdl, ULONG size)
{
    ULONG64 next = (ULONG64)(mdl + 1);
    ULONG offset, added = 0;
    PFN_NUMBER page;
    MDL head;

    if (kd_trace_peek((ULONG64)mdl, &head, sizeof(head)) != sizeof(head) ||
        !(head.MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)))
        return 0;
    size = min(size, min(head.ByteCount, TRACE_BUFFER_LIMIT));
    offset = head.ByteOffset & (PAGE_SIZE - 1);
    while (added < size && kd_trace_peek(next, &page, sizeof(page)) == sizeof(page) &&
           page < ke_parameters.memory_pages) {
        added +=
            kd_trace_data((UCHAR *)mm_direct(page) + offset, min(PAGE_SIZE - offset, size - added));
        offset = 0;
        next += sizeof(page);
    }
    return added;
}

/* ---- events ---- */

void kd_trace_debug_print(ULONG component, ULONG level, const char *text, SIZE_T size)
{
    struct trace_debug_print *event = kd_trace_begin(TRACE_DEBUG_PRINT, sizeof(*event));

    event->component = component;
    event->level = level;
    kd_trace_text(text, size);
    kd_trace_end();
}

static void trace_pool(enum trace_type type, ULONG64 address, SIZE_T bytes, ULONG tag, ULONG pool)
{
    struct trace_pool *event = kd_trace_begin(type, sizeof(*event));

    event->address = address;
    event->size = bytes;
    event->tag = tag;
    event->paged = pool & PagedPool;
    kd_trace_end();
}

void kd_trace_pool_allocate(PVOID block, SIZE_T bytes, ULONG tag, ULONG type)
{
    trace_pool(TRACE_POOL_ALLOCATE, (ULONG64)block, bytes, tag, type);
}

void kd_trace_pool_free(ULONG64 address, SIZE_T bytes, ULONG tag, ULONG type)
{
    trace_pool(TRACE_POOL_FREE, address, bytes, tag, type);
}

static void trace_lock(enum trace_type type, PVOID lock, enum trace_lock_kind kind)
{
    struct trace_lock *event = kd_trace_begin(type, sizeof(*event));

    event->lock = (ULONG64)lock;
    event->kind = kind;
    kd_trace_end();
}

void kd_trace_lock_acquire(PVOID lock, enum trace_lock_kind kind)
{
    trace_lock(TRACE_LOCK_ACQUIRE, lock, kind);
}

void kd_trace_lock_release(PVOID lock, enum trace_lock_kind kind)
{
    trace_lock(TRACE_LOCK_RELEASE, lock, kind);
}

static void trace_irql(enum trace_type type, KIRQL from, KIRQL to)
{
    struct trace_irql *event = kd_trace_begin(type, sizeof(*event));

    event->from = from;
    event->to = to;
    kd_trace_end();
}

void kd_trace_irql_raise(KIRQL from, KIRQL to)
{
    trace_irql(TRACE_IRQL_RAISE, from, to);
}

void kd_trace_irql_lower(KIRQL from, KIRQL to)
{
    trace_irql(TRACE_IRQL_LOWER, from, to);
}

static void trace_dpc(enum trace_type type, const KDPC *dpc)
{
    struct trace_dpc *event = kd_trace_begin(type, sizeof(*event));

    event->dpc = (ULONG64)dpc;
    event->routine = (ULONG64)dpc->DeferredRoutine;
    event->context = (ULONG64)dpc->DeferredContext;
    event->arguments[0] = (ULONG64)dpc->SystemArgument1;
    event->arguments[1] = (ULONG64)dpc->SystemArgument2;
    kd_trace_end();
}

void kd_trace_dpc_queue(PKDPC dpc)
{
    trace_dpc(TRACE_DPC_QUEUE, dpc);
}

void kd_trace_dpc_run(PKDPC dpc)
{
    trace_dpc(TRACE_DPC_RUN, dpc);
}

static void trace_timer(enum trace_type type, const KTIMER *timer)
{
    struct trace_timer *event = kd_trace_begin(type, sizeof(*event));

    event->timer = (ULONG64)timer;
    event->due = timer->DueTime.QuadPart;
    event->dpc = (ULONG64)timer->Dpc;
    event->period = timer->Period;
    kd_trace_end();
}

void kd_trace_timer_set(PKTIMER timer)
{
    trace_timer(TRACE_TIMER_SET, timer);
}

void kd_trace_timer_expire(PKTIMER timer)
{
    trace_timer(TRACE_TIMER_EXPIRE, timer);
}

void kd_trace_exception(const EXCEPTION_RECORD *record, BOOLEAN user)
{
    struct trace_exception *event = kd_trace_begin(TRACE_EXCEPTION, sizeof(*event));

    event->address = (ULONG64)record->ExceptionAddress;
    event->code = (ULONG)record->ExceptionCode;
    event->flags = record->ExceptionFlags;
    event->user = user;
    event->information_count = record->NumberParameters;
    for (ULONG i = 0; i < record->NumberParameters && i < ARRAY_COUNT(event->information); i++)
        event->information[i] = record->ExceptionInformation[i];
    kd_trace_end();
}

void kd_trace_stop(const struct machine_report *report)
{
    struct trace_stop *event = kd_trace_begin(TRACE_STOP, sizeof(*event));

    event->reason = report->reason;
    event->code = report->code;
    for (ULONG i = 0; i < ARRAY_COUNT(event->parameters); i++)
        event->parameters[i] = report->parameters[i];
    event->name_size = kd_trace_text(report->name, strlen(report->name));
    kd_trace_text(report->cause, strlen(report->cause));
    kd_trace_end();
    kd_trace_flush();
}
