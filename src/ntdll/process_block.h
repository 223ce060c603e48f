/*
 * The blocks that a process, its threads and the kernel share: PEB, TEB, process parameters and
 * the loader's lists, with the layouts of Windows 10 x64. Programs read them directly (through gs,
 * through debuggers' habits), so every offset that is known to be used is asserted below.
 *
 * The structure tags are ours, because the public headers define shortened ones under the NT
 * names; the field names are NT's. The header needs only the basic NT types.
 */
#ifndef RINGSIDE_NTDLL_PROCESS_BLOCK_H
#define RINGSIDE_NTDLL_PROCESS_BLOCK_H

#define USER_TLS_SLOTS 64
#define USER_TLS_EXPANSION_SLOTS 1024
#define USER_FLS_SLOTS 128

struct user_current_directory {
    UNICODE_STRING DosPath; /* ends with a backslash */
    PVOID Handle;
};

/* "Normalised": the strings hold addresses, not offsets. */
struct user_process_parameters {
    ULONG MaximumLength;
    ULONG Length;
    ULONG Flags;
    ULONG DebugFlags;
    PVOID ConsoleHandle; /* 0x010 */
    ULONG ConsoleFlags;
    PVOID StandardInput; /* 0x020 */
    PVOID StandardOutput;
    PVOID StandardError;
    struct user_current_directory CurrentDirectory; /* 0x038 */
    UNICODE_STRING DllPath;                         /* 0x050 */
    UNICODE_STRING ImagePathName;                   /* 0x060: DOS path */
    UNICODE_STRING CommandLine;                     /* 0x070 */
    PWCHAR Environment;                             /* 0x080: NAME=value strings, empty one last */
    ULONG StartingX;
    ULONG StartingY;
    ULONG CountX;
    ULONG CountY;
    ULONG CountCharsX;
    ULONG CountCharsY;
    ULONG FillAttribute;
    ULONG WindowFlags;
    ULONG ShowWindowFlags;
    UNICODE_STRING WindowTitle; /* 0x0B0 */
    UNICODE_STRING DesktopInfo;
    UNICODE_STRING ShellInfo;
    UNICODE_STRING RuntimeData;
    UCHAR CurrentDirectories[32 * 24]; /* 0x0F0 */
    ULONG64 EnvironmentSize;           /* 0x3F0: bytes */
    ULONG64 EnvironmentVersion;
};

struct user_loader_data {
    ULONG Length;
    BOOLEAN Initialized;
    PVOID SsHandle;
    LIST_ENTRY InLoadOrderModuleList;           /* 0x10 */
    LIST_ENTRY InMemoryOrderModuleList;         /* 0x20 */
    LIST_ENTRY InInitializationOrderModuleList; /* 0x30 */
    PVOID EntryInProgress;
    BOOLEAN ShutdownInProgress;
    PVOID ShutdownThreadId;
};

/* One module in the three lists of user_loader_data. */
struct user_loader_entry {
    LIST_ENTRY InLoadOrderLinks;
    LIST_ENTRY InMemoryOrderLinks;
    LIST_ENTRY InInitializationOrderLinks;
    PVOID DllBase;    /* 0x30 */
    PVOID EntryPoint; /* 0x38 */
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName; /* 0x48 */
    UNICODE_STRING BaseDllName; /* 0x58 */
    ULONG Flags;                /* 0x68: USER_LOADER_… */
    USHORT ObsoleteLoadCount;
    USHORT TlsIndex;
    LIST_ENTRY HashLinks;
    ULONG TimeDateStamp; /* 0x80 */
    PVOID EntryPointActivationContext;
    PVOID Lock;
    PVOID DdagNode;
    LIST_ENTRY NodeModuleLink;
    PVOID LoadContext;
    PVOID ParentDllBase;
    PVOID SwitchBackContext;
    PVOID BaseAddressIndexNode[3];
    PVOID MappingInfoIndexNode[3];
    ULONG64 OriginalBase; /* 0xF8 */
    LARGE_INTEGER LoadTime;
    ULONG BaseNameHashValue;
    ULONG LoadReason;
    ULONG ImplicitPathOptions;
    ULONG ReferenceCount;
};

/* Bits of user_loader_entry.Flags, as Windows has them. */
#define USER_LOADER_STATIC 0x00000002 /* imported by the program, never unloaded */
#define USER_LOADER_IMAGE_DLL 0x00000004
#define USER_LOADER_ENTRY_PROCESSED 0x00004000
#define USER_LOADER_NO_THREAD_CALLS 0x00040000 /* DisableThreadLibraryCalls */
#define USER_LOADER_ATTACH_CALLED 0x00080000

