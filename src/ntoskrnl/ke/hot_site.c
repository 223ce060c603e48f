/*
 * Hot sites. A privileged instruction faults in a process, and the way through the signal and the
 * emulation takes 2.4 us. One that has done so HOT_TRAPS times becomes a jump to code that has the
 * same effect in a few nanoseconds:
 *
 *     site             landing place           stub
 *     E9 xx xx xx --->  jmp *stub  ----------> movzbl %gs:irql, %eax
 *     (next)   <------------------------------ jmp *next
 *
 *   hot_site.c        counts, writes and undoes the jumps
 *   hot_site_reach.c  where a jump can land that has fewer than five bytes of its own
 *   hot_site_code.c   the stubs
 *
 * What holds at all times:
 * - Only the bytes of the instruction itself change, so no other code can tell, unless it reads the
 *   driver's code as data. ki_hot_site_original has what stood there, for the kernel's own readers.
 * - An address in a stub is never seen outside of this file: traps are moved to the site before
 *   anybody looks at them. A single step that ends in a stub has no effect: it goes on to the end.
 * - Which sites are rewritten, and when, has no effect on time, trace or order of events.
 *
 * While a debugger is there, code is as the driver's file has it: breakpoints and single steps go
 * to what the user sees. The jumps are taken out at the first trap after it came (a watchdog slice
 * at the latest), unless it has already changed one of their bytes.
 *
 * Instructions are left alone that have no template, that lie within fifteen bytes of the end of a
 * page, and for which no landing place is free; they go on trapping. It is tried again after twice
 * as many traps.
 *
 * The bytes behind a site are part of its jump, and may be another site (`mov rax, cr8; mov cr8,
 * rcx`). So before a site changes, the jumps in front of it that reach into it are taken out;
 * afterwards they are made anew, for the bytes that they find then. The stubs stay where they are:
 * another processor may be in the middle of one.
 */
#include "ke/hot_site.h"
#include "machine/instruction.h"
#include "mm/mm.h"

#define HOT_TRAPS 16u
#define SITE_LIMIT 256u
#define COUNTERS 512u
#define PROBES 4u /* places that an address may have in the counters */
#define CHAIN 16u /* sites behind each other */
#define JUMP 0xE9

struct hot_counter {
    ULONG64 address;
    ULONG traps;
    ULONG next; /* number of traps at which it is tried to rewrite the instruction */
};

struct hot_site {
    ULONG64 address; /* 0 = free */
    ULONG64 landings[KI_HOT_LANDINGS];
    UCHAR landing_count; /* 0 = there is no jump */
    UCHAR length;
    USHORT kind;                                        /* enum machine_instruction_kind */
    UCHAR jump[KI_HOT_JUMP_BYTES];                      /* `length` of them are written */
    UCHAR original[MACHINE_INSTRUCTION_MAXIMUM_LENGTH]; /* and what follows */
};

#define STUB_PAGES (SITE_LIMIT * KI_HOT_STUB_BYTES / PAGE_SIZE)

static struct {
    struct hot_counter counters[COUNTERS];
    struct hot_site sites[SITE_LIMIT];
    ULONG count;    /* sites in use */
    ULONG64 stubs;  /* of site n at n * KI_HOT_STUB_BYTES; there while count > 0 */
    ULONG64 frames; /* of the stubs */
} hot;

static struct hot_site *find_site(ULONG64 address)
{
    for (ULONG i = 0; hot.count && i < SITE_LIMIT; i++)
        if (hot.sites[i].address == address)
            return &hot.sites[i];
    return NULL;
}

/* The site whose jump stands at `address` now; NULL = another instruction. */
static const struct hot_site *site_at(ULONG64 address)
{
    if (!hot.count || !mm_is_address_valid(address) || *(const UCHAR *)address != JUMP)
        return NULL;
    return find_site(address);
}

const UCHAR *ki_hot_site_original(ULONG64 address)
{
    const struct hot_site *site = site_at(address);

    return site ? site->original : NULL;
}

ULONG ki_hot_site_length(ULONG64 address)
{
    const struct hot_site *site = site_at(address);

    return site ? site->length : 0;
}

/* ---- the jumps ---- */

static ULONG jump_length(const struct hot_site *site)
{
    return site->length < KI_HOT_JUMP_BYTES ? site->length : KI_HOT_JUMP_BYTES;
}

static void write_jump(const struct hot_site *site)
{
    RtlCopyMemory(mm_writable_code(site->address), site->jump, jump_length(site));
}

/* Take the jump out. FALSE = somebody has written over it, or it is not there. */
static BOOLEAN undo_jump(const struct hot_site *site)
{
    UCHAR *code = mm_writable_code(site->address);

    if (!code || memcmp(code, site->jump, jump_length(site)) != 0)
        return FALSE;
    RtlCopyMemory(code, site->original, jump_length(site));
    return TRUE;
}

static BOOLEAN is_changed(const struct hot_site *site)
{
    return *(const UCHAR *)site->address != site->original[0];
}

/* The site closest in front of `address` whose jump has bytes at or behind it. */
static struct hot_site *site_reaching(ULONG64 address)
{
    struct hot_site *closest = NULL;

