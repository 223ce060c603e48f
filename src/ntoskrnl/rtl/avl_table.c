/*
 * Generic tables on AVL trees: lookups change nothing, and the depth is bounded.
 *
 * The tree hangs as the right child below BalancedRoot, so that the root of the tree has a parent
 * like every other node. Balance is the height of the right subtree minus that of the left one: -1,
 * 0 or 1. The data of an element follows its RTL_BALANCED_LINKS.
 *
 * Memory and locks are the caller's. OrderedPointer remembers the element that was last asked for
 * by number, and WhichOrderedElement that number from 1; 0 says that it is not valid.
 */
#include "nt.h"

static PVOID data_of(PRTL_BALANCED_LINKS node)
{
    return node != NULL ? node + 1 : NULL;
}

static PRTL_BALANCED_LINKS root_of(PRTL_AVL_TABLE table)
{
    return table->BalancedRoot.RightChild;
}

static PRTL_BALANCED_LINKS leftmost(PRTL_BALANCED_LINKS node)
{
    while (node != NULL && node->LeftChild != NULL)
        node = node->LeftChild;
    return node;
}

static PRTL_BALANCED_LINKS rightmost(PRTL_BALANCED_LINKS node)
{
    while (node != NULL && node->RightChild != NULL)
        node = node->RightChild;
    return node;
}

/* The tree is the *right* child of the sentinel, so going up from its last node ends there. */
static PRTL_BALANCED_LINKS successor(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS node)
{
    if (node->RightChild != NULL)
        return leftmost(node->RightChild);
    while (node->Parent != &table->BalancedRoot && node->Parent->RightChild == node)
        node = node->Parent;
    return node->Parent == &table->BalancedRoot ? NULL : node->Parent;
}

static PRTL_BALANCED_LINKS predecessor(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS node)
{
    if (node->LeftChild != NULL)
        return rightmost(node->LeftChild);
    while (node->Parent != &table->BalancedRoot && node->Parent->LeftChild == node)
        node = node->Parent;
    return node->Parent == &table->BalancedRoot ? NULL : node->Parent;
}

static TABLE_SEARCH_RESULT find(PRTL_AVL_TABLE table, PVOID buffer,
                                PRTL_BALANCED_LINKS *node_or_parent)
{
    PRTL_BALANCED_LINKS node = root_of(table);
    PRTL_BALANCED_LINKS child;

    *node_or_parent = NULL;
    if (node == NULL)
        return TableEmptyTree;
    for (;; node = child) {
        RTL_GENERIC_COMPARE_RESULTS order = table->CompareRoutine(table, buffer, data_of(node));
        *node_or_parent = node;
        if (order == GenericEqual)
            return TableFoundNode;
        child = order == GenericLessThan ? node->LeftChild : node->RightChild;
        if (child == NULL)
            return order == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
    }
}

static void set_child(PRTL_BALANCED_LINKS parent, int side, PRTL_BALANCED_LINKS child)
{
    if (side < 0)
        parent->LeftChild = child;
    else
        parent->RightChild = child;
    if (child != NULL)
        child->Parent = parent;
}

static PRTL_BALANCED_LINKS child_of(PRTL_BALANCED_LINKS parent, int side)
{
    return side < 0 ? parent->LeftChild : parent->RightChild;
}

/* -1 for a left child, 1 for a right one. */
static int side_of(PRTL_BALANCED_LINKS node)
{
    return node->Parent->LeftChild == node ? -1 : 1;
}

/* Lifts the child on `side` over its parent; balances are the caller's business. */
static void rotate(PRTL_BALANCED_LINKS parent, int side)
{
    PRTL_BALANCED_LINKS child = child_of(parent, side);

    set_child(parent->Parent, side_of(parent), child);
    set_child(parent, side, child_of(child, -side));
    set_child(child, -side, parent);
}

/*
 * Repairs a node whose subtree on `side` is two levels higher than the other one. Returns the new
 * root of the subtree, whose balance is 0 exactly if the subtree has become one level lower.
 */
static PRTL_BALANCED_LINKS rebalance(PRTL_BALANCED_LINKS node, int side)
{
    PRTL_BALANCED_LINKS child = child_of(node, side);
    PRTL_BALANCED_LINKS grandchild;

    if (child->Balance != -side) {
        bool was_even = child->Balance == 0;
        rotate(node, side);
        node->Balance = (CHAR)(was_even ? side : 0);
        child->Balance = (CHAR)(was_even ? -side : 0);
        return child;
    }
    grandchild = child_of(child, -side);
    rotate(child, -side);
    rotate(node, side);
    node->Balance = (CHAR)(grandchild->Balance == side ? -side : 0);
    child->Balance = (CHAR)(grandchild->Balance == -side ? side : 0);
    grandchild->Balance = 0;
    return grandchild;
}

