/*
 * Stops the system, and has a bug check callback that faults: the first stop is the one to report.
 */
#include "hostile.h"

static KBUGCHECK_CALLBACK_RECORD record;

static VOID NTAPI called(PVOID buffer, ULONG length)
{
    (void)length;
    *(volatile ULONG *)buffer = 1;
}

static void misbehave(PIRP irp)
{
    PKBUGCHECK_CALLBACK_RECORD callback = &record; /* the macro wants a name */

    (void)irp;
    KeInitializeCallbackRecord(callback);
    KeRegisterBugCheckCallback(callback, called, NULL, 0, (PUCHAR) "hostile");
    KeBugCheckEx(0xE2, 1, 2, 3, 4); /* fault */
}
