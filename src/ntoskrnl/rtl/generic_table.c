/*
 * Generic tables on splay trees. A lookup moves what it finds to the root, so even readers need an
 * exclusive lock; it is the caller's, as is the memory.
 *
 * A table holds two orders of the same elements: the tree, by the caller's comparison, and a list
 * by time of insertion, which RtlGetElementGenericTable numbers. OrderedPointer remembers the last
 * list entry asked for, and WhichOrderedElement its number from 1; 0 says that it is not valid.
 */
#include "nt.h"

struct table_element {
    RTL_SPLAY_LINKS links;
    LIST_ENTRY insertion_link;
    LONGLONG data; /* the caller's, of any size */
};

#define HEADER_SIZE FIELD_OFFSET(struct table_element, data)

static struct table_element *element_of_links(PRTL_SPLAY_LINKS links)
{
    return CONTAINING_RECORD(links, struct table_element, links);
}

static PVOID data_of_links(PRTL_SPLAY_LINKS links)
{
    return links != NULL ? &element_of_links(links)->data : NULL;
}

static TABLE_SEARCH_RESULT find(PRTL_GENERIC_TABLE table, PVOID buffer,
                                PRTL_SPLAY_LINKS *node_or_parent)
{
    PRTL_SPLAY_LINKS node = table->TableRoot;
    PRTL_SPLAY_LINKS child;

    *node_or_parent = node;
    if (node == NULL)
        return TableEmptyTree;
    for (;; node = child) {
        RTL_GENERIC_COMPARE_RESULTS order =
            table->CompareRoutine(table, buffer, data_of_links(node));
        *node_or_parent = node;
        if (order == GenericEqual)
            return TableFoundNode;
        child = order == GenericLessThan ? node->LeftChild : node->RightChild;
        if (child == NULL)
            return order == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
    }
}

static void forget_position(PRTL_GENERIC_TABLE table)
{
    table->OrderedPointer = &table->InsertOrderList;
    table->WhichOrderedElement = 0;
}

/**
 * Makes an empty table.
 * @param compare Orders two elements.  @param allocate @param release Memory for elements: the
 * size of the data plus 40 bytes for our links.  @param context For the caller's routines.
 * IRQL: up to DISPATCH_LEVEL; the routines of the caller decide for all functions of the table.
 * Source: Windows driver documentation, RtlInitializeGenericTable.
 */
VOID NTAPI RtlInitializeGenericTable(PRTL_GENERIC_TABLE table, PRTL_GENERIC_COMPARE_ROUTINE compare,
                                     PRTL_GENERIC_ALLOCATE_ROUTINE allocate,
                                     PRTL_GENERIC_FREE_ROUTINE release, PVOID context)
{
    *table = (RTL_GENERIC_TABLE){
        .CompareRoutine = compare,
        .AllocateRoutine = allocate,
        .FreeRoutine = release,
        .TableContext = context,
    };
    InitializeListHead(&table->InsertOrderList);
    forget_position(table);
}
NT_EXPORT(RtlInitializeGenericTable, DISPATCH_LEVEL, "ppppp");

/**
 * Adds an element at a place that RtlLookupElementGenericTableFull has found.
 * @param buffer Its data, which is copied.  @param size In bytes.
 * @param is_new Receives whether it was added; may be NULL.
 * @param node_or_parent @param search_result From the lookup; the table must be unchanged since.
 * IRQL: as the caller's routines.
 * Returns: the data in the table, of the new element or of the equal one that was there; NULL if
 *          the allocation failed.
 * Source: Windows driver documentation, RtlInsertElementGenericTableFull.
 */
PVOID NTAPI RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE table, PVOID buffer, CLONG size,
                                             PBOOLEAN is_new, PVOID node_or_parent,
                                             TABLE_SEARCH_RESULT search_result)
{
    PRTL_SPLAY_LINKS node = node_or_parent;

    if (is_new != NULL)
        *is_new = FALSE;
    if (search_result != TableFoundNode) {
        PRTL_SPLAY_LINKS parent = node;
        struct table_element *element = table->AllocateRoutine(table, size + HEADER_SIZE);
        if (element == NULL)
            return NULL;
        node = &element->links;
        RtlInitializeSplayLinks(node);
        memcpy(&element->data, buffer, size);
        InsertTailList(&table->InsertOrderList, &element->insertion_link);
        table->NumberGenericTableElements++;
        if (search_result == TableInsertAsLeft) {
            RtlInsertAsLeftChild(parent, node);
        } else if (search_result == TableInsertAsRight) {
            RtlInsertAsRightChild(parent, node);
        }
        if (is_new != NULL)
            *is_new = TRUE;
    }
    table->TableRoot = RtlSplay(node);
    return data_of_links(node);
}
NT_EXPORT(RtlInsertElementGenericTableFull, DISPATCH_LEVEL, "ppuppu");

/**
 * Adds an element unless an equal one is there; otherwise as RtlInsertElementGenericTableFull.
 * IRQL: as the caller's routines.
 * Source: Windows driver documentation, RtlInsertElementGenericTable.
 */
PVOID NTAPI RtlInsertElementGenericTable(PRTL_GENERIC_TABLE table, PVOID buffer, CLONG size,
                                         PBOOLEAN is_new)
{
    PRTL_SPLAY_LINKS node;
    TABLE_SEARCH_RESULT result = find(table, buffer, &node);

    return RtlInsertElementGenericTableFull(table, buffer, size, is_new, node, result);
}
NT_EXPORT(RtlInsertElementGenericTable, DISPATCH_LEVEL, "ppup");

