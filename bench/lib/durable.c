/*
 * Every client is a publisher with a conversation of its own and one message
 * in flight: it sends the next one when the ack of the last one has come. So
 * the messages that wait for one commit are as many as there are publishers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lib/die.h"
#include "bench/lib/histogram.h"
#include "bench/lib/moment.h"
#include "bench/lib/report.h"
#include "bench/lib/scenario.h"
#include "bench/lib/swarm.h"
#include "bench/lib/window.h"

enum {
    FIELDS = 160 // bytes of a message besides its content
};

struct durable {
    const struct args *args;
    struct swarm swarm;
    uint64_t *sent_ns; // by client
    char *content;
    char *text;
    struct histogram histogram;
    uint64_t acks;
    uint64_t sent;
    bool is_stopping;
};

static void publish(struct durable *durable, struct conn *conn) {
    size_t room = durable->args->size + FIELDS;
    int length = snprintf(durable->text, room,
            "{\"event_type\":\"chat.message\",\"conversation_id\":\"b%u\","
            "\"client_id\":\"%llu\",\"ref\":\"r\",\"content\":\"%s\"}",
            (unsigned)conn->index, (unsigned long long)durable->sent,
            durable->content);

    durable->sent++;
    durable->sent_ns[conn->index] = moment_ns();
    conn_send(conn, FRAME_TEXT, durable->text, (size_t)length);
}

static void on_text(
        void *owner, struct conn *conn, const char *text, size_t length) {
    struct durable *durable = owner;
    struct event event = {0};

    if (!event_scan(&event, text, length)) {
        return;
    }
    if (!event_word_is(event.type, "ack")) {
        swarm_other(&durable->swarm, &event, text, length);
        return;
    }
    histogram_record(&durable->histogram,
            durable->swarm.now - durable->sent_ns[conn->index]);
    durable->acks++;
    if (!durable->is_stopping) {
        publish(durable, conn);
    }
}

static void report(struct durable *durable, const struct window *window) {
    struct report out;

    report_begin(&out, durable->args->json, "durable");
    report_number(&out, "publishers", (double)durable->args->connections);
    report_number(&out, "size", (double)durable->args->size);
    report_number(&out, "messages_per_s",
            (double)durable->acks / window_seconds(window));
    report_latency(&out, &durable->histogram);
    window_report(window, &out, "message", durable->acks);
    report_number(&out, "errors", (double)durable->swarm.errors);
    report_end(&out);
}

static void init(struct durable *durable, const struct args *args) {
    durable->args = args;
    durable->sent = moment_ns(); // client ids of no run before
    durable->sent_ns = calloc(args->connections, sizeof(*durable->sent_ns));
    durable->content = malloc(args->size + 1);
    durable->text = malloc(args->size + FIELDS);
    if (durable->sent_ns == NULL || durable->content == NULL
            || durable->text == NULL) {
        die("out of memory");
    }
    memset(durable->content, 'x', args->size);
    durable->content[args->size] = '\0';
}

void durable_run(const struct args *args) {
    static struct durable durable; // the histogram is too large for the stack
    struct window window = {0};

    init(&durable, args);
    swarm_init(&durable.swarm, args, SWARM_NO_ROOM, on_text, &durable);
    swarm_ramp(&durable.swarm);
    for (uint64_t i = 0; i < args->connections; i++) {
        publish(&durable, &durable.swarm.conns[i]);
        swarm_flush(&durable.swarm, &durable.swarm.conns[i]);
    }
    swarm_serve(&durable.swarm, args->warmup);
    histogram_clear(&durable.histogram);
    durable.acks = 0;
    window_open(&window, args->server_pid);
    swarm_serve(&durable.swarm, args->seconds);
    window_close(&window);
    if (durable.acks == 0) {
        die("no message was acknowledged in the time measured");
    }
    report(&durable, &window);
    durable.is_stopping = true;
    swarm_leave(&durable.swarm);
    swarm_finish(&durable.swarm);
    free(durable.sent_ns);
    free(durable.content);
    free(durable.text);
}
