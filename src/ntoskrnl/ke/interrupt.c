/*
 * Vectors of devices: what is connected to them, and delivery.
 *
 *   raised ── IRQL < vector's ──▶ routines run (chain) ──▶ done
 *      │                              ▲
 *      └── else: pending ── ke_deliver_interrupts ┘
 *
 * A vector is an edge: raising one that is pending already changes nothing, and an interrupt is
 * delivered once, whatever its device does afterwards. Lines that nobody has connected are masked.
 * Routines run on the stack of the interrupted thread.
 *
 * Invariants: all objects of a chain are connected, agree in mode and IRQL, and share it if there
 * is more than one; ki_interrupt_pending is the IRQL of the highest bit in `pending`.
 */
#include "ke/interrupt.h"
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "vf/owned.h"

#define TAG_INTERRUPT MM_POOL_TAG('I', 'n', 't', 'O')
#define VECTORS (KE_LAST_VECTOR - KE_FIRST_VECTOR + 1)
#define WORD_BITS 64

struct interrupt_state {
    LIST_ENTRY chains[VECTORS]; /* in the order of connection; Flink is NULL before the first */
    ULONG64 pending[(VECTORS + WORD_BITS - 1) / WORD_BITS];
};
static struct interrupt_state state;

volatile KIRQL ki_interrupt_pending;

static BOOLEAN is_device_vector(ULONG vector)
{
    return vector >= KE_FIRST_VECTOR && vector <= KE_LAST_VECTOR;
}

static LIST_ENTRY *chain_of(ULONG vector)
{
    LIST_ENTRY *chain = &state.chains[vector - KE_FIRST_VECTOR];

    if (!chain->Flink)
        InitializeListHead(chain);
    return chain;
}

static inline PKINTERRUPT object_of(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, struct _KINTERRUPT, InterruptListEntry);
}

/* The first object of the chain that is active; NULL = the line is masked. */
static PKINTERRUPT first_active(LIST_ENTRY *chain)
{
    for (LIST_ENTRY *link = chain->Flink; link != chain; link = link->Flink)
        if (!(object_of(link)->InternalState & KE_INTERRUPT_INACTIVE))
            return object_of(link);
    return NULL;
}

/* The highest vector that is pending; 0 = none. */
static ULONG highest_pending(void)
{
    for (ULONG word = ARRAY_COUNT(state.pending); word-- > 0;)
        if (state.pending[word])
            return KE_FIRST_VECTOR + word * WORD_BITS + 63 -
                   (ULONG)__builtin_clzll(state.pending[word]);
    return 0;
}

static void set_pending(ULONG vector, BOOLEAN is_pending)
{
    ULONG index = vector - KE_FIRST_VECTOR;
    ULONG64 bit = 1ull << index % WORD_BITS;

    if (is_pending)
        state.pending[index / WORD_BITS] |= bit;
    else
        state.pending[index / WORD_BITS] &= ~bit;
    ki_interrupt_pending = KE_VECTOR_IRQL(highest_pending());
}

/* ── Delivery ── */

/*
 * Ask the routines of a chain. A level-triggered line goes on interrupting until its device is
 * served, so the first that claims it ends the round. An edge may come from several devices at
 * once: of a shared one all are asked, until a round finds none.
 */
static BOOLEAN service_chain(LIST_ENTRY *chain)
{
    BOOLEAN claimed = FALSE, again;

    do {
        again = FALSE;
        for (LIST_ENTRY *link = chain->Flink; link != chain; link = link->Flink) {
            PKINTERRUPT interrupt = object_of(link);

            if (interrupt->InternalState & KE_INTERRUPT_INACTIVE ||
                !ki_interrupt_service(interrupt))
                continue;
            claimed = TRUE;
            if (interrupt->Mode == LevelSensitive)
                return TRUE;
            again = chain->Flink != chain->Blink;
        }
    } while (again);
    return claimed;
}

/* Run the routines of a vector. Keeps the IRQL, which is below the vector's. */
static BOOLEAN deliver(ULONG vector)
{
    KIRQL old = ke_raise_irql(KE_VECTOR_IRQL(vector));
    BOOLEAN claimed;

    kassert(old < KE_VECTOR_IRQL(vector));
    ke.progress++;
    claimed = service_chain(chain_of(vector));
    ke_pcr()->Irql = old;
    return claimed;
}

void ke_deliver_interrupts(KIRQL irql)
{
    KIRQL old = ke_irql();

    if (!ke_prcb()->InterruptsEnabled)
        return;
    while (ki_interrupt_pending > irql) {
        ULONG vector = highest_pending();

        set_pending(vector, FALSE);
        ke_pcr()->Irql = irql;
        deliver(vector);
    }
    ke_pcr()->Irql = old;
}

static NTSTATUS postpone(ULONG vector)
{
    set_pending(vector, TRUE);
    return STATUS_PENDING;
}

