/*
 * Findings: what a rule has to say, with the driver's stack and the request that led there. The
 * host keeps them, and says the same finding once.
 */
#include "io/io.h"
#include "kd/kd.h"
#include "kd/trace.h"
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "ps/ps.h"
#include "vf/irp_record.h"

#define WALK_FRAMES 48

/* Static, because findings are made on small stacks too; nothing interrupts the making of one. */
static struct {
    char message[512];
    char thread[128];
    struct machine_asked asked;
    struct rtl_frame walk[WALK_FRAMES];
} text;

void vf_place_of_context(struct vf_place *place, const CONTEXT *context)
{
    size_t count = rtl_walk_stack(context, text.walk, WALK_FRAMES);
    size_t first = 0;

    while (first < count && mm_is_kernel_code(text.walk[first].pc))
        first++;
    place->count = 0;
    while (first < count && place->count < VF_PLACE_FRAMES)
        place->frames[place->count++] = text.walk[first++].pc;
    if (place->count && place->frames[0] == context->Rip)
        place->frames[0]++; /* an instruction, not a return address: the byte before counts */
}

void vf_place_capture(struct vf_place *place)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    vf_place_of_context(place, &context);
}

void vf_place_of_trap(struct vf_place *place, const struct machine_trap *trap)
{
    CONTEXT context;

    ki_trap_to_context(trap, &context);
    vf_place_of_context(place, &context);
}

void vf_place_of_routine(struct vf_place *place, const void *routine)
{
    place->count = 1;
    place->frames[0] = (ULONG64)routine + 1; /* as a return address: the byte before counts */
}

static void describe_thread(void)
{
    PETHREAD thread = ps_current_thread();

    kd_format(text.thread, sizeof(text.thread), "thread %u of %s (process %u), IRQL %u",
              (ULONG)(ULONG_PTR)thread->Cid.UniqueThread,
              (const char *)((PEPROCESS)thread->Tcb.Process)->ImageFileName,
              (ULONG)(ULONG_PTR)thread->Cid.UniqueProcess, ke_irql());
}

/* The IRP as its record knows it; else what can be seen of the one that the thread serves. */
static void add_request(struct machine_finding *finding, PVOID irp,
                        struct machine_irp_history *history)
{
    finding->irp = irp ? (ULONG64)irp : io_irp_of_thread(ps_current_thread());
    if (vf_irp_history((PVOID)finding->irp, history, &finding->asked)) {
        finding->history = history;
        finding->irp = history->irp;
    }
    if (!finding->asked && io_asked(finding->irp, &text.asked))
        finding->asked = &text.asked;
}

static void report(const struct vf_rule *rule, PVOID irp, const struct vf_place *place,
                   const char *other_title, const struct vf_place *other, const char *format,
                   va_list arguments)
{
    struct machine_irp_history history;
    struct machine_finding finding = {.rule = rule->id,
                                      .title = rule->title,
                                      .bug_check = rule->bug_check,
                                      .advice = rule->advice,
                                      .severity = rule->severity,
                                      .message = text.message,
                                      .thread = text.thread};
    UCHAR was_on = vf_on;

    vf_on = 0; /* nothing that happens in here is a driver's doing */
    kd_format_list(text.message, sizeof(text.message), format, arguments);
    describe_thread();
    add_request(&finding, irp, &history);
    finding.frames = place->frames;
    finding.frame_count = place->count;
    if (other && other->count) {
        finding.other_title = other_title;
        finding.other_frames = other->frames;
        finding.other_count = other->count;
    }
    KD_TRACE(finding(&finding));
    ke_machine->finding(&finding);
    vf_on = was_on;
}

void vf_report(const struct vf_rule *rule, const char *format, ...)
{
    struct vf_place place;
    va_list arguments;

    if (!rule->enabled)
        return;
    vf_place_capture(&place);
    va_start(arguments, format);
    report(rule, NULL, &place, NULL, NULL, format, arguments);
    va_end(arguments);
}

void vf_report_at(const struct vf_rule *rule, const struct vf_place *place, const char *other_title,
                  const struct vf_place *other, const char *format, ...)
{
    struct vf_place here;
    va_list arguments;

    if (!rule->enabled)
        return;
    if (!place) {
        vf_place_capture(&here);
        place = &here;
    }
    va_start(arguments, format);
    report(rule, NULL, place, other_title, other, format, arguments);
    va_end(arguments);
}

void vf_report_irp(const struct vf_rule *rule, PVOID irp, const struct vf_place *place,
                   const char *other_title, const struct vf_place *other, const char *format, ...)
{
    struct vf_place here;
    va_list arguments;

    if (!rule->enabled)
        return;
    if (!place) {
        vf_place_capture(&here);
        place = &here;
    }
    va_start(arguments, format);
    report(rule, irp, place, other_title, other, format, arguments);
    va_end(arguments);
}
