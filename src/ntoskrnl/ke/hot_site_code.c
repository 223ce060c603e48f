/*
 * The code that takes a hot instruction's place.
 *
 * Each kind has a template, of which a stub is a copy with the site's register, its original
 * instruction and the address to go on at. Rules for them:
 *
 * - No use of the stack: a stack walk never meets a stub, and a full stack does not matter.
 * - All registers and flags are kept but for what the instruction changes. Registers that are
 *   needed lie in the processor's control block meanwhile. Only a slice of the watchdog interrupts
 *   a stub: ki_hot_site_trap sees to it that other stubs can run then.
 * - What takes more than a store is left to the original instruction: it stands at the end of the
 *   stub and traps there, with the registers as they were at the site. So everything that delivers
 *   interrupts, DPCs, APCs and thread switches starts in ki_trap, as without a stub, and finds the
 *   whole processor state saved.
 *
 * The flags are kept by lahf and seto instead of pushfq, which would need the stack.
 */
#include "ke/hot_site.h"
#include "ke/interrupt.h"
#include "machine/instruction.h"

/* Places in the code below. */
extern const UCHAR ki_hot_read[], ki_hot_read_move[], ki_hot_read_next[], ki_hot_read_end[];
extern const UCHAR ki_hot_write[], ki_hot_write_move[], ki_hot_write_decide[],
    ki_hot_write_decided[], ki_hot_write_leave[], ki_hot_write_original[], ki_hot_write_next[],
    ki_hot_write_end[];
extern const UCHAR ki_hot_disable[], ki_hot_disable_next[], ki_hot_disable_end[];
extern const UCHAR ki_hot_enable[], ki_hot_enable_decide[], ki_hot_enable_decided[],
    ki_hot_enable_leave[], ki_hot_enable_original[], ki_hot_enable_next[], ki_hot_enable_end[];

struct code_template {
    const UCHAR *start, *end;
    const UCHAR *move;     /* REX, opcode, ModRM: names the site's register; NULL = none */
    const UCHAR *original; /* room for the instruction itself; NULL = it is not needed */
    const UCHAR *next;     /* room for the address to go on at */
    /* From here to there it is found out whether a store is enough; `leave` says that it is not. */
    const UCHAR *decide, *decided, *leave;
};

static const struct code_template read_cr8 = {.start = ki_hot_read,
                                              .end = ki_hot_read_end,
                                              .move = ki_hot_read_move,
                                              .next = ki_hot_read_next};
static const struct code_template write_cr8 = {.start = ki_hot_write,
                                               .end = ki_hot_write_end,
                                               .move = ki_hot_write_move,
                                               .original = ki_hot_write_original,
                                               .next = ki_hot_write_next,
                                               .decide = ki_hot_write_decide,
                                               .decided = ki_hot_write_decided,
                                               .leave = ki_hot_write_leave};
static const struct code_template disable = {
    .start = ki_hot_disable, .end = ki_hot_disable_end, .next = ki_hot_disable_next};
static const struct code_template enable = {.start = ki_hot_enable,
                                            .end = ki_hot_enable_end,
                                            .original = ki_hot_enable_original,
                                            .next = ki_hot_enable_next,
                                            .decide = ki_hot_enable_decide,
                                            .decided = ki_hot_enable_decided,
                                            .leave = ki_hot_enable_leave};

/* mov reg, cr8; the instruction is movzbl %gs:irql, %eax with a REX prefix to be filled in. */
__attribute__((naked, used)) static void read_code(void)
{
    __asm__ volatile(".globl ki_hot_read, ki_hot_read_move, ki_hot_read_next, ki_hot_read_end\n"
                     "ki_hot_read:\n"
                     "        .byte   0x65\n"
                     "ki_hot_read_move:\n"
                     "        .byte   0x40, 0x0F, 0xB6, 0x04, 0x25\n"
                     "        .long   %c[irql]\n"
                     "        jmpq    *ki_hot_read_next(%%rip)\n"
                     "ki_hot_read_next:\n"
                     "        .quad   0\n"
                     "ki_hot_read_end:\n"
                     :
                     : [irql] "i"(FIELD_OFFSET(struct ke_pcr, Irql)));
}

