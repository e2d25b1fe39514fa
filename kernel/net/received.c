#include "kernel/net/received.h"

#include <linux/tcp.h> // netinet/tcp.h does not know tcpi_bytes_received
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define TRIES 8

static bool ask_arrived(int fd, uint64_t *bytes) {
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);
    const size_t needed = offsetof(struct tcp_info, tcpi_bytes_received)
            + sizeof(info.tcpi_bytes_received);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0
            || len < needed) {
        return false;
    }
    *bytes = info.tcpi_bytes_received;
    return true;
}

bool received_bytes(int fd, uint64_t *bytes) {
    uint64_t before;
    uint64_t after;
    int waiting = 0;
    if (!ask_arrived(fd, &after)) {
        return false;
    }
    for (int i = 0; i < TRIES; i++) {
        before = after;
        if (ioctl(fd, FIONREAD, &waiting) != 0 || !ask_arrived(fd, &after)) {
            return false;
        }
        if (before == after && waiting >= 0 && (uint64_t)waiting <= after) {
            *bytes = after - (uint64_t)waiting;
            return true;
        }
    }
    return false;
}
