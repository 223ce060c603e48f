/* A buffer that is freed when it is there: between the look and the act another thread frees it. */
#include "race.h"

static PVOID volatile buffer;

void race_initialize(void)
{
    buffer = NULL;
}

static PVOID take_buffer(void)
{
#ifdef REPAIRED
    return InterlockedExchangePointer(&buffer, NULL);
#else
    PVOID taken = buffer;

    if (taken != NULL)
        buffer = NULL;
    return taken;
#endif
}

NTSTATUS control(PIRP irp, ULONG code)
{
    PVOID fresh, taken;

    UNREFERENCED_PARAMETER(code);
    fresh = ExAllocatePoolWithTag(NonPagedPool, 64, RACE_TAG);
    taken = take_buffer();
    if (taken != NULL)
        ExFreePoolWithTag(taken, RACE_TAG);
    if (fresh != NULL && InterlockedCompareExchangePointer(&buffer, fresh, NULL) != NULL)
        ExFreePoolWithTag(fresh, RACE_TAG);
    return complete(irp, STATUS_SUCCESS);
}
