/*
 * Splay trees: binary trees that bring each node to the root when it is used.
 *
 * The caller embeds RTL_SPLAY_LINKS in its nodes and finds the place of a new node itself. The root
 * is its own parent; that is how it is known.
 */
#include "nt.h"

#include "rtl.h"

/* Puts `node` where `old` was: below the parent of `old`, or as the root. */
static void replace(PRTL_SPLAY_LINKS old, PRTL_SPLAY_LINKS node)
{
    PRTL_SPLAY_LINKS parent = old->Parent;

    if (parent == old) {
        node->Parent = node;
        return;
    }
    node->Parent = parent;
    if (parent->LeftChild == old)
        parent->LeftChild = node;
    else
        parent->RightChild = node;
}

/* Lets `node` and its parent change places, keeping the order of all nodes. */
static void rotate_up(PRTL_SPLAY_LINKS node)
{
    PRTL_SPLAY_LINKS parent = node->Parent;
    PRTL_SPLAY_LINKS moved;
    bool was_left = parent->LeftChild == node;

    replace(parent, node);
    parent->Parent = node;
    if (was_left) {
        moved = parent->LeftChild = node->RightChild;
        node->RightChild = parent;
    } else {
        moved = parent->RightChild = node->LeftChild;
        node->LeftChild = parent;
    }
    if (moved != NULL)
        moved->Parent = parent;
}

/**
 * Makes a node the root of its tree.
 * IRQL: any.  Returns: the new root, which is the node.
 * Source: Windows driver documentation, RtlSplay.
 */
PRTL_SPLAY_LINKS NTAPI RtlSplay(PRTL_SPLAY_LINKS links)
{
    while (links->Parent != links) {
        PRTL_SPLAY_LINKS parent = links->Parent;
        PRTL_SPLAY_LINKS grandparent = parent->Parent;
        if (parent != grandparent) {
            bool same_side = (grandparent->LeftChild == parent) == (parent->LeftChild == links);
            rotate_up(same_side ? parent : links);
        }
        rotate_up(links);
    }
    return links;
}
NT_EXPORT(RtlSplay, HIGH_LEVEL, "p");

/**
 * The last node of the left subtree.
 * IRQL: any.  Returns: it, or NULL if there is no left subtree.
 * Source: Windows driver documentation, RtlSubtreePredecessor.
 */
PRTL_SPLAY_LINKS NTAPI RtlSubtreePredecessor(PRTL_SPLAY_LINKS links)
{
    PRTL_SPLAY_LINKS node = links->LeftChild;

    while (node != NULL && node->RightChild != NULL)
        node = node->RightChild;
    return node;
}
NT_EXPORT(RtlSubtreePredecessor, HIGH_LEVEL, "p");

/**
 * The first node of the right subtree.
 * IRQL: any.  Returns: it, or NULL if there is no right subtree.
 * Source: Windows driver documentation, RtlSubtreeSuccessor.
 */
PRTL_SPLAY_LINKS NTAPI RtlSubtreeSuccessor(PRTL_SPLAY_LINKS links)
{
    PRTL_SPLAY_LINKS node = links->RightChild;

    while (node != NULL && node->LeftChild != NULL)
        node = node->LeftChild;
    return node;
}
NT_EXPORT(RtlSubtreeSuccessor, HIGH_LEVEL, "p");

/**
 * The node before this one in the order of the whole tree.
 * IRQL: any.  Returns: it, or NULL if this is the first.
 * Source: Windows driver documentation, RtlRealPredecessor.
 */
PRTL_SPLAY_LINKS NTAPI RtlRealPredecessor(PRTL_SPLAY_LINKS links)
{
    if (links->LeftChild != NULL)
        return RtlSubtreePredecessor(links);
    while (links->Parent != links) {
        if (links->Parent->RightChild == links)
            return links->Parent;
        links = links->Parent;
    }
    return NULL;
}
NT_EXPORT(RtlRealPredecessor, HIGH_LEVEL, "p");

/**
 * The node after this one in the order of the whole tree.
 * IRQL: any.  Returns: it, or NULL if this is the last.
 * Source: Windows driver documentation, RtlRealSuccessor.
 */
PRTL_SPLAY_LINKS NTAPI RtlRealSuccessor(PRTL_SPLAY_LINKS links)
{
    if (links->RightChild != NULL)
        return RtlSubtreeSuccessor(links);
    while (links->Parent != links) {
        if (links->Parent->LeftChild == links)
            return links->Parent;
        links = links->Parent;
    }
    return NULL;
}
NT_EXPORT(RtlRealSuccessor, HIGH_LEVEL, "p");

/*
 * Lets a node with two children change places with its predecessor, which has one at most. Returns
 * the predecessor.
 */
static PRTL_SPLAY_LINKS exchange_with_predecessor(PRTL_SPLAY_LINKS links)
{
    PRTL_SPLAY_LINKS predecessor = RtlSubtreePredecessor(links);
    RTL_SPLAY_LINKS saved = *predecessor;

    replace(links, predecessor);
    predecessor->RightChild = links->RightChild;
    predecessor->RightChild->Parent = predecessor;
    if (saved.Parent == links) {
        predecessor->LeftChild = links;
        links->Parent = predecessor;
    } else {
        predecessor->LeftChild = links->LeftChild;
        predecessor->LeftChild->Parent = predecessor;
        links->Parent = saved.Parent;
        saved.Parent->RightChild = links;
    }
    links->LeftChild = saved.LeftChild;
    if (links->LeftChild != NULL)
        links->LeftChild->Parent = links;
    links->RightChild = NULL;
    return predecessor;
}

/**
 * Removes a node without splaying.
 * @param root The root of the tree; updated, NULL if the tree becomes empty.
 * IRQL: any.  Source: Windows driver documentation, RtlDeleteNoSplay.
 */
VOID NTAPI RtlDeleteNoSplay(PRTL_SPLAY_LINKS links, PRTL_SPLAY_LINKS *root)
{
    PRTL_SPLAY_LINKS child;

    if (links->LeftChild != NULL && links->RightChild != NULL) {
        bool was_root = links->Parent == links;
        PRTL_SPLAY_LINKS replacement = exchange_with_predecessor(links);
        if (was_root)
            *root = replacement;
    }
    child = links->LeftChild != NULL ? links->LeftChild : links->RightChild;
    if (child != NULL) {
        if (links->Parent == links)
            *root = child;
        replace(links, child);
    } else if (links->Parent == links) {
        *root = NULL;
    } else if (links->Parent->LeftChild == links) {
        links->Parent->LeftChild = NULL;
    } else {
        links->Parent->RightChild = NULL;
    }
}
NT_EXPORT(RtlDeleteNoSplay, HIGH_LEVEL, "pp");

/**
 * Removes a node and makes its former parent the root.
 * IRQL: any.  Returns: the new root, or NULL if the tree is empty now.
 * Source: Windows driver documentation, RtlDelete.
 */
PRTL_SPLAY_LINKS NTAPI RtlDelete(PRTL_SPLAY_LINKS links)
{
    PRTL_SPLAY_LINKS parent;
    PRTL_SPLAY_LINKS root = links;

    if (links->LeftChild != NULL && links->RightChild != NULL)
        exchange_with_predecessor(links);
    parent = links->Parent;
    RtlDeleteNoSplay(links, &root);
    return parent == links ? root : RtlSplay(parent);
}
NT_EXPORT(RtlDelete, HIGH_LEVEL, "p");
