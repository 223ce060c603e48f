/*
 * The registry of images for debuggers, and the in-memory ELF object of each.
 *
 * States of an image: known -> published (`object` is set and the JIT list holds `entry`).
 *   host_gdb_register: known; publish(): published; host_gdb_unregister: gone.
 *
 * The object is an ET_EXEC file whose sections stand at the addresses where the image's sections
 * run, without contents (a debugger reads memory), followed by the moved debug sections, the
 * frame information and a symbol table. A debugger reads it while the process is stopped, so it
 * stays unchanged as long as it is published.
 */
#include "gdb.h"

#include "gdb_object.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* --- The JIT interface; names and layout are fixed by gdb's manual, "JIT Interface" --- */

enum jit_action { JIT_NO_ACTION, JIT_REGISTER, JIT_UNREGISTER };

struct jit_entry {
    struct jit_entry *next, *previous;
    const void *object;
    uint64_t size;
};

struct jit_descriptor {
    uint32_t version;
    uint32_t action;
    struct jit_entry *relevant;
    struct jit_entry *first;
};

#define FOR_DEBUGGER __attribute__((used, noinline, visibility("default")))

extern struct jit_descriptor __jit_debug_descriptor;
void __jit_debug_register_code(void);

__attribute__((used, visibility("default"))) struct jit_descriptor __jit_debug_descriptor = {
    .version = 1};

/* Debuggers stop here to read the descriptor. */
FOR_DEBUGGER void __jit_debug_register_code(void)
{
    __asm__ volatile("" ::: "memory");
}

struct image {
    struct image *next;
    uint64_t base;
    const void *file;
    size_t size;
    char *name;
    uint8_t *object;
    struct jit_entry entry;
};

static struct {
    struct image *images;
    bool enabled;
    bool incomplete; /* some image is not published */
} registry;

void host_bytes_add(struct host_bytes *bytes, const void *from, size_t size)
{
    if (bytes->failed)
        return;
    if (size > bytes->capacity - bytes->size) {
        size_t capacity = (bytes->size + size) * 2;
        uint8_t *grown = realloc(bytes->data, capacity);
        if (grown == NULL) {
            free(bytes->data);
            *bytes = (struct host_bytes){.failed = true};
            return;
        }
        bytes->data = grown;
        bytes->capacity = capacity;
    }
    if (size != 0)
        memcpy(bytes->data + bytes->size, from, size);
    bytes->size += size;
}

/* --- The ELF object --- */

/* PE sections, debug sections, frames, symbols, two string tables and the empty section 0. */
#define ELF_SECTIONS (1 + HOST_PE_SECTIONS + HOST_DEBUG_SECTIONS + 4)

struct builder {
    const struct host_pe_view *view;
    uint64_t base;
    struct host_bytes out;
    struct host_bytes section_names;
    struct host_bytes symbols, strings;
    Elf64_Shdr sections[ELF_SECTIONS];
    unsigned section_count;
};

static Elf64_Shdr *add_section(struct builder *builder, const char *name, uint32_t type)
{
    Elf64_Shdr *section = &builder->sections[builder->section_count++];

    section->sh_name = (uint32_t)builder->section_names.size;
    section->sh_type = type;
    section->sh_addralign = 1;
    host_bytes_add(&builder->section_names, name, strlen(name) + 1);
    return section;
}

static Elf64_Shdr *add_contents(struct builder *builder, const char *name, uint32_t type,
                                const void *data, size_t size)
{
    static const uint8_t padding[16];
    Elf64_Shdr *section = add_section(builder, name, type);

    host_bytes_add(&builder->out, padding, -builder->out.size % sizeof(padding));
    section->sh_offset = builder->out.size;
    section->sh_size = size;
    host_bytes_add(&builder->out, data, size);
    return section;
}

/*
 * ELF section n + 1 is PE section n, so that symbols can name it by number; a debug section, which
 * is no part of the running image, leaves an empty one.
 */
static void add_image_sections(struct builder *builder)
{
    for (unsigned i = 0; i < builder->view->section_count; i++) {
        const struct host_pe_section *from = &builder->view->sections[i];
        const char *name = host_pe_section_name(from);
        bool debug = strncmp(name, ".debug_", 7) == 0;
        Elf64_Shdr *section =
            add_section(builder, debug ? "" : name, debug ? SHT_NULL : SHT_NOBITS);

        if (debug)
            continue;
        section->sh_flags = SHF_ALLOC;
        if (from->characteristics & HOST_PE_EXECUTE)
            section->sh_flags |= SHF_EXECINSTR;
        else
            section->sh_flags |= SHF_WRITE;
        section->sh_addr = builder->base + from->rva;
        section->sh_size = from->virtual_size;
    }
}

