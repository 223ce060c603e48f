/*
 * Instruction decoding with Zydis.
 *
 * A table maps mnemonics to kinds; operands are then translated once, independent of the kind:
 * the first explicit operand becomes `destination`, the second `source`, except where the kind
 * has a single operand that is read (see `single_operand_is_source`).
 * Every call initialises its own decoder on the stack (a few stores), so that the functions can
 * run in a signal handler that interrupted another call.
 */
#include "decode.h"

#include <stdio.h>
#include <string.h>

#include <Zydis/Zydis.h>

struct mnemonic_kind {
    uint16_t mnemonic;
    uint8_t kind;
};

/* MOV to and from control and debug registers is told apart by operand, see classify_move. */
static const struct mnemonic_kind privileged[] = {
    {ZYDIS_MNEMONIC_CLI, MACHINE_INSTRUCTION_CLI},
    {ZYDIS_MNEMONIC_STI, MACHINE_INSTRUCTION_STI},
    {ZYDIS_MNEMONIC_CLTS, MACHINE_INSTRUCTION_CLTS},
    {ZYDIS_MNEMONIC_CLAC, MACHINE_INSTRUCTION_CLAC},
    {ZYDIS_MNEMONIC_STAC, MACHINE_INSTRUCTION_STAC},
    {ZYDIS_MNEMONIC_SWAPGS, MACHINE_INSTRUCTION_SWAPGS},
    {ZYDIS_MNEMONIC_HLT, MACHINE_INSTRUCTION_HLT},
    {ZYDIS_MNEMONIC_INVD, MACHINE_INSTRUCTION_INVD},
    {ZYDIS_MNEMONIC_WBINVD, MACHINE_INSTRUCTION_WBINVD},
    {ZYDIS_MNEMONIC_IN, MACHINE_INSTRUCTION_IN},
    {ZYDIS_MNEMONIC_OUT, MACHINE_INSTRUCTION_OUT},
    {ZYDIS_MNEMONIC_INSB, MACHINE_INSTRUCTION_INS},
    {ZYDIS_MNEMONIC_INSW, MACHINE_INSTRUCTION_INS},
    {ZYDIS_MNEMONIC_INSD, MACHINE_INSTRUCTION_INS},
    {ZYDIS_MNEMONIC_OUTSB, MACHINE_INSTRUCTION_OUTS},
    {ZYDIS_MNEMONIC_OUTSW, MACHINE_INSTRUCTION_OUTS},
    {ZYDIS_MNEMONIC_OUTSD, MACHINE_INSTRUCTION_OUTS},
    {ZYDIS_MNEMONIC_RDMSR, MACHINE_INSTRUCTION_RDMSR},
    {ZYDIS_MNEMONIC_WRMSR, MACHINE_INSTRUCTION_WRMSR},
    {ZYDIS_MNEMONIC_RDPMC, MACHINE_INSTRUCTION_RDPMC},
    {ZYDIS_MNEMONIC_RDTSC, MACHINE_INSTRUCTION_RDTSC},
    {ZYDIS_MNEMONIC_RDTSCP, MACHINE_INSTRUCTION_RDTSCP},
    {ZYDIS_MNEMONIC_CPUID, MACHINE_INSTRUCTION_CPUID},
    {ZYDIS_MNEMONIC_XSETBV, MACHINE_INSTRUCTION_XSETBV},
    {ZYDIS_MNEMONIC_MONITOR, MACHINE_INSTRUCTION_MONITOR},
    {ZYDIS_MNEMONIC_MWAIT, MACHINE_INSTRUCTION_MWAIT},
    {ZYDIS_MNEMONIC_LIDT, MACHINE_INSTRUCTION_LIDT},
    {ZYDIS_MNEMONIC_LGDT, MACHINE_INSTRUCTION_LGDT},
    {ZYDIS_MNEMONIC_LLDT, MACHINE_INSTRUCTION_LLDT},
    {ZYDIS_MNEMONIC_LTR, MACHINE_INSTRUCTION_LTR},
    {ZYDIS_MNEMONIC_LMSW, MACHINE_INSTRUCTION_LMSW},
    {ZYDIS_MNEMONIC_SIDT, MACHINE_INSTRUCTION_SIDT},
    {ZYDIS_MNEMONIC_SGDT, MACHINE_INSTRUCTION_SGDT},
    {ZYDIS_MNEMONIC_SLDT, MACHINE_INSTRUCTION_SLDT},
    {ZYDIS_MNEMONIC_STR, MACHINE_INSTRUCTION_STR},
    {ZYDIS_MNEMONIC_SMSW, MACHINE_INSTRUCTION_SMSW},
    {ZYDIS_MNEMONIC_INVLPG, MACHINE_INSTRUCTION_INVLPG},
    {ZYDIS_MNEMONIC_IRET, MACHINE_INSTRUCTION_IRET},
    {ZYDIS_MNEMONIC_IRETD, MACHINE_INSTRUCTION_IRET},
    {ZYDIS_MNEMONIC_IRETQ, MACHINE_INSTRUCTION_IRET},
    {ZYDIS_MNEMONIC_SYSCALL, MACHINE_INSTRUCTION_SYSCALL},
    {ZYDIS_MNEMONIC_SYSENTER, MACHINE_INSTRUCTION_SYSENTER},
    {ZYDIS_MNEMONIC_SYSRET, MACHINE_INSTRUCTION_SYSRET},
    {ZYDIS_MNEMONIC_SYSEXIT, MACHINE_INSTRUCTION_SYSRET},
    {ZYDIS_MNEMONIC_INT, MACHINE_INSTRUCTION_INT},
    {ZYDIS_MNEMONIC_INT3, MACHINE_INSTRUCTION_INT3},
    {ZYDIS_MNEMONIC_INT1, MACHINE_INSTRUCTION_ICEBP},
    {ZYDIS_MNEMONIC_UD0, MACHINE_INSTRUCTION_UD},
    {ZYDIS_MNEMONIC_UD1, MACHINE_INSTRUCTION_UD},
    {ZYDIS_MNEMONIC_UD2, MACHINE_INSTRUCTION_UD},
    {ZYDIS_MNEMONIC_VMCALL, MACHINE_INSTRUCTION_HYPERCALL},
    {ZYDIS_MNEMONIC_VMMCALL, MACHINE_INSTRUCTION_HYPERCALL},
    {ZYDIS_MNEMONIC_VMFUNC, MACHINE_INSTRUCTION_HYPERCALL},
    {ZYDIS_MNEMONIC_VMLAUNCH, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMRESUME, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMXON, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMXOFF, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMREAD, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMWRITE, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMCLEAR, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMPTRLD, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMPTRST, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_INVEPT, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_INVVPID, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMRUN, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMLOAD, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_VMSAVE, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_STGI, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_CLGI, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_SKINIT, MACHINE_INSTRUCTION_VIRTUALISATION},
    {ZYDIS_MNEMONIC_INVLPGA, MACHINE_INSTRUCTION_VIRTUALISATION},
};

