/*
 * .debug_frame from .pdata: x64 Windows describes prologues by UNWIND_INFO, debuggers on Linux
 * read DWARF call frame information.
 *
 * Both describe the same thing, from opposite ends: UNWIND_INFO lists the steps of the prologue
 * last step first, each with the offset at which it is done; a frame description entry gives,
 * first step first, the distance from the stack pointer to the CFA (the caller's stack pointer
 * after return) and where registers are saved relative to it. Epilogues have no description on
 * the Windows side: a debugger that stops inside one shows a wrong caller.
 *
 * One routine of the kernel is neither described nor a leaf: the system-call gate, which changes
 * stacks. Its rule lets a call stack go on into the program that called.
 *
 * Source: x64 exception handling (Microsoft C++ documentation); DWARF 4, section 6.4.
 */
#include "gdb_object.h"

#include <stdlib.h>
#include <string.h>

enum {
    FUNCTION_ENTRY_SIZE = 12,
    UNWIND_CHAINED = 4,
    CHAIN_LIMIT = 32,
    CODE_LIMIT = 255,
    DWARF_RSP = 7,
    DWARF_RIP = 16,
    DWARF_XMM0 = 17,
};

enum unwind_operation {
    PUSH_REGISTER,
    ALLOCATE_LARGE,
    ALLOCATE_SMALL,
    SET_FRAME_REGISTER,
    SAVE_REGISTER,
    SAVE_REGISTER_FAR,
    EPILOGUE, /* version 2 */
    SPARE,
    SAVE_XMM,
    SAVE_XMM_FAR,
    PUSH_MACHINE_FRAME,
};

struct step {
    uint8_t offset; /* in the prologue, behind the instruction */
    uint8_t operation;
    uint8_t info;
    uint32_t operand; /* bytes */
};

struct unwind_info {
    uint8_t flags, frame_register;
    uint32_t frame_offset; /* bytes from the stack pointer to the frame register */
    unsigned step_count;
    struct step steps[CODE_LIMIT]; /* last step of the prologue first */
    const uint8_t *chained;        /* the parent's function entry, or NULL */
};

/* The system-call gate of ke/entry.S, and the variable that points at the processor's block. */
struct gate {
    uint32_t start, processor;
};
#define GATE_NAME "ki_system_call_gate"
#define PROCESSOR_NAME "ki_current_pcr"
#define PROCESSOR_STACK 0x1A8 /* its field RspBase: below it, the gate keeps the user's rsp */

struct frame {
    const struct host_pe_view *view;
    struct host_bytes *out;
    uint32_t location; /* prologue offset of the rules emitted last */
    uint32_t cfa;      /* bytes from the stack pointer to the CFA */
    uint32_t saves;    /* bytes from where saved registers count to the CFA */
    bool has_frame_register;
};

/* Encoding numbers to DWARF's. */
static const uint8_t dwarf_register[16] = {0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};

static void put(struct host_bytes *out, uint64_t value, unsigned size)
{
    host_bytes_add(out, &value, size);
}

static void put_leb(struct host_bytes *out, uint64_t value)
{
    do {
        put(out, (value & 0x7F) | (value > 0x7F ? 0x80 : 0), 1);
        value >>= 7;
    } while (value != 0);
}

/* --- Reading UNWIND_INFO --- */

/* 16-bit slots that a code occupies, or 0 for an unknown one. */
static unsigned slots_of(unsigned operation, unsigned info)
{
    switch (operation) {
    case PUSH_REGISTER:
    case ALLOCATE_SMALL:
    case SET_FRAME_REGISTER:
    case PUSH_MACHINE_FRAME:
        return 1;
    case ALLOCATE_LARGE:
        return info == 0 ? 2 : 3;
    case SAVE_REGISTER:
    case SAVE_XMM:
    case EPILOGUE:
        return 2;
    case SAVE_REGISTER_FAR:
    case SAVE_XMM_FAR:
    case SPARE:
        return 3;
    default:
        return 0;
    }
}

