/*
 * NtQuerySystemInformation: what each pool tag was given and gave back.
 */
#include "ex/system_information.h"
#include "mm/mm.h"

struct pool_tag_record {
    ULONG Tag;
    ULONG PagedAllocs;
    ULONG PagedFrees;
    SIZE_T PagedUsed;
    ULONG NonPagedAllocs;
    ULONG NonPagedFrees;
    SIZE_T NonPagedUsed;
};

struct pool_tag_list {
    ULONG Count;
    struct pool_tag_record TagInfo[];
};
C_ASSERT(FIELD_OFFSET(struct pool_tag_record, PagedUsed) == 0x10);
C_ASSERT(sizeof(struct pool_tag_record) == 0x28);
C_ASSERT(FIELD_OFFSET(struct pool_tag_list, TagInfo) == 8);

static void count_tag(void *context, ULONG tag, const struct mm_pool_use *non_paged,
                      const struct mm_pool_use *paged)
{
    (void)tag, (void)non_paged, (void)paged;
    ++*(ULONG *)context;
}

static void add_tag(void *context, ULONG tag, const struct mm_pool_use *non_paged,
                    const struct mm_pool_use *paged)
{
    struct pool_tag_list *list = context;

    list->TagInfo[list->Count++] = (struct pool_tag_record){
        .Tag = tag,
        .PagedAllocs = paged->allocations,
        .PagedFrees = paged->frees,
        .PagedUsed = paged->bytes,
        .NonPagedAllocs = non_paged->allocations,
        .NonPagedFrees = non_paged->frees,
        .NonPagedUsed = non_paged->bytes,
    };
}

/* The answer itself is a block of the pool, and the first one of its tag adds a record. */
NTSTATUS ex_query_pool_tags(struct ex_information *information)
{
    ULONG room = 1;
    struct pool_tag_list *list;

    mm_pool_visit_tags(count_tag, &room);
    list = ex_information_allocate(information,
                                   (ULONG)FIELD_OFFSET(struct pool_tag_list, TagInfo[room]));
    if (!list)
        return STATUS_INSUFFICIENT_RESOURCES;
    mm_pool_visit_tags(add_tag, list);
    kassert(list->Count <= room);
    information->size = (ULONG)FIELD_OFFSET(struct pool_tag_list, TagInfo[list->Count]);
    return STATUS_SUCCESS;
}
