// op - promises an answer and forgets it.
#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    return check_is_do(ev) ? NX_LATER : NX_PASS;
}

CHECK_PLUGIN(0, check_create);
