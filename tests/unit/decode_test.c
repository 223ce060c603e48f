/*
 * The instruction decoder: one row per encoding. The bytes were assembled by hand from the
 * processor manual's opcode tables, so they do not depend on the decoder under test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/decode.h"

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define KIND(name) MACHINE_INSTRUCTION_##name
#define NONE MACHINE_REGISTER_NONE

/* A privileged instruction without memory operand. */
struct privileged_row {
    const uint8_t *code;
    size_t size;
    unsigned kind;
    unsigned number;  /* control register, port or vector */
    unsigned general; /* the general register, or 0 */
    unsigned width;
    const char *text;
};

static const struct privileged_row privileged_rows[] = {
    {BYTES(0x0F, 0x20, 0xC0), KIND(MOV_FROM_CR), 0, 0, 8, "mov rax, cr0"},
    {BYTES(0x44, 0x0F, 0x20, 0xC1), KIND(MOV_FROM_CR), 8, 1, 8, "mov rcx, cr8"},
    {BYTES(0x41, 0x0F, 0x20, 0xDD), KIND(MOV_FROM_CR), 3, 13, 8, "mov r13, cr3"},
    {BYTES(0x44, 0x0F, 0x22, 0xC2), KIND(MOV_TO_CR), 8, 2, 8, "mov cr8, rdx"},
    {BYTES(0x0F, 0x22, 0xE7), KIND(MOV_TO_CR), 4, 7, 8, "mov cr4, rdi"},
    {BYTES(0x0F, 0x21, 0xFE), KIND(MOV_FROM_DR), 7, 6, 8, "mov rsi, dr7"},
    {BYTES(0x41, 0x0F, 0x23, 0xC7), KIND(MOV_TO_DR), 0, 15, 8, "mov dr0, r15"},
    {BYTES(0xFA), KIND(CLI), 0, 0, 0, "cli"},
    {BYTES(0xFB), KIND(STI), 0, 0, 0, "sti"},
    {BYTES(0x0F, 0x06), KIND(CLTS), 0, 0, 0, "clts"},
    {BYTES(0x0F, 0x01, 0xCA), KIND(CLAC), 0, 0, 0, "clac"},
    {BYTES(0x0F, 0x01, 0xCB), KIND(STAC), 0, 0, 0, "stac"},
    {BYTES(0x0F, 0x01, 0xF8), KIND(SWAPGS), 0, 0, 0, "swapgs"},
    {BYTES(0xF4), KIND(HLT), 0, 0, 0, "hlt"},
    {BYTES(0x0F, 0x08), KIND(INVD), 0, 0, 0, "invd"},
    {BYTES(0x0F, 0x09), KIND(WBINVD), 0, 0, 0, "wbinvd"},
    {BYTES(0xE4, 0x60), KIND(IN), 0x60, 0, 1, "in al, 0x60"},
    {BYTES(0x66, 0xE5, 0x70), KIND(IN), 0x70, 0, 2, "in ax, 0x70"},
    {BYTES(0xED), KIND(IN), 0, 0, 4, "in eax, dx"},
    {BYTES(0xE6, 0x80), KIND(OUT), 0x80, 0, 1, "out 0x80, al"},
    {BYTES(0x66, 0xEF), KIND(OUT), 0, 0, 2, "out dx, ax"},
    {BYTES(0xEF), KIND(OUT), 0, 0, 4, "out dx, eax"},
    {BYTES(0x0F, 0x32), KIND(RDMSR), 0, 0, 0, "rdmsr"},
    {BYTES(0x0F, 0x30), KIND(WRMSR), 0, 0, 0, "wrmsr"},
    {BYTES(0x0F, 0x33), KIND(RDPMC), 0, 0, 0, "rdpmc"},
    {BYTES(0x0F, 0x31), KIND(RDTSC), 0, 0, 0, "rdtsc"},
    {BYTES(0x0F, 0x01, 0xF9), KIND(RDTSCP), 0, 0, 0, "rdtscp"},
    {BYTES(0x0F, 0xA2), KIND(CPUID), 0, 0, 0, "cpuid"},
    {BYTES(0x0F, 0x01, 0xD1), KIND(XSETBV), 0, 0, 0, "xsetbv"},
    {BYTES(0x0F, 0x01, 0xC8), KIND(MONITOR), 0, 0, 0, NULL},
    {BYTES(0x0F, 0x01, 0xC9), KIND(MWAIT), 0, 0, 0, "mwait"},
    {BYTES(0x48, 0xCF), KIND(IRET), 0, 0, 0, "iretq"},
    {BYTES(0x48, 0x0F, 0x07), KIND(SYSRET), 0, 0, 0, NULL},
    {BYTES(0x0F, 0x05), KIND(SYSCALL), 0, 0, 0, "syscall"},
    {BYTES(0xCD, 0x2C), KIND(INT), 0x2C, 0, 0, "int 0x2C"},
    {BYTES(0xCD, 0x29), KIND(INT), 0x29, 0, 0, "int 0x29"},
    {BYTES(0xCC), KIND(INT3), 3, 0, 0, "int3"},
    {BYTES(0xF1), KIND(ICEBP), 1, 0, 0, NULL},
    {BYTES(0x0F, 0x0B), KIND(UD), 0, 0, 0, "ud2"},
    {BYTES(0x0F, 0x01, 0xC1), KIND(HYPERCALL), 0, 0, 0, "vmcall"},
    {BYTES(0x0F, 0x01, 0xD9), KIND(HYPERCALL), 0, 0, 0, "vmmcall"},
    {BYTES(0x0F, 0x01, 0xC4), KIND(VIRTUALISATION), 0, 0, 0, "vmxoff"},
    {BYTES(0x90), KIND(OTHER), 0, 0, 0, "nop"},
};

