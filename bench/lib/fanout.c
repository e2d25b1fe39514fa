/*
 * All clients are members of one room; the first `publishers` of them keep
 * `depth` messages in flight each. A message is complete when every member
 * has it.
 *
 * Members get the same bytes in the same order. So each letter keeps the text
 * as its first receiver got it, and which letter came after it; for all other
 * receivers one memcmp recognises the next message, and only what differs is
 * scanned.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/lib/die.h"
#include "bench/lib/histogram.h"
#include "bench/lib/moment.h"
#include "bench/lib/report.h"
#include "bench/lib/scenario.h"
#include "bench/lib/stamp.h"
#include "bench/lib/swarm.h"
#include "bench/lib/window.h"

enum {
    ENVELOPE = 1024, // what a server may add to a text that is kept
    SPARE = 4        // letters per message in flight
};

#define PATIENCE (10 * MOMENT_SECOND) // without one complete message

struct letter {
    uint64_t n; // 0: never used
    uint64_t sent_ns;
    uint64_t next;     // what came after it; 0: not known
    uint64_t received; // by how many members
    uint32_t publisher;
    size_t length; // of text; 0: not kept
    char *text;
};

struct fanout {
    const struct args *args;
    struct swarm swarm;
    struct stamp stamp;
    struct letter *letters; // ring, place = counter & mask
    uint64_t mask;
    char *texts;
    size_t text_size;
    uint64_t published;
    uint64_t completed;
    uint64_t bytes;        // read in the window
    uint64_t completed_ns; // when the last one was
    uint64_t deliveries;   // in the window, as the histogram
    uint64_t messages;     // complete in the window
    uint64_t out_of_order;
    uint64_t unexpected;
    struct histogram histogram;
    bool is_stopping;
};

static struct letter *letter_at(struct fanout *fanout, uint64_t n) {
    return &fanout->letters[n & fanout->mask];
}

static void init_letters(struct fanout *fanout) {
    uint64_t wanted = SPARE * fanout->args->publishers * fanout->args->depth;
    uint64_t count = 64;

    while (count < wanted) {
        count *= 2;
    }
    fanout->mask = count - 1;
    fanout->text_size = fanout->args->size + ENVELOPE;
    fanout->letters = calloc(count, sizeof(*fanout->letters));
    fanout->texts = calloc(count, fanout->text_size);
    if (fanout->letters == NULL || fanout->texts == NULL) {
        die("out of memory for %u letters", (unsigned)count);
    }
    for (uint64_t i = 0; i < count; i++) {
        fanout->letters[i].text = fanout->texts + i * fanout->text_size;
    }
}

static void publish(struct fanout *fanout, uint32_t publisher) {
    uint64_t n = STAMP_FIRST + fanout->published;
    struct letter *letter = letter_at(fanout, n);
    char *text = letter->text;

    if (fanout->is_stopping
            || (fanout->args->messages != 0
                    && fanout->published == fanout->args->messages)) {
        return;
    }
    if (letter->n != 0 && letter->received < fanout->args->connections) {
        die("one message is overtaken by %u others", (unsigned)fanout->mask);
    }
    *letter = (struct letter){
            .n = n,
            .sent_ns = moment_ns(),
            .publisher = publisher,
            .text = text,
    };
    stamp_print(&fanout->stamp, n, letter->sent_ns,
            &fanout->swarm.conns[publisher].out);
    fanout->published++;
}

/* The letter that the others got after the one this member got last. */
static struct letter *expected(struct fanout *fanout, const struct conn *conn) {
    const struct letter *last = letter_at(fanout, conn->last);
    struct letter *next = NULL;

    if (conn->last == 0 || last->n != conn->last || last->next == 0) {
        return NULL;
    }
    next = letter_at(fanout, last->next);
    return next->n == last->next ? next : NULL;
}

static void note_order(
        struct fanout *fanout, const struct conn *conn, uint64_t n) {
    struct letter *last = letter_at(fanout, conn->last);

    if (conn->last == 0 || last->n != conn->last) {
        return;
    }
    if (last->next == 0) {
        last->next = n;
    } else if (last->next != n) {
        fanout->out_of_order++;
    }
}

static struct letter *recognise(struct fanout *fanout, const struct conn *conn,
        const char *text, size_t length) {
    struct letter *letter = expected(fanout, conn);
    struct event event = {0};

    if (letter != NULL && letter->length == length
            && memcmp(letter->text, text, length) == 0) {
        return letter;
    }
    if (!event_scan(&event, text, length)
            || !event_word_is(event.type, "room.broadcast")) {
        swarm_other(&fanout->swarm, &event, text, length);
        return NULL;
    }
    letter = letter_at(fanout, event.n);
    if (event.n == 0 || letter->n != event.n) {
        fanout->unexpected++;
        return NULL;
    }
    if (letter->length == 0 && length <= fanout->text_size) {
        memcpy(letter->text, text, length);
        letter->length = length;
    }
    note_order(fanout, conn, event.n);
    return letter;
}

