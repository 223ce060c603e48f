/*
 * Prototypes of the system services that our DLLs call and <winternl.h> does not declare. Each is
 * the user-mode name of the routine that the Windows driver documentation describes as Zw….
 * Included by ntdll.h only.
 */
#ifndef RINGSIDE_NTDLL_SERVICES_H
#define RINGSIDE_NTDLL_SERVICES_H

/* memory and sections */
NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE process, PVOID *base, ULONG_PTR zero_bits,
                                       PSIZE_T size, ULONG type, ULONG protection);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG type);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG protection,
                                      PULONG old_protection);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE process, PVOID address, ULONG information_class,
                                    PVOID buffer, SIZE_T length, PSIZE_T return_length);
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE process, LPCVOID address, PVOID buffer, SIZE_T size,
                                   PSIZE_T read);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE process, PVOID address, LPCVOID buffer, SIZE_T size,
                                    PSIZE_T written);
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE process, LPCVOID base, SIZE_T size);
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size,
                                    PIO_STATUS_BLOCK status);
NTSTATUS NTAPI NtLockVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG map_type);
NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG map_type);
NTSTATUS NTAPI NtCreateSection(PHANDLE section, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                               PLARGE_INTEGER maximum_size, ULONG protection, ULONG allocation,
                               HANDLE file);
NTSTATUS NTAPI NtOpenSection(PHANDLE section, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE section, HANDLE process, PVOID *base, ULONG_PTR zero_bits,
                                  SIZE_T commit, PLARGE_INTEGER offset, PSIZE_T view_size,
                                  ULONG inherit, ULONG allocation, ULONG protection);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE process, PVOID base);
NTSTATUS NTAPI NtQuerySection(HANDLE section, ULONG information_class, PVOID buffer, SIZE_T length,
                              PSIZE_T return_length);

/* files */
NTSTATUS NTAPI NtReadFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                          PIO_STATUS_BLOCK status, PVOID buffer, ULONG length,
                          PLARGE_INTEGER offset, PULONG key);
NTSTATUS NTAPI NtWriteFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                           PIO_STATUS_BLOCK status, LPCVOID buffer, ULONG length,
                           PLARGE_INTEGER offset, PULONG key);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE file, PIO_STATUS_BLOCK status);
NTSTATUS NTAPI NtLockFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                          PIO_STATUS_BLOCK status, PLARGE_INTEGER offset, PLARGE_INTEGER length,
                          ULONG key, BOOLEAN fail_immediately, BOOLEAN exclusive);
NTSTATUS NTAPI NtUnlockFile(HANDLE file, PIO_STATUS_BLOCK status, PLARGE_INTEGER offset,
                            PLARGE_INTEGER length, ULONG key);
NTSTATUS NTAPI NtCancelIoFile(HANDLE file, PIO_STATUS_BLOCK status);
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE file, PIO_STATUS_BLOCK request, PIO_STATUS_BLOCK status);
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE thread, PIO_STATUS_BLOCK request,
                                         PIO_STATUS_BLOCK status);
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES attributes,
                                     FILE_BASIC_INFORMATION *information);
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES attributes,
                                         FILE_NETWORK_OPEN_INFORMATION *information);
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc,
                                    PVOID apc_context, PIO_STATUS_BLOCK status, PVOID buffer,
                                    ULONG length, FILE_INFORMATION_CLASS information_class,
                                    BOOLEAN single, PUNICODE_STRING pattern, BOOLEAN restart);
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE file, ULONG access, POBJECT_ATTRIBUTES attributes,
                                     PIO_STATUS_BLOCK status, ULONG share, ULONG disposition,
                                     ULONG options, ULONG type, ULONG read_mode,
                                     ULONG completion_mode, ULONG instances, ULONG inbound_quota,
                                     ULONG outbound_quota, PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE port, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                    ULONG threads);
NTSTATUS NTAPI NtSetIoCompletion(HANDLE port, PVOID key, PVOID context, NTSTATUS status,
                                 ULONG_PTR information);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE port, PVOID *key, PVOID *context,
                                    PIO_STATUS_BLOCK status, PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE port, FILE_IO_COMPLETION_INFORMATION *entries,
                                      ULONG count, PULONG removed, PLARGE_INTEGER timeout,
                                      BOOLEAN alertable);

