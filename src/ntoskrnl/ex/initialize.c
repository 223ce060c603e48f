/* Boot of ex: the object types, then the worker threads. */
#include "ex/ex_internal.h"
#include "io/completion_port.h"

struct ex_state ex;

POBJECT_TYPE ex_event_type, ex_semaphore_type;
POBJECT_TYPE *ExEventObjectType = &ex_event_type;
POBJECT_TYPE *ExSemaphoreObjectType = &ex_semaphore_type;
NT_EXPORT_DIRECTIVE("ExEventObjectType=ex_event_type,data");
NT_EXPORT_DIRECTIVE("ExSemaphoreObjectType=ex_semaphore_type,data");

#define ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | EX_OBJECT_QUERY_STATE)
#define MAPPING(write)                                                                             \
    {STANDARD_RIGHTS_READ | EX_OBJECT_QUERY_STATE, STANDARD_RIGHTS_WRITE | (write),                \
     STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, ALL_ACCESS | (write)}

/* The first LUIDs are well-known: 0x3E7 SYSTEM, 0x3E5 LOCAL SERVICE, 0x3E4 NETWORK SERVICE … */
#define FIRST_FREE_LUID 0x3E9

static void create_type(PCWSTR name, ACCESS_MASK write, ob_delete_procedure *destroy,
                        POBJECT_TYPE *type)
{
    struct ob_type_info info = {.name = name,
                                .pool = NonPagedPoolNx,
                                .valid_access = ALL_ACCESS | write,
                                .mapping = MAPPING(write),
                                .waitable_offset = 0,
                                .invalid_attributes = OBJ_OPENLINK,
                                .destroy = destroy};

    if (!NT_SUCCESS(ob_type_create(&info, type)))
        kassert(!"the object types of ex");
}

void ex_initialize(void)
{
    ex.next_luid = FIRST_FREE_LUID;
    InitializeListHead(&ex.alert_waiters);
    InitializeListHead(&ex.push_lock_waiters);
    create_type(L"Event", EX_OBJECT_MODIFY_STATE, NULL, &ex_event_type);
    create_type(L"Mutant", 0, ex_mutant_delete, &ex.mutant_type);
    create_type(L"Semaphore", EX_OBJECT_MODIFY_STATE, NULL, &ex_semaphore_type);
    create_type(L"Timer", EX_OBJECT_MODIFY_STATE, ex_timer_delete, &ex.timer_type);
    ex_keyed_event_initialize();
    ex_callback_initialize();
    io_completion_port_initialize();
    ex_work_initialize();
}
