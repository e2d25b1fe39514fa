/*
 * http_link - the state of one HTTP connection, shared by the two files that
 * work on it: http1.c takes requests, http1_answer.c sends answers.
 *
 * Owner:   http1.c
 * Thread:  logic
 */
#ifndef KERNEL_NET_HTTP_LINK_H
#define KERNEL_NET_HTTP_LINK_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/util/buf.h>

#include "kernel/base/timers.h"
#include "kernel/net/head.h"

struct lws;
struct server;
struct visit;

enum http_state {
    HTTP_IDLE,    // between requests
    HTTP_BODY,    // reads the body
    HTTP_SERVING, // waits for core's answer
    HTTP_ANSWERING,
};

struct http_link {
    struct server *server;
    struct lws *wsi;
    struct visit *visit;
    enum http_state state;
    struct head head;
    struct nx_buf body;
    size_t body_left; // announced and not arrived
    struct nx_buf out;
    size_t sent;    // of out
    ev_io writable; // active between two pieces of out
    struct timer timer;
    uint64_t read_before; // bytes, when the last request had ended
    bool reused;          // not the first request
    bool single;          // there will be no second one
    bool close;           // after this answer
    bool skip;            // the body is read and thrown away
    bool no_body;         // the answer to HEAD
};

// Frees what belongs to one request; the next one may come.
void http_link_clear(struct http_link *link);

// Both in http1_answer.c. After the first, the socket may be closed.
void http_link_stop_watching(struct http_link *link);
void http_link_init_watcher(struct http_link *link);

#endif
