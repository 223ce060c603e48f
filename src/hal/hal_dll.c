/*
 * hal.dll: since Windows 10 version 2004 an image without code, whose exports all lead to
 * ntoskrnl.exe. One line for each name that drivers import from it; a name that the kernel does not
 * have behaves as any missing import.
 */
#include "nt.h"

/* buses and the machine */
NT_EXPORT_FORWARD(HalAllocateCommonBuffer, ntoskrnl);
NT_EXPORT_FORWARD(HalAllocateCrashDumpRegisters, ntoskrnl);
NT_EXPORT_FORWARD(HalAllocateHardwareCounters, ntoskrnl);
NT_EXPORT_FORWARD(HalAssignSlotResources, ntoskrnl);
NT_EXPORT_FORWARD(HalDispatchTable, ntoskrnl);
NT_EXPORT_FORWARD(HalFreeCommonBuffer, ntoskrnl);
NT_EXPORT_FORWARD(HalFreeHardwareCounters, ntoskrnl);
NT_EXPORT_FORWARD(HalGetAdapter, ntoskrnl);
NT_EXPORT_FORWARD(HalGetBusData, ntoskrnl);
NT_EXPORT_FORWARD(HalGetBusDataByOffset, ntoskrnl);
NT_EXPORT_FORWARD(HalGetInterruptVector, ntoskrnl);
NT_EXPORT_FORWARD(HalMakeBeep, ntoskrnl);
NT_EXPORT_FORWARD(HalPrivateDispatchTable, ntoskrnl);
NT_EXPORT_FORWARD(HalQueryRealTimeClock, ntoskrnl);
NT_EXPORT_FORWARD(HalReturnToFirmware, ntoskrnl);
NT_EXPORT_FORWARD(HalSendNMI, ntoskrnl);
NT_EXPORT_FORWARD(HalSetBusData, ntoskrnl);
NT_EXPORT_FORWARD(HalSetBusDataByOffset, ntoskrnl);
NT_EXPORT_FORWARD(HalSetRealTimeClock, ntoskrnl);
NT_EXPORT_FORWARD(HalTranslateBusAddress, ntoskrnl);

/* DMA */
NT_EXPORT_FORWARD(IoFlushAdapterBuffers, ntoskrnl);
NT_EXPORT_FORWARD(IoFreeAdapterChannel, ntoskrnl);
NT_EXPORT_FORWARD(IoFreeMapRegisters, ntoskrnl);
NT_EXPORT_FORWARD(IoMapTransfer, ntoskrnl);

/* time */
NT_EXPORT_FORWARD(KeFlushWriteBuffer, ntoskrnl);
NT_EXPORT_FORWARD(KeQueryPerformanceCounter, ntoskrnl);
NT_EXPORT_FORWARD(KeStallExecutionProcessor, ntoskrnl);

/* IRQL and locks */
NT_EXPORT_FORWARD(ExAcquireFastMutex, ntoskrnl);
NT_EXPORT_FORWARD(ExReleaseFastMutex, ntoskrnl);
NT_EXPORT_FORWARD(ExTryToAcquireFastMutex, ntoskrnl);
NT_EXPORT_FORWARD(KeAcquireInStackQueuedSpinLock, ntoskrnl);
NT_EXPORT_FORWARD(KeAcquireInStackQueuedSpinLockRaiseToSynch, ntoskrnl);
NT_EXPORT_FORWARD(KeAcquireSpinLock, ntoskrnl);
NT_EXPORT_FORWARD(KeAcquireSpinLockRaiseToSynch, ntoskrnl);
NT_EXPORT_FORWARD(KeGetCurrentIrql, ntoskrnl);
NT_EXPORT_FORWARD(KeLowerIrql, ntoskrnl);
NT_EXPORT_FORWARD(KeRaiseIrql, ntoskrnl);
NT_EXPORT_FORWARD(KeRaiseIrqlToDpcLevel, ntoskrnl);
NT_EXPORT_FORWARD(KeRaiseIrqlToSynchLevel, ntoskrnl);
NT_EXPORT_FORWARD(KeReleaseInStackQueuedSpinLock, ntoskrnl);
NT_EXPORT_FORWARD(KeReleaseSpinLock, ntoskrnl);
NT_EXPORT_FORWARD(KfAcquireSpinLock, ntoskrnl);
NT_EXPORT_FORWARD(KfLowerIrql, ntoskrnl);
NT_EXPORT_FORWARD(KfRaiseIrql, ntoskrnl);
NT_EXPORT_FORWARD(KfReleaseSpinLock, ntoskrnl);

/* ports and device registers */
#define FORWARD_ACCESS(kind, width)                                                                \
    NT_EXPORT_FORWARD(READ_##kind##_##width, ntoskrnl);                                            \
    NT_EXPORT_FORWARD(WRITE_##kind##_##width, ntoskrnl);                                           \
    NT_EXPORT_FORWARD(READ_##kind##_BUFFER_##width, ntoskrnl);                                     \
    NT_EXPORT_FORWARD(WRITE_##kind##_BUFFER_##width, ntoskrnl)

FORWARD_ACCESS(PORT, UCHAR);
FORWARD_ACCESS(PORT, USHORT);
FORWARD_ACCESS(PORT, ULONG);
FORWARD_ACCESS(REGISTER, UCHAR);
FORWARD_ACCESS(REGISTER, USHORT);
FORWARD_ACCESS(REGISTER, ULONG);
FORWARD_ACCESS(REGISTER, ULONG64);
