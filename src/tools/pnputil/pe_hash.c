/*
 * What counts of a program image for its hash: headers and all data without the checksum, the
 * directory entry of the signature, and the signature, which is the end of the file.
 * Source: Windows Authenticode Portable Executable Signature Format. See hash.h.
 */
#include "hash.h"

#include <string.h>
#include <windows.h>

/* The places to leave out, as offsets in the file. */
struct image {
    size_t checksum, directory, signature;
};

static bool find_places(const uint8_t *bytes, size_t size, struct image *image)
{
    IMAGE_DOS_HEADER dos;
    IMAGE_NT_HEADERS64 header;
    IMAGE_DATA_DIRECTORY security;
    bool is_64;
    size_t start;

    if (size < sizeof(dos))
        return false;
    memcpy(&dos, bytes, sizeof(dos));
    start = (size_t)(uint32_t)dos.e_lfanew;
    if (dos.e_magic != IMAGE_DOS_SIGNATURE || start > size || size - start < sizeof(header))
        return false;
    memcpy(&header, bytes + start, sizeof(header));
    is_64 = header.OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    if (header.Signature != IMAGE_NT_SIGNATURE ||
        (!is_64 && header.OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC))
        return false;
    start += offsetof(IMAGE_NT_HEADERS64, OptionalHeader);
    image->checksum = start + offsetof(IMAGE_OPTIONAL_HEADER64, CheckSum); /* the same in both */
    image->directory = start +
                       (is_64 ? offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory)
                              : offsetof(IMAGE_OPTIONAL_HEADER32, DataDirectory)) +
                       IMAGE_DIRECTORY_ENTRY_SECURITY * sizeof(security);
    memcpy(&security, bytes + image->directory, sizeof(security));
    image->signature = size;
    if (security.VirtualAddress && security.VirtualAddress <= size &&
        security.Size <= size - security.VirtualAddress)
        image->signature = security.VirtualAddress;
    return image->signature >= image->directory + sizeof(security);
}

bool hash_add_image(struct hash *hash, const uint8_t *bytes, size_t size)
{
    size_t after_checksum, after_directory;
    struct image image;

    if (!find_places(bytes, size, &image))
        return false;
    after_checksum = image.checksum + sizeof(uint32_t);
    after_directory = image.directory + sizeof(IMAGE_DATA_DIRECTORY);
    hash_add(hash, bytes, image.checksum);
    hash_add(hash, bytes + after_checksum, image.directory - after_checksum);
    hash_add(hash, bytes + after_directory, image.signature - after_directory);
    return true;
}
