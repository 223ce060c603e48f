/*
 * po: the power manager.
 *
 *   irp.c       power IRPs: made, queued for their stack, sent, completed
 *   watchdog.c  the time that a stack has for a power IRP
 *   state.c     power states of devices, what drivers need of the system, power requests
 *   idle.c      devices that are idle for too long are powered down
 *   setting.c   callbacks for power settings
 *   system.c    the system's transitions: sleep, wake, shutdown
 *   information.c  NtPowerInformation
 *
 * The system's states and who makes the transitions:
 *
 *   working ── po_sleep: QUERY_POWER S3, SET_POWER S3 ─▶ sleeping ── po_wake: SET_POWER S0 ─▶
 * working │ ▲                          │ │ └── SET_POWER S0 ── a veto ┘ └── po_shutdown:
 * IRP_MJ_SHUTDOWN, SET_POWER S5 ─▶ the machine halts
 *
 * Devices that the PnP manager started take part; legacy devices get no power IRPs of the system.
 */
#ifndef RINGSIDE_PO_H
#define RINGSIDE_PO_H

#include "ob/ob.h"

/* Boot, after io_initialize. */
void po_initialize(void);

/*
 * The system goes to sleep (S3) or comes back. PASSIVE_LEVEL.
 * Returns STATUS_INVALID_DEVICE_STATE when it is asleep, or awake, already; po_sleep also what the
 * driver said that did not agree.
 */
NTSTATUS po_sleep(void);
NTSTATUS po_wake(void);

/*
 * The system goes down for good: returns only when it cannot. PASSIVE_LEVEL.
 * @param action  PowerActionShutdown, …ShutdownReset or …ShutdownOff
 */
NTSTATUS po_shutdown(POWER_ACTION action);

/* As its driver told by PoSetPowerState; PowerDeviceUnspecified when it did not. */
DEVICE_POWER_STATE po_device_power_state(PDEVICE_OBJECT device);

/* IoDeleteDevice: forget what the device registered. */
void po_device_deleted(PDEVICE_OBJECT device);

#endif