static bool add_symbol(void *context, uint32_t rva, const char *name)
{
    struct builder *builder = context;
    const struct host_pe_section *section = host_pe_section_at(builder->view, rva);

    if (section == NULL)
        return true;
    bool code = (section->characteristics & HOST_PE_EXECUTE) != 0;
    Elf64_Sym symbol = {
        .st_name = (uint32_t)builder->strings.size,
        .st_info = ELF64_ST_INFO(STB_GLOBAL, code ? STT_FUNC : STT_OBJECT),
        .st_shndx = (uint16_t)(section - builder->view->sections + 1),
        .st_value = builder->base + rva,
    };
    host_bytes_add(&builder->symbols, &symbol, sizeof(symbol));
    host_bytes_add(&builder->strings, name, strlen(name) + 1);
    return true;
}

static void add_symbols(struct builder *builder, const char *name)
{
    Elf64_Sym first[2] = {
        {0}, {.st_name = 1, .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FILE), .st_shndx = SHN_ABS}};

    host_bytes_add(&builder->strings, "", 1);
    host_bytes_add(&builder->strings, name, strlen(name) + 1);
    host_bytes_add(&builder->symbols, first, sizeof(first));
    host_pe_names(builder->view, add_symbol, builder);

    Elf64_Shdr *section =
        add_contents(builder, ".symtab", SHT_SYMTAB, builder->symbols.data, builder->symbols.size);
    section->sh_link = builder->section_count; /* .strtab, next */
    section->sh_info = 2;                      /* the first global symbol */
    section->sh_entsize = sizeof(Elf64_Sym);
    add_contents(builder, ".strtab", SHT_STRTAB, builder->strings.data, builder->strings.size);
    builder->symbols.failed |= builder->strings.failed;
}

/*
 * Copy the debug sections into the object and move their addresses there. Returns: false without
 * memory.
 */
static bool add_debug_sections(struct builder *builder)
{
    size_t offsets[HOST_DEBUG_SECTIONS] = {0};
    struct host_debug_data debug = {
        .image_base = builder->view->image_base,
        .image_size = builder->view->image_size,
        .delta = builder->base - builder->view->image_base,
    };

    for (unsigned i = 0; i < builder->view->section_count; i++) {
        const struct host_pe_section *from = &builder->view->sections[i];
        for (unsigned kind = 0; kind < HOST_DEBUG_SECTIONS; kind++) {
            if (debug.sections[kind].size != 0 || from->size == 0 ||
                strcmp(host_pe_section_name(from), host_debug_section_names[kind]) != 0)
                continue;
            Elf64_Shdr *section = add_contents(builder, host_debug_section_names[kind],
                                               SHT_PROGBITS, from->data, from->size);
            offsets[kind] = section->sh_offset;
            debug.sections[kind].size = from->size;
        }
    }
    if (builder->out.failed)
        return false;
    for (unsigned kind = 0; kind < HOST_DEBUG_SECTIONS; kind++)
        debug.sections[kind].data = builder->out.data + offsets[kind];
    host_dwarf_relocate(&debug);
    return true;
}

static void add_frames(struct builder *builder)
{
    struct host_bytes frames = {0};

    host_frames_from_pdata(builder->view, builder->base, &frames);
    if (frames.size != 0)
        add_contents(builder, ".debug_frame", SHT_PROGBITS, frames.data, frames.size);
    free(frames.data);
}

static void write_header(struct builder *builder, uint64_t section_headers)
{
    Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_shoff = section_headers,
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = (uint16_t)builder->section_count,
        .e_shstrndx = (uint16_t)(builder->section_count - 1),
    };

    memcpy(builder->out.data, &header, sizeof(header));
}

