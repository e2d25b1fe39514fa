/*
 * mention - members named in a message, told when it is safe.
 *
 * Raises one `notification.raise` event for each; which plugin makes a
 * notification of it, if any, is not the chat's business.
 *
 * Owner:   whoever embeds it
 * Thread:  logic
 * Errors:  none that matter to the message; who cannot be told is not
 */
#ifndef PLUGINS_CHAT_MENTION_H
#define PLUGINS_CHAT_MENTION_H

#include <nexus/types.h>
#include <nexus/util/buf.h>

struct conversation;
struct request;

struct mention {
    struct nx_buf names; // each ended by a NUL
    struct nx_buf title;
    struct nx_buf text; // the beginning of the message
};

// Takes what is needed of a chat.message: members in `mentions`, once each,
// without the sender.
void mention_init(struct mention *mention, const struct request *request,
        const struct conversation *conv);

void mention_finish(struct mention *mention);

// Tells them.
void mention_raise(const struct mention *mention, struct conversation *conv,
        struct nx_str sender, const char *message_id);

#endif
