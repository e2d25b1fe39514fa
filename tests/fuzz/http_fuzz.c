/*
 * http_fuzz - one HTTP request as the transport hands it over.
 *
 * The first byte chooses options; then come "METHOD path?query", lines
 * "header: value", an empty line and the body. Two routes of our own answer
 * in every way a plugin can; what they do is said by the argument "do", and
 * what the authentication says by the token. There must be exactly one
 * answer, in time, with a proper status and, where it says so, proper JSON.
 */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/auth.h>
#include <nexus/router.h>

#include "kernel/core/http_answer.h"
#include "kernel/core/http_request.h"
#include "kernel/core/json_text.h"
#include "kernel/core/json_view.h"
#include "kernel/core/op.h"
#include "kernel/core/registry.h"
#include "kernel/core/writer.h"
#include "tests/fuzz/input.h"
#include "tests/support/core_case.h"

#define HEADERS_MAX   8

#define OPTION_STRICT 1
#define OPTION_TOKEN  2 // auth.mode
#define OPTION_GONE   4 // the client leaves before a late answer
#define OPTION_DRAIN  8
#define CORES         4 // one for each of the first two

// core_case_respond() writes into this; http_serve() sees nothing of it.
struct exchange {
    struct http_link link; // first
    struct nx_str names[HEADERS_MAX];
    struct nx_str values[HEADERS_MAX];
    size_t count;
};

static struct core_case cases[CORES];
static struct link clients[CORES];
static nx_op_id late; // a question of ours that waits for a verdict

// --- what is asked --------------------------------------------------------

// Every value a handler can get is decoded and ends in a NUL.
static void check_value(struct nx_str value) {
    if (value.ptr) {
        assert(strlen(value.ptr) == value.len);
        assert(json_text_is_utf8(value.ptr, value.len));
    }
}

static int32_t answer(
        struct core *core, struct op *op, const struct nx_http_request *asked) {
    struct nx_writer *body = writer_object(core->writers);
    writer_put_str(body, "a", http_request_param(asked->handle, "a"));
    writer_put_str(body, "q", http_request_query(asked->handle, "q"));
    writer_put_json(body, "body", asked->json);
    nx_status status = http_answer_json(core, op, 201, body);
    if (status == NX_OK) {
        ops_remove(core->ops, op);
    }
    return status;
}

static int32_t on_request(void *user, const struct nx_http_request *asked) {
    static const char *const names[] = {"a", "b", "c", "q", "do", ""};
    struct core *core = user;
    struct op *op = ops_find(core->ops, asked->op);
    assert(op);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        check_value(http_request_param(asked->handle, names[i]));
        check_value(http_request_query(asked->handle, names[i]));
    }
    assert(http_request_param(asked->handle, "a").len > 0);
    assert(!asked->json || json_view_kind(asked->json) == NX_JSON_OBJECT);
    struct nx_str what = http_request_query(asked->handle, "do");
    switch (what.len > 0 ? what.ptr[0] : 'j') {
    case 'b':
        http_answer_bytes(core, op, (uint32_t)what.len * 100,
                http_request_header(asked->handle, "accept").ptr,
                asked->body.ptr
                        ? (struct nx_bytes){asked->body.ptr, asked->body.len}
                        : (struct nx_bytes){NULL, 0});
        ops_remove(core->ops, op);
        return NX_DONE;
    case 'p':
        http_answer_problem(core, op, -(nx_status)what.len, what);
        ops_remove(core->ops, op);
        return NX_DONE;
    case 'e':
        return -(int32_t)what.len;
    case 'l':
        return NX_LATER;
    default:
        return answer(core, op, asked);
    }
}

static int32_t on_auth(void *user, const struct nx_auth_request *asked,
        struct nx_auth_decision *decision) {
    (void)user;
    decision->user = asked->token.len > 1
            ? (struct nx_str){asked->token.ptr + 1, asked->token.len - 1}
            : (struct nx_str){NULL, 0};
    switch (asked->token.len > 0 ? asked->token.ptr[0] : '?') {
    case 'a':
        return NX_AUTH_ALLOW;
    case 'd':
        decision->reason = decision->user;
        return NX_AUTH_DENY;
    case 'l':
        late = asked->op;
        return NX_AUTH_LATER;
    default:
        return NX_AUTH_DEFER;
    }
}

static struct nx_str find_header(void *ctx, const char *name) {
    const struct exchange *exchange = ctx;
    for (size_t i = 0; i < exchange->count; i++) {
        struct nx_str found = exchange->names[i];
        if (found.len == strlen(name)
                && memcmp(found.ptr, name, found.len) == 0) {
            return exchange->values[i];
        }
    }
    return core_case_str(NULL);
}

static void start(struct core_case *c, struct link *client, unsigned options) {
    const char *sets[5] = {
            "heartbeat.interval=3600", "heartbeat.timeout=86400"};
    size_t count = 2;
    if ((options & OPTION_STRICT) != 0) {
        sets[count++] = "protocol.strict=true";
    }
    if ((options & OPTION_TOKEN) != 0) {
        sets[count++] = "auth.mode=token";
    }
    core_case_init(c, sets);
    log_set_level(LOG_LEVEL_ERROR + 1);
    struct registry *registry = c->core->registry;
    enum nx_err err = registry_add_route(
            registry, NULL, "POST", "/fuzz/{a}/x/{b}", on_request, c->core);
    err |= registry_add_route(
            registry, NULL, "GET", "/fuzz/{a}", on_request, c->core);
    err |= registry_add_route(
            registry, NULL, "GET", "/health/{a}", on_request, c->core);
    assert(err == NX_OK);
    if ((options & OPTION_TOKEN) == 0) {
        core_case_connect(c, client, "al%2Fice");
        core_case_send(c, client,
                "{\"event_type\":\"room.join\",\"room_id\":\"r/1\"}");
    }
    err = registry_add_auth_hook(registry, NULL, NX_AUTH_HTTP, on_auth, NULL);
    assert(err == NX_OK);
}

