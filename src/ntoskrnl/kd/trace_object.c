/*
 * Objects, handles, processes, threads and images in the trace.
 */
#include "kd/trace_internal.h"
#include "ob/ob.h"
#include "ps/ps.h"

ULONG kd_trace_name(PVOID object)
{
    static struct {
        OBJECT_NAME_INFORMATION information;
        WCHAR text[TRACE_TEXT_LIMIT];
    } answer;
    ULONG needed;

    if (!NT_SUCCESS(ObQueryNameString(object, &answer.information, sizeof(answer), &needed)))
        return 0;
    return kd_trace_text_of(&answer.information.Name);
}

/* The first objects of the boot are made before the types that they have. */
static ULONG add_type(PVOID object)
{
    POBJECT_TYPE type = ob_type_of(object);

    return type ? kd_trace_text_of(ob_type_name(type)) : 0;
}

/* At its creation an object has no name yet; at its end it is no longer in a directory. */
static void trace_object(enum trace_type type, PVOID object)
{
    struct trace_object *event = kd_trace_begin(type, sizeof(*event));

    event->object = (ULONG64)object;
    event->type_size = add_type(object);
    kd_trace_text_of(ob_name_of(object));
    kd_trace_end();
}

void kd_trace_object_create(PVOID object)
{
    trace_object(TRACE_OBJECT_CREATE, object);
}

void kd_trace_object_delete(PVOID object)
{
    trace_object(TRACE_OBJECT_DELETE, object);
}

static void trace_handle(enum trace_type type, PEPROCESS owner, HANDLE handle, PVOID object,
                         ACCESS_MASK access)
{
    struct trace_handle *event = kd_trace_begin(type, sizeof(*event));

    event->handle = (ULONG64)handle;
    event->object = (ULONG64)object;
    event->access = access;
    event->owner = (ULONG)(ULONG_PTR)owner->UniqueProcessId;
    event->type_size = add_type(object);
    kd_trace_name(object);
    kd_trace_end();
}

void kd_trace_handle_open(PEPROCESS owner, HANDLE handle, PVOID object, ACCESS_MASK access)
{
    trace_handle(TRACE_HANDLE_OPEN, owner, handle, object, access);
}

void kd_trace_handle_close(PEPROCESS owner, HANDLE handle, PVOID object, ACCESS_MASK access)
{
    trace_handle(TRACE_HANDLE_CLOSE, owner, handle, object, access);
}

static void trace_thread(enum trace_type type, PETHREAD thread)
{
    struct trace_thread *event = kd_trace_begin(type, sizeof(*event));

    event->process = (ULONG)(ULONG_PTR)thread->Cid.UniqueProcess;
    event->thread = (ULONG)(ULONG_PTR)thread->Cid.UniqueThread;
    event->start = thread->UserStart ? thread->UserStart : (ULONG64)thread->StartAddress;
    event->status = (ULONG)thread->ExitStatus;
    event->priority = (ULONG)*ke_priority_of(&thread->Tcb);
    kd_trace_end();
}

void kd_trace_thread_create(PETHREAD thread)
{
    trace_thread(TRACE_THREAD_CREATE, thread);
}

void kd_trace_thread_exit(PETHREAD thread)
{
    trace_thread(TRACE_THREAD_EXIT, thread);
}

void kd_trace_thread_switch(PKTHREAD from, PKTHREAD to)
{
    struct trace_switch *event = kd_trace_begin(TRACE_THREAD_SWITCH, sizeof(*event));
    PETHREAD thread = (PETHREAD)to;

    event->process = (ULONG)(ULONG_PTR)thread->Cid.UniqueProcess;
    event->thread = (ULONG)(ULONG_PTR)thread->Cid.UniqueThread;
    event->priority = (ULONG)*ke_priority_of(to);
    event->state = from->State;
    event->wait_reason = from->State == KE_THREAD_WAITING ? from->WaitReason + 1u : 0;
    kd_trace_end();
}

static void trace_process(enum trace_type type, PEPROCESS process)
{
    struct trace_process *event = kd_trace_begin(type, sizeof(*event));

    event->process = (ULONG)(ULONG_PTR)process->UniqueProcessId;
    event->parent = (ULONG)(ULONG_PTR)process->InheritedFromUniqueProcessId;
    event->status = (ULONG)process->ExitStatus;
    kd_trace_text_of(&process->ImagePath);
    kd_trace_end();
}

void kd_trace_process_create(PEPROCESS process)
{
    trace_process(TRACE_PROCESS_CREATE, process);
}

void kd_trace_process_exit(PEPROCESS process)
{
    trace_process(TRACE_PROCESS_EXIT, process);
}

void kd_trace_image_load(const struct machine_image *image)
{
    struct trace_image *event = kd_trace_begin(TRACE_IMAGE_LOAD, sizeof(*event));

    event->base = image->base;
    event->size = image->size;
    event->timestamp = image->timestamp;
    event->checksum = image->checksum;
    event->process = image->process;
    kd_trace_text(image->path, strlen(image->path));
    kd_trace_end();
}

void kd_trace_image_unload(ULONG64 base, ULONG64 size, PCUNICODE_STRING path)
{
    struct trace_image *event = kd_trace_begin(TRACE_IMAGE_UNLOAD, sizeof(*event));

    event->base = base;
    event->size = size;
    kd_trace_text_of(path);
    kd_trace_end();
    kd_trace_flush();
}
