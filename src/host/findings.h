/*
 * findings: what the files that make them share.
 *
 *   findings.c         the list of findings          finding_request.c  the request of one
 *   place.c            a place in code, by function and line
 */
#ifndef RINGSIDE_HOST_FINDINGS_H
#define RINGSIDE_HOST_FINDINGS_H

#include <stdio.h>

#include "host/symbols.h"
#include "machine/machine.h"
#include "ringside/ringside.h"

/* ---- place.c ---- */

#define HOST_PLACE_FRAMES (HOST_INLINED_FRAMES + 1)

/*
 * The functions at an address: those inlined there, innermost first, then the one that holds it.
 * Returns how many, at least 1. Texts live as long as the image is loaded.
 */
size_t host_resolve(uint64_t address, struct rs_frame frames[HOST_PLACE_FRAMES]);
/* Copy the texts of a frame, so that they outlive the image; and free the copies. */
void host_frame_own(struct rs_frame *frame);
void host_frame_disown(const struct rs_frame *frame);

/* ---- report.c, report_request.c: lines of a report ---- */

/* A place in code; of a return address the call in front of it. */
void host_print_place(FILE *out, bool is_return_address, uint64_t pc);
void host_print_asked(FILE *out, const struct machine_asked *asked);
void host_print_request(FILE *out, const struct machine_request *irp);

/* ---- findings.c: memory; the process ends when there is none ---- */

void *host_finding_allocate(size_t count, size_t size);
const char *host_finding_copy(const char *text); /* NULL of NULL */

/* ---- finding_request.c ---- */

/* "IRP_MJ_READ, 512 bytes at offset 0" */
void host_asked_text(const struct machine_asked *asked, char *text, size_t size);
/* Both may be NULL. NULL = there is nothing to say. */
struct rs_request *host_finding_request(const struct machine_asked *asked,
                                        const struct machine_irp_history *history);
void host_finding_request_free(const struct rs_request *request);

#endif
