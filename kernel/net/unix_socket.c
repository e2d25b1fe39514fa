#include "kernel/net/unix_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/base/log.h"

static int new_socket(void) {
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static bool is_socket(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

// Only a refusal says that nobody listens; a full queue does not.
static bool is_dead(const struct sockaddr_un *name) {
    int fd = new_socket();
    bool dead = fd >= 0
            && connect(fd, (const struct sockaddr *)name, sizeof(*name)) != 0
            && errno == ECONNREFUSED;
    if (fd >= 0) {
        (void)close(fd);
    }
    return dead;
}

static bool try_bind(int fd, const struct sockaddr_un *name) {
    return bind(fd, (const struct sockaddr *)name, sizeof(*name)) == 0;
}

static bool bind_name(int fd, const struct sockaddr_un *name) {
    // The name is made with these permissions: nobody else's until chmod().
    (void)fchmod(fd, S_IRUSR | S_IWUSR);
    if (try_bind(fd, name)) {
        return true;
    }
    if (errno != EADDRINUSE) {
        return false;
    }
    if (is_socket(name->sun_path) && is_dead(name)) {
        log_info("net", "replacing the socket of a server that is gone",
                LOG_STR("socket", name->sun_path));
        return unlink(name->sun_path) == 0 && try_bind(fd, name);
    }
    errno = EADDRINUSE;
    return false;
}

static bool open_name(struct unix_socket *self, int fd,
        const struct unix_socket_place *place) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t len = strlen(place->path);
    struct stat status;
    if (len >= sizeof(name.sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(name.sun_path, place->path, len);
    if (!bind_name(fd, &name)) {
        return false;
    }
    self->path = strdup(place->path);
    if (!self->path || lstat(self->path, &status) != 0) {
        return false;
    }
    self->device = status.st_dev;
    self->inode = status.st_ino;
    return chmod(self->path, place->mode) == 0
            && listen(fd, place->backlog) == 0;
}

int unix_socket_open(
        struct unix_socket *self, const struct unix_socket_place *place) {
    int fd = new_socket();
    if (fd >= 0 && open_name(self, fd, place)) {
        return fd;
    }
    log_error("net", "cannot listen", LOG_STR("setting", place->setting),
            LOG_STR("socket", place->path), LOG_ERRNO());
    unix_socket_remove(self);
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

void unix_socket_remove(struct unix_socket *self) {
    struct stat status;
    if (self->path && lstat(self->path, &status) == 0
            && status.st_dev == self->device && status.st_ino == self->inode) {
        (void)unlink(self->path);
    }
    free(self->path);
    self->path = NULL;
}
