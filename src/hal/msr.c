/*
 * Model-specific registers of the simulated processor: an Intel processor of family 6 at 2.6 GHz,
 * with virtualisation locked off by the firmware.
 *
 * A register that is not listed does not exist, and one that is not writable refuses writes: both
 * raise #GP, which drivers that probe catch with __try. What is written is kept and read back, but
 * changes nothing: a write to IA32_LSTAR, say, does not move the system-call entry.
 */
#include "hal/hal.h"
#include "ke/ke_internal.h"

#define CYCLES_PER_100NS 260ull /* 2.6 GHz */

enum {
    MSR_TIME_STAMP_COUNTER = 0x10,
    MSR_MAXIMUM_FREQUENCY_CLOCK = 0xE7,
    MSR_ACTUAL_FREQUENCY_CLOCK = 0xE8,
    MSR_MTRR_FIRST = 0x200, /* eight pairs of base and mask */
    MSR_MTRR_LAST = 0x20F,
    MSR_LSTAR = 0xC0000082,
    MSR_GS_BASE = 0xC0000101,
    MSR_KERNEL_GS_BASE = 0xC0000102,
};

struct model_register {
    ULONG index;
    BOOLEAN writable;
    ULONG64 value;
};

static struct model_register registers[] = {
    {0x017, FALSE, 0},           /* IA32_PLATFORM_ID */
    {0x01B, TRUE, 0xFEE00900},   /* IA32_APIC_BASE: enabled, boot processor */
    {0x03A, FALSE, 1},           /* IA32_FEATURE_CONTROL: locked */
    {0x03B, TRUE, 0},            /* IA32_TSC_ADJUST */
    {0x048, TRUE, 0},            /* IA32_SPEC_CTRL */
    {0x049, TRUE, 0},            /* IA32_PRED_CMD */
    {0x079, TRUE, 0},            /* IA32_BIOS_UPDT_TRIG */
    {0x08B, TRUE, 0x2700000000}, /* IA32_BIOS_SIGN_ID: microcode revision */
    {0x0CE, FALSE, 0x1A00},      /* MSR_PLATFORM_INFO: ratio 26 */
    {0x0FE, FALSE, 0x508},       /* IA32_MTRRCAP */
    {0x10A, FALSE, 0},           /* IA32_ARCH_CAPABILITIES */
    {0x174, TRUE, 0},            /* IA32_SYSENTER_CS … EIP */
    {0x175, TRUE, 0},
    {0x176, TRUE, 0},
    {0x179, FALSE, 0},                 /* IA32_MCG_CAP: no machine-check banks */
    {0x17A, TRUE, 0},                  /* IA32_MCG_STATUS */
    {0x198, FALSE, 0x1A00},            /* IA32_PERF_STATUS */
    {0x199, TRUE, 0x1A00},             /* IA32_PERF_CTL */
    {0x19A, TRUE, 0},                  /* IA32_CLOCK_MODULATION */
    {0x19B, TRUE, 0},                  /* IA32_THERM_INTERRUPT */
    {0x19C, FALSE, 0x88320000},        /* IA32_THERM_STATUS: 50 degrees below the limit */
    {0x1A0, TRUE, 0x850089},           /* IA32_MISC_ENABLE */
    {0x1A2, FALSE, 100 << 16},         /* MSR_TEMPERATURE_TARGET: limit 100 degrees */
    {0x1B1, FALSE, 0x88320000},        /* IA32_PACKAGE_THERM_STATUS */
    {0x1D9, TRUE, 0},                  /* IA32_DEBUGCTL */
    {0x250, TRUE, 0x0606060606060606}, /* fixed-range MTRRs: write-back, VGA uncached */
    {0x258, TRUE, 0x0606060606060606},
    {0x259, TRUE, 0},
    {0x268, TRUE, 0x0505050505050505},
    {0x269, TRUE, 0x0505050505050505},
    {0x26A, TRUE, 0x0505050505050505},
    {0x26B, TRUE, 0x0505050505050505},
    {0x26C, TRUE, 0x0505050505050505},
    {0x26D, TRUE, 0x0505050505050505},
    {0x26E, TRUE, 0x0505050505050505},
    {0x26F, TRUE, 0x0505050505050505},
    {0x277, TRUE, 0x0007010600070106},      /* IA32_PAT as Windows sets it */
    {0x2FF, TRUE, 0xC06},                   /* IA32_MTRR_DEF_TYPE: on, write-back */
    {0xC0000080, TRUE, 0xD01},              /* IA32_EFER: SCE, LME, LMA, NXE */
    {0xC0000081, TRUE, 0x0023001000000000}, /* IA32_STAR */
    {MSR_LSTAR, TRUE, 0},                   /* set at the first access */
    {0xC0000083, TRUE, 0},                  /* IA32_CSTAR */
    {0xC0000084, TRUE, 0x4700},             /* IA32_FMASK */
    {0xC0000100, TRUE, 0},                  /* IA32_FS_BASE */
    {0xC0000103, TRUE, 0},                  /* IA32_TSC_AUX: the processor's number */
};

static ULONG64 variable_mtrrs[MSR_MTRR_LAST - MSR_MTRR_FIRST + 1];

static struct model_register *find(ULONG index)
{
    for (ULONG i = 0; i < ARRAY_COUNT(registers); i++) {
        if (registers[i].index != index)
            continue;
        if (index == MSR_LSTAR && registers[i].value == 0)
            registers[i].value = (ULONG64)ki_system_call_gate;
        return &registers[i];
    }
    return NULL;
}

BOOLEAN hal_msr_read(ULONG index, ULONG64 *value)
{
    const struct model_register *found;

    switch (index) {
    case MSR_TIME_STAMP_COUNTER:
    case MSR_MAXIMUM_FREQUENCY_CLOCK:
    case MSR_ACTUAL_FREQUENCY_CLOCK:
        *value = ke_interrupt_time() * CYCLES_PER_100NS;
        return TRUE;
    case MSR_MTRR_FIRST ... MSR_MTRR_LAST:
        *value = variable_mtrrs[index - MSR_MTRR_FIRST];
        return TRUE;
    case MSR_GS_BASE:
        *value = (ULONG64)ke_pcr();
        return TRUE;
    case MSR_KERNEL_GS_BASE: /* swapped in on the way to user mode */
        *value = (ULONG64)ke_current_thread()->Teb;
        return TRUE;
    }
    found = find(index);
    if (!found)
        return FALSE;
    *value = found->value;
    return TRUE;
}

BOOLEAN hal_msr_write(ULONG index, ULONG64 value)
{
    struct model_register *found;

    if (index >= MSR_MTRR_FIRST && index <= MSR_MTRR_LAST) {
        variable_mtrrs[index - MSR_MTRR_FIRST] = value;
        return TRUE;
    }
    found = find(index);
    if (!found || !found->writable)
        return FALSE;
    found->value = value;
    return TRUE;
}