/* objects and waits */
NTSTATUS NTAPI NtDuplicateObject(HANDLE source_process, HANDLE source, HANDLE target_process,
                                 PHANDLE target, ACCESS_MASK access, ULONG attributes,
                                 ULONG options);
NTSTATUS NTAPI NtSetInformationObject(HANDLE handle, OBJECT_INFORMATION_CLASS information_class,
                                      PVOID information, ULONG length);
NTSTATUS NTAPI NtCompareObjects(HANDLE first, HANDLE second);
NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE directory, ACCESS_MASK access,
                                     POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE directory, PVOID buffer, ULONG length, BOOLEAN single,
                                      BOOLEAN restart, PULONG context, PULONG return_length);
NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE link, ACCESS_MASK access,
                                        POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE link, PUNICODE_STRING target, PULONG return_length);
NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE link, ACCESS_MASK access,
                                          POBJECT_ATTRIBUTES attributes, PUNICODE_STRING target);
NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE handle);
NTSTATUS NTAPI NtMakePermanentObject(HANDLE handle);
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG count, const HANDLE *handles, ULONG wait_any,
                                        BOOLEAN alertable, PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE signal, HANDLE wait, BOOLEAN alertable,
                                              PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN alertable, PLARGE_INTEGER interval);
NTSTATUS NTAPI NtYieldExecution(void);
NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID address, PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE thread_id);
NTSTATUS NTAPI NtTestAlert(void);
NTSTATUS NTAPI NtCreateEvent(PHANDLE event, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             ULONG type, BOOLEAN state);
NTSTATUS NTAPI NtOpenEvent(PHANDLE event, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtSetEvent(HANDLE event, PLONG previous);
NTSTATUS NTAPI NtResetEvent(HANDLE event, PLONG previous);
NTSTATUS NTAPI NtClearEvent(HANDLE event);
NTSTATUS NTAPI NtPulseEvent(HANDLE event, PLONG previous);
NTSTATUS NTAPI NtCreateMutant(PHANDLE mutant, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                              BOOLEAN owned);
NTSTATUS NTAPI NtOpenMutant(PHANDLE mutant, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtReleaseMutant(HANDLE mutant, PLONG previous);
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE semaphore, ACCESS_MASK access,
                                 POBJECT_ATTRIBUTES attributes, LONG initial, LONG maximum);
NTSTATUS NTAPI NtOpenSemaphore(PHANDLE semaphore, ACCESS_MASK access,
                               POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE semaphore, LONG count, PLONG previous);
NTSTATUS NTAPI NtCreateTimer(PHANDLE timer, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             ULONG type);
NTSTATUS NTAPI NtOpenTimer(PHANDLE timer, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtSetTimer(HANDLE timer, PLARGE_INTEGER due_time, PTIMERAPCROUTINE apc,
                          PVOID context, BOOLEAN resume, LONG period_ms, PBOOLEAN previous);
NTSTATUS NTAPI NtCancelTimer(HANDLE timer, PBOOLEAN state);

/* threads and processes */
NTSTATUS NTAPI NtContinue(PCONTEXT context, BOOLEAN test_alert);
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD record, PCONTEXT context, BOOLEAN first_chance);
NTSTATUS NTAPI NtTerminateThread(HANDLE thread, NTSTATUS status);
NTSTATUS NTAPI NtTerminateProcess(HANDLE process, NTSTATUS status);
NTSTATUS NTAPI NtCreateThreadEx(PHANDLE thread, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                HANDLE process, PVOID start, PVOID argument, ULONG flags,
                                SIZE_T zero_bits, SIZE_T stack_commit, SIZE_T stack_reserve,
                                PVOID attribute_list);
NTSTATUS NTAPI NtOpenThread(PHANDLE thread, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                            CLIENT_ID *client_id);
NTSTATUS NTAPI NtOpenProcess(PHANDLE process, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             CLIENT_ID *client_id);
NTSTATUS NTAPI NtSuspendThread(HANDLE thread, PULONG previous);
NTSTATUS NTAPI NtResumeThread(HANDLE thread, PULONG previous);
NTSTATUS NTAPI NtQueueApcThread(HANDLE thread, PVOID routine, PVOID argument1, PVOID argument2,
                                PVOID argument3);
NTSTATUS NTAPI NtGetContextThread(HANDLE thread, PCONTEXT context);
NTSTATUS NTAPI NtSetContextThread(HANDLE thread, const CONTEXT *context);
NTSTATUS NTAPI NtSetInformationThread(HANDLE thread, THREADINFOCLASS information_class,
                                      PVOID information, ULONG length);
ULONG NTAPI NtGetCurrentProcessorNumber(void);
NTSTATUS NTAPI NtCreateUserProcess(PHANDLE process, PHANDLE thread, ACCESS_MASK process_access,
                                   ACCESS_MASK thread_access, POBJECT_ATTRIBUTES process_attributes,
                                   POBJECT_ATTRIBUTES thread_attributes, ULONG process_flags,
                                   ULONG thread_flags, struct user_process_parameters *parameters,
                                   PS_CREATE_INFO *create_info, PS_ATTRIBUTE_LIST *attributes);

/* system */
NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER counter, PLARGE_INTEGER frequency);
NTSTATUS NTAPI NtSetSystemTime(PLARGE_INTEGER time, PLARGE_INTEGER previous);
NTSTATUS NTAPI NtQueryTimerResolution(PULONG maximum, PULONG minimum, PULONG current);
NTSTATUS NTAPI NtSetTimerResolution(ULONG desired, BOOLEAN set, PULONG current);
NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING service);
NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING service);
NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID luid);

