/*
 * Directories: hash tables from one name component to an object, and the root namespace.
 *
 * A name is hashed upper-cased, so one table serves exact and case-insensitive look-ups. An entry
 * owns a reference on its object; the object's name info owns one on the directory, which thereby
 * outlives its entries. Nothing here waits or calls out, except that ob_directory_remove may drop
 * last references after the entry is gone.
 */
#include "ob/ob_internal.h"

static ULONG hash_name(PCUNICODE_STRING name)
{
    ULONG hash = 0;

    for (ULONG i = 0; i < name->Length / sizeof(WCHAR); i++)
        hash = hash * 31 + RtlUpcaseUnicodeChar(name->Buffer[i]);
    return hash;
}

static PCUNICODE_STRING last_component(PVOID object)
{
    return &ob_name_info(ob_header(object))->Name;
}

/* The object of this name, without a reference; NULL when there is none. */
PVOID ob_directory_find(struct _OBJECT_DIRECTORY *directory, PCUNICODE_STRING name,
                        ULONG attributes)
{
    ULONG hash = hash_name(name);
    BOOLEAN ignore_case = (attributes & OBJ_CASE_INSENSITIVE) != 0;
    struct _OBJECT_DIRECTORY_ENTRY *entry = directory->HashBuckets[hash % OB_DIRECTORY_BUCKETS];

    for (; entry; entry = entry->ChainLink)
        if (entry->HashValue == hash &&
            RtlEqualUnicodeString(name, last_component(entry->Object), ignore_case))
            return entry->Object;
    return NULL;
}

/* Enter an object whose name info holds its last component and which is in no directory. */
NTSTATUS ob_directory_insert(struct _OBJECT_DIRECTORY *directory, PVOID object)
{
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(ob_header(object));
    struct _OBJECT_DIRECTORY_ENTRY *entry, **bucket;

    kassert(name && !name->Directory);
    entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*entry), OB_TAG_DIRECTORY);
    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry->HashValue = hash_name(&name->Name);
    entry->Object = object;
    bucket = &directory->HashBuckets[entry->HashValue % OB_DIRECTORY_BUCKETS];
    entry->ChainLink = *bucket;
    *bucket = entry;
    name->Directory = directory;
    ob_reference(directory);
    ob_reference(object);
    return STATUS_SUCCESS;
}

/* Take an object out of its directory; may end the object and the directory. */
void ob_directory_remove(PVOID object)
{
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(ob_header(object));
    struct _OBJECT_DIRECTORY *directory = name->Directory;
    struct _OBJECT_DIRECTORY_ENTRY **link, *entry;

    kassert(directory);
    link = &directory->HashBuckets[hash_name(&name->Name) % OB_DIRECTORY_BUCKETS];
    while ((*link)->Object != object)
        link = &(*link)->ChainLink;
    entry = *link;
    *link = entry->ChainLink;
    name->Directory = NULL;
    ExFreePoolWithTag(entry, OB_TAG_DIRECTORY);
    ob_dereference(directory);
    ob_dereference(object);
}

void ob_directory_insert_permanent(struct _OBJECT_DIRECTORY *directory, PVOID object, PCWSTR name)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    struct _OBJECT_HEADER_NAME_INFO *info = ob_name_info(header);
    UNICODE_STRING source;

    RtlInitUnicodeString(&source, name);
    info->Name.Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, source.Length, OB_TAG_NAME);
    if (!info->Name.Buffer)
        ke_bugcheck(OBJECT_INITIALIZATION_FAILED, 1, 0, 0, 0);
    RtlCopyMemory(info->Name.Buffer, source.Buffer, source.Length);
    info->Name.Length = info->Name.MaximumLength = source.Length;
    header->Flags &= (UCHAR)~OB_FLAG_NEW_OBJECT;
    header->Flags |= OB_FLAG_PERMANENT | OB_FLAG_KERNEL_OBJECT;
    if (directory && !NT_SUCCESS(ob_directory_insert(directory, object)))
        ke_bugcheck(OBJECT_INITIALIZATION_FAILED, 1, 1, 0, 0);
}

static struct _OBJECT_DIRECTORY *make_directory(struct _OBJECT_DIRECTORY *parent, PCWSTR name)
{
    struct _OBJECT_DIRECTORY *directory;