static const struct mnemonic_kind memory_operations[] = {
    {ZYDIS_MNEMONIC_MOV, MACHINE_OPERATION_MOVE},
    {ZYDIS_MNEMONIC_MOVZX, MACHINE_OPERATION_MOVE_ZERO_EXTEND},
    {ZYDIS_MNEMONIC_MOVSX, MACHINE_OPERATION_MOVE_SIGN_EXTEND},
    {ZYDIS_MNEMONIC_MOVSXD, MACHINE_OPERATION_MOVE_SIGN_EXTEND},
    {ZYDIS_MNEMONIC_CMP, MACHINE_OPERATION_CMP},
    {ZYDIS_MNEMONIC_TEST, MACHINE_OPERATION_TEST},
    {ZYDIS_MNEMONIC_ADD, MACHINE_OPERATION_ADD},
    {ZYDIS_MNEMONIC_ADC, MACHINE_OPERATION_ADC},
    {ZYDIS_MNEMONIC_SUB, MACHINE_OPERATION_SUB},
    {ZYDIS_MNEMONIC_SBB, MACHINE_OPERATION_SBB},
    {ZYDIS_MNEMONIC_AND, MACHINE_OPERATION_AND},
    {ZYDIS_MNEMONIC_OR, MACHINE_OPERATION_OR},
    {ZYDIS_MNEMONIC_XOR, MACHINE_OPERATION_XOR},
    {ZYDIS_MNEMONIC_XCHG, MACHINE_OPERATION_EXCHANGE},
    {ZYDIS_MNEMONIC_IMUL, MACHINE_OPERATION_MULTIPLY},
    {ZYDIS_MNEMONIC_MUL, MACHINE_OPERATION_MULTIPLY_WIDE},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned find_kind(const struct mnemonic_kind *table, size_t count, unsigned mnemonic)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].mnemonic == mnemonic)
            return table[i].kind;
    return 0;
}