#define SAVE                                                                                       \
    "        movq    %%rax, %%gs:%c[scratch]\n"                                                    \
    "        movq    %%rcx, %%gs:%c[scratch]+8\n"                                                  \
    "        movq    %%rdx, %%gs:%c[scratch]+16\n"

#define SAVE_FLAGS                                                                                 \
    "        lahf\n"                                                                               \
    "        seto    %%al\n"

#define RESTORE                                                                                    \
    "        addb    $0x7F, %%al\n" /* overflows if the flag was set */                            \
    "        sahf\n"                                                                               \
    "        movq    %%gs:%c[scratch]+16, %%rdx\n"                                                 \
    "        movq    %%gs:%c[scratch]+8, %%rcx\n"                                                  \
    "        movq    %%gs:%c[scratch], %%rax\n"

/* As ke_lower_irql(cl): to 3 when something is to be delivered, else to 2. Changes rdx. */
#define CHECK_PENDING                                                                              \
    "        movq    4f(%%rip), %%rdx\n"                                                           \
    "        cmpb    %%cl, (%%rdx)\n"                                                              \
    "        ja      3f\n"                                                                         \
    "        cmpb    %[dispatch], %%cl\n"                                                          \
    "        jae     2f\n"                                                                         \
    "        movq    5f(%%rip), %%rdx\n"                                                           \
    "        cmpb    $0, (%%rdx)\n"                                                                \
    "        jne     3f\n"                                                                         \
    "        movq    6f(%%rip), %%rdx\n"                                                           \
    "        movq    (%%rdx), %%rdx\n"                                                             \
    "        movq    %%rdx, %%gs:%c[scratch]+24\n"                                                 \
    "        movq    7f(%%rip), %%rdx\n"                                                           \
    "        movq    (%%rdx), %%rdx\n"                                                             \
    "        cmpq    %%gs:%c[scratch]+24, %%rdx\n"                                                 \
    "        jae     3f\n"

/* Addresses: a copy of the code is not where displacements to the kernel would be right. */
#define POINTERS                                                                                   \
    "4:      .quad   ki_interrupt_pending\n"                                                       \
    "5:      .quad   ki_pending\n"                                                                 \
    "6:      .quad   ki_clock_due\n"                                                               \
    "7:      .quad   ki_clock_now\n"

#define OFFSETS                                                                                    \
    [irql] "i"(FIELD_OFFSET(struct ke_pcr, Irql)),                                                 \
        [enabled] "i"(FIELD_OFFSET(struct ke_pcr, Prcb.InterruptsEnabled)),                        \
        [scratch] "i"(FIELD_OFFSET(struct ke_pcr, Prcb.StubScratch)),                              \
        [dispatch] "i"(DISPATCH_LEVEL), [high] "i"(HIGH_LEVEL)

/* mov cr8, reg: as write_irql of privileged.c. */
__attribute__((naked, used)) static void write_code(void)
{
    __asm__ volatile(".globl ki_hot_write, ki_hot_write_move, ki_hot_write_original\n"
                     ".globl ki_hot_write_decide, ki_hot_write_decided, ki_hot_write_leave\n"
                     ".globl ki_hot_write_next, ki_hot_write_end\n"
                     "ki_hot_write:\n" SAVE "ki_hot_write_move:\n"
                     "        movq    %%rax, %%rcx\n" SAVE_FLAGS "ki_hot_write_decide:\n"
                     "        cmpq    %[high], %%rcx\n"
                     "        ja      3f\n"
                     "        cmpb    %%gs:%c[irql], %%cl\n"
                     "        jae     2f\n"
                     "        cmpb    $0, %%gs:%c[enabled]\n"
                     "        je      2f\n" CHECK_PENDING "2:      movb    %%cl, %%gs:%c[irql]\n"
                     "ki_hot_write_decided:\n" RESTORE "        jmpq    *ki_hot_write_next(%%rip)\n"
                     "3:\n"
                     "ki_hot_write_leave:\n" RESTORE "ki_hot_write_original:\n"
                     "        .skip   %c[length], 0xCC\n" POINTERS "ki_hot_write_next:\n"
                     "        .quad   0\n"
                     "ki_hot_write_end:\n"
                     :
                     : OFFSETS, [length] "i"(MACHINE_INSTRUCTION_MAXIMUM_LENGTH));
}