/**
 * Removes the element that equals `buffer` and frees it.
 * IRQL: as the caller's routines.  Returns: FALSE if there is none.
 * Source: Windows driver documentation, RtlDeleteElementGenericTable.
 */
BOOLEAN NTAPI RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE table, PVOID buffer)
{
    PRTL_SPLAY_LINKS node;

    if (find(table, buffer, &node) != TableFoundNode)
        return FALSE;
    table->TableRoot = RtlDelete(node);
    RemoveEntryList(&element_of_links(node)->insertion_link);
    table->NumberGenericTableElements--;
    forget_position(table);
    table->FreeRoutine(table, element_of_links(node));
    return TRUE;
}
NT_EXPORT(RtlDeleteElementGenericTable, DISPATCH_LEVEL, "pp");

/**
 * Finds an element, or the place where it would go.
 * @param node_or_parent Receives the node or its parent-to-be.  @param search_result Receives
 * which. IRQL: as the caller's routines.  Returns: the data in the table, or NULL. Source: Windows
 * driver documentation, RtlLookupElementGenericTableFull.
 */
PVOID NTAPI RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE table, PVOID buffer,
                                             PVOID *node_or_parent,
                                             TABLE_SEARCH_RESULT *search_result)
{
    PRTL_SPLAY_LINKS node;

    *search_result = find(table, buffer, &node);
    *node_or_parent = node;
    if (*search_result != TableFoundNode)
        return NULL;
    table->TableRoot = RtlSplay(node);
    return data_of_links(node);
}
NT_EXPORT(RtlLookupElementGenericTableFull, DISPATCH_LEVEL, "pppp");

/**
 * Finds an element.
 * IRQL: as the caller's routines.  Returns: the data in the table, or NULL.
 * Source: Windows driver documentation, RtlLookupElementGenericTable.
 */
PVOID NTAPI RtlLookupElementGenericTable(PRTL_GENERIC_TABLE table, PVOID buffer)
{
    PVOID node;
    TABLE_SEARCH_RESULT result;

    return RtlLookupElementGenericTableFull(table, buffer, &node, &result);
}
NT_EXPORT(RtlLookupElementGenericTable, DISPATCH_LEVEL, "pp");

static PRTL_SPLAY_LINKS first_node(PRTL_GENERIC_TABLE table)
{
    PRTL_SPLAY_LINKS node = table->TableRoot;

    while (node != NULL && node->LeftChild != NULL)
        node = node->LeftChild;
    return node;
}

/**
 * Lists the elements in order, one per call. The place is kept in the root, so every other
 * operation that splays moves it.
 * @param restart TRUE begins anew.
 * IRQL: as the caller's routines.  Returns: the data of the next element; NULL at the end.
 * Source: Windows driver documentation, RtlEnumerateGenericTable.
 */
PVOID NTAPI RtlEnumerateGenericTable(PRTL_GENERIC_TABLE table, BOOLEAN restart)
{
    PRTL_SPLAY_LINKS node;

    if (table->TableRoot == NULL)
        return NULL;
    node = restart ? first_node(table) : RtlRealSuccessor(table->TableRoot);
    if (node != NULL)
        table->TableRoot = RtlSplay(node);
    return data_of_links(node);
}
NT_EXPORT(RtlEnumerateGenericTable, DISPATCH_LEVEL, "pb");

/**
 * Lists the elements in order, one per call, leaving the tree as it is.
 * @param restart_key NULL to begin; the place in the list between the calls.
 * IRQL: as the caller's routines.  Returns: the data of the next element; NULL at the end.
 * Source: Windows driver documentation, RtlEnumerateGenericTableWithoutSplaying.
 */
PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE table, PVOID *restart_key)
{
    PRTL_SPLAY_LINKS node =
        *restart_key == NULL ? first_node(table) : RtlRealSuccessor(*restart_key);

    if (node != NULL)
        *restart_key = node;
    return data_of_links(node);
}
NT_EXPORT(RtlEnumerateGenericTableWithoutSplaying, DISPATCH_LEVEL, "pp");

/**
 * The element that was inserted as number `index`, counted from 0, among those still there.
 * IRQL: as the caller's routines.  Returns: its data, or NULL if there are not so many.
 * Source: Windows driver documentation, RtlGetElementGenericTable.
 */
PVOID NTAPI RtlGetElementGenericTable(PRTL_GENERIC_TABLE table, ULONG index)
{
    if (index >= table->NumberGenericTableElements)
        return NULL;
    if (index + 1 < table->WhichOrderedElement)
        forget_position(table);
    for (; table->WhichOrderedElement < index + 1; table->WhichOrderedElement++)
        table->OrderedPointer = table->OrderedPointer->Flink;
    return &CONTAINING_RECORD(table->OrderedPointer, struct table_element, insertion_link)->data;
}
NT_EXPORT(RtlGetElementGenericTable, DISPATCH_LEVEL, "pu");

/** The number of elements. IRQL: any.  Source: Windows driver documentation. */
ULONG NTAPI RtlNumberGenericTableElements(PRTL_GENERIC_TABLE table)
{
    return table->NumberGenericTableElements;
}
NT_EXPORT(RtlNumberGenericTableElements, DISPATCH_LEVEL, "p");

/** Says whether a table has no elements. IRQL: any.  Source: Windows driver documentation. */
BOOLEAN NTAPI RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE table)
{
    return table->TableRoot == NULL;
}
NT_EXPORT(RtlIsGenericTableEmpty, DISPATCH_LEVEL, "p");
