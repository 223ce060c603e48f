/*
 * Generic tables, splay and AVL: a long sequence of insertions and deletions against a set of
 * flags, with the order, the links and the balance of the trees checked on the way.
 */
#include "../guest.h"

#define KEYS 300

struct element {
    ULONG key;
    ULONG value;
};

static ULONG allocations;
static BOOLEAN present[KEYS];
static BOOLEAN fail_allocation;

static PVOID allocate(CLONG size)
{
    if (fail_allocation)
        return NULL;
    allocations++;
    return ExAllocatePoolWithTag(NonPagedPool, size, 'tseT');
}

static void release(PVOID memory)
{
    allocations--;
    ExFreePoolWithTag(memory, 'tseT');
}

static RTL_GENERIC_COMPARE_RESULTS order(const struct element *first, const struct element *second)
{
    return first->key < second->key   ? GenericLessThan
           : first->key > second->key ? GenericGreaterThan
                                      : GenericEqual;
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI compare_avl(PRTL_AVL_TABLE table, PVOID first,
                                                     PVOID second)
{
    UNREFERENCED_PARAMETER(table);
    return order(first, second);
}

static PVOID NTAPI allocate_avl(PRTL_AVL_TABLE table, CLONG size)
{
    ok_eq_int((ULONG_PTR)table->TableContext, 0x77);
    ok_eq_int(size, sizeof(RTL_BALANCED_LINKS) + sizeof(struct element));
    return allocate(size);
}

static VOID NTAPI release_avl(PRTL_AVL_TABLE table, PVOID memory)
{
    UNREFERENCED_PARAMETER(table);
    release(memory);
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI compare_splay(PRTL_GENERIC_TABLE table, PVOID first,
                                                       PVOID second)
{
    UNREFERENCED_PARAMETER(table);
    return order(first, second);
}

static PVOID NTAPI allocate_splay(PRTL_GENERIC_TABLE table, CLONG size)
{
    UNREFERENCED_PARAMETER(table);
    return allocate(size);
}

static VOID NTAPI release_splay(PRTL_GENERIC_TABLE table, PVOID memory)
{
    UNREFERENCED_PARAMETER(table);
    release(memory);
}

/* Returns the height, and counts every wrong link or balance as a failure. */
static LONG check_avl_node(PRTL_BALANCED_LINKS node, PRTL_BALANCED_LINKS parent)
{
    LONG left;
    LONG right;

    if (node == NULL)
        return 0;
    if (node->Parent != parent)
        ok(FALSE, "parent of %lu", ((struct element *)(node + 1))->key);
    left = check_avl_node(node->LeftChild, node);
    right = check_avl_node(node->RightChild, node);
    if (right - left != node->Balance)
        ok(FALSE, "balance %d of %lu, heights %ld and %ld", node->Balance,
           ((struct element *)(node + 1))->key, left, right);
    return 1 + (left > right ? left : right);
}

static void check_avl(PRTL_AVL_TABLE table)
{
    PVOID restart = NULL;
    ULONG count = 0;
    LONG depth = check_avl_node(table->BalancedRoot.RightChild, &table->BalancedRoot);

    ok_eq_int(table->DepthOfTree, depth);
    for (ULONG key = 0; key < KEYS; key++) {
        struct element *element;
        if (!present[key])
            continue;
        element = RtlEnumerateGenericTableWithoutSplayingAvl(table, &restart);
        ok(element != NULL && element->key == key, "element %lu", key);
        element = RtlGetElementGenericTableAvl(table, count);
        ok(element != NULL && element->key == key, "number %lu", count);
        count++;
    }
    ok(RtlEnumerateGenericTableWithoutSplayingAvl(table, &restart) == NULL || count == 0, "end");
    ok(RtlGetElementGenericTableAvl(table, count) == NULL, "no more elements");
    ok_eq_int(RtlNumberGenericTableElementsAvl(table), count);
    ok_eq_int(RtlIsGenericTableEmptyAvl(table), count == 0);
}

GUEST_TEST(avl_against_a_set)
{
    RTL_AVL_TABLE table;
    ULONG state = 7;

    RtlInitializeGenericTableAvl(&table, compare_avl, allocate_avl, release_avl, (PVOID)0x77);
    for (ULONG round = 0; round < 6000; round++) {
        struct element element;
        BOOLEAN is_new = 2;
        struct element *found;

        state = state * 1664525 + 1013904223;
        element.key = (state >> 8) % KEYS;
        element.value = round;
        /* Grows first, shrinks at the end. */
        if ((state >> 24) % 6000 / 24 + round / 24 < 255 + (state >> 28)) {
            found = RtlInsertElementGenericTableAvl(&table, &element, sizeof(element), &is_new);
            ok(found != NULL && found->key == element.key, "inserted");
            ok_eq_int(is_new, !present[element.key]);
            ok(is_new ? found->value == round : found->value < round, "old elements stay");
            present[element.key] = TRUE;
        } else {
            ok_eq_int(RtlDeleteElementGenericTableAvl(&table, &element), present[element.key]);
            present[element.key] = FALSE;
        }
        element.key = (state >> 4) % KEYS;
        found = RtlLookupElementGenericTableAvl(&table, &element);
        ok((found != NULL) == present[element.key], "lookup %lu", element.key);
        if (round % 40 == 0)
            check_avl(&table);
    }
    for (ULONG key = 0; key < KEYS; key++) {
        struct element element = {key, 0};
        ok_eq_int(RtlDeleteElementGenericTableAvl(&table, &element), present[key]);
        present[key] = FALSE;
        if (key % 20 == 0)
            check_avl(&table);
    }
    check_avl(&table);
    ok_eq_int(allocations, 0);
}

GUEST_TEST(avl_delete_while_enumerating)
{
    RTL_AVL_TABLE table;
    struct element *element;
    ULONG expected = 0;

    RtlInitializeGenericTableAvl(&table, compare_avl, allocate_avl, release_avl, (PVOID)0x77);
    for (ULONG key = 0; key < 50; key++) {
        struct element item = {key, 0};
        RtlInsertElementGenericTableAvl(&table, &item, sizeof(item), NULL);
    }
    for (element = RtlEnumerateGenericTableAvl(&table, TRUE); element != NULL;
         element = RtlEnumerateGenericTableAvl(&table, FALSE)) {
        struct element item = *element;
        ok_eq_int(item.key, expected);
        ok(RtlDeleteElementGenericTableAvl(&table, &item), "deleted");
        expected++;
    }
    ok_eq_int(expected, 50);
    ok_eq_int(allocations, 0);
}

GUEST_TEST(failed_allocation)
{
    RTL_AVL_TABLE avl;
    RTL_GENERIC_TABLE splay;
    struct element item = {1, 1};
    BOOLEAN is_new = TRUE;

    RtlInitializeGenericTableAvl(&avl, compare_avl, allocate_avl, release_avl, (PVOID)0x77);
    RtlInitializeGenericTable(&splay, compare_splay, allocate_splay, release_splay, NULL);
    fail_allocation = TRUE;
    ok(RtlInsertElementGenericTableAvl(&avl, &item, sizeof(item), &is_new) == NULL, "AVL");
    ok(!is_new, "not new");
    is_new = TRUE;
    ok(RtlInsertElementGenericTable(&splay, &item, sizeof(item), &is_new) == NULL, "splay");
    ok(!is_new, "not new");
    fail_allocation = FALSE;
    ok(RtlIsGenericTableEmptyAvl(&avl), "still empty");
    ok(RtlIsGenericTableEmpty(&splay), "still empty");
}

static ULONG check_splay_node(PRTL_SPLAY_LINKS node, PRTL_SPLAY_LINKS parent)
{
    if (node == NULL)
        return 0;
    if (node->Parent != parent)
        ok(FALSE, "parent of a node");
    return 1 + check_splay_node(node->LeftChild, node) + check_splay_node(node->RightChild, node);
}

static void check_splay(PRTL_GENERIC_TABLE table)
{
    PVOID restart = NULL;
    ULONG count = 0;

    for (ULONG key = 0; key < KEYS; key++) {
        struct element *element;
        if (!present[key])
            continue;
        element = RtlEnumerateGenericTableWithoutSplaying(table, &restart);
        ok(element != NULL && element->key == key, "element %lu", key);
        count++;
    }
    ok_eq_int(RtlNumberGenericTableElements(table), count);
    ok_eq_int(check_splay_node(table->TableRoot, table->TableRoot), count);
    count = 0;
    for (PVOID data = RtlEnumerateGenericTable(table, TRUE); data != NULL;
         data = RtlEnumerateGenericTable(table, FALSE))
        count++;
    ok_eq_int(RtlNumberGenericTableElements(table), count);
}

GUEST_TEST(splay_against_a_set)
{
    RTL_GENERIC_TABLE table;
    ULONG state = 99;

    RtlInitializeGenericTable(&table, compare_splay, allocate_splay, release_splay, NULL);
    for (ULONG round = 0; round < 3000; round++) {
        struct element element;
        BOOLEAN is_new = 2;

        state = state * 1664525 + 1013904223;
        element.key = (state >> 8) % KEYS;
        element.value = round;
        if (state >> 31) {
            ok(RtlInsertElementGenericTable(&table, &element, sizeof(element), &is_new) != NULL,
               "inserted");
            ok_eq_int(is_new, !present[element.key]);
            present[element.key] = TRUE;
        } else {
            ok_eq_int(RtlDeleteElementGenericTable(&table, &element), present[element.key]);
            present[element.key] = FALSE;
        }
        element.key = (state >> 4) % KEYS;
        ok((RtlLookupElementGenericTable(&table, &element) != NULL) == present[element.key],
           "lookup %lu", element.key);
        if (round % 40 == 0)
            check_splay(&table);
    }
    for (ULONG key = 0; key < KEYS; key++) {
        struct element element = {key, 0};
        RtlDeleteElementGenericTable(&table, &element);
        present[key] = FALSE;
    }
    ok(RtlIsGenericTableEmpty(&table), "empty");
    ok_eq_int(allocations, 0);
}

GUEST_TEST(splay_numbers_by_insertion)
{
    static const ULONG keys[] = {5, 1, 9, 3};
    RTL_GENERIC_TABLE table;
    struct element item;

    RtlInitializeGenericTable(&table, compare_splay, allocate_splay, release_splay, NULL);
    for (ULONG index = 0; index < 4; index++) {
        item.key = keys[index];
        RtlInsertElementGenericTable(&table, &item, sizeof(item), NULL);
    }
    for (ULONG index = 4; index-- > 0;)
        ok_eq_int(((struct element *)RtlGetElementGenericTable(&table, index))->key, keys[index]);
    ok(RtlGetElementGenericTable(&table, 4) == NULL, "only four");
    item.key = 1;
    RtlDeleteElementGenericTable(&table, &item);
    ok_eq_int(((struct element *)RtlGetElementGenericTable(&table, 1))->key, 9);
    for (ULONG index = 0; index < 4; index++) {
        item.key = keys[index];
        RtlDeleteElementGenericTable(&table, &item);
    }
    ok_eq_int(allocations, 0);
}

/* Deletes every node of small trees of all shapes, without splaying. */
GUEST_TEST(delete_without_splaying)
{
    RTL_SPLAY_LINKS nodes[7];

    for (ULONG victim = 0; victim < 7; victim++) {
        PRTL_SPLAY_LINKS root = &nodes[3];
        ULONG seen = 0;
        for (ULONG index = 0; index < 7; index++)
            RtlInitializeSplayLinks(&nodes[index]);
        RtlInsertAsLeftChild(&nodes[3], &nodes[1]);
        RtlInsertAsRightChild(&nodes[3], &nodes[5]);
        RtlInsertAsLeftChild(&nodes[1], &nodes[0]);
        RtlInsertAsRightChild(&nodes[1], &nodes[2]);
        RtlInsertAsLeftChild(&nodes[5], &nodes[4]);
        RtlInsertAsRightChild(&nodes[5], &nodes[6]);
        RtlDeleteNoSplay(&nodes[victim], &root);
        ok_eq_int(check_splay_node(root, root), 6);
        for (PRTL_SPLAY_LINKS node = victim == 0 ? &nodes[1] : &nodes[0]; node != NULL;
             node = RtlRealSuccessor(node))
            seen++;
        ok_eq_int(seen, 6);
    }
}

/* A chain to the left, turned over its grandparents first: the depth of the path halves. */
GUEST_TEST(splay_shape)
{
    RTL_SPLAY_LINKS nodes[5];

    for (ULONG index = 0; index < 5; index++)
        RtlInitializeSplayLinks(&nodes[index]);
    for (ULONG index = 4; index > 0; index--) {
        RtlInsertAsLeftChild(&nodes[index], &nodes[index - 1]);
    }
    ok(RtlSplay(&nodes[0]) == &nodes[0], "new root");
    ok(nodes[0].RightChild == &nodes[3], "4 took two levels up");
    ok(nodes[3].LeftChild == &nodes[1], "left of it");
    ok(nodes[3].RightChild == &nodes[4], "right of it");
    ok(nodes[1].RightChild == &nodes[2], "the pair that was turned first");
}

GUEST_TEST_FILE(tables, GUEST_ROW(splay_shape), GUEST_ROW(avl_against_a_set),
                GUEST_ROW(avl_delete_while_enumerating), GUEST_ROW(failed_allocation),
                GUEST_ROW(splay_against_a_set), GUEST_ROW(splay_numbers_by_insertion),
                GUEST_ROW(delete_without_splaying));
