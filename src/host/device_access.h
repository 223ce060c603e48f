/* Who may reach what through a driver's devices: device_access.c. */
#ifndef RINGSIDE_HOST_DEVICE_ACCESS_H
#define RINGSIDE_HOST_DEVICE_ACCESS_H

struct machine_devices;

/* Where the kernel keeps its table; NULL = none. */
void host_devices_set(const struct machine_devices *table);
void host_devices_reset(void);

#endif
