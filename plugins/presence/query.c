#include "plugins/presence/query.h"

#include <stdlib.h>

#include <nexus/error.h>

#include "plugins/presence/choice.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"

struct query *query_create(
        struct presence *presence, size_t max, query_fn done) {
    struct query *query = calloc(1, sizeof(*query));
    if (!query) {
        return NULL;
    }
    query->presence = presence;
    query->done = done;
    nx_list_init(&query->link);
    query->persons = calloc(max + 1, sizeof(struct person *));
    query->items = calloc(max + 1, sizeof(*query->items));
    if (!query->persons || !query->items) {
        query_destroy(query);
        return NULL;
    }
    return query;
}

void query_destroy(struct query *query) {
    if (!query) {
        return;
    }
    nx_list_remove(&query->link);
    for (size_t i = 0; i < query->count; i++) {
        nx_list_remove(&query->items[i].wait.link);
        person_drop(query->persons[i]);
    }
    free(query->choice);
    free(query->persons);
    free(query->items);
    free(query);
}

nx_status query_add(struct query *query, struct nx_str name) {
    struct person *person = person_take(query->presence, name);
    if (!person) {
        return NX_ERR_LIMIT;
    }
    person_hold(person);
    nx_list_init(&query->items[query->count].wait.link);
    query->items[query->count].query = query;
    query->persons[query->count++] = person;
    return NX_OK;
}

static void one_less(struct query *query) {
    if (--query->loaded == 0) {
        query->done(query, query->status);
        query_destroy(query);
    }
}

static void is_loaded(struct wait *wait, nx_status status) {
    struct query *query = nx_container_of(wait, struct query_item, wait)->query;
    if (query->status == NX_OK) {
        query->status = status;
    }
    one_less(query);
}

void query_run(struct query *query) {
    nx_list_append(&query->presence->queries, &query->link);
    query->loaded = query->count + 1;
    for (size_t i = 0; i < query->count; i++) {
        query->items[i].wait.fn = is_loaded;
        facts_await(query->persons[i], &query->items[i].wait);
    }
    one_less(query);
}
