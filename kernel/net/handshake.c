#include "kernel/net/handshake.h"

#include <ctype.h>
#include <libwebsockets.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "kernel/core/core.h"
#include "kernel/core/gate.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/net/framing.h"
#include "kernel/net/head.h"
#include "kernel/net/offer.h"
#include "kernel/net/origin.h"
#include "kernel/net/proxies.h"
#include "kernel/net/refusal.h"
#include "kernel/net/server.h"
#include "kernel/net/visit.h"

#define KEY_LEN      24 // 16 bytes in base64
#define NAME_UPGRADE "upgrade: websocket\r\n"
#define NAME_VERSION "sec-websocket-version: 13\r\n"

struct handshake {
    struct server *server;
    struct lws *wsi;
    struct head head;
};

typedef struct refusal (*check_fn)(const struct handshake *handshake);

static const struct refusal fine = {0};

static struct refusal bad_request(const char *detail) {
    return (struct refusal){400, "bad_request", detail, NULL};
}

static struct refusal check_method(const struct handshake *handshake) {
    if (strcmp(handshake->head.method, "GET") != 0) {
        return (struct refusal){405, "method_not_allowed",
                "a WebSocket is opened with GET", "allow: GET\r\n"};
    }
    if (!handshake->head.http11) {
        return bad_request("a WebSocket needs HTTP/1.1");
    }
    return fine;
}

// A name or an address, in brackets if it has colons, and perhaps a port:
// RFC 9112, 3.2.
static bool is_host(struct nx_str host) {
    const char *rest = host.ptr;
    if (!rest || strlen(rest) != host.len) {
        return false;
    }
    if (*rest == '[') {
        rest += 1 + strspn(rest + 1, "0123456789abcdefABCDEF:.");
        if (*rest++ != ']') {
            return false;
        }
    } else {
        rest += strcspn(rest, "[]:/?#@ \t\r\n,\"\\<>^`{|}");
    }
    if (*rest == ':') {
        rest += 1 + strspn(rest + 1, "0123456789");
    }
    return *rest == '\0';
}

// One Host exactly: with two, a proxy and we might choose differently.
static struct refusal check_host(const struct handshake *handshake) {
    if (handshake->head.host_count == 0) {
        return bad_request("the Host header is missing");
    }
    if (handshake->head.host_count > 1) {
        return bad_request("there is more than one Host header");
    }
    if (!is_host(head_field(&handshake->head, HEAD_HOST))) {
        return bad_request("the Host header is no host");
    }
    return fine;
}

static struct refusal check_path(const struct handshake *handshake) {
    const char *wanted = handshake->server->core->settings->listen_path;
    struct nx_str path = head_path(&handshake->head);
    if (strcmp(path.ptr, wanted) != 0) {
        return (struct refusal){
                404, "not_found", "there is no WebSocket at this path", NULL};
    }
    return fine;
}

// What follows an upgrade request is frames, never a body.
static struct refusal check_body(const struct handshake *handshake) {
    if (head_field(&handshake->head, HEAD_TRANSFER_ENCODING).ptr
            || framing_expects_body(&handshake->head)) {
        return bad_request("an upgrade request has no body");
    }
    return fine;
}

static struct refusal check_connection(const struct handshake *handshake) {
    struct nx_str value = head_field(&handshake->head, HEAD_CONNECTION);
    if (!head_field_has(&handshake->head, HEAD_CONNECTION, "upgrade")
            || value.len > OFFER_HEADER_MAX) {
        return bad_request("the Connection header must say Upgrade");
    }
    return fine;
}

static struct refusal check_version(const struct handshake *handshake) {
    char version[16];
    int len = lws_hdr_copy(
            handshake->wsi, version, sizeof(version), WSI_TOKEN_VERSION);
    while (len > 0 && strchr(" \t", version[len - 1])) {
        version[--len] = '\0';
    }
    const char *text = len > 0 ? version + strspn(version, " \t") : "";
    if (strcmp(text, "13") != 0) {
        return (struct refusal){426, "bad_request",
                "Sec-WebSocket-Version must be 13", NAME_UPGRADE NAME_VERSION};
    }
    return fine;
}

static bool is_key(const char *key) {
    for (size_t i = 0; i < KEY_LEN - 2; i++) {
        if (!isalnum((unsigned char)key[i]) && key[i] != '+' && key[i] != '/') {
            return false;
        }
    }
    return key[KEY_LEN - 2] == '=' && key[KEY_LEN - 1] == '=';
}

static struct refusal check_key(const struct handshake *handshake) {
    char key[KEY_LEN + 1];
    int len = lws_hdr_copy(handshake->wsi, key, sizeof(key), WSI_TOKEN_KEY);
    if (len != KEY_LEN || !is_key(key)) {
        return bad_request("Sec-WebSocket-Key must be 16 bytes in base64");
    }
    return fine;
}

static struct refusal check_offer(const struct handshake *handshake) {
    char list[OFFER_HEADER_MAX + 2];
    struct nx_str bearer;
    if (lws_hdr_copy(
                handshake->wsi, list, OFFER_HEADER_MAX + 1, WSI_TOKEN_PROTOCOL)
            < 0) {
        return (struct refusal){431, "too_large",
                "Sec-WebSocket-Protocol is too long; send a long token in a "
                "first connect event",
                NULL};
    }
    switch (offer_read(list, &bearer)) {
    case OFFER_NONE:
    case OFFER_OURS:
        return fine;
    case OFFER_UNKNOWN:
        return bad_request("Sec-WebSocket-Protocol must offer " OFFER_PROTOCOL
                           ", or nothing");
    case OFFER_ORDER:
        return bad_request(
                "Sec-WebSocket-Protocol must offer " OFFER_PROTOCOL " first");
    }
    return fine;
}

