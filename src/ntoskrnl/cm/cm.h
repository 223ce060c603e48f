/*
 * cm: the configuration manager: the registry, in memory.
 *
 *   node.c       the tree: keys and values          path.c       from a path to a node, link keys
 *   key.c        Key objects, NtCreateKey, NtOpenKey  query.c    NtQueryKey, NtEnumerateKey
 *   value.c      NtSetValueKey, NtDeleteValueKey    value_query.c  NtQueryValueKey …
 *   change.c     NtDeleteKey, NtRenameKey, hives    notify.c     NtNotifyChangeKey
 *   callback.c   CmRegisterCallback …               callback_object.c  CmCallbackGetKeyObjectID …
 *   rtl_registry.c  RtlWriteRegistryValue …         rtl_query.c  RtlQueryRegistryValues
 *   reply.c      answers and their lengths          boot.c       the first contents
 *   persist.c    contents and changes of a registry that outlives the machine
 *
 * Two kinds of things are called key. A node is a key's data: it has a name, values, and child
 * nodes. A Key object is what a handle refers to: it holds a reference on one node. A deleted node
 * leaves its parent at once and goes away with the last Key object that refers to it.
 *
 * Without a host that keeps it, the registry lives as long as the machine. All keys are open to
 * everybody: security descriptors of keys are not kept.
 */
#ifndef RINGSIDE_CM_H
#define RINGSIDE_CM_H

#include "ob/ob.h"

/* Boot, after ex_initialize: the type Key, \REGISTRY and its first contents. */
void cm_initialize(void);

/*
 * Set a value, for the kernel itself: no callbacks, no handles. Missing keys are made.
 * @param key   full path, \Registry\Machine\…
 * @param name  empty = the default value
 * @param size  of the data, bytes
 */
NTSTATUS cm_set_value(PCUNICODE_STRING key, PCUNICODE_STRING name, ULONG type, const void *data,
                      ULONG size);
/*
 * Read a value. *size is the room at `data` and becomes the size of the value, also when it is
 * too large: STATUS_BUFFER_OVERFLOW. `type` may be NULL.
 */
NTSTATUS cm_query_value(PCUNICODE_STRING key, PCUNICODE_STRING name, ULONG *type, void *data,
                        ULONG *size);
/* Make a key and the missing ones above it; volatile ones are gone when the machine is. */
NTSTATUS cm_create_key(PCUNICODE_STRING key);
NTSTATUS cm_create_volatile_key(PCUNICODE_STRING key);

#endif
