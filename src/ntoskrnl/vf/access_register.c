/*
 * RS-ACC-002 and RS-ACC-003: the sender of a request chooses a model-specific register or an I/O
 * port. The instructions are seen where they are emulated (ke/privileged.c).
 */
#include "ke/ke_internal.h"
#include "vf/access_internal.h"

VF_RULE(model_register) = {
    .id = "RS-ACC-002",
    .title = "user input chooses a model-specific register or its value",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "compare the register with a list of those that the program needs, and do not let it "
              "write any",
    .rationale = "The registers hold where system calls enter the kernel (LSTAR), so who writes "
                 "them runs code in kernel mode, and who reads them learns where the kernel lies.",
    .reference = "Windows driver documentation, Windows driver security checklist",
};

VF_RULE(port) = {
    .id = "RS-ACC-003",
    .title = "user input chooses an I/O port or configuration space",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "take the ports from the resources of the device, and let a request name only an "
              "offset that is checked against their number",
    .rationale = "Ports and the configuration space of a bus command all devices: DMA to any "
                 "memory, the flash of the firmware, the reset line.",
    .reference = "Windows driver documentation, Windows driver security checklist",
};

#define SMALLEST_VALUE 0x1000 /* written to a register: what is less says nothing */
#define SMALLEST_PORT 0x10
#define SMALLEST_SLOT 8

void vf_access_msr(const struct machine_trap *trap, ULONG index, BOOLEAN write, ULONG64 value)
{
    const char *name = write ? "wrmsr" : "rdmsr";
    struct vf_access_field field;
    struct vf_place place;

    if (vf_access_is_idle())
        return;
    if (vf_access_equal(index, &field)) {
        vf_place_of_trap(&place, trap);
        vf_access_reached(&model_register, MACHINE_REACH_MSR, &field, &place, index, name, "ECX");
    } else if (write && value >= SMALLEST_VALUE && vf_access_equal(value, &field)) {
        vf_place_of_trap(&place, trap);
        vf_access_reached(&model_register, MACHINE_REACH_MSR, &field, &place, value, name,
                          "EDX:EAX");
    }
}

void vf_access_port(const struct machine_trap *trap, USHORT number)
{
    struct vf_access_field field;
    struct vf_place place;

    if (vf_access_is_idle() || number < SMALLEST_PORT || !vf_access_equal_short(number, &field))
        return;
    vf_place_of_trap(&place, trap);
    vf_access_reached(&port, MACHINE_REACH_PORT, &field, &place, number, "in/out", "DX");
}

void vf_access_port_call(const char *name, const ULONG64 *arguments)
{
    USHORT number = (USHORT)arguments[0];
    struct vf_access_field field;

    if (number >= SMALLEST_PORT && vf_access_equal_short(number, &field))
        vf_access_reached(&port, MACHINE_REACH_PORT, &field, NULL, number, name, "Port");
}

/* (BusDataType, BusNumber, SlotNumber, Buffer, …) */
void vf_access_bus_data(const char *name, const ULONG64 *arguments)
{
    ULONG slot = (ULONG)arguments[2];
    struct vf_access_field field;

    if (slot >= SMALLEST_SLOT && vf_access_equal(slot, &field))
        vf_access_reached(&port, MACHINE_REACH_PORT, &field, NULL, slot, name, "SlotNumber");
}
