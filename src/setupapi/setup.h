/*
 * setupapi.dll: sets of devices and device interfaces, the SetupDi… functions that programs find
 * their device with.
 *
 *   set.c        making and destroying sets       enumerate.c  what is in a set
 *   property.c   properties of a device           ansi.c       with narrow strings
 *   forward.c    the CM_… functions, which setupapi.dll exports too
 *
 *   inf….c       INF files: see inf.h
 *
 * A set is a snapshot, made from what cfgmgr32 tells. Functions behave and fail as the
 * documentation of their names says. No device can be changed through a set.
 */
#ifndef RINGSIDE_SETUP_H
#define RINGSIDE_SETUP_H

#include "ntdll.h"
#include "nt_export.h"

#include <setupapi.h>
#include <cfgmgr32.h>

struct setup_device {
    LIST_ENTRY link; /* setup_set.devices */
    DEVINST instance;
    GUID class_guid; /* of its setup class; zero when it has none */
};

struct setup_interface {
    LIST_ENTRY link; /* setup_set.interfaces */
    struct setup_device *device;
    GUID class_guid;
    DWORD flags;  /* SPINT_… */
    WCHAR path[]; /* \\?\root#sample#0000#{class}, lower case */
};

/* What an HDEVINFO points at. */
struct setup_set {
    LIST_ENTRY link; /* all sets of the process */
    LIST_ENTRY devices;
    LIST_ENTRY interfaces;
};

/* Sets the last error; returns FALSE. */
BOOL setup_error(DWORD error);
void *setup_allocate(SIZE_T size); /* NULL with the last error set */
void setup_free(void *memory);
/* A narrow string in UTF-16, for setup_free; FALSE with the last error set. NULL stays NULL. */
bool setup_widen(const char *text, WCHAR **wide);

/* The set behind a handle; NULL with the last error set. */
struct setup_set *setup_set_of(HDEVINFO handle);
/* The member that the caller's structure names; NULL with the last error set. */
struct setup_device *setup_device_of(struct setup_set *set, const SP_DEVINFO_DATA *data);
struct setup_interface *setup_interface_of(struct setup_set *set,
                                           const SP_DEVICE_INTERFACE_DATA *data);
void setup_fill_device(SP_DEVINFO_DATA *data, struct setup_device *device);

#endif
