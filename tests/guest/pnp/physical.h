/* A physical device of the root enumerator, with a function device above it that opens succeed on. */
#ifndef RINGSIDE_GUEST_PNP_PHYSICAL_H
#define RINGSIDE_GUEST_PNP_PHYSICAL_H

#include "../guest.h"

#include <devpropdef.h>

struct physical_test {
    PDRIVER_OBJECT driver;
    PDEVICE_OBJECT physical, function;
    WCHAR opened[32]; /* name of the file that was opened last */
};

/* Made by the first caller; it lives as long as the machine. */
struct physical_test *test_physical(void);
NTSTATUS test_open_interface(PUNICODE_STRING link, PCWSTR suffix, PHANDLE handle);
/* A value below \Registry\Machine\System\CurrentControlSet. Returns its bytes in `data`. */
NTSTATUS test_read_value(PCWSTR key, PCWSTR value, ULONG type, PVOID data, ULONG size);

#endif
