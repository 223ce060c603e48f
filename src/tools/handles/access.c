/* Access rights in words. See handles.h. */
#include "handles.h"

struct right {
    ACCESS_MASK bits;
    const wchar_t *name;
};

/* What stands for several rights comes first. */
static const struct right directory_rights[] = {{0xF000F, L"DIRECTORY_ALL_ACCESS"},
                                                {0x1, L"DIRECTORY_QUERY"},
                                                {0x2, L"DIRECTORY_TRAVERSE"},
                                                {0x4, L"DIRECTORY_CREATE_OBJECT"},
                                                {0x8, L"DIRECTORY_CREATE_SUBDIRECTORY"}};
static const struct right event_rights[] = {{EVENT_ALL_ACCESS, L"EVENT_ALL_ACCESS"},
                                            {0x1, L"EVENT_QUERY_STATE"},
                                            {EVENT_MODIFY_STATE, L"EVENT_MODIFY_STATE"}};
static const struct right file_rights[] = {{FILE_ALL_ACCESS, L"FILE_ALL_ACCESS"},
                                           {FILE_GENERIC_READ, L"FILE_GENERIC_READ"},
                                           {FILE_GENERIC_WRITE, L"FILE_GENERIC_WRITE"},
                                           {FILE_READ_DATA, L"FILE_READ_DATA"},
                                           {FILE_WRITE_DATA, L"FILE_WRITE_DATA"},
                                           {FILE_APPEND_DATA, L"FILE_APPEND_DATA"},
                                           {FILE_READ_EA, L"FILE_READ_EA"},
                                           {FILE_WRITE_EA, L"FILE_WRITE_EA"},
                                           {FILE_EXECUTE, L"FILE_EXECUTE"},
                                           {FILE_DELETE_CHILD, L"FILE_DELETE_CHILD"},
                                           {FILE_READ_ATTRIBUTES, L"FILE_READ_ATTRIBUTES"},
                                           {FILE_WRITE_ATTRIBUTES, L"FILE_WRITE_ATTRIBUTES"}};
static const struct right key_rights[] = {{KEY_ALL_ACCESS, L"KEY_ALL_ACCESS"},
                                          {KEY_READ, L"KEY_READ"},
                                          {KEY_WRITE, L"KEY_WRITE"},
                                          {KEY_QUERY_VALUE, L"KEY_QUERY_VALUE"},
                                          {KEY_SET_VALUE, L"KEY_SET_VALUE"},
                                          {KEY_CREATE_SUB_KEY, L"KEY_CREATE_SUB_KEY"},
                                          {KEY_ENUMERATE_SUB_KEYS, L"KEY_ENUMERATE_SUB_KEYS"},
                                          {KEY_NOTIFY, L"KEY_NOTIFY"},
                                          {KEY_CREATE_LINK, L"KEY_CREATE_LINK"}};
static const struct right mutant_rights[] = {{MUTANT_ALL_ACCESS, L"MUTANT_ALL_ACCESS"},
                                             {0x1, L"MUTANT_QUERY_STATE"}};
static const struct right process_rights[] = {
    {PROCESS_ALL_ACCESS, L"PROCESS_ALL_ACCESS"},
    {PROCESS_TERMINATE, L"PROCESS_TERMINATE"},
    {PROCESS_CREATE_THREAD, L"PROCESS_CREATE_THREAD"},
    {PROCESS_VM_OPERATION, L"PROCESS_VM_OPERATION"},
    {PROCESS_VM_READ, L"PROCESS_VM_READ"},
    {PROCESS_VM_WRITE, L"PROCESS_VM_WRITE"},
    {PROCESS_DUP_HANDLE, L"PROCESS_DUP_HANDLE"},
    {PROCESS_CREATE_PROCESS, L"PROCESS_CREATE_PROCESS"},
    {PROCESS_SET_QUOTA, L"PROCESS_SET_QUOTA"},
    {PROCESS_SET_INFORMATION, L"PROCESS_SET_INFORMATION"},
    {PROCESS_QUERY_INFORMATION, L"PROCESS_QUERY_INFORMATION"},
    {PROCESS_SUSPEND_RESUME, L"PROCESS_SUSPEND_RESUME"},
    {PROCESS_QUERY_LIMITED_INFORMATION, L"PROCESS_QUERY_LIMITED_INFORMATION"}};
static const struct right section_rights[] = {
    {SECTION_ALL_ACCESS, L"SECTION_ALL_ACCESS"},   {SECTION_QUERY, L"SECTION_QUERY"},
    {SECTION_MAP_WRITE, L"SECTION_MAP_WRITE"},     {SECTION_MAP_READ, L"SECTION_MAP_READ"},
    {SECTION_MAP_EXECUTE, L"SECTION_MAP_EXECUTE"}, {SECTION_EXTEND_SIZE, L"SECTION_EXTEND_SIZE"}};
static const struct right semaphore_rights[] = {{SEMAPHORE_ALL_ACCESS, L"SEMAPHORE_ALL_ACCESS"},
                                                {0x1, L"SEMAPHORE_QUERY_STATE"},
                                                {0x2, L"SEMAPHORE_MODIFY_STATE"}};
