/*
 * unix_socket - a listening socket with a name in the file system.
 *
 * A name that a dead server left behind is taken over; one that is in use, or
 * that is no socket, is not touched. Nobody can connect before the name has
 * the permissions it should have.
 *
 * Owner:   listener.c, control.c
 * Thread:  logic
 * Errors:  -1, the reason is logged and names the setting
 */
#ifndef KERNEL_NET_UNIX_SOCKET_H
#define KERNEL_NET_UNIX_SOCKET_H

#include <sys/types.h>

// Where, and for whom.
struct unix_socket_place {
    const char *setting; // that says so, for messages
    const char *path;
    mode_t mode;
    int backlog;
};

struct unix_socket {
    char *path; // owned; NULL: not open
    dev_t device;
    ino_t inode;
};

// The listening descriptor, not blocking. *self is zeroed before.
int unix_socket_open(
        struct unix_socket *self, const struct unix_socket_place *place);

// Removes the name, if it is still ours.
void unix_socket_remove(struct unix_socket *self);

#endif
