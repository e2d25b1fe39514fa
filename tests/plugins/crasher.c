// crasher - the first.
#define CRASHER_ID     "crasher"
#define CRASHER_PREFIX "crash."
#include "tests/plugins/crasher.h"
