#include "plugins/presence/rest.h"

#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/query.h"
#include "plugins/presence/userlist.h"
#include "plugins/presence/view.h"

static void is_loaded(struct query *query, nx_status status) {
    const struct presence *presence = query->presence;
    const struct nx_json_v1 *json = presence->sdk.json;
    const struct nx_http_v1 *http = presence->sdk.http;
    struct nx_writer *body =
            status == NX_OK ? json->object(presence->host) : NULL;
    if (!body) {
        (void)http->problem(presence->host, query->op,
                status != NX_OK ? status : NX_ERR_NO_MEMORY, nx_str_none());
        return;
    }
    json->put_str(body, "user_id", person_name(query->persons[0]));
    view_put_all(query->persons[0], body);
    (void)http->respond(presence->host, query->op, 200, body);
}

int32_t rest_get(void *user, const struct nx_http_request *request) {
    struct presence *presence = user;
    const struct nx_http_v1 *http = presence->sdk.http;
    static const char *const no_arguments[] = {NULL};
    nx_status status =
            http->expect_query(presence->host, request, no_arguments);
    if (status != NX_OK) {
        return status;
    }
    struct nx_str name = http->param(request, "user_id");
    if (!userlist_is_name(name)) {
        (void)http->problem(presence->host, request->op, NX_ERR_INVALID_FIELD,
                nx_str_c("user_id must be 1 to 128 bytes without control "
                         "characters"));
        return NX_DONE;
    }
    struct query *query = query_create(presence, 1, is_loaded);
    status = query ? query_add(query, name) : NX_ERR_NO_MEMORY;
    if (status != NX_OK) {
        query_destroy(query);
        return status;
    }
    query->op = request->op;
    query_run(query);
    return NX_LATER;
}
