/*
 * Moving an image to another base.
 *
 * A relocation may hit the relocation table itself, so each block is checked when its turn comes
 * and nothing is validated ahead; a failure therefore leaves an image that is half moved.
 */
#include "pe_internal.h"

enum {
    RELOCATION_ABSOLUTE = 0, /* padding */
    RELOCATION_HIGH = 1,
    RELOCATION_LOW = 2,
    RELOCATION_HIGHLOW = 3,
    RELOCATION_DIR64 = 10,
};

static bool apply(const struct pe_view *view, uint64_t rva, unsigned type, uint64_t delta,
                  struct pe_error *error)
{
    unsigned width = type == RELOCATION_DIR64 ? 8 : type == RELOCATION_HIGHLOW ? 4 : 2;
    void *target = pe_view_at(view, rva, width);

    if (type == RELOCATION_ABSOLUTE)
        return true;
    if (!target)
        return pe_fail(error, "the relocation of 0x%llx points outside the image",
                       (unsigned long long)rva);
    switch (type) {
    case RELOCATION_DIR64:
        ((struct pe_unaligned64 *)target)->value += delta;
        return true;
    case RELOCATION_HIGHLOW:
        ((struct pe_unaligned32 *)target)->value += (uint32_t)delta;
        return true;
    case RELOCATION_HIGH:
        ((struct pe_unaligned16 *)target)->value += (uint16_t)(delta >> 16);
        return true;
    case RELOCATION_LOW:
        ((struct pe_unaligned16 *)target)->value += (uint16_t)delta;
        return true;
    default:
        return pe_fail(error, "the relocation of 0x%llx has the unknown type %u",
                       (unsigned long long)rva, type);
    }
}

/* The block at block_rva lies, with all of its entries, inside the image. */
static bool apply_block(const struct pe_view *view, uint32_t block_rva,
                        struct pe_relocation_block block, uint64_t delta, struct pe_error *error)
{
    uint32_t end = block_rva + block.size - 1;

    for (uint32_t rva = block_rva + sizeof(block); rva < end; rva += sizeof(uint16_t)) {
        uint16_t entry = ((const struct pe_unaligned16 *)(view->bytes + rva))->value;

        if (!apply(view, (uint64_t)block.page_rva + (entry & 0xfff), entry >> 12, delta, error))
            return false;
    }
    return true;
}

static bool apply_all(const struct pe_view *view, struct pe_directory directory, uint64_t delta,
                      struct pe_error *error)
{
    uint32_t done = 0;

    if (!pe_range_inside(directory.rva, directory.size, view->size))
        return pe_fail(error, "the relocation table ends outside the image");
    while (directory.size - done >= sizeof(struct pe_relocation_block)) {
        uint32_t rva = directory.rva + done;
        struct pe_relocation_block block = *(const struct pe_relocation_block *)(view->bytes + rva);

        if (block.page_rva == 0 && block.size == 0)
            break; /* a table that is padded with zeros */
        if (block.size < sizeof(block) || block.size > directory.size - done)
            return pe_fail(error, "the relocation block at 0x%x has the impossible size 0x%x", rva,
                           block.size);
        if (block.page_rva >= view->size)
            return pe_fail(error, "the relocation block at 0x%x points outside the image (0x%x)",
                           rva, block.page_rva);
        if (!apply_block(view, rva, block, delta, error))
            return false;
        done += block.size;
    }
    return true;
}

/* The loader's mark of where the image is; what reads virtual addresses later depends on it. */
static void set_image_base(struct pe_view *view, uint64_t base)
{
    uint64_t offset = (uint64_t)view->headers.nt_header_offset + sizeof(struct pe_file_header) +
                      offsetof(struct pe_optional_header, image_base);

    ((struct pe_unaligned64 *)(view->bytes + offset))->value = base;
    view->headers.image_base = base;
}

bool pe_can_relocate(const struct pe_view *view)
{
    struct pe_directory directory = view->headers.directories[PE_DIRECTORY_RELOCATION];

    return (directory.rva && directory.size) ||
           !(view->headers.file_characteristics & PE_FILE_RELOCATIONS_STRIPPED);
}

bool pe_relocate(struct pe_view *view, uint64_t new_base, struct pe_error *error)
{
    struct pe_directory directory = view->headers.directories[PE_DIRECTORY_RELOCATION];
    uint64_t delta = new_base - view->headers.image_base;

    if (delta == 0)
        return true;
    if (!pe_can_relocate(view))
        return pe_fail(error, "has no relocations and its preferred base 0x%llx is taken",
                       (unsigned long long)view->headers.image_base);
    if (directory.rva && !apply_all(view, directory, delta, error))
        return false;
    set_image_base(view, new_base);
    return true;
}
