// ledger_future - reads only what itself wrote.
#define LEDGER_FORMAT 9
#include "tests/plugins/ledger.h"
