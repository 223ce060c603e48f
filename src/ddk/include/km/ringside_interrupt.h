/*
 * Interrupts and work items that wdm.h of mingw-w64 lacks. Included by wdm.h.
 *
 * Source: Windows driver documentation, IoReportInterruptActive, IoReportInterruptInactive,
 * IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS, IoTryQueueWorkItem.
 */
#ifndef RINGSIDE_DDK_INTERRUPT_H
#define RINGSIDE_DDK_INTERRUPT_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS {
    ULONG Version;
    union {
        PVOID Generic;
        PKINTERRUPT InterruptObject;
        PIO_INTERRUPT_MESSAGE_INFO InterruptMessageTable;
    } ConnectionContext;
} IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS, *PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS;

NTKERNELAPI VOID NTAPI
IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters);
NTKERNELAPI VOID NTAPI
IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters);

NTKERNELAPI BOOLEAN NTAPI IoTryQueueWorkItem(PIO_WORKITEM IoWorkItem,
                                             PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                                             WORK_QUEUE_TYPE QueueType, PVOID Context);

#ifdef __cplusplus
}
#endif

#endif
