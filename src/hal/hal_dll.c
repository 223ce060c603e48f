/* hal.dll: forwarders to ntoskrnl.exe. */
#include "nt.h"

NT_EXPORT_FORWARD(KeStallExecutionProcessor, ntoskrnl);
