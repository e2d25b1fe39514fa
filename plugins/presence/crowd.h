/*
 * crowd - rooms with so many members that they are told numbers only.
 *
 * A room above room_limit is noted when somebody in it changes, comes or
 * goes. Its members then get presence.counts, at most once in counts_interval
 * seconds. Droppable, and newer numbers replace older ones that wait.
 *
 * Owner:   struct presence has the notes
 * Thread:  logic
 * Errors:  none; what cannot be noted is told with the next change
 */
#ifndef PLUGINS_PRESENCE_CROWD_H
#define PLUGINS_PRESENCE_CROWD_H

#include <nexus/types.h>

struct presence;

void crowd_note(struct presence *presence, nx_room_id room);

// The timer runs again.
void crowd_resume(struct presence *presence);

#endif
