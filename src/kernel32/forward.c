/*
 * Functions that are ntdll's under another name, as forwarders: importers are bound to ntdll's code
 * directly.
 */
#include "nt_export.h"

#define FORWARD(name, target) NT_EXPORT_DIRECTIVE(#name "=ntdll." #target)

/* heap */
FORWARD(HeapAlloc, RtlAllocateHeap);
FORWARD(HeapReAlloc, RtlReAllocateHeap);
FORWARD(HeapSize, RtlSizeHeap);
FORWARD(HeapValidate, RtlValidateHeap);
FORWARD(HeapLock, RtlLockHeap);
FORWARD(HeapUnlock, RtlUnlockHeap);
FORWARD(HeapCompact, RtlCompactHeap);
FORWARD(GetProcessHeaps, RtlGetProcessHeaps);

/* locks */
FORWARD(EnterCriticalSection, RtlEnterCriticalSection);
FORWARD(LeaveCriticalSection, RtlLeaveCriticalSection);
FORWARD(TryEnterCriticalSection, RtlTryEnterCriticalSection);
FORWARD(DeleteCriticalSection, RtlDeleteCriticalSection);
FORWARD(SetCriticalSectionSpinCount, RtlSetCriticalSectionSpinCount);
FORWARD(InitializeSRWLock, RtlInitializeSRWLock);
FORWARD(AcquireSRWLockExclusive, RtlAcquireSRWLockExclusive);
FORWARD(AcquireSRWLockShared, RtlAcquireSRWLockShared);
FORWARD(ReleaseSRWLockExclusive, RtlReleaseSRWLockExclusive);
FORWARD(ReleaseSRWLockShared, RtlReleaseSRWLockShared);
FORWARD(TryAcquireSRWLockExclusive, RtlTryAcquireSRWLockExclusive);
FORWARD(TryAcquireSRWLockShared, RtlTryAcquireSRWLockShared);
FORWARD(InitializeConditionVariable, RtlInitializeConditionVariable);
FORWARD(WakeConditionVariable, RtlWakeConditionVariable);
FORWARD(WakeAllConditionVariable, RtlWakeAllConditionVariable);
FORWARD(WakeByAddressSingle, RtlWakeAddressSingle);
FORWARD(WakeByAddressAll, RtlWakeAddressAll);
FORWARD(InitOnceInitialize, RtlRunOnceInitialize);

/* exceptions and unwinding */
FORWARD(RtlCaptureContext, RtlCaptureContext);
FORWARD(RtlRestoreContext, RtlRestoreContext);
FORWARD(RtlCaptureStackBackTrace, RtlCaptureStackBackTrace);
FORWARD(RtlLookupFunctionEntry, RtlLookupFunctionEntry);
FORWARD(RtlPcToFileHeader, RtlPcToFileHeader);
FORWARD(RtlUnwind, RtlUnwind);
FORWARD(RtlUnwindEx, RtlUnwindEx);
FORWARD(RtlVirtualUnwind, RtlVirtualUnwind);
FORWARD(RtlRaiseException, RtlRaiseException);
FORWARD(RtlAddFunctionTable, RtlAddFunctionTable);
FORWARD(RtlDeleteFunctionTable, RtlDeleteFunctionTable);
FORWARD(RtlInstallFunctionTableCallback, RtlInstallFunctionTableCallback);
FORWARD(AddVectoredExceptionHandler, RtlAddVectoredExceptionHandler);
FORWARD(RemoveVectoredExceptionHandler, RtlRemoveVectoredExceptionHandler);
FORWARD(AddVectoredContinueHandler, RtlAddVectoredContinueHandler);
FORWARD(RemoveVectoredContinueHandler, RtlRemoveVectoredContinueHandler);
FORWARD(__C_specific_handler, __C_specific_handler);
FORWARD(EncodePointer, RtlEncodePointer);
FORWARD(DecodePointer, RtlDecodePointer);
FORWARD(EncodeSystemPointer, RtlEncodePointer);
FORWARD(DecodeSystemPointer, RtlDecodePointer);
FORWARD(RestoreLastError, RtlRestoreLastWin32Error);

/* memory, versions, interlocked lists */
FORWARD(RtlCompareMemory, RtlCompareMemory);
FORWARD(RtlCopyMemory, RtlCopyMemory);
FORWARD(RtlFillMemory, RtlFillMemory);
FORWARD(RtlMoveMemory, RtlMoveMemory);
FORWARD(RtlZeroMemory, RtlZeroMemory);
FORWARD(VerSetConditionMask, VerSetConditionMask);
FORWARD(InitializeSListHead, RtlInitializeSListHead);
FORWARD(InterlockedPushEntrySList, RtlInterlockedPushEntrySList);
FORWARD(InterlockedPopEntrySList, RtlInterlockedPopEntrySList);
FORWARD(InterlockedFlushSList, RtlInterlockedFlushSList);
FORWARD(QueryDepthSList, RtlQueryDepthSList);