/* The object for the image. Returns: NULL for a damaged file or without memory. */
static uint8_t *build_object(const struct image *image, uint64_t *size)
{
    struct host_pe_view view;
    struct builder *builder = calloc(1, sizeof(*builder));
    uint8_t *object = NULL;
    Elf64_Ehdr placeholder = {0};

    *size = 0;
    if (builder == NULL || !host_pe_parse(image->file, image->size, &view)) {
        free(builder);
        return NULL;
    }
    builder->view = &view;
    builder->base = image->base;
    host_bytes_add(&builder->out, &placeholder, sizeof(placeholder));
    add_section(builder, "", SHT_NULL)->sh_addralign = 0;
    add_image_sections(builder);
    if (add_debug_sections(builder)) {
        add_frames(builder);
        add_symbols(builder, image->name);
        Elf64_Shdr *names = add_contents(builder, ".shstrtab", SHT_STRTAB, NULL, 0);
        names->sh_size = builder->section_names.size;
        host_bytes_add(&builder->out, builder->section_names.data, builder->section_names.size);
        uint64_t headers = builder->out.size;
        host_bytes_add(&builder->out, builder->sections,
                       builder->section_count * sizeof(Elf64_Shdr));
        if (!builder->out.failed && !builder->section_names.failed && !builder->symbols.failed) {
            write_header(builder, headers);
            object = builder->out.data;
            *size = builder->out.size;
        }
    }
    if (object == NULL)
        free(builder->out.data);
    free(builder->section_names.data);
    free(builder->symbols.data);
    free(builder->strings.data);
    free(builder);
    return object;
}

/* --- The registry --- */

bool host_gdb_listens(void)
{
    return *(const volatile uint8_t *)(uintptr_t)&__jit_debug_register_code == 0xCC;
}

static void tell_debugger(struct jit_entry *entry, enum jit_action action)
{
    __jit_debug_descriptor.relevant = entry;
    __jit_debug_descriptor.action = action;
    __jit_debug_register_code();
    __jit_debug_descriptor.action = JIT_NO_ACTION;
    __jit_debug_descriptor.relevant = NULL;
}

static void publish(struct image *image)
{
    uint64_t size;

    if (image->object != NULL)
        return;
    image->object = build_object(image, &size);
    if (image->object == NULL)
        return;
    image->entry.object = image->object;
    image->entry.size = size;
    image->entry.previous = NULL;
    image->entry.next = __jit_debug_descriptor.first;
    if (image->entry.next != NULL)
        image->entry.next->previous = &image->entry;
    __jit_debug_descriptor.first = &image->entry;
    tell_debugger(&image->entry, JIT_REGISTER);
}

/*
 * Make the code of an image writable that was mapped before the debugger came. What is discarded
 * after start-up may be gone already.
 */
static void open_code(const struct image *image)
{
    struct host_pe_view view;

    if (!host_pe_parse(image->file, image->size, &view))
        return;
    for (unsigned i = 0; i < view.section_count; i++) {
        const struct host_pe_section *section = &view.sections[i];
        if ((section->characteristics & HOST_PE_EXECUTE) != 0 &&
            (section->characteristics & HOST_PE_DISCARDABLE) == 0)
            mprotect((void *)(image->base + section->rva), section->virtual_size,
                     PROT_READ | PROT_WRITE | PROT_EXEC);
    }
}

static void publish_all(void)
{
    registry.incomplete = false;
    for (struct image *image = registry.images; image != NULL; image = image->next)
        publish(image);
}

void host_gdb_register(uint64_t base, const void *file, size_t size, const char *name)
{
    struct image *image = calloc(1, sizeof(*image));

    if (image == NULL || (image->name = strdup(name)) == NULL) {
        free(image);
        return;
    }
    image->base = base;
    image->file = file;
    image->size = size;
    image->next = registry.images;
    registry.images = image;
    registry.incomplete = true;
    if (registry.enabled || host_gdb_listens())
        publish_all();
}

static void withdraw(struct image *image)
{
    struct jit_entry *entry = &image->entry;

    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        __jit_debug_descriptor.first = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    tell_debugger(entry, JIT_UNREGISTER);
}

void host_gdb_unregister(uint64_t base)
{
    for (struct image **link = &registry.images; *link != NULL; link = &(*link)->next) {
        struct image *image = *link;
        if (image->base != base)
            continue;
        *link = image->next;
        if (image->object != NULL)
            withdraw(image);
        free(image->object);
        free(image->name);
        free(image);
        return;
    }
}

void host_gdb_enable(void)
{
    registry.enabled = true;
    publish_all();
}

void host_gdb_poll(void)
{
    if (!registry.incomplete || !host_gdb_listens())
        return;
    for (struct image *image = registry.images; image != NULL; image = image->next)
        if (image->object == NULL)
            open_code(image);
    publish_all();
}
