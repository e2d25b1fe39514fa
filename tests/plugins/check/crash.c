// crash - dies of a member of the event that need not be there.
#include <signal.h>

#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    struct bad *bad = user;
    if (!check_is_do(ev)) {
        return NX_PASS;
    }
    struct nx_str text = bad->nx.json->str(bad->nx.json->get(ev->json, "text"));
    if (!text.ptr) {
        (void)raise(SIGSEGV); // as reading there would, sanitized or not
    }
    return NX_DONE;
}

CHECK_PLUGIN(0, check_create);