// --- what is answered -----------------------------------------------------

static bool is_json(const struct http_link *link) {
    return strcmp(link->type, "application/json") == 0
            || strcmp(link->type, "application/problem+json") == 0;
}

static void check_problem(const struct http_link *link, const json_t *body) {
    static const char *const texts[] = {"type", "title", "code", "detail"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert(json_is_string(json_object_get(body, texts[i])));
    }
    assert(json_integer_value(json_object_get(body, "status"))
            == (json_int_t)link->status);
    assert(link->status >= 400);
    assert((link->status == 405) == (link->allow[0] != '\0')
            || link->allow[0] == '\0');
}

static void check_answer(const struct http_link *link) {
    assert(link->answers == 1);
    assert(link->status >= 200 && link->status <= 599);
    assert(link->retry_after_s == 0 || link->status == 429
            || link->status == 503);
    for (const char *c = link->type; *c; c++) {
        assert(*c >= ' ' && *c <= '~');
    }
    if (is_json(link) && link->body.len > 0) {
        json_t *body = json_loadb(
                link->body.data, link->body.len, JSON_REJECT_DUPLICATES, NULL);
        bool problem = strcmp(link->type, "application/problem+json") == 0;
        // respond_bytes() may carry any bytes under that name.
        assert(json_is_object(body) || !problem);
        if (problem && json_object_get(body, "code")) {
            check_problem(link, body);
        }
        json_decref(body);
    }
}

static void decide(struct core *core, const struct exchange *exchange) {
    struct op *op = ops_find(core->ops, late);
    if (op && exchange->link.answers == 0) {
        const struct nx_auth_decision decision = {
                .struct_size = sizeof(decision),
                .verdict = exchange->count % 2 ? NX_AUTH_ALLOW : NX_AUTH_DENY};
        op->decided(core, op, &decision);
        ops_remove(core->ops, op);
    }
}

// --- the request ----------------------------------------------------------

static char *own(struct nx_str *text) {
    char *copy = malloc(text->len + 1);
    assert(copy);
    memcpy(copy, text->ptr, text->len);
    copy[text->len] = '\0'; // "every string is followed by a NUL": head.h
    text->ptr = copy;
    return copy;
}

static void read_headers(struct input *in, struct exchange *exchange) {
    struct nx_str line = input_until(in, '\n');
    while (line.len > 0 && exchange->count < HEADERS_MAX) {
        struct input rest = {(const uint8_t *)line.ptr, line.len};
        struct nx_str name = input_until(&rest, ':');
        (void)input_byte(&rest);
        struct nx_str value = input_text(&rest, rest.left);
        // The transport lets no zero byte through.
        if (!memchr(line.ptr, '\0', line.len)) {
            (void)own(&value);
            exchange->names[exchange->count] = name;
            exchange->values[exchange->count++] = value;
        }
        line = input_until(in, '\n');
    }
}

static void serve(struct core_case *c, struct exchange *exchange,
        struct input *in, unsigned options) {
    struct nx_str line = input_until(in, '\n');
    struct input first = {(const uint8_t *)line.ptr, line.len};
    struct nx_str method = input_until(&first, ' ');
    struct nx_str path = input_until(&first, '?');
    struct nx_str query = input_text(&first, first.left);
    read_headers(in, exchange);
    struct nx_str body = input_text(in, in->left);
    char *copies[] = {own(&method), own(&path), own(&query), own(&body)};
    struct http_request request = {
            .method = method,
            .path = path,
            .query = query.len > 0 ? query : core_case_str(NULL),
            .address = core_case_str("::1"),
            .body = body.len > 0 ? body : core_case_str(NULL),
            .header = find_header,
            .ctx = exchange,
    };
    http_serve(c->core, &exchange->link, &request);
    for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
        free(copies[i]);
    }
    if (exchange->link.answers == 0 && (options & OPTION_GONE) != 0) {
        http_gone(c->core, &exchange->link);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct exchange exchange = {.count = 0};
    unsigned options = input_byte(&in);
    struct core_case *c = &cases[options % CORES];
    struct link *client = &clients[options % CORES];
    if (!c->core) {
        start(c, client, options);
    }
    late = 0;
    c->core->draining = (options & OPTION_DRAIN) != 0;
    nx_buf_init(&exchange.link.body, CORE_CASE_MAX);
    serve(c, &exchange, &in, options);
    bool gone = exchange.link.answers == 0 && (options & OPTION_GONE) != 0;
    decide(c->core, &exchange);
    core_case_advance(c, OP_TIMEOUT_MS + 2 * TIMERS_TICK_MS);
    if (gone) {
        assert(exchange.link.answers == 0);
    } else {
        check_answer(&exchange.link);
    }
    // Somebody stays online, for the routes that say who is.
    session_io_alive(c->core, client->session);
    nx_buf_clear(&client->out);
    assert(client->close_code == 0);
    assert(writers_open_count(c->core->writers) == 0);
    assert(ops_count(c->core->ops) == 0);
    for (size_t i = 0; i < exchange.count; i++) {
        free((void *)(uintptr_t)exchange.values[i].ptr);
    }
    http_link_finish(&exchange.link);
    return 0;
}
