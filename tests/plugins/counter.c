// counter - the first.
#define COUNTER_RELEASE    "1.0.0"
#define COUNTER_FORMAT     1
#define COUNTER_FORMAT_MIN 1
#include "tests/plugins/counter.h"
