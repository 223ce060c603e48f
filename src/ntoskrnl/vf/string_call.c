/*
 * Texts that a driver hands to the kernel: counted strings that say of themselves what cannot be,
 * and texts that nothing ends.
 *
 * An end is looked for where the bounds are known: in a request's buffer, where the caller chose
 * what lies in it, and in blocks of the special pool. The names of files lie there, too.
 */
#include "include/nt_export.h"
#include "mm/mm.h"
#include "vf/export_kind.h"
#include "vf/memory_internal.h"
#include "vf/string_internal.h"
#include "vf/user_internal.h"

VF_RULE(bad_string) = {
    .id = "RS-STR-002",
    .title = "counted string that contradicts itself",
    .severity = VF_ERROR,
    .bug_check = NULL,
    .advice = "set Length and MaximumLength in bytes, with Length even and not above "
              "MaximumLength, or use RtlInitUnicodeString",
    .rationale = "Routines read Length bytes and write up to MaximumLength: wrong ones read or "
                 "destroy what lies behind the text.",
    .reference = "Windows driver documentation, UNICODE_STRING",
};

VF_RULE(no_end) = {
    .id = "RS-STR-003",
    .title = "text in the request's buffer has no end",
    .severity = VF_ERROR,
    .bug_check = "0x50 PAGE_FAULT_IN_NONPAGED_AREA",
    .advice = "look for the terminating zero within the length of the request first, or copy the "
              "text and terminate the copy",
    .rationale = "The program decides what it sends. A text without a zero is read on, past the "
                 "end of the buffer.",
    .reference = "Windows driver documentation, Failure to Check the Size of Buffers",
};

VF_RULE(past_length) = {
    .id = "RS-STR-005",
    .title = "text is read past its length",
    .severity = VF_ERROR,
    .bug_check = "0x50 PAGE_FAULT_IN_NONPAGED_AREA",
    .advice =
        "pass the UNICODE_STRING itself (%wZ, Rtl…UnicodeString), or read Length bytes and no "
        "more; or allocate room for a zero, and write it",
    .rationale = "The Buffer of a UNICODE_STRING need not end with a zero, such as that of "
                 "FileObject->FileName: what lies behind it belongs to somebody else. Seen are "
                 "texts in pool memory, not parts of a longer text.",
    .reference = "Windows driver documentation, UNICODE_STRING",
};

enum string_call {
    CALL_OTHER = VF_EXPORT_KINDS,
    CALL_FORMAT,
    CALL_TEXT, /* has texts that end with a zero among its arguments */
    /* Has counted strings that it reads at the first, second, third argument, or at the first two.
     */
    CALL_FIRST,
    CALL_SECOND,
    CALL_THIRD,
    CALL_BOTH,
};

static const struct vf_export_name names[] = {
    {"IoCreateDevice", CALL_THIRD},
    {"IoCreateSymbolicLink", CALL_BOTH},
    {"IoCreateUnprotectedSymbolicLink", CALL_BOTH},
    {"IoDeleteSymbolicLink", CALL_FIRST},
    {"IoGetDeviceObjectPointer", CALL_FIRST},
    {"MmGetSystemRoutineAddress", CALL_FIRST},
    {"RtlCopyUnicodeString", CALL_SECOND},
    {"RtlAppendUnicodeStringToString", CALL_BOTH},
    {"RtlCompareUnicodeString", CALL_BOTH},
    {"RtlEqualUnicodeString", CALL_BOTH},
    {"RtlPrefixUnicodeString", CALL_BOTH},
    {"RtlHashUnicodeString", CALL_FIRST},
    {"RtlUnicodeStringToInteger", CALL_FIRST},
    {"RtlUnicodeStringToAnsiString", CALL_SECOND},
    {"RtlUpcaseUnicodeString", CALL_SECOND},
    {"RtlDowncaseUnicodeString", CALL_SECOND},
    {"RtlInitUnicodeString", CALL_TEXT},
    {"RtlInitUnicodeStringEx", CALL_TEXT},
    {"RtlInitAnsiString", CALL_TEXT},
    {"RtlInitString", CALL_TEXT},
    {"RtlAppendUnicodeToString", CALL_TEXT},
    {"strlen", CALL_TEXT},
    {"strcpy", CALL_TEXT},
    {"strcat", CALL_TEXT},
    {"strcmp", CALL_TEXT},
    {"strchr", CALL_TEXT},
    {"strrchr", CALL_TEXT},
    {"strstr", CALL_TEXT},
    {"wcslen", CALL_TEXT},
    {"wcscpy", CALL_TEXT},
    {"wcscat", CALL_TEXT},
    {"wcscmp", CALL_TEXT},
    {"wcschr", CALL_TEXT},
    {"wcsrchr", CALL_TEXT},
    {"wcsstr", CALL_TEXT},
    {"DbgPrint*", CALL_FORMAT},
    {"vDbgPrint*", CALL_FORMAT},
    {"sprintf*", CALL_FORMAT},
    {"vsprintf*", CALL_FORMAT},
    {"swprintf*", CALL_FORMAT},
    {"vswprintf*", CALL_FORMAT},
    {"_snprintf*", CALL_FORMAT},
    {"_snwprintf*", CALL_FORMAT},
    {"_swprintf*", CALL_FORMAT},
    {"_vsnprintf*", CALL_FORMAT},
    {"_vsnwprintf*", CALL_FORMAT},
    {"_vswprintf*", CALL_FORMAT},
    {"*", CALL_OTHER},
};

static struct vf_export_kinds kinds = {.names = names};

