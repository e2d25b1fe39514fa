/*
 * rest - GET /api/presence/{user_id}.
 *
 * A user nobody has heard of is offline: the server has no list of users, and
 * whoever is invisible must not be told from one that is not there.
 *
 * Thread:  logic
 * Errors:  problem+json
 */
#ifndef PLUGINS_PRESENCE_REST_H
#define PLUGINS_PRESENCE_REST_H

#include <nexus/http.h>

// user is the struct presence.
int32_t rest_get(void *user, const struct nx_http_request *request);

#endif
