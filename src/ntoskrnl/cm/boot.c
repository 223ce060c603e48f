/*
 * Boot of the registry: the type Key, \REGISTRY, what a machine before has left, and what programs
 * and drivers of Windows 10 expect to find and is missing. And the interface by which the rest of
 * the kernel reads and writes values.
 */
#include "cm/cm_internal.h"
#include "rtl/printf.h"
#include "se/se.h"

struct cm_state cm;

POBJECT_TYPE cm_key_type;
POBJECT_TYPE *CmKeyObjectType = &cm_key_type;
NT_EXPORT_DIRECTIVE("CmKeyObjectType=cm_key_type,data");

#define SYSTEM L"\\Registry\\Machine\\SYSTEM"
#define CONTROL_SET SYSTEM L"\\CurrentControlSet"
#define CURRENT_VERSION L"\\Registry\\Machine\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define PROCESSOR_0 L"\\Registry\\Machine\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0"

NTSTATUS cm_node_create_path(PCUNICODE_STRING path, ULONG options, struct cm_node **node)
{
    struct cm_walk walk = {.node = cm.root, .remaining = *path};
    UNICODE_STRING component;
    NTSTATUS status;

    if (!cm_strip_root(&walk.remaining))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    status = cm_walk(&walk);
    if (status != STATUS_OBJECT_NAME_NOT_FOUND) {
        *node = walk.node;
        return status;
    }
    while (cm_next_component(&walk.remaining, &component)) {
        struct cm_node *child;

        if (walk.node->is_volatile)
            options |= REG_OPTION_VOLATILE;
        if (component.Length > CM_KEY_NAME_BYTES)
            return STATUS_INVALID_PARAMETER;
        if (walk.node->depth == CM_MAXIMUM_DEPTH)
            return STATUS_NAME_TOO_LONG;
        child = cm_node_create(walk.node, &component, NULL, options);
        if (!child)
            return STATUS_INSUFFICIENT_RESOURCES;
        cm_notify_change(walk.node, REG_NOTIFY_CHANGE_NAME);
        walk.node = child;
    }
    *node = walk.node;
    return STATUS_SUCCESS;
}

NTSTATUS cm_create_key(PCUNICODE_STRING key)
{
    struct cm_node *node;

    return cm_node_create_path(key, 0, &node);
}

NTSTATUS cm_create_volatile_key(PCUNICODE_STRING key)
{
    struct cm_node *node;

    return cm_node_create_path(key, REG_OPTION_VOLATILE, &node);
}

NTSTATUS cm_set_value(PCUNICODE_STRING key, PCUNICODE_STRING name, ULONG type, const void *data,
                      ULONG size)
{
    struct cm_node *node;
    NTSTATUS status = cm_node_create_path(key, 0, &node);

    if (NT_SUCCESS(status))
        status = cm_node_set_value(node, name, type, data, size);
    if (NT_SUCCESS(status))
        cm_notify_change(node, REG_NOTIFY_CHANGE_LAST_SET);
    return status;
}

