/*
 * choice - what a user has said of itself: a status and two texts.
 *
 * Immutable: a presence.update makes a new one, which takes the place of the
 * old one when it is stored. NULL is the choice of who never said anything:
 * online or away as the server sees it, without texts.
 *
 * Owner:   struct person, or the update on its way there
 * Thread:  logic
 * Errors:  NULL without memory
 */
#ifndef PLUGINS_PRESENCE_CHOICE_H
#define PLUGINS_PRESENCE_CHOICE_H

#include <stdbool.h>

#include <nexus/types.h>

#include "plugins/presence/status.h"

struct choice {
    enum status status;    // any that may be chosen
    struct nx_str message; // status_message; lie in text, empty: none
    struct nx_str location;
    char text[];
};

struct choice *choice_create(
        enum status status, struct nx_str message, struct nx_str location);

// All accept NULL.
enum status choice_status(const struct choice *choice);
struct nx_str choice_message(const struct choice *choice);
struct nx_str choice_location(const struct choice *choice);
bool choice_same_texts(const struct choice *a, const struct choice *b);
bool choice_same(const struct choice *a, const struct choice *b);

#endif
