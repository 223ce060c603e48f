/*
 * The routine in the places of a virtual table that a C++ class leaves open.
 */
#include "nt.h"

void _purecall(void);

/* A pure virtual function was called: STATUS_NOT_IMPLEMENTED is raised. IRQL: any. */
void _purecall(void)
{
    ExRaiseStatus(STATUS_NOT_IMPLEMENTED);
}
NT_EXPORT(_purecall, HIGH_LEVEL, "");
