/*
 * Redirecting the constant address of KUSER_SHARED_DATA in a driver's code.
 *
 * Drivers hold 0xFFFFF78000000xxx as 64-bit immediates, where a process can have no page. Before
 * the image is mapped, those immediates are changed to the view at 0x7FFE0000. That view is
 * read-only, so a driver that writes to the page is caught as it would be without redirection
 * (ke/privileged_memory.c), and reads cost nothing.
 *
 * Only two kinds of instruction are changed, each confirmed by the decoder, in executable sections:
 *     REX.W B8+r imm64     mov reg, imm64
 *     A0/A1 moffs64        mov al/ax/eax/rax, [imm64]
 * Eight given bytes behind a matching opcode do not come about by chance; still, what is not
 * recognised loses nothing but speed, because a fault on the page is emulated.
 */
#include "mm/mm_internal.h"
#include "machine/instruction.h"

#define IMMEDIATE_SIZE 8u
#define REX_W 0x48
#define REX_EXTEND 0x01
#define MOV_IMMEDIATE 0xB8
#define MOV_OFFSET 0xA0

static BOOLEAN is_shared_address(const UCHAR *bytes)
{
    ULONG64 value;

    RtlCopyMemory(&value, bytes, sizeof(value));
    return value - MACHINE_SHARED_DATA_NT < PAGE_SIZE;
}

/* Decode the instruction that must end exactly behind the immediate. */
static BOOLEAN decode_up_to(const UCHAR *start, const UCHAR *immediate,
                            struct machine_instruction *instruction)
{
    ULONG64 length = (ULONG64)(immediate + IMMEDIATE_SIZE - start);

    return ke_machine->decode(start, length, instruction) && instruction->length == length;
}

static BOOLEAN is_register_move(const UCHAR *start, const UCHAR *immediate)
{
    struct machine_instruction instruction;

    return (start[0] & ~REX_EXTEND) == REX_W && (start[1] & 0xF8) == MOV_IMMEDIATE &&
           decode_up_to(start, immediate, &instruction) &&
           instruction.destination.kind == MACHINE_OPERAND_REGISTER &&
           instruction.source.kind == MACHINE_OPERAND_IMMEDIATE;
}

static BOOLEAN is_absolute_load(const UCHAR *opcode, const UCHAR *immediate)
{
    struct machine_instruction instruction;

    return (opcode[0] & ~1) == MOV_OFFSET && decode_up_to(opcode, immediate, &instruction) &&
           instruction.kind == MACHINE_INSTRUCTION_MEMORY_ACCESS && instruction.memory.read &&
           instruction.memory.base == MACHINE_REGISTER_NONE;
}

static void redirect(UCHAR *immediate)
{
    ULONG64 address;

    RtlCopyMemory(&address, immediate, sizeof(address));
    address = address - MACHINE_SHARED_DATA_NT + MACHINE_SHARED_DATA_USER;
    RtlCopyMemory(immediate, &address, sizeof(address));
}

static ULONG redirect_in(UCHAR *bytes, ULONG64 size)
{
    ULONG count = 0;

    for (ULONG64 at = 2; at + IMMEDIATE_SIZE <= size; at++) {
        UCHAR *immediate = bytes + at;

        if (immediate[7] != 0xFF || !is_shared_address(immediate))
            continue;
        if (!is_register_move(immediate - 2, immediate) &&
            !is_absolute_load(immediate - 1, immediate))
            continue;
        redirect(immediate);
        count++;
        at += IMMEDIATE_SIZE - 1;
    }
    return count;
}

/* Between relocation and mapping. Returns: how many immediates were changed. */
ULONG mm_redirect_shared_data(struct mm_image *image)
{
    struct pe_section section;
    ULONG count = 0;

    for (unsigned i = 0; pe_view_section_at(&image->view, i, &section); i++) {
        UCHAR *bytes = pe_view_at(&image->view, section.rva, section.virtual_size);

        if (bytes && pe_section_protection(section.characteristics) & PE_EXECUTE)
            count += redirect_in(bytes, section.virtual_size);
    }
    return count;
}