static void request_passive(LIST_ENTRY *chain)
{
    for (LIST_ENTRY *link = chain->Flink; link != chain; link = link->Flink)
        if (!(object_of(link)->InternalState & KE_INTERRUPT_INACTIVE))
            ki_passive_request(object_of(link));
}

NTSTATUS ke_interrupt_raise(ULONG vector)
{
    KIRQL old = ke_irql();
    PKINTERRUPT interrupt;
    BOOLEAN claimed;

    if (!is_device_vector(vector))
        return STATUS_NOT_FOUND;
    interrupt = first_active(chain_of(vector));
    if (!interrupt)
        return STATUS_NOT_FOUND;
    if (interrupt->Passive) {
        request_passive(chain_of(vector));
        return STATUS_PENDING;
    }
    if (old >= interrupt->Irql || !ke_prcb()->InterruptsEnabled)
        return postpone(vector);
    claimed = deliver(vector);
    ke_lower_irql(old); /* what the routines have queued */
    return claimed ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/* ── Connection ── */

static BOOLEAN is_consistent(const struct ke_interrupt_source *source)
{
    if (!is_device_vector(source->vector) || !(source->routine || source->message_routine) ||
        source->synchronize_irql < source->irql || source->synchronize_irql > HIGH_LEVEL ||
        (source->mode != LevelSensitive && source->mode != Latched) ||
        !(source->processors & KeQueryActiveProcessors()))
        return FALSE;
    if (source->irql == PASSIVE_LEVEL)
        return source->synchronize_irql == PASSIVE_LEVEL;
    return source->irql == KE_VECTOR_IRQL(source->vector);
}

static BOOLEAN may_join(const struct ke_interrupt_source *source)
{
    LIST_ENTRY *chain = chain_of(source->vector);
    PKINTERRUPT first = object_of(chain->Flink);

    return IsListEmpty(chain) || (source->shared && first->ShareVector &&
                                  first->Mode == source->mode && first->Irql == source->irql);
}

static PKINTERRUPT make(const struct ke_interrupt_source *source)
{
    PKINTERRUPT interrupt =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*interrupt), TAG_INTERRUPT);

    if (!interrupt)
        return NULL;
    RtlZeroMemory(interrupt, sizeof(*interrupt));
    interrupt->Type = InterruptObject;
    interrupt->Size = sizeof(*interrupt);
    interrupt->ServiceRoutine = source->routine;
    interrupt->MessageServiceRoutine = source->message_routine;
    interrupt->MessageIndex = source->message;
    interrupt->ServiceContext = source->context;
    interrupt->ActualLock = source->lock ? source->lock : &interrupt->SpinLock;
    interrupt->Vector = source->vector;
    interrupt->Irql = source->irql;
    interrupt->SynchronizeIrql = source->synchronize_irql;
    interrupt->ShareVector = source->shared;
    interrupt->Mode = source->mode;
    interrupt->Processors = source->processors & KeQueryActiveProcessors();
    if (source->irql == PASSIVE_LEVEL && !ki_passive_initialize(interrupt)) {
        ExFreePoolWithTag(interrupt, TAG_INTERRUPT);
        return NULL;
    }
    return interrupt;
}

NTSTATUS ke_interrupt_connect(const struct ke_interrupt_source *source, PKINTERRUPT *interrupt)
{
    KIRQL old;

    *interrupt = NULL;
    if (!is_consistent(source) || !may_join(source))
        return STATUS_INVALID_PARAMETER;
    *interrupt = make(source);
    if (!*interrupt)
        return STATUS_INSUFFICIENT_RESOURCES;
    old = ke_raise_irql(HIGH_LEVEL);
    InsertTailList(chain_of(source->vector), &(*interrupt)->InterruptListEntry);
    (*interrupt)->Connected = TRUE;
    ke_lower_irql(old);
    VF(load_kept(VF_INTERRUPT, (ULONG64)*interrupt));
    return STATUS_SUCCESS;
}

void ke_interrupt_disconnect(PKINTERRUPT interrupt)
{
    KIRQL old = ke_raise_irql(HIGH_LEVEL);

    kassert(interrupt->Connected);
    VF(load_given_back(VF_INTERRUPT, (ULONG64)interrupt));
    RemoveEntryList(&interrupt->InterruptListEntry);
    interrupt->Connected = FALSE;
    if (IsListEmpty(chain_of(interrupt->Vector)))
        set_pending(interrupt->Vector, FALSE);
    ke_lower_irql(old);
    if (interrupt->Passive)
        ki_passive_run_down(interrupt);
    ExFreePoolWithTag(interrupt, TAG_INTERRUPT);
}

void ke_interrupt_set_active(PKINTERRUPT interrupt, BOOLEAN active)
{
    if (active)
        interrupt->InternalState &= ~KE_INTERRUPT_INACTIVE;
    else
        interrupt->InternalState |= KE_INTERRUPT_INACTIVE;
}
