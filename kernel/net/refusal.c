#include "kernel/net/refusal.h"

#include <sys/socket.h>

#include <nexus/util/buf.h>

#include "kernel/core/core.h"
#include "kernel/core/stats.h"
#include "kernel/core/transport.h"
#include "kernel/net/answer.h"

#define RETRY_AFTER_S 5

struct refusal refusal_of(nx_status status, const char *detail) {
    return (struct refusal){
            nx_err_http(status), nx_err_word(status), detail, NULL};
}

bool refusal_append(const struct refusal *refusal, const struct core *core,
        bool no_body, struct nx_buf *out) {
    struct http_response response = {.status = refusal->status};
    if (refusal->status == 503 || refusal->status == 429) {
        response.retry_after_s = RETRY_AFTER_S;
    }
    core->stats->http_requests++;
    core->stats->http_errors++;
    core->stats->http_answers[refusal->status / 100]++;
    const struct answer answer = {.response = &response,
            .extra = refusal->extra,
            .close = true,
            .no_body = no_body,
            .wall_ms = clock_wall_ms(&core->clock)};
    return answer_append_problem(out, &answer, refusal->code, refusal->detail);
}

void refusal_send(const struct refusal *refusal, const struct core *core,
        bool no_body, int fd) {
    struct nx_buf out;
    nx_buf_init(&out, REFUSAL_MAX);
    if (refusal_append(refusal, core, no_body, &out)) {
        (void)send(fd, out.data, out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    nx_buf_finish(&out);
}
