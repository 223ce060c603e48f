/*
 * Exports of our PE modules, declared next to the code that they export.
 *
 * NT_EXPORT makes two things: the entry in the PE export table (through a linker directive in the
 * object file) and one `struct nt_export` row in the section `.ntexp`, which the linker gathers
 * between nt_export_first and nt_export_last. The loader, the tracer, the verifier and the API
 * catalogue read that row; there is no second list.
 *
 * The argument string has one letter per argument, for the tracer and the fuzzer:
 *   p pointer   u 32-bit number   q 64-bit number or size   h handle   s char*   w wchar_t*
 *   U PUNICODE_STRING   A PANSI_STRING   b boolean   i IRQL   I PIRP   D PDEVICE_OBJECT
 *   O PDRIVER_OBJECT   F PFILE_OBJECT   E dispatcher object   . variable arguments
 */
#ifndef RINGSIDE_NT_EXPORT_H
#define RINGSIDE_NT_EXPORT_H

struct nt_export {
    const char *name;
    const void *address;
    unsigned long long max_irql; /* highest IRQL at which a driver may call it; 31 = any */
    const char *args;
};

#define NT_EXPORT_DIRECTIVE(text)                                                                  \
    __asm__(".section .drectve,\"yni\"\n\t.ascii \" -export:" text "\"\n\t.text")

#define NT_EXPORT_ROW(symbol, function, irql, args)                                                \
    __attribute__((section(".ntexp$m"),                                                            \
                   used)) static const struct nt_export nt_export_##symbol = {                     \
        #symbol, (const void *)(function), irql, args}

/* Export `function` under its own name. */
#define NT_EXPORT(function, irql, args)                                                            \
    NT_EXPORT_DIRECTIVE(#function);                                                                \
    NT_EXPORT_ROW(function, function, irql, args)

/*
 * Export `function`, which may be static, as `symbol`: for names that the headers define inline
 * (KeGetCurrentIrql). The linker exports global symbols only, so it gets one.
 */
#define NT_EXPORT_AS(symbol, function, irql, args)                                                 \
    __asm__(".globl nt_as_" #symbol "\n\t.set nt_as_" #symbol ", " #function);                     \
    NT_EXPORT_DIRECTIVE(#symbol "=nt_as_" #symbol);                                                \
    NT_EXPORT_ROW(symbol, function, irql, args)

/* Export a variable (PsProcessType …). */
#define NT_EXPORT_DATA(variable) NT_EXPORT_DIRECTIVE(#variable ",data")

/* Export `symbol` of this DLL as a forwarder to the same name in `module` (no extension). */
#define NT_EXPORT_FORWARD(symbol, module) NT_EXPORT_DIRECTIVE(#symbol "=" #module "." #symbol)

/*
 * A system service. `NtName` is exported as it is (it trusts the thread's PreviousMode); `ZwName`
 * is exported as a stub that runs it with PreviousMode = KernelMode. The row in `.ntsvc` puts the
 * routine into the service table under the number that machine/services.inc gives its name.
 */
struct nt_service {
    const char *name;
    const void *address;
    unsigned long long argument_count;
};

#define NT_SERVICE(base, count, irql, args)                                                        \
    NT_EXPORT(Nt##base, irql, args);                                                               \
    __asm__(".section .text\n\t.globl Zw" #base "\n\t.p2align 4\nZw" #base ":\n\t"                 \
            "leaq Nt" #base "(%rip), %rax\n\tjmp ki_zw_call\n\t.text");                            \
    NT_EXPORT_DIRECTIVE("Zw" #base);                                                               \
    extern const char nt_zw_##base[] __asm__("Zw" #base);                                          \
    NT_EXPORT_ROW(Zw##base, nt_zw_##base, irql, args);                                             \
    __attribute__((section(".ntsvc$m"),                                                            \
                   used)) static const struct nt_service nt_service_Nt##base = {                   \
        "Nt" #base, (const void *)Nt##base, count}

#endif