static void balance_after_insert(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS node)
{
    for (; node->Parent != &table->BalancedRoot; node = node->Parent) {
        PRTL_BALANCED_LINKS parent = node->Parent;
        int side = side_of(node);
        if (parent->Balance == -side) {
            parent->Balance = 0;
            return;
        }
        if (parent->Balance == side) {
            rebalance(parent, side);
            return;
        }
        parent->Balance = (CHAR)side;
    }
    table->DepthOfTree++;
}

/* The subtree of `parent` on `side` has become one level lower. */
static void balance_after_delete(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS parent, int side)
{
    while (parent != &table->BalancedRoot) {
        PRTL_BALANCED_LINKS node = parent;
        if (node->Balance == 0) {
            node->Balance = (CHAR)-side;
            return;
        }
        if (node->Balance == side)
            node->Balance = 0;
        else
            node = rebalance(node, -side);
        if (node->Balance != 0)
            return;
        parent = node->Parent;
        side = side_of(node);
    }
    table->DepthOfTree--;
}

/* Takes a node out of the tree. */
static void unlink_node(PRTL_AVL_TABLE table, PRTL_BALANCED_LINKS node)
{
    PRTL_BALANCED_LINKS next;
    PRTL_BALANCED_LINKS parent = node->Parent;
    int side = side_of(node);

    if (node->LeftChild == NULL || node->RightChild == NULL) {
        set_child(parent, side, node->LeftChild != NULL ? node->LeftChild : node->RightChild);
        balance_after_delete(table, parent, side);
        return;
    }
    /* The next node has no left child: it leaves its place and takes this one's. */
    next = leftmost(node->RightChild);
    if (next->Parent == node) {
        parent = next;
        side = 1;
    } else {
        parent = next->Parent;
        side = -1;
        set_child(parent, side, next->RightChild);
        set_child(next, 1, node->RightChild);
    }
    set_child(next, -1, node->LeftChild);
    set_child(node->Parent, side_of(node), next);
    next->Balance = node->Balance;
    balance_after_delete(table, parent, side);
}

static void forget_position(PRTL_AVL_TABLE table)
{
    table->OrderedPointer = NULL;
    table->WhichOrderedElement = 0;
}

/**
 * Makes an empty table.
 * @param compare Orders two elements.  @param allocate @param release Memory for elements: the
 * size of the data plus sizeof(RTL_BALANCED_LINKS).  @param context For the caller's routines.
 * IRQL: up to DISPATCH_LEVEL; the routines of the caller decide for all functions of the table.
 * Source: Windows driver documentation, RtlInitializeGenericTableAvl.
 */
VOID NTAPI RtlInitializeGenericTableAvl(PRTL_AVL_TABLE table, PRTL_AVL_COMPARE_ROUTINE compare,
                                        PRTL_AVL_ALLOCATE_ROUTINE allocate,
                                        PRTL_AVL_FREE_ROUTINE release, PVOID context)
{
    *table = (RTL_AVL_TABLE){
        .BalancedRoot = {.Parent = &table->BalancedRoot},
        .CompareRoutine = compare,
        .AllocateRoutine = allocate,
        .FreeRoutine = release,
        .TableContext = context,
    };
}
NT_EXPORT(RtlInitializeGenericTableAvl, DISPATCH_LEVEL, "ppppp");

/**
 * Adds an element at a place that RtlLookupElementGenericTableFullAvl has found.
 * @param buffer Its data, which is copied.  @param size In bytes.
 * @param is_new Receives whether it was added; may be NULL.
 * @param node_or_parent @param search_result From the lookup; the table must be unchanged since.
 * IRQL: as the caller's routines.
 * Returns: the data in the table, of the new element or of the equal one that was there; NULL if
 *          the allocation failed.
 * Source: Windows driver documentation, RtlInsertElementGenericTableFullAvl.
 */
PVOID NTAPI RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE table, PVOID buffer, CLONG size,
                                                PBOOLEAN is_new, PVOID node_or_parent,
                                                TABLE_SEARCH_RESULT search_result)
{
    PRTL_BALANCED_LINKS node = node_or_parent;
    PRTL_BALANCED_LINKS parent = node;

    if (is_new != NULL)
        *is_new = FALSE;
    if (search_result == TableFoundNode)
        return data_of(node);
    node = table->AllocateRoutine(table, size + (CLONG)sizeof(RTL_BALANCED_LINKS));
    if (node == NULL)
        return NULL;
    *node = (RTL_BALANCED_LINKS){0};
    memcpy(data_of(node), buffer, size);
    if (search_result == TableEmptyTree)
        parent = &table->BalancedRoot;
    set_child(parent, search_result == TableInsertAsLeft ? -1 : 1, node);
    balance_after_insert(table, node);
    table->NumberGenericTableElements++;
    forget_position(table);
    if (is_new != NULL)
        *is_new = TRUE;
    return data_of(node);
}
NT_EXPORT(RtlInsertElementGenericTableFullAvl, DISPATCH_LEVEL, "ppuppu");

