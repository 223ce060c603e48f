/* A small driver image that has one of every table, for the tests of the PE library. */
#ifndef RINGSIDE_PE_SAMPLE_H
#define RINGSIDE_PE_SAMPLE_H

#include "pe_builder.h"

enum {
    PE_SAMPLE_FUNCTION_SIZE = 0x20,
    PE_SAMPLE_FUNCTION_COUNT = 5, /* in .pdata; a gap of one function size follows each */
    PE_SAMPLE_ORDINAL_BASE = 5,
    PE_SAMPLE_TLS_ZERO_FILL = 24,
};

/* Sections, by index. */
enum {
    PE_SAMPLE_TEXT,
    PE_SAMPLE_RDATA,
    PE_SAMPLE_DATA,
    PE_SAMPLE_INIT,
    PE_SAMPLE_RELOC,
    PE_SAMPLE_SECTION_COUNT,
};

struct pe_sample {
    struct pe_builder builder;
    uint32_t entry_rva;
    uint32_t pointer_rva; /* a pointer to the entry point, with a relocation */
    uint32_t cookie_rva;
    uint32_t guard_check_rva;
    uint32_t guard_dispatch_rva;
    uint32_t tls_template_rva;
    uint32_t tls_index_rva;
    uint32_t tls_callbacks_rva; /* one callback: the entry point */
};

void pe_sample_build(struct pe_sample *sample);

#endif