/* Number of a general register in x64 encoding, or MACHINE_REGISTER_NONE. */
static uint8_t register_number(ZydisRegister name, bool *high_byte)
{
    bool high = name >= ZYDIS_REGISTER_AH && name <= ZYDIS_REGISTER_BH;

    if (high_byte != NULL)
        *high_byte = high;
    switch (ZydisRegisterGetClass(name)) {
    case ZYDIS_REGCLASS_GPR8:
        if (high)
            return (uint8_t)(name - ZYDIS_REGISTER_AH);
        /* al cl dl bl, then (after the high bytes) spl bpl sil dil r8b … */
        if (name < ZYDIS_REGISTER_AH)
            return (uint8_t)(name - ZYDIS_REGISTER_AL);
        return (uint8_t)(name - ZYDIS_REGISTER_SPL + 4);
    case ZYDIS_REGCLASS_GPR16:
    case ZYDIS_REGCLASS_GPR32:
    case ZYDIS_REGCLASS_GPR64:
        return (uint8_t)ZydisRegisterGetId(name);
    default:
        return MACHINE_REGISTER_NONE;
    }
}

static void describe_memory(const ZydisDecodedInstruction *decoded,
                            const ZydisDecodedOperand *operand, struct machine_memory_operand *out)
{
    bool rip = operand->mem.base == ZYDIS_REGISTER_RIP || operand->mem.base == ZYDIS_REGISTER_EIP;

    out->present = true;
    out->rip_relative = rip;
    out->base = rip ? MACHINE_REGISTER_NONE : register_number(operand->mem.base, NULL);
    out->index = register_number(operand->mem.index, NULL);
    out->scale = operand->mem.scale;
    out->address_width = decoded->address_width / 8;
    out->width = (uint8_t)(operand->size / 8);
    out->displacement = operand->mem.disp.value;
    out->segment = operand->mem.segment == ZYDIS_REGISTER_FS   ? MACHINE_SEGMENT_FS
                   : operand->mem.segment == ZYDIS_REGISTER_GS ? MACHINE_SEGMENT_GS
                                                               : MACHINE_SEGMENT_FLAT;
    out->read = (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
    out->written = (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
}

static void describe_operand(const ZydisDecodedInstruction *decoded,
                             const ZydisDecodedOperand *operand, struct machine_instruction *out,
                             struct machine_operand *described)
{
    described->width = (uint8_t)(operand->size / 8);
    switch (operand->type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
        described->register_index = register_number(operand->reg.value, &described->high_byte);
        if (described->register_index != MACHINE_REGISTER_NONE)
            described->kind = MACHINE_OPERAND_REGISTER;
        break;
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        described->kind = MACHINE_OPERAND_IMMEDIATE;
        described->immediate = operand->imm.value.s;
        break;
    case ZYDIS_OPERAND_TYPE_MEMORY:
        described->kind = MACHINE_OPERAND_MEMORY;
        describe_memory(decoded, operand, &out->memory);
        break;
    default:
        break;
    }
}

/* MOV with a control or debug register on one side. */
static unsigned classify_move(const ZydisDecodedOperand *operands, struct machine_instruction *out)
{
    for (unsigned side = 0; side < 2; side++) {
        if (operands[side].type != ZYDIS_OPERAND_TYPE_REGISTER)
            continue;
        ZydisRegister name = operands[side].reg.value;
        ZydisRegisterClass class = ZydisRegisterGetClass(name);
        if (class != ZYDIS_REGCLASS_CONTROL && class != ZYDIS_REGCLASS_DEBUG)
            continue;
        bool control = class == ZYDIS_REGCLASS_CONTROL;
        out->control_register =
            (uint8_t)(name - (control ? ZYDIS_REGISTER_CR0 : ZYDIS_REGISTER_DR0));
        if (side == 0)
            return control ? MACHINE_INSTRUCTION_MOV_TO_CR : MACHINE_INSTRUCTION_MOV_TO_DR;
        return control ? MACHINE_INSTRUCTION_MOV_FROM_CR : MACHINE_INSTRUCTION_MOV_FROM_DR;
    }
    return MACHINE_INSTRUCTION_OTHER;
}

/* IN and OUT name the accumulator and the port in opposite orders; INS and OUTS hide both. */
static void describe_port(const ZydisDecodedInstruction *decoded,
                          const ZydisDecodedOperand *operands, struct machine_instruction *out)
{
    const ZydisDecodedOperand *data = &operands[out->kind == MACHINE_INSTRUCTION_IN ? 0 : 1];
    const ZydisDecodedOperand *port = &operands[out->kind == MACHINE_INSTRUCTION_IN ? 1 : 0];

    if (out->kind == MACHINE_INSTRUCTION_INS || out->kind == MACHINE_INSTRUCTION_OUTS) {
        for (unsigned i = 0; i < decoded->operand_count; i++)
            if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
                describe_memory(decoded, &operands[i], &out->memory);
        out->port_in_dx = true;
        out->width = out->memory.width;
        return;
    }
    out->width = (uint8_t)(data->size / 8);
    out->port_in_dx = port->type == ZYDIS_OPERAND_TYPE_REGISTER;
    if (!out->port_in_dx)
        out->port = (uint8_t)port->imm.value.u;
}

/* A plain instruction that reaches memory: describe it so that its access can be emulated. */
static void classify_memory_access(const ZydisDecodedInstruction *decoded,
                                   struct machine_instruction *out)
{
    unsigned operation = find_kind(memory_operations, COUNT(memory_operations), decoded->mnemonic);
    unsigned explicit = decoded->operand_count_visible;

    /* Both sides must be operands that we can name: this leaves out moves of segment registers. */
    if (operation == MACHINE_OPERATION_NONE || !out->memory.present)
        return;
    if (operation == MACHINE_OPERATION_MULTIPLY_WIDE) {
        out->source = out->destination;
        out->destination = (struct machine_operand){0};
    } else if (explicit != 2 || out->destination.kind == MACHINE_OPERAND_NONE ||
               out->source.kind == MACHINE_OPERAND_NONE) {
        return; /* one- and three-operand imul, too */
    }
    out->kind = MACHINE_INSTRUCTION_MEMORY_ACCESS;
    out->operation = (uint8_t)operation;
    out->width =
        operation == MACHINE_OPERATION_MULTIPLY_WIDE ? out->source.width : out->destination.width;
}

static bool single_operand_is_source(unsigned kind)
{
    switch (kind) {
    case MACHINE_INSTRUCTION_LIDT:
    case MACHINE_INSTRUCTION_LGDT:
    case MACHINE_INSTRUCTION_LLDT:
    case MACHINE_INSTRUCTION_LTR:
    case MACHINE_INSTRUCTION_LMSW:
    case MACHINE_INSTRUCTION_INVLPG:
        return true;
    default:
        return false;
    }
}

static void classify(const ZydisDecodedInstruction *decoded, const ZydisDecodedOperand *operands,
                     struct machine_instruction *out)
{
    out->kind = (uint16_t)find_kind(privileged, COUNT(privileged), decoded->mnemonic);
    if (decoded->mnemonic == ZYDIS_MNEMONIC_MOV)
        out->kind = (uint16_t)classify_move(operands, out);

    switch (out->kind) {
    case MACHINE_INSTRUCTION_OTHER:
        classify_memory_access(decoded, out);
        break;
    case MACHINE_INSTRUCTION_IN:
    case MACHINE_INSTRUCTION_OUT:
    case MACHINE_INSTRUCTION_INS:
    case MACHINE_INSTRUCTION_OUTS:
        describe_port(decoded, operands, out);
        break;
    case MACHINE_INSTRUCTION_INT:
        out->vector = (uint8_t)operands[0].imm.value.u;
        break;
    case MACHINE_INSTRUCTION_INT3:
        out->vector = 3;
        break;
    case MACHINE_INSTRUCTION_ICEBP:
        out->vector = 1;
        break;
    default:
        if (single_operand_is_source(out->kind)) {
            out->source = out->destination;
            out->destination = (struct machine_operand){0};
        }
        out->width = out->source.width != 0 ? out->source.width : out->destination.width;
        break;
    }
}

static void initialise(ZydisDecoder *decoder, ZydisFormatter *formatter)
{
    ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisFormatterInit(formatter, ZYDIS_FORMATTER_STYLE_INTEL);
}

bool host_decode_privileged(const uint8_t *code, size_t available, struct machine_instruction *out)
{
    ZydisDecoder decoder;
    ZydisFormatter formatter;
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT] = {0};

    memset(out, 0, sizeof(*out));
    out->memory.base = out->memory.index = MACHINE_REGISTER_NONE;
    initialise(&decoder, &formatter);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, available, &decoded, operands))) {
        memset(out, 0, sizeof(*out));
        return false;
    }

    out->length = decoded.length;
    out->repeat = (decoded.attributes & ZYDIS_ATTRIB_HAS_REP) != 0;
    out->locked = (decoded.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0;
    if (decoded.operand_count_visible > 0)
        describe_operand(&decoded, &operands[0], out, &out->destination);
    if (decoded.operand_count_visible > 1)
        describe_operand(&decoded, &operands[1], out, &out->source);
    classify(&decoded, operands, out);
    ZydisFormatterFormatInstruction(&formatter, &decoded, operands, decoded.operand_count_visible,
                                    out->text, sizeof(out->text), ZYDIS_RUNTIME_ADDRESS_NONE, NULL);
    return true;
}

bool host_disassemble(uint64_t address, const uint8_t *code, size_t n, char *text, size_t size,
                      unsigned *length)
{
    ZydisDecoder decoder;
    ZydisFormatter formatter;
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

    *length = 0;
    if (size > 0)
        text[0] = '\0';
    if (n == 0 || size == 0)
        return false;
    initialise(&decoder, &formatter);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, n, &decoded, operands))) {
        snprintf(text, size, "db 0x%02X", code[0]);
        *length = 1;
        return false;
    }
    *length = decoded.length;
    /* The formatter refuses a short buffer instead of cutting; the largest text fits this one. */
    char whole[256];
    ZydisFormatterFormatInstruction(&formatter, &decoded, operands, decoded.operand_count_visible,
                                    whole, sizeof(whole), address, NULL);
    snprintf(text, size, "%s", whole);
    return true;
}
