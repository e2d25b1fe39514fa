/*
 * loop - the one event loop: sleeps, wakes, gives core its turn.
 *
 * libev on epoll. Each time round: sleep until a socket, a signal, a wake or
 * core's next deadline; read everything that is ready; then one core_turn(),
 * which writes once for each session that has something to send.
 *
 * Owner:   kernel.c
 * Thread:  logic, but loop_wake
 * Errors:  loop_create: NULL, the reason is logged
 */
#ifndef KERNEL_NET_LOOP_H
#define KERNEL_NET_LOOP_H

struct core;
struct ev_loop;
struct loop;

// Who is told what happens in the loop.
struct loop_work {
    struct core *core;
    void (*signalled)(void *ctx, int signo); // SIGTERM, SIGINT or SIGHUP
    void (*turned)(void *ctx);               // after each core_turn()
    void *ctx;
};

// Ignores SIGPIPE, and holds the signals of loop_work back until loop_run.
struct loop *loop_create(void);

// Accepts NULL. Everything that uses the loop must be gone.
void loop_destroy(struct loop *loop);

// For those in this folder who have watchers of their own.
struct ev_loop *loop_native(struct loop *loop);

// Runs until loop_stop(). work is borrowed meanwhile.
void loop_run(struct loop *loop, const struct loop_work *work);
void loop_stop(struct loop *loop);

// Makes the loop take a turn soon. [any]
void loop_wake(struct loop *loop);

#endif
