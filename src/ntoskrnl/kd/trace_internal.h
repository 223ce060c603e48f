/* What the files of the trace share: building one record. */
#ifndef RINGSIDE_KD_TRACE_INTERNAL_H
#define RINGSIDE_KD_TRACE_INTERNAL_H

#include "kd/kd.h"
#include "kd/trace.h"

/*
 * A record is built in the order payload, text, data, between kd_trace_begin and kd_trace_end. Only
 * kd_trace_end makes it part of the trace, so one that is abandoned (the machine stops while it is
 * built) leaves nothing behind.
 */
void *kd_trace_begin(enum trace_type type, ULONG payload_size); /* the payload, zeroed */
ULONG kd_trace_text(const char *text, SIZE_T size); /* these add; return what was added */
ULONG kd_trace_text_of(PCUNICODE_STRING text);
ULONG kd_trace_data(const void *data, ULONG size);
void kd_trace_end(void);

/* Add up to `size` bytes of the machine's memory, as far as it is mapped. Never faults. */
ULONG kd_trace_memory(ULONG64 address, ULONG size);
ULONG kd_trace_mdl(const MDL *mdl, ULONG size);

/* Add the object's full name; nothing when it has none. */
ULONG kd_trace_name(PVOID object);
/* Add the device's name, or the driver's for a nameless device. */
ULONG kd_trace_device_name(PDEVICE_OBJECT device);

#endif
