/* What the program of the handle tests sends: an event to signal, and a name. */
#ifndef OBJECT_CLIENT_H
#define OBJECT_CLIENT_H

struct object_request {
    unsigned long long event; /* a handle */
    void *attributes;         /* OBJECT_ATTRIBUTES of a key */
};

#endif
