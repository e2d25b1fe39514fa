// symbol - shows a second symbol to everybody; linked without the map.
#include "tests/plugins/check/check.h"

NX_EXPORT int check_helper(void);

int check_helper(void) {
    return 1;
}

static int32_t check_event(void *user, const struct nx_event *ev) {
    return NX_PASS;
}

CHECK_PLUGIN(0, check_create);
