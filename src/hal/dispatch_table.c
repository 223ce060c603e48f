/*
 * HalDispatchTable: the routines that the hal offers to the kernel by pointer. Drivers find it by
 * name, read the pointers, and some replace them. None of the routines exists here.
 */
#include "hal/hal.h"

#define TABLE_VERSION 4
#define ROUTINES ((sizeof(HAL_DISPATCH) - sizeof(ULONG64)) / sizeof(void *))

static void missing_routine(void)
{
    NOT_IMPLEMENTED("a routine of HalDispatchTable");
}

/* Version in the first eight bytes, then pointers, as HAL_DISPATCH lays them out. */
struct hal_dispatch_table {
    ULONG64 version;
    void (*routines[ROUTINES])(void);
};
C_ASSERT(sizeof(struct hal_dispatch_table) == sizeof(HAL_DISPATCH));

struct hal_dispatch_table hal_dispatch_table = {
    .version = TABLE_VERSION,
    .routines = {[0 ... ROUTINES - 1] = missing_routine},
};
NT_EXPORT_DIRECTIVE("HalDispatchTable=hal_dispatch_table,data");
