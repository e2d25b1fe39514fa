// counter_next - another release which reads what the first wrote.
#define COUNTER_RELEASE    "2.0.0"
#define COUNTER_FORMAT     1
#define COUNTER_FORMAT_MIN 1
#include "tests/plugins/counter.h"
