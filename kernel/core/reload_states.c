#include "kernel/core/reload_states.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/handover.h"
#include "kernel/core/settings_store.h"

struct reload_state {
    struct nx_list link; // struct reload_states::list
    char *id;
    struct handover handover;
};

void reload_states_init(struct reload_states *states) {
    nx_list_init(&states->list);
    states->count = 0;
}

static void destroy(struct reload_state *state) {
    handover_finish(&state->handover);
    free(state->id);
    free(state);
}

static void drop(struct reload_states *states, struct reload_state *state) {
    nx_list_remove(&state->link);
    states->count--;
    destroy(state);
}

static struct reload_state *state_at(struct nx_list *link) {
    return nx_container_of(link, struct reload_state, link);
}

void reload_states_finish(struct reload_states *states) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&states->list)) != NULL) {
        destroy(state_at(link));
    }
    states->count = 0;
}

static struct reload_state *find(
        const struct reload_states *states, const char *id) {
    nx_list_for_each (link, &states->list) {
        struct reload_state *state = state_at(link);
        if (strcmp(state->id, id) == 0) {
            return state;
        }
    }
    return NULL;
}

void reload_states_keep(struct reload_states *states, const char *id,
        struct handover *handover) {
    struct reload_state *state = calloc(1, sizeof(*state));
    reload_states_drop(states, id);
    if (!state || handover->version == 0) {
        free(state);
        return;
    }
    state->id = strdup(id);
    if (!state->id) {
        free(state);
        return;
    }
    if (states->count >= SETTINGS_PLUGINS_MAX) {
        drop(states, state_at(states->list.next));
    }
    state->handover = *handover;
    handover_init(handover, 0);
    nx_list_init(&state->link);
    nx_list_append(&states->list, &state->link);
    states->count++;
}

bool reload_states_give(const struct reload_states *states, const char *id,
        struct handover *handover) {
    const struct reload_state *state = find(states, id);
    if (!state) {
        return true;
    }
    handover->version = state->handover.version;
    return nx_buf_append(&handover->bytes, state->handover.bytes.data,
            state->handover.bytes.len);
}

void reload_states_drop(struct reload_states *states, const char *id) {
    struct reload_state *state = find(states, id);
    if (state) {
        drop(states, state);
    }
}
