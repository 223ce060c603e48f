/*
 * Who sent a request, and from where: questions that file systems and filters ask.
 */
#include "io/io_internal.h"

/*
 * The process whose thread sent an IRP, or NULL for an IRP without a thread.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoGetRequestorProcess.
 */
PEPROCESS NTAPI IoGetRequestorProcess(PIRP irp)
{
    PETHREAD thread = irp->Tail.Overlay.Thread;

    if (!thread)
        return NULL;
    if (irp->ApcEnvironment == OriginalApcEnvironment)
        return (PEPROCESS)thread->Tcb.Process;
    return (PEPROCESS)thread->Tcb.ApcState.Process;
}
NT_EXPORT(IoGetRequestorProcess, DISPATCH_LEVEL, "I");

/* Its id, 0 without a thread. Source: Windows driver documentation, IoGetRequestorProcessId. */
ULONG NTAPI IoGetRequestorProcessId(PIRP irp)
{
    PEPROCESS process = IoGetRequestorProcess(irp);

    return process ? (ULONG)(ULONG_PTR)process->UniqueProcessId : 0;
}
NT_EXPORT(IoGetRequestorProcessId, DISPATCH_LEVEL, "I");

/* There is one session, number 1. Returns STATUS_UNSUCCESSFUL without a thread. */
NTSTATUS NTAPI IoGetRequestorSessionId(PIRP irp, PULONG session)
{
    *session = 1;
    return IoGetRequestorProcess(irp) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
NT_EXPORT(IoGetRequestorSessionId, DISPATCH_LEVEL, "Ip");

/* The process of a thread. Source: Windows driver documentation, IoThreadToProcess. */
PEPROCESS NTAPI IoThreadToProcess(PETHREAD thread)
{
    return (PEPROCESS)thread->Tcb.Process;
}
NT_EXPORT(IoThreadToProcess, DISPATCH_LEVEL, "p");

/* TRUE for a thread of the kernel's own. Source: Windows driver documentation, IoIsSystemThread. */
BOOLEAN NTAPI IoIsSystemThread(PETHREAD thread)
{
    return thread->SystemThread;
}
NT_EXPORT(IoIsSystemThread, DISPATCH_LEVEL, "p");

/*
 * The request that the current thread serves on behalf of a file system, or one of the values
 * FSRTL_…_TOP_LEVEL_IRP. Source: Windows driver documentation, IoGetTopLevelIrp.
 */
PIRP NTAPI IoGetTopLevelIrp(VOID)
{
    return ps_current_thread()->TopLevelIrp;
}
NT_EXPORT(IoGetTopLevelIrp, DISPATCH_LEVEL, "");

VOID NTAPI IoSetTopLevelIrp(PIRP irp)
{
    ps_current_thread()->TopLevelIrp = irp;
}
NT_EXPORT(IoSetTopLevelIrp, DISPATCH_LEVEL, "I");

/*
 * Will the sender wait for this IRP?
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoIsOperationSynchronous.
 */
BOOLEAN NTAPI IoIsOperationSynchronous(PIRP irp)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;

    if (irp->Flags & IRP_SYNCHRONOUS_PAGING_IO)
        return TRUE;
    if (irp->Flags & IRP_PAGING_IO)
        return FALSE;
    return (file && file->Flags & FO_SYNCHRONOUS_IO) || (irp->Flags & IRP_SYNCHRONOUS_API);
}
NT_EXPORT(IoIsOperationSynchronous, DISPATCH_LEVEL, "I");