static uint32_t operand_of(unsigned operation, unsigned info, const uint8_t *code)
{
    switch (operation) {
    case ALLOCATE_SMALL:
        return info * 8 + 8;
    case ALLOCATE_LARGE:
        return info == 0 ? host_load16(code + 2) * 8u : host_load32(code + 2);
    case SAVE_REGISTER:
        return host_load16(code + 2) * 8u;
    case SAVE_XMM:
        return host_load16(code + 2) * 16u;
    case SAVE_REGISTER_FAR:
    case SAVE_XMM_FAR:
        return host_load32(code + 2);
    default:
        return 0;
    }
}

static bool read_unwind_info(const struct host_pe_view *view, uint32_t rva,
                             struct unwind_info *info)
{
    const uint8_t *header = host_pe_bytes(view, rva, 4);

    memset(info, 0, offsetof(struct unwind_info, steps));
    info->chained = NULL;
    if (header == NULL)
        return false;
    unsigned count = header[2];
    const uint8_t *codes = host_pe_bytes(view, rva + 4, count * 2);
    if (codes == NULL)
        return false;
    info->flags = header[0] >> 3;
    info->frame_register = header[3] & 15;
    info->frame_offset = (header[3] >> 4) * 16u;
    for (unsigned at = 0; at < count;) {
        const uint8_t *code = codes + 2 * at;
        unsigned operation = code[1] & 15, detail = code[1] >> 4;
        unsigned slots = slots_of(operation, detail);
        if (slots == 0 || at + slots > count)
            return false;
        info->steps[info->step_count++] = (struct step){
            code[0], (uint8_t)operation, (uint8_t)detail, operand_of(operation, detail, code)};
        at += slots;
    }
    if (info->flags & UNWIND_CHAINED) {
        info->chained = host_pe_bytes(view, rva + 4 + (count + 1) / 2 * 4, FUNCTION_ENTRY_SIZE);
        return info->chained != NULL;
    }
    return true;
}

/* --- Writing rules --- */

static void advance_to(struct frame *frame, uint32_t location)
{
    if (location <= frame->location)
        return;
    put(frame->out, 0x02, 1); /* DW_CFA_advance_loc1 */
    put(frame->out, location - frame->location, 1);
    frame->location = location;
}

static void set_cfa_offset(struct frame *frame)
{
    if (frame->has_frame_register)
        return;
    put(frame->out, 0x0E, 1); /* DW_CFA_def_cfa_offset */
    put_leb(frame->out, frame->cfa);
}

/* Register `number` (DWARF) is saved `distance` bytes below the CFA. */
static void set_saved(struct frame *frame, unsigned number, uint32_t distance)
{
    put(frame->out, 0x05, 1); /* DW_CFA_offset_extended */
    put_leb(frame->out, number);
    put_leb(frame->out, distance / 8);
}

/* An interrupt pushed ss, rsp, rflags, cs, rip and perhaps an error code. */
static void machine_frame(struct frame *frame, bool error_code)
{
    frame->cfa = error_code ? 16 : 8; /* as if rip were a return address */
    set_cfa_offset(frame);
    put(frame->out, 0x11, 1); /* DW_CFA_offset_extended_sf: rsp at CFA + 16, two units of -8 */
    put_leb(frame->out, DWARF_RSP);
    put(frame->out, 0x7E, 1);
}