    for (ULONG i = 0; i < SITE_LIMIT; i++) {
        struct hot_site *site = &hot.sites[i];

        if (site->landing_count && site->address < address &&
            address < site->address + KI_HOT_JUMP_BYTES &&
            (!closest || site->address > closest->address))
            closest = site;
    }
    return closest;
}

/* ---- stubs ---- */

static BOOLEAN create_stubs(void)
{
    if (hot.count)
        return TRUE;
    hot.frames = mm_allocate_frames(STUB_PAGES);
    if (hot.frames == MM_NO_FRAME)
        return FALSE;
    hot.stubs = mm_reserve_system(STUB_PAGES);
    if (hot.stubs && mm_map(hot.stubs, hot.frames, STUB_PAGES, MACHINE_READ | MACHINE_EXECUTE))
        return TRUE;
    if (hot.stubs)
        mm_release_system(hot.stubs, STUB_PAGES);
    hot.stubs = 0;
    mm_free_frames(hot.frames, STUB_PAGES);
    return FALSE;
}

static void release_stubs(void)
{
    if (hot.count || !hot.stubs)
        return;
    mm_unmap(hot.stubs, STUB_PAGES);
    mm_release_system(hot.stubs, STUB_PAGES);
    mm_free_frames(hot.frames, STUB_PAGES);
    hot.stubs = 0;
}

static struct hot_site *site_of_landing(ULONG64 address)
{
    for (ULONG i = 0; i < SITE_LIMIT; i++)
        for (ULONG j = 0; hot.sites[i].address && j < hot.sites[i].landing_count; j++)
            if (address - hot.sites[i].landings[j] < KI_HOT_LANDING_BYTES)
                return &hot.sites[i];
    return NULL;
}

static BOOLEAN is_landing(ULONG64 address)
{
    return site_of_landing(address) != NULL;
}

static void release_landings(struct hot_site *site)
{
    while (site->landing_count)
        mm_stub_release(site->landings[--site->landing_count], KI_HOT_LANDING_BYTES);
}

static BOOLEAN reserve_landings(struct hot_site *site)
{
    struct ki_hot_reach reach;
    ULONG64 first;
    LONG displacement;

    ki_hot_reach_find(site->address, site->length, &reach);
    first = reach.landings ? ki_hot_reach_choose(&reach, is_landing) : 0;
    if (!first)
        return FALSE;
    for (ULONG i = 0; i < reach.landings; i++) {
        ULONG64 landing = first + (ULONG64)reach.offsets[i];

        if (!mm_stub_reserve(landing, KI_HOT_LANDING_BYTES)) {
            release_landings(site);
            return FALSE;
        }
        site->landings[site->landing_count++] = landing;
    }
    displacement = (LONG)(first - site->address - KI_HOT_JUMP_BYTES);
    site->jump[0] = JUMP;
    RtlCopyMemory(site->jump + 1, &displacement, sizeof(displacement));
    return TRUE;
}

static ULONG64 stub_of(const struct hot_site *site)
{
    return hot.stubs + (ULONG64)(site - hot.sites) * KI_HOT_STUB_BYTES;
}

static void write_landings(const struct hot_site *site)
{
    ULONG64 stub = stub_of(site);
    UCHAR landing[KI_HOT_LANDING_BYTES] = {0xFF, 0x25}; /* jmp *0(%rip) */

    RtlCopyMemory(landing + sizeof(landing) - sizeof(stub), &stub, sizeof(stub));
    for (ULONG i = 0; i < site->landing_count; i++)
        mm_stub_write(site->landings[i], landing, sizeof(landing));
}

/* ---- sites ---- */

/* A new site with its stub, but without a jump. */
static struct hot_site *create_site(ULONG64 address, const struct machine_instruction *instruction)
{
    struct hot_site *site = NULL;

    for (ULONG i = 0; i < SITE_LIMIT && !site; i++)
        if (!hot.sites[i].address)
            site = &hot.sites[i];
    if (!site || !create_stubs())
        return NULL;
    RtlZeroMemory(site, sizeof(*site));
    site->address = address;
    site->length = instruction->length;
    site->kind = instruction->kind;
    RtlCopyMemory(site->original, (const void *)address, instruction->length);
    ki_hot_code_write((UCHAR *)mm_direct(hot.frames) + (stub_of(site) - hot.stubs), instruction,
                      site->original, address + instruction->length);
    hot.count++;
    return site;
}

static void remove_site(struct hot_site *site)
{
    release_landings(site);
    site->address = 0;
    hot.count--;
    release_stubs();
}

static BOOLEAN add_jump(struct hot_site *site)
{
    if (!reserve_landings(site))
        return FALSE;
    write_landings(site);
    write_jump(site);
    return TRUE;
}

static void remove_jump(struct hot_site *site)
{
    undo_jump(site);
    release_landings(site);
}

/* The sites whose jumps have bytes of `address`, or of each other: how many, the closest first. */
static ULONG find_chain(ULONG64 address, struct hot_site *chain[CHAIN])
{
    struct hot_site *site;
    ULONG count = 0;

    while (count < CHAIN && (site = site_reaching(address)) != NULL) {
        chain[count++] = site;
        address = site->address;
    }
    return count;
}

