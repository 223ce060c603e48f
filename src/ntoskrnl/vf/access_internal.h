/* What the files of vf/access_….c share. See access.h. */
#ifndef RINGSIDE_VF_ACCESS_INTERNAL_H
#define RINGSIDE_VF_ACCESS_INTERNAL_H

#include "machine/device_access.h"
#include "vf/access.h"

#define VF_ACCESS_INPUT 256 /* bytes of a request's input that are looked through */

/* A request that a driver has and has not completed, or whose dispatch routine still runs. */
struct vf_access_request {
    const void *key;               /* the IRP, or the file of a fast control; NULL = a free slot */
    PETHREAD thread;               /* that sent it */
    struct machine_device *device; /* NULL = unnamed, or not in the table */
    UCHAR major;
    BOOLEAN completed;
    ULONG dispatching;       /* dispatch routines that run for it */
    ULONG code;              /* of a device control */
    ULONG length;            /* bytes of `input` that are valid */
    ULONG64 order;           /* of arrival */
    HANDLE process_id;       /* access_process.c: the sender chose this process; NULL = none */
    BOOLEAN process_checked; /* opened with the rights of the sender */
    ULONG process_offset, process_size;
    UCHAR input[VF_ACCESS_INPUT];
};

/* Where in a request's input a value stands. */
struct vf_access_field {
    struct vf_access_request *request;
    ULONG offset, size; /* bytes */
    ULONG64 value;      /* as it stands there */
};

extern UCHAR vf_access_on; /* 1 = a rule of this group is on; access_call.c */

/* access_request.c */
BOOLEAN vf_access_is_idle(void); /* no request is in service */
struct vf_access_request *vf_access_find(const void *key);
/* The request whose sender chose this process or thread. */
struct vf_access_request *vf_access_of_process(const void *object);
/* The same value, in a field of four bytes or more. Fields are aligned to four bytes. */
BOOLEAN vf_access_equal(ULONG64 value, struct vf_access_field *field);
/* The same value in a field of two bytes or more. */
BOOLEAN vf_access_equal_short(USHORT value, struct vf_access_field *field);
/* The value, or what it becomes when it is rounded to its page or a small offset is added. */
BOOLEAN vf_access_near(ULONG64 value, struct vf_access_field *field);
/* Eight bytes that are a kernel address, or one up to a page behind it. */
BOOLEAN vf_access_kernel_pointer(ULONG64 address, struct vf_access_field *field);

/*
 * A value has arrived where its sender should have no hand: note it in the table, and report it.
 * @param place      NULL = where the driver is now
 * @param value      that arrived
 * @param name       of the routine or instruction that takes it
 * @param parameter  as which one
 */
void vf_access_reached(const struct vf_rule *rule, enum machine_reach reach,
                       const struct vf_access_field *field, const struct vf_place *place,
                       ULONG64 value, const char *name, const char *parameter);

/* access_device.c */
/* The row of the device that was opened, NULL = none. `file` may be NULL: then of `device`. */
struct machine_device *vf_access_row(PDEVICE_OBJECT device, PFILE_OBJECT file);
void vf_access_count_open(PDEVICE_OBJECT device, PFILE_OBJECT file);
void vf_access_count_code(struct machine_device *row, ULONG code);
void vf_access_mark(const struct vf_access_request *request, enum machine_reach reach,
                    const struct vf_place *place);

/* access_security.c: fill `security`, `anyone` and what belongs to them. */
void vf_access_describe_security(struct machine_device *row, PDEVICE_OBJECT device);

/* The calls that access_call.c hands on, each with its name and arguments. */
void vf_access_map_physical(const char *name, const ULONG64 *arguments);
void vf_access_copy_memory(const char *name, const ULONG64 *arguments);
void vf_access_map_view(const char *name, const ULONG64 *arguments);
void vf_access_port_call(const char *name, const ULONG64 *arguments);
void vf_access_bus_data(const char *name, const ULONG64 *arguments);
void vf_access_open_process(const char *name, const ULONG64 *arguments);
void vf_access_look_up_process(const char *name, const ULONG64 *arguments);
void vf_access_open_object(const char *name, const ULONG64 *arguments);
void vf_access_end_process(const char *name, const ULONG64 *arguments);
void vf_access_copy(const char *name, const ULONG64 *arguments);
void vf_access_fill(const char *name, const ULONG64 *arguments);
void vf_access_describe_memory(const char *name, const ULONG64 *arguments);

/* access_process.c: the request is completed, its output is there. */
void vf_access_check_output(const struct vf_access_request *request, PIRP irp);

#endif
