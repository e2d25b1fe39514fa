/*
 * arrival - a session has opened: it enters its user's conversations.
 *
 * The user's index is read, and the rooms are entered one after the other,
 * the most recently used first, each after what the user has missed in it.
 * A few sessions at a time; the others wait in line. A session is marked
 * when it is done, so that after a reload only the others are taken up.
 *
 * Owner:   struct chat embeds the line
 * Thread:  logic
 * Errors:  storage that does not answer is asked again, some seconds later
 */
#ifndef PLUGINS_CHAT_ARRIVAL_H
#define PLUGINS_CHAT_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/router.h>
#include <nexus/types.h>
#include <nexus/util/list.h>

struct arrival;
struct chat;

struct arrivals {
    struct nx_list waiting; // struct arrival::link
    struct nx_list running; // the same
    size_t running_count;
};

void arrivals_init(struct arrivals *arrivals);
void arrivals_finish(struct arrivals *arrivals);

// Takes up sessions that opened before this instance: call in start(). While
// chat->quiet nobody starts, and what is under way comes to its end.
nx_status arrivals_sweep(struct chat *chat);

// Takes up who waits, and who was not taken up while the chat was quiet.
void arrivals_resume(struct chat *chat);

// The session has to be taken up once more, by whoever comes next.
void arrival_again(struct chat *chat, nx_session_id session);

// The on_session function; user is the struct chat.
void arrival_opened(void *user, const struct nx_session_event *ev);

#endif
