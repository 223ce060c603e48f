/*
 * Which exports have thunks (thunk.h). The linker gathers the rows.
 */
#include "vf/thunk.h"

__attribute__((section(".vfthk$a"), used)) static const struct vf_thunk first_thunk;
__attribute__((section(".vfthk$z"), used)) static const struct vf_thunk last_thunk;

ULONG64 vf_thunk_target(const char *export, ULONG64 target)
{
    if (!vf_on)
        return target;
    for (const struct vf_thunk *thunk = &first_thunk + 1; thunk < &last_thunk; thunk++)
        if (strcmp(thunk->name, export) == 0)
            return (ULONG64)thunk->routine;
    return target;
}