static void write_step(struct frame *frame, const struct unwind_info *info, const struct step *step)
{
    switch (step->operation) {
    case PUSH_REGISTER:
        frame->cfa += 8;
        set_cfa_offset(frame);
        set_saved(frame, dwarf_register[step->info], frame->cfa);
        break;
    case ALLOCATE_SMALL:
    case ALLOCATE_LARGE:
        frame->cfa += step->operand;
        set_cfa_offset(frame);
        break;
    case SET_FRAME_REGISTER:
        frame->has_frame_register = true;
        put(frame->out, 0x0C, 1); /* DW_CFA_def_cfa */
        put_leb(frame->out, dwarf_register[info->frame_register]);
        put_leb(frame->out, frame->cfa - info->frame_offset);
        break;
    case SAVE_REGISTER:
    case SAVE_REGISTER_FAR:
        if (step->operand < frame->saves)
            set_saved(frame, dwarf_register[step->info], frame->saves - step->operand);
        break;
    case SAVE_XMM:
    case SAVE_XMM_FAR:
        if (step->operand < frame->saves)
            set_saved(frame, DWARF_XMM0 + step->info, frame->saves - step->operand);
        break;
    case PUSH_MACHINE_FRAME:
        machine_frame(frame, step->info != 0);
        break;
    default:
        break;
    }
}

/*
 * The distance of the CFA from the point that register saves count from: the stack pointer when
 * the frame register was set, else at the end of the prologue.
 */
static uint32_t saves_distance(uint32_t cfa, const struct unwind_info *info)
{
    for (unsigned i = info->step_count; i-- > 0;) {
        const struct step *step = &info->steps[i];
        if (step->operation == PUSH_REGISTER)
            cfa += 8;
        if (step->operation == ALLOCATE_SMALL || step->operation == ALLOCATE_LARGE)
            cfa += step->operand;
        if (step->operation == PUSH_MACHINE_FRAME)
            cfa = step->info != 0 ? 16 : 8;
        if (step->operation == SET_FRAME_REGISTER)
            break;
    }
    return cfa;
}

/* The rules of one entry; a chained entry starts with all of its parent's rules. */
static void write_rules(struct frame *frame, uint32_t unwind_rva, unsigned depth)
{
    struct unwind_info info;
    bool whole = read_unwind_info(frame->view, unwind_rva, &info);

    if (info.chained != NULL && depth < CHAIN_LIMIT)
        write_rules(frame, host_load32(info.chained + 8), depth + 1);
    if (!whole)
        return;
    frame->saves = saves_distance(frame->cfa, &info);
    for (unsigned i = info.step_count; i-- > 0;) {
        if (depth == 0)
            advance_to(frame, info.steps[i].offset);
        write_step(frame, &info, &info.steps[i]);
    }
}

/* --- Entries --- */

static size_t begin_entry(struct host_bytes *out, uint32_t identity)
{
    size_t start = out->size;

    put(out, 0, 4); /* length, set at the end */
    put(out, identity, 4);
    return start;
}

static void end_entry(struct host_bytes *out, size_t start)
{
    while ((out->size - start - 4) % 8 != 0)
        put(out, 0, 1); /* DW_CFA_nop */
    if (out->failed)
        return;
    uint32_t length = (uint32_t)(out->size - start - 4);
    memcpy(out->data + start, &length, sizeof(length));
}

/*
 * A common entry: on entry to a function, the CFA is rsp + 8, the return address below it.
 * @param augmentation  "S" for frames that a debugger must not expect on the stack of their caller
 */
static void write_common(struct host_bytes *out, const char *augmentation)
{
    static const uint8_t rules[] = {
        1,
        0x78,
        DWARF_RIP, /* code unit 1, data unit -8 */
        0x0C,
        DWARF_RSP,
        8, /* DW_CFA_def_cfa */
        0x80 | DWARF_RIP,
        1, /* DW_CFA_offset */
    };
    size_t start = begin_entry(out, UINT32_MAX);

    put(out, 1, 1); /* version */
    host_bytes_add(out, augmentation, strlen(augmentation) + 1);
    host_bytes_add(out, rules, sizeof(rules));
    end_entry(out, start);
}

