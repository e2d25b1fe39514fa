#include "kernel/ctl/check/traffic.h"

#include <string.h>

#include <nexus/testing/fake_host.h>

#include "kernel/ctl/check/subject.h"
#include "kernel/ctl/plugin/plugin_facts.h"

#define GONE 1006 // a broken connection

void traffic_init(struct traffic *traffic, struct subject *subject) {
    const struct plugin_facts *facts = subject->plan->facts;
    memset(traffic, 0, sizeof(*traffic));
    traffic->subject = subject;
    vocabulary_read(&traffic->vocabulary, facts);
    hostile_init(&traffic->hostile, &traffic->vocabulary, facts->prefixes);
}

void traffic_finish(struct traffic *traffic) {
    nx_buf_finish(&traffic->text);
}

void traffic_forget(struct traffic *traffic) {
    memset(traffic->clients, 0, sizeof(traffic->clients));
}

static nx_session_id connect_as(struct traffic *traffic, size_t i) {
    static const char *const users[TRAFFIC_CLIENTS] = {
            "alice", "alice", "bob", "carol"};
    struct fake_host *host = traffic->subject->host;
    nx_session_id client = traffic->clients[i];
    if (client == 0 || !fake_host_is_open(host, client)) {
        sandbox_set_scene(
                traffic->subject->sandbox, NULL, "a client that connects");
        traffic->clients[i] = fake_host_connect(host, users[i]);
    }
    return traffic->clients[i];
}

nx_session_id traffic_client(struct traffic *traffic) {
    return connect_as(
            traffic, hostile_below(&traffic->hostile, TRAFFIC_CLIENTS));
}

void traffic_say(struct traffic *traffic, nx_session_id client,
        const char *text, bool quietly) {
    struct fake_host *host = traffic->subject->host;
    sandbox_set_scene(traffic->subject->sandbox, NULL, text);
    traffic->sent++;
    if (quietly) {
        fake_host_send_quietly(host, client, text);
    } else {
        fake_host_send(host, client, text);
    }
}

void traffic_send(struct traffic *traffic, size_t count, bool quietly) {
    for (size_t i = 0; i < count; i++) {
        nx_session_id client = traffic_client(traffic);
        if (client != 0) {
            hostile_message(&traffic->hostile, &traffic->text);
            traffic_say(traffic, client, traffic->text.data, quietly);
        }
    }
}

void traffic_vanish(struct traffic *traffic) {
    size_t i = hostile_below(&traffic->hostile, TRAFFIC_CLIENTS);
    if (traffic->clients[i] != 0) {
        fake_host_disconnect(traffic->subject->host, traffic->clients[i], GONE);
        traffic->clients[i] = 0;
    }
}
