/*
 * Signatures of drivers. This machine is one with test signing on, where nobody looks at them, so
 * unsigned drivers load. A machine that refuses unsigned drivers has the value
 *
 *   HKLM\SYSTEM\CurrentControlSet\Control\CI   RequireSignature = 1 (REG_DWORD)
 *
 * Differs from NT: the switch is of our own (Windows has it in the boot configuration), and what
 * counts is that the file has a signature, not who made it or whether it is right.
 */
#include "io/io_internal.h"
#include "kd/kd.h"
#include "pe/pe.h"

NTSTATUS io_check_signature(PCUNICODE_STRING image)
{
    static const UNICODE_STRING key =
        RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\CI");
    NTSTATUS status = STATUS_SUCCESS;
    struct pe_error error;
    struct pe_image file;
    const void *bytes;
    ULONG64 size;
    char path[520];

    if (!io_service_number(&key, L"RequireSignature", 0))
        return STATUS_SUCCESS;
    kd_to_utf8(image, path, sizeof(path));
    if (!ke_machine->image_open(path, &bytes, &size))
        return STATUS_SUCCESS; /* the loader says why not */
    if (pe_open(&file, bytes, size, &error) &&
        !file.headers.directories[PE_DIRECTORY_CERTIFICATE].size) {
        kd_print_loader_error(image, "an image without a signature, which this machine requires");
        status = STATUS_INVALID_IMAGE_HASH;
    }
    ke_machine->image_release(bytes);
    return status;
}
