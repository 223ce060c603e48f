// rule: RS-MEM-013
/* Calls itself for each level of a tree, with a buffer in each call. */
#include "verify.h"

#ifdef REPAIRED
#define LEVELS 4
#else
#define LEVELS 21
#endif

static __declspec(noinline) ULONG descend(ULONG level)
{
    volatile UCHAR name[1000];

    for (ULONG i = 0; i < sizeof(name); i++)
        name[i] = (UCHAR)(level + 1);
    return level == 0 ? name[0] : descend(level - 1) + name[level];
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    descend(LEVELS - 1);
    return finish(irp, STATUS_SUCCESS, 0);
}
