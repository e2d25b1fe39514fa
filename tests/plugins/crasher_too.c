// crasher_too - another one, that crashes by itself.
#define CRASHER_ID     "crasher_too"
#define CRASHER_PREFIX "crash_too."
#include "tests/plugins/crasher.h"
