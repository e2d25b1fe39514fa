// crash - looks into a member of the event that need not be there.
#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    struct bad *bad = user;
    if (!check_is_do(ev)) {
        return NX_PASS;
    }
    struct nx_str text = bad->nx.json->str(bad->nx.json->get(ev->json, "text"));
    // Absent when it is no string.
    return *(const volatile char *)text.ptr == 'x' ? NX_DONE
                                                   : NX_ERR_INVALID_FIELD;
}

CHECK_PLUGIN(0, check_create);
