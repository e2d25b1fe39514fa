#include "kernel/net/server.h"

#include <assert.h>
#include <ev.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/settings.h"
#include "kernel/net/arrivals.h"
#include "kernel/net/fair.h"
#include "kernel/net/http1.h"
#include "kernel/net/loop.h"
#include "kernel/net/lws_events.h"
#include "kernel/net/offer.h"
#include "kernel/net/raw_head.h"
#include "kernel/net/tls.h"
#include "kernel/net/visit.h"
#include "kernel/net/visitors.h"
#include "kernel/net/ws.h"

#define SCRATCH_BYTES (128 * 1024)
#define WRITE_BYTES   65536
#define KEEP_ALIVE_S  15 // of silence between two requests
#define TICK_SECONDS  0.5

// Descriptors that are no WebSockets: HTTP, plugins, files.
#define SPARE_FDS 512

// libwebsockets sets its own timers wrongly under libev: they ring up to
// three times too late. Waking it often enough makes up for that.
struct server_ticker {
    ev_timer timer;
};

static void wake(void *ctx) {
    const struct server *server = ctx;
    loop_wake(server->loop);
}

static const struct transport_ops ops = {
        .write = ws_write,
        .close = ws_close,
        .pause = ws_pause,
        .respond = http1_respond,
        .wake = wake,
};

// No Pings and no hang-ups by libwebsockets: it keeps those timers in one
// sorted list, and core has its own.
static const lws_retry_bo_t no_validity_checks = {0};

static const struct lws_protocols protocols[] = {
        {
                .name = OFFER_PROTOCOL,
                .callback = lws_events,
                .rx_buffer_size = SERVER_READ_BYTES,
                .tx_packet_size = WRITE_BYTES,
        },
        {0},
};

struct server *server_create(struct loop *loop) {
    struct server *server = calloc(1, sizeof(*server));
    struct server_ticker *ticker = calloc(1, sizeof(*ticker));
    if (!server || !ticker) {
        log_error("net", "out of memory");
        free(server);
        free(ticker);
        return NULL;
    }
    server->loop = loop;
    server->ticker = ticker;
    server->transport = (struct transport){.ops = &ops, .ctx = server};
    return server;
}

// --- start ----------------------------------------------------------------

static void trim_line(const char *line, size_t *len) {
    *len = strcspn(line, "\n");
}

static void log_loud(int level, const char *line) {
    size_t len;
    trim_line(line, &len);
    if (level == LLL_ERR) {
        log_error("net", "libwebsockets", LOG_STRN("text", line, len));
    } else {
        log_warn("net", "libwebsockets", LOG_STRN("text", line, len));
    }
}

// Once clients are served: they cause most of these lines, and must not fill
// anybody's disk with them.
static void log_quiet(int level, const char *line) {
    size_t len;
    trim_line(line, &len);
    log_debug("net", "libwebsockets", LOG_STRN("text", line, len));
}

static size_t descriptors_of(const struct settings *settings) {
    return (size_t)settings->limits_connections
            + (size_t)settings->limits_http_connections + SPARE_FDS;
}

static void bound_descriptors(const struct settings *settings) {
    rlim_t wanted = descriptors_of(settings);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    if (limit.rlim_max < wanted) {
        log_warn("net", "fewer file descriptors than limits.connections needs",
                LOG_UINT("wanted", wanted),
                LOG_UINT("allowed", limit.rlim_max));
        wanted = limit.rlim_max;
    }
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        log_warn("net", "cannot set the number of file descriptors",
                LOG_ERRNO());
    }
}

static bool create_context(struct server *server, uint64_t tls) {
    const struct settings *settings = server->core->settings;
    size_t header_bytes =
            (size_t)settings->limits_header_bytes + RAW_HEAD_GROWTH;
    void *loops[] = {loop_native(server->loop)};
    const struct lws_context_creation_info info = {
            .port = CONTEXT_PORT_NO_LISTEN,
            .options = LWS_SERVER_OPTION_LIBEV
                    | LWS_SERVER_OPTION_EXPLICIT_VHOSTS
                    | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME | tls,
            .foreign_loops = loops,
            .user = server,
            .pt_serv_buf_size = SCRATCH_BYTES,
            .max_http_header_pool = (unsigned short)settings->limits_handshakes,
            .max_http_header_data = (unsigned short)header_bytes,
            .timeout_secs = (unsigned int)settings->listen_head_timeout,
            .alpn = "http/1.1",
            .fd_limit_per_thread = 0, // anything else makes look-ups linear
    };
    server->context = lws_create_context(&info);
    return server->context != NULL;
}

static struct lws_vhost *create_vhost(
        const struct server *server, const char *name, uint64_t tls) {
    const struct settings *settings = server->core->settings;
    const struct lws_context_creation_info info = {
            .port = CONTEXT_PORT_NO_LISTEN_SERVER, // we accept ourselves
            .options = tls,
            .vhost_name = name,
            .protocols = protocols,
            .extensions = extension_list(),
            .retry_and_idle_policy = &no_validity_checks,
            .keepalive_timeout = KEEP_ALIVE_S,
            .timeout_secs_ah_idle = (unsigned int)settings->listen_head_timeout,
            .alpn = "http/1.1",
    };
    return lws_create_vhost(server->context, &info);
}

