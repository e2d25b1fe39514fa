#include "bench/lib/settle.h"

#include "bench/lib/die.h"

enum {
    SAMPLES_MAX = 150, // 15 s
    SAMPLES_SAME = 5,
    SAME_KB = 64
};

static const double sample_seconds = 0.1;

static bool is_same(uint64_t a, uint64_t b) {
    return a > b ? a - b <= SAME_KB : b - a <= SAME_KB;
}

bool settle_memory(
        struct swarm *swarm, uint64_t server_pid, struct proc_memory *memory) {
    uint64_t reference = 0;
    unsigned same = 0;

    for (unsigned i = 0; i < SAMPLES_MAX && same < SAMPLES_SAME; i++) {
        swarm_serve(swarm, sample_seconds);
        if (!proc_memory((pid_t)server_pid, memory)) {
            die("cannot read the memory of process %u", (unsigned)server_pid);
        }
        same = is_same(memory->rss_kb, reference) ? same + 1 : 0;
        if (same == 0) {
            reference = memory->rss_kb;
        }
    }
    return same == SAMPLES_SAME;
}
