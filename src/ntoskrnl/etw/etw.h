/*
 * etw: event tracing and WMI: what drivers report, and who reports it.
 *
 *   provider.c      EtwRegister, EtwUnregister: registrations of event providers
 *   write.c         EtwEventEnabled, EtwWrite…: events
 *   message.c       WmiTraceMessage, WmiQueryTraceInformation: the older interface of WPP
 *   wmi_register.c  IoWMIRegistrationControl: which device answers for which GUIDs
 *   wmi_query.c     IoWMIOpenBlock, IoWMIQueryAllData: data blocks
 *   wmi_event.c     IoWMIWriteEvent, instance ids
 *
 * There is one event session, and the machine's trace is its consumer: while the machine records,
 * every provider is enabled for all levels and keywords, and each event is a record `etw`
 * (docs/trace.md). Else no session exists, every provider is disabled and events go nowhere.
 */
#ifndef RINGSIDE_ETW_H
#define RINGSIDE_ETW_H

#include "ob/ob.h"

/* Boot: the object types EtwRegistration and WmiGuid. */
void etw_initialize(void);

/* The code in [start, end) goes: name the registrations that it leaves behind. */
void etw_driver_unloaded(ULONG64 start, ULONG64 end);

#endif
