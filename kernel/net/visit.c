#include "kernel/net/visit.h"

#include <assert.h>
#include <libwebsockets.h>
#include <stdlib.h>

#include "kernel/core/core.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/net/address.h"
#include "kernel/net/head.h"
#include "kernel/net/server.h"

static const struct core *core_of(const struct visit *visit) {
    return visit->server->core;
}

static int64_t now_ms(const struct visit *visit) {
    return clock_now_ms(&core_of(visit)->clock);
}

static void leave(struct visit *visit) {
    if (visit->visitor) {
        visitors_leave(visit->server->visitors, visit->visitor, now_ms(visit));
        visit->visitor = NULL;
    }
}

static enum visitors_answer enter(
        struct visit *visit, const struct place *place) {
    const struct settings *settings = core_of(visit)->settings;
    leave(visit);
    if (!place->known
            || proxies_trust(settings->limits_address_exceptions, place)) {
        return VISITORS_WELCOME;
    }
    return visitors_enter(visit->server->visitors, &place->ip, now_ms(visit),
            &visit->visitor);
}

struct visit *visit_create(struct server *server, const struct address *peer,
        enum visitors_answer *answer) {
    const struct core *core = server->core;
    struct visit visit = {.server = server};
    visit.peer.known = address_ip(peer, &visit.peer.ip);
    visit.trusted =
            proxies_trust(core->settings->listen_trusted_proxies, &visit.peer);
    *answer = VISITORS_WELCOME;
    if (!visit.trusted) {
        *answer = enter(&visit, &visit.peer);
    }
    if (*answer == VISITORS_TOO_MANY || *answer == VISITORS_TOO_FAST) {
        stats_refused(core->stats, visit_refusal(*answer)->limit);
    }
    if (*answer != VISITORS_WELCOME) {
        return NULL;
    }
    struct visit *kept = malloc(sizeof(*kept));
    if (!kept) {
        leave(&visit);
        *answer = VISITORS_NO_MEMORY;
        return NULL;
    }
    *kept = visit;
    return kept;
}

void visit_destroy(struct visit *visit) {
    if (visit) {
        leave(visit);
        free(visit);
    }
}

struct visit *visit_of(struct lws *wsi) {
    return lws_get_opaque_user_data(wsi);
}

struct place visit_client(const struct visit *visit, const struct head *head) {
    return proxies_client(core_of(visit)->settings->listen_trusted_proxies,
            &visit->peer, head_field(head, HEAD_FORWARDED_FOR));
}

enum visitors_answer visit_admit(struct visit *visit, const struct head *head) {
    if (!visit->trusted) {
        return VISITORS_WELCOME;
    }
    struct place client = visit_client(visit, head);
    if (!client.proxied) {
        leave(visit); // the proxy's own: a look whether we are well
        return VISITORS_WELCOME;
    }
    return enter(visit, &client);
}

void visit_rest(struct visit *visit) {
    if (visit->trusted) {
        leave(visit);
    }
}

const struct visit_refusal *visit_refusal(enum visitors_answer answer) {
    static const struct visit_refusal too_many = {NX_ERR_LIMIT,
            LIMIT_CONNECTIONS_PER_ADDRESS,
            "too many connections from this address "
            "(limits.connections_per_address)"};
    static const struct visit_refusal too_fast = {NX_ERR_RATE_LIMITED,
            LIMIT_CONNECTS_PER_SECOND,
            "connections from this address come too fast "
            "(limits.connects_per_second)"};
    static const struct visit_refusal no_memory = {
            NX_ERR_NO_MEMORY, LIMIT_COUNT, "the server is out of memory"};
    assert(answer != VISITORS_WELCOME);
    if (answer == VISITORS_NO_MEMORY) {
        return &no_memory;
    }
    return answer == VISITORS_TOO_MANY ? &too_many : &too_fast;
}
