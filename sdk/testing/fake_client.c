#include <string.h>

#include <nexus/util/buf.h>

#include "fake_link.h"
#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/gate.h"
#include "kernel/core/session_io.h"

#define QUERY_MAX 4096

static struct link *find_link(struct fake_host *host, nx_session_id session) {
    // A restart counts ids from 1 again: the newest one is meant.
    struct link *found = NULL;
    nx_list_for_each (node, &host->links) {
        struct link *link = nx_container_of(node, struct link, node);
        if (session != 0 && link->session == session) {
            found = link;
        }
    }
    if (!found) {
        fake_host_complain(host, "no session has the id %llu",
                (unsigned long long)session);
    }
    return found;
}

static struct fake_event *take_event(struct link *link) {
    struct nx_list *node = link ? nx_list_take_first(&link->unread) : NULL;
    if (!node) {
        return NULL;
    }
    nx_list_append(&link->read, node);
    return nx_container_of(node, struct fake_event, link);
}

static void read_welcome(struct link *link) {
    if (nx_list_empty(&link->unread)) {
        return;
    }
    struct fake_event *first =
            nx_container_of(link->unread.next, struct fake_event, link);
    if (strcmp(fake_event_type(first), "system.message") == 0) {
        link->welcome = take_event(link);
    }
}

nx_session_id fake_host_connect_query(
        struct fake_host *host, const char *query) {
    const char *why = NULL;
    const struct gate_request request = {
            .query = {query, strlen(query)},
            .address = {"127.0.0.1", strlen("127.0.0.1")},
    };
    if (!host->core || gate_admit(host->core, &why) != 0) {
        fake_host_complain(host, "%s", why ? why : "not started");
        return 0;
    }
    struct link *link = fake_link_create(host);
    link->session = gate_open(host->core, link, &request);
    if (link->session == 0) {
        fake_link_destroy(link);
        return 0;
    }
    (void)fake_host_turn(host);
    read_welcome(link);
    return link->session;
}

static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || strchr("-._~", c);
}

nx_session_id fake_host_connect(struct fake_host *host, const char *user) {
    struct nx_buf query;
    nx_buf_init(&query, QUERY_MAX);
    nx_buf_append_cstr(&query, "user_id=");
    for (const char *c = user; *c != '\0'; c++) {
        if (is_plain(*c)) {
            nx_buf_append_char(&query, *c);
        } else {
            nx_buf_appendf(&query, "%%%02X", (unsigned char)*c);
        }
    }
    nx_session_id session =
            query.failed ? 0 : fake_host_connect_query(host, query.data);
    nx_buf_finish(&query);
    return session;
}

const struct fake_event *fake_host_welcome(
        struct fake_host *host, nx_session_id session) {
    const struct link *link = find_link(host, session);
    return link ? link->welcome : NULL;
}

void fake_host_send_quietly(
        struct fake_host *host, nx_session_id session, const char *json) {
    const struct link *link = find_link(host, session);
    if (link && link->code == 0) {
        session_io_message(host->core, session, json, strlen(json), false);
    }
}

void fake_host_send(
        struct fake_host *host, nx_session_id session, const char *json) {
    fake_host_send_quietly(host, session, json);
    (void)fake_host_turn(host);
}

void fake_host_disconnect(
        struct fake_host *host, nx_session_id session, uint16_t code) {
    struct link *link = find_link(host, session);
    struct nx_str none = {NULL, 0};
    if (link) {
        fake_link_end(link, code, none);
        (void)fake_host_turn(host);
    }
}

void fake_host_hold_pongs(
        struct fake_host *host, nx_session_id session, bool hold) {
    struct link *link = find_link(host, session);
    if (link) {
        link->hold_pongs = hold;
        (void)fake_host_turn(host);
    }
}

void fake_host_stop_reading(
        struct fake_host *host, nx_session_id session, bool stop) {
    struct link *link = find_link(host, session);
    if (link) {
        link->writable = link->full && !stop;
        link->full = stop;
        (void)fake_host_turn(host);
    }
}

// ---- what the client has seen ----

const struct fake_event *fake_host_next(
        struct fake_host *host, nx_session_id session) {
    return take_event(find_link(host, session));
}

const struct fake_event *fake_host_expect(
        struct fake_host *host, nx_session_id session, const char *type) {
    const struct fake_event *event = fake_host_next(host, session);
    if (!event) {
        fake_host_complain(host, "expected %s, nothing came", type);
        return NULL;
    }
    if (strcmp(fake_event_type(event), type) != 0) {
        fake_host_complain(host, "expected %s, there came %s", type,
                fake_event_text(event));
        return NULL;
    }
    return event;
}

const struct fake_event *fake_host_await(
        struct fake_host *host, nx_session_id session, const char *type) {
    struct link *link = find_link(host, session);
    const struct fake_event *event;
    while ((event = take_event(link)) != NULL) {
        if (strcmp(fake_event_type(event), type) == 0) {
            return event;
        }
    }
    fake_host_complain(host, "no %s came", type);
    return NULL;
}

size_t fake_host_skip(struct fake_host *host, nx_session_id session) {
    struct link *link = find_link(host, session);
    size_t count = 0;
    while (take_event(link)) {
        count++;
    }
    return count;
}

size_t fake_host_unread(struct fake_host *host, nx_session_id session) {
    const struct link *link = find_link(host, session);
    size_t count = 0;
    if (link) {
        nx_list_for_each (node, &link->unread) {
            count++;
        }
    }
    return count;
}

size_t fake_host_sent_count(struct fake_host *host, nx_session_id session) {
    const struct link *link = find_link(host, session);
    return link ? link->sent : 0;
}

size_t fake_host_write_count(struct fake_host *host, nx_session_id session) {
    const struct link *link = find_link(host, session);
    return link ? link->writes : 0;
}

size_t fake_host_ping_count(struct fake_host *host, nx_session_id session) {
    const struct link *link = find_link(host, session);
    return link ? link->ping_count : 0;
}

bool fake_host_is_open(struct fake_host *host, nx_session_id session) {
    const struct link *link = find_link(host, session);
    return link && link->code == 0;
}

uint16_t fake_host_close_code(struct fake_host *host, nx_session_id session) {
    const struct link *link = find_link(host, session);
    return link ? link->code : 0;
}

const char *fake_host_close_reason(
        struct fake_host *host, nx_session_id session) {
    const struct link *link = find_link(host, session);
    return link ? link->reason : "";
}
