/*
 * Physical memory is one memfd; a frame is a page of it, and every mapping of the guest is an mmap
 * of frames. The whole of it is visible once, readable and writable, in the direct map.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/gdb.h"
#include "host/host.h"
#include "host/sanitizer.h"

/* Code is writable for the breakpoints of a debugger: see gdb.h. */
static int linux_protection(uint32_t protection)
{
    int result = PROT_NONE;

    if (protection & MACHINE_READ)
        result |= PROT_READ;
    if (protection & MACHINE_WRITE)
        result |= PROT_READ | PROT_WRITE;
    if (protection & MACHINE_EXECUTE)
        result |= PROT_READ | PROT_EXEC | (host_gdb_listens() ? PROT_WRITE : 0);
    return result;
}

bool host_memory_create(uint64_t pages)
{
    uint64_t size = pages * MACHINE_PAGE_SIZE;

    host.memory_fd = memfd_create("ringside-memory", MFD_CLOEXEC);
    if (host.memory_fd < 0)
        return false;
    if (ftruncate(host.memory_fd, (off_t)size) != 0 ||
        mmap((void *)MACHINE_DIRECT_MAP, size, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_FIXED_NOREPLACE, host.memory_fd, 0) != (void *)MACHINE_DIRECT_MAP) {
        close(host.memory_fd);
        host.memory_fd = -1;
        return false;
    }
    return true;
}

/* What the guest may use of the process: [start, end). Nothing of the host lies inside. */
static const struct {
    uint64_t start, end;
} guest_ranges[] = {
#ifdef HOST_ADDRESS_SANITIZER
    {MACHINE_USER_START, HOST_LOW_SHADOW_START},
    {HOST_LOW_SHADOW_END, HOST_SHADOW_START},
    {HOST_SHADOW_END, MACHINE_USER_END},
#else
    {MACHINE_USER_START, MACHINE_USER_END},
#endif
    {MACHINE_STUB_START, MACHINE_SYSTEM_END},
};
#define GUEST_RANGES (sizeof guest_ranges / sizeof *guest_ranges)

void host_memory_destroy(void)
{
    for (size_t i = 0; i < GUEST_RANGES; i++)
        munmap((void *)guest_ranges[i].start, guest_ranges[i].end - guest_ranges[i].start);
    if (host.memory_fd >= 0)
        close(host.memory_fd);
    host.memory_fd = -1;
}

static bool range_is_guest(uint64_t address, uint64_t pages)
{
    uint64_t size = pages * MACHINE_PAGE_SIZE;

    if (address % MACHINE_PAGE_SIZE || pages == 0 || pages > (1ull << 34) ||
        address + size < address)
        return false;
    for (size_t i = 0; i < GUEST_RANGES; i++)
        if (address >= guest_ranges[i].start && address + size <= guest_ranges[i].end)
            return true;
    return false;
}

int host_map(uint64_t address, uint64_t frame, uint64_t pages, uint32_t protection)
{
    void *at = (void *)address;

    if (!range_is_guest(address, pages) || frame + pages > host.parameters.memory_pages)
        return 0;
    return mmap(at, pages * MACHINE_PAGE_SIZE, linux_protection(protection), MAP_SHARED | MAP_FIXED,
                host.memory_fd, (off_t)(frame * MACHINE_PAGE_SIZE)) == at;
}

int host_unmap(uint64_t address, uint64_t pages)
{
    if (!range_is_guest(address, pages))
        return 0;
    return munmap((void *)address, pages * MACHINE_PAGE_SIZE) == 0;
}

/*
 * Linux splits an area where the protection of a part changes, and merges it again: 1.8 us for
 * there and back. It does not merge areas with different advice, and then takes 0.45 us. The advice
 * itself, not to read ahead, has no effect on memory.
 */
int host_protect(uint64_t address, uint64_t pages, uint32_t protection)
{
    void *at = (void *)address;

    if (!range_is_guest(address, pages))
        return 0;
    if (protection & MACHINE_OFTEN)
        madvise(at, pages * MACHINE_PAGE_SIZE, MADV_RANDOM);
    return mprotect(at, pages * MACHINE_PAGE_SIZE, linux_protection(protection)) == 0;
}

void host_discard(uint64_t frame, uint64_t pages)
{
    if (frame + pages > host.parameters.memory_pages)
        host_fatal("discard of frames outside physical memory");
    fallocate(host.memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              (off_t)(frame * MACHINE_PAGE_SIZE), (off_t)(pages * MACHINE_PAGE_SIZE));
}
