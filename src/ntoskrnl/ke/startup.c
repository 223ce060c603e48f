/*
 * Boot. The host enters here with the machine's host calls; when it returns, the machine waits for
 * requests at its control entry.
 */
#include "cm/cm.h"
#include "ctl/ctl.h"
#include "etw/etw.h"
#include "ex/ex.h"
#include "io/io.h"
#include "kd/trace.h"
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "pnp/pnp.h"
#include "po/po.h"
#include "se/se.h"

const struct machine_calls *ke_machine;
struct machine_parameters ke_parameters;

/* Sentinels of the rows that NT_EXPORT and NT_SERVICE make: the linker sorts by section suffix. */
__attribute__((section(".ntexp$a"), used)) const struct nt_export nt_export_first = {0};
__attribute__((section(".ntexp$z"), used)) const struct nt_export nt_export_last = {0};
__attribute__((section(".ntsvc$a"), used)) const struct nt_service nt_service_first = {0};
__attribute__((section(".ntsvc$z"), used)) const struct nt_service nt_service_last = {0};

void ke_processor_initialize(void);
void KiSystemStartup(const struct machine_calls *calls, const struct machine_parameters *parameters,
                     struct machine_entries *entries);

void KiSystemStartup(const struct machine_calls *calls, const struct machine_parameters *parameters,
                     struct machine_entries *entries)
{
    ke_machine = calls;
    ke_parameters = *parameters;
    ke.random = parameters->seed;
    ke_processor_initialize();
    ps_initialize_boot_thread();
    kd_trace_initialize();
    entries->version = MACHINE_VERSION;
    entries->trap = ki_trap_entry;
    entries->control = ki_control_entry;
    entries->processor = &ki_processor;
    mm_initialize();
    ki_clock_initialize();
    ke_pcr()->Irql = PASSIVE_LEVEL;
    ob_initialize();
    se_initialize();
    ps_initialize();
    ki_processors_start();
    ki_threaded_dpcs_start();
    ki_interleave_initialize();
    ex_initialize();
    cm_initialize();
    etw_initialize();
    mm_sections_initialize();
    io_initialize();
    pnp_initialize();
    ki_services_initialize();
    po_initialize();
    ctl_initialize();
    KD_TRACE(flush());
}
NT_EXPORT(KiSystemStartup, 31, "ppp");
