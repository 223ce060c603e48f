/*
 * A stopped machine as a minidump: what WinDbg, lldb and the minidump tools read.
 *
 * The whole machine looks like one process: its threads are those of all NT processes, on their
 * kernel stacks, and its modules are the kernel, the drivers and the programs. A bug check is the
 * exception of the thread that ran. Everything comes from the report that the kernel left (threads
 * and pages) and from the list of loaded images; the machine is not entered.
 *
 * The dump is put together in memory and written at once, to a file that was opened before the
 * sandbox was entered.
 *
 * Source: Windows documentation, minidumpapiset.h (MINIDUMP_HEADER and the streams named below).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/dump.h"
#include "host/dump_format.h"
#include "host/host.h"
#include "pe/pe.h"

#define NT_TO_UNIX_SECONDS 11644473600ull
#define SECOND_100NS 10000000ull
#define SYSTEM_PROCESS 4
#define CODEVIEW_IMAGE_LIMIT (64u << 20) /* bytes; of larger images the PDB's name is left out */

/* NTSTATUS values that stand for stops that are no bug check. */
#define STATUS_DEADLOCK 0xC0000194u /* STATUS_POSSIBLE_DEADLOCK */
#define STATUS_MISSING 0xC0000002u  /* STATUS_NOT_IMPLEMENTED */
#define STATUS_ASSERTION 0xC0000420u

struct region {
    uint64_t start, size;
    uint32_t rva;
};

static struct {
    uint8_t *bytes;
    size_t size, room;
    struct region regions[MACHINE_SNAPSHOT_PAGES];
    uint32_t region_count;
} dump;

/* ---- the buffer ---- */

static uint32_t put(const void *bytes, size_t size)
{
    uint32_t rva = (uint32_t)dump.size;

    if (dump.room - dump.size < size) {
        dump.room = 2 * (dump.room + size);
        dump.bytes = realloc(dump.bytes, dump.room);
        if (!dump.bytes)
            host_fatal("out of memory");
    }
    if (bytes)
        memcpy(dump.bytes + dump.size, bytes, size);
    else
        memset(dump.bytes + dump.size, 0, size);
    dump.size += size;
    return rva;
}

static void align(void)
{
    put(NULL, -dump.size & 7);
}

/* The character at *text, which goes on to the next; what is not UTF-8 becomes U+FFFD. */
static uint32_t next_character(const uint8_t **text)
{
    uint8_t first = *(*text)++;
    unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    uint32_t code = more ? first & (0x3Fu >> more) : first;

    if (first >= 0x80 && first < 0xC0)
        return 0xFFFD;
    for (; more; more--, (*text)++) {
        if ((**text & 0xC0) != 0x80)
            return 0xFFFD;
        code = code << 6 | (**text & 0x3F);
    }
    return code;
}

/* MINIDUMP_STRING: bytes without the NUL, then UTF-16. */
static uint32_t put_string(const char *utf8)
{
    const uint8_t *at = (const uint8_t *)utf8;
    uint32_t rva, length = 0;

    align();
    rva = put(&length, sizeof length);
    while (*at) {
        uint32_t code = next_character(&at);
        uint16_t units[2] = {(uint16_t)code};
        uint32_t count = 1;

        if (code >= 0x10000) {
            units[0] = (uint16_t)(0xD800 + ((code - 0x10000) >> 10));
            units[1] = (uint16_t)(0xDC00 + (code & 0x3FF));
            count = 2;
        }
        put(units, count * sizeof *units);
        length += count * (uint32_t)sizeof *units;
    }
    put(NULL, sizeof(uint16_t));
    memcpy(dump.bytes + rva, &length, sizeof length);
    return rva;
}

/* ---- memory ---- */

static int compare_pages(const void *a, const void *b)
{
    const struct machine_page *x = a, *y = b;

    return (x->address > y->address) - (x->address < y->address);
}

/* Pages side by side become one region. */
static void put_memory(const struct machine_snapshot *snapshot)
{
    struct machine_page pages[MACHINE_SNAPSHOT_PAGES];
    struct region *region = NULL;

    memcpy(pages, snapshot->pages, snapshot->page_count * sizeof *pages);
    qsort(pages, snapshot->page_count, sizeof *pages, compare_pages);
    dump.region_count = 0;
    for (uint32_t i = 0; i < snapshot->page_count; i++) {
        uint32_t rva = put(pages[i].bytes, MACHINE_PAGE_SIZE);

        if (!region || region->start + region->size != pages[i].address) {
            region = &dump.regions[dump.region_count++];
            *region = (struct region){.start = pages[i].address, .rva = rva};
        }
        region->size += MACHINE_PAGE_SIZE;
    }
}

static struct dump_directory put_memory_list(void)
{
    uint32_t rva = put(&dump.region_count, sizeof dump.region_count);