/* An entry for [begin, end); unwind_rva 0 = a leaf function. */
static void write_function(const struct host_pe_view *view, uint64_t base, uint32_t begin,
                           uint32_t end, uint32_t unwind_rva, struct host_bytes *out)
{
    struct frame frame = {.view = view, .out = out, .cfa = 8};
    size_t start;

    if (begin >= end)
        return;
    start = begin_entry(out, 0);
    put(out, base + begin, 8);
    put(out, end - begin, 8);
    if (unwind_rva != 0)
        write_rules(&frame, unwind_rva, 0);
    end_entry(out, start);
}

static bool note_gate(void *context, uint32_t rva, const char *name)
{
    struct gate *gate = context;

    if (strcmp(name, GATE_NAME) == 0)
        gate->start = rva;
    if (strcmp(name, PROCESSOR_NAME) == 0)
        gate->processor = rva;
    return true;
}

/* An entry for the gate: its caller's stack is that of the user, where the return address lies. */
static void write_gate(const struct gate *gate, uint64_t base, uint32_t end, struct host_bytes *out)
{
    struct host_bytes expression = {0};
    size_t common = out->size, start;

    write_common(out, "S");
    start = begin_entry(out, (uint32_t)common);

    put(out, base + gate->start, 8);
    put(out, end - gate->start, 8);
    put(&expression, 0x03, 1); /* DW_OP_addr */
    put(&expression, base + gate->processor, 8);
    put(&expression, 0x06, 1); /* DW_OP_deref */
    put(&expression, 0x23, 1); /* DW_OP_plus_uconst */
    put_leb(&expression, PROCESSOR_STACK);
    put(&expression, 0x1C3806, 3); /* DW_OP_deref, DW_OP_lit8, DW_OP_minus */
    put(&expression, 0x082306, 3); /* DW_OP_deref, DW_OP_plus_uconst 8 */
    put(out, 0x0F, 1);             /* DW_CFA_def_cfa_expression */
    put_leb(out, expression.size);
    host_bytes_add(out, expression.data, expression.size);
    free(expression.data);
    end_entry(out, start);
}

/* Code without UNWIND_INFO: leaf functions, and the gate. */
static void write_gap(const struct host_pe_view *view, uint64_t base, uint32_t begin, uint32_t end,
                      const struct gate *gate, struct host_bytes *out)
{
    bool has_gate =
        gate->start != 0 && gate->processor != 0 && begin <= gate->start && gate->start < end;

    write_function(view, base, begin, has_gate ? gate->start : end, 0, out);
    if (has_gate)
        write_gate(gate, base, end, out);
}

void host_frames_from_pdata(const struct host_pe_view *view, uint64_t base, struct host_bytes *out)
{
    uint32_t size = view->directories[HOST_PE_EXCEPTION].size;
    const uint8_t *entries =
        size != 0 ? host_pe_bytes(view, view->directories[HOST_PE_EXCEPTION].rva, size) : NULL;

    struct gate gate = {0};

    if (entries == NULL)
        return;
    host_pe_names(view, note_gate, &gate);
    write_common(out, "");
    for (unsigned i = 0; i < view->section_count; i++) {
        const struct host_pe_section *section = &view->sections[i];
        uint32_t covered = section->rva;

        if ((section->characteristics & HOST_PE_EXECUTE) == 0)
            continue;
        for (uint32_t at = 0; at + FUNCTION_ENTRY_SIZE <= size; at += FUNCTION_ENTRY_SIZE) {
            uint32_t begin = host_load32(entries + at), end = host_load32(entries + at + 4);
            if (begin < section->rva || begin - section->rva >= section->virtual_size)
                continue;
            write_gap(view, base, covered, begin, &gate, out);
            write_function(view, base, begin, end, host_load32(entries + at + 8), out);
            covered = end > covered ? end : covered;
        }
        uint64_t section_end = (uint64_t)section->rva + section->virtual_size;
        if (section_end <= UINT32_MAX)
            write_gap(view, base, covered, (uint32_t)section_end, &gate, out);
    }
}
