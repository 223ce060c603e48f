/*
 * Thunks of lock routines are all alike: tell the verifier, call the routine, tell the verifier.
 * `parameters` is the parameter list in parentheses, in which the lock is called `lock`;
 * `arguments` passes the same on; `check` is an expression that may use `call`.
 */
#ifndef RINGSIDE_VF_LOCK_THUNK_H
#define RINGSIDE_VF_LOCK_THUNK_H

#include "vf/lock.h"
#include "vf/thunk.h"

static inline struct vf_lock_call vf_lock_call(const void *lock, enum vf_lock_kind kind,
                                               ULONG flags, const void *caller)
{
    return (struct vf_lock_call){
        .lock = lock, .kind = kind, .flags = flags, .caller = (ULONG64)caller};
}

#define VF_LOCK_CALL(kind, flags)                                                                  \
    struct vf_lock_call call = vf_lock_call((const void *)lock, kind, flags, _ReturnAddress())

/* Waits until it has the lock. */
#define VF_LOCK_ACQUIRE(export, original, kind, flags, parameters, arguments, check)               \
    static void export##_thunk parameters                                                          \
    {                                                                                              \
        VF_LOCK_CALL(kind, flags);                                                                 \
        check;                                                                                     \
        vf_lock_before(&call);                                                                     \
        original arguments;                                                                        \
        vf_lock_acquired(&call);                                                                   \
    }                                                                                              \
    VF_THUNK(export, export##_thunk)

/* The same, and returns the IRQL before. */
#define VF_LOCK_ACQUIRE_RAISING(export, original, kind, flags, parameters, arguments, check)       \
    static KIRQL export##_thunk parameters                                                         \
    {                                                                                              \
        VF_LOCK_CALL(kind, flags);                                                                 \
        KIRQL irql;                                                                                \
                                                                                                   \
        check;                                                                                     \
        vf_lock_before(&call);                                                                     \
        irql = original arguments;                                                                 \
        vf_lock_acquired(&call);                                                                   \
        return irql;                                                                               \
    }                                                                                              \
    VF_THUNK(export, export##_thunk)

/* May fail. `flags` has VF_LOCK_TRY when it never waits. */
#define VF_LOCK_TRY_ACQUIRE(export, original, kind, flags, parameters, arguments, check)           \
    static BOOLEAN export##_thunk parameters                                                       \
    {                                                                                              \
        VF_LOCK_CALL(kind, flags);                                                                 \
        BOOLEAN acquired;                                                                          \
                                                                                                   \
        check;                                                                                     \
        vf_lock_before(&call);                                                                     \
        acquired = original arguments;                                                             \
        if (acquired)                                                                              \
            vf_lock_acquired(&call);                                                               \
        return acquired;                                                                           \
    }                                                                                              \
    VF_THUNK(export, export##_thunk)

#define VF_LOCK_RELEASE(export, original, kind, parameters, arguments, is_free)                    \
    static void export##_thunk parameters                                                          \
    {                                                                                              \
        VF_LOCK_CALL(kind, 0);                                                                     \
        vf_lock_release(&call, is_free);                                                           \
        original arguments;                                                                        \
    }                                                                                              \
    VF_THUNK(export, export##_thunk)

#endif
