/*
 * Share access: who may open a file at the same time. The state is the file system's, one
 * SHARE_ACCESS for each file; these routines keep its counts and the flags of the file object.
 *
 * Source of all: Windows driver documentation, under the routine's name. IRQL: PASSIVE_LEVEL.
 */
#include "io/io_internal.h"

struct wanted {
    BOOLEAN read, write, remove;
    BOOLEAN any; /* opens for attributes only take no part in sharing */
};

static struct wanted note(PFILE_OBJECT file, ACCESS_MASK access, ULONG share)
{
    struct wanted wanted = {
        .read = (access & (FILE_READ_DATA | FILE_EXECUTE)) != 0,
        .write = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0,
        .remove = (access & DELETE) != 0,
    };

    wanted.any = wanted.read || wanted.write || wanted.remove;
    file->ReadAccess = wanted.read;
    file->WriteAccess = wanted.write;
    file->DeleteAccess = wanted.remove;
    file->SharedRead = wanted.any && share & FILE_SHARE_READ;
    file->SharedWrite = wanted.any && share & FILE_SHARE_WRITE;
    file->SharedDelete = wanted.any && share & FILE_SHARE_DELETE;
    return wanted;
}

static BOOLEAN takes_part(PFILE_OBJECT file)
{
    return file->ReadAccess || file->WriteAccess || file->DeleteAccess;
}

static void change(PFILE_OBJECT file, PSHARE_ACCESS access, ULONG by)
{
    if (!takes_part(file))
        return;
    access->OpenCount += by;
    access->Readers += file->ReadAccess ? by : 0;
    access->Writers += file->WriteAccess ? by : 0;
    access->Deleters += file->DeleteAccess ? by : 0;
    access->SharedRead += file->SharedRead ? by : 0;
    access->SharedWrite += file->SharedWrite ? by : 0;
    access->SharedDelete += file->SharedDelete ? by : 0;
}

/*
 * May the file be opened as well?
 * @param desired  access, generic bits mapped
 * @param share    FILE_SHARE_… that the new open allows others
 * @param update   TRUE = count the open in, as IoUpdateShareAccess does
 * Returns STATUS_SHARING_VIOLATION when it conflicts with another open.
 */
NTSTATUS NTAPI IoCheckShareAccess(ACCESS_MASK desired, ULONG share, PFILE_OBJECT file,
                                  PSHARE_ACCESS access, BOOLEAN update)
{
    struct wanted wanted = note(file, desired, share);

    if (!wanted.any)
        return STATUS_SUCCESS;
    if ((wanted.read && access->SharedRead < access->OpenCount) ||
        (wanted.write && access->SharedWrite < access->OpenCount) ||
        (wanted.remove && access->SharedDelete < access->OpenCount) ||
        (access->Readers && !file->SharedRead) || (access->Writers && !file->SharedWrite) ||
        (access->Deleters && !file->SharedDelete))
        return STATUS_SHARING_VIOLATION;
    if (update)
        change(file, access, 1);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoCheckShareAccess, PASSIVE_LEVEL, "uuFpb");

/*
 * The same with a choice of write permission.
 * @param write_permission  NULL, or FALSE = the open cannot write whatever it asked for
 */
NTSTATUS NTAPI IoCheckShareAccessEx(ACCESS_MASK desired, ULONG share, PFILE_OBJECT file,
                                    PSHARE_ACCESS access, BOOLEAN update, PBOOLEAN write_permission)
{
    if (write_permission && !*write_permission)
        desired &= ~(ACCESS_MASK)(FILE_WRITE_DATA | FILE_APPEND_DATA);
    return IoCheckShareAccess(desired, share, file, access, update);
}
NT_EXPORT(IoCheckShareAccessEx, PASSIVE_LEVEL, "uuFpbp");

/* The first open of a file: set its share access. */
VOID NTAPI IoSetShareAccess(ACCESS_MASK desired, ULONG share, PFILE_OBJECT file,
                            PSHARE_ACCESS access)
{
    note(file, desired, share);
    RtlZeroMemory(access, sizeof(*access));
    change(file, access, 1);
}
NT_EXPORT(IoSetShareAccess, PASSIVE_LEVEL, "uuFp");

/* Count in an open that IoCheckShareAccess has allowed. */
VOID NTAPI IoUpdateShareAccess(PFILE_OBJECT file, PSHARE_ACCESS access)
{
    change(file, access, 1);
}
NT_EXPORT(IoUpdateShareAccess, PASSIVE_LEVEL, "Fp");

/* Count out an open, at cleanup. */
VOID NTAPI IoRemoveShareAccess(PFILE_OBJECT file, PSHARE_ACCESS access)
{
    change(file, access, (ULONG)-1);
}
NT_EXPORT(IoRemoveShareAccess, PASSIVE_LEVEL, "Fp");
