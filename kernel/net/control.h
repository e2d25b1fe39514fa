/*
 * control - the control socket: where nexusctl asks the running server.
 *
 * A Unix socket with mode 0600 in data_dir, or where control.socket says.
 * Only root and the user of the server are answered. Connections are
 * bounded, never waited for, and ended when they do not move on; what they
 * may ask is core/admin.h.
 *
 * Owner:   kernel.c; destroyed before core
 * Thread:  logic
 * Errors:  control_create: NULL, the reason is logged and names the setting
 */
#ifndef KERNEL_NET_CONTROL_H
#define KERNEL_NET_CONTROL_H

struct control;
struct core;
struct loop;

// Only when control.socket is not empty.
struct control *control_create(struct loop *loop, struct core *core);

// Ends the connections and removes the socket. Accepts NULL.
void control_destroy(struct control *control);

#endif
