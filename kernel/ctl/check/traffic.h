/*
 * traffic - clients of the plugin that is checked.
 *
 * A handful of users who connect, send what hostile.h makes up, and are gone
 * again. Whoever is sent away by the server comes back.
 *
 * Owner:   the stage
 * Thread:  one
 * Errors:  none: what the server refuses is not sent
 */
#ifndef KERNEL_CTL_CHECK_TRAFFIC_H
#define KERNEL_CTL_CHECK_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/buf.h>

#include "kernel/ctl/check/hostile.h"
#include "kernel/ctl/check/vocabulary.h"

#define TRAFFIC_CLIENTS 4

struct subject;

struct traffic {
    struct subject *subject;
    struct vocabulary vocabulary;
    struct hostile hostile;
    nx_session_id clients[TRAFFIC_CLIENTS]; // 0: not connected
    struct nx_buf text;
    size_t sent;
};

// The subject has begun.
void traffic_init(struct traffic *traffic, struct subject *subject);
void traffic_finish(struct traffic *traffic);

// The host is another one: nobody is connected any more.
void traffic_forget(struct traffic *traffic);

// One client, connected if it can be.
nx_session_id traffic_client(struct traffic *traffic);

// Sends so many messages. quietly: the server does nothing in between.
void traffic_send(struct traffic *traffic, size_t count, bool quietly);

// Calls its handlers with kinds of events that nobody knows yet.
void traffic_unknown(struct traffic *traffic, uint32_t value);

// A client leaves without a word.
void traffic_vanish(struct traffic *traffic);

// The client sends one text and the scene has it.
void traffic_say(struct traffic *traffic, nx_session_id client,
        const char *text, bool quietly);

#endif
