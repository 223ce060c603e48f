/*
 * IRP_MJ_READ, IRP_MJ_WRITE, IRP_MJ_FLUSH_BUFFERS.
 *
 * The device asks for neither buffered nor direct I/O, so a caller's buffer arrives as its address;
 * filters and other kernel code may send an MDL instead. What a view of the file shows is newer
 * than what the host has, so it is read, and written, besides.
 */
#include "fs/fs_internal.h"
#include "mm/mm.h"
#include "vf/paged.h"

static NTSTATUS probe(PIRP irp, PVOID buffer, ULONG length, BOOLEAN for_write)
{
    if (irp->RequestorMode != UserMode || irp->MdlAddress)
        return STATUS_SUCCESS;
    __try {
        if (for_write)
            ProbeForWrite(buffer, length, 1);
        else
            ProbeForRead(buffer, length, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static PVOID data_of(PIRP irp)
{
    if (irp->MdlAddress)
        return MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    return irp->UserBuffer;
}

static LONGLONG read_overlay(const struct fs_node *node, ULONG64 offset, PVOID buffer, ULONG length)
{
    ULONG64 left = offset < node->size ? node->size - offset : 0;

    if (length > left)
        length = (ULONG)left;
    __try {
        RtlCopyMemory(buffer, (const UCHAR *)node->bytes + offset, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return MACHINE_FILE_IO_ERROR;
    }
    return length;
}

static NTSTATUS check(PIRP irp, PFILE_OBJECT file, PVOID buffer, ULONG length, LONGLONG offset,
                      ULONG key, BOOLEAN write)
{
    struct fs_node *node = fs_node_of(file);
    NTSTATUS status;

    if (node->directory || node->kind == FS_VOLUME)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (length && !buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (offset < 0 || offset + (LONGLONG)length < 0)
        return STATUS_INVALID_PARAMETER;
    status = probe(irp, buffer, length, !write);
    if (!NT_SUCCESS(status))
        return status;
    if (!fs_lock_allows(node, irp, file, key, (ULONG64)offset, length, write))
        return STATUS_FILE_LOCK_CONFLICT;
    VF(paged_open(buffer, length)); /* the host is given it */
    return STATUS_SUCCESS;
}

static void advance(PFILE_OBJECT file, LONGLONG position)
{
    if (file->Flags & FO_SYNCHRONOUS_IO)
        file->CurrentByteOffset.QuadPart = position;
}

NTSTATUS NTAPI fs_read(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = location->FileObject;
    struct fs_node *node = fs_node_of(file);
    LONGLONG offset = location->Parameters.Read.ByteOffset.QuadPart;
    ULONG length = location->Parameters.Read.Length;
    PVOID buffer = length ? data_of(irp) : NULL;
    NTSTATUS status =
        check(irp, file, buffer, length, offset, location->Parameters.Read.Key, FALSE);
    LONGLONG done;

    (void)device;
    if (!NT_SUCCESS(status) || length == 0)
        return fs_complete(irp, status, 0);
    if (node->kind == FS_OVERLAY)
        done = read_overlay(node, (ULONG64)offset, buffer, length);
    else
        done = ke_machine->file_read(fs_open_of(file)->host, (ULONG64)offset, buffer, length);
    if (done > 0 &&
        !mm_section_copy(&node->sections, (ULONG64)offset, buffer, (ULONG64)done, FALSE))
        done = MACHINE_FILE_IO_ERROR;
    if (done < 0)
        return fs_complete(irp, fs_status_of(done), 0);
    if (done == 0)
        return fs_complete(irp, STATUS_END_OF_FILE, 0);
    advance(file, offset + done);
    return fs_complete(irp, STATUS_SUCCESS, (ULONG_PTR)done);
}

/* FILE_WRITE_TO_END_OF_FILE, and handles that may only append. */
static NTSTATUS write_offset(const struct fs_open *open, LARGE_INTEGER given, LONGLONG *offset)
{
    struct machine_file_info info;
    NTSTATUS status;

    *offset = given.QuadPart;
    if (!open->appends_only &&
        (given.HighPart != -1 || given.LowPart != (ULONG)FILE_WRITE_TO_END_OF_FILE))
        return STATUS_SUCCESS;
    status = fs_open_query(open, &info);
    *offset = (LONGLONG)info.size;
    return status;
}

NTSTATUS NTAPI fs_write(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = location->FileObject;
    struct fs_open *open = fs_open_of(file);
    ULONG length = location->Parameters.Write.Length;
    PVOID buffer = length ? data_of(irp) : NULL;
    LONGLONG offset, done;
    NTSTATUS status = write_offset(open, location->Parameters.Write.ByteOffset, &offset);

    (void)device;
    if (NT_SUCCESS(status))
        status = check(irp, file, buffer, length, offset, location->Parameters.Write.Key, TRUE);
    if (!NT_SUCCESS(status) || length == 0)
        return fs_complete(irp, status, 0);
    if (open->node->kind != FS_HOST)
        return fs_complete(irp, STATUS_ACCESS_DENIED, 0);
    done = ke_machine->file_write(open->host, (ULONG64)offset, buffer, length);
    if (done > 0 &&
        !mm_section_copy(&open->node->sections, (ULONG64)offset, buffer, (ULONG64)done, TRUE))
        done = MACHINE_FILE_IO_ERROR;
    if (done < 0)
        return fs_complete(irp, fs_status_of(done), 0);
    advance(file, offset + done);
    file->Flags |= FO_FILE_MODIFIED;
    fs_notify(&open->node->path, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE,
              FILE_ACTION_MODIFIED);
    return fs_complete(irp, STATUS_SUCCESS, (ULONG_PTR)done);
}

/* Nothing is held back here: what was written is the host's. */
NTSTATUS NTAPI fs_flush(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return fs_complete(irp, STATUS_SUCCESS, 0);
}
