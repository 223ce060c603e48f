/*
 * Prototypes of ntdll's run-time routines (Rtl…, Ldr…) for kernel32 and advapi32, as far as the
 * public headers do not declare them. Included by ntdll.h only.
 */
#ifndef RINGSIDE_NTDLL_RUNTIME_H
#define RINGSIDE_NTDLL_RUNTIME_H

/* errors */
ULONG NTAPI RtlGetLastWin32Error(void);
void NTAPI RtlSetLastWin32Error(ULONG error);
ULONG NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS status);
NTSTATUS NTAPI RtlGetLastNtStatus(void);

/* strings, from src/ntoskrnl/rtl */
NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR target, ULONG size, PULONG written, PCWCH source,
                                 ULONG source_bytes);
NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWCHAR target, ULONG size, PULONG written, PCCH source,
                                 ULONG source_bytes);
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING first, PCUNICODE_STRING second,
                                   BOOLEAN ignore_case);
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING first, PCUNICODE_STRING second,
                                    BOOLEAN ignore_case);
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR character);
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR character);
BOOLEAN NTAPI RtlTimeFieldsToTime(PVOID fields, PLARGE_INTEGER time);
void NTAPI RtlTimeToTimeFields(PLARGE_INTEGER time, PVOID fields);

/* heap */
PVOID NTAPI RtlReAllocateHeap(PVOID heap, ULONG flags, PVOID block, SIZE_T size);
SIZE_T NTAPI RtlSizeHeap(PVOID heap, ULONG flags, PVOID block);
BOOLEAN NTAPI RtlValidateHeap(PVOID heap, ULONG flags, PVOID block);
BOOLEAN NTAPI RtlLockHeap(PVOID heap);
BOOLEAN NTAPI RtlUnlockHeap(PVOID heap);
SIZE_T NTAPI RtlCompactHeap(PVOID heap, ULONG flags);
NTSTATUS NTAPI RtlWalkHeap(PVOID heap, PROCESS_HEAP_ENTRY *entry);
ULONG NTAPI RtlGetProcessHeaps(ULONG count, PVOID *heaps);

/* locks */
NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION section);
NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION section,
                                                        ULONG spin_count);
NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION section);
BOOLEAN NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION section);
NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION section);
NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION section);
void NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK lock);
void NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK lock);
void NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK lock);
void NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK lock);
NTSTATUS NTAPI RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE variable,
                                           PRTL_CRITICAL_SECTION section, PLARGE_INTEGER timeout);
NTSTATUS NTAPI RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE variable, PRTL_SRWLOCK lock,
                                            PLARGE_INTEGER timeout, ULONG flags);
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE once, ULONG flags, PVOID *context);
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE once, ULONG flags, PVOID context);
NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE once, PVOID function, PVOID parameter,
                                     PVOID *context);
NTSTATUS NTAPI RtlWaitOnAddress(const volatile void *address, const void *compare, SIZE_T size,
                                PLARGE_INTEGER timeout);
void NTAPI RtlWakeAddressSingle(const void *address);
void NTAPI RtlWakeAddressAll(const void *address);
void NTAPI RtlAcquirePebLock(void);
void NTAPI RtlReleasePebLock(void);

/* thread-local storage and fibres' storage */
NTSTATUS NTAPI RtlFlsAlloc(PVOID callback, PULONG index);
NTSTATUS NTAPI RtlFlsFree(ULONG index);
NTSTATUS NTAPI RtlFlsGetValue(ULONG index, PVOID *value);
NTSTATUS NTAPI RtlFlsSetValue(ULONG index, PVOID value);

/* loader */
NTSTATUS NTAPI LdrLoadDll(PWSTR path, PULONG characteristics, PUNICODE_STRING name, PVOID *base);
NTSTATUS NTAPI LdrUnloadDll(PVOID base);
NTSTATUS NTAPI LdrGetDllHandle(PWSTR path, PULONG characteristics, PUNICODE_STRING name,
                               PVOID *base);
NTSTATUS NTAPI LdrGetProcedureAddress(PVOID base, PANSI_STRING name, ULONG ordinal, PVOID *address);
NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID base);
NTSTATUS NTAPI LdrLockLoaderLock(ULONG flags, PULONG disposition, PULONG_PTR cookie);
NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG flags, ULONG_PTR cookie);
NTSTATUS NTAPI LdrAddRefDll(ULONG flags, PVOID base);
NTSTATUS NTAPI LdrFindEntryForAddress(PVOID address, struct user_loader_entry **entry);
void NTAPI LdrShutdownThread(void);
void NTAPI LdrShutdownProcess(void);

/* paths and environment */
NTSTATUS NTAPI RtlDosPathNameToNtPathName_U_WithStatus(PCWSTR path, PUNICODE_STRING nt_path,
                                                       PWSTR *file_part, PVOID relative);
ULONG NTAPI RtlGetFullPathName_U(PCWSTR path, ULONG size, PWSTR buffer, PWSTR *file_part);
ULONG NTAPI RtlGetCurrentDirectory_U(ULONG size, PWSTR buffer);
NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING path);
ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR path);
NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(PWSTR environment, PUNICODE_STRING name,
                                             PUNICODE_STRING value);
NTSTATUS NTAPI RtlSetEnvironmentVariable(PWSTR *environment, PUNICODE_STRING name,
                                         PUNICODE_STRING value);
NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR environment, PUNICODE_STRING source,
                                             PUNICODE_STRING target, PULONG required);
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW information);

/* threads, processes, exceptions */
NTSTATUS NTAPI RtlCreateUserThread(HANDLE process, PSECURITY_DESCRIPTOR security, BOOLEAN suspended,
                                   ULONG zero_bits, SIZE_T stack_reserve, SIZE_T stack_commit,
                                   PVOID start, PVOID argument, PHANDLE thread,
                                   CLIENT_ID *client_id);
DECLSPEC_NORETURN void NTAPI RtlExitUserThread(NTSTATUS status);
DECLSPEC_NORETURN void NTAPI RtlExitUserProcess(NTSTATUS status);
void NTAPI RtlUserThreadStart(PVOID start, PVOID argument);
NTSTATUS NTAPI RtlCreateProcessParametersEx(struct user_process_parameters **parameters,
                                            PUNICODE_STRING image, PUNICODE_STRING dll_path,
                                            PUNICODE_STRING directory, PUNICODE_STRING command,
                                            PVOID environment, PUNICODE_STRING title,
                                            PUNICODE_STRING desktop, PUNICODE_STRING shell,
                                            PUNICODE_STRING runtime, ULONG flags);
NTSTATUS NTAPI RtlDestroyProcessParameters(struct user_process_parameters *parameters);
PVOID NTAPI RtlSetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER filter);
PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler);
ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID handle);
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD record);
BOOLEAN NTAPI RtlQueryPerformanceCounter(PLARGE_INTEGER counter);
BOOLEAN NTAPI RtlQueryPerformanceFrequency(PLARGE_INTEGER frequency);
PVOID NTAPI RtlEncodePointer(PVOID pointer);
PVOID NTAPI RtlDecodePointer(PVOID pointer);
ULONG DbgPrint(PCSTR format, ...);
int _vsnprintf(char *buffer, size_t size, const char *format, va_list arguments);
int _snprintf(char *buffer, size_t size, const char *format, ...);
int _snwprintf(wchar_t *buffer, size_t size, const wchar_t *format, ...);

#endif