static void privileged_instructions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(privileged_rows) / sizeof(privileged_rows[0]); i++) {
        const struct privileged_row *row = &privileged_rows[i];
        struct machine_instruction out;

        assert_true(host_decode_privileged(row->code, row->size, &out));
        if (row->text != NULL)
            assert_string_equal(out.text, row->text);
        assert_int_equal(out.kind, row->kind);
        assert_int_equal(out.length, row->size);
        assert_int_equal(out.control_register + out.port + out.vector, row->number);
        if (row->width != 0)
            assert_int_equal(out.width, row->width);
        if (row->kind == KIND(MOV_FROM_CR) || row->kind == KIND(MOV_FROM_DR))
            assert_int_equal(out.destination.register_index, row->general);
        if (row->kind == KIND(MOV_TO_CR) || row->kind == KIND(MOV_TO_DR))
            assert_int_equal(out.source.register_index, row->general);
        assert_false(out.memory.present);
    }
}

static void ports_in_dx_and_strings(void **state)
{
    struct machine_instruction out;

    (void)state;
    assert_true(host_decode_privileged(BYTES(0xEC), &out)); /* in al, dx */
    assert_true(out.port_in_dx);
    assert_true(host_decode_privileged(BYTES(0xE5, 0x40), &out)); /* in eax, 0x40 */
    assert_false(out.port_in_dx);

    assert_true(host_decode_privileged(BYTES(0xF3, 0x6C), &out)); /* rep insb */
    assert_int_equal(out.kind, KIND(INS));
    assert_int_equal(out.width, 1);
    assert_true(out.repeat && out.port_in_dx && out.memory.written);
    assert_int_equal(out.memory.base, 7);

    assert_true(host_decode_privileged(BYTES(0x66, 0x6F), &out)); /* outsw */
    assert_int_equal(out.kind, KIND(OUTS));
    assert_int_equal(out.width, 2);
    assert_true(!out.repeat && out.memory.read);
    assert_int_equal(out.memory.base, 6);
}

/* System instructions with a memory or register operand. */
static void descriptor_tables(void **state)
{
    struct machine_instruction out;
    uint64_t registers[16] = {0};

    (void)state;
    registers[4] = 0x1000;
    registers[12] = 0x40;
    assert_true(host_decode_privileged(BYTES(0x42, 0x0F, 0x01, 0x5C, 0x64, 0x10), &out));
    assert_string_equal(out.text, "lidt [rsp+r12*2+0x10]");
    assert_int_equal(out.kind, KIND(LIDT));
    assert_int_equal(out.source.kind, MACHINE_OPERAND_MEMORY);
    assert_int_equal(out.memory.width, 10);
    assert_int_equal(machine_instruction_address(&out, registers, 0, 0, 0), 0x1090);

    assert_true(host_decode_privileged(BYTES(0x0F, 0x01, 0x0D, 0xF8, 0xFF, 0xFF, 0xFF), &out));
    assert_int_equal(out.kind, KIND(SIDT));
    assert_int_equal(out.destination.kind, MACHINE_OPERAND_MEMORY);
    assert_true(out.memory.rip_relative);
    assert_int_equal(machine_instruction_address(&out, registers, 0x5000, 0, 0), 0x4FFF);

    assert_true(host_decode_privileged(BYTES(0x0F, 0x01, 0x10), &out));
    assert_int_equal(out.kind, KIND(LGDT));
    assert_true(host_decode_privileged(BYTES(0x0F, 0x01, 0x00), &out));
    assert_int_equal(out.kind, KIND(SGDT));

    assert_true(host_decode_privileged(BYTES(0x66, 0x0F, 0x00, 0xC8), &out)); /* str ax */
    assert_int_equal(out.kind, KIND(STR));
    assert_int_equal(out.destination.kind, MACHINE_OPERAND_REGISTER);
    assert_int_equal(out.width, 2);
    assert_true(host_decode_privileged(BYTES(0x41, 0x0F, 0x00, 0xD9), &out)); /* ltr r9w */
    assert_int_equal(out.kind, KIND(LTR));
    assert_int_equal(out.source.register_index, 9);
    assert_true(host_decode_privileged(BYTES(0x0F, 0x00, 0xD1), &out));
    assert_int_equal(out.kind, KIND(LLDT));
    assert_true(host_decode_privileged(BYTES(0x0F, 0x00, 0xC1), &out));
    assert_int_equal(out.kind, KIND(SLDT));
    assert_true(host_decode_privileged(BYTES(0x0F, 0x01, 0xE3), &out));
    assert_int_equal(out.kind, KIND(SMSW));
    assert_true(host_decode_privileged(BYTES(0x0F, 0x01, 0xF3), &out));
    assert_int_equal(out.kind, KIND(LMSW));
    assert_true(host_decode_privileged(BYTES(0x0F, 0x01, 0x3B), &out));
    assert_int_equal(out.kind, KIND(INVLPG));
    assert_int_equal(out.memory.base, 3);
}

