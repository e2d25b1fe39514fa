#include "kernel/core/reload_held.h"

#include <stdlib.h>

#include "kernel/core/http.h"
#include "kernel/core/http_request.h"

struct held_request {
    struct nx_list link; // struct reload_held::requests
    struct http_request_copy *copy;
};

void reload_held_init(struct reload_held *held) {
    nx_list_init(&held->requests);
}

static struct http_request_copy *take(struct reload_held *held) {
    struct nx_list *link = nx_list_take_first(&held->requests);
    if (!link) {
        return NULL;
    }
    struct held_request *request =
            nx_container_of(link, struct held_request, link);
    struct http_request_copy *copy = request->copy;
    free(request);
    return copy;
}

void reload_held_finish(struct reload_held *held) {
    struct http_request_copy *copy;
    while ((copy = take(held)) != NULL) {
        free(copy);
    }
}

bool reload_held_keep(struct reload_held *held,
        const struct http_request *request, nx_op_id op) {
    struct held_request *kept = calloc(1, sizeof(*kept));
    struct http_request_copy *copy = http_request_copy(request, op);
    if (!kept || !copy) {
        free(kept);
        free(copy);
        return false;
    }
    kept->copy = copy;
    nx_list_init(&kept->link);
    nx_list_append(&held->requests, &kept->link);
    return true;
}

void reload_held_serve(struct reload_held *held, struct core *core) {
    struct http_request_copy *copy;
    while ((copy = take(held)) != NULL) {
        http_continue(core, copy->op, &copy->request);
        free(copy);
    }
}
