/*
 * record_head - what stands in front in a record: what it is, and whose.
 *
 * Every message that passes by is looked at, and most of the time nobody wants
 * more of it than this. So the first members are read where they stand, as
 * this plugin has always written them, and what comes behind is not looked at.
 *
 * Thread:  any (pure functions)
 * Errors:  false: written in another way, which only a parser can read
 */
#ifndef PLUGINS_CHAT_RECORD_HEAD_H
#define PLUGINS_CHAT_RECORD_HEAD_H

#include <stdbool.h>

#include <nexus/types.h>

// Borrowed from the record.
struct record_head {
    struct nx_str type;
    struct nx_str sender;
    struct nx_str message_id;
};

bool record_head_read(struct record_head *head, struct nx_str record);

#endif