static struct refusal check_extensions(const struct handshake *handshake) {
    struct server *server = handshake->server;
    if (!extension_begin(
                &server->extension, handshake->wsi, server->core->settings)) {
        return (struct refusal){
                431, "too_large", "Sec-WebSocket-Extensions is too long", NULL};
    }
    return fine;
}

// Browsers let any page open a WebSocket to anywhere: only we can refuse.
static struct refusal check_origin(const struct handshake *handshake) {
    const struct core *core = handshake->server->core;
    if (!origin_allowed(core->settings,
                head_field(&handshake->head, HEAD_ORIGIN),
                head_field(&handshake->head, HEAD_HOST))) {
        stats_refused(core->stats, LIMIT_ORIGINS);
        return (struct refusal){403, "forbidden",
                "pages of this Origin may not connect (listen.origins)", NULL};
    }
    return fine;
}

// One client of a proxy, which itself counts for nobody.
static struct refusal check_address(const struct handshake *handshake) {
    enum visitors_answer answer =
            visit_admit(visit_of(handshake->wsi), &handshake->head);
    if (answer == VISITORS_WELCOME) {
        return fine;
    }
    const struct visit_refusal *why = visit_refusal(answer);
    if (why->limit != LIMIT_COUNT) {
        stats_refused(handshake->server->core->stats, why->limit);
    }
    return refusal_of(why->status, why->detail);
}

static struct refusal check_room(const struct handshake *handshake) {
    const char *why = "the server is full";
    uint32_t status = gate_admit(handshake->server->core, &why);
    if (status != 0) {
        return (struct refusal){status, "overloaded", why, NULL};
    }
    return fine;
}

// In this order: the first that fails is told.
static const check_fn checks[] = {check_method, check_host, check_path,
        check_body, check_connection, check_version, check_key, check_offer,
        check_extensions, check_origin, check_address, check_room};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

static void refuse(struct server *server, struct lws *wsi,
        const struct refusal *refusal, bool no_body) {
    struct nx_buf out;
    nx_buf_init(&out, REFUSAL_MAX);
    if (refusal_append(refusal, server->core, no_body, &out)) {
        // The connection ends whether or not this arrives.
        (void)lws_write(
                wsi, (unsigned char *)out.data, out.len, LWS_WRITE_HTTP);
    }
    nx_buf_finish(&out);
}

static struct refusal check_head(struct handshake *handshake, struct lws *wsi) {
    switch (head_read(&handshake->head, wsi)) {
    case HEAD_OK:
        break;
    case HEAD_TOO_LONG:
        return (struct refusal){
                414, "too_large", "path or query is too long", NULL};
    case HEAD_MALFORMED:
        return bad_request("not an HTTP/1.1 request");
    case HEAD_NO_MEMORY:
        return (struct refusal){
                503, "no_memory", "the server is out of memory", NULL};
    }
    struct refusal refusal = fine;
    for (size_t i = 0; i < CHECKS && refusal.status == 0; i++) {
        refusal = checks[i](handshake);
    }
    return refusal;
}

int handshake_confirm(struct server *server, struct lws *wsi) {
    // After an unknown Upgrade libwebsockets has answered 403 already, and may
    // have freed the headers, `in` included: only a copy is safe.
    char upgrade[16];
    int len = lws_hdr_copy(wsi, upgrade, sizeof(upgrade), WSI_TOKEN_UPGRADE);
    if (len <= 0) {
        return -1;
    }
    struct handshake handshake = {.server = server, .wsi = wsi};
    struct refusal refusal = strcasecmp(upgrade, "websocket") == 0
            ? check_head(&handshake, wsi)
            : bad_request("the only upgrade here is to websocket");
    const char *method = handshake.head.method;
    bool no_body = method && strcmp(method, "HEAD") == 0;
    head_finish(&handshake.head);
    if (refusal.status == 0) {
        return 0;
    }
    refuse(server, wsi, &refusal, no_body);
    return -1;
}

nx_session_id handshake_open(
        struct server *server, struct lws *wsi, struct link *link) {
    struct head head;
    char address[IP_TEXT_SIZE];
    char list[OFFER_HEADER_MAX + 2] = "";
    struct gate_request request = {0};

    nx_session_id session = 0;
    if (head_read(&head, wsi) == HEAD_OK) {
        struct place client = visit_client(visit_of(wsi), &head);
        place_format(&client, address);
        (void)lws_hdr_copy(wsi, list, sizeof(list), WSI_TOKEN_PROTOCOL);
        (void)offer_read(list, &request.bearer);
        if (request.bearer.ptr) {
            list[(size_t)(request.bearer.ptr - list) + request.bearer.len] =
                    '\0';
        }
        request.query = head_query(&head);
        request.authorization = head_field(&head, HEAD_AUTHORIZATION);
        request.deflate = extension_is_on(&server->extension, wsi);
        request.address = (struct nx_str){address, strlen(address)};
        session = gate_open(server->core, link, &request);
    }
    head_finish(&head);
    return session;
}

void handshake_refuse_plain(struct server *server, struct lws *wsi) {
    const struct refusal refusal = {426, "bad_request",
            "this path is a WebSocket", NAME_UPGRADE NAME_VERSION};
    refuse(server, wsi, &refusal, false);
}
