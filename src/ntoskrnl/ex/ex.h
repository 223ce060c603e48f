/*
 * ex: the executive: events and their kin as objects, waits, work items, resources, lists and
 * lookaside lists for drivers, and what programs ask about the system.
 *
 *   initialize.c   boot, the object types          service.c     arguments of system services
 *   event.c        Event objects                   semaphore.c   Semaphore objects
 *   mutant.c       Mutant objects                  timer.c       Timer objects
 *   wait.c         NtWaitForSingleObject …         alert.c       alerts by thread id
 *   keyed_event.c  keyed events                    callback.c    callback objects
 *   work.c         worker threads and work items   driver_timer.c  ExAllocateTimer …
 *   resource.c     ERESOURCE                       resource_query.c  who has an ERESOURCE
 *   fast_mutex.c   fast and guarded mutexes        push_lock.c   push locks
 *   rundown.c      rundown protection              spinlock.c    reader-writer spin locks
 *   list.c         interlocked lists               slist.c       sequenced lists
 *   lookaside.c    lookaside lists                 lookaside_ex.c  LOOKASIDE_LIST_EX
 *   clock.c        time of day, performance counter  uuid.c      unique identifiers
 *   power.c        NtShutdownSystem …              firmware.c    firmware variables
 *   processor.c    features and versions
 *   system_information*.c  NtQuerySystemInformation
 *
 * Dispatcher objects that drivers embed (KEVENT …) belong to ke. Here they get handles and names.
 */
#ifndef RINGSIDE_EX_H
#define RINGSIDE_EX_H

#include "ob/ob.h"

/* Boot, after ps_initialize: the object types and the worker threads. */
void ex_initialize(void);

/*
 * Arguments of system services, in memory that belongs to the caller. In user mode the address is
 * probed and faults become a status; in kernel mode a bad pointer is the driver's fault and stops
 * the machine like any other. All return STATUS_SUCCESS or the exception's code.
 */
NTSTATUS ex_probe_output(PVOID destination, SIZE_T size, ULONG alignment, KPROCESSOR_MODE mode);
NTSTATUS ex_write_output(PVOID destination, const void *source, SIZE_T size, KPROCESSOR_MODE mode);
NTSTATUS ex_read_input(void *destination, const void *source, SIZE_T size, ULONG alignment,
                       KPROCESSOR_MODE mode);
/* A counted string into paged pool; the caller frees Buffer with ExFreePool. Empty: Buffer NULL. */
NTSTATUS ex_capture_string(PUNICODE_STRING captured, PCUNICODE_STRING source, KPROCESSOR_MODE mode);
/* For diagnosis: a queued work item whose routine lies in a range; NULL = none. */
PWORK_QUEUE_ITEM ex_work_item_of(ULONG64 start, ULONG64 end);
/* A new locally unique identifier. */
ULONG64 ex_allocate_luid(void);

/*
 * The firmware's description of the machine, as RawSMBIOSData: copied if `size` bytes are enough.
 * Returns its size.
 */
ULONG ex_smbios_copy(UCHAR *to, ULONG size);

#endif
