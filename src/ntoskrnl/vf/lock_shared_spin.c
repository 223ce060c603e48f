/*
 * Reader-writer spin locks (EX_SPIN_LOCK): thunks of the routines that acquire and release them.
 */
#include "vf/irql.h"
#include "vf/lock_thunk.h"

/* Exports of ex/spinlock.c. */
KIRQL vf_exclusive(volatile LONG *) VF_EXPORT(ExAcquireSpinLockExclusive);
KIRQL vf_shared(volatile LONG *) VF_EXPORT(ExAcquireSpinLockShared);
void vf_exclusive_at_dpc(volatile LONG *) VF_EXPORT(ExAcquireSpinLockExclusiveAtDpcLevel);
void vf_shared_at_dpc(volatile LONG *) VF_EXPORT(ExAcquireSpinLockSharedAtDpcLevel);
BOOLEAN vf_try_exclusive(volatile LONG *) VF_EXPORT(ExTryAcquireSpinLockExclusiveAtDpcLevel);
BOOLEAN vf_try_shared(volatile LONG *) VF_EXPORT(ExTryAcquireSpinLockSharedAtDpcLevel);
void vf_release_exclusive(volatile LONG *, KIRQL) VF_EXPORT(ExReleaseSpinLockExclusive);
void vf_release_shared(volatile LONG *, KIRQL) VF_EXPORT(ExReleaseSpinLockShared);
void vf_exclusive_from_dpc(volatile LONG *) VF_EXPORT(ExReleaseSpinLockExclusiveFromDpcLevel);
void vf_shared_from_dpc(volatile LONG *) VF_EXPORT(ExReleaseSpinLockSharedFromDpcLevel);

#define LOCK (volatile LONG * lock)
#define LOCK_AND_IRQL (volatile LONG * lock, KIRQL irql)

VF_LOCK_ACQUIRE_RAISING(ExAcquireSpinLockExclusive, vf_exclusive, VF_LOCK_SHARED_SPIN, 0, LOCK,
                        (lock), );
VF_LOCK_ACQUIRE_RAISING(ExAcquireSpinLockShared, vf_shared, VF_LOCK_SHARED_SPIN, VF_LOCK_SHARED,
                        LOCK, (lock), );
VF_LOCK_ACQUIRE(ExAcquireSpinLockExclusiveAtDpcLevel, vf_exclusive_at_dpc, VF_LOCK_SHARED_SPIN, 0,
                LOCK, (lock), vf_irql_check_dispatch("ExAcquireSpinLockExclusiveAtDpcLevel"));
VF_LOCK_ACQUIRE(ExAcquireSpinLockSharedAtDpcLevel, vf_shared_at_dpc, VF_LOCK_SHARED_SPIN,
                VF_LOCK_SHARED, LOCK, (lock),
                vf_irql_check_dispatch("ExAcquireSpinLockSharedAtDpcLevel"));
VF_LOCK_TRY_ACQUIRE(ExTryAcquireSpinLockExclusiveAtDpcLevel, vf_try_exclusive, VF_LOCK_SHARED_SPIN,
                    VF_LOCK_TRY, LOCK, (lock),
                    vf_irql_check_dispatch("ExTryAcquireSpinLockExclusiveAtDpcLevel"));
VF_LOCK_TRY_ACQUIRE(ExTryAcquireSpinLockSharedAtDpcLevel, vf_try_shared, VF_LOCK_SHARED_SPIN,
                    VF_LOCK_TRY | VF_LOCK_SHARED, LOCK, (lock),
                    vf_irql_check_dispatch("ExTryAcquireSpinLockSharedAtDpcLevel"));
VF_LOCK_RELEASE(ExReleaseSpinLockExclusive, vf_release_exclusive, VF_LOCK_SHARED_SPIN,
                LOCK_AND_IRQL, (lock, irql), *lock == 0);
VF_LOCK_RELEASE(ExReleaseSpinLockShared, vf_release_shared, VF_LOCK_SHARED_SPIN, LOCK_AND_IRQL,
                (lock, irql), *lock == 0);
VF_LOCK_RELEASE(ExReleaseSpinLockExclusiveFromDpcLevel, vf_exclusive_from_dpc, VF_LOCK_SHARED_SPIN,
                LOCK, (lock), *lock == 0);
VF_LOCK_RELEASE(ExReleaseSpinLockSharedFromDpcLevel, vf_shared_from_dpc, VF_LOCK_SHARED_SPIN, LOCK,
                (lock), *lock == 0);
