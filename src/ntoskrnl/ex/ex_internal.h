/* What the files of ex share. All mutable state of ex is in struct ex_state. */
#ifndef RINGSIDE_EX_INTERNAL_H
#define RINGSIDE_EX_INTERNAL_H

#include "ex/ex.h"
#include "mm/mm.h"

#define EX_TAG_WAIT MM_POOL_TAG('W', 'a', 'i', 't')
#define EX_TAG_CALLBACK MM_POOL_TAG('C', 'b', 'R', 'g')
#define EX_TAG_RESOURCE MM_POOL_TAG('R', 'e', 'T', 'a')
#define EX_TAG_TIMER MM_POOL_TAG('T', 'i', 'm', 'r')
#define EX_TAG_INFORMATION MM_POOL_TAG('I', 'n', 'f', 'o')
#define EX_TAG_RUNDOWN MM_POOL_TAG('E', 'x', 'R', 'd')
#define EX_TAG_STRING MM_POOL_TAG('S', 't', 'r', 'g')

#define EX_OBJECT_QUERY_STATE 0x0001 /* …_QUERY_STATE of all the object types here */
#define EX_OBJECT_MODIFY_STATE 0x0002

/* One queue of work items and the threads that serve it. */
struct ex_work_queue {
    KQUEUE queue;
    KPRIORITY priority; /* of its threads */
    ULONG threads;
    ULONG idle; /* threads that wait for an item */
};

struct ex_state {
    struct ex_work_queue work[MaximumWorkQueue];
    POBJECT_TYPE mutant_type, timer_type, keyed_event_type, callback_type;
    PVOID default_keyed_event;    /* what a NULL handle means */
    LIST_ENTRY alert_waiters;     /* struct alert_wait: NtWaitForAlertByThreadId */
    LIST_ENTRY push_lock_waiters; /* struct push_lock_wait */
    ULONG64 next_luid;
    ULONG timer_resolution_requests;
    ULONG uuid_sequence;
    ULONG64 uuid_time;
    UCHAR uuid_node[6];
};
extern struct ex_state ex;

/* What drivers know as *ExEventObjectType and *ExSemaphoreObjectType. */
extern POBJECT_TYPE ex_event_type, ex_semaphore_type;

/* service.c: enter a new object into the namespace and tell the caller its handle. */
NTSTATUS ex_object_publish(PVOID object, ACCESS_MASK access, PHANDLE handle, KPROCESSOR_MODE mode);
/* Open by name for a system service. */
NTSTATUS ex_object_open(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                        POBJECT_TYPE type);
/* A fixed-size answer: checks the length, copies and tells the length. */
NTSTATUS ex_answer(PVOID buffer, ULONG length, PULONG return_length, const void *answer, ULONG size,
                   KPROCESSOR_MODE mode);
/* Wait time-outs come from the caller's memory. *timeout points at `storage`, or is NULL. */
NTSTATUS ex_capture_timeout(PLARGE_INTEGER *timeout, PLARGE_INTEGER storage, PLARGE_INTEGER source,
                            KPROCESSOR_MODE mode);

/* The ends of regions in which kernel APCs are held up; what became pending is delivered. */
static inline void ex_leave_critical_region(void)
{
    PKTHREAD thread = ke_current_thread();

    if (++thread->KernelApcDisable == 0 && thread->ApcState.KernelApcPending &&
        ke_irql() == PASSIVE_LEVEL)
        ke_lower_irql(PASSIVE_LEVEL);
}

static inline void ex_leave_guarded_region(void)
{
    PKTHREAD thread = ke_current_thread();

    if (++thread->SpecialApcDisable == 0 && thread->ApcState.KernelApcPending &&
        ke_irql() == PASSIVE_LEVEL)
        ke_lower_irql(PASSIVE_LEVEL);
}

/* ke/apc.c; missing in the DDK headers. */
BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC apc);

/* Boot of the single files. */
void ex_work_initialize(void);
void ex_keyed_event_initialize(void);
void ex_callback_initialize(void);
void ex_mutant_delete(PVOID object);
void ex_timer_delete(PVOID object);
void ex_callback_delete(PVOID object);

#endif
