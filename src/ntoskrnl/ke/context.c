/*
 * Conversion between the machine's trap frames and CONTEXT records.
 */
#include "ke/ke_internal.h"

#define FXSAVE_BYTES 512
#define USER_CS 0x33 /* the selectors that Windows x64 user mode has */
#define USER_DS 0x2B
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18

void ki_trap_to_context(const struct machine_trap *trap, CONTEXT *context)
{
    RtlZeroMemory(context, sizeof(*context));
    context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    RtlCopyMemory(&context->Rax, trap->registers, sizeof(trap->registers));
    context->Rip = trap->rip;
    context->EFlags = (ULONG)trap->rflags;
    context->SegCs = trap->user ? USER_CS : KERNEL_CS;
    context->SegSs = context->SegDs = context->SegEs = trap->user ? USER_DS : KERNEL_DS;
    RtlCopyMemory(&context->FltSave, (PVOID)trap->fp_state, FXSAVE_BYTES);
    context->MxCsr = context->FltSave.MxCsr;
}

C_ASSERT(FIELD_OFFSET(CONTEXT, Rcx) == FIELD_OFFSET(CONTEXT, Rax) + 8);
C_ASSERT(FIELD_OFFSET(CONTEXT, R15) == FIELD_OFFSET(CONTEXT, Rax) + 15 * 8);

void ki_context_to_trap(const CONTEXT *context, struct machine_trap *trap)
{
    if (context->ContextFlags & (CONTEXT_INTEGER & ~CONTEXT_AMD64)) {
        ULONG64 rsp = trap->registers[MACHINE_RSP];

        RtlCopyMemory(trap->registers, &context->Rax, sizeof(trap->registers));
        trap->registers[MACHINE_RSP] = rsp;
    }
    if (context->ContextFlags & (CONTEXT_CONTROL & ~CONTEXT_AMD64)) {
        trap->registers[MACHINE_RSP] = context->Rsp;
        trap->rip = context->Rip;
        trap->rflags = (context->EFlags & 0x244DD5) | 0x202;
    }
    if (context->ContextFlags & (CONTEXT_FLOATING_POINT & ~CONTEXT_AMD64)) {
        RtlCopyMemory((PVOID)trap->fp_state, &context->FltSave, FXSAVE_BYTES);
        ((XMM_SAVE_AREA32 *)trap->fp_state)->MxCsr = context->MxCsr & 0xFFFF;
    }
}
