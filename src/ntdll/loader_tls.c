/*
 * Static thread-local storage (the TLS directory of an image) and the calls into modules: TLS
 * callbacks, then the entry point.
 *
 * Each thread has one vector of block addresses (struct ntdll_thread), which the TEB points at and
 * compiled code indexes with the module's TLS index. The vector has a fixed number of slots, so a
 * DLL that is loaded later gets its block in every thread without moving a vector in use.
 * All under the loader lock. Source: Microsoft, "PE Format", "The .tls Section".
 */
#include "ntdll_internal.h"

static PVOID make_block(const struct ntdll_module *module)
{
    SIZE_T size = (SIZE_T)module->tls.template_size + module->tls.zero_fill_size;
    char *block = RtlAllocateHeap(user_peb()->ProcessHeap, HEAP_ZERO_MEMORY, size ? size : 1);

    if (block != NULL)
        memcpy(block, (char *)module->entry.DllBase + module->tls.template_rva,
               module->tls.template_size);
    return block;
}

static struct ntdll_thread *find_thread(const struct user_teb *teb)
{
    for (LIST_ENTRY *link = ntdll.threads.Flink; link != &ntdll.threads; link = link->Flink) {
        struct ntdll_thread *thread = CONTAINING_RECORD(link, struct ntdll_thread, link);

        if (thread->teb == teb)
            return thread;
    }
    return NULL;
}

/* Gives a module that has a TLS directory an index, and a block in every thread. */
NTSTATUS loader_tls_add_module(struct ntdll_module *module)
{
    ULONG index = 0;

    module->has_tls = pe_tls(&module->view, (ULONG64)module->entry.DllBase, &module->tls);
    if (!module->has_tls)
        return STATUS_SUCCESS;
    while (index < USER_TLS_SLOTS && (ntdll.tls_in_use >> index & 1))
        index++;
    if (index == USER_TLS_SLOTS)
        return STATUS_NO_MEMORY;
    ntdll.tls_in_use |= 1ull << index;
    module->tls_index = index;
    if (module->tls.index_rva != 0)
        *(ULONG *)((char *)module->entry.DllBase + module->tls.index_rva) = index;
    for (LIST_ENTRY *link = ntdll.threads.Flink; link != &ntdll.threads; link = link->Flink) {
        struct ntdll_thread *thread = CONTAINING_RECORD(link, struct ntdll_thread, link);

        thread->blocks[index] = make_block(module);
        if (thread->blocks[index] == NULL)
            return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

void loader_tls_remove_module(struct ntdll_module *module)
{
    if (!module->has_tls)
        return;
    for (LIST_ENTRY *link = ntdll.threads.Flink; link != &ntdll.threads; link = link->Flink) {
        struct ntdll_thread *thread = CONTAINING_RECORD(link, struct ntdll_thread, link);

        RtlFreeHeap(user_peb()->ProcessHeap, 0, thread->blocks[module->tls_index]);
        thread->blocks[module->tls_index] = NULL;
    }
    ntdll.tls_in_use &= ~(1ull << module->tls_index);
    module->has_tls = false;
}

/* Gives the calling thread its vector, with a block for every module that has TLS. */
NTSTATUS loader_tls_add_thread(void)
{
    struct ntdll_thread *thread =
        RtlAllocateHeap(user_peb()->ProcessHeap, HEAP_ZERO_MEMORY, sizeof(*thread));
    struct user_loader_data *data = &ntdll.loader_data;

    if (thread == NULL)
        return STATUS_NO_MEMORY;
    thread->teb = user_teb();
    for (LIST_ENTRY *link = data->InLoadOrderModuleList.Flink; link != &data->InLoadOrderModuleList;
         link = link->Flink) {
        struct ntdll_module *module =
            CONTAINING_RECORD(link, struct ntdll_module, entry.InLoadOrderLinks);

        if (module->has_tls)
            thread->blocks[module->tls_index] = make_block(module);
    }
    thread->link.Flink = &ntdll.threads;
    thread->link.Blink = ntdll.threads.Blink;
    ntdll.threads.Blink->Flink = &thread->link;
    ntdll.threads.Blink = &thread->link;
    user_teb()->ThreadLocalStoragePointer = thread->blocks;
    return STATUS_SUCCESS;
}

void loader_tls_remove_thread(void)
{
    struct ntdll_thread *thread = find_thread(user_teb());

    if (thread == NULL)
        return;
    thread->link.Flink->Blink = thread->link.Blink;
    thread->link.Blink->Flink = thread->link.Flink;
    for (size_t i = 0; i < USER_TLS_SLOTS; i++) {
        if (thread->blocks[i] != NULL)
            RtlFreeHeap(user_peb()->ProcessHeap, 0, thread->blocks[i]);
    }
    user_teb()->ThreadLocalStoragePointer = NULL;
    RtlFreeHeap(user_peb()->ProcessHeap, 0, thread);
}

static void call_tls_callbacks(struct ntdll_module *module, ULONG reason, PVOID reserved)
{
    ULONG64 callback;

    for (uint32_t i = 0;
         module->has_tls && (callback = pe_tls_callback_at(&module->view, &module->tls, i)) != 0;
         i++)
        ((PIMAGE_TLS_CALLBACK)callback)(module->entry.DllBase, reason, reserved);
}

/*
 * Calls a module's TLS callbacks and, if it is a DLL, its entry point.
 * @param reserved  non-NULL: attached with the program, or detached because the process ends
 * Returns: what the entry point returns; TRUE if there is none.
 */
BOOLEAN loader_call_module(struct ntdll_module *module, ULONG reason, PVOID reserved)
{
    BOOL(WINAPI * entry)(PVOID, ULONG, PVOID) = module->entry.EntryPoint;
    BOOL result = TRUE;

    call_tls_callbacks(module, reason, reserved);
    if (entry != NULL && (module->entry.Flags & USER_LOADER_IMAGE_DLL))
        result = entry(module->entry.DllBase, reason, reserved);
    return result != FALSE;
}
