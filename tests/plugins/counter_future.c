// counter_future - a release that reads only what itself wrote.
#define COUNTER_RELEASE    "3.0.0"
#define COUNTER_FORMAT     9
#define COUNTER_FORMAT_MIN 9
#include "tests/plugins/counter.h"