ULONG vf_string_peek(ULONG64 address, void *bytes, ULONG size)
{
    ULONG done = 0;

    while (done < size) {
        ULONG64 frame = mm_frame_of(address + done), offset = (address + done) % PAGE_SIZE;
        ULONG piece = (ULONG)min(PAGE_SIZE - offset, size - done);

        if (frame == MM_NO_FRAME)
            break;
        RtlCopyMemory((UCHAR *)bytes + done, (const UCHAR *)mm_direct(frame) + offset, piece);
        done += piece;
    }
    return done;
}

/* Bytes that lie in the system's buffer: the longer of both directions shares one. */
static ULONG buffer_length(const IRP *irp, const IO_STACK_LOCATION *location)
{
    ULONG input, output;

    if (location->MajorFunction == IRP_MJ_READ || location->MajorFunction == IRP_MJ_WRITE)
        return location->Parameters.Write.Length;
    if (location->MajorFunction != IRP_MJ_DEVICE_CONTROL || !(irp->Flags & IRP_BUFFERED_IO))
        return 0;
    input = location->Parameters.DeviceIoControl.InputBufferLength;
    output = location->Parameters.DeviceIoControl.OutputBufferLength;
    if ((location->Parameters.DeviceIoControl.IoControlCode & 3) != METHOD_BUFFERED)
        return input;
    return max(input, output);
}

BOOLEAN vf_string_request_buffer(ULONG64 *start, ULONG64 *end)
{
    PIRP irp = vf_user_current_irp();
    const IO_STACK_LOCATION *location;

    if (!irp || irp->CurrentLocation > irp->StackCount || irp->CurrentLocation <= 0)
        return FALSE;
    location = IoGetCurrentIrpStackLocation(irp);
    *start = (ULONG64)irp->AssociatedIrp.SystemBuffer;
    *end = *start + buffer_length(irp, location);
    if (*start == 0 && irp->MdlAddress && irp->MdlAddress->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
        *start = (ULONG64)irp->MdlAddress->MappedSystemVa;
        *end = *start + irp->MdlAddress->ByteCount;
    }
    return *start != 0 && *end > *start;
}

static BOOLEAN has_end(ULONG64 text, ULONG64 end, BOOLEAN wide)
{
    for (; text + wide < end; text += 1 + wide) {
        WCHAR character = 0;

        if (vf_string_peek(text, &character, 1 + wide) == 0 || !character)
            return TRUE;
    }
    return FALSE;
}

static void check_block(const struct nt_export *export, ULONG64 text, BOOLEAN wide)
{
    const struct vf_special_block *block = vf_special_block_of(text);

    if (!block || block->is_freed || text < block->address ||
        text >= block->address + block->bytes || has_end(text, block->address + block->bytes, wide))
        return;
    vf_report_at(&past_length, NULL, "allocated by", &block->allocated,
                 "%s is given a text at byte %llu of %s, and no zero follows in it", export->name,
                 text - block->address, vf_block_text(block).text);
}

void vf_string_check_end(const struct nt_export *export, ULONG64 text, BOOLEAN wide)
{
    ULONG64 start, end;

    if (text < MACHINE_USER_END)
        return;
    if (!vf_string_request_buffer(&start, &end) || text < start || text >= end) {
        if (past_length.enabled)
            check_block(export, text, wide);
    } else if (no_end.enabled && !has_end(text, end, wide)) {
        vf_report(&no_end,
                  "%s is given a text at byte %llu of the request's %llu bytes, and no zero "
                  "follows in them",
                  export->name, text - start, end - start);
    }
}

static void check_texts(const struct nt_export *export, const ULONG64 *arguments)
{
    ULONG first = strncmp(export->name, "RtlInit", 7) == 0;

    for (ULONG i = first; export->args[i]; i++)
        if (export->args[i] == 's' || export->args[i] == 'w')
            vf_string_check_end(export, arguments[i], export->args[i] == 'w');
}

static void check_counted(const struct nt_export *export, ULONG64 address)
{
    UNICODE_STRING string;
    UCHAR byte;

    if (!bad_string.enabled || !address ||
        vf_string_peek(address, &string, sizeof(string)) != sizeof(string))
        return;
    if (string.Length > string.MaximumLength)
        vf_report(&bad_string, "%s is given a string with Length %u above MaximumLength %u",
                  export->name, string.Length, string.MaximumLength);
    else if (string.Length % sizeof(WCHAR))
        vf_report(&bad_string, "%s is given a string with the odd Length %u", export->name,
                  string.Length);
    else if (string.Length && (ULONG64)string.Buffer >= MACHINE_USER_END &&
             !vf_string_peek((ULONG64)string.Buffer + string.Length - 1, &byte, 1))
        vf_report(&bad_string, "%s is given a string of %u bytes at 0x%p, where there is no memory",
                  export->name, string.Length, string.Buffer);
}

void vf_string_called(const struct nt_export *export, const ULONG64 *arguments)
{
    switch (vf_export_kind(&kinds, export)) {
    case CALL_TEXT:
        check_texts(export, arguments);
        break;
    case CALL_FIRST:
        check_counted(export, arguments[0]);
        break;
    case CALL_SECOND:
        check_counted(export, arguments[1]);
        break;
    case CALL_THIRD:
        check_counted(export, arguments[2]);
        break;
    case CALL_BOTH:
        check_counted(export, arguments[0]);
        check_counted(export, arguments[1]);
        break;
    case CALL_FORMAT:
        vf_string_check_format(export, arguments);
        break;
    default:
        break;
    }
}