// libwebsockets makes an empty SSL_CTX; server_secure() fills it.
static bool create_vhosts(struct server *server, bool tls) {
    if (tls) {
        server->tls_vhost = create_vhost(server, "nexus-tls",
                LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT
                        | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX);
    }
    server->vhost = create_vhost(server, "nexus", 0);
    return server->vhost && (server->tls_vhost || !tls);
}

int server_secure(struct server *server, struct ssl_ctx_st *ctx) {
    tls_follow(ctx, &server->tls_now);
    return tls_configure(ctx, server->core->settings) ? 0 : -1;
}

// The tables of libwebsockets are made once.
static bool check_descriptors(const struct server *server,
        const struct settings *wanted, struct settings_errors *errors) {
    bool enough = descriptors_of(wanted) <= server->descriptors;
    if (!enough) {
        settings_errors_add(errors,
                "%s: limits.connections and limits.http_connections cannot "
                "grow beyond %zu together while the server runs; restart it",
                settings_origin(wanted, "limits.connections"),
                server->descriptors - SPARE_FDS);
    }
    return enough;
}

bool server_prepare_reload(struct server *server, const struct settings *wanted,
        struct settings_errors *errors) {
    if (!check_descriptors(server, wanted, errors)) {
        return false;
    }
    if (!server->tls_vhost) {
        return true;
    }
    tls_free(server->tls_next);
    server->tls_next = tls_create(wanted);
    if (!server->tls_next) {
        settings_errors_add(errors,
                "%s: tls.certificate: the certificate and key cannot be used; "
                "the line before says why",
                settings_origin(wanted, "tls.certificate"));
    }
    return server->tls_next != NULL;
}

void server_reload(struct server *server) {
    const struct settings *settings = server->core->settings;
    bound_descriptors(settings);
    visitors_bound(server->visitors, descriptors_of(settings));
    if (server->tls_next) {
        tls_free(server->tls_now);
        server->tls_now = server->tls_next;
        server->tls_next = NULL;
    }
}

static void on_tick(struct ev_loop *ev, ev_timer *watcher, int events) {
    lws_cancel_service(watcher->data);
}

static void start_ticker(struct server *server) {
    ev_timer *timer = &server->ticker->timer;
    ev_timer_init(timer, on_tick, TICK_SECONDS, TICK_SECONDS);
    timer->data = server->context;
    ev_timer_start(loop_native(server->loop), timer);
}

bool server_start(struct server *server, struct core *core) {
    assert(!server->context);
    server->core = core;
    server->descriptors = descriptors_of(core->settings);
    bound_descriptors(core->settings);
    server->visitors =
            visitors_create(core->settings, descriptors_of(core->settings));
    server->arrivals = arrivals_create(server);
    server->fair = fair_create(server->loop, core, ws_serve);
    if (!server->visitors || !server->arrivals || !server->fair) {
        log_error("net", "out of memory");
        return false;
    }
    lws_set_log_level(LLL_ERR | LLL_WARN, log_loud);
    bool tls = core->settings->listen_tls_port >= 0;
    if (tls && !tls_check(core->settings)) {
        return false;
    }
    if (!create_context(server, tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0)
            || !create_vhosts(server, tls)) {
        log_error("net", "cannot start libwebsockets");
        return false;
    }
    lws_set_log_level(LLL_ERR | LLL_WARN, log_quiet);
    start_ticker(server);
    return true;
}

void server_destroy(struct server *server) {
    if (!server) {
        return;
    }
    arrivals_destroy(server->arrivals);
    if (server->context) {
        ev_timer_stop(loop_native(server->loop), &server->ticker->timer);
        lws_context_destroy(server->context);
    }
    tls_free(server->tls_now);
    tls_free(server->tls_next);
    visitors_destroy(server->visitors);
    fair_destroy(server->fair);
    free(server->ticker);
    free(server);
}

// --- connections ----------------------------------------------------------

// On failure libwebsockets has closed the connection, perhaps before there was
// anything to hand the visit to.
static void end_adopting(struct server *server, const struct lws *wsi) {
    if (!wsi) {
        log_debug("net", "connection not adopted");
    }
    visit_destroy(server->adopting);
    server->adopting = NULL;
}

void server_adopt_tls(struct server *server, int fd, struct visit *visit) {
    server->adopting = visit;
    end_adopting(server, lws_adopt_socket_vhost(server->tls_vhost, fd));
}

void server_adopt(struct server *server, int fd, struct visit *visit,
        struct nx_str head) {
    server->adopting = visit;
    end_adopting(server,
            lws_adopt_socket_vhost_readbuf(
                    server->vhost, fd, head.ptr, head.len));
}

void server_adopted(struct server *server, struct lws *wsi) {
    lws_set_opaque_user_data(wsi, server->adopting);
    server->adopting = NULL;
}

void server_drop(struct server *server, struct lws *wsi) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    // It looks at its timers only when something happens.
    lws_cancel_service(server->context);
}