struct memory_row {
    const uint8_t *code;
    size_t size;
    unsigned operation, width, memory_width;
    unsigned destination, source; /* operand kinds */
    unsigned register_index;      /* of whichever operand is a register */
    uint64_t address;             /* with rbx = 0x1000, rcx = 8, gs = 0x900000 */
    bool written;
};

#define REGISTER MACHINE_OPERAND_REGISTER
#define MEMORY MACHINE_OPERAND_MEMORY
#define IMMEDIATE MACHINE_OPERAND_IMMEDIATE
#define OPERATION(name) MACHINE_OPERATION_##name

static const struct memory_row memory_rows[] = {
    /* mov rax, [0xFFFFF78000000014] */
    {BYTES(0x48, 0xA1, 0x14, 0, 0, 0, 0x80, 0xF7, 0xFF, 0xFF), OPERATION(MOVE), 8, 8, REGISTER,
     MEMORY, 0, 0xFFFFF78000000014, false},
    {BYTES(0x8B, 0x04, 0x8B), OPERATION(MOVE), 4, 4, REGISTER, MEMORY, 0, 0x1020, false},
    {BYTES(0x44, 0x88, 0x7B, 0xFF), OPERATION(MOVE), 1, 1, MEMORY, REGISTER, 15, 0xFFF, true},
    {BYTES(0x8A, 0x23), OPERATION(MOVE), 1, 1, REGISTER, MEMORY, 0, 0x1000, false},       /* ah */
    {BYTES(0x40, 0x8A, 0x23), OPERATION(MOVE), 1, 1, REGISTER, MEMORY, 4, 0x1000, false}, /* spl */
    {BYTES(0x48, 0xC7, 0x03, 0xFE, 0xFF, 0xFF, 0xFF), OPERATION(MOVE), 8, 8, MEMORY, IMMEDIATE, 0,
     0x1000, true},
    {BYTES(0x0F, 0xB6, 0x13), OPERATION(MOVE_ZERO_EXTEND), 4, 1, REGISTER, MEMORY, 2, 0x1000,
     false},
    {BYTES(0x48, 0x63, 0x13), OPERATION(MOVE_SIGN_EXTEND), 8, 4, REGISTER, MEMORY, 2, 0x1000,
     false},
    {BYTES(0x48, 0x0F, 0xBF, 0x13), OPERATION(MOVE_SIGN_EXTEND), 8, 2, REGISTER, MEMORY, 2, 0x1000,
     false},
    {BYTES(0x3B, 0x3B), OPERATION(CMP), 4, 4, REGISTER, MEMORY, 7, 0x1000, false},
    {BYTES(0x80, 0x3B, 0x00), OPERATION(CMP), 1, 1, MEMORY, IMMEDIATE, 0, 0x1000, false},
    {BYTES(0xF6, 0x03, 0x01), OPERATION(TEST), 1, 1, MEMORY, IMMEDIATE, 0, 0x1000, false},
    {BYTES(0x4C, 0x03, 0x03), OPERATION(ADD), 8, 8, REGISTER, MEMORY, 8, 0x1000, false},
    {BYTES(0x83, 0x23, 0xF0), OPERATION(AND), 4, 4, MEMORY, IMMEDIATE, 0, 0x1000, true},
    {BYTES(0x0B, 0x33), OPERATION(OR), 4, 4, REGISTER, MEMORY, 6, 0x1000, false},
    {BYTES(0x0F, 0xAF, 0x03), OPERATION(MULTIPLY), 4, 4, REGISTER, MEMORY, 0, 0x1000, false},
    {BYTES(0x48, 0xF7, 0x23), OPERATION(MULTIPLY_WIDE), 8, 8, MACHINE_OPERAND_NONE, MEMORY, 0,
     0x1000, false},
    /* mov rax, gs:[0x188] */
    {BYTES(0x65, 0x48, 0x8B, 0x04, 0x25, 0x88, 0x01, 0, 0), OPERATION(MOVE), 8, 8, REGISTER, MEMORY,
     0, 0x900188, false},
};