static const struct right thread_rights[] = {
    {THREAD_ALL_ACCESS, L"THREAD_ALL_ACCESS"},
    {THREAD_TERMINATE, L"THREAD_TERMINATE"},
    {THREAD_SUSPEND_RESUME, L"THREAD_SUSPEND_RESUME"},
    {THREAD_GET_CONTEXT, L"THREAD_GET_CONTEXT"},
    {THREAD_SET_CONTEXT, L"THREAD_SET_CONTEXT"},
    {THREAD_SET_INFORMATION, L"THREAD_SET_INFORMATION"},
    {THREAD_QUERY_INFORMATION, L"THREAD_QUERY_INFORMATION"},
    {THREAD_SET_THREAD_TOKEN, L"THREAD_SET_THREAD_TOKEN"},
    {THREAD_SET_LIMITED_INFORMATION, L"THREAD_SET_LIMITED_INFORMATION"},
    {THREAD_QUERY_LIMITED_INFORMATION, L"THREAD_QUERY_LIMITED_INFORMATION"}};
static const struct right timer_rights[] = {{TIMER_ALL_ACCESS, L"TIMER_ALL_ACCESS"},
                                            {TIMER_QUERY_STATE, L"TIMER_QUERY_STATE"},
                                            {TIMER_MODIFY_STATE, L"TIMER_MODIFY_STATE"}};
static const struct right token_rights[] = {{TOKEN_ALL_ACCESS, L"TOKEN_ALL_ACCESS"},
                                            {TOKEN_ASSIGN_PRIMARY, L"TOKEN_ASSIGN_PRIMARY"},
                                            {TOKEN_DUPLICATE, L"TOKEN_DUPLICATE"},
                                            {TOKEN_IMPERSONATE, L"TOKEN_IMPERSONATE"},
                                            {TOKEN_QUERY, L"TOKEN_QUERY"},
                                            {TOKEN_QUERY_SOURCE, L"TOKEN_QUERY_SOURCE"},
                                            {TOKEN_ADJUST_PRIVILEGES, L"TOKEN_ADJUST_PRIVILEGES"},
                                            {TOKEN_ADJUST_GROUPS, L"TOKEN_ADJUST_GROUPS"},
                                            {TOKEN_ADJUST_DEFAULT, L"TOKEN_ADJUST_DEFAULT"},
                                            {TOKEN_ADJUST_SESSIONID, L"TOKEN_ADJUST_SESSIONID"}};
static const struct right standard_rights[] = {
    {DELETE, L"DELETE"},           {READ_CONTROL, L"READ_CONTROL"},
    {WRITE_DAC, L"WRITE_DAC"},     {WRITE_OWNER, L"WRITE_OWNER"},
    {SYNCHRONIZE, L"SYNCHRONIZE"}, {ACCESS_SYSTEM_SECURITY, L"ACCESS_SYSTEM_SECURITY"}};

#define TYPE(name, rights) {name, rights, TOOL_COUNT(rights)}

static const struct {
    const wchar_t *name;
    const struct right *rights;
    size_t count;
} types[] = {
    TYPE(L"Directory", directory_rights), TYPE(L"Event", event_rights),
    TYPE(L"File", file_rights),           TYPE(L"Key", key_rights),
    TYPE(L"Mutant", mutant_rights),       TYPE(L"Process", process_rights),
    TYPE(L"Section", section_rights),     TYPE(L"Semaphore", semaphore_rights),
    TYPE(L"Thread", thread_rights),       TYPE(L"Timer", timer_rights),
    TYPE(L"Token", token_rights),
};

/*
 * Appends the names of rights of which the handle has all bits, unless names before have told them.
 * Returns the bits that are left.
 */
static ACCESS_MASK append(const struct right *rights, size_t count, ACCESS_MASK access,
                          ACCESS_MASK left, wchar_t *text, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        size_t used = wcslen(text);

        if ((access & rights[i].bits) != rights[i].bits || (left & rights[i].bits) == 0)
            continue;
        left &= ~rights[i].bits;
        _snwprintf(text + used, size - used - 1, L"%ls\n", rights[i].name);
        text[size - 1] = 0;
    }
    return left;
}

void handles_describe_access(const UNICODE_STRING *type, ACCESS_MASK access, wchar_t *text,
                             size_t size)
{
    ACCESS_MASK left = access;
    size_t used;

    text[0] = 0;
    for (size_t i = 0; i < TOOL_COUNT(types); i++)
        if (type->Length == wcslen(types[i].name) * sizeof(wchar_t) &&
            wcsncmp(type->Buffer, types[i].name, wcslen(types[i].name)) == 0)
            left = append(types[i].rights, types[i].count, access, left, text, size);
    left = append(standard_rights, TOOL_COUNT(standard_rights), access, left, text, size);
    used = wcslen(text);
    if (left) {
        _snwprintf(text + used, size - used - 1, L"0x%lX\n", left);
        text[size - 1] = 0;
    }
}