    for (uint32_t i = 0; i < dump.region_count; i++) {
        struct dump_memory row = {.start = dump.regions[i].start,
                                  .data = {(uint32_t)dump.regions[i].size, dump.regions[i].rva}};

        put(&row, sizeof row);
    }
    return (struct dump_directory){DUMP_MEMORY_LIST, {(uint32_t)dump.size - rva, rva}};
}

/* The part of a thread's stack that is there, from its stack pointer up. */
static struct dump_memory stack_of(const struct machine_thread *thread)
{
    uint64_t from = thread->registers[MACHINE_RSP];

    for (uint32_t i = 0; i < dump.region_count; i++) {
        const struct region *region = &dump.regions[i];
        uint64_t offset = from - region->start;

        if (offset < region->size)
            return (struct dump_memory){
                from, {(uint32_t)(region->size - offset), region->rva + (uint32_t)offset}};
    }
    return (struct dump_memory){.start = from};
}

/* ---- threads ---- */

static struct dump_location put_context(const struct machine_thread *thread)
{
    struct dump_context context = {
        .flags = DUMP_CONTEXT_AMD64,
        .mxcsr = 0x1F80,
        .cs = 0x10,
        .ds = 0x2B,
        .es = 0x2B,
        .fs = 0x53,
        .gs = 0x2B,
        .ss = 0x18,
        .eflags = (uint32_t)thread->rflags,
        .rip = thread->rip,
    };

    align();
    memcpy(context.registers, thread->registers, sizeof context.registers);
    return (struct dump_location){sizeof context, put(&context, sizeof context)};
}

static struct dump_directory put_threads(const struct machine_snapshot *snapshot,
                                         struct dump_location *first_context)
{
    struct dump_thread rows[MACHINE_SNAPSHOT_THREADS];
    uint32_t rva;

    for (uint32_t i = 0; i < snapshot->thread_count; i++) {
        const struct machine_thread *thread = &snapshot->threads[i];

        rows[i] = (struct dump_thread){.id = thread->id,
                                       .priority = thread->priority,
                                       .teb = thread->teb,
                                       .stack = stack_of(thread),
                                       .context = put_context(thread)};
    }
    *first_context = rows[0].context;
    align();
    rva = put(&snapshot->thread_count, sizeof snapshot->thread_count);
    put(rows, snapshot->thread_count * sizeof *rows);
    return (struct dump_directory){DUMP_THREAD_LIST, {(uint32_t)dump.size - rva, rva}};
}

static uint32_t exception_code(const struct machine_report *report)
{
    switch (report->reason) {
    case MACHINE_HALT_BUGCHECK:
        return report->code;
    case MACHINE_HALT_DEADLOCK:
        return STATUS_DEADLOCK;
    case MACHINE_HALT_NOT_IMPLEMENTED:
        return STATUS_MISSING;
    default:
        return STATUS_ASSERTION;
    }
}

static struct dump_directory put_exception(const struct machine_report *report,
                                           struct dump_location context)
{
    const struct machine_thread *thread = &report->snapshot->threads[0];
    struct dump_exception exception = {.thread = thread->id,
                                       .code = exception_code(report),
                                       .address = thread->rip,
                                       .parameter_count = 4,
                                       .context = context};

    align();
    memcpy(exception.parameters, report->parameters, sizeof report->parameters);
    return (struct dump_directory){DUMP_EXCEPTION,
                                   {sizeof exception, put(&exception, sizeof exception)}};
}

/* ---- modules ---- */

/* \SystemRoot\System32\x.sys, \??\C:\x.exe and \Windows\x.dll as a path of Windows programs. */
static uint32_t put_path(const struct machine_image *image)
{
    const char *path = image->path;
    char text[600];

    if (strncasecmp(path, "\\SystemRoot\\", 12) == 0)
        snprintf(text, sizeof text, "C:\\Windows%s", path + 11);
    else if (strncmp(path, "\\??\\", 4) == 0)
        snprintf(text, sizeof text, "%s", path + 4);
    else
        snprintf(text, sizeof text, "%s%s", *path == '\\' ? "C:" : "", path);
    return put_string(text);
}

/* Which PDB belongs to the image: as the file says, because the memory is the driver's to change.
 */
static struct dump_location put_codeview(const struct machine_image *image)
{
    struct dump_location location = {0};
    struct dump_codeview record = {.signature = DUMP_CODEVIEW_SIGNATURE};
    struct pe_codeview codeview;
    struct pe_image file;
    struct pe_view view;
    void *memory = NULL;

    if (image->file && pe_open(&file, image->file, image->file_size, NULL) &&
        file.headers.size_of_image <= CODEVIEW_IMAGE_LIMIT)
        memory = calloc(1, file.headers.size_of_image);
    if (!memory)
        return location;
    pe_layout(&file, memory);
    if (pe_view_open(&view, memory, file.headers.size_of_image, NULL) &&
        pe_codeview(&view, &codeview)) {
        memcpy(record.guid, codeview.guid, sizeof record.guid);
        record.age = codeview.age;
        align();
        location.rva = put(&record, sizeof record);
        put(codeview.pdb_name, strlen(codeview.pdb_name) + 1);
        location.size = (uint32_t)dump.size - location.rva;
    }
    free(memory);
    return location;
}

