/*
 * How trace records are shown. What a type of record consists of stands once, in the table of
 * trace_fields.c; trace_json.c and trace_text.c are two ways to write a row of it, and what differs
 * only in its punctuation is in trace_put.c.
 *
 * The command is built with these files, too, except trace_json.c: `ringside trace view` makes
 * records of JSON lines again (cli/trace_record.c), so that its text is that of --trace.
 */
#ifndef RINGSIDE_HOST_TRACE_FORMAT_H
#define RINGSIDE_HOST_TRACE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/trace_event.h"

/* A record whose sizes were checked. */
struct host_trace_record {
    const struct trace_header *header;
    const uint8_t *payload;
    const char *text;
    const uint8_t *data;
};

/* How much of a record's text and data the fields so far have used up. */
struct host_trace_used {
    size_t text, data;
};

enum host_trace_kind {
    HOST_TRACE_DECIMAL,
    HOST_TRACE_HEX,       /* an address, flags */
    HOST_TRACE_CODE,      /* an address inside an image */
    HOST_TRACE_STATUS,    /* an NTSTATUS */
    HOST_TRACE_MAJOR,     /* IRP_MJ_… */
    HOST_TRACE_CONTROL,   /* a control code */
    HOST_TRACE_TAG,       /* four characters */
    HOST_TRACE_GUID,      /* 16 bytes; the value is the first eight */
    HOST_TRACE_CHOICE,    /* an index into `names` */
    HOST_TRACE_TEXT,      /* the whole text; no value */
    HOST_TRACE_TEXT_HEAD, /* the first part of the text; the value is its size */
    HOST_TRACE_TEXT_TAIL, /* the rest; the value is the size of the first part */
    HOST_TRACE_TEXT_NEXT, /* the next part of the text; the value is its size */
    HOST_TRACE_BYTES,     /* the next part of the data; the value is its size */
    HOST_TRACE_HEX_LIST,  /* `count` numbers of 64 bits */
    HOST_TRACE_ARGUMENTS, /* of struct trace_export */
    HOST_TRACE_STACK,     /* return addresses in the next part of the data; the value is its size */
};

struct host_trace_field {
    const char *name;
    uint8_t kind;   /* enum host_trace_kind */
    uint8_t size;   /* of the value: 1, 2, 4 or 8 bytes */
    bool optional;  /* left out when the value is 0 or the text empty */
    bool bare;      /* text view: the value without its name */
    bool only_json; /* the text view leaves it out */
    uint16_t offset;
    uint16_t count;
    const char *const *names;
};

struct host_trace_layout {
    const char *name; /* irp_send */
    uint32_t payload_size;
    uint32_t field_count;
    const struct host_trace_field *fields;
};

/* trace_fields.c: NULL for an unknown type. */
const struct host_trace_layout *host_trace_layout_of(uint16_t type);
const struct host_trace_layout *host_trace_layout_named(const char *name, uint16_t *type);
uint64_t host_trace_value(const struct host_trace_record *record,
                          const struct host_trace_field *field);
/* Does the field have nothing to say in this record? */
bool host_trace_is_left_out(const struct host_trace_record *record,
                            const struct host_trace_field *field, uint64_t value);
/* Names of a value, NULL when it has none. */
const char *host_trace_choice(const struct host_trace_field *field, uint64_t value);
const char *host_trace_major(uint64_t major);
const char *host_trace_device_type(uint32_t type);
const char *host_trace_method(uint32_t code);
const char *host_trace_access(uint32_t code);

/* A part of the record that is text or bytes. */
struct host_trace_part {
    const uint8_t *bytes;
    size_t size;
};
/* The text that a TEXT… field stands for. */
struct host_trace_part host_trace_text_part(const struct host_trace_record *record,
                                            const struct host_trace_field *field,
                                            struct host_trace_used *used);
/* The next `size` bytes of data. */
struct host_trace_part host_trace_data_part(const struct host_trace_record *record, size_t size,
                                            struct host_trace_used *used);

/* One line, in memory of its own. What does not fit is dropped; the longest record fits. */
struct host_trace_line {
    size_t length;
    char text[1 << 17];
};
__attribute__((format(printf, 2, 3))) void host_trace_put(struct host_trace_line *line,
                                                          const char *format, ...);
/* "{D1…}" of the 16 bytes of a GUID. */
void host_trace_put_guid(struct host_trace_line *line, const uint8_t *bytes);
void host_trace_put_byte(struct host_trace_line *line, char byte);
void host_trace_put_hex(struct host_trace_line *line, const uint8_t *bytes, size_t size);
/*
 * "Driver.sys+0x12"; false when the address lies in no image. And "Dispatch (Driver.c:42)" of code
 * of drivers; false when nothing is known. The recorder asks its images; the command, its line.
 */
#define HOST_TRACE_PLACE 256 /* bytes */
bool host_trace_place(uint64_t address, char text[HOST_TRACE_PLACE]);
bool host_trace_source(uint64_t address, char text[HOST_TRACE_PLACE]);
/* Bytes of the UTF-8 character at `text`, 0 when it is not one. */
size_t host_trace_utf8(const uint8_t *text, size_t size);

/* With quotes; a byte that is not UTF-8 becomes U+FFFD. */
void host_trace_put_json_string(struct host_trace_line *line, const uint8_t *text, size_t size);

/* How a form spells numbers and lists. */
struct host_trace_form {
    const char *quote;        /* on both sides of an address */
    const char *list[3];      /* before, between and behind the elements of a list */
    const char *arguments[3]; /* the same of arguments */
    const char *argument[3];  /* before an argument's value, before its text, behind both */
    const char *frame[4]; /* before a frame's address, before its place, its source, behind all */
    /* A text of the machine, and a name of code. Both may hold anything. */
    void (*put_string)(struct host_trace_line *line, const uint8_t *text, size_t size);
    void (*put_name)(struct host_trace_line *line, const uint8_t *text, size_t size);
};
void host_trace_put_list(struct host_trace_line *line, const struct host_trace_record *record,
                         const struct host_trace_field *field, const struct host_trace_form *form);
void host_trace_put_arguments(struct host_trace_line *line, const struct host_trace_record *record,
                              const struct host_trace_form *form);
void host_trace_put_stack(struct host_trace_line *line, struct host_trace_part stack,
                          const struct host_trace_form *form);

void host_trace_json(struct host_trace_line *line, const struct host_trace_record *record,
                     const struct host_trace_layout *layout);
void host_trace_text(struct host_trace_line *line, const struct host_trace_record *record,
                     const struct host_trace_layout *layout);

#endif