/* The code may be changed now: nobody else has changed it, and nobody watches. */
static BOOLEAN may_rewrite(ULONG64 start, ULONG64 address)
{
    return mm_writable_code(address) &&
           address % PAGE_SIZE <= PAGE_SIZE - MACHINE_INSTRUCTION_MAXIMUM_LENGTH &&
           !ki_processor.debugger && !ki_interleave_holds(start, address + KI_HOT_JUMP_BYTES);
}

/* Returns FALSE when it is to be tried again soon. */
static BOOLEAN rewrite(ULONG64 address, const struct machine_instruction *instruction)
{
    struct hot_site *site = find_site(address); /* its jump was taken out */
    struct hot_site *chain[CHAIN];
    ULONG count = find_chain(address, chain);
    BOOLEAN is_new = !site;

    if (!may_rewrite(count ? chain[count - 1]->address : address, address))
        return FALSE;
    if (count == CHAIN || (is_new && !(site = create_site(address, instruction))))
        return TRUE;
    for (ULONG i = count; i-- > 0;)
        remove_jump(chain[i]);
    remove_jump(site);
    if (!add_jump(site) && is_new)
        remove_site(site);
    for (ULONG i = 0; i < count; i++)
        add_jump(chain[i]);
    return TRUE;
}

/* The counter of an address; a new one takes the place of the one that counted least. */
static struct hot_counter *find_counter(ULONG64 address)
{
    ULONG64 hash = address * 0x9E3779B97F4A7C15ull >> 32;
    struct hot_counter *least = NULL;

    for (ULONG i = 0; i < PROBES; i++) {
        struct hot_counter *counter = &hot.counters[(hash + i) % COUNTERS];

        if (counter->address == address)
            return counter;
        if (!least || counter->traps < least->traps)
            least = counter;
    }
    *least = (struct hot_counter){.address = address, .next = HOT_TRAPS};
    return least;
}

void ki_hot_site_count(ULONG64 address, const struct machine_instruction *instruction)
{
    struct hot_counter *counter;

    if (!ki_hot_code_exists(instruction) || site_at(address))
        return;
    counter = find_counter(address);
    counter->traps++;
    if (counter->traps >= counter->next && rewrite(address, instruction))
        counter->next = 2 * counter->traps;
}

/* A jump stays while another one that stays reaches into it. */
static void undo_all(void)
{
    BOOLEAN again = TRUE;

    while (again) {
        again = FALSE;
        for (ULONG i = 0; i < SITE_LIMIT; i++) {
            const struct hot_site *site = &hot.sites[i];
            const struct hot_site *before = site->address ? site_reaching(site->address) : NULL;

            if (site->address && (!before || !is_changed(before)) && undo_jump(site))
                again = TRUE;
        }
    }
}

static const struct hot_site *site_of_stub(ULONG64 rip)
{
    ULONG64 offset = rip - hot.stubs;

    return offset < SITE_LIMIT * KI_HOT_STUB_BYTES ? &hot.sites[offset / KI_HOT_STUB_BYTES] : NULL;
}

BOOLEAN ki_hot_site_trap(struct machine_trap *trap, struct ki_hot_interruption *interruption)
{
    const struct hot_site *site;
    ULONG64 stub;

    interruption->resume = 0;
    if (!hot.count || trap->user)
        return FALSE;
    if (ki_processor.debugger)
        undo_all();
    site = site_of_stub(trap->rip);
    if (!site && (trap->vector == MACHINE_VECTOR_WATCHDOG || trap->vector == MACHINE_VECTOR_DEBUG))
        site = site_of_landing(trap->rip);
    if (!site)
        return FALSE;
    if (trap->vector == MACHINE_VECTOR_DEBUG)
        return TRUE;
    stub = stub_of(site);
    if (trap->vector == MACHINE_VECTOR_WATCHDOG) {
        interruption->resume = site->address;
        if (site_of_stub(trap->rip))
            interruption->resume = stub + ki_hot_code_resume(site->kind, (ULONG)(trap->rip - stub));
        RtlCopyMemory(interruption->scratch, ke_prcb()->StubScratch, sizeof(interruption->scratch));
    }
    trap->rip = site->address;
    return FALSE;
}

void ki_hot_site_resume(struct machine_trap *trap, const struct ki_hot_interruption *interruption)
{
    if (!interruption->resume)
        return;
    RtlCopyMemory(ke_prcb()->StubScratch, interruption->scratch, sizeof(interruption->scratch));
    trap->rip = interruption->resume;
}

void ke_hot_sites_forget(ULONG64 start, ULONG64 end)
{
    for (ULONG i = 0; i < COUNTERS; i++)
        if (hot.counters[i].address >= start && hot.counters[i].address < end)
            hot.counters[i] = (struct hot_counter){0};
    for (ULONG i = 0; i < SITE_LIMIT; i++)
        if (hot.sites[i].address >= start && hot.sites[i].address < end)
            remove_site(&hot.sites[i]);
}
