/* See attach.h. */
#include "attach.h"

#include <stdio.h>
#include <string.h>

#include "ringside/ringside.h"

bool attach(const struct cli_verb *verb, const char *name, struct channel *server,
            struct folder *folder)
{
    char why[1024];

    if (client_connect(server, folder, name, why, sizeof why))
        return true;
    cli_complain("%s: %s", verb->name, why);
    return false;
}

static void complain_of_refusal(const struct cli_verb *verb, const struct message *message,
                                int *code)
{
    rs_status status = 0;
    int length;
    const char *why = attach_reason(message, &length);

    if (message->size >= sizeof status)
        memcpy(&status, message->bytes, sizeof status);
    cli_complain("%s: %.*s", verb->name, length, why);
    *code = status == RS_STOPPED ? CLI_EXIT_STOP : CLI_EXIT_USAGE;
}

char *attach_ask(const struct cli_verb *verb, const char *name, const char *const *words, int *code)
{
    struct channel server;
    struct folder folder;
    struct message message;
    char *answer = NULL;

    if (!attach(verb, name, &server, &folder)) {
        *code = CLI_EXIT_USAGE;
        return NULL;
    }
    client_send_texts(&server, MESSAGE_ASK, words);
    do {
        if (!channel_wait(&server, &message)) {
            cli_complain("%s: the server of %s ended", verb->name, folder.name);
            *code = CLI_EXIT_STOP;
            break;
        }
        if (message.type == MESSAGE_ANSWER)
            answer = strndup((const char *)message.bytes, message.size);
        else if (message.type == MESSAGE_REFUSED)
            complain_of_refusal(verb, &message, code);
    } while (message.type != MESSAGE_ANSWER && message.type != MESSAGE_REFUSED);
    channel_close(&server);
    return answer;
}

const char *attach_reason(const struct message *message, int *length)
{
    if (message->size <= sizeof(int32_t)) {
        *length = 0;
        return "";
    }
    *length = (int)(message->size - sizeof(int32_t));
    return (const char *)message->bytes + sizeof(int32_t);
}
