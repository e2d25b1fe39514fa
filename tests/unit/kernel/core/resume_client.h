/*
 * resume_client - one client across its connections, for resume_fixture.h.
 *
 * Owner:   the test that made it
 * Thread:  that of the test
 */
#ifndef TESTS_UNIT_KERNEL_CORE_RESUME_CLIENT_H
#define TESTS_UNIT_KERNEL_CORE_RESUME_CLIENT_H

#include "kernel/core/resume.h"
#include "tests/support/core_case.h"

#define TEXTS_MAX ((size_t)1 << 20)

static struct core_case c;

static inline void turns(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        core_turn(c.core);
    }
}

// One client, across its connections.
struct client {
    struct link link;
    const char *user;
    char token[RESUME_TOKEN_SIZE];
    char texts[TEXTS_MAX]; // events of the last take(), each with a newline
    size_t events;
    unsigned char proof[8]; // of the last Ping
    unsigned pings;
};

static inline struct session *session_of(const struct client *client) {
    return sessions_find(c.core->sessions, client->link.session);
}

static inline void take_text(
        struct client *client, const unsigned char *text, size_t len) {
    size_t have = strlen(client->texts);
    assert_true(have + len + 2 < sizeof(client->texts));
    memcpy(client->texts + have, text, len);
    memcpy(client->texts + have + len, "\n", 2);
    client->events++;
}

static inline size_t take_frame(
        struct client *client, const unsigned char *frame) {
    size_t head = 2;
    size_t len = frame[1] & 0x7fu;
    if (len == 126) {
        len = (size_t)frame[2] << 8 | frame[3];
        head = 4;
    }
    assert_true(frame[1] < 127); // no test sends more than 64 KiB
    if (frame[0] == 0x81) {
        take_text(client, frame + head, len);
    } else if (frame[0] == 0x89) {
        assert_int_equal(len, sizeof(client->proof));
        memcpy(client->proof, frame + head, len);
        client->pings++;
    }
    return head + len;
}

// Reads what was written to it.
static inline const char *take(struct client *client) {
    client->texts[0] = '\0';
    client->events = 0;
    client->pings = 0;
    for (size_t at = 0; at < client->link.out.len;) {
        at += take_frame(
                client, (const unsigned char *)client->link.out.data + at);
    }
    nx_buf_clear(&client->link.out);
    return client->texts;
}

// Answers the last Ping that was taken.
static inline void pong(struct client *client) {
    session_io_pong(
            c.core, client->link.session, client->proof, sizeof(client->proof));
    core_turn(c.core);
}

static inline void keep_token(struct client *client) {
    static const char name[] = "\"resume_token\":\"";
    const char *at = strstr(client->texts, name);
    client->token[0] = '\0';
    if (at) {
        at += sizeof(name) - 1;
        size_t len = strcspn(at, "\"");
        assert_true(len < sizeof(client->token));
        memcpy(client->token, at, len);
        client->token[len] = '\0';
    }
}

// Connects with a token, NULL: without.
static inline void dial(
        struct client *client, const char *user, const char *token) {
    char query[512];
    (void)snprintf(query, sizeof(query), "user_id=%s%s%s", user,
            token ? "&resume=" : "", token ? token : "");
    const struct gate_request request = {
            .query = core_case_str(query),
            .address = core_case_str("127.0.0.1"),
    };
    client->user = user;
    memset(&client->link, 0, sizeof(client->link));
    nx_buf_init(&client->link.out, CORE_CASE_MAX);
    client->link.session = gate_open(c.core, &client->link, &request);
    assert_true(client->link.session != 0);
}

// The same, and reads the welcome before anything else happens.
static inline void connect_with(
        struct client *client, const char *user, const char *token) {
    dial(client, user, token);
    sessions_flush(c.core->sessions);
    take(client);
    keep_token(client);
}

static inline struct client *client_create(const char *user) {
    struct client *client = calloc(1, sizeof(*client));
    assert_non_null(client);
    connect_with(client, user, NULL);
    core_turn(c.core);
    return client;
}

static inline void lose_with(struct client *client, uint16_t code) {
    session_io_closed(c.core, client->link.session, code);
    nx_buf_finish(&client->link.out);
    core_turn(c.core);
}

// The connection is gone without a word.
static inline void lose(struct client *client) {
    lose_with(client, 1006);
}

// Comes back, and gets all it missed.
static inline void come_back(struct client *client) {
    connect_with(client, client->user, client->token);
    char *welcome = strdup(client->texts);
    turns(20);
    take(client);
    assert_non_null(welcome);
    free(welcome);
}

static inline void client_destroy(struct client *client) {
    if (session_of(client)) {
        lose(client);
    }
    nx_buf_finish(&client->link.out);
    free(client);
}

#endif
