/*
 * link - nexusctl's connection to the control socket of a server.
 *
 * A question is an object with `command`; the link adds the version. An
 * answer that does not come within ten seconds is a failure.
 *
 * Owner:   the caller
 * Thread:  one
 * Errors:  as said; the reason is on stderr
 */
#ifndef KERNEL_CTL_LINK_H
#define KERNEL_CTL_LINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct ctl_options;

struct link {
    int fd; // -1: not open
    char *path;
    char *bytes; // read and not used yet
    size_t len;
    size_t cap;
    int code; // of the exit, after a failure
};

// Connects to the server that the options mean.
bool link_open(struct link *link, const struct ctl_options *options);
void link_close(struct link *link);

// Consumes the question. The result of the answer, or NULL.
json_t *link_ask(struct link *link, json_t *question);

// Does not end waiting any more.
void link_wait_long(struct link *link);

// The next object that comes; NULL: the connection is at its end.
json_t *link_read(struct link *link);

// All in one: connects, asks, closes. *code is the exit code when it is NULL.
json_t *link_ask_once(
        const struct ctl_options *options, json_t *question, int *code);

#endif
