// ledger - the first.
#define LEDGER_FORMAT 1
#include "tests/plugins/ledger.h"