/**
 * Adds an element unless an equal one is there; otherwise as RtlInsertElementGenericTableFullAvl.
 * IRQL: as the caller's routines.
 * Source: Windows driver documentation, RtlInsertElementGenericTableAvl.
 */
PVOID NTAPI RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE table, PVOID buffer, CLONG size,
                                            PBOOLEAN is_new)
{
    PRTL_BALANCED_LINKS node;
    TABLE_SEARCH_RESULT result = find(table, buffer, &node);

    return RtlInsertElementGenericTableFullAvl(table, buffer, size, is_new, node, result);
}
NT_EXPORT(RtlInsertElementGenericTableAvl, DISPATCH_LEVEL, "ppup");

/**
 * Removes the element that equals `buffer` and frees it. A running RtlEnumerateGenericTableAvl
 * continues behind it.
 * IRQL: as the caller's routines.  Returns: FALSE if there is none.
 * Source: Windows driver documentation, RtlDeleteElementGenericTableAvl.
 */
BOOLEAN NTAPI RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE table, PVOID buffer)
{
    PRTL_BALANCED_LINKS node;

    if (find(table, buffer, &node) != TableFoundNode)
        return FALSE;
    if (table->RestartKey == node)
        table->RestartKey = predecessor(table, node);
    unlink_node(table, node);
    table->NumberGenericTableElements--;
    table->DeleteCount++;
    forget_position(table);
    table->FreeRoutine(table, node);
    return TRUE;
}
NT_EXPORT(RtlDeleteElementGenericTableAvl, DISPATCH_LEVEL, "pp");

/**
 * Finds an element, or the place where it would go.
 * @param node_or_parent Receives the node or its parent-to-be.  @param search_result Receives
 * which. IRQL: as the caller's routines.  Returns: the data in the table, or NULL. Source: Windows
 * driver documentation, RtlLookupElementGenericTableFullAvl.
 */
PVOID NTAPI RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE table, PVOID buffer,
                                                PVOID *node_or_parent,
                                                TABLE_SEARCH_RESULT *search_result)
{
    PRTL_BALANCED_LINKS node;

    *search_result = find(table, buffer, &node);
    *node_or_parent = node;
    return *search_result == TableFoundNode ? data_of(node) : NULL;
}
NT_EXPORT(RtlLookupElementGenericTableFullAvl, DISPATCH_LEVEL, "pppp");

/**
 * Finds an element.
 * IRQL: as the caller's routines.  Returns: the data in the table, or NULL.
 * Source: Windows driver documentation, RtlLookupElementGenericTableAvl.
 */
PVOID NTAPI RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE table, PVOID buffer)
{
    PRTL_BALANCED_LINKS node;

    return find(table, buffer, &node) == TableFoundNode ? data_of(node) : NULL;
}
NT_EXPORT(RtlLookupElementGenericTableAvl, DISPATCH_LEVEL, "pp");

/**
 * Finds the first of the elements that the comparison calls equal to `buffer`.
 * @param restart_key Receives the place, for RtlEnumerateGenericTableWithoutSplayingAvl.
 * IRQL: as the caller's routines.  Returns: the data in the table, or NULL.
 * Source: Windows driver documentation, RtlLookupFirstMatchingElementGenericTableAvl.
 */
PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE table, PVOID buffer,
                                                         PVOID *restart_key)
{
    PRTL_BALANCED_LINKS node;
    PRTL_BALANCED_LINKS before;

    *restart_key = NULL;
    if (find(table, buffer, &node) != TableFoundNode)
        return NULL;
    while ((before = predecessor(table, node)) != NULL &&
           table->CompareRoutine(table, buffer, data_of(before)) == GenericEqual)
        node = before;
    *restart_key = node;
    return data_of(node);
}
NT_EXPORT(RtlLookupFirstMatchingElementGenericTableAvl, DISPATCH_LEVEL, "ppp");

/**
 * Lists the elements in order, one per call, with the place kept by the caller.
 * @param restart_key NULL to begin; the place in the list between the calls.
 * IRQL: as the caller's routines.  Returns: the data of the next element; NULL at the end.
 * Source: Windows driver documentation, RtlEnumerateGenericTableWithoutSplayingAvl.
 */
PVOID NTAPI RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE table, PVOID *restart_key)
{
    PRTL_BALANCED_LINKS node =
        *restart_key == NULL ? leftmost(root_of(table)) : successor(table, *restart_key);

    if (node != NULL)
        *restart_key = node;
    return data_of(node);
}
NT_EXPORT(RtlEnumerateGenericTableWithoutSplayingAvl, DISPATCH_LEVEL, "pp");

