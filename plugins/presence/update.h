/*
 * update - presence.update: what a user says of itself.
 *
 * An update says everything: a text it leaves out is no longer there. It is
 * checked, waits until the user's fact is loaded, is stored, and only then
 * counts; the user's other devices get presence.update, everybody else what
 * news.h says.
 *
 * Thread:  logic
 * Errors:  as event handlers
 */
#ifndef PLUGINS_PRESENCE_UPDATE_H
#define PLUGINS_PRESENCE_UPDATE_H

#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

struct choice;
struct nx_event;
struct person;
struct presence;

struct update {
    struct nx_list link; // struct person::updates
    struct choice *choice;
    nx_op_id op;
    nx_session_id session; // that sent it, 0: another plugin
};

int32_t update_handle(struct presence *presence, const struct nx_event *ev);

// The update was stored, or could not be. Takes it over.
void update_done(struct person *person, struct update *update, nx_status status,
        int64_t last_seen);

void update_destroy(struct update *update);

#endif