static void memory_accesses(void **state)
{
    uint64_t registers[16] = {[1] = 8, [3] = 0x1000};

    (void)state;
    for (size_t i = 0; i < sizeof(memory_rows) / sizeof(memory_rows[0]); i++) {
        const struct memory_row *row = &memory_rows[i];
        struct machine_instruction out;

        assert_true(host_decode_privileged(row->code, row->size, &out));
        assert_int_equal(out.kind, KIND(MEMORY_ACCESS));
        assert_int_equal(out.length, row->size);
        assert_int_equal(out.operation, row->operation);
        assert_int_equal(out.width, row->width);
        assert_int_equal(out.memory.width, row->memory_width);
        assert_int_equal(out.memory.written, row->written);
        assert_int_equal(out.destination.kind, row->destination);
        assert_int_equal(out.source.kind, row->source);
        if (out.destination.kind == REGISTER)
            assert_int_equal(out.destination.register_index, row->register_index);
        if (out.source.kind == REGISTER)
            assert_int_equal(out.source.register_index, row->register_index);
        assert_int_equal(machine_instruction_address(&out, registers, 0, 0, 0x900000),
                         row->address);
    }
}

static void operand_details(void **state)
{
    struct machine_instruction out;
    uint64_t registers[16] = {[0] = 0xFFFFFFFF00000010};

    (void)state;
    assert_true(host_decode_privileged(BYTES(0x8A, 0x3B), &out)); /* mov bh, [rbx] */
    assert_true(out.destination.high_byte);
    assert_int_equal(out.destination.register_index, 3);

    /* mov qword ptr [rbx], -2: the 32-bit immediate is sign-extended */
    assert_true(host_decode_privileged(BYTES(0x48, 0xC7, 0x03, 0xFE, 0xFF, 0xFF, 0xFF), &out));
    assert_true(out.source.immediate == -2);

    /* mov ecx, [eax+4]: a 32-bit address wraps */
    assert_true(host_decode_privileged(BYTES(0x67, 0x8B, 0x48, 0x04), &out));
    assert_int_equal(machine_instruction_address(&out, registers, 0, 0, 0), 0x14);

    assert_true(host_decode_privileged(BYTES(0xF0, 0x01, 0x03), &out)); /* lock add [rbx], eax */
    assert_true(out.locked && out.memory.read && out.memory.written);

    /* What is not described as a whole stays OTHER, with its memory operand. */
    assert_true(host_decode_privileged(BYTES(0x8E, 0x1B), &out)); /* mov ds, [rbx] */
    assert_int_equal(out.kind, KIND(OTHER));
    assert_true(host_decode_privileged(BYTES(0x6B, 0x03, 0x05), &out)); /* imul eax, [rbx], 5 */
    assert_int_equal(out.kind, KIND(OTHER));
    assert_true(out.memory.present);
    assert_true(host_decode_privileged(BYTES(0x0F, 0x10, 0x03), &out)); /* movups xmm0, [rbx] */
    assert_int_equal(out.kind, KIND(OTHER));
    assert_int_equal(out.memory.base, 3);
    assert_int_equal(out.memory.index, NONE);
}

static void invalid_bytes(void **state)
{
    struct machine_instruction out;
    char text[96];
    char shorter[4];
    unsigned length;

    (void)state;
    assert_false(host_decode_privileged(BYTES(0x06), &out));       /* push es: not in 64-bit mode */
    assert_false(host_decode_privileged(BYTES(0x0F, 0x20), &out)); /* cut off */
    assert_false(host_decode_privileged((const uint8_t *)"", 0, &out));

    assert_false(host_disassemble(0, BYTES(0x06), text, sizeof(text), &length));
    assert_string_equal(text, "db 0x06");
    assert_int_equal(length, 1);
    assert_true(
        host_disassemble(0x1000, BYTES(0xE8, 0xFB, 0x0F, 0, 0), text, sizeof(text), &length));
    assert_string_equal(text, "call 0x0000000000002000");
    assert_int_equal(length, 5);
    assert_true(host_disassemble(0, BYTES(0x0F, 0x20, 0xC0), shorter, sizeof(shorter), &length));
    assert_string_equal(shorter, "mov");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(privileged_instructions), cmocka_unit_test(ports_in_dx_and_strings),
        cmocka_unit_test(descriptor_tables),       cmocka_unit_test(memory_accesses),
        cmocka_unit_test(operand_details),         cmocka_unit_test(invalid_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
