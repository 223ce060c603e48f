/* ERESOURCE: what resource.c and resource_query.c share. */
#ifndef RINGSIDE_EX_RESOURCE_H
#define RINGSIDE_EX_RESOURCE_H

#include "nt.h"

/* The entry of an owner, with OwnerCount > 0; NULL: it has no access. */
POWNER_ENTRY ex_resource_owner(PERESOURCE resource, ERESOURCE_THREAD thread);

#endif
