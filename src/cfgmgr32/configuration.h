/*
 * cfgmgr32.dll: what programs ask of devices and their interfaces, the CM_… functions.
 *
 *   device.c    device instances by id and by handle     property.c  their properties
 *   list.c      lists of devices and of interfaces       ansi.c      all that with narrow strings
 *   tree.c      parents, children, siblings              support.c   registry keys, lists of
 * strings
 *
 * All answers come from the registry, where the kernel keeps its devices (Enum) and interfaces
 * (Control\DeviceClasses; see src/ntoskrnl/pnp/interface.h for their layout). A device is present
 * while its key has the subkey Control. Functions behave and fail as the documentation of their
 * names says; nothing can be changed through them.
 */
#ifndef RINGSIDE_CONFIGURATION_H
#define RINGSIDE_CONFIGURATION_H

#include "ntdll.h"
#include "nt_export.h"

#include <cfgmgr32.h>

#define CONFIGURATION_ENUM L"SYSTEM\\CurrentControlSet\\Enum"
#define CONFIGURATION_CLASSES L"SYSTEM\\CurrentControlSet\\Control\\DeviceClasses"
#define CONFIGURATION_ROOT L"HTREE\\ROOT\\0" /* the root of all devices; it has no key */
#define CONFIGURATION_TEXT 512 /* characters of a key's name and of a path that is read */

void *configuration_allocate(SIZE_T size);
void configuration_free(void *memory);
/* A narrow string in UTF-16, for configuration_free. */
WCHAR *configuration_widen(const char *text);

/* Strings that end with a zero each, and a further zero. Counts on when the buffer is full. */
struct configuration_list {
    WCHAR *buffer; /* or NULL */
    ULONG room;    /* characters of the buffer */
    ULONG used;    /* characters that all strings need */
};
void configuration_add(struct configuration_list *list, const WCHAR *text);
/* The last zero. Returns CR_BUFFER_SMALL when not all fitted. */
CONFIGRET configuration_finish(struct configuration_list *list);

/* A string value; FALSE when it is missing or too long. `size` in characters. */
bool configuration_read_text(HKEY key, const WCHAR *name, WCHAR *text, ULONG size);
bool configuration_same(const WCHAR *first, const WCHAR *second);
/* The key of a device; NULL when there is none. */
HKEY configuration_open_device(const WCHAR *id);
bool configuration_is_present(HKEY device);

/* The id behind a handle; NULL for a wrong one. It stays valid. */
const WCHAR *configuration_device_id(DEVINST device);

#endif