    if (!NT_SUCCESS(ob_object_allocate(ob_state.directory_type, sizeof(*directory), OB_INFO_NAME,
                                       (PVOID *)&directory)))
        ke_bugcheck(OBJECT_INITIALIZATION_FAILED, 1, 2, 0, 0);
    ob_directory_insert_permanent(parent, directory, name);
    return directory;
}

/*
 * The namespace as Windows boots it. \?? is no directory: lookup.c reads it as \GLOBAL??, as NT
 * does through the DOS device map. \REGISTRY and \Driver's contents come from cm and io.
 */
static void directory_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"Directory",
        .pool = NonPagedPoolNx,
        .valid_access = DIRECTORY_ALL_ACCESS,
        .mapping = {STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
                    STANDARD_RIGHTS_WRITE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY,
                    STANDARD_RIGHTS_EXECUTE | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
                    DIRECTORY_ALL_ACCESS},
        .waitable_offset = OB_NOT_WAITABLE,
        .invalid_attributes = OBJ_OPENLINK,
    };
    static const PCWSTR names[] = {
        L"Device",           L"Driver",    L"FileSystem", L"Callback",    L"KernelObjects",
        L"BaseNamedObjects", L"KnownDlls", L"Security",   L"RPC Control", L"Windows"};
    struct _OBJECT_DIRECTORY *sessions;

    if (!NT_SUCCESS(ob_type_create(&info, &ob_state.directory_type)))
        ke_bugcheck(OBJECT_INITIALIZATION_FAILED, 1, 3, 0, 0);
    ob_state.root = make_directory(NULL, L"\\");
    ob_state.object_types = make_directory(ob_state.root, L"ObjectTypes");
    ob_state.dos_devices = make_directory(ob_state.root, L"GLOBAL??");
    for (ULONG i = 0; i < ARRAY_COUNT(names); i++)
        make_directory(ob_state.root, names[i]);
    sessions = make_directory(ob_state.root, L"Sessions");
    make_directory(sessions, L"BNOLINKS");
    ob_directory_insert_permanent(ob_state.object_types, ob_state.type_type, L"Type");
    ob_directory_insert_permanent(ob_state.object_types, ob_state.directory_type, L"Directory");
}

void ob_initialize(void)
{
    ob_type_initialize();
    directory_initialize();
    ob_link_initialize();
}

/* A path that grows and shrinks with the walk. */
struct walk {
    ob_visit *visit;
    void *context;
    UNICODE_STRING path;
    WCHAR buffer[1024];
};

static BOOLEAN walk_directory(struct _OBJECT_DIRECTORY *directory, struct walk *walk)
{
    USHORT length = walk->path.Length;

    for (ULONG bucket = 0; bucket < OB_DIRECTORY_BUCKETS; bucket++) {
        struct _OBJECT_DIRECTORY_ENTRY *entry = directory->HashBuckets[bucket];

        for (; entry; entry = entry->ChainLink) {
            BOOLEAN descend = ob_type_of(entry->Object) == ob_state.directory_type;

            if (walk->path.Buffer[length / sizeof(WCHAR) - 1] != L'\\')
                RtlAppendUnicodeToString(&walk->path, L"\\");
            RtlAppendUnicodeStringToString(&walk->path, last_component(entry->Object));
            if (!walk->visit(&walk->path, entry->Object, walk->context) ||
                (descend && !walk_directory(entry->Object, walk)))
                return FALSE;
            walk->path.Length = length;
        }
    }
    return TRUE;
}

/* The visitor must not change the namespace and must not wait. */
void ob_walk(PVOID directory, ob_visit *visit, void *context)
{
    static struct walk walk;
    ULONG length;

    walk.visit = visit;
    walk.context = context;
    walk.path.Buffer = walk.buffer;
    walk.path.Length = 0;
    walk.path.MaximumLength = sizeof(walk.buffer);
    if (directory && directory != ob_state.root) {
        struct {
            OBJECT_NAME_INFORMATION information;
            WCHAR text[512];
        } name;

        if (!NT_SUCCESS(ObQueryNameString(directory, &name.information, sizeof(name), &length)))
            return;
        RtlAppendUnicodeStringToString(&walk.path, &name.information.Name);
    } else {
        RtlAppendUnicodeToString(&walk.path, L"\\");
    }
    walk_directory(directory ? directory : ob_state.root, &walk);
}
