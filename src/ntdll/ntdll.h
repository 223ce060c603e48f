/*
 * ntdll.dll as the other user-mode DLLs see it: the services and run-time routines that the public
 * headers do not declare, and the structures that these take. Behaviour and layouts follow the
 * Windows driver documentation of the Zw… routines of the same names.
 *
 * Everything under src/ntdll, src/kernel32 and src/advapi32 is written against <windows.h>; only
 * the files that are shared with the kernel (src/ntoskrnl/rtl) use the driver headers.
 */
#ifndef RINGSIDE_NTDLL_H
#define RINGSIDE_NTDLL_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "process_block.h"

#ifndef NT_SUCCESS
#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#endif
#define USER_SHARED_DATA 0x7FFE0000ull
#define NtCurrentProcess() ((HANDLE)(LONG_PTR) - 1)
#define NtCurrentThread() ((HANDLE)(LONG_PTR) - 2)
#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline struct user_teb *user_teb(void)
{
    return (struct user_teb *)__readgsqword(0x30);
}

static inline struct user_peb *user_peb(void)
{
    return (struct user_peb *)__readgsqword(0x60);
}

static inline HANDLE user_thread_id(void)
{
    return user_teb()->ClientId.UniqueThread;
}

/* An object name for OBJECT_ATTRIBUTES, on the caller's stack. */
static inline OBJECT_ATTRIBUTES user_attributes(UNICODE_STRING *name, HANDLE root, ULONG flags)
{
    return (OBJECT_ATTRIBUTES){.Length = sizeof(OBJECT_ATTRIBUTES),
                               .RootDirectory = root,
                               .ObjectName = name,
                               .Attributes = flags};
}

/* ---- structures ---------------------------------------------------------------------------- */

typedef struct _THREAD_BASIC_INFORMATION {
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    ULONG_PTR AffinityMask;
    LONG Priority;
    LONG BasePriority;
} THREAD_BASIC_INFORMATION;

struct user_process_basic_information {
    NTSTATUS ExitStatus;
    struct user_peb *PebBaseAddress;
    ULONG_PTR AffinityMask;
    LONG BasePriority;
    ULONG_PTR UniqueProcessId;
    ULONG_PTR InheritedFromUniqueProcessId;
};

typedef struct _PROCESS_PRIORITY_CLASS {
    BOOLEAN Foreground;
    UCHAR PriorityClass;
} PROCESS_PRIORITY_CLASS;

typedef struct _FILE_COMPLETION_INFORMATION {
    HANDLE Port;
    PVOID Key;
} FILE_COMPLETION_INFORMATION;

typedef struct _FILE_IO_COMPLETION_NOTIFICATION_INFORMATION {
    ULONG Flags;
} FILE_IO_COMPLETION_NOTIFICATION_INFORMATION;

typedef struct _FILE_IO_COMPLETION_INFORMATION {
    PVOID KeyContext;
    PVOID ApcContext;
    IO_STATUS_BLOCK IoStatusBlock;
} FILE_IO_COMPLETION_INFORMATION;

typedef struct _OBJECT_HANDLE_FLAG_INFORMATION {
    BOOLEAN Inherit;
    BOOLEAN ProtectFromClose;
} OBJECT_HANDLE_FLAG_INFORMATION;

typedef struct _OBJECT_DIRECTORY_INFORMATION {
    UNICODE_STRING Name;
    UNICODE_STRING TypeName;
} OBJECT_DIRECTORY_INFORMATION;

typedef struct _SECTION_IMAGE_INFORMATION {
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize;
    SIZE_T CommittedStackSize;
    ULONG SubSystemType;
    ULONG SubSystemVersion;
    ULONG OperatingSystemVersion;
    USHORT ImageCharacteristics;
    USHORT DllCharacteristics;
    USHORT Machine;
    BOOLEAN ImageContainsCode;
    UCHAR ImageFlags;
    ULONG LoaderFlags;
    ULONG ImageFileSize;
    ULONG CheckSum;
} SECTION_IMAGE_INFORMATION;

typedef struct _KEY_BASIC_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_BASIC_INFORMATION;

typedef struct _KEY_FULL_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG ClassOffset;
    ULONG ClassLength;
    ULONG SubKeys;
    ULONG MaxNameLen;
    ULONG MaxClassLen;
    ULONG Values;
    ULONG MaxValueNameLen;
    ULONG MaxValueDataLen;
    WCHAR Class[1];
} KEY_FULL_INFORMATION;

typedef struct _KEY_VALUE_FULL_INFORMATION {
    ULONG TitleIndex;
    ULONG Type;
    ULONG DataOffset;
    ULONG DataLength;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_VALUE_FULL_INFORMATION;

typedef struct _KEY_VALUE_PARTIAL_INFORMATION {
    ULONG TitleIndex;
    ULONG Type;
    ULONG DataLength;
    UCHAR Data[1];
} KEY_VALUE_PARTIAL_INFORMATION;

/* Information classes that <winternl.h> leaves out, by their documented numbers. */
#define USER_FILE_IO_COMPLETION_NOTIFICATION ((FILE_INFORMATION_CLASS)41)
#define USER_PROCESS_IMAGE_FILE_NAME_WIN32 ((PROCESSINFOCLASS)43)
#define USER_THREAD_SUSPEND_COUNT ((THREADINFOCLASS)35)
#define USER_THREAD_NAME ((THREADINFOCLASS)38)
#define USER_OBJECT_HANDLE_FLAGS ((OBJECT_INFORMATION_CLASS)4)
#define USER_KEY_BASIC 0u
#define USER_KEY_FULL 2u
#define USER_VALUE_FULL 1u
#define USER_VALUE_PARTIAL 2u

/* The attribute list that NtCreateUserProcess takes, and its create information. */
#define PS_ATTRIBUTE_CLIENT_ID 0x00010003u  /* out: CLIENT_ID of the first thread */
#define PS_ATTRIBUTE_IMAGE_NAME 0x00020005u /* in: NT path of the program */
#define PS_ATTRIBUTE_PARENT 0x00060000u     /* in: handle of the process to be the parent */
#define PS_ATTRIBUTE_HANDLES 0x0002000Bu    /* in: the handles to inherit */
#define PS_ATTRIBUTE_COUNT 4

typedef struct _PS_ATTRIBUTE {
    ULONG_PTR Attribute;
    SIZE_T Size;
    ULONG_PTR Value;
    PSIZE_T ReturnLength;
} PS_ATTRIBUTE;

typedef struct _PS_ATTRIBUTE_LIST {
    SIZE_T TotalLength;
    PS_ATTRIBUTE Attributes[PS_ATTRIBUTE_COUNT];
} PS_ATTRIBUTE_LIST;

typedef struct _PS_CREATE_INFO {
    SIZE_T Size;
    ULONG State;
    ULONG64 Reserved[9];
} PS_CREATE_INFO;

#include "services.h"
#include "runtime.h"

#endif