__attribute__((naked, used)) static void disable_code(void)
{
    __asm__ volatile(".globl ki_hot_disable, ki_hot_disable_next, ki_hot_disable_end\n"
                     "ki_hot_disable:\n"
                     "        movb    $0, %%gs:%c[enabled]\n"
                     "        jmpq    *ki_hot_disable_next(%%rip)\n"
                     "ki_hot_disable_next:\n"
                     "        .quad   0\n"
                     "ki_hot_disable_end:\n"
                     :
                     : [enabled] "i"(FIELD_OFFSET(struct ke_pcr, Prcb.InterruptsEnabled)));
}

/* sti: what was held back is delivered, but for what the IRQL holds back too. */
__attribute__((naked, used)) static void enable_code(void)
{
    __asm__ volatile(
        ".globl ki_hot_enable, ki_hot_enable_original, ki_hot_enable_next, ki_hot_enable_end\n"
        ".globl ki_hot_enable_decide, ki_hot_enable_decided, ki_hot_enable_leave\n"
        "ki_hot_enable:\n" SAVE SAVE_FLAGS "ki_hot_enable_decide:\n"
        "        movzbl  %%gs:%c[irql], %%ecx\n" CHECK_PENDING
        "2:      movb    $1, %%gs:%c[enabled]\n"
        "ki_hot_enable_decided:\n" RESTORE "        jmpq    *ki_hot_enable_next(%%rip)\n"
        "3:\n"
        "ki_hot_enable_leave:\n" RESTORE "ki_hot_enable_original:\n"
        "        .skip   %c[length], 0xCC\n" POINTERS "ki_hot_enable_next:\n"
        "        .quad   0\n"
        "ki_hot_enable_end:\n"
        :
        : OFFSETS, [length] "i"(MACHINE_INSTRUCTION_MAXIMUM_LENGTH));
}

static const struct code_template *template_of(ULONG kind)
{
    switch (kind) {
    case MACHINE_INSTRUCTION_MOV_FROM_CR:
        return &read_cr8;
    case MACHINE_INSTRUCTION_MOV_TO_CR:
        return &write_cr8;
    case MACHINE_INSTRUCTION_CLI:
        return &disable;
    case MACHINE_INSTRUCTION_STI:
        return &enable;
    default:
        return NULL;
    }
}

/* In movzbl the register is the destination, in ModRM.reg; in movq the source, there too. */
static void set_register(UCHAR *move, const struct code_template *template, ULONG number)
{
    UCHAR *modrm = move + (template == &read_cr8 ? 3 : 2);

    *move |= (UCHAR)(number >> 3 << 2); /* REX.R */
    *modrm = (UCHAR)((*modrm & ~0x38u) | (number & 7) << 3);
}

BOOLEAN ki_hot_code_exists(const struct machine_instruction *instruction)
{
    if (!template_of(instruction->kind))
        return FALSE;
    return instruction->kind == MACHINE_INSTRUCTION_CLI ||
           instruction->kind == MACHINE_INSTRUCTION_STI || instruction->control_register == 8;
}

ULONG ki_hot_code_resume(ULONG kind, ULONG offset)
{
    const struct code_template *template = template_of(kind);

    if (template->leave && template->start + offset >= template->decide &&
        template->start + offset < template->decided)
        return (ULONG)(template->leave - template->start);
    return offset;
}

void ki_hot_code_write(UCHAR *code, const struct machine_instruction *instruction,
                       const UCHAR *original, ULONG64 next)
{
    const struct code_template *template = template_of(instruction->kind);
    const struct machine_operand *operand = instruction->kind == MACHINE_INSTRUCTION_MOV_FROM_CR
                                                ? &instruction->destination
                                                : &instruction->source;

    kassert(template && template->end - template->start <= KI_HOT_STUB_BYTES);
    RtlCopyMemory(code, template->start, (SIZE_T)(template->end - template->start));
    if (template->move)
        set_register(code + (template->move - template->start), template, operand->register_index);
    if (template->original)
        RtlCopyMemory(code + (template->original - template->start), original, instruction->length);
    RtlCopyMemory(code + (template->next - template->start), &next, sizeof(next));
}
