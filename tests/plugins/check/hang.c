// hang - waits for what does not come.
#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    volatile int for_ever = check_is_do(ev);
    while (for_ever) {
    }
    return NX_PASS;
}

CHECK_PLUGIN(0, check_create);
