/*
 * Instructions that only ring 0 may execute, written out in assembler as drivers have them after
 * inlining. What a test reads back is true of any x64 PC.
 */
#include "../guest.h"

#define EFER 0xC0000080
#define LSTAR 0xC0000082
#define GS_BASE 0xC0000101
#define NO_SUCH_REGISTER 0x0BADC0DE

static ULONG64 read_cr8(void)
{
    ULONG64 value;

    __asm__ volatile("movq %%cr8, %0" : "=r"(value) : : "memory");
    return value;
}

static void write_cr8(ULONG64 value)
{
    __asm__ volatile("movq %0, %%cr8" : : "r"(value) : "memory");
}

static ULONG64 read_msr(ULONG index)
{
    ULONG low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return (ULONG64)high << 32 | low;
}

static void write_msr(ULONG index, ULONG64 value)
{
    __asm__ volatile("wrmsr" : : "a"((ULONG)value), "d"((ULONG)(value >> 32)), "c"(index));
}

static UCHAR in_byte(USHORT port)
{
    UCHAR value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void out_byte(USHORT port, UCHAR value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

GUEST_TEST(cr8_is_the_irql)
{
    ok_eq_int(read_cr8(), PASSIVE_LEVEL);
    write_cr8(DISPATCH_LEVEL);
    ok_eq_int(read_cr8(), DISPATCH_LEVEL);
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    write_cr8(APC_LEVEL);
    ok_eq_int(KeGetCurrentIrql(), APC_LEVEL);
    write_cr8(PASSIVE_LEVEL);
    ok_eq_int(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static volatile LONG dpc_runs;

static VOID NTAPI count_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    InterlockedIncrement(&dpc_runs);
}

GUEST_TEST(lowering_cr8_delivers_dpcs)
{
    static KDPC dpc;

    dpc_runs = 0;
    KeInitializeDpc(&dpc, count_dpc, NULL);
    KeSetTargetProcessorDpc(&dpc, (CCHAR)KeGetCurrentProcessorNumber());
    write_cr8(DISPATCH_LEVEL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    ok_eq_int(dpc_runs, 0);
    write_cr8(PASSIVE_LEVEL);
    ok_eq_int(dpc_runs, 1);
}

GUEST_TEST(control_registers_are_plausible)
{
    ULONG64 cr0, cr2, cr3, cr4;

    __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
    __asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
    __asm__ volatile("movq %%cr4, %%r12\n\tmovq %%r12, %0" : "=r"(cr4) : : "r12");
    (void)cr2;
    ok((cr0 & 0x80010001) == 0x80010001, "CR0 %llx: PG, WP, PE", cr0);
    ok(cr3 != 0, "CR3 %llx", cr3);
    ok((cr4 & 0x620) == 0x620, "CR4 %llx: PAE, OSFXSR, OSXMMEXCPT", cr4);
}

/* The usual way to patch a constant table: switch write protection off for one processor. */
static const volatile ULONG64 protected_value = 0x1111;

GUEST_TEST(clearing_write_protect_allows_writes)
{
    ULONG64 cr0;
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    __asm__ volatile("cli\n\tmovq %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("movq %0, %%cr0" : : "r"(cr0 & ~0x10000ull));
    __asm__ volatile("movq %1, (%0)\n\taddl $1, (%0)"
                     :
                     : "r"(&protected_value), "r"(0x2222ull)
                     : "memory");
    __asm__ volatile("movq %0, %%cr0\n\tsti" : : "r"(cr0));
    KeLowerIrql(irql);
    ok_eq_int(protected_value, 0x2223);
}

GUEST_TEST(debug_registers_are_kept)
{
    ULONG64 before, seen;

    __asm__ volatile("movq %%dr3, %0" : "=r"(before));
    __asm__ volatile("movq %0, %%dr3" : : "r"(0x1234ull));
    __asm__ volatile("movq %%dr3, %0" : "=r"(seen));
    __asm__ volatile("movq %0, %%dr3" : : "r"(before));
    ok_eq_int(seen, 0x1234);
}

GUEST_TEST(model_registers)
{
    ULONG64 pat;

    ok((read_msr(EFER) & 0x501) == 0x501, "EFER %llx: SCE, LME, LMA", read_msr(EFER));
    ok(read_msr(LSTAR) != 0, "LSTAR %llx", read_msr(LSTAR));
    ok_eq_int(read_msr(GS_BASE), __readgsqword(0x18)); /* KPCR.Self */
    pat = read_msr(0x277);
    write_msr(0x277, pat);
    ok_eq_int(read_msr(0x277), pat);
}

static ULONG_PTR *fault_information(PVOID pointers)
{
    return ((PEXCEPTION_POINTERS)pointers)->ExceptionRecord->ExceptionInformation;
}

/* NT turns the general-protection fault into an access violation at address -1. */
GUEST_TEST(unknown_model_register_faults)
{
    volatile NTSTATUS status = STATUS_SUCCESS;
    volatile ULONG_PTR address = 0;

    __try {
        read_msr(NO_SUCH_REGISTER);
    } __except (address = fault_information(GetExceptionInformation())[1],
                EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ok_eq_status(status, STATUS_ACCESS_VIOLATION);
    ok_eq_int(address, -1);

    status = STATUS_SUCCESS;
    __try {
        write_msr(NO_SUCH_REGISTER, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ok_eq_status(status, STATUS_ACCESS_VIOLATION);
}

GUEST_TEST(ports_without_device_read_ones)
{
    ULONG wide;
    USHORT word;

    __asm__ volatile("inw %1, %0" : "=a"(word) : "Nd"((USHORT)0x5A0));
    __asm__ volatile("inl %1, %0" : "=a"(wide) : "Nd"((USHORT)0x5A0));
    ok_eq_int(in_byte(0x5A0), 0xFF);
    ok_eq_int(word, 0xFFFF);
    ok_eq_int(wide, 0xFFFFFFFF);
}

GUEST_TEST(port_reads_keep_the_upper_half)
{
    ULONG64 rax = 0x1122334455667788;

    __asm__ volatile("inb %1, %%al" : "+a"(rax) : "d"((USHORT)0x5A0));
    ok_eq_int(rax, 0x11223344556677FF);
    rax = 0x1122334455667788;
    __asm__ volatile("inl %1, %%eax" : "+a"(rax) : "d"((USHORT)0x5A0));
    ok_eq_int(rax, 0xFFFFFFFF);
}

GUEST_TEST(string_port_reads)
{
    UCHAR bytes[6] = {0};
    PUCHAR to = bytes;
    ULONG64 count = 4;

    __asm__ volatile("rep insb" : "+D"(to), "+c"(count) : "d"((USHORT)0x5A0) : "memory");
    ok_eq_int(count, 0);
    ok_eq_int(to - bytes, 4);
    ok_eq_int(bytes[3], 0xFF);
    ok_eq_int(bytes[4], 0);
    count = 0;
    __asm__ volatile("rep insb" : "+D"(to), "+c"(count) : "d"((USHORT)0x5A0) : "memory");
    ok_eq_int(to - bytes, 4);
}

/* A buffer that is not there is the driver's page fault; what was moved before stays moved. */
GUEST_TEST(string_port_read_faults)
{
    volatile NTSTATUS status = STATUS_SUCCESS;
    volatile ULONG_PTR write = 9, address = 0;
    PUCHAR to = (PUCHAR)0x1000;
    ULONG64 count = 2;

    __try {
        __asm__ volatile("rep insb" : "+D"(to), "+c"(count) : "d"((USHORT)0x5A0) : "memory");
    } __except (write = fault_information(GetExceptionInformation())[0],
                address = fault_information(GetExceptionInformation())[1],
                EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ok_eq_status(status, STATUS_ACCESS_VIOLATION);
    ok_eq_int(write, 1);
    ok_eq_int(address, 0x1000);
}

/* The real-time clock: an index on one port, its data on the next. */
GUEST_TEST(cmos_through_ports)
{
    UCHAR status_b;
    ULONG month;

    out_byte(0x70, 0x0B);
    status_b = in_byte(0x71);
    out_byte(0x70, 0x08);
    month = in_byte(0x71);
    if (!(status_b & 4))
        month = (month >> 4) * 10 + (month & 0xF);
    ok(month >= 1 && month <= 12, "month %u", month);
}

GUEST_TEST(instructions_without_visible_effect)
{
    ULONG64 local = 1;

    __asm__ volatile("invlpg (%0)" : : "r"(&local) : "memory");
    __asm__ volatile("wbinvd" : : : "memory");
    __asm__ volatile("clts");
    __asm__ volatile("cli\n\tnop\n\tsti");
    ok_eq_int(local, 1);
}

GUEST_TEST(halt_waits_for_an_interrupt)
{
    LARGE_INTEGER before, after;

    KeQueryTickCount(&before);
    for (ULONG i = 0; i < 1000; i++) {
        __asm__ volatile("hlt");
        KeQueryTickCount(&after);
        if (after.QuadPart > before.QuadPart)
            break;
    }
    ok(after.QuadPart > before.QuadPart, "ticks %lld", after.QuadPart - before.QuadPart);
}

GUEST_TEST_FILE(privileged, GUEST_ROW(cr8_is_the_irql), GUEST_ROW(lowering_cr8_delivers_dpcs),
                GUEST_ROW(control_registers_are_plausible),
                GUEST_ROW(clearing_write_protect_allows_writes),
                GUEST_ROW(debug_registers_are_kept), GUEST_ROW(model_registers),
                GUEST_ROW(unknown_model_register_faults), GUEST_ROW(ports_without_device_read_ones),
                GUEST_ROW(port_reads_keep_the_upper_half), GUEST_ROW(string_port_reads),
                GUEST_ROW(string_port_read_faults), GUEST_ROW(cmos_through_ports),
                GUEST_ROW(instructions_without_visible_effect),
                GUEST_ROW(halt_waits_for_an_interrupt));