/* registry */
NTSTATUS NTAPI NtCreateKey(PHANDLE key, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                           ULONG title_index, PUNICODE_STRING class_name, ULONG options,
                           PULONG disposition);
NTSTATUS NTAPI NtOpenKey(PHANDLE key, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtDeleteKey(HANDLE key);
NTSTATUS NTAPI NtFlushKey(HANDLE key);
NTSTATUS NTAPI NtSetValueKey(HANDLE key, PUNICODE_STRING name, ULONG title_index, ULONG type,
                             LPCVOID data, ULONG length);
NTSTATUS NTAPI NtDeleteValueKey(HANDLE key, PUNICODE_STRING name);
NTSTATUS NTAPI NtQueryKey(HANDLE key, ULONG information_class, PVOID buffer, ULONG length,
                          PULONG return_length);
NTSTATUS NTAPI NtQueryValueKey(HANDLE key, PUNICODE_STRING name, ULONG information_class,
                               PVOID buffer, ULONG length, PULONG return_length);
NTSTATUS NTAPI NtEnumerateKey(HANDLE key, ULONG index, ULONG information_class, PVOID buffer,
                              ULONG length, PULONG return_length);
NTSTATUS NTAPI NtEnumerateValueKey(HANDLE key, ULONG index, ULONG information_class, PVOID buffer,
                                   ULONG length, PULONG return_length);
NTSTATUS NTAPI NtNotifyChangeKey(HANDLE key, HANDLE event, PIO_APC_ROUTINE apc, PVOID apc_context,
                                 PIO_STATUS_BLOCK status, ULONG filter, BOOLEAN watch_tree,
                                 PVOID buffer, ULONG length, BOOLEAN asynchronous);

/* security */
NTSTATUS NTAPI NtOpenProcessToken(HANDLE process, ACCESS_MASK access, PHANDLE token);
NTSTATUS NTAPI NtOpenThreadToken(HANDLE thread, ACCESS_MASK access, BOOLEAN as_self, PHANDLE token);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE token, TOKEN_INFORMATION_CLASS information_class,
                                       PVOID buffer, ULONG length, PULONG return_length);
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE token, BOOLEAN disable_all,
                                       PTOKEN_PRIVILEGES new_state, ULONG length,
                                       PTOKEN_PRIVILEGES previous, PULONG return_length);
NTSTATUS NTAPI NtDuplicateToken(HANDLE token, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                BOOLEAN effective_only, TOKEN_TYPE type, PHANDLE new_token);
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE handle, SECURITY_INFORMATION information,
                                     PSECURITY_DESCRIPTOR descriptor, ULONG length,
                                     PULONG return_length);
NTSTATUS NTAPI NtSetSecurityObject(HANDLE handle, SECURITY_INFORMATION information,
                                   PSECURITY_DESCRIPTOR descriptor);

#endif
