/*
 * A command's side of the connection to a machine's server.
 */
#ifndef RINGSIDE_SERVER_CLIENT_H
#define RINGSIDE_SERVER_CLIENT_H

#include "server/channel.h"
#include "server/folder.h"

/*
 * Connect to the machine of that name (folder_locate). False: `why` has one line, which says how to
 * start it if it is not running.
 */
bool client_connect(struct channel *server, struct folder *folder, const char *name, char *why,
                    size_t why_size);
/* Send a list of texts, ended by NULL, as one message. */
void client_send_texts(struct channel *server, uint32_t type, const char *const *texts);
/* Ask one question. Returns the answer, malloc; NULL: `why` has the reason. */
char *client_ask(struct channel *server, const char *const *words, char *why, size_t why_size);

#endif
