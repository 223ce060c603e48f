/*
 * Interrupts: objects that tie service routines to vectors, and their delivery.
 *
 *   interrupt.c          vectors, connection, delivery
 *   interrupt_sync.c     KeSynchronizeExecution and the interrupt spin lock
 *   interrupt_passive.c  service routines that run in a thread at PASSIVE_LEVEL
 *
 * On x64 the upper half of a vector is its IRQL. The vectors of devices are 0x30 … 0xBF, IRQL 3 to
 * 11. io/interrupt.c has the exports that make and connect objects.
 */
#ifndef RINGSIDE_KE_INTERRUPT_H
#define RINGSIDE_KE_INTERRUPT_H

#include "ke/ke.h"

#define KE_FIRST_VECTOR 0x30
#define KE_LAST_VECTOR 0xBF
#define KE_VECTOR_IRQL(vector) ((KIRQL)((vector) >> 4))

/* InternalState of an interrupt object. */
#define KE_INTERRUPT_INACTIVE 0x1 /* IoReportInterruptInactive: its routine is not called */

struct ke_passive_interrupt;

/* Layout of Windows 10 19041 x64 up to ConnectionData; the rest is ours. */
struct _KINTERRUPT {
    SHORT Type; /* InterruptObject */
    SHORT Size;
    LIST_ENTRY InterruptListEntry; /* 0x008: all objects of the vector */
    PKSERVICE_ROUTINE ServiceRoutine;
    PKMESSAGE_SERVICE_ROUTINE MessageServiceRoutine; /* 0x020: NULL = not message-signaled */
    ULONG MessageIndex;
    PVOID ServiceContext; /* 0x030 */
    KSPIN_LOCK SpinLock;
    ULONG TickCount;
    PKSPIN_LOCK ActualLock; /* 0x048: the driver's, or SpinLock */
    PVOID DispatchAddress;
    ULONG Vector; /* 0x058 */
    KIRQL Irql;   /* PASSIVE_LEVEL = the routine runs in a thread */
    KIRQL SynchronizeIrql;
    BOOLEAN FloatingSave;
    BOOLEAN Connected;
    ULONG Number; /* 0x060 */
    BOOLEAN ShareVector;
    CHAR EmulateActiveBoth;
    USHORT ActiveCount;
    LONG InternalState;
    KINTERRUPT_MODE Mode; /* 0x06C */
    KINTERRUPT_POLARITY Polarity;
    ULONG ServiceCount;  /* 0x074: calls of the routine that returned TRUE */
    ULONG DispatchCount; /* 0x078: calls of the routine */
    PKEVENT PassiveEvent;
    PVOID TrapFrame;
    PVOID DisconnectData;
    PKTHREAD ServiceThread;
    PVOID ConnectionData; /* 0x0A0 */
    /* Below here the layout is ours. */
    KAFFINITY Processors;
    struct ke_passive_interrupt *Passive; /* NULL unless Irql is PASSIVE_LEVEL */
};

C_ASSERT(FIELD_OFFSET(struct _KINTERRUPT, ServiceContext) == 0x30);
C_ASSERT(FIELD_OFFSET(struct _KINTERRUPT, ActualLock) == 0x48);
C_ASSERT(FIELD_OFFSET(struct _KINTERRUPT, Vector) == 0x58);
C_ASSERT(FIELD_OFFSET(struct _KINTERRUPT, Mode) == 0x6C);
C_ASSERT(FIELD_OFFSET(struct _KINTERRUPT, ConnectionData) == 0xA0);

/* What to make an interrupt object of. */
struct ke_interrupt_source {
    PKSERVICE_ROUTINE routine; /* one of the two */
    PKMESSAGE_SERVICE_ROUTINE message_routine;
    ULONG message;
    PVOID context;
    PKSPIN_LOCK lock; /* NULL = the object's own */
    ULONG vector;
    KIRQL irql, synchronize_irql;
    KINTERRUPT_MODE mode;
    BOOLEAN shared;
    KAFFINITY processors;
};

/*
 * Make an object and connect it. IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS;
 * STATUS_INVALID_PARAMETER when the source contradicts itself or what is connected to the vector;
 * STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS ke_interrupt_connect(const struct ke_interrupt_source *source, PKINTERRUPT *interrupt);
/* Disconnect and free, after the last call of the routine has returned. IRQL: PASSIVE_LEVEL. */
void ke_interrupt_disconnect(PKINTERRUPT interrupt);
/* Whether the routine is called when the device interrupts. IRQL: <= DISPATCH_LEVEL. */
void ke_interrupt_set_active(PKINTERRUPT interrupt, BOOLEAN active);

/*
 * A device raises an interrupt: its routines run now, or once the IRQL is below that of the vector.
 * IRQL: any. Returns STATUS_SUCCESS when a routine claimed it, STATUS_UNSUCCESSFUL when none did,
 * STATUS_PENDING when it is delivered later, STATUS_NOT_FOUND when nobody has connected the vector
 * (the line is masked, and the interrupt is lost).
 */
NTSTATUS ke_interrupt_raise(ULONG vector);

/* The IRQL of the highest interrupt that waits for the IRQL to fall; 0 = none. */
extern volatile KIRQL ki_interrupt_pending;
/* The IRQL is about to fall to `irql`: deliver what waits above it. Keeps the current IRQL. */
void ke_deliver_interrupts(KIRQL irql);

/* interrupt_sync.c: call the service routine as the processor would, lock held. Returns whether it
 * claimed the interrupt. */
BOOLEAN ki_interrupt_service(PKINTERRUPT interrupt);

/* interrupt_passive.c */
BOOLEAN ki_passive_initialize(PKINTERRUPT interrupt);
void ki_passive_request(PKINTERRUPT interrupt);
void ki_passive_run_down(PKINTERRUPT interrupt);

#endif
