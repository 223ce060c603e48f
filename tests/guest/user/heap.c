/* Heaps, local memory and virtual memory. */
#include "check.h"

#define BLOCKS 500

/* Allocates, grows and frees in a mixed order; every block keeps its own pattern. */
static void test_patterns(HANDLE heap)
{
    static unsigned char *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    int wrong = 0;

    for (int i = 0; i < BLOCKS; i++) {
        sizes[i] = (size_t)(i * 97 % 5000);
        blocks[i] = HeapAlloc(heap, 0, sizes[i]);
        memset(blocks[i], i, sizes[i]);
    }
    for (int i = 0; i < BLOCKS; i += 2) {
        size_t size = (size_t)(i * 389 % 40000);
        unsigned char *grown = HeapReAlloc(heap, HEAP_ZERO_MEMORY, blocks[i], size);

        for (size_t j = 0; j < size; j++)
            wrong += grown[j] != (j < sizes[i] ? (unsigned char)i : 0);
        memset(grown, i, size);
        blocks[i] = grown;
        sizes[i] = size;
    }
    for (int i = 0; i < BLOCKS; i++) {
        wrong += HeapSize(heap, 0, blocks[i]) != sizes[i];
        for (size_t j = 0; j < sizes[i]; j++)
            wrong += blocks[i][j] != (unsigned char)i;
    }
    CHECK(wrong == 0);
    CHECK(HeapValidate(heap, 0, NULL) && HeapValidate(heap, 0, blocks[7]));
    for (int i = 0; i < BLOCKS; i++)
        HeapFree(heap, 0, blocks[(i * 7) % BLOCKS]);
    CHECK(HeapValidate(heap, 0, NULL));
}

static void test_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    char *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 100);

    CHECK(heap != NULL && ((ULONG_PTR)block & 15) == 0 && HeapSize(heap, 0, block) == 100);
    CHECK(block[0] == 0 && block[99] == 0);
    CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 90) == block);
    CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 1 << 20) == NULL);
    CHECK(HeapSize(heap, 0, block) == 90);
    CHECK(HeapFree(heap, 0, block) && HeapFree(heap, 0, NULL));
    test_patterns(heap);
    CHECK(HeapDestroy(heap));
    test_patterns(GetProcessHeap());
}

static void test_local(void)
{
    HLOCAL movable = LocalAlloc(LMEM_MOVEABLE | LMEM_ZEROINIT, 10);
    char *text = LocalLock(movable), *fixed = LocalAlloc(LPTR, 20);

    CHECK(text != NULL && (HLOCAL)text != movable && text[9] == 0 && LocalSize(movable) == 10);
    strcpy(text, "movable");
    LocalUnlock(movable);
    CHECK((movable = LocalReAlloc(movable, 10000, LMEM_MOVEABLE)) != NULL);
    CHECK(strcmp(LocalLock(movable), "movable") == 0 && LocalSize(movable) == 10000);
    CHECK(fixed[19] == 0 && LocalLock(fixed) == fixed && LocalSize(fixed) == 20);
    CHECK(LocalFree(movable) == NULL && LocalFree(fixed) == NULL);
}

static void test_virtual(void)
{
    MEMORY_BASIC_INFORMATION information;
    DWORD old;
    char *memory = VirtualAlloc(NULL, 0x5000, MEM_RESERVE, PAGE_NOACCESS);

    CHECK(memory != NULL && ((ULONG_PTR)memory & 0xFFFF) == 0);
    CHECK(VirtualQuery(memory, &information, sizeof(information)) == sizeof(information));
    CHECK(information.State == MEM_RESERVE && information.RegionSize == 0x5000);
    CHECK(VirtualAlloc(memory + 0x1000, 1, MEM_COMMIT, PAGE_READWRITE) == memory + 0x1000);
    memory[0x1000] = 'x';
    CHECK(VirtualProtect(memory + 0x1000, 1, PAGE_READONLY, &old) && old == PAGE_READWRITE);
    CHECK(VirtualQuery(memory + 0x1000, &information, sizeof(information)) != 0);
    CHECK(information.State == MEM_COMMIT && information.Protect == PAGE_READONLY &&
          information.RegionSize == 0x1000 && information.AllocationBase == memory);
    CHECK_ERROR(VirtualFree(memory, 1, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
    CHECK(VirtualQuery(memory, &information, sizeof(information)) != 0 &&
          information.State == MEM_FREE);
}

int main(void)
{
    test_heap();
    test_local();
    test_virtual();
    return check_summary();
}