/**
 * Lists the elements in order, one per call, with the place kept in the table.
 * @param restart TRUE begins anew.
 * IRQL: as the caller's routines.  Returns: the data of the next element; NULL at the end.
 * Source: Windows driver documentation, RtlEnumerateGenericTableAvl.
 */
PVOID NTAPI RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE table, BOOLEAN restart)
{
    PVOID key = restart ? NULL : table->RestartKey;
    PVOID data = RtlEnumerateGenericTableWithoutSplayingAvl(table, &key);

    table->RestartKey = key;
    return data;
}
NT_EXPORT(RtlEnumerateGenericTableAvl, DISPATCH_LEVEL, "pb");

/* The element that equals `buffer`, or else the next one. */
static PRTL_BALANCED_LINKS find_or_next(PRTL_AVL_TABLE table, PVOID buffer, bool *exact)
{
    PRTL_BALANCED_LINKS node;
    TABLE_SEARCH_RESULT result = find(table, buffer, &node);

    *exact = result == TableFoundNode;
    return result == TableInsertAsRight ? successor(table, node) : node;
}

/**
 * Lists the elements that a routine accepts, as a directory is listed: it can be resumed at a name
 * after elements have come and gone.
 * @param match STATUS_SUCCESS accepts, STATUS_NO_MATCH skips, STATUS_NO_MORE_MATCHES ends; may be
 * NULL to accept all.
 * @param next_flag Not 0 starts behind the element that equals `buffer`.
 * @param restart_key The place between the calls; NULL starts at `buffer`.
 * @param delete_count The table's DeleteCount at the last call; if it has changed, the search
 * starts at `buffer` again.
 * IRQL: as the caller's routines.  Returns: the data of the next element; NULL at the end.
 * Source: Windows driver documentation, RtlEnumerateGenericTableLikeADirectory.
 */
PVOID NTAPI RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE table,
                                                   PRTL_AVL_MATCH_FUNCTION match, PVOID match_data,
                                                   ULONG next_flag, PVOID *restart_key,
                                                   PULONG delete_count, PVOID buffer)
{
    PRTL_BALANCED_LINKS node = *restart_key;
    bool skip = next_flag != 0;

    if (*delete_count != table->DeleteCount)
        node = NULL;
    if (node == NULL) {
        bool exact;
        node = find_or_next(table, buffer, &exact);
        skip = skip && exact;
    }
    if (node != NULL && skip)
        node = successor(table, node);
    *delete_count = table->DeleteCount;
    for (; node != NULL; node = successor(table, node)) {
        NTSTATUS status = match != NULL ? match(table, data_of(node), match_data) : STATUS_SUCCESS;
        if (status == STATUS_NO_MORE_MATCHES)
            return NULL;
        if (status != STATUS_NO_MATCH) {
            *restart_key = node;
            return data_of(node);
        }
    }
    return NULL;
}
NT_EXPORT(RtlEnumerateGenericTableLikeADirectory, DISPATCH_LEVEL, "pppuppp");

/**
 * The element that is number `index` in order, counted from 0.
 * IRQL: as the caller's routines.  Returns: its data, or NULL if there are not so many.
 * Source: Windows driver documentation, RtlGetElementGenericTableAvl.
 */
PVOID NTAPI RtlGetElementGenericTableAvl(PRTL_AVL_TABLE table, ULONG index)
{
    if (index >= table->NumberGenericTableElements)
        return NULL;
    if (table->WhichOrderedElement == 0) {
        table->OrderedPointer = leftmost(root_of(table));
        table->WhichOrderedElement = 1;
    }
    for (; table->WhichOrderedElement < index + 1; table->WhichOrderedElement++)
        table->OrderedPointer = successor(table, table->OrderedPointer);
    for (; table->WhichOrderedElement > index + 1; table->WhichOrderedElement--)
        table->OrderedPointer = predecessor(table, table->OrderedPointer);
    return data_of(table->OrderedPointer);
}
NT_EXPORT(RtlGetElementGenericTableAvl, DISPATCH_LEVEL, "pu");

/** The number of elements. IRQL: any.  Source: Windows driver documentation. */
ULONG NTAPI RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE table)
{
    return table->NumberGenericTableElements;
}
NT_EXPORT(RtlNumberGenericTableElementsAvl, DISPATCH_LEVEL, "p");

/** Says whether a table has no elements. IRQL: any.  Source: Windows driver documentation. */
BOOLEAN NTAPI RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE table)
{
    return table->NumberGenericTableElements == 0;
}
NT_EXPORT(RtlIsGenericTableEmptyAvl, DISPATCH_LEVEL, "p");
