/*
 * Where a jump can lead that is written over an instruction shorter than the jump.
 *
 * `jmp rel32` has five bytes: E9 and a displacement. Over an instruction of n < 5 bytes only its
 * first n are written; the other bytes of the displacement are those of the code that follows, as
 * they are:
 *
 *     44 0F 20 C0 | 48 89 …      mov rax, cr8 ; mov …
 *     E9 xx xx xx   48 89 …      jmp site + 5 + 0x48xxxxxx ; (never reached: ) mov …
 *
 * So nothing but the instruction itself changes. What follows may be a target of jumps, may be
 * relative to rip, may be the end of the function: no analysis of the driver's code is needed, and
 * none can be wrong. The price is that the stub cannot lie anywhere: for n = 4 within one of the
 * 256 blocks of 16 MiB around the site, for n = 1 at one address.
 *
 * A breakpoint on a following instruction changes its first byte to CC, and so moves the jump.
 * There is a landing place for each combination of those too, with the same code.
 */
#include "ke/hot_site.h"
#include "machine/instruction.h"
#include "mm/mm.h"

#define BREAKPOINT 0xCC
#define DISPLACEMENT_BYTES 4u
#define DISTANCE 0x10000ull /* between places that are tried */
#define ALIGNMENT 16u

/* Byte `index` of the displacement may become a breakpoint: each landing place gets a twin. */
static BOOLEAN add_breakpoint(struct ki_hot_reach *reach, ULONG index, UCHAR byte)
{
    LONG64 offset;

    if (2 * reach->landings > KI_HOT_LANDINGS)
        return FALSE;
    if (index == DISPLACEMENT_BYTES - 1) /* the one with the sign */
        offset = ((LONG64)(signed char)BREAKPOINT - (signed char)byte) * (1ll << 8 * index);
    else
        offset = ((LONG64)BREAKPOINT - byte) * (1ll << 8 * index);
    for (ULONG i = 0; i < reach->landings; i++)
        reach->offsets[reach->landings + i] = reach->offsets[i] + offset;
    reach->landings *= 2;
    return TRUE;
}

void ki_hot_reach_find(ULONG64 address, ULONG length, struct ki_hot_reach *reach)
{
    const UCHAR *code = (const UCHAR *)address;
    ULONG chosen = length - 1 < DISPLACEMENT_BYTES ? length - 1 : DISPLACEMENT_BYTES;
    struct machine_instruction instruction;
    LONG displacement = 0;

    RtlZeroMemory(reach, sizeof(*reach));
    RtlCopyMemory((UCHAR *)&displacement + chosen, code + 1 + chosen, DISPLACEMENT_BYTES - chosen);
    reach->first = address + KI_HOT_JUMP_BYTES + (ULONG64)(LONG64)displacement;
    if (chosen == DISPLACEMENT_BYTES)
        reach->first -= 1ull << 31;
    reach->last = reach->first + (1ull << 8 * chosen) - 1;
    reach->landings = 1;
    for (ULONG at = length; at < KI_HOT_JUMP_BYTES; at += instruction.length) {
        ULONG64 room = PAGE_SIZE - (address + at) % PAGE_SIZE;

        if (!ke_machine->decode(code + at, room, &instruction) ||
            (code[at] != BREAKPOINT && !add_breakpoint(reach, at - 1, code[at]))) {
            reach->landings = 0;
            return;
        }
    }
}

static BOOLEAN is_free(ULONG64 address, BOOLEAN (*is_taken)(ULONG64 address))
{
    if (!mm_stub_is_possible(address, KI_HOT_LANDING_BYTES))
        return FALSE;
    for (ULONG i = 0; i < KI_HOT_LANDING_BYTES; i++)
        if (is_taken(address + i))
            return FALSE;
    return TRUE;
}

/* All landing places are free, and apart from each other. */
static BOOLEAN fits(const struct ki_hot_reach *reach, ULONG64 address,
                    BOOLEAN (*is_taken)(ULONG64 address))
{
    for (ULONG i = 0; i < reach->landings; i++) {
        if (!is_free(address + (ULONG64)reach->offsets[i], is_taken))
            return FALSE;
        for (ULONG j = 0; j < i; j++) {
            LONG64 distance = reach->offsets[i] - reach->offsets[j];

            if (distance > -KI_HOT_LANDING_BYTES && distance < KI_HOT_LANDING_BYTES)
                return FALSE;
        }
    }
    return TRUE;
}

/* In a page that is there already, so that the sites of a driver share few pages. */
static ULONG64 choose_in_pages(const struct ki_hot_reach *reach,
                               BOOLEAN (*is_taken)(ULONG64 address))
{
    ULONG64 page = mm_stub_page_from((reach->first + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1ull));

    while (page && page + PAGE_SIZE - 1 <= reach->last) {
        for (ULONG at = 0; at + KI_HOT_LANDING_BYTES <= PAGE_SIZE; at += ALIGNMENT)
            if (fits(reach, page + at, is_taken))
                return page + at;
        page = mm_stub_page_from(page + PAGE_SIZE);
    }
    return 0;
}

ULONG64 ki_hot_reach_choose(const struct ki_hot_reach *reach, BOOLEAN (*is_taken)(ULONG64 address))
{
    ULONG64 address = choose_in_pages(reach, is_taken);

    if (address)
        return address;
    address = (reach->first + DISTANCE - 1) & ~(DISTANCE - 1);
    for (; address <= reach->last; address += DISTANCE)
        if (fits(reach, address, is_taken))
            return address;
    return fits(reach, reach->first, is_taken) ? reach->first : 0;
}