NTSTATUS cm_query_value(PCUNICODE_STRING key, PCUNICODE_STRING name, ULONG *type, void *data,
                        ULONG *size)
{
    struct cm_walk walk = {.node = cm.root, .remaining = *key};
    const struct cm_value *value;
    ULONG room = *size;
    NTSTATUS status;

    if (!cm_strip_root(&walk.remaining))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    status = cm_walk(&walk);
    if (!NT_SUCCESS(status))
        return status;
    value = cm_node_value(walk.node, name);
    if (!value)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (type)
        *type = value->type;
    *size = value->size;
    RtlCopyMemory(data, value->data, min(room, value->size));
    return room < value->size ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static struct cm_node *boot_key(struct cm_node *parent, PCWSTR name, ULONG options)
{
    UNICODE_STRING string;
    struct cm_node *node;

    RtlInitUnicodeString(&string, name);
    node = cm_node_create(parent, &string, NULL, options);
    kassert(node);
    return node;
}

static struct cm_node *boot_link(struct cm_node *parent, PCWSTR name)
{
    return boot_key(parent, name, REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK);
}

static void set_link(struct cm_node *node, PCWSTR target)
{
    static const UNICODE_STRING value = RTL_CONSTANT_STRING(L"SymbolicLinkValue");

    if (!NT_SUCCESS(cm_node_set_value(node, &value, REG_LINK, target,
                                      (ULONG)(wcslen(target) * sizeof(WCHAR)))))
        kassert(!"a registry link");
}

/* A value that the registry may have from before. */
static void boot_value(PCWSTR key, PCWSTR name, ULONG type, const void *data, ULONG size)
{
    UNICODE_STRING key_string, name_string;
    ULONG present = 0;
    NTSTATUS status;

    RtlInitUnicodeString(&key_string, key);
    RtlInitUnicodeString(&name_string, name);
    status = cm_query_value(&key_string, &name_string, NULL, NULL, &present);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        status = cm_set_value(&key_string, &name_string, type, data, size);
    if (NT_ERROR(status))
        kassert(!"the first registry values");
}

static void boot_values(void)
{
    static const struct {
        PCWSTR key, name, text;
    } texts[] = {
        {CURRENT_VERSION, L"ProductName", L"Windows 10 Pro"},
        {CURRENT_VERSION, L"CurrentVersion", L"6.3"},
        {CURRENT_VERSION, L"CurrentBuild", L"19041"},
        {CURRENT_VERSION, L"CurrentBuildNumber", L"19041"},
        {CURRENT_VERSION, L"CurrentType", L"Multiprocessor Free"},
        {CURRENT_VERSION, L"EditionID", L"Professional"},
        {CURRENT_VERSION, L"ReleaseId", L"2004"},
        {CURRENT_VERSION, L"InstallationType", L"Client"},
        {CURRENT_VERSION, L"SystemRoot", L"C:\\Windows"},
        {CURRENT_VERSION, L"BuildLab", L"19041.vb_release.191206-1406"},
        {CONTROL_SET L"\\Control\\ComputerName\\ComputerName", L"ComputerName", L"RINGSIDE"},
        {CONTROL_SET L"\\Control\\ComputerName\\ActiveComputerName", L"ComputerName", L"RINGSIDE"},
        {CONTROL_SET L"\\Control\\ProductOptions", L"ProductType", L"WinNT"},
        {CONTROL_SET L"\\Control", L"SystemStartOptions", L" NOEXECUTE=OPTIN  TESTSIGNING"},
        {CONTROL_SET L"\\Control\\Session Manager\\Environment", L"OS", L"Windows_NT"},
        {CONTROL_SET L"\\Control\\Session Manager\\Environment", L"PROCESSOR_ARCHITECTURE",
         L"AMD64"},
        {CONTROL_SET L"\\Control\\Session Manager\\Environment", L"windir", L"C:\\Windows"},
        {CONTROL_SET L"\\Control\\Nls\\CodePage", L"ACP", L"1252"},
        {CONTROL_SET L"\\Control\\Nls\\CodePage", L"OEMCP", L"437"},
        {L"\\Registry\\Machine\\HARDWARE\\DESCRIPTION\\System", L"Identifier", L"AT/AT COMPATIBLE"},
        {PROCESSOR_0, L"Identifier", L"Intel64 Family 6 Model 158 Stepping 9"},
        {PROCESSOR_0, L"VendorIdentifier", L"GenuineIntel"},
        {PROCESSOR_0, L"ProcessorNameString", L"Ringside simulated processor"},
    };
    static const struct {
        PCWSTR key, name;
        ULONG number;
    } numbers[] = {
        {CURRENT_VERSION, L"CurrentMajorVersionNumber", 10},
        {CURRENT_VERSION, L"CurrentMinorVersionNumber", 0},
        {CURRENT_VERSION, L"UBR", 1},
        {CONTROL_SET L"\\Control\\Windows", L"CSDVersion", 0},
        {CONTROL_SET L"\\Control\\Session Manager", L"ObCaseInsensitive", 1},
        {SYSTEM L"\\Select", L"Current", 1},
        {SYSTEM L"\\Select", L"Default", 1},
        {SYSTEM L"\\Select", L"LastKnownGood", 1},
        {SYSTEM L"\\Select", L"Failed", 0},
        {PROCESSOR_0, L"~MHz", 2600},
    };

    for (ULONG i = 0; i < ARRAY_COUNT(texts); i++)
        boot_value(texts[i].key, texts[i].name, REG_SZ, texts[i].text,
                   (ULONG)((wcslen(texts[i].text) + 1) * sizeof(WCHAR)));
    for (ULONG i = 0; i < ARRAY_COUNT(numbers); i++)
        boot_value(numbers[i].key, numbers[i].name, REG_DWORD, &numbers[i].number,
                   sizeof(numbers[i].number));
}

static void boot_keys(void)
{
    static const PCWSTR keys[] = {
        CONTROL_SET L"\\Services",
        CONTROL_SET L"\\Enum\\Root",
        CONTROL_SET L"\\Hardware Profiles\\0001",
        CONTROL_SET L"\\Control\\Class",
        CONTROL_SET L"\\Control\\DeviceClasses",
        CONTROL_SET L"\\Control\\CrashControl",
        CONTROL_SET L"\\Control\\Session Manager\\Memory Management",
        CONTROL_SET L"\\Control\\Session Manager\\Debug Print Filter",
        L"\\Registry\\Machine\\SOFTWARE\\Classes",
        L"\\Registry\\Machine\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run",
        L"\\Registry\\Machine\\HARDWARE\\DEVICEMAP",
        L"\\Registry\\Machine\\HARDWARE\\RESOURCEMAP",
        L"\\Registry\\User\\.DEFAULT\\Software",
    };

    for (ULONG i = 0; i < ARRAY_COUNT(keys); i++) {
        UNICODE_STRING key;

        RtlInitUnicodeString(&key, keys[i]);
        if (!NT_SUCCESS(cm_create_key(&key)))
            kassert(!"the first registry keys");
    }
}

/* \REGISTRY as an object of the namespace. It is never deleted. */
static void insert_root(void)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\REGISTRY");
    OBJECT_ATTRIBUTES attributes;
    struct cm_key *key;

    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    if (!NT_SUCCESS(cm_key_create(cm.root, &attributes, &key)) ||
        !NT_SUCCESS(ObInsertObject(key, NULL, KEY_ALL_ACCESS, 0, NULL, NULL)))
        kassert(!"\\REGISTRY");
}