static struct dump_directory put_modules(void)
{
    const struct machine_image *image;
    struct dump_module *rows;
    uint32_t count = 0, rva;

    while (host_image_number(count))
        count++;
    rows = calloc(count + 1, sizeof *rows);
    if (!rows)
        host_fatal("out of memory");
    for (uint32_t i = 0; (image = host_image_number(i)) != NULL; i++)
        rows[i] = (struct dump_module){.base = image->base,
                                       .size = (uint32_t)image->size,
                                       .checksum = image->checksum,
                                       .timestamp = image->timestamp,
                                       .name_rva = put_path(image),
                                       .codeview = put_codeview(image)};
    align();
    rva = put(&count, sizeof count);
    put(rows, count * sizeof *rows);
    free(rows);
    return (struct dump_directory){DUMP_MODULE_LIST, {(uint32_t)dump.size - rva, rva}};
}

/* ---- what else ---- */

static struct dump_directory put_system(const struct machine_snapshot *snapshot)
{
    struct dump_system system = {.architecture = DUMP_AMD64,
                                 .processors = (uint8_t)snapshot->processors,
                                 .product_type = DUMP_WORKSTATION,
                                 .major = snapshot->major_version,
                                 .minor = snapshot->minor_version,
                                 .build = snapshot->build,
                                 .platform = DUMP_PLATFORM_NT,
                                 .service_pack_rva = put_string("")};

    align();
    return (struct dump_directory){DUMP_SYSTEM_INFO, {sizeof system, put(&system, sizeof system)}};
}

static uint32_t unix_time(const struct machine_snapshot *snapshot)
{
    return (uint32_t)(snapshot->time / SECOND_100NS - NT_TO_UNIX_SECONDS);
}

static struct dump_directory put_misc(const struct machine_snapshot *snapshot)
{
    uint32_t process = snapshot->threads[0].process;
    struct dump_misc misc = {.size = sizeof misc,
                             .flags = DUMP_MISC_PROCESS_ID,
                             .process = process ? process : SYSTEM_PROCESS};

    align();
    return (struct dump_directory){DUMP_MISC_INFO, {sizeof misc, put(&misc, sizeof misc)}};
}

/* The report itself: a debugger shows it as the comment of the dump. */
static struct dump_directory put_comment(const char *text)
{
    uint32_t size = (uint32_t)strlen(text) + 1;

    return (struct dump_directory){DUMP_COMMENT, {size, put(text, size)}};
}

static void build(const struct machine_report *report, const char *text)
{
    const struct machine_snapshot *snapshot = report->snapshot;
    struct dump_directory directory[DUMP_STREAMS];
    struct dump_header header = {.signature = DUMP_SIGNATURE,
                                 .version = DUMP_VERSION,
                                 .stream_count = DUMP_STREAMS,
                                 .directory_rva = sizeof header,
                                 .timestamp = unix_time(snapshot)};
    struct dump_location context;
    uint32_t count = 0;

    dump.size = 0;
    put(&header, sizeof header);
    put(NULL, sizeof directory);
    align();
    put_memory(snapshot);
    directory[count++] = put_system(snapshot);
    directory[count++] = put_misc(snapshot);
    directory[count++] = put_threads(snapshot, &context);
    directory[count++] = put_modules();
    directory[count++] = put_exception(report, context);
    directory[count++] = put_memory_list();
    directory[count++] = put_comment(text);
    memcpy(dump.bytes + sizeof header, directory, sizeof directory);
}

static bool write_all(int file)
{
    for (size_t done = 0; done < dump.size;) {
        ssize_t written = write(file, dump.bytes + done, dump.size - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        done += (size_t)written;
    }
    return true;
}

bool host_dump_write(const struct machine_report *report, const char *text)
{
    bool done;

    if (host.dump_file < 0 || !report->snapshot)
        return true;
    build(report, text);
    done = write_all(host.dump_file);
    free(dump.bytes);
    dump.bytes = NULL;
    dump.size = dump.room = 0;
    return done;
}

void host_dump_close(void)
{
    if (host.dump_file >= 0)
        close(host.dump_file);
    host.dump_file = -1;
}

rs_status rs_dump(struct rs_machine *machine, const char *path)
{
    (void)machine;
    host_dump_close();
    host.dump_file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (host.dump_file >= 0 && (!host.stopped || host_dump_write(&host.report, host.report_text)))
        return RS_SUCCESS;
    snprintf(host.error, sizeof host.error, "%s: %m", path);
    return RS_NO_FILE;
}
