/*
 * membership - who may do what in a conversation, and how that changes.
 *
 * Open conversations make a member of whoever uses them. Others have a
 * creator and whom a member has invited. A conversation of two is for these
 * two, whatever the setting.
 *
 * Thread:  logic
 * Errors:  nx_status; NOT_FOUND, NOT_MEMBER, FORBIDDEN, LIMIT
 */
#ifndef PLUGINS_CHAT_MEMBERSHIP_H
#define PLUGINS_CHAT_MEMBERSHIP_H

#include <nexus/types.h>

struct conversation;
struct member;
struct request;

// The membership of the request's user, made if the rules allow it; founds
// the conversation if the request's kind does that.
nx_status membership_admit(const struct request *request,
        struct conversation *conv, struct member **self);

// In a conversation of two, makes sure that the other one is (still) in it.
nx_status membership_keep_peer(struct conversation *conv, struct nx_str user);

#endif