struct user_peb {
    BOOLEAN InheritedAddressSpace;
    BOOLEAN ReadImageFileExecOptions;
    BOOLEAN BeingDebugged; /* 0x002 */
    UCHAR BitField;
    PVOID Mutant;
    PVOID ImageBaseAddress; /* 0x010 */
    struct user_loader_data *Ldr;
    struct user_process_parameters *ProcessParameters; /* 0x020 */
    PVOID SubSystemData;
    PVOID ProcessHeap; /* 0x030 */
    PVOID FastPebLock;
    PVOID AtlThunkSListPtr;
    PVOID IFEOKey;
    ULONG CrossProcessFlags; /* 0x050 */
    PVOID KernelCallbackTable;
    ULONG SystemReserved;
    ULONG AtlThunkSListPtr32;
    PVOID ApiSetMap;
    ULONG TlsExpansionCounter; /* 0x070 */
    PVOID TlsBitmap;
    ULONG TlsBitmapBits[2];
    PVOID ReadOnlySharedMemoryBase;
    PVOID SharedData;
    PVOID ReadOnlyStaticServerData;
    PVOID AnsiCodePageData; /* 0x0A0 */
    PVOID OemCodePageData;
    PVOID UnicodeCaseTableData;
    ULONG NumberOfProcessors; /* 0x0B8 */
    ULONG NtGlobalFlag;
    LARGE_INTEGER CriticalSectionTimeout;
    ULONG64 HeapSegmentReserve;
    ULONG64 HeapSegmentCommit;
    ULONG64 HeapDeCommitTotalFreeThreshold;
    ULONG64 HeapDeCommitFreeBlockThreshold;
    ULONG NumberOfHeaps; /* 0x0E8 */
    ULONG MaximumNumberOfHeaps;
    PVOID *ProcessHeaps;
    PVOID GdiSharedHandleTable;
    PVOID ProcessStarterHelper;
    ULONG GdiDCAttributeList;
    PVOID LoaderLock; /* 0x110 */
    ULONG OSMajorVersion;
    ULONG OSMinorVersion;
    USHORT OSBuildNumber; /* 0x120 */
    USHORT OSCSDVersion;
    ULONG OSPlatformId;
    ULONG ImageSubsystem;
    ULONG ImageSubsystemMajorVersion;
    ULONG ImageSubsystemMinorVersion;
    ULONG64 ActiveProcessAffinityMask; /* 0x138 */
    ULONG GdiHandleBuffer[60];
    PVOID PostProcessInitRoutine;
    PVOID TlsExpansionBitmap;
    ULONG TlsExpansionBitmapBits[32]; /* 0x240 */
    ULONG SessionId;                  /* 0x2C0 */
};

struct user_teb {
    NT_TIB NtTib; /* StackBase 0x08, StackLimit 0x10, Self 0x30 */
    PVOID EnvironmentPointer;
    CLIENT_ID ClientId; /* 0x040 */
    PVOID ActiveRpcHandle;
    PVOID ThreadLocalStoragePointer; /* 0x058 */
    struct user_peb *ProcessEnvironmentBlock;
    ULONG LastErrorValue; /* 0x068 */
    ULONG CountOfOwnedCriticalSections;
    PVOID CsrClientThread;
    PVOID Win32ThreadInfo;
    ULONG User32Reserved[26];
    ULONG UserReserved[5];
    PVOID WOW32Reserved; /* 0x100 */
    ULONG CurrentLocale;
    ULONG FpSoftwareStatusRegister;
    UCHAR Reserved0[0x1250 - 0x110];
    ULONG LastStatusValue; /* 0x1250 */
    UNICODE_STRING StaticUnicodeString;
    WCHAR StaticUnicodeBuffer[261];
    PVOID DeallocationStack;        /* 0x1478 */
    PVOID TlsSlots[USER_TLS_SLOTS]; /* 0x1480 */
    LIST_ENTRY TlsLinks;            /* 0x1680 */
    UCHAR Reserved1[0x16B0 - 0x1690];
    ULONG HardErrorMode; /* 0x16B0 */
    UCHAR Reserved2[0x1748 - 0x16B4];
    ULONG GuaranteedStackBytes; /* 0x1748 */
    UCHAR Reserved3[0x1780 - 0x174C];
    PVOID *TlsExpansionSlots; /* 0x1780 */
    UCHAR Reserved4[0x17C8 - 0x1788];
    PVOID *FlsData; /* 0x17C8 */
    UCHAR Reserved5[0x17EE - 0x17D0];
    USHORT SameTebFlags; /* 0x17EE */
    UCHAR Reserved6[0x1838 - 0x17F0];
};

#define USER_OFFSET(type, field, offset)                                                           \
    _Static_assert(__builtin_offsetof(struct type, field) == (offset), #type "." #field)

USER_OFFSET(user_process_parameters, CurrentDirectory, 0x038);
USER_OFFSET(user_process_parameters, CommandLine, 0x070);
USER_OFFSET(user_process_parameters, Environment, 0x080);
USER_OFFSET(user_process_parameters, WindowTitle, 0x0B0);
USER_OFFSET(user_process_parameters, EnvironmentSize, 0x3F0);
USER_OFFSET(user_loader_data, InInitializationOrderModuleList, 0x30);
USER_OFFSET(user_loader_entry, BaseDllName, 0x58);
USER_OFFSET(user_loader_entry, TimeDateStamp, 0x80);
USER_OFFSET(user_loader_entry, OriginalBase, 0xF8);
USER_OFFSET(user_peb, ProcessHeap, 0x030);
USER_OFFSET(user_peb, NumberOfProcessors, 0x0B8);
USER_OFFSET(user_peb, LoaderLock, 0x110);
USER_OFFSET(user_peb, OSBuildNumber, 0x120);
USER_OFFSET(user_peb, TlsExpansionBitmapBits, 0x240);
USER_OFFSET(user_peb, SessionId, 0x2C0);
USER_OFFSET(user_teb, ProcessEnvironmentBlock, 0x060);
USER_OFFSET(user_teb, LastErrorValue, 0x068);
USER_OFFSET(user_teb, LastStatusValue, 0x1250);
USER_OFFSET(user_teb, DeallocationStack, 0x1478);
USER_OFFSET(user_teb, TlsSlots, 0x1480);
USER_OFFSET(user_teb, HardErrorMode, 0x16B0);
USER_OFFSET(user_teb, TlsExpansionSlots, 0x1780);
USER_OFFSET(user_teb, FlsData, 0x17C8);

#endif
