/*
 * receiver - a back end for tests: a thread that answers HTTP requests.
 *
 * Each connection is one request, answered with the next status of a list,
 * and with 204 when that has ended. Header only; included by one test.
 *
 * Owner:   the test
 * Thread:  that of the test, between receiver_start() and receiver_stop()
 */
#ifndef WEBHOOK_RECEIVER_H
#define WEBHOOK_RECEIVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVER_REQUESTS_MAX 16
#define RECEIVER_TEXT_MAX     4096

struct receiver {
    int fd;
    int port;
    pthread_t thread;
    pthread_mutex_t lock; // what follows
    const char *statuses; // "500 503 204"
    int count;
    char requests[RECEIVER_REQUESTS_MAX][RECEIVER_TEXT_MAX];
};

// Reads head and body; false when the peer has hung up.
static inline bool receiver_read(int fd, char *text) {
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, text + len, RECEIVER_TEXT_MAX - 1 - len);
        if (got <= 0) {
            return false;
        }
        len += (size_t)got;
        text[len] = '\0';
        const char *body = strstr(text, "\r\n\r\n");
        const char *size = strstr(text, "Content-Length: ");
        if (body && size && strlen(body + 4) >= strtoul(size + 16, NULL, 10)) {
            return true;
        }
    }
}

static inline void receiver_answer(struct receiver *receiver, int fd) {
    char text[RECEIVER_TEXT_MAX];
    char answer[128];
    if (!receiver_read(fd, text)) {
        return;
    }
    (void)pthread_mutex_lock(&receiver->lock);
    char *end = NULL;
    unsigned long status = strtoul(receiver->statuses, &end, 10);
    receiver->statuses = end;
    if (receiver->count < RECEIVER_REQUESTS_MAX) {
        memcpy(receiver->requests[receiver->count++], text, sizeof(text));
    }
    (void)pthread_mutex_unlock(&receiver->lock);
    int len = snprintf(answer, sizeof(answer),
            "HTTP/1.1 %lu Said\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n",
            status ? status : 204);
    (void)!write(fd, answer, (size_t)len);
}

static inline void *receiver_run(void *arg) {
    struct receiver *receiver = arg;
    int fd;
    while ((fd = accept(receiver->fd, NULL, NULL)) >= 0) {
        receiver_answer(receiver, fd);
        (void)close(fd);
    }
    return NULL;
}

static inline void receiver_start(
        struct receiver *receiver, const char *statuses) {
    struct sockaddr_in at = {
            .sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof(at);
    memset(receiver, 0, sizeof(*receiver));
    receiver->statuses = statuses;
    (void)pthread_mutex_init(&receiver->lock, NULL);
    receiver->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (receiver->fd < 0
            || bind(receiver->fd, (struct sockaddr *)&at, size) != 0
            || getsockname(receiver->fd, (struct sockaddr *)&at, &size) != 0
            || listen(receiver->fd, 16) != 0
            || pthread_create(&receiver->thread, NULL, receiver_run, receiver)
                    != 0) {
        abort();
    }
    receiver->port = ntohs(at.sin_port);
}

static inline void receiver_stop(struct receiver *receiver) {
    (void)shutdown(receiver->fd, SHUT_RDWR);
    (void)pthread_join(receiver->thread, NULL);
    (void)close(receiver->fd);
    (void)pthread_mutex_destroy(&receiver->lock);
}

static inline int receiver_count(struct receiver *receiver) {
    (void)pthread_mutex_lock(&receiver->lock);
    int count = receiver->count;
    (void)pthread_mutex_unlock(&receiver->lock);
    return count;
}

// The value of a header, or with name NULL the body; "" when it is not there.
static inline const char *receiver_part(struct receiver *receiver, int request,
        const char *name, char out[RECEIVER_TEXT_MAX]) {
    (void)pthread_mutex_lock(&receiver->lock);
    const char *at =
            strstr(receiver->requests[request], name ? name : "\r\n\r\n");
    (void)snprintf(out, RECEIVER_TEXT_MAX, "%s",
            at ? at + (name ? strlen(name) + 2 : 4) : "");
    (void)pthread_mutex_unlock(&receiver->lock);
    if (name) {
        out[strcspn(out, "\r")] = '\0';
    }
    return out;
}

#endif