/* The tops of the machine's and the users' hives; what lies outside of hives is volatile. Returns
 * the link CurrentControlSet. */
static struct cm_node *boot_roots(void)
{
    struct cm_node *machine, *system, *user, *control_set;

    cm.root = boot_key(NULL, L"REGISTRY", REG_OPTION_VOLATILE);
    machine = boot_key(cm.root, L"MACHINE", REG_OPTION_VOLATILE);
    user = boot_key(cm.root, L"USER", REG_OPTION_VOLATILE);
    boot_key(machine, L"HARDWARE", REG_OPTION_VOLATILE);
    boot_key(machine, L"SOFTWARE", 0);
    boot_key(machine, L"SAM", 0);
    boot_key(machine, L"SECURITY", 0);
    system = boot_key(machine, L"SYSTEM", 0);
    control_set = boot_link(system, L"CurrentControlSet");
    boot_key(user, L".DEFAULT", 0);
    set_link(boot_link(user, L"S-1-5-18"), L"\\Registry\\User\\.DEFAULT");
    return control_set;
}

/* CurrentControlSet leads where Select\Current says. */
static void boot_control_set(struct cm_node *link)
{
    static const UNICODE_STRING select = RTL_CONSTANT_STRING(SYSTEM L"\\Select");
    static const UNICODE_STRING current = RTL_CONSTANT_STRING(L"Current");
    WCHAR target[ARRAY_COUNT(SYSTEM L"\\ControlSet000")];
    UNICODE_STRING target_string;
    ULONG number = 0, type, size = sizeof(number);

    if (!NT_SUCCESS(cm_query_value(&select, &current, &type, &number, &size)) ||
        type != REG_DWORD || number == 0 || number > 999)
        number = 1;
    _snwprintf(target, ARRAY_COUNT(target), SYSTEM L"\\ControlSet%03u", number);
    set_link(link, target);
    RtlInitUnicodeString(&target_string, target);
    if (!NT_SUCCESS(cm_create_key(&target_string)))
        kassert(!"the control set");
}

static void boot_user(void)
{
    UNICODE_STRING path;
    struct cm_node *node;

    if (!NT_SUCCESS(cm_user_path(se_user_token(), &path)) ||
        !NT_SUCCESS(cm_node_create_path(&path, 0, &node)))
        kassert(!"the first user's key");
    node->is_volatile = FALSE;
    RtlFreeUnicodeString(&path);
}

void cm_initialize(void)
{
    static const struct ob_type_info key = {
        .name = L"Key",
        .pool = PagedPool,
        .valid_access = KEY_ALL_ACCESS,
        .mapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS},
        .waitable_offset = OB_NOT_WAITABLE,
        .invalid_attributes = 0,
        .close = cm_key_close,
        .destroy = cm_key_delete,
        .parse = cm_key_parse,
        .query_name = cm_key_query_name,
    };

    struct cm_node *control_set;

    InitializeListHead(&cm.callbacks);
    InitializeListHead(&cm.notify_keys);
    if (!NT_SUCCESS(ob_type_create(&key, &cm_key_type)))
        kassert(!"the type Key");
    control_set = boot_roots();
    insert_root();
    cm_persist_replay();
    cm_persist_begin();
    boot_control_set(control_set);
    boot_user();
    boot_keys();
    boot_values();
}