static void on_text(
        void *owner, struct conn *conn, const char *text, size_t length) {
    struct fanout *fanout = owner;
    struct letter *letter = recognise(fanout, conn, text, length);

    if (letter == NULL) {
        return;
    }
    conn->last = letter->n;
    histogram_record(&fanout->histogram, fanout->swarm.now - letter->sent_ns);
    fanout->deliveries++;
    if (++letter->received == fanout->args->connections) {
        fanout->completed++;
        fanout->messages++;
        fanout->completed_ns = fanout->swarm.now;
        publish(fanout, letter->publisher);
    }
}

/* One turn; what completed messages released goes out in one write each. */
static void turn(struct fanout *fanout) {
    swarm_turn(&fanout->swarm, 20);
    for (uint64_t i = 0; i < fanout->args->publishers; i++) {
        struct conn *conn = &fanout->swarm.conns[i];

        if (conn->out.length > 0) {
            swarm_flush(&fanout->swarm, conn);
        }
    }
    if (fanout->completed < fanout->published
            && moment_ns() > fanout->completed_ns + PATIENCE) {
        die("no message was complete for 10 s; %u of %u are, the oldest in "
            "flight reached %u of %u members",
                (unsigned)fanout->completed, (unsigned)fanout->published,
                (unsigned)letter_at(fanout, STAMP_FIRST + fanout->completed)
                        ->received,
                (unsigned)fanout->args->connections);
    }
}

static void run_for(struct fanout *fanout, double seconds) {
    uint64_t end = moment_ns() + (uint64_t)(seconds * (double)MOMENT_SECOND);
    uint64_t limit = fanout->args->messages;

    while (limit == 0 ? moment_ns() < end : fanout->completed < limit) {
        turn(fanout);
    }
}

static void start(struct fanout *fanout) {
    fanout->completed_ns = moment_ns();
    for (uint64_t k = 0; k < fanout->args->depth; k++) {
        for (uint32_t i = 0; i < fanout->args->publishers; i++) {
            publish(fanout, i);
        }
    }
    for (uint64_t i = 0; i < fanout->args->publishers; i++) {
        swarm_flush(&fanout->swarm, &fanout->swarm.conns[i]);
    }
}

static void measure(struct fanout *fanout, struct window *window) {
    const struct args *args = fanout->args;

    swarm_ramp(&fanout->swarm);
    if (args->hold) {
        swarm_hold(&fanout->swarm, "joined");
    }
    if (args->messages == 0) {
        start(fanout);
        run_for(fanout, args->warmup);
        histogram_clear(&fanout->histogram);
        fanout->deliveries = 0;
        fanout->messages = 0;
    }
    window_open(window, args->server_pid);
    fanout->bytes = fanout->swarm.bytes;
    if (args->messages != 0) {
        start(fanout);
    }
    run_for(fanout, args->seconds);
    fanout->bytes = fanout->swarm.bytes - fanout->bytes;
    window_close(window);
    if (args->hold) {
        swarm_hold(&fanout->swarm, "measured");
    }
    if (fanout->deliveries == 0) {
        die("nothing was delivered in the time measured");
    }
}

static void report(struct fanout *fanout, const struct window *window) {
    struct report out;
    double seconds = window_seconds(window);

    report_begin(&out, fanout->args->json, "fanout");
    report_number(&out, "connections", (double)fanout->args->connections);
    report_number(&out, "publishers", (double)fanout->args->publishers);
    report_number(&out, "depth", (double)fanout->args->depth);
    report_number(&out, "size", (double)fanout->args->size);
    report_number(
            &out, "deliveries_per_s", (double)fanout->deliveries / seconds);
    report_number(&out, "messages_per_s", (double)fanout->messages / seconds);
    report_number(&out, "deliveries", (double)fanout->deliveries);
    report_number(&out, "bytes_per_delivery",
            (double)fanout->bytes / (double)fanout->deliveries);
    report_latency(&out, &fanout->histogram);
    window_report(window, &out, "delivery", fanout->deliveries);
    report_number(&out, "errors", (double)fanout->swarm.errors);
    report_number(&out, "unexpected", (double)fanout->unexpected);
    report_number(&out, "out_of_order", (double)fanout->out_of_order);
    report_end(&out);
}

void fanout_run(const struct args *args) {
    static struct fanout fanout; // the histogram is too large for the stack
    struct window window = {0};

    fanout.args = args;
    init_letters(&fanout);
    stamp_init(&fanout.stamp,
            "\"event_type\":\"room.broadcast\",\"room_id\":\"bench\"",
            args->size);
    swarm_init(&fanout.swarm, args, SWARM_ONE_ROOM, on_text, &fanout);
    measure(&fanout, &window);
    report(&fanout, &window);
    fanout.is_stopping = true;
    swarm_leave(&fanout.swarm);
    swarm_finish(&fanout.swarm);
    stamp_finish(&fanout.stamp);
    free(fanout.letters);
    free(fanout.texts);
}
