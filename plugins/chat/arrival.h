/*
 * arrival - a session has opened: it enters its user's conversations.
 *
 * The user's index is read; it says which conversations, the most recently
 * used first. What the session's device has missed in each is found out, and
 * which of that is sent; then the rooms are entered one after the other, each
 * behind its backlog. A few sessions at a time; the others wait in line, also
 * those whose clients have yet to read. A session is marked when it is done,
 * so that after a reload only the others are taken up.
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
struct nx_strmap;

struct arrivals {
    struct nx_list waiting;       // struct arrival::link
    struct nx_list running;       // the same
    struct nx_list paused;        // the same, until their clients have read
    struct nx_strmap *by_session; // 8 bytes of its id -> struct arrival
    size_t running_count;
};

nx_status arrivals_init(struct arrivals *arrivals);
void arrivals_finish(struct arrivals *arrivals);

// Takes up sessions that opened before this instance: call in start(). While
// chat->quiet nobody starts, and what is under way comes to its end.
nx_status arrivals_sweep(struct chat *chat);

// Takes up who waits, and who was not taken up while the chat was quiet.
void arrivals_resume(struct chat *chat);

// The session has to be taken up once more, by whoever comes next.
void arrival_again(struct chat *chat, nx_session_id session);

// A session is to enter one more conversation behind what it missed there.
void arrival_enter(
        struct chat *chat, nx_session_id session, struct nx_str conversation);

// Whether it is about to enter this one, and must not be helped.
bool arrival_is_at(const struct chat *chat, nx_session_id session,
        struct nx_str conversation);

// The on_session function; user is the struct chat.
void arrival_opened(void *user, const struct nx_session_event *ev);

#endif
