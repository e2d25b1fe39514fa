/*
 * query - a request about users, waiting until what is stored is known.
 *
 * Holds its persons, waits for the facts of all of them, then calls done once
 * and ends. Of persons in memory nothing is read, and done is called at once.
 *
 * Owner:   itself, from query_run on; struct presence lists those that wait
 * Thread:  logic
 * Errors:  query_add: LIMIT; done with the status of the read that failed
 */
#ifndef PLUGINS_PRESENCE_QUERY_H
#define PLUGINS_PRESENCE_QUERY_H

#include <stddef.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#include "plugins/presence/facts.h"

struct choice;
struct person;
struct presence;
struct query;

typedef void (*query_fn)(struct query *query, nx_status status);

struct query_item {
    struct wait wait;
    struct query *query;
};

struct query {
    struct nx_list link; // struct presence::queries
    struct presence *presence;
    query_fn done;
    nx_op_id op;
    nx_session_id session;
    struct choice *choice; // of an update; freed with the query
    struct person *asks;   // who asks, if it is one of the persons
    size_t count;
    size_t loaded;    // of these, and 1 while query_run is not through
    nx_status status; // of the first that failed
    struct person **persons;
    struct query_item *items;
};

// For at most max persons. NULL without memory.
struct query *query_create(
        struct presence *presence, size_t max, query_fn done);

// Frees it without calling done.
void query_destroy(struct query *query);

// Adds a user that is not in it yet.
nx_status query_add(struct query *query, struct nx_str name);

// Takes the query over.
void query_run(struct query *query);

#endif
