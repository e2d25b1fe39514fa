#include "plugins/notify/rate.h"

#define CALL_MILLI UINT64_C(1000)
#define BURST_MS   UINT64_C(2000) // the calls of so long at once

bool rate_take(struct rate *rate, uint32_t per_second, uint64_t now_ms) {
    uint64_t most = per_second * BURST_MS;
    if (per_second == 0) {
        return true;
    }
    // A longer pause gives no more than the burst, and cannot overflow.
    uint64_t passed = rate->begun ? now_ms - rate->at_ms : BURST_MS;
    passed = passed > BURST_MS ? BURST_MS : passed;
    rate->milli += passed * per_second;
    rate->milli = rate->milli > most ? most : rate->milli;
    rate->at_ms = now_ms;
    rate->begun = true;
    if (rate->milli < CALL_MILLI) {
        return false;
    }
    rate->milli -= CALL_MILLI;
    return true;
}
